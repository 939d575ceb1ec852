/* Loads a dataset: finds the files, reads each by its format, joins their rows, and keeps the result. New data for a
 * trained network take the same way. */
#include "data/load.h"
#include "base/file.h"
#include "base/pipe.h"
#include "data/advice.h"
#include "data/codes.h"
#include "data/fit.h"
#include "data/formats/builtin.h"
#include "data/formats/foreign.h"
#include "data/formats/format.h"
#include "data/formats/load_proben1.h"
#include "data/precision.h"
#include "data/splitter.h"
#include "data/store.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- the loader ---- */

void data_loader_begin(loader *l, const data_spec *spec, const char *grid_path, const char *data_root,
                       diagnostics *diags)
{
    *l = (loader){.spec = spec,
                  .diags = diags,
                  .grid_path = grid_path,
                  .data_root = data_root,
                  .missing = spec->missing,
                  .guess = {.header = -1},
                  .regression = spec->regression};
    if (!spec->task_given && spec->builtin != NULL)
        l->regression = l->regression || data_builtin_is_regression(spec->builtin);
}

void data_loader_end(loader *l)
{
    if (l->n_mistakes > MAX_MISTAKES)
        diagnostics_add_file(l->diags, SEVERITY_ERROR, NN_data, l->path, l->first_hidden, "... and %zu more",
                             l->n_mistakes - MAX_MISTAKES);
    for (int i = 0; i < l->n_pipes; i++)
        close(l->pipes[i].fd);
    for (int i = 0; i < l->n_paths; i++)
        free(l->paths[i]);
    free(l->column_text);
    l->column_text = NULL;
    l->n_paths = l->n_pipes = 0;
}

/* ---- one file ---- */

/* Keeps what comes through a pipe. */
static nn_status keep_pipe(loader *l, const char *path, nn_error *err)
{
    kept_pipe *p = &l->pipes[l->n_pipes];
    const nn_status status = pipe_keep(path, &p->fd, err);
    if (status != NN_ok)
        return status;
    p->path = path;
    snprintf(p->opened, sizeof p->opened, PIPE_FOLDER "%d", p->fd);
    l->n_pipes++;
    return NN_ok;
}

/* Folders, devices and sockets hold no data; a device may never end. */
static nn_status check_kind(loader *l, const char *path)
{
    nn_error err;
    l->path = path;
    const nn_status status = pipe_is(path) ? keep_pipe(l, path, &err) : file_check_kind(path, &err);
    return status == NN_ok ? NN_ok : data_mistake(l, 0, 0, "%s", err.message);
}

static const data_format *format_of(const loader *l, const char *path)
{
    return data_format_of(path, data_opened(l, path));
}

/* Finds a file of the data; the loader keeps the path for messages. */
static nn_status find_file(loader *l, const char *file, const char **path)
{
    char *found = data_path(file, l->grid_path, l->data_root);
    if (found == NULL)
        return data_no_memory(l, "a path");
    if (*file == '\0' || access(found, F_OK) != 0) {
        const nn_status status =
            *file == '\0'
                ? data_spec_mistake(l, l->at, "the file has no name; give it a path")
                : data_spec_mistake(l, l->at,
                                    "there is no file %s; a path is relative to the folder of the grid, or to "
                                    "the data root",
                                    found);
        free(found);
        return status;
    }
    l->paths[l->n_paths++] = found;
    *path = found;
    return check_kind(l, found);
}

/* Where inputs and targets have files of their own, each file must hold one array. */
static nn_status check_one_array(loader *l, const char *path)
{
    const data_format *format = format_of(l, path);
    if (format->read != NULL && !format->named)
        return NN_ok;
    return data_spec_mistake(l, l->at,
                             "%s is read as %s; inputs and targets in files of their own are one array each, "
                             "such as .npy and IDX",
                             path, format->name);
}

/* Checks that the target is given in the way that the format takes. */
static nn_status check_target(loader *l, const data_source *source, const table_file *file)
{
    const data_format *format = l->format;
    if (source->file == NULL) {
        nn_status status = check_one_array(l, file->path);
        return status == NN_ok ? check_one_array(l, file->target_path) : status;
    }
    if (!format->named && (source->inputs != NULL || source->targets != NULL)) {
        return data_spec_mistake(l, l->spec->target_at,
                                 "%s is read as %s, which has no named arrays; its target is a column "
                                 "name, an index, first or last",
                                 l->path, format->name);
    }
    const data_column_list *list = &l->spec->targets;
    if (format->named && (l->spec->target != NULL || list->n > 0)) {
        return data_spec_mistake(l, l->spec->target_at, "the target of a %s file is {inputs: X, targets: y}, not '%s'",
                                 format->name, list->n > 0 ? list->words[0] : l->spec->target);
    }
    return NN_ok;
}

/* Reads one source into an empty table. */
static nn_status load_source(loader *l, const data_source *source, data_table *t)
{
    table_file *file = &t->files[0];
    l->at = source->at;
    t->n_files = 1;
    nn_status status = find_file(l, source->file != NULL ? source->file : source->inputs, &file->path);
    if (status == NN_ok && source->file == NULL) {
        status = find_file(l, source->targets, &file->target_path);
        l->target_format = status == NN_ok ? format_of(l, file->target_path) : NULL;
    }
    if (status != NN_ok)
        return status;
    l->path = file->path;
    l->format = format_of(l, l->path);
    status = data_refuse_foreign(l);
    if (status == NN_ok)
        status = check_target(l, source, file);
    if (status == NN_ok)
        status = l->format->load(l, source, t);
    if (status == NN_ok && t->n_rows == 0 && l->n_mistakes == 0) {
        l->path = file->path;
        status = data_mistake(l, 0, 0, "has no row of data");
    }
    return status;
}

/* ---- all files ---- */

/* The source of a part. False: the part has none. */
static bool source_of(const data_spec *spec, nn_part part, data_source *out)
{
    if (spec->file != NULL) {
        *out = (data_source){spec->file, spec->inputs_name, spec->targets_name, spec->file_at};
        return part == NN_TRAIN;
    }
    *out = spec->parts[part];
    if (out->file != NULL && out->inputs == NULL && out->targets == NULL) {
        out->inputs = spec->inputs_name;
        out->targets = spec->targets_name;
    }
    return data_spec_has_part(spec, part);
}

/* Marks the rows of a file with its part. Those of the training file stay in the pool where the split deals them
 * out. */
static nn_status mark_part(loader *l, data_table *t, nn_part part)
{
    const split_kind kind = l->spec->split.kind;
    const bool pool = part == NN_TRAIN && kind != SPLIT_DEFAULT && kind != SPLIT_ALL;
    free(t->parts);
    t->parts = malloc(t->capacity > t->n_rows ? t->capacity : t->n_rows);
    if (t->parts == NULL)
        return data_no_memory(l, "the parts of the rows");
    memset(t->parts, pool ? IN_POOL : (int)part, t->n_rows);
    return NN_ok;
}

/* Checks that the split and the files do not both say what is in a part. */
static nn_status check_split(loader *l)
{
    const split_spec *s = &l->spec->split;
    if (s->kind == SPLIT_FILE && l->several)
        return data_spec_mistake(l, s->at, "the parts have files of their own; leave the file of `split` out");
    if (s->kind == SPLIT_COLUMN && l->several)
        return data_spec_mistake(l, s->at, "the parts have files of their own; leave the column of `split` out");
    for (int p = NN_VALIDATION; p < NN_N_PART; p++) {
        const bool asked = s->size[p].kind != SIZE_NONE || (p == NN_VALIDATION && s->kind == SPLIT_FOLDS);
        if (asked && data_spec_has_part(l->spec, (nn_part)p))
            return data_spec_mistake(l, s->at, "%s has a file of its own; leave it out of `split`", nn_part_names[p]);
    }
    return NN_ok;
}

/* Reads all files of the spec and joins their rows. */
static nn_status load_files(loader *l, data_table *t)
{
    l->several = data_spec_has_part(l->spec, NN_VALIDATION) || data_spec_has_part(l->spec, NN_TEST);
    nn_status status = check_split(l);
    for (int p = 0; p < NN_N_PART && status == NN_ok; p++) {
        data_source source;
        data_table part = {0};
        if (!source_of(l->spec, (nn_part)p, &source))
            continue;
        status = load_source(l, &source, &part);
        if (status == NN_ok && l->several)
            status = mark_part(l, &part, (nn_part)p);
        if (p == NN_TRAIN) {
            *t = part;
        } else {
            status = status == NN_ok ? data_table_append(t, &part, l) : status;
            data_table_free(&part);
        }
    }
    return status;
}

/* ---- the dataset ---- */

/* The name of a dataset: "train.csv + test.csv", or that of the built-in one. */
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

nn_status data_read(loader *l, data_table *t, dataset *d)
{
    nn_status status = l->spec->builtin != NULL ? data_load_builtin(l, t) : load_files(l, t);
    if (status == NN_ok)
        status = data_codes_apply(t, l);
    if (status == NN_ok && (d->name = dataset_name(l, t)) == NULL)
        status = data_no_memory(l, "a name");
    return status;
}

/* Keeps the name of a file and the digest of its bytes. */
static nn_status note_file(loader *l, const char *path, dataset *d)
{
    nn_error err;
    data_file *file = &d->files[d->n_files];
    if (path == NULL)
        return NN_ok;
    l->path = path;
    file->name = strdup(path);
    if (file->name == NULL)
        return data_no_memory(l, "a name");
    d->n_files++;
    return file_digest(data_opened(l, path), &file->digest, &err) == NN_ok ? NN_ok
                                                                           : data_mistake(l, 0, 0, "%s", err.message);
}

static nn_status note_files(loader *l, const data_table *t, dataset *d)
{
    nn_status status = NN_ok;
    for (int i = 0; i < t->n_files && status == NN_ok; i++) {
        status = note_file(l, t->files[i].path, d);
        if (status == NN_ok)
            status = note_file(l, t->files[i].target_path, d);
    }
    return status;
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
    const size_t n_before = diags->n;
    if (status == NN_ok)
        data_check_precision(&l, &t);
    if (status == NN_ok)
        data_advise(&l, &t, NULL);
    const size_t n_advice = diags->n - n_before;
    if (status == NN_ok)
        status = data_keep(&l, &t, d);
    if (status == NN_ok)
        status = data_split_check(&l, d);
    if (status == NN_ok)
        status = note_files(&l, &t, d);
    if (status != NN_ok) /* advice would hide the errors */
        diagnostics_drop_warnings(diags, n_before, n_advice);
    data_loader_end(&l);
    data_table_free(&t);
    if (status != NN_ok) {
        dataset_free(d);
        return status;
    }
    *out = d;
    return NN_ok;
}

/* ---- new data for a trained network ---- */

/* The spec by which new data are read. What the spec of the training data says of columns holds where the new file is
 * a table; what it says of arrays holds where the new file has named arrays. */
static data_spec spec_for(const data_spec *spec, const data_model *m)
{
    data_spec own = *spec;
    const char *path = spec->file != NULL ? spec->file : spec->parts[NN_TRAIN].inputs;
    const data_format *format = data_format_of(path, path);
    const bool table = !format->named && format->load != data_load_proben1 && spec->file != NULL;
    own.builtin = NULL;
    own.inputs_name = table ? NULL : spec->inputs_name;
    own.targets_name = table ? NULL : spec->targets_name;
    own.target = table ? spec->target : NULL;
    own.targets = table ? spec->targets : (data_column_list){0};
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
    if (status == NN_ok && l->model->id != NULL && t->ids == NULL)
        status =
            data_spec_mistake(l, l->at, "%s is read as %s, which has no column for --id", l->path, l->format->name);
    if (status == NN_ok)
        status = data_fit_targets(l, t);
    if (status == NN_ok)
        data_check_precision(l, t);
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
        l.missing = MISSING_ERROR; /* no row is dropped, since each gets a prediction */
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
