/* grid.h - what a user asks for: reads the YAML grid and lists its runs.
 *
 * Lifecycle: grid_read (all mistakes into the diagnostics, in one pass) -> dataset_load(&grid->data) ->
 * grid_keys (which needs the data) -> read-only for everybody -> grid_free.
 *
 * Words: an axis is a swept setting; a point is one value of every axis; a cell is a point of the grid that
 * is left after exclude, include and removal of duplicates; a run is a cell, a repeat and a fold. Runs are
 * ordered by cell, then repeat, then fold. */
#ifndef NNGRID_GRID_GRID_H
#define NNGRID_GRID_GRID_H

#include "data/dataset.h"

/* A swept setting with all its values over the whole grid, in order of first appearance. */
typedef struct grid_axis {
    const nn_hyper_row *row;
    size_t n_values;
    void *values; /* [n_values] of the row's field type */
} grid_axis;

/* success: {final_train_max_abs_error: "< 0.4"} */
typedef enum compare { LESS, LESS_EQUAL, GREATER, GREATER_EQUAL, EQUAL, NOT_EQUAL, N_COMPARE } compare;
typedef struct grid_condition {
    int metric; /* enum nn_metric */
    compare compare;
    double value;
} grid_condition;

typedef struct grid_run {
    uint32_t cell, repeat, fold;
    uint64_t key;        /* trajectory: hash of all that decides the numbers */
    uint64_t record_key; /* what is only observed: the recording, and a hash of it all */
} grid_run;

/* Files that base names, beside the settings. */
enum { GRID_INIT_FILE, GRID_ORDER_FILE, GRID_N_FILE };
extern const nn_name grid_files[GRID_N_FILE];

typedef struct grid {
    char *path, *name, *question, *yaml; /* yaml: the file as typed */
    uint64_t seed;
    uint32_t repeats, folds; /* folds 1 where there are none */
    data_spec data;
    nn_hyper base;            /* `auto` stays: grid_cell says what it stands for in a cell */
    place set_at[NN_N_HYPER]; /* where each setting was given last; line 0: nowhere in the file */
    char *files[GRID_N_FILE]; /* or NULL; their places for messages */
    place file_at[GRID_N_FILE];
    size_t n_axes;
    grid_axis *axes;
    size_t n_cells;
    uint16_t *points; /* [n_cells][n_axes] index into the axis' values; GRID_BASE: the base value */
    nn_recording recording;
    nn_stopping stopping;
    int strip;                   /* stop.strip, which the rules over strips have too */
    place stop_at;               /* where the section stands */
    place rule_at[NN_MAX_RULES]; /* and each rule */
    place diagnose_at;
    double diverge;            /* limits.diverge */
    double per_run_seconds;    /* limits.per_run, 0: none */
    int engine, isa;           /* NN_ENGINE_..., NN_ISA_...: not in the file, set before grid_keys */
    double checkpoint_seconds; /* after which the state of a run is kept, 0: never; not in the file either */
    size_t n_conditions;
    grid_condition *success;
    size_t n_runs;
    grid_run *runs;
} grid;

enum { GRID_BASE = 0xffff };

/* Reads the file. `overrides` are `key=value` texts of --set: a setting (it then stands in base, and is no
 * longer swept), or a key with its path, as in seed=2 or data.split.train=0.5. Mistakes and warnings go to
 * diags; NN_ok only if there are no errors. On failure *out is untouched. */
nn_status grid_read(const char *path, const char *const *overrides, size_t n_overrides, diagnostics *diags, grid **out);
/* The same of text; `path` names it in messages, and files are looked up beside it. */
nn_status grid_read_text(const char *path, const char *text, const char *const *overrides, size_t n_overrides,
                         diagnostics *diags, grid **out);
void grid_free(grid *g);

/* Checks that need the data (parts there for rules and rows, batch_size at most the training rows: else a
 * warning) and fills runs[].key and record_key. Files of base are looked up as data files are. */
nn_status grid_keys(grid *g, const dataset *data, const char *data_root, diagnostics *diags);
/* Do runs of both record the same? */
bool grid_same_recording(uint64_t a, uint64_t b);
/* Is all that runs of `b` record recorded in runs of `a`? The best epochs may differ. */
bool grid_recording_holds(uint64_t a, uint64_t b);

/* The resolved settings of a cell. */
void grid_cell(const grid *g, size_t cell, nn_hyper *out);
/* Are all numbers of a run the same on every machine? Not those that a library makes. */
static inline bool grid_same_bits(const grid *g, const nn_hyper *h)
{
    return (nn_optimizer_rows[h->optimizer].traits & NN_OUTSIDE) == 0 && !g->recording.endpoint;
}

/* "learning_rate 0.1  momentum 0.9": the axes of a cell in words. Returns text. */
char *grid_cell_name(const grid *g, size_t cell, char *text, size_t size);

/* Every key that a mapping of the grid can have, and the path of the mapping ("data.split" and "train"; "" at the
 * top), beside the settings of base and grid: the i-th of them, false past the last. */
bool grid_key(size_t i, const char **path, const char **key);

/* The grid with every default filled in, as YAML text; caller frees. */
char *grid_resolved_yaml(const grid *g);

/* Does an outcome fulfil every success condition? (NaN never does.) */
bool grid_solved(const grid *g, const double metrics[NN_N_METRIC]);

#endif
