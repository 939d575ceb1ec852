/* text.h - text files and the fields in them. */
#ifndef NNGRID_DATA_TEXT_H
#define NNGRID_DATA_TEXT_H

#include "data/table.h"

/* The whole file into the table's texts, unpacked where it is gzip, with a NUL behind it. */
nn_status data_read_text(loader *l, data_table *t, char **text, size_t *size);
/* Strict finite decimal number; blanks around it are allowed. */
bool data_field_number(const char *text, double *out);
bool data_field_missing(const char *text);
/* train, validation, test, or 0, 1, 2 */
bool data_field_part(const char *text, int8_t *out);
/* Neither a number nor missing. */
bool data_field_is_word(const char *text);

#endif
