/* The files of a data set: found, each read by its format, joined. */
#include "data/files.h"
#include "base/file.h"
#include "data/formats/format.h"
#include "data/join.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char *data_path(const char *file, const char *grid_path, const char *data_root)
{
    if (file[0] == '/')
        return strdup(file);
    const char *slash = grid_path != NULL ? strrchr(grid_path, '/') : NULL;
    char *beside = file_join(slash != NULL ? grid_path : "", slash != NULL ? (size_t)(slash - grid_path) + 1 : 0, file);
    if (beside == NULL || data_root == NULL || access(beside, F_OK) == 0)
        return beside;
    char *below = file_join(data_root, strlen(data_root), file);
    if (below != NULL && access(below, F_OK) == 0) {
        free(beside);
        return below;
    }
    free(below);
    return beside;
}

/* ---- one file ---- */

static nn_status find_file(loader *l, const char *file, const char **path)
{
    char *found = data_path(file, l->grid_path, l->data_root);
    if (found == NULL)
        return data_no_memory(l, "a path");
    if (access(found, F_OK) != 0) {
        nn_status status = data_spec_mistake(
            l, l->at, "there is no file %s; a path is relative to the grid's folder, or to the data root", found);
        free(found);
        return status;
    }
    l->paths[l->n_paths++] = found;
    *path = found;
    return NN_ok;
}

/* Formats that people have and that are not read. */
static nn_status check_known(loader *l)
{
    static const char *const foreign[] = {".xls", ".xlsx", ".ods", ".parquet", ".feather", ".arff", ".json"};
    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++) {
        if (file_ends(l->path, foreign[i])) {
            char list[400];
            return data_spec_mistake(l, l->at, "%s: '%s' is not read; what is: %s", l->path, foreign[i],
                                     data_format_list(list, sizeof list));
        }
    }
    return NN_ok;
}

/* Two files, for inputs and targets, hold one array each. */
static nn_status check_one_array(loader *l, const char *path)
{
    const data_format *format = data_format_of(path);
    if (format->read != NULL && !format->named)
        return NN_ok;
    return data_spec_mistake(l, l->at,
                             "%s is read as %s; inputs and targets in files of their own are one array each, "
                             "such as .npy and IDX",
                             path, format->name);
}

static nn_status check_target(loader *l, const data_source *source, const table_file *file)
{
    const data_format *format = l->format;
    if (source->file == NULL) {
        nn_status status = check_one_array(l, file->path);
        return status == NN_ok ? check_one_array(l, file->target_path) : status;
    }
    if (!format->named && (source->inputs != NULL || source->targets != NULL)) {
        return data_spec_mistake(l, l->spec->target_at,
                                 "%s is read as %s, in which nothing has a name: its target is a column "
                                 "name, an index, first or last",
                                 l->path, format->name);
    }
    if (format->named && l->spec->target != NULL) {
        return data_spec_mistake(l, l->spec->target_at, "the target of a %s file is {inputs: X, targets: y}, not '%s'",
                                 format->name, l->spec->target);
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
        l->target_format = status == NN_ok ? data_format_of(file->target_path) : NULL;
    }
    if (status != NN_ok)
        return status;
    l->path = file->path;
    l->format = data_format_of(l->path);
    status = check_known(l);
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

/* What the spec says of a part; false: nothing. */
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

/* The rows of the training file are dealt out where the split says how; all others belong to their part. */
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

static nn_status check_split(loader *l)
{
    const split_spec *s = &l->spec->split;
    if (s->kind == SPLIT_COLUMN && l->several)
        return data_spec_mistake(l, s->at, "the parts have files of their own; leave the column of the split out");
    for (int p = NN_VALIDATION; p < NN_N_PART; p++) {
        const bool asked = s->size[p].kind != SIZE_NONE || (p == NN_VALIDATION && s->kind == SPLIT_FOLDS);
        if (asked && data_spec_has_part(l->spec, (nn_part)p))
            return data_spec_mistake(l, s->at, "%s has a file of its own; leave it out of the split", nn_part_names[p]);
    }
    return NN_ok;
}

nn_status data_load_files(loader *l, data_table *t)
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
