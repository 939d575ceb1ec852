/* The list of datasets, and what can be said of the list as a whole. */
#include "results_internal.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

/* ---- texts, groups and fields ---- */

static char *keep_text(layout *l, char *text)
{
    char **texts = text == NULL ? NULL : realloc(l->texts, (l->n_texts + 1) * sizeof *texts);
    if (texts == NULL) {
        free(text);
        l->failed = true;
        return NULL;
    }
    l->texts = texts;
    return texts[l->n_texts++] = text;
}

static char *format_text(layout *l, const char *format, va_list args)
{
    char *text = NULL;
    if (vasprintf(&text, format, args) < 0)
        text = NULL;
    return keep_text(l, text);
}

const char *layout_text(layout *l, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = format_text(l, format, args);
    va_end(args);
    return text == NULL ? "" : text;
}

char *layout_group(layout *l, const char *format, ...)
{
    static char nowhere[] = "";
    va_list args;
    va_start(args, format);
    char *text = format_text(l, format, args);
    va_end(args);
    char **groups = text == NULL ? NULL : realloc(l->groups, (l->n_groups + 1) * sizeof *groups);
    if (groups == NULL) {
        l->failed = true;
        return nowhere;
    }
    l->groups = groups;
    return groups[l->n_groups++] = text;
}

field *layout_add(layout *l, char *group, const char *name, h5_type type, const char *help)
{
    /* The list grows by powers of two; a failed layout writes over its last field, and is never used. */
    if ((l->n_fields & (l->n_fields + 1)) == 0 && !l->failed) {
        field *fields = realloc(l->fields, (2 * l->n_fields + 2) * sizeof *fields);
        if (fields == NULL)
            l->failed = true;
        else
            l->fields = fields;
    }
    size_t at = l->failed && l->n_fields > 0 ? l->n_fields - 1 : l->n_fields++;
    const char *slash = strcmp(group, "/") == 0 ? "" : group;
    char *own = keep_text(l, strdup(name)), *path = NULL;
    path = keep_text(l, asprintf(&path, "%s/%s", slash, name) < 0 ? NULL : path);
    l->fields[at] =
        (field){.group = group, .name = own, .path = path, .help = help, .type = type, .net = NO_NET};
    return &l->fields[at];
}

int layout_scale(layout *l, char *group, const char *name, h5_type type, size_t length, fill_function *fill,
                 const char *help)
{
    field *f = layout_add(l, group, name, type, help);
    int self = (int)(f - l->fields);
    f->is_scale = true;
    f->length = length;
    f->fill = fill;
    f->n_dims = 1;
    f->dims[0] = self;
    return self;
}

int layout_find(const layout *l, const char *path)
{
    for (size_t i = 0; i < l->n_fields; i++)
        if (strcmp(l->fields[i].path, path) == 0)
            return (int)i;
    return NO_FIELD;
}

/* ---- what the grid implies: epochs, shapes, networks ---- */

static int by_epoch(const void *a, const void *b)
{
    const uint32_t p = *(const uint32_t *)a, q = *(const uint32_t *)b;
    return (p > q) - (p < q);
}

/* Notes a run length; false if it was there. */
static bool new_length(layout *l, int64_t epochs)
{
    for (size_t i = l->n_lengths; i-- > 0;)
        if (l->lengths[i] == epochs)
            return false;
    int64_t *lengths = realloc(l->lengths, (l->n_lengths + 1) * sizeof *lengths);
    if (lengths == NULL) {
        l->failed = true;
        return false;
    }
    l->lengths = lengths;
    lengths[l->n_lengths++] = epochs;
    return true;
}

/* Adds one run length's recorded epochs to the union. */
static void join_epochs(layout *l, int64_t epochs)
{
    const nn_recording *recording = &l->grid->recording;
    size_t n = nn_recorded_epochs(recording, epochs, NULL), kept = 0;
    uint32_t *all = realloc(l->epochs, (l->n_epochs + n + 1) * sizeof *all);
    if (all == NULL) {
        l->failed = true;
        return;
    }
    l->epochs = all;
    nn_recorded_epochs(recording, epochs, all + l->n_epochs);
    n += l->n_epochs;
    qsort(all, n, sizeof *all, by_epoch);
    for (size_t i = 0; i < n; i++)
        if (kept == 0 || all[kept - 1] != all[i])
            all[kept++] = all[i];
    l->n_epochs = kept;
}

static const char *shape_name(layout *l, const nn_shape *shape)
{
    char text[NN_MAX_HIDDEN * 12] = "none";
    for (int i = 0, at = 0; i < shape->n; i++)
        at += snprintf(text + at, sizeof text - (size_t)at, "%s%d", i > 0 ? "-" : "", shape->width[i]);
    return layout_text(l, "%s", text);
}

/* Lists a cell's value of a setting of kind shape, once. */
static void join_shape(layout *l, const nn_hyper *h, int row)
{
    shape_list *list = &l->shapes[row];
    const nn_shape *shape = nn_hyper_get(h, &nn_hyper_rows[row]);
    size_t n = (size_t)list->flags.n;
    for (size_t i = n; i-- > 0;)
        if (list->shapes[i].n == shape->n &&
            memcmp(list->shapes[i].width, shape->width, (size_t)shape->n * sizeof shape->width[0]) == 0)
            return;
    nn_shape *shapes = realloc(list->shapes, (n + 1) * sizeof *shapes);
    list->shapes = shapes != NULL ? shapes : list->shapes;
    nn_name *names = realloc(list->names, (n + 1) * sizeof *names);
    list->names = names != NULL ? names : list->names;
    l->failed |= shapes == NULL || names == NULL;
    if (l->failed)
        return;
    shapes[n] = *shape;
    names[n] = (nn_name){.name = shape_name(l, shape)};
    list->flags = (nn_choices){.what = nn_hyper_rows[row].name, .n = (int)n + 1, .rows = names};
}

static bool same_net(const nn_network *a, const nn_network *b)
{
    return a->n_layers == b->n_layers && a->bias == b->bias &&
           memcmp(a->width, b->width, ((size_t)a->n_layers + 1) * sizeof a->width[0]) == 0;
}

/* The network shape of a cell's runs, listed once. Networks without biases have a group of their own. */
static uint32_t join_net(layout *l, const nn_hyper *h)
{
    char name[NN_MAX_HIDDEN * 12 + 64];
    nn_network net;
    nn_network_of(&l->data->data, h, &net);
    for (size_t i = 0; i < l->n_nets; i++)
        if (same_net(&l->nets[i].net, &net)) {
            l->nets[i].wide |= h->precision == NN_PRECISION_float64;
            return (uint32_t)i;
        }
    net_shape *nets = realloc(l->nets, (l->n_nets + 1) * sizeof *nets);
    if (nets == NULL) {
        l->failed = true;
        return 0;
    }
    l->nets = nets;
    nn_network_name(&net, name, sizeof name);
    char *text = NULL;
    if (asprintf(&text, "%s%s", name, net.bias ? "" : "_no_bias") < 0)
        text = NULL;
    nets[l->n_nets] =
        (net_shape){.net = net, .name = keep_text(l, text), .wide = h->precision == NN_PRECISION_float64};
    return (uint32_t)l->n_nets++;
}

static void survey_cells(layout *l)
{
    for (size_t c = 0; c < l->grid->n_cells && !l->failed; c++) {
        nn_hyper h;
        grid_cell(l->grid, c, &h);
        if (new_length(l, h.epochs))
            join_epochs(l, h.epochs);
        for (int i = 0; i < NN_N_HYPER; i++)
            if (nn_hyper_rows[i].kind == NN_SHAPE)
                join_shape(l, &h, i);
        if (l->cell_net != NULL)
            l->cell_net[c] = join_net(l, &h);
    }
    for (size_t i = 0; l->cell_net != NULL && i < l->grid->n_runs && !l->failed; i++)
        l->slot[i] = (uint32_t)l->nets[l->cell_net[l->grid->runs[i].cell]].n_runs++;
}

/* ---- lifecycle ---- */

static bool keeps_weights(const grid *g)
{
    bool any = false;
    for (int i = 0; i < NN_N_KEEP; i++)
        any |= g->recording.keep[i];
    return any;
}

static void measure(layout *l)
{
    for (size_t i = 0; i < l->n_fields; i++) {
        field *f = &l->fields[i];
        f->n = f->row_n = 1;
        for (int d = 0; d < f->n_dims; d++) {
            f->n *= l->fields[f->dims[d]].length;
            f->row_n *= d > 0 ? l->fields[f->dims[d]].length : 1;
        }
    }
}

nn_status layout_new(const grid *g, const dataset *d, layout **out, nn_error *err)
{
    layout *l = calloc(1, sizeof *l);
    if (l == NULL)
        return nn_fail(err, NN_memory, "not enough memory to lay out the results file");
    l->grid = g;
    l->data = d;
    l->n_splits = dataset_n_splits(d, g->repeats);
    l->fields = calloc(1, sizeof *l->fields); /* the one that is written over where memory runs out */
    nn_status status =
        l->fields == NULL ? nn_fail(err, NN_memory, "not enough memory") : splitter_new(d, &l->splitter, err);
    if (status != NN_ok)
        goto done;
    if (keeps_weights(g)) {
        l->cell_net = calloc(g->n_cells + 1, sizeof *l->cell_net);
        l->slot = calloc(g->n_runs + 1, sizeof *l->slot);
        l->failed = l->cell_net == NULL || l->slot == NULL;
    }
    survey_cells(l);
    if (!l->failed)
        layout_fields(l);
    if (l->failed) {
        status =
            nn_fail(err, NN_memory, "not enough memory to lay out the results file of %zu runs", g->n_runs);
        goto done;
    }
    measure(l);
    layout_rows(l);
    if (l->failed) {
        status = nn_fail(err, NN_memory, "not enough memory to lay out the results file");
        goto done;
    }
    *out = l;
    l = NULL;
done:
    layout_free(l);
    return status;
}

void layout_free(layout *l)
{
    if (l == NULL)
        return;
    for (size_t i = 0; i < l->n_texts; i++)
        free(l->texts[i]);
    for (int i = 0; i < NN_N_HYPER; i++) {
        free(l->shapes[i].shapes);
        free(l->shapes[i].names);
    }
    splitter_free(l->splitter);
    plots_free(l);
    free(l->texts);
    free(l->fields);
    free(l->groups);
    free(l->lengths);
    free(l->epochs);
    for (size_t i = 0; i < l->n_nets; i++)
        free(l->nets[i].row.fields);
    free(l->row.fields);
    free(l->nets);
    free(l->cell_net);
    free(l->slot);
    free(l);
}
