/* grid.h - the public header of the grid: reads the YAML file of a user and lists the runs that it asks for.
 *
 * May use: data, base, core. Others see this header alone.
 *
 * Life cycle: grid_read reports every mistake of the file in one pass and makes the grid; dataset_load(&grid->data) reads
 * the data; grid_keys checks the grid against the data and gives every run its keys. From then on the grid is only read,
 * by any thread, until grid_free.
 *
 * Terms: an axis is a swept setting; a point is one value of every axis; a cell is a point that is still there after
 * exclude, include, sample and the removal of duplicates; a run is one training: a cell, a repeat and a fold. Runs are
 * ordered by cell, then repeat, then fold.
 *
 * Read first: read.c (the keys at the top of the file, and the order of all steps), tables.c (how the value of any key is
 * read by its row), points.c (how cells are made of axes). reader.h lists all files. */
#ifndef NNGRID_GRID_GRID_H
#define NNGRID_GRID_GRID_H

#include "data/dataset.h"
#include <string.h>

/* A swept setting with all its values over the whole grid, in order of first appearance. */
typedef struct grid_axis {
    const nn_hyper_row *row;
    size_t n_values;
    void *values; /* [n_values] of the row's field type */
} grid_axis;

/* One condition of success: {final_train_max_abs_error: "< 0.4"}. */
typedef enum compare { LESS, LESS_EQUAL, GREATER, GREATER_EQUAL, EQUAL, NOT_EQUAL, N_COMPARE } compare;
typedef struct grid_condition {
    int metric; /* enum nn_metric */
    compare compare;
    double value;
} grid_condition;

typedef struct grid_run {
    uint32_t cell, repeat, fold;
    uint32_t
        arithmetic; /* that it is trained with, nn_arithmetic(); of a run that a file has: was trained; 0: unknown */
    uint64_t key;   /* hash of everything that decides the numbers of the run */
    uint64_t record_key; /* upper half: the recording; lower half: a hash of everything that is only observed */
} grid_run;

/* The files that base may name, beside the settings. */
enum { GRID_ORDER_FILE, GRID_N_FILE };
extern const nn_name grid_files[GRID_N_FILE];

/* A variant of the data that some cells ask for (data.scale, data.scale_target, data.missing, split.train). Its splits
 * follow those of the variants before it; grid_keys numbers them. */
typedef struct grid_variant {
    data_variant what;
    size_t first_split;
} grid_variant;

/* Where starting weights come from: a file, or a run in a results file. */
typedef struct grid_start {
    nn_text name;    /* the value of init_file */
    uint64_t digest; /* of the file's content, or of the run's weights */
} grid_start;

/* Computes the digest of the weights in a results file. False: it reported why not. */
typedef bool grid_stored_start(const char *path, const char *run, const char *weights, uint64_t *digest, nn_error *err);

typedef struct grid {
    char *path, *name, *question, *yaml; /* yaml: the file as typed */
    char *replaced; /* what --set put in place of axes: "learning_rate [0.1, 0.2], momentum 0"; NULL: nothing */
    uint64_t seed;
    uint32_t repeats, folds; /* folds: 1 without cross-validation */
    data_spec data;
    nn_hyper base;                     /* `auto` is kept here: grid_cell replaces it by what it stands for in a cell */
    place set_at[NN_N_HYPER];          /* where each setting was given last; line 0: nowhere in the file */
    char *files[GRID_N_FILE];          /* or NULL */
    uint64_t file_digest[GRID_N_FILE]; /* of its bytes, by grid_keys */
    place file_at[GRID_N_FILE];
    size_t n_axes;
    grid_axis *axes;
    int64_t sample; /* how many cells are kept; 0: all */
    bool collapse;  /* are cells removed that differ only in settings that do not matter? */
    size_t n_cells;
    uint16_t *points; /* [n_cells][n_axes] index into the axis' values; GRID_BASE: the base value */
    size_t n_variants;
    grid_variant *variants; /* [n_variants] in the order of their first cells */
    uint32_t *cell_variant; /* [n_cells] */
    size_t n_starts;
    grid_start *starts; /* [n_starts] the files of init_file that cells ask for; grid_keys lists them */
    grid_stored_start
        *stored_start; /* not in the file; the caller sets it before grid_keys where runs are to start so */
    nn_recording recording;
    nn_stopping stopping;
    int strip;                   /* epochs of a strip; the rules over strips have a copy */
    place stop_at;               /* of the section */
    place rule_at[NN_MAX_RULES]; /* of each rule */
    place diagnose_at, weights_at, metrics_at;
    double diverge;            /* limits.diverge */
    double per_run_seconds;    /* limits.per_run, 0: none */
    int engine, isa;           /* NN_ENGINE_..., NN_ISA_...: not in the file; the caller sets them before grid_keys */
    double checkpoint_seconds; /* between checkpoints of a run, 0: none; not in the file either */
    size_t n_conditions;
    grid_condition *success;
    size_t n_runs;
    grid_run *runs;
} grid;

enum {
    GRID_BASE = 0xffff,
    GRID_ENDPOINT_MOST_PARAMS = 2000 /* of a network with diagnose: its Hessian takes 32 MB */,
    GRID_EVERY_MOST_PARAMS = 100 /* of a network whose weights are kept at every recorded epoch */
};

/* Reads the file. `overrides` are the `key=value` texts of --set. A key is a setting, or the path of another key, as in
 * seed=2 or data.split.train=0.5. One value of a setting stands in base, and the setting is not swept; several are an
 * axis, in the place of the one that the file has. Mistakes and warnings go to diags. Returns NN_ok only if there are no
 * errors; else *out is untouched. */
nn_status grid_read(const char *path, const char *const *overrides, size_t n_overrides, diagnostics *diags, grid **out);
/* Reads a text in place of a file; `path` names it in messages, and data files are looked up beside it. */
nn_status grid_read_text(const char *path, const char *text, const char *const *overrides, size_t n_overrides,
                         diagnostics *diags, grid **out);
void grid_free(grid *g);

/* Makes the checks that need the data (stopping rules have the parts that they look at; a batch_size above the number of
 * training rows is a warning), then fills runs[].key and record_key. Files of base are looked up as data files are. */
nn_status grid_keys(grid *g, const dataset *data, const char *data_root, diagnostics *diags);
/* Fills keys [n_runs] with those that the runs had under an arithmetic of nn_arithmetic_rows. */
nn_status grid_keys_under(const grid *g, const dataset *data, int arithmetic, uint64_t *keys);
/* What runs with this record key record; false where the key does not say. */
bool grid_recording_of(uint64_t record_key, nn_recording *out);
/* Do runs with these record keys record the same? */
bool grid_same_recording(uint64_t a, uint64_t b);
/* Is `other`, of a file of any age, the record key of a run of the grid whose own is `own`? */
bool grid_is_record_key(const grid *g, uint64_t own, uint64_t other);
/* Are the endpoints of runs with this record key diagnosed? */
bool grid_records_endpoint(uint64_t record_key);
/* Do runs with record key `a` record everything that runs with `b` do? Their best epochs may differ. */
bool grid_recording_holds(uint64_t a, uint64_t b);

/* The resolved settings of a cell. */
void grid_cell(const grid *g, size_t cell, nn_hyper *out);

/* ---- the data of a run ---- */

/* Is the setting, an index of nn_hyper_rows, an axis? */
bool grid_sweeps(const grid *g, int setting);
/* The variant of the data that a cell trains on. */
const data_variant *grid_data(const grid *g, size_t cell);
/* How many distinct splits the runs of the grid have, and which of them a run has. */
size_t grid_n_splits(const grid *g, const dataset *d);
size_t grid_split_index(const grid *g, const dataset *d, const grid_run *run);
/* The split of a run, valid until the splitter is asked for another. */
const nn_split *grid_split(const grid *g, splitter *s, const grid_run *run);
/* The sizes of the parts of a run, from above where its variant drops rows. */
void grid_part_sizes(const grid *g, const dataset *d, const grid_run *run, size_t n[NN_N_PART]);
/* Does some variant scale inputs, or fill them in? */
bool grid_scales(const grid *g, const dataset *d);
bool grid_scales_targets(const grid *g, const dataset *d);
bool grid_fills(const grid *g, const dataset *d);

/* Finds the file of a value of init_file: its name in `file` [NN_TEXT_BYTES], and, where it is a results file, run and
 * weights, else NULL. They point into `file`. */
void grid_start_parts(const nn_text *start, char file[NN_TEXT_BYTES], const char **run, const char **weights);
static inline bool grid_has_start(const nn_hyper *h)
{
    return strcmp(h->init_file.text, "none") != 0;
}
/* Are the weights and curves of a run the same on every machine? What libLBFGS computes is not. */
static inline bool grid_same_bits(const nn_hyper *h)
{
    return (nn_optimizer_rows[h->optimizer].traits & NN_OUTSIDE) == 0;
}

/* How many training rows stand for all where endpoints are compared, spread evenly. */
static inline size_t grid_endpoint_rows(size_t n_train)
{
    enum { MOST = 256 };
    return n_train < MOST ? n_train : MOST;
}

/* "learning_rate 0.1  momentum 0.9": the axes of a cell in words. Returns text. */
char *grid_cell_name(const grid *g, size_t cell, char *text, size_t size);

/* The grid with every default filled in, as YAML text that the caller frees. NULL: not enough memory. */
char *grid_resolved_yaml(const grid *g);

/* Do the metrics of a run meet every condition of `success`? NaN meets none. */
bool grid_solved(const grid *g, const double metrics[NN_N_METRIC]);

/* ---- the keys of the grid file ----
 *
 * The reader, its hints for misspelt keys and `nngrid schema` use one table, grid_root, with the tables of the sections
 * below it. To add a key, add a row in read.c, data.c or sections.c, its field in struct grid, its line in nngrid-grid(5)
 * (a test compares), and, if it decides what is trained, its line in keys.c and write.c. */

/* What the value of a key may be; several kinds may go together: data.file is a text or a mapping. */
typedef enum key_kind {
    KEY_TEXT = 1,
    KEY_COUNT = 2,
    KEY_REAL = 4,
    KEY_TRUTH = 8,
    KEY_TIME = 16,          /* such as 30min */
    KEY_CHOICE = 32,        /* one of `words` */
    KEY_CHOICES = 64,       /* one of `words`, a list of them, or none */
    KEY_COLUMN = 128,       /* a column by name or index */
    KEY_COLUMNS = 256,      /* a column, or a list of columns */
    KEY_MAP = 512,          /* a mapping with the keys of `table` */
    KEY_SETTINGS = 1024,    /* of base */
    KEY_AXES = 2048,        /* of grid */
    KEY_PATTERNS = 4096,    /* of exclude */
    KEY_POINTS = 8192,      /* of include */
    KEY_RULES = 16384,      /* of stop */
    KEY_CONDITIONS = 32768, /* of success */
    KEY_CODES = 65536       /* values that stand for missing: for all inputs, or by column */
} key_kind;

struct reader;
struct node;
typedef struct key_table key_table;

typedef struct key_row {
    const char *name;
    int kinds; /* KEY_..., joined by | */
    const char *help;
    nn_range range;           /* KEY_COUNT, KEY_REAL */
    const char *const *words; /* [n_words] */
    size_t n_words;
    const key_table *table; /* KEY_MAP */
    bool required;
    size_t field, size; /* offset in struct grid of the field for the value, and its size */
    size_t at;          /* offset in struct grid of the field for the place of the value, or 0 */
    /* Reads the value where its kind and field do not say enough, or NULL. */
    void (*read)(struct reader *r, const struct key_row *row, const struct node *value);
} key_row;

/* The keys of a mapping. `path` is how --set and messages name it: "data.split", "" for the whole grid. */
struct key_table {
    const char *path, *example;
    size_t n;
    const key_row *rows;
    /* Checks the mapping after its entries were read, or NULL; `good`: they have no mistake. */
    void (*check)(struct reader *r, const struct node *map, bool good);
};

extern const key_table grid_root;

/* The i-th word that the key with this path takes: grid_word("data.task", 0) is "classification". */
const char *grid_word(const char *path, int i);

#endif
