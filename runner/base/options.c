/* Parses a command line by its table of options. */
#include "base/options.h"
#include "base/setting.h"
#include "base/suggest.h"
#include "base/synonym.h"
#include "base/text.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct parser {
    const option_row *rows;
    size_t n_rows;
    int argc, at;
    char **argv;
    char *into;
    nn_error *err;
    uint64_t given; /* one bit for each row */
} parser;

enum { MAX_OPTIONS = 64 };

static const option_row *find_long(const parser *p, const char *name, size_t length)
{
    for (size_t i = 0; i < p->n_rows; i++)
        if (p->rows[i].name != NULL && strlen(p->rows[i].name) == length && memcmp(p->rows[i].name, name, length) == 0)
            return &p->rows[i];
    return NULL;
}

static const option_row *find_letter(const parser *p, char letter)
{
    for (size_t i = 0; i < p->n_rows; i++)
        if (p->rows[i].letter != 0 && p->rows[i].letter == letter)
            return &p->rows[i];
    return NULL;
}

/* The row of the next argument without dashes: the first that has no value yet, or takes any number of values. */
static const option_row *find_argument(const parser *p)
{
    for (size_t i = 0; i < p->n_rows; i++)
        if (p->rows[i].name == NULL &&
            (p->rows[i].kind == OPTION_LIST || *(const char **)(void *)(p->into + p->rows[i].offset) == NULL))
            return &p->rows[i];
    return NULL;
}

/* The setting that an option without a row is called after, or NULL: it goes with --set. */
static const char *setting_named(const parser *p, const char *name)
{
    const nn_hyper_row *row = NULL;
    const synonym *s = synonym_find("key", name);
    for (int i = 0; i < NN_N_HYPER && row == NULL; i++)
        row = text_same_name(nn_hyper_rows[i].name, name) ? &nn_hyper_rows[i] : NULL;
    if (row == NULL && s != NULL)
        row = nn_hyper_find(s->ours);
    return row != NULL && find_long(p, "set", 3) != NULL ? row->name : NULL;
}

/* Writes "did you mean '--out'?" or another hint for an unknown option, or nothing. */
static void hint_at_option(const parser *p, const char *name, char *text, size_t size)
{
    const char *names[MAX_OPTIONS];
    size_t n = 0;
    for (size_t i = 0; i < p->n_rows && n < MAX_OPTIONS; i++)
        if (p->rows[i].name != NULL)
            names[n++] = p->rows[i].name;
    const synonym *s = synonym_find("option", name);
    const bool known = s != NULL && (s->ours == NULL || find_long(p, s->ours, strlen(s->ours)) != NULL);
    const char *setting = setting_named(p, name), *near = suggest_nearest(name, names, n);
    if (known && s->ours == NULL)
        snprintf(text, size, "; %s", s->note);
    else if (known || (setting == NULL && near != NULL))
        snprintf(text, size, "; did you mean '--%s'?", known ? s->ours : near);
    else if (setting != NULL)
        snprintf(text, size, "; a setting is given by --set %s=VALUE", setting);
    else if (find_long(p, "set", 3) != NULL)
        snprintf(text, size, "; a key of the grid is set by --set KEY=VALUE");
}

static nn_status unknown(const parser *p, const char *word)
{
    char name[64], hint[128] = "";
    snprintf(name, sizeof name, "%.*s", (int)strcspn(word, "="), word);
    if (strncmp(name, "--", 2) == 0)
        hint_at_option(p, name + 2, hint, sizeof hint);
    return nn_fail(p->err, NN_usage, "unknown option '%s'%s", word, hint);
}

static nn_status store_count(const parser *p, const option_row *row, const char *text)
{
    int64_t value;
    if (!setting_parse_count(text, &value) || value < row->low)
        return nn_fail(p->err, NN_usage, "--%s takes a whole number of at least %lld, not '%s'", row->name,
                       (long long)row->low, text);
    *(int64_t *)(void *)(p->into + row->offset) = value;
    return NN_ok;
}

static nn_status store_seconds(const parser *p, const option_row *row, const char *text)
{
    if (setting_parse_seconds(text, (double *)(void *)(p->into + row->offset)))
        return NN_ok;
    return nn_fail(p->err, NN_usage, "--%s takes a time such as 90s, 30min, 2h or 1d, not '%s'", row->name, text);
}

static nn_status store_item(const parser *p, const option_row *row, const char *text)
{
    option_list *list = (option_list *)(void *)(p->into + row->offset);
    const char **items = realloc(list->items, (list->n + 1) * sizeof *items);
    if (items == NULL)
        return nn_fail(p->err, NN_memory, "not enough memory");
    list->items = items;
    list->items[list->n++] = text;
    return NN_ok;
}

static bool is_given(const parser *p, const option_row *row)
{
    return (p->given >> (row - p->rows) & 1) != 0;
}

static nn_status store(parser *p, const option_row *row, const char *text)
{
    void *field = p->into + row->offset;
    if (is_given(p, row) && row->kind != OPTION_FLAG && row->kind != OPTION_LIST)
        return nn_fail(p->err, NN_usage, "--%s is given twice; leave one out", row->name);
    p->given |= (uint64_t)1 << (row - p->rows);
    switch (row->kind) {
    case OPTION_FLAG:
        *(bool *)field = true;
        return NN_ok;
    case OPTION_TEXT:
        *(const char **)field = text;
        return NN_ok;
    case OPTION_COUNT:
        return store_count(p, row, text);
    case OPTION_SECONDS:
        return store_seconds(p, row, text);
    case OPTION_LIST:
        return store_item(p, row, text);
    }
    return NN_ok;
}

/* Takes an option. `attached` is a value in the same word ("--out=x", "-j4"), or NULL. */
static nn_status take(parser *p, const option_row *row, const char *attached)
{
    if (row->kind == OPTION_FLAG && attached != NULL)
        return nn_fail(p->err, NN_usage, "--%s takes no value", row->name);
    if (row->kind != OPTION_FLAG && attached == NULL) {
        if (p->at + 1 >= p->argc)
            return nn_fail(p->err, NN_usage, "--%s needs a value: --%s %s", row->name, row->name, row->value);
        attached = p->argv[++p->at];
    }
    return store(p, row, attached);
}

static nn_status take_word(parser *p, const char *word)
{
    if (strncmp(word, "--", 2) == 0) {
        const size_t length = strcspn(word + 2, "=");
        const option_row *row = find_long(p, word + 2, length);
        return row == NULL ? unknown(p, word) : take(p, row, word[2 + length] == '=' ? word + 3 + length : NULL);
    }
    if (word[0] == '-' && word[1] != '\0') {
        const option_row *row = find_letter(p, word[1]);
        return row == NULL ? unknown(p, word) : take(p, row, word[2] != '\0' ? word + 2 : NULL);
    }
    const option_row *row = find_argument(p);
    return row == NULL ? nn_fail(p->err, NN_usage, "'%s' is one argument too many", word) : store(p, row, word);
}

/* Is the option or argument given that the first `length` letters of `word` spell? */
static bool spelling_is_given(const parser *p, const char *word, size_t length)
{
    const option_row *row = length > 2 && word[0] == '-' ? find_long(p, word + 2, length - 2) : NULL;
    for (size_t i = 0; row == NULL && i < p->n_rows; i++)
        if (p->rows[i].name == NULL && strncmp(p->rows[i].value, word, length) == 0)
            row = &p->rows[i];
    return row != NULL && is_given(p, row);
}

static nn_status check_rule(const parser *p, const option_rule *rule)
{
    if (!spelling_is_given(p, rule->option, strlen(rule->option)))
        return NN_ok;
    for (const char *word = rule->excludes; word != NULL && *word != '\0'; word += strspn(word, " ")) {
        const size_t length = strcspn(word, " ");
        if (spelling_is_given(p, word, length))
            return nn_fail(p->err, NN_usage, "%s and %.*s cannot be given together (%s); leave one out", rule->option,
                           (int)length, word, rule->why);
        word += length;
    }
    if (rule->needs != NULL && !spelling_is_given(p, rule->needs, strlen(rule->needs)))
        return nn_fail(p->err, NN_usage, "%s needs %s (%s)", rule->option, rule->needs, rule->why);
    return NN_ok;
}

nn_status options_parse(const option_row *rows, size_t n_rows, const option_rule *rules, int argc, char **argv,
                        void *into, nn_error *err)
{
    parser p = {rows, n_rows, argc, 0, argv, into, err, 0};
    bool only_arguments = false;
    for (; p.at < argc; p.at++) {
        nn_status status = NN_ok;
        if (!only_arguments && strcmp(argv[p.at], "--") == 0) {
            only_arguments = true;
            continue;
        }
        if (only_arguments) {
            const option_row *row = find_argument(&p);
            status = row == NULL ? nn_fail(err, NN_usage, "'%s' is one argument too many", argv[p.at])
                                 : store(&p, row, argv[p.at]);
        } else {
            status = take_word(&p, argv[p.at]);
        }
        if (status != NN_ok)
            return status;
    }
    const option_row *missing = find_argument(&p);
    const bool some = missing != NULL && missing->kind == OPTION_LIST &&
                      ((const option_list *)(void *)(p.into + missing->offset))->n > 0;
    if (missing != NULL && missing->required && !some)
        return nn_fail(err, NN_usage, "%s is missing", missing->value);
    nn_status status = NN_ok;
    for (; rules != NULL && rules->option != NULL && status == NN_ok; rules++)
        status = check_rule(&p, rules);
    return status;
}

void options_free(const option_row *rows, size_t n_rows, void *into)
{
    for (size_t i = 0; i < n_rows; i++)
        if (rows[i].kind == OPTION_LIST)
            free(((option_list *)(void *)((char *)into + rows[i].offset))->items);
}

char *option_usage(const option_row *row, char *text, size_t size)
{
    const char *value = row->value != NULL ? row->value : "";
    if (row->name == NULL)
        snprintf(text, size, "%s", value);
    else if (row->letter != 0)
        snprintf(text, size, "-%c, --%s%s%s", row->letter, row->name, *value ? " " : "", value);
    else
        snprintf(text, size, "    --%s%s%s", row->name, *value ? " " : "", value);
    return text;
}
