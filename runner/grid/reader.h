/* grid_internal.h - what the files of the grid module share.
 *
 * grid_read.c goes through the file section by section and never stops at a mistake:
 *   grid_values.c    one value: text, number, word, time, a setting
 *   grid_tables.c    mappings: known keys, --set, unknown keys
 *   grid_data.c, grid_files.c, grid_split.c, grid_sections.c   the sections but `grid`
 *   grid_axes.c, grid_ranges.c                   the section `grid`: what is swept
 *   grid_points.c, grid_select.c, grid_equal.c   the cells: product and union, exclude and sample, equal ones
 *   grid_checks.c                               what does not go with the data
 *   grid_keys.c, grid_recording.c, grid_yaml.c   keys of runs; the grid as YAML */
#ifndef NNGRID_GRID_INTERNAL_H
#define NNGRID_GRID_INTERNAL_H

#include "grid/grid.h"
#include "grid/yaml/tree.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

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
    const struct key_table *const *tables; /* the keys of every mapping; NULL behind the last */
    grid *g;
    diagnostics *d;
    yaml_tree *tree;
    size_t n_overrides;
    override *overrides;
    const override *within; /* the --set that is being read, or NULL */
    data_source *source;    /* that is being read */
    size_t n_blocks;
    grid_block *blocks;
    const node *swept, *exclude, *include; /* values of grid, exclude, include; NULL where not given */
    place grid_at;
    int64_t sample; /* 0: all */
    bool collapse;
    bool out_of_memory;
} reader;

/* ---- grid_values.c ---- */

void mistake(reader *r, const node *at, const char *format, ...) __attribute__((format(printf, 3, 4)));
void mistake_at(reader *r, place at, const char *format, ...) __attribute__((format(printf, 3, 4)));
void warning(reader *r, place at, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* Where a node stands in the file; no place while a --set is read. */
place place_in(const reader *r, const node *n);
/* "list", "mapping" or "value": what a node is, for messages. */
const char *kind_word(const node *n);
/* Neither text nor quotes after the colon, or one of YAML's words for nothing. */
bool is_empty(const node *n);

/* A typed value; false after a mistake, *out untouched then. `what` names it in messages. */
bool want_text(reader *r, const node *n, const char *what, const char **out);
bool want_copy(reader *r, const node *n, const char *what, char **out); /* frees the old */
bool want_count(reader *r, const node *n, const char *what, int64_t low, int64_t high, int64_t *out);
bool want_real(reader *r, const node *n, const char *what, nn_range range, double *out);
bool want_truth(reader *r, const node *n, const char *what, bool *out);
bool want_choice(reader *r, const node *n, const char *what, const char *const *names, int n_names, int *out);
bool want_seconds(reader *r, const node *n, const char *what, double *out); /* "30min", "2h", "90s" */
/* `example` is shown where there is no mapping (no list). */
bool want_map(reader *r, const node *n, const char *what, const char *example);
bool want_list(reader *r, const node *n, const char *what, const char *example);

/* A setting's value into a field of its kind, in canonical bytes: equal values have equal bytes. */
bool want_setting(reader *r, const node *n, const nn_hyper_row *row, void *out);
size_t field_size(nn_kind kind);
bool field_same(const nn_hyper_row *row, const void *a, const void *b);

/* "< 0.4": the comparison in front (EQUAL where there is none). Returns where the value begins. */
extern const char *const compare_signs[N_COMPARE];
const char *read_compare(const char *text, compare *out);
bool compares(double x, compare how, double to);

/* Room for one more element of an array of n; NULL when memory is out (which is noted). */
void *grow(reader *r, void *array, size_t n, size_t size);

/* ---- grid_tables.c ---- */

/* A key that a mapping may have and what reads its value. */
typedef struct key_row {
    const char *name;
    void (*read)(reader *r, const node *value);
} key_row;

/* The keys of a mapping. `path` is how --set and messages name it: "data.split", "" for the whole grid. */
typedef struct key_table {
    const char *path, *example;
    size_t n;
    const key_row *rows;
} key_table;

extern const key_table root_keys, data_keys, target_keys, split_keys, stop_keys, record_keys, limits_keys,
    file_keys, train_file_keys, validation_file_keys, test_file_keys;

/* Reads the entries of a mapping, and what --set puts there. False if `map` is none. */
bool read_keys(reader *r, const key_table *table, const node *map);
/* `what` is "setting", "metric", ...: an unknown one is a mistake with a suggestion. */
void unknown_key(reader *r, const node *key, const char *what, const char *const *names, size_t n);
void unknown_choice_key(reader *r, const node *key, const nn_choices *choices);
/* Row of a setting; NULL after a mistake. */
const nn_hyper_row *want_setting_name(reader *r, const node *key);
/* The last --set of this key, or NULL. */
override *find_override(reader *r, const char *key);
bool parse_overrides(reader *r, const char *const *texts, size_t n);
void report_unused_overrides(reader *r);

/* ---- sections ---- */

/* Words of the grid, each list in the order of its enum: read here, written by grid_yaml.c. */
extern const char *const diagnose_words[2],
    *const task_words[2], *const scale_words[3], *const missing_words[4], *const order_words[2],
                                                                              *const mode_words[2];

void read_data(reader *r, const node *value);
void read_file(reader *r, const node *value);
void read_split(reader *r, const node *value);
void read_stop(reader *r, const node *value);
void read_record(reader *r, const node *value);
void read_limits(reader *r, const node *value);
void read_success(reader *r, const node *value);
void read_diagnose(reader *r, const node *value);

/* ---- grid_axes.c, grid_ranges.c ---- */

/* A list of values of one setting, growing. */
typedef struct value_list {
    const nn_hyper_row *row;
    size_t n;
    char *values;
} value_list;

enum { MAX_AXIS_VALUES = GRID_BASE };

void add_value(reader *r, value_list *list, const void *value);
/* {lin: [from, to], num: n} and its like. */
void read_range(reader *r, const node *map, value_list *list);
void read_grid(reader *r, const node *value);
/* Index of the value on the setting's axis, both made if they are not there; -1 after a mistake. */
int axis_value(reader *r, const node *at, const nn_hyper_row *row, const void *value, size_t *axis);
void free_blocks(reader *r);

/* ---- grid_points.c, grid_select.c, grid_equal.c ---- */

/* Checks `include` and gives its values places on the axes; `exclude` likewise, against the settings. */
void check_include(reader *r);
void check_exclude(reader *r);
void make_cells(reader *r);
/* Each marks cells for removal. */
void exclude_cells(reader *r, bool *removed);
void mark_unsampled(reader *r, bool *removed);
/* Later ones of equal cells. Where cells differ only in what does not matter, that is a mistake without
 * collapse. */
void mark_equal(reader *r, bool *removed, bool only_what_matters);
void report_conflicts(reader *r);

/* ---- grid_checks.c ---- */

void grid_check(const grid *g, const dataset *data, diagnostics *diags);
/* A setting of the starting weights? A file that gives the weights leaves it nothing to decide. */
bool is_drawn_by(const nn_hyper_row *row);

/* ---- grid_recording.c ---- */

/* The recording in the upper half, the lower half of the hash in the lower. */
uint64_t record_key(const nn_recording *recording, uint64_t hash);

/* ---- grid_equal.c ---- */

/* Settings as canonical bytes: the same for equal settings. Returns how many; `out` has SETTING_BYTES. */
enum { SETTING_BYTES = NN_N_HYPER * 8 + 8 + NN_MAX_HIDDEN * 4 };
size_t setting_bytes(const nn_hyper *h, bool only_what_matters, unsigned char *out);
uint64_t cell_hash(const nn_hyper *h, bool only_what_matters, uint64_t seed);

#endif
