/* Finds the classes of labels, which are whole numbers or text, or of targets that are 1 of m. */
#include "data/classes.h"
#include "data/fit.h"
#include "data/text.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int compare_numbers(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static int compare_words(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Which of a label's many digits are lost, text alone keeps. */
static nn_status check_exact(loader *l, const data_table *t)
{
    size_t n = 0, first = 0;
    for (size_t i = 0; i < t->n_rows; i++)
        if (!data_is_exact(t->targets[i]))
            first = n++ == 0 ? i : first;
    if (n == 0)
        return NN_ok;
    return data_mistake(l, data_table_go(t, first, true, l), t->target_column,
                        "label %.0f is beyond 2^53 (%zu of %zu rows), where whole numbers are no longer told apart; "
                        "save the labels as text, or number the classes; for a numeric target set `task: regression`",
                        t->targets[first], n, t->n_rows);
}

static nn_status check_whole_numbers(loader *l, const data_table *t)
{
    size_t n = 0, first = 0;
    for (size_t i = 0; i < t->n_rows; i++)
        if (t->targets[i] != rint(t->targets[i]))
            first = n++ == 0 ? i : first;
    if (n == 0)
        return check_exact(l, t);
    return data_mistake(l, data_table_go(t, first, true, l), t->target_column,
                        "label %.12g is not a whole number (%zu of %zu rows); for a numeric target set `task: "
                        "regression`",
                        t->targets[first], n, t->n_rows);
}

static nn_status check_count(loader *l, size_t n_classes)
{
    if (n_classes > MAX_CLASSES) {
        return data_spec_mistake(l, l->spec->target_at,
                                 "the target has %zu distinct values, but at most %d classes are supported; is the "
                                 "target another column, or "
                                 "is it `task: regression`?",
                                 n_classes, MAX_CLASSES);
    }
    if (n_classes < 2) {
        return data_spec_mistake(l, l->spec->target_at,
                                 "the target has the same value in every row; classification needs two classes");
    }
    return NN_ok;
}

/* Sorts the items and keeps one of each. Returns how many are kept. */
static size_t unique(void *items, size_t n, size_t bytes, int (*compare)(const void *, const void *))
{
    char *p = items;
    size_t kept = 0;
    qsort(items, n, bytes, compare);
    for (size_t i = 0; i < n; i++)
        if (kept == 0 || compare(p + (kept - 1) * bytes, p + i * bytes) != 0)
            memmove(p + kept++ * bytes, p + i * bytes, bytes);
    return kept;
}

/* Labels as numbers or as text. */
typedef struct label_kind {
    const void *labels; /* [n_rows] */
    size_t bytes;
    int (*compare)(const void *, const void *);
    bool numbers;
} label_kind;

static char *class_name(const label_kind *kind, const void *label)
{
    char text[32];
    if (!kind->numbers)
        return strdup(*(const char *const *)label);
    snprintf(text, sizeof text, "%lld", (long long)*(const double *)label);
    return strdup(text);
}

static nn_status name_classes(loader *l, const label_kind *kind, const char *classes, size_t n, dataset *d)
{
    d->class_names = calloc(n, sizeof *d->class_names);
    d->data.n_classes = n;
    for (size_t c = 0; d->class_names != NULL && c < n; c++) {
        d->class_names[c] = class_name(kind, classes + c * kind->bytes);
        if (d->class_names[c] == NULL)
            return data_no_memory(l, "the class names");
    }
    return d->class_names != NULL ? NN_ok : data_no_memory(l, "the class names");
}

static nn_status number_rows(loader *l, const data_table *t, const label_kind *kind, const char *classes, dataset *d)
{
    int32_t *of = malloc(t->n_rows * sizeof *of);
    if (of == NULL)
        return data_no_memory(l, "the classes");
    for (size_t i = 0; i < t->n_rows; i++) {
        const char *label = (const char *)kind->labels + i * kind->bytes;
        const char *found = bsearch(label, classes, d->data.n_classes, kind->bytes, kind->compare);
        of[i] = (int32_t)((size_t)(found - classes) / kind->bytes);
    }
    d->data.classes = of;
    return NN_ok;
}

nn_status data_find_classes(loader *l, const data_table *t, dataset *d)
{
    if (l->model != NULL)
        return data_new_classes(l, t, d);
    bool numbers = data_labels_are_numbers(t);
    label_kind kind = {t->labels, sizeof *t->labels, compare_words, false};
    if (numbers)
        kind = (label_kind){t->targets, sizeof *t->targets, compare_numbers, true};
    nn_status status = numbers ? check_whole_numbers(l, t) : NN_ok;
    if (status != NN_ok)
        return status;
    char *classes = malloc(t->n_rows * kind.bytes);
    if (classes == NULL)
        return data_no_memory(l, "the classes");
    memcpy(classes, kind.labels, t->n_rows * kind.bytes);
    size_t n = unique(classes, t->n_rows, kind.bytes, kind.compare);
    status = check_count(l, n);
    if (status == NN_ok)
        status = name_classes(l, &kind, classes, n, d);
    if (status == NN_ok)
        status = number_rows(l, t, &kind, classes, d);
    free(classes);
    return status;
}

/* The index of the one target that is 1 where all others are 0, else -1. */
static int one_of(const double *targets, size_t m)
{
    int found = -1;
    for (size_t k = 0; k < m; k++) {
        if ((targets[k] != 0.0 && targets[k] != 1.0) || (targets[k] == 1.0 && found >= 0))
            return -1;
        found = targets[k] == 1.0 ? (int)k : found;
    }
    return found;
}

static bool is_missing(const double *targets, size_t m)
{
    for (size_t k = 0; k < m; k++)
        if (isnan(targets[k]))
            return true;
    return false;
}

bool data_table_is_one_of_m(const data_table *t)
{
    for (size_t i = 0; i < t->n_rows; i++) {
        const double *targets = t->targets + i * t->n_targets;
        if (one_of(targets, t->n_targets) < 0 && !is_missing(targets, t->n_targets))
            return false;
    }
    return true;
}

nn_status data_table_one_of_m(data_table *t, loader *l)
{
    const size_t m = t->n_targets;
    for (size_t i = 0; i < t->n_rows; i++) {
        const double *targets = t->targets + i * m;
        const int class = one_of(targets, m);
        if (class < 0 && !is_missing(targets, m)) {
            return data_mistake(l, data_table_go(t, i, true, l), t->target_column,
                                "classification needs one label for each row, or targets of which one is 1 and the "
                                "others are 0; these are %zu "
                                "other targets (for numeric targets set `task: regression`)",
                                m);
        }
        t->targets[i] = class >= 0 ? class : NN_NAN;
    }
    t->n_targets = 1;
    return NN_ok;
}
