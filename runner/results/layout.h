/* results_internal.h - what the files of the results module share.
 *
 * The layout is data: a list of fields, each a dataset of the file. It is made from the grid once
 * (results_layout.c, results_fields.c); then one function creates all of it (results_build.c), one fills what
 * is known before training (results_fill.c), one makes the row of a run (results_rows.c), one writes rows
 * (results_batch.c), one the cells at the end (results_cells.c), one the pictures (laid out by results_plots.c,
 * filled by results_pictures.c). results_stored.c reads a file that is there already, results_carry.c takes its
 * rows over, results_disk.c has the locks and the writes. */
#ifndef NNGRID_RESULTS_INTERNAL_H
#define NNGRID_RESULTS_INTERNAL_H

#include <pthread.h>
#include <sys/stat.h>
#include <sys/types.h>
#include "h5/h5.h"
#include "results/results.h"
#include "results/inactive.h"
#include "results/match.h"
#include "results/plots.h"
#include "results/reader/stored.h"
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
const char *net_group_name(const nn_network *net, char name[NET_NAME_BYTES]);

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

/* ---- results_layout.c, results_extent.c, results_place.c: making the list ---- */

/* Takes `left` over (NULL: nothing has left the grid). */
nn_status layout_new(const grid *g, const dataset *d, inactive *left, layout **out, nn_error *err);
void layout_free(layout *l);
int layout_find(const layout *l, const char *path); /* field, or NO_FIELD */
uint64_t layout_bytes(const layout *l);             /* of the datasets, and a guess for the structure */
/* The same for two grids only if every dataset and every value known before training is the same. */
nn_status layout_digest(const layout *l, uint64_t *out, nn_error *err);
/* Takes the offsets from a file, or notes that it is compact. */
nn_status layout_place(layout *l, const char *path, nn_error *err);

const char *layout_text(layout *l, const char *format, ...) __attribute__((format(printf, 2, 3)));
char *layout_group(layout *l, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Appends a field; where memory runs out, a field that is thrown away. Valid until the next one is added. */
field *layout_add(layout *l, char *group, const char *name, h5_type type, const char *help);
/* A dimension scale; returns the field. */
int layout_scale(layout *l, char *group, const char *name, h5_type type, size_t length, fill_function *fill,
                 const char *help);
/* The settings of a cell of the file. */
void layout_cell(const layout *l, size_t cell, nn_hyper *out);
void layout_extent(layout *l); /* epochs, shapes, networks, rules */
void layout_fields(layout *l); /* results_fields.c */
void layout_state(layout *l); /* the root, behind all groups */
/* Type and words of a column of the setting nn_hyper_rows[index]. */
void setting_column(const layout *l, field *f, int index);
#define LAYER_CURVE "gradient_norm_%d" /* layer 1, 2, ... */
enum { MOST_CURVES = NN_N_CURVE + NN_MAX_HIDDEN + 1 };
void layout_curves(layout *l); /* results_trees.c: /curves, /stops and /weights */
void layout_stops(layout *l);
void layout_weights(layout *l);
void layout_plots(layout *l); /* results_plots.c */
void plots_free(layout *l);
void layout_rows(layout *l); /* results_rows.c: once the fields are measured */

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

/* ---- results_fill.c: values known before training ---- */

fill_function fill_index, fill_epochs, fill_net_runs, fill_run_member, fill_setting, fill_cell_setting,
    fill_n_params, fill_same_bits, fill_run_split, fill_active, fill_cell_active;
/* A setting's value as a number: a code for choices and shapes. */
double setting_number(const layout *l, int index, const nn_hyper *h);
/* Part of each row, -1: none. */
void parts_of_split(const nn_split *split, size_t n_rows, int8_t *out);
/* Everything of SCOPE_FIXED and SCOPE_SPLIT, and NaN where rows and cells are to come. */
nn_status fill_all(const layout *l, int fd, const char *path, nn_error *err);
/* Writes the columns of SCOPE_FIXED again where a file's differ: no check covers them. */
nn_status fill_mend(const layout *l, int fd, const char *path, nn_error *err);

/* ---- results_put.c, results_rows.c: a row in memory ---- */

put_function put_status, put_reason, put_epochs_trained, put_solved, put_metric, put_curve, put_stop,
    put_weights;

/* A row in memory: key, record_key, then each field with a `put` that applies to the run, in the order of the
 * layout (status first), each padded with zeros to a multiple of 8 bytes. Its XXH3-64 is the row's check. */
enum { ROW_HEAD = 16 };
size_t row_padded(size_t bytes);
size_t row_bytes(const layout *l, size_t run);
void row_begin(const grid_run *run, unsigned char *row);
/* Every field; `row` was zeros after row_begin. */
void row_encode(const layout *l, const row_source *s, unsigned char *row);

/* ---- results_batch.c: rows on their way into the file; for one thread at a time ---- */

typedef struct row_batch row_batch;
size_t batch_bytes(const layout *l); /* memory that one takes */
nn_status batch_new(const layout *l, row_batch **out, nn_error *err);
void batch_free(row_batch *b);
/* A row to be filled, zeros but for its keys; NULL: the batch is full. An empty one has room for any row. */
unsigned char *batch_add(row_batch *b, size_t run, double seconds);
void batch_seal(row_batch *b); /* the last row is filled: makes its check */
size_t batch_n(const row_batch *b);
size_t batch_run(const row_batch *b, size_t i);
nn_run_status batch_status(const row_batch *b, size_t i);
void batch_empty(row_batch *b);
/* Writes the rows of all batches: all data, then all checks, then all statuses. They stay in the batches. */
nn_status batches_store(row_batch *const *batches, size_t n, int fd, const char *path, nn_error *err);

/* ---- results_buffer.c: those of all threads ---- */

struct results {
    char *path;
    int fd, guard;        /* guard: -1 where there is none */
    struct stat at_start; /* the file as it was opened: it must stay so */
    layout *l;
    results_options shard;         /* which runs are trained here */
    _Atomic unsigned char *status; /* [n_runs] an nn_run_status, as the file has it */
    double began, before;          /* date at which this session began; seconds of those before it */
    _Atomic double flushed;        /* when rows were last written: seconds of the monotonic clock */
    pthread_mutex_t mutex;         /* of the thread that writes rows; guards what follows */
    size_t n_buffers;
    row_buffer *buffers;
};

void buffers_init(results *r);

/* ---- results_pack.c: the filters of a compact file ---- */

size_t pack_bound(size_t bytes); /* of the packed chunk, at most */
/* scratch: [bytes], out: [pack_bound(bytes)]. Returns the packed size; *skipped as h5_block_write takes it.
 * Any thread. */
size_t pack_chunk(const void *raw, size_t bytes, size_t element, unsigned char *scratch, unsigned char *out,
                  unsigned *skipped);

/* ---- results_pack_file.c ---- */

/* Writes a compact copy of the file over the empty file `name`, and compares the two. */
nn_status pack_file(const char *path, const char *name, const compact_options *options, nn_error *err);

/* ---- results_build.c ---- */

/* Creates the structure of an empty file over `path`, and notes where its datasets lie. */
nn_status build_structure(layout *l, const results_options *options, const char *path, nn_error *err);

/* ---- results_carry.c ---- */

/* Puts the rows of a file into another layout: those of the grid by their standing, then those that left it. */
nn_status carry_rows(const layout *l, int fd, const char *path, const stored *s, const standing *standings,
                     nn_error *err);

/* Rows of the grid that are to be trained again become pending ones. */
nn_status reset_rows(const layout *l, int fd, const char *path, const stored *s, const standing *standings,
                     nn_error *err);

/* ---- results_make.c ---- */

double results_now(void); /* seconds since 1970 */
nn_status write_scalar(const layout *l, int fd, const char *path, const char *name, const void *value,
                       nn_error *err);

/* A file and the layout that the grid asks for beside it. */
typedef struct comparison {
    const grid *grid;
    const dataset *data;
    const results_options *options; /* or NULL */
    stored *stored;                 /* NULL: there is no file */
    match match;
    layout *layout;
    results_survey survey;
} comparison;

/* Compares what is at the path (`exists`) with the grid; grid, data and options are filled in. */
nn_status compare_file(comparison *c, const char *path, bool exists, nn_error *err);
void comparison_free(comparison *c);
/* Makes the file under its name, with the rows of the file that was there, whose place it then takes.
 * *taken: another process made one meanwhile; nothing was done. */
nn_status create_file(comparison *c, const char *path, int *fd, bool *taken, nn_error *err);
/* Goes on in the locked file `old` (whose mode was `mode`), or in the grown one that replaces it. */
nn_status continue_file(comparison *c, const char *path, int old, mode_t mode, int *fd, nn_error *err);

/* ---- results_cells.c ---- */

nn_status cells_write(const layout *l, int fd, const char *path, nn_error *err);

/* ---- results_pictures.c ---- */

/* Fills /plots; /cells is there already. */
nn_status plots_write(const layout *l, int fd, const char *path, nn_error *err);

/* ---- results_disk.c: locks, space and plain writes ---- */

nn_status disk_write(int fd, const char *path, const void *bytes, size_t n, uint64_t offset, nn_error *err);
nn_status disk_read(int fd, const char *path, void *bytes, size_t n, uint64_t offset, nn_error *err);
nn_status disk_resolve(const char *path, char **real, nn_error *err); /* follows links; caller frees */
/* Opens and locks an existing file. NN_ok with *fd -1: it has gone meanwhile. */
nn_status disk_lock(const char *path, int *fd, mode_t *mode, nn_error *err);
/* Opens a file for reading and keeps writers out; any number may. NN_ok with *fd -1: it is not there. */
nn_status disk_hold(const char *path, int *fd, nn_error *err);
bool disk_still_there(int fd, const char *path);               /* is this the file that the path names? */
nn_status disk_being_written(const char *path, nn_error *err); /* says by whom */
nn_status disk_busy(const char *path, nn_error *err);          /* says that another program writes the file */
/* The second lock, which keeps HDF5's writers out and lets its readers in. */
nn_status disk_share(int fd, const char *path, nn_error *err);
/* Makes a new file beside `path`, with the first lock; caller frees *temporary. */
nn_status disk_temporary(const char *path, char **temporary, int *fd, nn_error *err);
/* Room for `bytes` before anything is written; reserves the blocks of what is laid out. */
nn_status disk_room(const char *path, uint64_t bytes, nn_error *err);
nn_status disk_reserve(int fd, const char *path, nn_error *err);
int disk_sync(int fd, bool data_only); /* fsync or fdatasync, also where a signal comes; -1 and errno */
/* The mode, fsync, rename to `path`, fsync of the folder. Without `replace`, *taken says that a file appeared there
 * meanwhile. */
nn_status disk_publish(int fd, const char *temporary, const char *path, mode_t mode, bool replace,
                       bool *taken, nn_error *err);
nn_status disk_make_folder(const char *path, nn_error *err);
char *disk_folder(const char *path); /* of a path, "." where there is none; caller frees */
/* Removes what killed writers of this file left beside it. */
void disk_clean(const char *path);
uint64_t disk_free(const char *path); /* bytes on the file system where the file is or will be */
mode_t disk_mode(void);               /* the usual one of a finished file */
void disk_usual_mode(int fd);

/* ---- results_guard.c ---- */

bool lock_take(int fd);    /* without waiting; errno is EAGAIN or EACCES where another has it */
bool lock_is_held(int fd); /* by a writer; what is held for reading (disk_hold) is not */
bool guard_needed(int fd); /* is the file on NFS, where it cannot bear both locks? */
/* The lock of the one that writes the file, on OUT.h5.lock; none where there is no need, or no folder yet. Does
 * nothing where *guard, -1 at first, is held already. */
nn_status guard_take(const char *path, int *guard, nn_error *err);
bool guard_is_held(const char *path);
void guard_release(const char *path, int guard);

#endif
