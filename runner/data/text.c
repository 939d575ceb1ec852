/* Reads text files, and tells numbers, missing values and text among their fields. */
#include "data/text.h"
#include "base/file.h"
#include "data/encoding.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

nn_status data_read_text(loader *l, data_table *t, char **text, size_t *size)
{
    char *content = NULL;
    nn_error err;
    nn_status status = file_read(data_opened(l, l->path), &content, size, &err);
    if (status != NN_ok)
        return data_mistake(l, 0, 0, "%s", err.message);
    status = data_decode(l, &content, size);
    if (!data_table_own(t, content))
        return data_no_memory(l, "the data file");
    *text = content;
    return status;
}

/* Parses a small whole number. Most fields are such, and this is faster than strtod. */
static bool small_whole_number(const char *text, double *out)
{
    enum { MAX_DIGITS = 15 }; /* exact as double */
    int64_t value = 0;
    int n = 0;
    for (; n <= MAX_DIGITS && isdigit((unsigned char)text[n]); n++)
        value = 10 * value + (text[n] - '0');
    if (n == 0 || n > MAX_DIGITS || text[n] != '\0')
        return false;
    *out = (double)value;
    return true;
}

bool data_field_number(const char *text, double *out)
{
    if (small_whole_number(text, out))
        return true;
    while (isblank((unsigned char)*text))
        text++;
    const char *digits = text + (*text == '-' || *text == '+');
    if (!isdigit((unsigned char)*digits) && *digits != '.')
        return false; /* leaves out strtod's "inf" and "nan" */
    if (digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X'))
        return false;
    char *end;
    double value = strtod(text, &end);
    while (isblank((unsigned char)*end))
        end++;
    if (end == text || *end != '\0' || !isfinite(value))
        return false;
    *out = value;
    return true;
}

static bool is_among(const char *text, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(text, words[i]) == 0)
            return true;
    return false;
}

bool data_field_missing(const char *text)
{
    static const char *const words[] = {"", "?", "NA", "NaN", "nan"};
    return is_among(text, words, sizeof words / sizeof *words);
}

bool data_field_is_missing(const data_spec *spec, const char *text)
{
    return data_field_missing(text) ||
           is_among(text, (const char *const *)spec->missing_words.words, spec->missing_words.n);
}

bool data_field_may_be_missing(const char *text)
{
    static const char *const words[] = {
        "NULL",    "Null",    "null",  "None",    "none",    "N/A",    "n/a",     "#N/A",     "#NA",
        "NaT",     "<NA>",    "nil",   "NIL",     "-",       "--",     "---",     ".",        "..",
        "NAN",     "-NaN",    "-nan",  "missing", "Missing", "(null)", "\\N",     "#N/A N/A", "#NULL!",
        "#DIV/0!", "#VALUE!", "#REF!", "#NAME?",  "#NUM!",   "1.#IND", "-1.#IND", "1.#QNAN",  "-1.#QNAN"};
    return is_among(text, words, sizeof words / sizeof *words);
}

bool data_field_is_word(const char *text)
{
    double ignored;
    return !data_field_missing(text) && !data_field_number(text, &ignored);
}

bool data_field_part(const char *text, int8_t *out)
{
    for (int p = 0; p < NN_N_PART; p++) {
        const char digit[] = {(char)('0' + p), '\0'};
        if (strcmp(text, nn_part_names[p]) == 0 || strcmp(text, digit) == 0) {
            *out = (int8_t)p;
            return true;
        }
    }
    return false;
}
