/* reader.h - what the files of the grid module share.
 *
 * grid_read.c goes through the file section by section and never stops at a mistake:
 *   grid_values.c    one value: text, number, word, time, a setting
 *   grid_tables.c    mappings: known keys, --set, unknown keys
 *   grid_data.c, grid_files.c, grid_split.c, grid_sections.c   the sections but `grid`
 *   grid_axes.c, grid_ranges.c                   the section `grid`: what is swept
 *   grid_points.c, grid_select.c, grid_equal.c   the cells: product and union, exclude and sample, equal ones
 *   grid_checks.c                               what does not go with the data
 *   grid_keys.c, grid_recording.c, grid_yaml.c   keys of runs; the grid as YAML */
#ifndef NNGRID_GRID_READER_H
#define NNGRID_GRID_READER_H

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

#endif
