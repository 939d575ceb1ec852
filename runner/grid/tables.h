/* tables.h - reads the mappings of the grid by their tables: known keys, what --set puts in their place, and hints for
 * unknown keys. */
#ifndef NNGRID_GRID_TABLES_H
#define NNGRID_GRID_TABLES_H

#include "grid/reader.h"

/* Reads every entry of a mapping by its row in the table, and what --set gives below the table's path; then checks that
 * the required keys are there. Returns true if there was no mistake. */
bool grid_read_keys(reader *r, const key_table *table, const node *map);
/* Reads the value of a key as the kinds of its row say, into the row's field. Returns true if there was no mistake. The
 * functions in key_row.read call it for what is common to all values. */
bool grid_read_field(reader *r, const key_row *row, const node *value);
/* Reports a key that is not among the names, with a suggestion. `what` is "rule", "metric", ... */
void grid_unknown_name(reader *r, const node *key, const char *what, const char *const *names, size_t n);
/* The same for a setting or a key of a section, which may be in the words of another tool. */
void grid_unknown_key(reader *r, const node *key, const char *what, const char *const *names, size_t n);
void grid_unknown_choice_key(reader *r, const node *key, const nn_choices *choices);
/* The row of the setting that the key names; NULL after a mistake. */
const nn_hyper_row *grid_want_setting_name(reader *r, const node *key);
/* The last --set of this key, or NULL. */
override *grid_find_override(reader *r, const char *key);
/* Parses the texts of --set; false: not enough memory. */
bool grid_parse_overrides(reader *r, const char *const *texts, size_t n);
/* Reports every --set whose key nothing asked for. */
void grid_report_unused_overrides(reader *r);

#endif
