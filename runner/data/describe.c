/* Finds out what data files hold: kinds and ranges of columns, missing values, classes; and the task and settings
 * with which they can be loaded. */
#include "base/file.h"
#include "data/advice.h"
#include "data/classes.h"
#include "data/distinct.h"
#include "data/formats/format.h"
#include "data/load.h"
#include "data/precision.h"
#include "data/store.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A numeric target with more distinct values than this is taken for regression. */
enum { MANY_LABELS = 50 };

/* ---- the task ---- */

static bool are_labels(const data_distinct *v)
{
    if (!v->numbers)
        return true;
    for (size_t k = 0; k < v->n; k++)
        if (v->number[k] != rint(v->number[k]))
            return false;
    return v->n <= MANY_LABELS;
}

/* A target of text, of few whole numbers or of 1 of m is classification; all else is regression. */
static nn_status guess_task(loader *l, data_table *t)
{
    data_distinct v;
    if (t->n_targets > 1) {
        l->regression = !data_table_is_one_of_m(t);
        return NN_ok;
    }
    nn_status status = data_distinct_of_targets(t, &v, l);
    if (status == NN_ok) {
        l->regression = !are_labels(&v);
        data_distinct_free(&v);
    }
    return status;
}

/* ---- columns ---- */

/* Adds a value to the statistics of a column; `mean` is the sum until it is divided. */
static void add_value(data_values *v, double x)
{
    if (isnan(x)) {
        v->n_missing++;
        return;
    }
    v->low = x < v->low ? x : v->low;
    v->high = x > v->high ? x : v->high;
    v->mean += x;
    v->n++;
    v->kind = x != rint(x) ? DATA_REAL : v->kind;
}

/* Lists the categories: "F I M", and ... where not all fit. */
static char *list_words(const data_distinct *v)
{
    enum { FITS = 60 };
    char *text = NULL, shown[EXCERPT_SIZE];
    size_t size = 0;
    FILE *f = open_memstream(&text, &size);
    if (f == NULL)
        return NULL;
    for (size_t k = 0; k < v->n && fflush(f) == 0; k++) {
        if (size > FITS) {
            fputs(" ...", f);
            break;
        }
        fprintf(f, "%s%s", k > 0 ? " " : "", data_excerpt(v->word[k], shown));
    }
    return fclose(f) == 0 ? text : NULL;
}

static nn_status describe_words(loader *l, const data_table *t, size_t j, data_values *out)
{
    data_distinct v;
    nn_status status = data_distinct_of_input(t, j, &v, l);
    if (status != NN_ok)
        return status;
    if (!v.numbers) {
        out->kind = DATA_WORDS;
        out->n_words = v.n;
        out->words = list_words(&v);
        out->low = out->high = out->mean = NN_NAN;
    }
    data_distinct_free(&v);
    return NN_ok;
}

static nn_status describe_input(loader *l, const data_table *t, size_t j, data_values *out)
{
    *out = (data_values){.column = data_table_column(t, j), .low = NN_INF, .high = -NN_INF, .missing_code = NN_NAN};
    if (t->names != NULL && (out->name = strdup(t->names[j])) == NULL)
        return data_no_memory(l, "a name");
    for (size_t i = 0; i < t->n_rows; i++)
        add_value(out, data_table_input(t, i, j));
    out->mean /= (double)out->n;
    for (size_t which = 0; which < t->n_hot; which++)
        if (t->hot[which] == j)
            return describe_words(l, t, j, out);
    return NN_ok;
}

static nn_status describe_inputs(loader *l, const data_table *t, data_summary *s)
{
    nn_status status = NN_ok;
    s->inputs = calloc(t->n_inputs + 1, sizeof *s->inputs);
    if (s->inputs == NULL)
        return data_no_memory(l, "the columns");
    for (; s->n_inputs < t->n_inputs && status == NN_ok; s->n_inputs++) {
        status = describe_input(l, t, s->n_inputs, &s->inputs[s->n_inputs]);
        s->n_missing += s->inputs[s->n_inputs].n_missing;
        s->n_words += s->inputs[s->n_inputs].kind == DATA_WORDS;
    }
    return status;
}

/* "y1, y2, y3", and ... where not all fit; NULL: no memory. */
static char *join_names(const char *const *names, size_t n)
{
    enum { FITS = 100 };
    char *text = NULL, shown[EXCERPT_SIZE];
    size_t size = 0;
    FILE *f = open_memstream(&text, &size);
    for (size_t k = 0; f != NULL && k < n && size <= FITS; k++) {
        fprintf(f, "%s%s", k > 0 ? ", " : "", data_excerpt(names[k], shown));
        fflush(f);
    }
    if (size > FITS)
        fputs(", ...", f);
    return f != NULL && fclose(f) == 0 ? text : NULL;
}

static void describe_target(const data_table *t, data_summary *s)
{
    data_values *target = &s->target;
    *target = (data_values){.column = t->target_column, .low = NN_INF, .high = -NN_INF};
    target->name = t->target_names != NULL  ? join_names(t->target_names, t->n_targets)
                   : t->target_name != NULL ? strdup(t->target_name)
                                            : NULL;
    s->n_targets = t->n_targets;
    for (size_t i = 0; i < t->n_rows * t->n_targets; i++) {
        const bool word = t->labels != NULL && t->labels[i] != NULL && isnan(t->targets[i]);
        target->kind = word ? DATA_WORDS : target->kind;
        add_value(target, word ? 0.0 : t->targets[i]);
    }
    target->mean /= (double)target->n;
}

static void describe_files(const loader *l, const data_table *t, data_summary *s)
{
    char *text = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&text, &size);
    for (int i = 0; f != NULL && i < t->n_files; i++) {
        const char *path = t->files[i].path;
        fprintf(f, "%s%s (%s)", i > 0 ? " + " : "", file_base(path), data_format_of(path, data_opened(l, path))->name);
        if (t->files[i].target_path != NULL)
            fprintf(f, " and %s", file_base(t->files[i].target_path));
    }
    s->files = f != NULL && fclose(f) == 0 ? text : NULL;
    s->n_rows = t->n_rows;
    s->has_parts = t->parts != NULL;
    for (size_t i = 0; i < t->n_rows && t->parts != NULL; i++)
        s->n_part[t->parts[i] >= 0 ? t->parts[i] : NN_TRAIN]++;
}

static nn_status describe_classes(loader *l, dataset *d, data_summary *s)
{
    s->n_classes = d->data.n_classes;
    s->class_counts = calloc(s->n_classes + 1, sizeof *s->class_counts);
    if (s->class_counts == NULL)
        return data_no_memory(l, "the classes");
    for (size_t i = 0; i < d->data.n_rows && d->data.classes != NULL; i++)
        s->class_counts[d->data.classes[i]]++;
    s->class_names = d->class_names;
    d->class_names = NULL;
    return NN_ok;
}

/* ---- all of it ---- */

/* Chooses the settings with which these data load. */
static void choose_settings(loader *l, data_summary *s)
{
    s->guess = l->guess;
    s->regression = l->regression;
    s->missing = s->target.n_missing > 0                           ? MISSING_DROP
                 : s->n_missing > 0 && l->missing == MISSING_ERROR ? MISSING_MEAN
                                                                   : l->missing;
    l->missing = s->missing;
}

static nn_status describe(loader *l, data_table *t, dataset *d, data_summary *s)
{
    nn_status status = data_read(l, t, d);
    if (status == NN_ok && l->n_mistakes > 0)
        return NN_data;
    if (status == NN_ok && !l->spec->task_given && l->spec->builtin == NULL)
        status = guess_task(l, t);
    if (status != NN_ok)
        return status;
    describe_files(l, t, s);
    describe_target(t, s);
    status = describe_inputs(l, t, s);
    if (status == NN_ok) {
        choose_settings(l, s);
        data_check_precision(l, t);
        data_advise(l, t, s->inputs);
        status = data_keep(l, t, d);
    }
    if (status == NN_ok) {
        s->digest = d->digest;
        s->bytes = d->bytes;
        status = describe_classes(l, d, s);
    }
    return status;
}

nn_status dataset_describe(const data_spec *spec, const char *grid_path, const char *data_root, diagnostics *diags,
                           data_summary **out)
{
    loader l;
    data_table t = {0};
    data_loader_begin(&l, spec, grid_path, data_root, diags);
    l.describing = true;
    data_summary *s = calloc(1, sizeof *s);
    dataset *d = calloc(1, sizeof *d);
    nn_status status = NN_memory;
    if (s == NULL || d == NULL) {
        data_no_memory(&l, "the data");
    } else {
        d->spec = spec;
        status = describe(&l, &t, d, s);
    }
    data_loader_end(&l);
    data_table_free(&t);
    dataset_free(d);
    if (status != NN_ok) {
        data_summary_free(s);
        return status;
    }
    *out = s;
    return NN_ok;
}

static void free_values(data_values *v)
{
    free(v->name);
    free(v->words);
}

void data_summary_free(data_summary *s)
{
    if (s == NULL)
        return;
    for (size_t j = 0; j < s->n_inputs; j++)
        free_values(&s->inputs[j]);
    for (size_t c = 0; s->class_names != NULL && c < s->n_classes; c++)
        free(s->class_names[c]);
    free_values(&s->target);
    free(s->inputs);
    free(s->class_names);
    free(s->class_counts);
    free(s->files);
    free(s);
}
