/* Loading: picks the source, collects the mistakes, owns the dataset. */
#include "dataset_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

void data_spec_init(data_spec *spec)
{
    *spec = (data_spec){.noise = NN_NAN, .seed = 1, .header = -1, .divisor = 1.0};
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
    data_spec_init(spec);
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
    diagnostics_add(l->diags, SEVERITY_ERROR, NN_data, at, "%s", text);
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

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);
    return n >= m && strcasecmp(text + n - m, end) == 0;
}

static nn_status check_file(loader *l)
{
    static const char *const later[] = {".npy",   ".npz",      ".h5",  ".hdf5", ".nc",
                                        "-ubyte", "-ubyte.gz", ".xls", ".xlsx"};
    const data_spec *spec = l->spec;
    if (access(l->path, F_OK) != 0) {
        return data_spec_mistake(
            l, spec->file_at,
            "there is no file %s; a path is relative to the grid's folder, or to the data root", l->path);
    }
    for (size_t i = 0; i < sizeof later / sizeof later[0]; i++) {
        if (ends_with(l->path, later[i])) {
            return data_spec_mistake(l, spec->file_at,
                                     "%s: '%s' is not read; give a .csv, .csv.gz or .mat file", l->path,
                                     later[i]);
        }
    }
    bool mat = ends_with(l->path, ".mat");
    if (!mat && (spec->inputs_name != NULL || spec->targets_name != NULL)) {
        return data_spec_mistake(l, spec->target_at,
                                 "%s is read as CSV: its target is a column name, an index, first or last",
                                 l->path);
    }
    if (mat && spec->target != NULL) {
        return data_spec_mistake(l, spec->target_at,
                                 "the target of a MATLAB file is {inputs: X, targets: y}, not '%s'",
                                 spec->target);
    }
    return NN_ok;
}

static nn_status fill_table(loader *l, data_table *t)
{
    if (l->spec->builtin != NULL) {
        return data_load_builtin(l, t);
    }
    nn_status status = check_file(l);
    if (status != NN_ok) {
        return status;
    }
    status = ends_with(l->path, ".mat") ? data_load_mat(l, t) : data_load_csv(l, t);
    if (status == NN_ok && t->n_rows == 0 && l->n_mistakes == 0) {
        status = data_mistake(l, 0, 0, "has no row of data");
    }
    return status == NN_ok ? data_table_missing(t, l) : status;
}

static char *dataset_name(const data_spec *spec, const char *path)
{
    const char *slash = path != NULL ? strrchr(path, '/') : NULL;
    return strdup(spec->builtin != NULL ? spec->builtin : slash != NULL ? slash + 1 : path);
}

nn_status dataset_load(const data_spec *spec, const char *grid_path, const char *data_root,
                       diagnostics *diags, dataset **out)
{
    loader l = {.spec = spec, .diags = diags, .regression = spec->regression};
    data_table t = {0};
    dataset *d = calloc(1, sizeof *d);
    if (d == NULL) {
        return data_no_memory(&l, "the data");
    }
    if (!spec->task_given && spec->builtin != NULL) {
        l.regression = l.regression || builtin_is_regression(spec->builtin);
    }
    d->spec = spec;
    d->path = spec->builtin == NULL ? data_path(spec->file, grid_path, data_root) : NULL;
    d->name = spec->builtin != NULL || d->path != NULL ? dataset_name(spec, d->path) : NULL;
    l.path = d->path;
    nn_status status = d->name != NULL ? fill_table(&l, &t) : data_no_memory(&l, "a name");
    if (status == NN_ok) {
        status = dataset_store(&l, &t, d);
    }
    if (status == NN_ok) {
        status = split_check(&l, d);
    }
    report_hidden(&l);
    data_table_free(&t);
    if (status != NN_ok) {
        dataset_free(d);
        return status;
    }
    *out = d;
    return NN_ok;
}

static void free_names(char **names, size_t n)
{
    for (size_t i = 0; names != NULL && i < n; i++) {
        free(names[i]);
    }
    free(names);
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
    free_names(d->input_names, d->data.n_inputs);
    free_names(d->class_names, d->data.n_classes);
    free(d->target_name);
    free(d->part_column);
    free(d->name);
    free(d->path);
    free(d);
}
