/* Parses and formats numbers, ranges, times, and the values of hyperparameters by their rows. */
#include "base/setting.h"
#include "base/suggest.h"
#include "base/synonym.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- numbers ---- */

/* Has the text only characters of decimal numbers? strtod would also take inf, nan and hexadecimal. */
static bool looks_decimal(const char *text)
{
    return text[0] != '\0' && text[strspn(text, "0123456789+-.eE")] == '\0';
}

bool setting_parse_real(const char *text, double *out)
{
    char *end;
    if (!looks_decimal(text))
        return false;
    const double value = strtod(text, &end);
    if (*end != '\0' || end == text || !isfinite(value))
        return false;
    *out = value + 0.0; /* -0 becomes 0, so that both are one value of an axis */
    return true;
}

bool setting_parse_count(const char *text, int64_t *out)
{
    char *end;
    double real;
    errno = 0;
    const long long whole = strtoll(text, &end, 10);
    if (looks_decimal(text) && end != text && *end == '\0' && errno == 0) {
        *out = whole;
        return true;
    }
    if (!setting_parse_real(text, &real) || real != floor(real) || fabs(real) > 0x1p53) /* 1e3 */
        return false;
    *out = (int64_t)real;
    return true;
}

bool setting_parse_seconds(const char *text, double *out)
{
    static const struct {
        const char *unit;
        double seconds;
    } units[] = {{"s", 1}, {"min", 60}, {"h", 3600}, {"d", 86400}};
    char *rest, number[64];
    double value;
    strtod(text, &rest);
    snprintf(number, sizeof number, "%.*s", (int)(rest - text), text);
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strcmp(rest + (*rest == ' '), units[i].unit) == 0 && setting_parse_real(number, &value) && value > 0) {
            *out = value * units[i].seconds;
            return true;
        }
    return false;
}

/* A decimal of up to 15 digits survives the conversion to a double and back, so %.15g finds it where there is one,
 * without trailing zeros; else more digits are needed. */
char *setting_real_format(double value, char *text, size_t size)
{
    char number[28]; /* 17 digits, sign, point, exponent */
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(number, sizeof number, "%.*g", digits, value);
        if (strtod(number, NULL) == value)
            break;
    }
    snprintf(text, size, "%s", number);
    return text;
}

/* ---- ranges ---- */

bool setting_range_holds(const nn_range *r, double x)
{
    return (r->low_open ? x > r->low : x >= r->low) && (r->high_open ? x < r->high : x <= r->high);
}

char *setting_range_format(const nn_range *r, char *text, size_t size)
{
    char low[28], high[28];
    setting_real_format(r->low, low, sizeof low);
    setting_real_format(r->high, high, sizeof high);
    if (isinf(r->low) && isinf(r->high))
        snprintf(text, size, "any number");
    else if (isinf(r->high))
        snprintf(text, size, "%s %s", r->low_open ? "above" : "at least", low);
    else if (isinf(r->low))
        snprintf(text, size, "%s %s", r->high_open ? "below" : "at most", high);
    else
        snprintf(text, size, "%c%s, %s%c", r->low_open ? '(' : '[', low, high, r->high_open ? ')' : ']');
    return text;
}

char *setting_range_complaint(const char *what, const char *value, const nn_range *range, char *text, size_t size)
{
    char bounds[64];
    setting_range_format(range, bounds, sizeof bounds);
    /* "is not in" suits an interval, but not "at least 0" */
    const bool interval = bounds[0] == '[' || bounds[0] == '(';
    snprintf(text, size, interval ? "%s %.60s is not in %s" : "%s %.60s is out of range; it must be %s", what, value,
             bounds);
    return text;
}

static nn_status out_of_range(const nn_hyper_row *row, const char *value, nn_error *err)
{
    char text[sizeof err->message];
    return nn_fail(err, NN_usage, "%s", setting_range_complaint(row->name, value, &row->range, text, sizeof text));
}

/* ---- parsing by kind ---- */

/* Reports a value that is no number, and what another tool's word for one is here. `word`: what stands for 0, or NULL. */
static nn_status no_number(const nn_hyper_row *row, const char *kind, const char *text, nn_error *err)
{
    const synonym *s = synonym_find(row->name, text);
    const char *ours = s == NULL ? NULL : s->ours != NULL ? s->ours : s->note;
    return nn_fail(err, NN_usage, "%s takes %s%s%s%s, not '%.60s'%s%s%s", row->name, kind,
                   row->word != NULL ? " or '" : "", row->word != NULL ? row->word : "", row->word != NULL ? "'" : "",
                   text,
                   ours == NULL      ? ""
                   : s->ours != NULL ? "; did you mean '"
                                     : "; ",
                   ours != NULL ? ours : "", ours != NULL && s->ours != NULL ? "'?" : "");
}

static nn_status parse_real_setting(const nn_hyper_row *row, const char *text, double *out, nn_error *err)
{
    double value;
    if (row->word != NULL && strcmp(text, row->word) == 0) {
        *out = row->word_value;
        return NN_ok;
    }
    if (!setting_parse_real(text, &value))
        return no_number(row, "a number", text, err);
    if (!setting_range_holds(&row->range, value))
        return out_of_range(row, text, err);
    *out = value;
    return NN_ok;
}

static nn_status parse_count_setting(const nn_hyper_row *row, const char *text, int64_t *out, nn_error *err)
{
    int64_t value;
    if (row->word != NULL && strcmp(text, row->word) == 0) {
        *out = 0;
        return NN_ok;
    }
    if (!setting_parse_count(text, &value))
        return no_number(row, "a whole number", text, err);
    if (!setting_range_holds(&row->range, (double)value))
        return out_of_range(row, text, err);
    *out = value;
    return NN_ok;
}

/* May the name be suggested? For `activation` only those of hidden layers, for `output` all. */
static bool name_fits(const nn_hyper_row *row, int code)
{
    return row->choices != &nn_activations || row->automatic || nn_activation_places[code] == NN_ANYWHERE;
}

static nn_status unknown_choice(const nn_hyper_row *row, const char *text, nn_error *err)
{
    const char *names[64];
    char message[sizeof err->message];
    size_t n = 0;
    if (row->automatic)
        names[n++] = "auto";
    for (int i = 0; i < row->choices->n && n < 64; i++)
        if (name_fits(row, i))
            names[n++] = row->choices->rows[i].name;
    return nn_fail(err, NN_usage, "%s", suggest_unknown(message, sizeof message, row->name, text, names, n, true));
}

static nn_status parse_choice(const nn_hyper_row *row, const char *text, int32_t *out, nn_error *err)
{
    const int code = nn_choice_find(row->choices, text);
    if (row->automatic && strcmp(text, "auto") == 0) {
        *out = NN_AUTO;
        return NN_ok;
    }
    if (code < 0)
        return unknown_choice(row, text, err);
    *out = code;
    return NN_ok;
}

static nn_status parse_truth(const nn_hyper_row *row, const char *text, bool *out, nn_error *err)
{
    const bool yes = strcmp(text, "true") == 0;
    if (!yes && strcmp(text, "false") != 0)
        return nn_fail(err, NN_usage, "%s takes true or false, not '%.60s'", row->name, text);
    *out = yes;
    return NN_ok;
}

static nn_status parse_width(const nn_hyper_row *row, const char *text, nn_shape *out, nn_error *err)
{
    int64_t width;
    if (!setting_parse_count(text, &width))
        return nn_fail(err, NN_usage, "%s takes layer %s, not '%.60s'", row->name,
                       row == &nn_hyper_rows[NN_HYPER_freeze] ? "numbers such as 1 or [1, 2]"
                                                              : "widths such as 64 or [64, 32]",
                       text);
    if (!setting_range_holds(&row->range, (double)width))
        return out_of_range(row, text, err);
    *out = (nn_shape){.n = 1, .width = {(int32_t)width}};
    return NN_ok;
}

/* A name or a number of the row's range, which becomes the shortest text that gives it; or, without names, any text. */
static nn_status parse_text(const nn_hyper_row *row, const char *text, nn_text *out, nn_error *err)
{
    char number[28];
    double value;
    if (row->choices != NULL && nn_choice_find(row->choices, text) < 0) {
        if (!setting_parse_real(text, &value))
            return unknown_choice(row, text, err);
        if (!setting_range_holds(&row->range, value))
            return out_of_range(row, text, err);
        text = setting_real_format(value, number, sizeof number);
    }
    if (text[0] == '\0' || strlen(text) >= sizeof out->text)
        return nn_fail(err, NN_usage, "%s takes a text of 1 to %zu bytes, not '%.60s'", row->name, sizeof out->text - 1,
                       text);
    *out = (nn_text){0};
    memcpy(out->text, text, strlen(text));
    return NN_ok;
}

nn_status setting_parse(const nn_hyper_row *row, const char *text, void *value, nn_error *err)
{
    switch (row->kind) {
    case NN_REAL:
        return parse_real_setting(row, text, value, err);
    case NN_COUNT:
        return parse_count_setting(row, text, value, err);
    case NN_CHOICE:
        return parse_choice(row, text, value, err);
    case NN_TRUTH:
        return parse_truth(row, text, value, err);
    case NN_SHAPE:
        return parse_width(row, text, value, err);
    case NN_TEXT:
        return parse_text(row, text, value, err);
    }
    return nn_fail(err, NN_usage, "%s is of no known kind", row->name);
}

/* ---- formatting ---- */

static void format_shape(const nn_shape *shape, char *text, size_t size)
{
    size_t used = (size_t)snprintf(text, size, "[");
    for (int i = 0; i < shape->n && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%d", i ? ", " : "", (int)shape->width[i]);
    if (used < size)
        snprintf(text + used, size - used, "]");
}

char *setting_format(const nn_hyper_row *row, const void *value, char *text, size_t size)
{
    switch (row->kind) {
    case NN_REAL:
        if (row->word == NULL || *(const nn_real_value *)value != row->word_value)
            return setting_real_format(*(const nn_real_value *)value, text, size);
        snprintf(text, size, "%s", row->word);
        break;
    case NN_COUNT:
        if (*(const nn_count_value *)value == 0 && row->word != NULL)
            snprintf(text, size, "%s", row->word);
        else
            snprintf(text, size, "%" PRId64, *(const nn_count_value *)value);
        break;
    case NN_CHOICE:
        if (*(const nn_choice_value *)value == NN_AUTO)
            snprintf(text, size, "auto");
        else
            snprintf(text, size, "%s", row->choices->rows[*(const nn_choice_value *)value].name);
        break;
    case NN_TRUTH:
        snprintf(text, size, "%s", *(const nn_truth_value *)value ? "true" : "false");
        break;
    case NN_SHAPE:
        format_shape(value, text, size);
        break;
    case NN_TEXT:
        snprintf(text, size, "%s", ((const nn_text *)value)->text);
        break;
    }
    return text;
}
