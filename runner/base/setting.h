/* setting.h - parses and formats the value of a hyperparameter by its row of core's table, and numbers, ranges and
 * times. */
#ifndef NNGRID_BASE_SETTING_H
#define NNGRID_BASE_SETTING_H

#include "nn.h"

/* Parses one scalar (for a SHAPE, one width) into `value`, which has the type of the row's kind. The error message
 * names the setting and what it takes ("momentum 1.2 is not in [0, 1)"). */
nn_status setting_parse(const nn_hyper_row *row, const char *text, void *value, nn_error *err);

/* Writes the canonical text of a value ("0.1", "full", "relu", "[64, 32]"). Returns text. */
char *setting_format(const nn_hyper_row *row, const void *value, char *text, size_t size);

/* Writes the shortest text that parses to the same double. Returns text. */
char *setting_real_format(double value, char *text, size_t size);

/* Writes a range: "[0, 1)", "at least 0". Returns text. */
char *setting_range_format(const nn_range *range, char *text, size_t size);
bool setting_range_holds(const nn_range *range, double value);
/* Writes the error message of a value out of range: "momentum 1.2 is not in [0, 1)". Returns text. */
char *setting_range_complaint(const char *what, const char *value, const nn_range *range, char *text, size_t size);

/* Parses a finite number, which must be the whole text, in the C locale. */
bool setting_parse_real(const char *text, double *out);
bool setting_parse_count(const char *text, int64_t *out); /* 1000 or 1e3 */
/* Parses a time above 0 with its unit: "90s", "30min", "2h", "1d", "1.5 h". */
bool setting_parse_seconds(const char *text, double *out);

#endif
