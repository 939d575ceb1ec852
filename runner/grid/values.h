/* values.h - reads single values of the grid. A mistake is reported with its place, and the caller goes on reading. */
#ifndef NNGRID_GRID_VALUES_H
#define NNGRID_GRID_VALUES_H

#include "grid/reader.h"

void grid_mistake(reader *r, const node *at, const char *format, ...) __attribute__((format(printf, 3, 4)));
void grid_mistake_at(reader *r, place at, const char *format, ...) __attribute__((format(printf, 3, 4)));
void grid_warning(reader *r, place at, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* Where a node stands in the file; {0, 0} while a --set is read. */
place grid_place_in(const reader *r, const node *n);
/* Each reads a value of its type; `what` names it in messages. After a mistake they return false and leave *out. */
bool grid_want_text(reader *r, const node *n, const char *what, const char **out);
bool grid_want_copy(reader *r, const node *n, const char *what, char **out); /* frees the old text */
bool grid_want_count(reader *r, const node *n, const char *what, nn_range range, int64_t *out);
bool grid_want_real(reader *r, const node *n, const char *what, nn_range range, double *out);
bool grid_want_word(reader *r, const node *n, const key_row *row, int *out); /* index of a word that the key takes */
/* Is this a mapping (a list)? If not, the mistake shows the example. */
bool grid_want_map(reader *r, const node *n, const char *what, const char *example);
bool grid_want_list(reader *r, const node *n, const char *what, const char *example);

/* Does the setting take any text, as init_file does? */
bool grid_is_free_text(const nn_hyper_row *row);
/* Are these several values of the setting? For `hidden` a list of widths is one value, a list of lists is several. */
bool grid_is_sweep(const node *value, const nn_hyper_row *row);
/* Reads a setting's value into a field of its kind, in canonical bytes: equal values have equal bytes. */
bool grid_want_setting(reader *r, const node *n, const nn_hyper_row *row, void *out);
size_t grid_field_size(nn_kind kind);
bool grid_field_same(const nn_hyper_row *row, const void *a, const void *b);

extern const char *const grid_compare_signs[N_COMPARE];
/* Reads the sign in front of "< 0.4" (EQUAL if there is none). Returns where the number begins. */
const char *grid_read_compare(const char *text, compare *out);
bool grid_compares(double x, compare how, double to);

/* Returns the array of n elements with room for one more; NULL and r->out_of_memory if there is no memory. */
void *grid_grow(reader *r, void *array, size_t n, size_t size);

#endif
