/* Loading: picks the source, collects the mistakes, owns the dataset. */
#include "data/load.h"
#include "base/file.h"
#include "data/classes.h"
#include "data/files.h"
#include "data/fit.h"
#include "data/formats/builtin.h"
#include "data/formats/format.h"
#include "data/formats/load_proben1.h"
#include "data/one_hot.h"
#include "data/splitter.h"
#include "data/store.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
    if (f == NULL)
        return NULL;
    fputs(l->spec->builtin != NULL ? l->spec->builtin : "", f);
    for (int i = 0; i < t->n_files; i++)
        fprintf(f, "%s%s", i > 0 ? " + " : "", file_base(t->files[i].path));
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
    if (!spec->task_given && spec->builtin != NULL)
        l->regression = l->regression || data_builtin_is_regression(spec->builtin);
}

void data_loader_end(loader *l)
{
    report_hidden(l);
    for (int i = 0; i < l->n_paths; i++)
        free(l->paths[i]);
    l->n_paths = 0;
}

nn_status data_read(loader *l, data_table *t, dataset *d)
{
    nn_status status = l->spec->builtin != NULL ? data_load_builtin(l, t) : data_load_files(l, t);
    if (status == NN_ok && (d->name = dataset_name(l, t)) == NULL)
        status = data_no_memory(l, "a name");
    return status;
}

nn_status data_keep(loader *l, data_table *t, dataset *d)
{
    nn_status status = data_table_missing(t, l);
    if (status == NN_ok)
        status = data_table_one_hot(t, l);
    if (status == NN_ok && l->model != NULL)
        status = data_new_arrange(l, t);
    if (status == NN_ok && !l->regression && t->n_targets > 1)
        status = data_table_one_of_m(t, l);
    return status == NN_ok ? dataset_store(l, t, d) : status;
}

nn_status dataset_load(const data_spec *spec, const char *grid_path, const char *data_root, diagnostics *diags,
                       dataset **out)
{
    loader l;
    data_table t = {0};
    data_loader_begin(&l, spec, grid_path, data_root, diags);
    dataset *d = calloc(1, sizeof *d);
    if (d == NULL)
        return data_no_memory(&l, "the data");
    d->spec = spec;
    nn_status status = data_read(&l, &t, d);
    if (status == NN_ok)
        status = data_keep(&l, &t, d);
    if (status == NN_ok)
        status = data_split_check(&l, d);
    data_loader_end(&l);
    data_table_free(&t);
    if (status != NN_ok) {
        dataset_free(d);
        return status;
    }
    *out = d;
    return NN_ok;
}

/* What the spec says of a table is said of columns, what it says of other files of arrays; only one of the two
 * holds for the file that there is. */
static data_spec spec_for(const data_spec *spec, const data_model *m)
{
    data_spec own = *spec;
    const char *path = spec->file != NULL ? spec->file : spec->parts[NN_TRAIN].inputs;
    const data_format *format = data_format_of(path);
    const bool table = !format->named && format->load != data_load_proben1 && spec->file != NULL;
    own.builtin = NULL;
    own.inputs_name = table ? NULL : spec->inputs_name;
    own.targets_name = table ? NULL : spec->targets_name;
    own.target = table ? spec->target : NULL;
    own.split.kind = table && spec->split.kind == SPLIT_COLUMN ? SPLIT_COLUMN : SPLIT_ALL;
    own.regression = m->class_names == NULL;
    own.task_given = true;
    return own;
}

static nn_status load_new_data(loader *l, data_table *t, dataset *d)
{
    nn_status status = data_read(l, t, d);
    free(t->parts);
    t->parts = NULL;
    if (status == NN_ok)
        status = data_fit_targets(l, t);
    return status == NN_ok ? data_keep(l, t, d) : status;
}

nn_status dataset_load_new(const data_spec *spec, const data_model *model, diagnostics *diags, dataset **out)
{
    loader l;
    data_table t = {0};
    const data_spec own = spec_for(spec, model);
    data_loader_begin(&l, &own, NULL, NULL, diags);
    l.model = model;
    if (!model->with_target && own.missing == MISSING_DROP)
        l.missing = MISSING_ERROR; /* each row is to get its outputs */
    dataset *d = calloc(1, sizeof *d);
    nn_status status = d != NULL ? load_new_data(&l, &t, d) : data_no_memory(&l, "the data");
    data_loader_end(&l);
    data_table_free(&t);
    if (status != NN_ok) {
        dataset_free(d);
        return status;
    }
    d->spec = spec;
    *out = d;
    return NN_ok;
}
