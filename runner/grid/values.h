/* values.h - reads single values of the grid: every mistake is noted with its place, and reading goes on. */
#ifndef NNGRID_GRID_VALUES_H
#define NNGRID_GRID_VALUES_H

#include "grid/reader.h"

void grid_mistake(reader *r, const node *at, const char *format, ...) __attribute__((format(printf, 3, 4)));
void grid_mistake_at(reader *r, place at, const char *format, ...) __attribute__((format(printf, 3, 4)));
void grid_warning(reader *r, place at, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* Where a node stands in the file; no place while a --set is read. */
place grid_place_in(const reader *r, const node *n);
/* A typed value; false after a mistake, *out untouched then. `what` names it in messages. */
bool grid_want_text(reader *r, const node *n, const char *what, const char **out);
bool grid_want_copy(reader *r, const node *n, const char *what, char **out); /* frees the old */
bool grid_want_count(reader *r, const node *n, const char *what, int64_t low, int64_t high, int64_t *out);
bool grid_want_real(reader *r, const node *n, const char *what, nn_range range, double *out);
bool grid_want_truth(reader *r, const node *n, const char *what, bool *out);
bool grid_want_choice(reader *r, const node *n, const char *what, const char *const *names, int n_names, int *out);
bool grid_want_seconds(reader *r, const node *n, const char *what, double *out); /* "30min", "2h", "90s" */
/* `example` is shown where there is no mapping (no list). */
bool grid_want_map(reader *r, const node *n, const char *what, const char *example);
bool grid_want_list(reader *r, const node *n, const char *what, const char *example);

/* A setting's value into a field of its kind, in canonical bytes: equal values have equal bytes. */
bool grid_want_setting(reader *r, const node *n, const nn_hyper_row *row, void *out);
size_t grid_field_size(nn_kind kind);
bool grid_field_same(const nn_hyper_row *row, const void *a, const void *b);

/* "< 0.4": the comparison in front (EQUAL where there is none). Returns where the value begins. */
extern const char *const grid_compare_signs[N_COMPARE];
const char *grid_read_compare(const char *text, compare *out);
bool grid_compares(double x, compare how, double to);

/* Room for one more element of an array of n; NULL when memory is out (which is noted). */
void *grid_grow(reader *r, void *array, size_t n, size_t size);

/* A list of values of one setting, growing. */
typedef struct value_list {
    const nn_hyper_row *row;
    size_t n;
    char *values;
} value_list;

enum { MAX_AXIS_VALUES = GRID_BASE };

void grid_add_value(reader *r, value_list *list, const void *value);

#endif
