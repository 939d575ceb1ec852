/* setting.h - reads and writes one hyperparameter value as text, by its row of core's table. */
#ifndef NNGRID_BASE_SETTING_H
#define NNGRID_BASE_SETTING_H

#include "nn.h"

/* Parses one scalar (REAL, COUNT, CHOICE, TRUTH; a SHAPE of one width) into the field `value` of the row's
 * kind. The message has no place; it says what is wrong and what is taken instead ("momentum 1.2 is not in
 * [0, 1)"). */
nn_status setting_parse(const nn_hyper_row *row, const char *text, void *value, nn_error *err);

/* Writes the canonical text of a value ("0.1", "full", "relu", "[64, 32]"), %.17g shortest
 * that reads back the same. Returns text. */
char *setting_format(const nn_hyper_row *row, const void *value, char *text, size_t size);

/* The same of a double: the shortest text that reads back to the same number. */
char *setting_real_format(double value, char *text, size_t size);

/* "[0, 1)" */
char *setting_range_format(const nn_range *range, char *text, size_t size);
bool setting_range_holds(const nn_range *range, double value);
/* "momentum 1.2 is not in [0, 1)": what to say of a value outside. Returns text. */
char *setting_range_complaint(const char *what, const char *value, const nn_range *range, char *text, size_t size);

/* Strict number: the whole text, finite; C locale. */
bool setting_parse_real(const char *text, double *out);
bool setting_parse_count(const char *text, int64_t *out); /* accepts 1000 and 1e3 */
/* A time with its unit, above 0: "90s", "30min", "2h", "1d", "1.5 h". */
bool setting_parse_seconds(const char *text, double *out);

#endif
