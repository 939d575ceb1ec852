/* New data for a trained network, in any format: read as the training data was, then put into the form that the
 * network takes. */
#include "data/data_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- inputs in the order of training ---- */

/* from[j]: which input of the table is input j of the network; `columns` have been checked, so that all are there. */
static bool find_order(const data_table *t, const data_model *m, size_t *from)
{
    for (size_t j = 0; j < m->n_inputs; j++) {
        size_t i = 0;
        while (i < t->n_inputs && strcmp(t->names[i], m->input_names[j]) != 0) {
            i++;
        }
        if (i == t->n_inputs) {
            return false;
        }
        from[j] = i;
    }
    return true;
}

static void reorder(data_table *t, const size_t *from, double *row)
{
    const size_t n = t->n_inputs;
    for (size_t i = 0; i < t->n_rows; i++) {
        memcpy(row, t->inputs + i * n, n * sizeof *row);
        for (size_t j = 0; j < n; j++) {
            t->inputs[i * n + j] = row[from[j]];
        }
    }
}

nn_status data_new_arrange(loader *l, data_table *t)
{
    const data_model *m = l->model;
    if (t->n_inputs != m->n_inputs) {
        return data_mistake(l, 0, 0, "has %zu input%s, the network takes %zu", t->n_inputs,
                            t->n_inputs == 1 ? "" : "s", m->n_inputs);
    }
    if (t->names == NULL || m->input_names == NULL) {
        return NN_ok;
    }
    size_t *from = malloc(m->n_inputs * sizeof *from);
    double *row = malloc(m->n_inputs * sizeof *row);
    nn_status status = NN_ok;
    if (from == NULL || row == NULL) {
        status = data_no_memory(l, "the order of the columns");
    } else if (!find_order(t, m, from)) {
        status = data_mistake(l, 0, 0, "does not have the inputs of the network");
    } else {
        reorder(t, from, row);
        for (size_t j = 0; j < m->n_inputs; j++) {
            t->names[j] = m->input_names[j];
        }
    }
    free(from);
    free(row);
    return status;
}

/* ---- targets ---- */

/* The class of a label; n_classes: none. Names of classes that were numbers are whole numbers. */
static size_t find_class(const data_model *m, const char *label, double value)
{
    double number;
    for (size_t c = 0; c < m->n_classes; c++) {
        const bool same = label != NULL && strcmp(m->class_names[c], label) == 0;
        if (same || (!isnan(value) && data_field_number(m->class_names[c], &number) && number == value)) {
            return c;
        }
    }
    return m->n_classes;
}

static nn_status name_classes(loader *l, dataset *d)
{
    const data_model *m = l->model;
    d->data.n_classes = m->n_classes;
    d->class_names = calloc(m->n_classes, sizeof *d->class_names);
    for (size_t c = 0; d->class_names != NULL && c < m->n_classes; c++) {
        d->class_names[c] = strdup(m->class_names[c]);
        if (d->class_names[c] == NULL) {
            return data_no_memory(l, "the class names");
        }
    }
    return d->class_names != NULL ? NN_ok : data_no_memory(l, "the class names");
}

nn_status data_new_classes(loader *l, const data_table *t, dataset *d)
{
    int32_t *of = calloc(t->n_rows, sizeof *of);
    if (of == NULL) {
        return data_no_memory(l, "the classes");
    }
    d->data.classes = of;
    for (size_t i = 0; i < t->n_rows && t->n_targets > 0; i++) {
        const char *label = t->labels != NULL ? t->labels[i] : NULL;
        const size_t c = find_class(l->model, label, t->targets[i]);
        char shown[EXCERPT_SIZE], number[32];
        snprintf(number, sizeof number, "%.12g", t->targets[i]);
        if (c == l->model->n_classes) {
            data_mistake(l, data_table_go(t, i, true, l), t->target_column,
                         "'%s' is none of the %zu classes of the network (%s, %s, ...)",
                         data_excerpt(label != NULL ? label : number, shown), c, l->model->class_names[0],
                         l->model->class_names[1]);
        } else {
            of[i] = (int32_t)c;
        }
    }
    return l->n_mistakes > 0 ? NN_data : name_classes(l, d);
}

/* Targets that are not read are 0; those that are must be as many as the outputs. */
static nn_status data_fit_targets(loader *l, data_table *t)
{
    const data_model *m = l->model;
    if (!m->with_target) {
        free(t->labels);
        t->labels = NULL;
        free(t->targets);
        t->n_targets = m->class_names != NULL ? 0 : m->n_outputs;
        t->targets = calloc(t->n_rows * t->n_targets + 1, sizeof *t->targets);
        return t->targets != NULL ? NN_ok : data_no_memory(l, "the targets");
    }
    if (m->class_names == NULL && t->n_targets != m->n_outputs) {
        return data_mistake(l, 0, 0, "has %zu target%s, the network %zu output%s", t->n_targets,
                            t->n_targets == 1 ? "" : "s", m->n_outputs, m->n_outputs == 1 ? "" : "s");
    }
    return NN_ok;
}

/* ---- the whole ---- */

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
    if (status == NN_ok) {
        status = data_fit_targets(l, t);
    }
    return status == NN_ok ? data_keep(l, t, d) : status;
}

nn_status dataset_load_new(const data_spec *spec, const data_model *model, diagnostics *diags, dataset **out)
{
    loader l;
    data_table t = {0};
    const data_spec own = spec_for(spec, model);
    data_loader_begin(&l, &own, NULL, NULL, diags);
    l.model = model;
    if (!model->with_target && own.missing == MISSING_DROP) {
        l.missing = MISSING_ERROR; /* each row is to get its outputs */
    }
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
