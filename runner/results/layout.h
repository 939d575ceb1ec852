/* layout.h - the layout of a results file as data: a list of fields, each a dataset of the file.
 *
 * plan.c makes the list from the grid, once: extent.c finds the epochs, shapes, networks and rules that it needs,
 * fields.c, splits.c and plots.c add the fields. All else loops over the list: build.c creates the datasets, fill.c
 * fills what is known before training, write.c makes and writes rows, cells.c and plots.c fill their groups at the end,
 * place.c finds the datasets of a file that exists. match.c compares such a file (reader/stored.h) with the grid, and
 * carry.c takes its rows over. layout.c has the functions that add to the list. */
#ifndef NNGRID_RESULTS_LAYOUT_H
#define NNGRID_RESULTS_LAYOUT_H

#include "results/inactive.h"
#include "results/reader/stored.h"
#include <string.h>

typedef struct view view; /* of plots.h */
typedef struct plot plot;
typedef struct column_look column_look; /* of values.h */

enum { RESULTS_FORMAT = 1, NO_FIELD = -1 };
#define NONE UINT32_MAX

typedef struct layout layout;
typedef struct field field;

/* What the row of a run is made from. */
typedef struct row_source {
    size_t run;
    nn_run_status status;
    nn_stop_reason reason;
    const nn_outcome *outcome; /* NULL: there is none, since the run failed or is pending again */
    double seconds;
} row_source;

/* Fills the whole column, f->n elements of f->type. */
typedef void fill_function(const layout *l, const field *f, void *out);
/* Fills the row of one run, f->row_n elements of f->type. */
typedef void put_function(const layout *l, const field *f, const row_source *s, void *out);

/* When a field gets its values. */
typedef enum scope {
    SCOPE_FIXED, /* the whole column, when the file is created */
    SCOPE_SPLIT, /* a row for each split, when the file is created */
    SCOPE_RUN,   /* a row, when its run ends */
    SCOPE_END    /* the whole column, by results_finish; with a `fill`, that stands there before */
} scope;

struct field {
    char *group, *name, *path; /* path is group/name */
    const char *help;          /* becomes long_name */
    h5_type type;
    scope scope;
    bool is_scale;
    int n_dims, dims[H5_MAX_DIMS]; /* the fields that are its scales; the first is the run, split or cell */
    const nn_choices *flags;       /* the words of the codes of an integer column, or NULL */
    const char *zero_means;        /* the word that 0 stands for, or NULL */
    fill_function *fill;           /* NULL: zeros (dimensions without values), NaN, or what rows bring */
    put_function *put; /* SCOPE_RUN: makes a part of the row, which the check covers; NULL for `check`, `seconds` */
    int index;         /* an argument of fill and put: the row of core's table, or of the rules or networks; */
    size_t detail;     /* and a part of it, such as a statistic */
    int net;           /* in /weights: which network shape; else NO_NET */
    size_t length;     /* of a scale */
    size_t n, row_n;   /* elements in all, and in a row */
    size_t row_at;     /* fields with a `put`: its first byte in a row */
    uint64_t offset;   /* its first byte in the file; 0 until that is known, and where it has no elements */
};

/* The distinct values of a setting of kind shape or text; their names are the words of its column. */
typedef struct shape_list {
    nn_shape *shapes; /* of a shape */
    nn_text *texts;   /* of a text */
    nn_name *names;   /* "64-32", "none"; of a text as reader_word_of_text writes it */
    nn_choices flags; /* a view of the names */
} shape_list;

/* The fields of a row. */
typedef struct row_plan {
    const field **fields; /* [n] in the order of the layout */
    size_t n, bytes;      /* bytes of the whole row */
} row_plan;

/* "64-32-10_shortcuts_no_bias": the name of a network's group; returns `name`. */
enum { NET_NAME_BYTES = NN_MAX_HIDDEN * 12 + 96 };
const char *results_net_name(const nn_network *net, char name[NET_NAME_BYTES]);

/* A network shape: a group of /weights. */
typedef struct net_shape {
    nn_network net;
    const char *name;
    bool wide; /* its weights are stored as float64, since some run of this shape is trained in float64 */
    bool keep[NN_KEEP_EVERY + 1];
    size_t n_runs;
    row_plan row; /* fields of this shape alone, after those of all runs */
} net_shape;

struct layout {
    const grid *grid;
    const dataset *data;
    inactive_rows *inactive; /* the rows behind those of the grid; NULL: none */
    splitter *splitter;
    column_look
        *look;    /* NULL: columns are written; else they are compared with those of the file, which stays as it is */
    bool failed;  /* memory ran out while it was made */
    bool compact; /* the file has chunks, so no row can be written into it */
    size_t n_runs, n_cells; /* of the file */
    const grid_run *runs;   /* [n_runs] */
    grid_run *own_runs;     /* NULL: `runs` are those of the grid */
    int32_t accepted;       /* the newest older arithmetic whose runs the user has accepted; 0: none */
    size_t n_fields, n_groups, n_texts, n_lengths, n_epochs, n_nets, n_splits, n_rules;
    field *fields;
    char **groups;
    char **texts;     /* owns every string of the layout */
    int64_t *lengths; /* distinct values of `epochs` */
    uint32_t *epochs; /* [n_epochs] the epochs that some run records, ascending */
    shape_list shapes[NN_N_HYPER];
    net_shape *nets;
    nn_stop_rule *rules;        /* [n_rules] of the grid, then of inactive rows */
    uint32_t *cell_net;         /* [n_cells] its network shape, or NONE; NULL: no weights are kept */
    uint32_t *slot;             /* [n_runs] the run's row in its shape's group */
    row_plan row;               /* the fields that every run has */
    int status, check, seconds; /* fields */
    size_t n_views, n_plots;
    bool units_differ; /* have the losses of the cells different units (ranking.h)? */
    view *views;
    plot *plots;
};

int results_layout_find(const layout *l, const char *path); /* its index, or NO_FIELD */
const char *results_layout_text(layout *l, const char *format, ...) __attribute__((format(printf, 2, 3)));
char *results_layout_group(layout *l, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Appends a field, whose name is the last part of `name`; where memory runs out, one that is thrown away. Valid until
 * the next one is added. */
field *results_layout_add(layout *l, char *group, const char *name, h5_type type, const char *help);
/* Appends a dimension scale; returns its index. */
int results_layout_scale(layout *l, char *group, const char *name, h5_type type, size_t length, fill_function *fill,
                         const char *help);
fill_function results_fill_index; /* 0, 1, 2, ... as int32 */
/* The settings of a cell of the file. */
void results_layout_cell(const layout *l, size_t cell, nn_hyper *out);
enum { MOST_CURVES = NN_N_CURVE + NN_MAX_HIDDEN + 1 };

static inline size_t field_bytes(const field *f)
{
    return f->n * h5_type_bytes(f->type);
}

static inline size_t field_row_bytes(const field *f)
{
    return f->row_n * h5_type_bytes(f->type);
}

/* Has a run of this status, an nn_run_status, results that count? */
static inline bool is_result(int64_t status)
{
    return status == NN_RUN_done || status == NN_RUN_diverged;
}

/* Does the run have a row in the field? */
static inline bool field_applies(const layout *l, const field *f, size_t run)
{
    return f->net == NO_NET || (uint32_t)f->net == l->cell_net[l->runs[run].cell];
}

/* A row in memory: key, record_key, then each field with a `put` that applies to the run, in the order of the layout
 * (status is the first here, and the last to be written), each padded with zeros to a multiple of 8 bytes. Its XXH3-64
 * is the row's check. */
enum { ROW_HEAD = 16 };

static inline size_t row_padded(size_t bytes)
{
    return (bytes + 7) & ~(size_t)7;
}

static inline void row_begin(const grid_run *run, unsigned char *row)
{
    memcpy(row, &run->key, sizeof run->key);
    memcpy(row + sizeof run->key, &run->record_key, sizeof run->record_key);
}

/* The shape of the run's network; NULL: its weights are not kept. */
static inline const net_shape *net_of_run(const layout *l, size_t run)
{
    const uint32_t net = l->cell_net == NULL ? NONE : l->cell_net[l->runs[run].cell];
    return net == NONE ? NULL : &l->nets[net];
}

static inline uint64_t field_offset(const layout *l, const field *f, size_t run)
{
    return f->offset + (f->net == NO_NET ? run : l->slot[run]) * field_row_bytes(f);
}

#endif
