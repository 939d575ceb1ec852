/* tables.h - mappings of the grid: the keys that each knows, what --set puts in their place, and where an unknown key
 * may belong. */
#ifndef NNGRID_GRID_TABLES_H
#define NNGRID_GRID_TABLES_H

#include "grid/reader.h"

/* Reads the entries of a mapping, and what --set puts there. False if `map` is none. */
bool grid_read_keys(reader *r, const key_table *table, const node *map);
/* `what` is "setting", "metric", ...: an unknown one is a mistake with a suggestion. */
void grid_unknown_key(reader *r, const node *key, const char *what, const char *const *names, size_t n);
void grid_unknown_choice_key(reader *r, const node *key, const nn_choices *choices);
/* Row of a setting; NULL after a mistake. */
const nn_hyper_row *grid_want_setting_name(reader *r, const node *key);
/* The last --set of this key, or NULL. */
override *grid_find_override(reader *r, const char *key);
bool grid_parse_overrides(reader *r, const char *const *texts, size_t n);
void grid_report_unused_overrides(reader *r);

#endif
