/* reader.h - what the files of this folder share while a grid is read.
 *
 * A grid is read in this order; no step stops at a mistake, so that all are shown in one pass:
 *   yaml/tree.c    the text becomes a tree of nodes
 *   read.c         every key at the top, by the table grid_root, with the settings of base
 *   data.c         the section data
 *   sections.c     the sections stop, record, limits and success
 *   axes.c         the section grid: axes and their values
 *   points.c       the cells: products of axes, exclude, include, sample
 * All of them use
 *   tables.c       reads a mapping by its table and the value of a key by its row; --set; hints for unknown keys
 *   values.c       reads one value: text, number, truth, time, setting
 * After it was read:
 *   cells.c        settings and name of a cell
 *   checks.c       checks against the data
 *   keys.c         keys of runs
 *   write.c        the grid as YAML */
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
    nn_text_value text;
} setting_value;

/* One --set: a path of keys and its value, parsed as YAML. */
typedef struct override {
    const char *text; /* as typed */
    char *key;        /* "learning_rate", "data.file" */
    yaml_tree *tree;
    const node *value;
    bool used;
} override;

/* One axis, or several whose values go in step (zip). */
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
    const key_table *root; /* grid_root */
    grid *g;
    diagnostics *d;
    yaml_tree *tree;
    size_t n_overrides;
    override *overrides;
    const override *within; /* the --set that is being read, or NULL */
    size_t n_blocks;
    grid_block *blocks;
    const node *swept, *exclude, *include; /* values of grid, exclude, include; NULL where not given */
    place grid_at;
    bool replaced[NN_N_HYPER]; /* the settings of which --set replaced an axis */
    bool out_of_memory;
} reader;

/* Columns of a key_row: where the value goes, where its place goes, which numbers and words it may be. */
#define FIELD(member)      .field = offsetof(grid, member), .size = sizeof(((grid *)NULL)->member)
#define AT(member)         .at = offsetof(grid, member)
#define AT_LEAST(bound)    .range = {bound, HUGE_VAL, false, true}
#define ABOVE(bound)       .range = {bound, HUGE_VAL, true, true}
#define BETWEEN(low, high) .range = {low, high, false, false}
#define WORDS(list)        .words = list, .n_words = COUNT_OF(list)

#endif
