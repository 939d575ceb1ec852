/* Measures how far names are from each other, and makes suggestions. */
#include "base/suggest.h"
#include <stdio.h>
#include <string.h>

enum { LONGEST_NAME = 64 };

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

const char *suggest_nearest(const char *word, const char *const *names, size_t n)
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

char *suggest_unknown(char *text, size_t size, const char *what, const char *word, const char *const *names, size_t n,
                      bool list_always)
{
    char list[300];
    const char *near = suggest_nearest(word, names, n);
    list_names(list, sizeof list, names, n);
    if (near == NULL)
        snprintf(text, size, "unknown %s '%.60s' (%s)", what, word, list);
    else if (list_always)
        snprintf(text, size, "unknown %s '%.60s'; did you mean '%s'? (%s)", what, word, near, list);
    else
        snprintf(text, size, "unknown %s '%.60s'; did you mean '%s'?", what, word, near);
    return text;
}
