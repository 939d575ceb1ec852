/* text.h - reads text files and the fields in them. */
#ifndef NNGRID_DATA_TEXT_H
#define NNGRID_DATA_TEXT_H

#include "data/table.h"

/* Reads the whole file at l->path, unpacked where it is gzip, with a NUL at its end. The table owns the text. */
nn_status data_read_text(loader *l, data_table *t, char **text, size_t *size);
/* Parses a finite decimal number, with blanks around it allowed. */
bool data_field_number(const char *text, double *out);
/* Does float64 tell this whole number apart from those beside it? */
static inline bool data_is_exact(double whole)
{
    return fabs(whole) < 0x1p53;
}
/* Is it empty, ?, NA, NaN or nan? */
bool data_field_missing(const char *text);
/* Is it that, or one of the spec's missing_words? */
bool data_field_is_missing(const data_spec *spec, const char *text);
/* Is it a word by which other programs mark missing values, such as NULL? */
bool data_field_may_be_missing(const char *text);
/* Parses train, validation, test, or 0, 1, 2. */
bool data_field_part(const char *text, int8_t *out);
/* Is it neither a number nor missing? */
bool data_field_is_word(const char *text);

#endif
