/* Compares names with what was typed, and makes suggestions. */
#include "base/suggest.h"
#include "base/synonym.h"
#include "base/text.h"
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { LONGEST_NAME = 64, SHORTEST_PREFIX = 3 };

/* ---- one begins with the other ---- */

static size_t part_length(const char *name)
{
    size_t n = 0;
    while (name[n] != '\0' && !text_is_separator(name[n]))
        n++;
    return n;
}

/* Do the parts of the name begin with those of the word, which may have fewer: best_val_loss, best_validation_loss? */
static bool parts_begin(const char *name, const char *word)
{
    while (*word != '\0') {
        const size_t n = part_length(word), whole = part_length(name);
        if (n == 0 || n > whole || strncasecmp(name, word, n) != 0)
            return false;
        word += n + (word[n] != '\0');
        name += whole + (name[whole] != '\0');
    }
    return true;
}

/* The shortest name that begins with the word, by letters or by parts. */
static const char *shortest_longer(const char *word, const char *const *names, size_t n, bool parts)
{
    const char *best = NULL;
    for (size_t i = 0; i < n; i++) {
        const bool fits = parts ? parts_begin(names[i], word) : text_begins(names[i], word) > 0;
        if (fits && (best == NULL || strlen(names[i]) < strlen(best)))
            best = names[i];
    }
    return best;
}

/* The longest name that the word begins with and goes on behind by a separator. */
static const char *longest_shorter(const char *word, const char *const *names, size_t n)
{
    const char *best = NULL;
    for (size_t i = 0; i < n; i++) {
        const size_t length = text_begins(word, names[i]);
        const bool fits = length > SHORTEST_PREFIX && text_is_separator(word[length]);
        if (fits && (best == NULL || strlen(names[i]) > strlen(best)))
            best = names[i];
    }
    return best;
}

/* ---- the nearest ---- */

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* The optimal string alignment distance: each insertion, deletion, substitution and swap of neighbours counts 1. */
static size_t distance(const char *a, const char *b)
{
    const size_t n = strlen(a), m = strlen(b);
    size_t rows[3][LONGEST_NAME + 1];
    if (n > LONGEST_NAME || m > LONGEST_NAME)
        return SIZE_MAX;
    for (size_t j = 0; j <= m; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= n; i++) {
        size_t *now = rows[i % 3], *last = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];
        now[0] = i;
        for (size_t j = 1; j <= m; j++) {
            now[j] = least(least(last[j], now[j - 1]) + 1, last[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                now[j] = least(now[j], before[j - 2] + 1);
        }
    }
    return rows[n % 3][m];
}

static const char *least_distant(const char *word, const char *const *names, size_t n)
{
    const char *best = NULL;
    size_t least_distance = 2 + strlen(word) / 4;
    for (size_t i = 0; i < n; i++) {
        const size_t d = distance(word, names[i]);
        if (d < least_distance) {
            least_distance = d;
            best = names[i];
        }
    }
    return best;
}

const char *suggest_nearest(const char *word, const char *const *names, size_t n)
{
    const bool long_enough = strlen(word) >= SHORTEST_PREFIX;
    const char *best = NULL;
    for (size_t i = 0; i < n; i++)
        if (text_same_name(names[i], word))
            return names[i];
    if (long_enough)
        best = shortest_longer(word, names, n, false);
    if (long_enough && best == NULL)
        best = shortest_longer(word, names, n, true);
    if (best == NULL)
        best = least_distant(word, names, n);
    return best != NULL ? best : longest_shorter(word, names, n);
}

size_t suggest_choice_names(const nn_choices *choices, const char *names[], size_t room)
{
    const size_t n = least((size_t)choices->n, room);
    for (size_t i = 0; i < n; i++)
        names[i] = choices->rows[i].name;
    return n;
}

/* Writes "a, b, c", and "..." where not all names fit. */
static void list_names(char *text, size_t size, const char *const *names, size_t n)
{
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < n; i++) {
        if (used + strlen(names[i]) + sizeof ", ..." > size) {
            snprintf(text + used, size - used, "...");
            return;
        }
        used += (size_t)snprintf(text + used, size - used, "%s%s", names[i], i + 1 < n ? ", " : "");
    }
}

/* What another tool's word stands for, if it is among the names, or NULL. */
static const synonym *other_word(const char *what, const char *word, const char *const *names, size_t n)
{
    static const char before[] = "value of ";
    const size_t skip = strncmp(what, before, sizeof before - 1) == 0 ? sizeof before - 1 : 0;
    const synonym *s = synonym_find(what + skip, word);
    for (size_t i = 0; s != NULL && s->ours != NULL && i < n; i++)
        if (strcmp(names[i], s->ours) == 0)
            return s;
    return NULL;
}

const char *suggest_meant(const char *what, const char *word, const char *const *names, size_t n)
{
    const synonym *s = other_word(what, word, names, n);
    return s != NULL ? s->ours : suggest_nearest(word, names, n);
}

char *suggest_unknown(char *text, size_t size, const char *what, const char *word, const char *const *names, size_t n,
                      bool list_always)
{
    char list[300];
    const synonym *s = other_word(what, word, names, n);
    const char *near = suggest_meant(what, word, names, n), *note = s != NULL ? s->note : NULL;
    list_names(list, sizeof list, names, n);
    if (near == NULL)
        snprintf(text, size, "unknown %s '%.60s' (%s)", what, word, list);
    else if (list_always || note != NULL)
        snprintf(text, size, "unknown %s '%.60s'; did you mean '%s'? (%s%s%s)", what, word, near,
                 note != NULL ? note : "", note != NULL ? "; there are " : "", list);
    else
        snprintf(text, size, "unknown %s '%.60s'; did you mean '%s'?", what, word, near);
    return text;
}
