/* Loading: picks the source, collects the mistakes, owns the dataset. */
#include "data/data_internal.h"
#include "base/file.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void data_spec_init(data_spec *spec)
{
    *spec = (data_spec){.noise = NN_NAN, .seed = 1, .header = -1, .divisor = 1.0};
}

static void data_free_names(char **names, size_t n)
{
    for (size_t i = 0; names != NULL && i < n; i++) {
        free(names[i]);
    }
    free(names);
}

void data_spec_free(data_spec *spec)
{
    if (spec == NULL) {
        return;
    }
    free(spec->file);
    free(spec->builtin);
    free(spec->target);
    free(spec->inputs_name);
    free(spec->targets_name);
    free(spec->split.column);
    for (int p = 0; p < NN_N_PART; p++) {
        free(spec->parts[p].file);
        free(spec->parts[p].inputs);
        free(spec->parts[p].targets);
    }
    data_free_names(spec->one_hot.words, spec->one_hot.n);
    data_free_names(spec->ignore.words, spec->ignore.n);
    data_spec_init(spec);
}

bool data_spec_has_part(const data_spec *spec, nn_part part)
{
    return spec->parts[part].file != NULL || spec->parts[part].inputs != NULL;
}

bool data_spec_has_file(const data_spec *spec)
{
    return spec->file != NULL || data_spec_has_part(spec, NN_TRAIN);
}

nn_status data_mistake(loader *l, int row, int column, const char *format, ...)
{
    place at = {row, column};
    if (l->n_mistakes++ >= MAX_MISTAKES) {
        l->first_hidden = l->n_mistakes == MAX_MISTAKES + 1 ? at : l->first_hidden;
        return NN_data;
    }
    char text[640];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    diagnostics_add_file(l->diags, SEVERITY_ERROR, NN_data, l->path, at, "%s", text);
    return NN_data;
}

nn_status data_spec_mistake(loader *l, place at, const char *format, ...)
{
    char text[900];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    /* New data are not named by the grid. */
    diagnostics_add(l->diags, SEVERITY_ERROR, NN_data, l->model != NULL ? (place){0, 0} : at, "%s", text);
    return NN_data;
}

nn_status data_no_memory(loader *l, const char *what)
{
    diagnostics_add(l->diags, SEVERITY_ERROR, NN_memory, l->spec->at, "not enough memory for %s", what);
    return NN_memory;
}

static void report_hidden(loader *l)
{
    if (l->n_mistakes > MAX_MISTAKES) {
        diagnostics_add_file(l->diags, SEVERITY_ERROR, NN_data, l->path, l->first_hidden, "... and %zu more",
                             l->n_mistakes - MAX_MISTAKES);
    }
}

/* "train.csv + test.csv", or the built-in set. */
static char *dataset_name(const loader *l, const data_table *t)
{
    char *text = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&text, &size);
    if (f == NULL) {
        return NULL;
    }
    fputs(l->spec->builtin != NULL ? l->spec->builtin : "", f);
    for (int i = 0; i < t->n_files; i++) {
        fprintf(f, "%s%s", i > 0 ? " + " : "", file_base(t->files[i].path));
    }
    return fclose(f) == 0 ? text : NULL;
}

void data_loader_begin(loader *l, const data_spec *spec, const char *grid_path, const char *data_root,
                       diagnostics *diags)
{
    *l = (loader){.spec = spec,
                  .diags = diags,
                  .grid_path = grid_path,
                  .data_root = data_root,
                  .missing = spec->missing,
                  .regression = spec->regression};
    if (!spec->task_given && spec->builtin != NULL) {
        l->regression = l->regression || builtin_is_regression(spec->builtin);
    }
}

void data_loader_end(loader *l)
{
    report_hidden(l);
    for (int i = 0; i < l->n_paths; i++) {
        free(l->paths[i]);
    }
    l->n_paths = 0;
}

nn_status data_read(loader *l, data_table *t, dataset *d)
{
    nn_status status = l->spec->builtin != NULL ? data_load_builtin(l, t) : data_load_files(l, t);
    if (status == NN_ok && (d->name = dataset_name(l, t)) == NULL) {
        status = data_no_memory(l, "a name");
    }
    return status;
}

nn_status data_keep(loader *l, data_table *t, dataset *d)
{
    nn_status status = data_table_missing(t, l);
    if (status == NN_ok) {
        status = data_table_one_hot(t, l);
    }
    if (status == NN_ok && l->model != NULL) {
        status = data_new_arrange(l, t);
    }
    if (status == NN_ok && !l->regression && t->n_targets > 1) {
        status = data_table_one_of_m(t, l);
    }
    return status == NN_ok ? dataset_store(l, t, d) : status;
}

nn_status dataset_load(const data_spec *spec, const char *grid_path, const char *data_root,
                       diagnostics *diags, dataset **out)
{
    loader l;
    data_table t = {0};
    data_loader_begin(&l, spec, grid_path, data_root, diags);
    dataset *d = calloc(1, sizeof *d);
    if (d == NULL) {
        return data_no_memory(&l, "the data");
    }
    d->spec = spec;
    nn_status status = data_read(&l, &t, d);
    if (status == NN_ok) {
        status = data_keep(&l, &t, d);
    }
    if (status == NN_ok) {
        status = split_check(&l, d);
    }
    data_loader_end(&l);
    data_table_free(&t);
    if (status != NN_ok) {
        dataset_free(d);
        return status;
    }
    *out = d;
    return NN_ok;
}

void dataset_free(dataset *d)
{
    if (d == NULL) {
        return;
    }
    /* nn_data is a read-only view; the dataset owns what it points to. */
    free((void *)d->data.inputs);
    free((void *)d->data.classes);
    free((void *)d->data.targets);
    data_free_names(d->input_names, d->data.n_inputs);
    data_free_names(d->class_names, d->data.n_classes);
    free(d->target_name);
    free(d->part_column);
    free(d->name);
    free(d);
}
