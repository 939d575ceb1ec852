/* Finds out how the numbers of a file are written. A comma is a decimal comma where some field can be read in no other
 * way, and separates thousands likewise; where all can be read in both ways, commas between fields speak for thousands
 * and semicolons for decimal commas, and the guess is said. */
#include "data/formats/notation.h"
#include "data/text.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_BYTES = 60 };

/* ---- one number ---- */

static size_t digits_at(const char *p)
{
    return strspn(p, "0123456789");
}

/* The bytes of a separator of thousands at p; 0: there is none. */
static size_t separator_at(const char *p, char decimal)
{
    static const char *const separators[] = {"'", " ", "\xc2\xa0", "\xe2\x80\xaf", "\xe2\x80\x99"};
    if (*p == (decimal == '.' ? ',' : '.'))
        return 1;
    for (size_t i = 0; i < sizeof separators / sizeof *separators; i++)
        if (strncmp(p, separators[i], strlen(separators[i])) == 0)
            return strlen(separators[i]);
    return 0;
}

/* Copies the whole part without the separators of thousands. These stand before each three digits, and are all alike. */
static const char *copy_whole(const char *p, char decimal, char **to)
{
    size_t n = digits_at(p);
    const char *separator = p + n;
    const size_t bytes = separator_at(separator, decimal);
    const bool groups = bytes > 0 && n >= 1 && n <= 3 && *p != '0';
    for (;;) {
        memcpy(*to, p, n);
        *to += n;
        p += n;
        if (!groups || strncmp(p, separator, bytes) != 0 || digits_at(p + bytes) != 3)
            return p;
        p += bytes;
        n = 3;
    }
}

/* Copies what follows a decimal point and an exponent, if these are there. */
static const char *copy_rest(const char *p, char decimal, char **to)
{
    if (*p == decimal) {
        const size_t n = digits_at(p + 1);
        *(*to)++ = '.';
        memcpy(*to, p + 1, n);
        *to += n;
        p += n + 1;
    }
    const size_t sign = *p != '\0' && (p[1] == '-' || p[1] == '+');
    if ((*p == 'e' || *p == 'E') && digits_at(p + 1 + sign) > 0) {
        const size_t n = 1 + sign + digits_at(p + 1 + sign);
        memcpy(*to, p, n);
        *to += n;
        p += n;
    }
    return p;
}

/* The bytes of a minus at p, which may be that of typesetting; 0: there is none. */
static size_t minus_at(const char *p)
{
    static const char minus[] = "\xe2\x88\x92";
    return *p == '-' ? 1 : strncmp(p, minus, strlen(minus)) == 0 ? strlen(minus) : 0;
}

static const char *copy_sign(const char *p, char **to)
{
    const size_t n = minus_at(p);
    if (n > 0 || *p == '+')
        *(*to)++ = n > 0 ? '-' : '+';
    return p + (n > 0 ? n : *p == '+');
}

/* Parses a number with this decimal point. */
static bool parse(const char *text, char decimal, double *out)
{
    char plain[MOST_BYTES + 1], *to = plain;
    if (strlen(text) > MOST_BYTES)
        return false;
    text = copy_sign(text, &to);
    text = copy_whole(text, decimal, &to);
    text = copy_rest(text, decimal, &to);
    *to = '\0';
    return *text == '\0' && data_field_number(plain, out);
}

/* ---- signs of percent and currency ---- */

static const char *const units[] = {"%", "$", "\xe2\x82\xac", "\xc2\xa3", "\xc2\xa5"};

static const char *unit_at(const char *p)
{
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strncmp(p, units[i], strlen(units[i])) == 0)
            return units[i];
    return NULL;
}

static const char *unit_behind(const char *p, size_t length)
{
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        const size_t n = strlen(units[i]);
        if (length > n && strcmp(p + length - n, units[i]) == 0)
            return units[i];
    }
    return NULL;
}

/* Takes the unit, in front or behind, off a field. Returns it, or NULL; `bare` is the field without it. */
static const char *take_unit(const char *field, char bare[MOST_BYTES + 1])
{
    const size_t length = strlen(field);
    const size_t negative = minus_at(field);
    if (length > MOST_BYTES)
        return NULL;
    const char *p = field + negative, *unit = unit_at(p);
    size_t n = length - negative;
    if (unit != NULL) {
        p += strlen(unit);
        p += *p == ' ';
        n = strlen(p);
    } else if ((unit = unit_behind(p, n)) != NULL) {
        n -= strlen(unit);
        n -= n > 0 && p[n - 1] == ' ';
    }
    snprintf(bare, MOST_BYTES + 1, "%s%.*s", negative > 0 ? "-" : "", (int)n, p);
    return unit;
}

/* ---- fields ---- */

/* What a field can be read as. */
typedef struct reading {
    bool plain, point, comma; /* as a plain number; with a decimal point; with a decimal comma */
    bool has_comma;
    double as_point, as_comma;
    const char *unit;
} reading;

static reading read_field(const char *field)
{
    char bare[MOST_BYTES + 1] = "";
    reading r = {.has_comma = strchr(field, ',') != NULL};
    r.plain = data_field_number(field, &r.as_point);
    if (strlen(field) > MOST_BYTES)
        return r;
    r.unit = take_unit(field, bare);
    r.point = parse(bare, '.', &r.as_point);
    r.comma = parse(bare, ',', &r.as_comma);
    return r;
}

bool data_looks_numeric(const char *field)
{
    const reading r = read_field(field);
    return r.plain || r.point || r.comma;
}

bool data_notation_number(const csv_notation *n, size_t column, const char *field, double *out)
{
    char bare[MOST_BYTES + 1] = "";
    if (n->plain)
        return data_field_number(field, out);
    const char *unit = take_unit(field, bare);
    if (unit != n->unit[column] || strlen(field) > MOST_BYTES)
        return unit == n->unit[column] && data_field_number(field, out);
    return parse(bare, n->decimal == DECIMAL_COMMA ? ',' : '.', out);
}

/* ---- what people write, and programs do not read ---- */

/* The bytes of a number at p, in any notation but without a unit. */
static size_t number_at(const char *p)
{
    const size_t sign = minus_at(p) + (*p == '+'), n = strspn(p + sign, "0123456789.,");
    return strcspn(p + sign, "0123456789") < n ? sign + n : 0;
}

/* Do only such characters follow, up to the end? */
static bool ends_in(const char *p, const char *characters)
{
    return *p != '\0' && strspn(p, characters) == strlen(p);
}

const char *data_notation_hint(const char *field)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    const bool bracket = *field == '(';
    const char *p = field + bracket;
    const size_t n = number_at(p);
    const char *rest = p + n;
    if (*field == '0' && (field[1] == 'x' || field[1] == 'X') && ends_in(field + 2, "0123456789abcdefABCDEF"))
        return "write hexadecimal numbers in decimal digits";
    if (n == 0)
        return NULL;
    if (bracket && strcmp(rest, ")") == 0)
        return "write negative numbers with a minus, not in parentheses";
    if (strcmp(rest, "-") == 0)
        return "write the minus in front";
    if ((*rest == 'd' || *rest == 'D') && ends_in(rest + 1, "0123456789+-"))
        return "write exponents with E, not with D as in Fortran";
    const size_t length = strlen(rest);
    if (length > 1 && strspn(rest, "0123456789.eE+-ij)") == length && strpbrk(rest, "ij") != NULL)
        return "complex numbers are not read: write real and imaginary parts into columns of their own";
    if (*rest == ' ' && ends_in(rest + strspn(rest, " "), letters))
        return "write the number alone, and its unit into the name of the column";
    return NULL;
}

/* ---- the first rows ---- */

/* What the fields of the numeric columns tell about commas. */
typedef struct evidence {
    size_t n_odd;                       /* numbers that are not plain */
    const char *point, *comma, *either; /* the first field that can be read in this way alone, or in both */
    place point_at, comma_at, either_at;
} evidence;

static bool is_value(const loader *l, const csv_row *row, size_t i)
{
    return i < row->n && !data_field_is_missing(l->spec, row->fields[i]);
}

/* Are most values of the column numbers in some notation? */
static bool is_numeric_column(const loader *l, const csv_opening *o, size_t i)
{
    size_t n = 0, n_numeric = 0;
    for (int k = o->data; k < o->n; k++)
        if (is_value(l, &o->row[k], i)) {
            n++;
            n_numeric += data_looks_numeric(o->row[k].fields[i]);
        }
    return 2 * n_numeric > n;
}

static void note(const char **what, place *at, const char *field, place here)
{
    *at = *what == NULL ? here : *at;
    *what = *what == NULL ? field : *what;
}

static void note_field(evidence *e, const char *field, place here)
{
    const reading r = read_field(field);
    e->n_odd += !r.plain && (r.point || r.comma);
    if (r.point && !r.comma)
        note(&e->point, &e->point_at, field, here);
    else if (r.comma && !r.point && r.has_comma)
        note(&e->comma, &e->comma_at, field, here);
    else if (r.comma && r.point && r.has_comma && !(r.as_comma == r.as_point))
        note(&e->either, &e->either_at, field, here);
}

static void note_column(const loader *l, const csv_opening *o, size_t i, evidence *e, csv_notation *n)
{
    for (int k = o->data; k < o->n; k++) {
        if (!is_value(l, &o->row[k], i))
            continue;
        const char *field = o->row[k].fields[i];
        const reading r = read_field(field);
        note_field(e, field, (place){o->row[k].line, (int)i + 1});
        if (n->unit[i] == NULL && r.unit != NULL && (r.point || r.comma))
            n->unit[i] = r.unit;
    }
}

/* ---- what is made of it ---- */

static void tell(const loader *l, place at, const char *field, char decimal)
{
    char shown[EXCERPT_SIZE], bare[MOST_BYTES + 1];
    double value = NN_NAN;
    take_unit(field, bare);
    parse(bare, decimal, &value);
    diagnostics_add_file(
        l->diags, SEVERITY_WARNING, NN_data, l->path, at,
        decimal == ','
            ? "'%s' is read as %.10g, with a decimal comma; set decimal: comma to confirm it, decimal: point "
              "if commas separate thousands"
            : "'%s' is read as %.10g, with commas between thousands; set decimal: point to confirm it, "
              "decimal: comma if they are decimal commas",
        data_excerpt(field, shown), value);
}

static nn_status decide(loader *l, const evidence *e, char delimiter, csv_notation *n)
{
    char one[EXCERPT_SIZE], other[EXCERPT_SIZE];
    const char *with_comma = e->comma != NULL ? e->comma : e->either;
    n->decimal = l->spec->decimal;
    if (n->decimal != DECIMAL_ANY || with_comma == NULL)
        return NN_ok;
    if (e->comma != NULL && e->point != NULL)
        return data_mistake(
            l, e->comma_at.line, e->comma_at.column,
            "'%s' has a decimal comma, but '%s' in line %d a decimal point; write all numbers alike, or set "
            "decimal: point or comma",
            data_excerpt(e->comma, one), data_excerpt(e->point, other), e->point_at.line);
    if (e->comma == NULL && e->point == NULL && delimiter != ',' && delimiter != ';')
        return data_mistake(
            l, e->either_at.line, e->either_at.column,
            "'%s' has a decimal comma or a comma between thousands; set decimal: comma or decimal: point",
            data_excerpt(e->either, one));
    const bool comma = e->comma != NULL || (e->point == NULL && delimiter == ';');
    n->decimal = comma ? DECIMAL_COMMA : DECIMAL_POINT;
    tell(l, e->comma != NULL ? e->comma_at : e->either_at, with_comma, comma ? ',' : '.');
    l->guess.decimal = n->decimal;
    return NN_ok;
}

static void tell_units(loader *l, const csv_opening *o, const csv_notation *n, size_t n_columns)
{
    size_t i = 0;
    while (i < n_columns && n->unit[i] == NULL)
        i++;
    if (i == n_columns || l->spec->accept[DATA_UNITS])
        return;
    int k = o->data;
    while (k < o->n && !is_value(l, &o->row[k], i))
        k++;
    char shown[EXCERPT_SIZE], unit[8];
    snprintf(unit, sizeof unit, "%s", n->unit[i]);
    diagnostics_add_file(
        l->diags, SEVERITY_WARNING, NN_data, l->path, (place){o->row[k].line, (int)i + 1},
        "'%s' is read without its %s, as the number before or behind it; accept: [units] confirms that",
        data_excerpt(o->row[k].fields[i], shown), unit);
    l->guess.units = true;
}

nn_status data_notation_find(loader *l, const csv *c, const csv_opening *o, csv_notation *n)
{
    const size_t n_columns = c->n_columns;
    evidence e = {0};
    *n = (csv_notation){.plain = true, .unit = calloc(n_columns, sizeof *n->unit)};
    if (n->unit == NULL)
        return data_no_memory(l, "the columns of the data file");
    for (size_t i = 0; i < n_columns; i++)
        if (is_numeric_column(l, o, i))
            note_column(l, o, i, &e, n);
    n->plain = e.n_odd == 0 && l->spec->decimal == DECIMAL_ANY;
    const nn_status status = n->plain ? NN_ok : decide(l, &e, c->delimiter, n);
    if (status == NN_ok)
        tell_units(l, o, n, n_columns);
    return status;
}

void data_notation_free(csv_notation *n)
{
    free(n->unit);
    *n = (csv_notation){0};
}
