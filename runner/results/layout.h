/* layout.h - what the files of the results module share.
 *
 * The layout is data: a list of fields, each a dataset of the file. It is made from the grid once
 * (results_layout.c, results_fields.c); then one function creates all of it (results_build.c), one fills what
 * is known before training (results_fill.c), one makes the row of a run (results_rows.c), one writes rows
 * (results_batch.c), one the cells at the end (results_cells.c), one the pictures (laid out by results_plots.c,
 * filled by results_pictures.c). results_stored.c reads a file that is there already, results_carry.c takes its
 * rows over, results_disk.c has the locks and the writes. */
#ifndef NNGRID_RESULTS_LAYOUT_H
#define NNGRID_RESULTS_LAYOUT_H

#include "results/inactive.h"
#include "results/reader/stored.h"
#include <pthread.h>
#include <sys/stat.h>
#include <sys/types.h>

typedef struct view view; /* of plots.h */
typedef struct plot plot;

enum { RESULTS_FORMAT = 1, NO_FIELD = -1 };
#define NONE UINT32_MAX

typedef struct layout layout;
typedef struct field field;

/* A finished run on its way into its row. */
typedef struct row_source {
    size_t run;
    nn_run_status status;
    nn_stop_reason reason;
    const nn_outcome *outcome; /* NULL: there is none (failed, or back to pending) */
    double seconds;
} row_source;

/* Fills the whole column, f->n elements of f->type. */
typedef void fill_function(const layout *l, const field *f, void *out);
/* Fills the row of one run, f->row_n elements of f->type. */
typedef void put_function(const layout *l, const field *f, const row_source *s, void *out);

/* When a field gets its values: with the layout; one row for each split; one row for each run; at the end. */
typedef enum scope { SCOPE_FIXED, SCOPE_SPLIT, SCOPE_RUN, SCOPE_END } scope;

struct field {
    char *group, *name, *path; /* path is group/name */
    const char *help;          /* becomes long_name */
    h5_type type;
    scope scope;
    bool is_scale;
    int n_dims, dims[H5_MAX_DIMS]; /* fields that are the scales; the first is the run, split or cell */
    const nn_choices *flags;       /* words of an integer column, or NULL */
    const char *zero_means;        /* the word that 0 stands for, or NULL */
    fill_function *fill;           /* SCOPE_FIXED; NULL: zeros (dimensions without values) */
    put_function *put;             /* SCOPE_RUN: part of the row and its check; NULL for `check`, `seconds` */
    int index;                     /* which metric, curve, rule, setting, kept weights */
    size_t detail;                 /* and which part of it: what fill and put need */
    int net;                       /* /weights: which shape; else NO_NET */
    size_t length;                 /* of a scale */
    size_t n, row_n;               /* elements in all, and of a row */
    size_t row_at;                 /* fields with a `put`: where it stands in a row, in bytes */
    uint64_t offset;               /* in the file; 0 until placed, and for datasets without elements */
};

/* The distinct values of a setting of kind shape; their names are the words of its column. */
typedef struct shape_list {
    nn_shape *shapes;
    nn_name *names;   /* "64-32", "none" */
    nn_choices flags; /* a view of the names */
} shape_list;

/* What a row is made of. */
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
    bool wide; /* stored as float64, since a run of this shape is trained in it */
    bool keep[NN_N_KEEP];
    size_t n_runs;
    row_plan row; /* fields of this shape alone, after those of all runs */
} net_shape;

struct layout {
    const grid *grid;
    const dataset *data;
    inactive *left; /* rows that have left the grid, behind its own; NULL: none */
    splitter *splitter;
    bool failed;            /* out of memory while it was made */
    bool compact;           /* the file has chunks: it is read, and no row is written into it */
    size_t n_runs, n_cells; /* of the file */
    const grid_run *runs;   /* [n_runs] */
    grid_run *own_runs;     /* where they are not the grid's */
    size_t n_fields, n_groups, n_texts, n_lengths, n_epochs, n_nets, n_splits, n_rules;
    field *fields;
    char **groups;
    char **texts;     /* owns every string of the layout */
    int64_t *lengths; /* distinct values of `epochs` */
    uint32_t *epochs; /* [n_epochs] all runs' recorded epochs, ascending */
    shape_list shapes[NN_N_HYPER];
    net_shape *nets;
    nn_stop_rule *rules;        /* [n_rules] of the grid, then of rows that have left it */
    uint32_t *cell_net;         /* [n_cells] which shape, or NONE; NULL where no weights are kept */
    uint32_t *slot;             /* [n_runs] the run's row in its shape's group */
    row_plan row;               /* the fields that every run has */
    int status, check, seconds; /* fields */
    int cell_stats;             /* the first statistic of the first metric in /cells */
    size_t n_views, n_plots;
    view *views;
    plot *plots;
};

int results_layout_find(const layout *l, const char *path); /* field, or NO_FIELD */
const char *results_layout_text(layout *l, const char *format, ...) __attribute__((format(printf, 2, 3)));
char *results_layout_group(layout *l, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Appends a field; where memory runs out, a field that is thrown away. Valid until the next one is added. */
field *results_layout_add(layout *l, char *group, const char *name, h5_type type, const char *help);
/* A dimension scale; returns the field. */
int results_layout_scale(layout *l, char *group, const char *name, h5_type type, size_t length, fill_function *fill,
                         const char *help);
/* The settings of a cell of the file. */
void results_layout_cell(const layout *l, size_t cell, nn_hyper *out);
#define LAYER_CURVE "gradient_norm_%d" /* layer 1, 2, ... */
enum { MOST_CURVES = NN_N_CURVE + NN_MAX_HIDDEN + 1 };

static inline size_t field_bytes(const field *f)
{
    return f->n * h5_type_bytes(f->type);
}

static inline size_t field_row_bytes(const field *f)
{
    return f->row_n * h5_type_bytes(f->type);
}

/* Does the run have a row in this field? */
static inline bool field_applies(const layout *l, const field *f, size_t run)
{
    return f->net == NO_NET || (uint32_t)f->net == l->cell_net[l->runs[run].cell];
}

/* NULL: no weights are kept. */
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
