/* grid_internal.h - what the files of the grid module share.
 *
 * grid_read.c goes through the file section by section and never stops at a mistake; grid_values.c reads one
 * value, grid_data.c and grid_sections.c the sections, grid_axes.c what is swept; grid_points.c makes the
 * cells of it. */
#ifndef NNGRID_GRID_INTERNAL_H
#define NNGRID_GRID_INTERNAL_H

#include "grid.h"
#include "yaml_tree.h"

/* Room for a value of any kind. */
typedef union setting_value {
    nn_real_value real;
    nn_count_value count;
    nn_choice_value choice;
    nn_truth_value truth;
    nn_shape_value shape;
} setting_value;

/* One --set: a path of keys and its value, parsed as YAML. */
typedef struct override {
    const char *text; /* as typed */
    char *key;        /* "learning_rate", "data.file" */
    yaml_tree *tree;
    const node *value;
    bool used;
} override;

/* Axes that go in step (zip), or one alone. */
typedef struct grid_dimension {
    size_t n_axes, n; /* n: values along it */
    size_t *axes;     /* [n_axes] */
    uint16_t *values; /* [n_axes][n] index into the axis' values */
} grid_dimension;

/* One mapping of `grid`: the product of its dimensions. */
typedef struct grid_block {
    size_t n;
    grid_dimension *dimensions;
} grid_block;

typedef struct reader {
    grid *g;
    diagnostics *d;
    yaml_tree *tree;
    size_t n_overrides;
    override *overrides;
    const override *within;   /* the --set that is being read, or NULL */
    place set_at[NN_N_HYPER]; /* where each setting was given last */
    size_t n_blocks;
    grid_block *blocks;
    const node *exclude, *include;
    int64_t sample; /* 0: all */
    bool collapse;
    bool rules_given;
    bool out_of_memory;
} reader;

/* ---- grid_values.c ---- */

void mistake(reader *r, const node *at, const char *format, ...) __attribute__((format(printf, 3, 4)));
void warning(reader *r, place at, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* A key that a mapping may have and what reads its value. */
typedef struct key_row {
    const char *name;
    void (*read)(reader *r, const node *value);
} key_row;

/* Reads the entries of a mapping by the rows; an unknown key is a mistake with a suggestion. `section` names
 * the mapping for --set ("data"; "" for the root). Returns false if `map` is none. */
bool read_keys(reader *r, const char *section, const node *map, const key_row *rows, size_t n_rows);
/* Calls back for the --set of `section`.`key`, if there is one. */
bool read_override(reader *r, const char *section, const char *key,
                   void (*read)(reader *r, const node *value));
void unknown_key(reader *r, const node *key, const char *what, const char *const *names, size_t n);

/* A typed value; false after a mistake, *out untouched then. `what` names it in messages. */
bool want_text(reader *r, const node *n, const char *what, const char **out);
bool want_copy(reader *r, const node *n, const char *what, char **out); /* frees the old */
bool want_count(reader *r, const node *n, const char *what, int64_t low, int64_t high, int64_t *out);
bool want_real(reader *r, const node *n, const char *what, nn_range range, double *out);
bool want_truth(reader *r, const node *n, const char *what, bool *out);
bool want_choice(reader *r, const node *n, const char *what, const char *const *names, int n_names, int *out);
bool want_map(reader *r, const node *n, const char *what);
bool want_seconds(reader *r, const node *n, const char *what, double *out); /* "30min", "2h", "90s" */
/* A setting's value into a field of its kind. */
bool want_setting(reader *r, const node *n, const nn_hyper_row *row, void *out);
size_t field_size(nn_kind kind);
bool field_same(const nn_hyper_row *row, const void *a, const void *b);
const nn_hyper_row *want_setting_name(reader *r, const node *key);

/* Appends `size` bytes of room for one more element; NULL when memory is out (which is noted). */
void *grow(reader *r, void *array, size_t n, size_t size);

/* ---- sections ---- */

void read_data(reader *r, const node *value);
void read_stop(reader *r, const node *value);
void read_record(reader *r, const node *value);
void read_limits(reader *r, const node *value);
void read_success(reader *r, const node *value);

/* ---- grid_axes.c ---- */

void read_grid(reader *r, const node *value);
/* Index of the value on the setting's axis, both made if they are not there; -1 when memory is out. */
int axis_value(reader *r, const nn_hyper_row *row, const void *value, size_t *axis);
bool is_overridden(reader *r, const nn_hyper_row *row);
void free_blocks(reader *r);

/* ---- grid_points.c, grid_select.c ---- */

void make_cells(reader *r);
/* Cells that a pattern of `exclude` matches are marked for removal. */
void exclude_cells(reader *r, bool *removed);
uint64_t cell_hash(const nn_hyper *h, bool only_what_matters, uint64_t seed);

/* Settings as canonical bytes: the same for equal settings. Returns how many; `out` has SETTING_BYTES. */
enum { SETTING_BYTES = NN_N_HYPER * 8 + 8 + NN_MAX_HIDDEN * 4 };
size_t setting_bytes(const nn_hyper *h, bool only_what_matters, unsigned char *out);

#endif
