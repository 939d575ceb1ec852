/* Collects from all cells what decides how large the file is: recorded epochs, values of shapes, networks, rules. */
#include "results/extent.h"
#include "results/reader/reader.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- epochs ---- */

static int by_epoch(const void *a, const void *b)
{
    const uint32_t p = *(const uint32_t *)a, q = *(const uint32_t *)b;
    return (p > q) - (p < q);
}

/* Adds a run length; false if it is in the list. */
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

/* Makes room for `more` epochs behind the others; NULL: no memory. */
static uint32_t *epochs_room(layout *l, size_t more)
{
    uint32_t *all = realloc(l->epochs, (l->n_epochs + more + 1) * sizeof *all);
    l->failed |= all == NULL;
    if (all == NULL)
        return NULL;
    l->epochs = all;
    return all + l->n_epochs;
}

/* Sorts the epochs, `more` of which were put behind the others, and keeps each once. */
static void join_epochs(layout *l, size_t more)
{
    const size_t n = l->n_epochs + more;
    size_t kept = 0;
    qsort(l->epochs, n, sizeof *l->epochs, by_epoch);
    for (size_t i = 0; i < n; i++)
        if (kept == 0 || l->epochs[kept - 1] != l->epochs[i])
            l->epochs[kept++] = l->epochs[i];
    l->n_epochs = kept;
}

static void join_length(layout *l, int64_t epochs)
{
    const nn_recording *recording = &l->grid->recording;
    const size_t n = nn_recorded_epochs(recording, epochs, NULL);
    uint32_t *to = new_length(l, epochs) ? epochs_room(l, n) : NULL;
    if (to == NULL)
        return;
    nn_recorded_epochs(recording, epochs, to);
    join_epochs(l, n);
}

static void join_inactive_epochs(layout *l)
{
    uint32_t *to = epochs_room(l, l->inactive->n_epochs);
    if (to == NULL)
        return;
    memcpy(to, l->inactive->epochs, l->inactive->n_epochs * sizeof *to);
    join_epochs(l, l->inactive->n_epochs);
}

/* ---- shapes and networks ---- */

static const char *shape_name(layout *l, const nn_shape *shape)
{
    char text[NN_MAX_HIDDEN * 12] = "none";
    for (int i = 0, at = 0; i < shape->n; i++)
        at += snprintf(text + at, sizeof text - (size_t)at, "%s%d", i > 0 ? "-" : "", shape->width[i]);
    return results_layout_text(l, "%s", text);
}

/* Adds a cell's value of a setting of kind shape, unless it is in the list. */
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

/* Adds a word to a list of texts. */
static void add_text(layout *l, int row, const char *text)
{
    shape_list *list = &l->shapes[row];
    const size_t n = (size_t)list->flags.n;
    char word[READER_WORD_BYTES];
    nn_text *texts = realloc(list->texts, (n + 1) * sizeof *texts);
    list->texts = texts != NULL ? texts : list->texts;
    nn_name *names = realloc(list->names, (n + 1) * sizeof *names);
    list->names = names != NULL ? names : list->names;
    l->failed |= texts == NULL || names == NULL;
    if (l->failed)
        return;
    texts[n] = (nn_text){{0}};
    snprintf(texts[n].text, sizeof texts[n].text, "%s", text);
    names[n] = (nn_name){.name = results_layout_text(l, "%s", reader_word_of_text(text, word))};
    list->flags = (nn_choices){.what = nn_hyper_rows[row].name, .n = (int)n + 1, .rows = names};
}

/* Adds a cell's value of a setting of kind text, unless it is in the list, which begins with the names that the setting
 * has in any grid. */
static void join_text(layout *l, const nn_hyper *h, int row)
{
    const nn_hyper_row *setting = &nn_hyper_rows[row];
    const shape_list *list = &l->shapes[row];
    const char *text = ((const nn_text *)nn_hyper_get(h, setting))->text;
    for (int i = 0; list->flags.n == 0 && setting->choices != NULL && i < setting->choices->n && !l->failed; i++)
        add_text(l, row, setting->choices->rows[i].name);
    if (list->flags.n == 0 && setting->choices == NULL && !l->failed)
        add_text(l, row, ((const nn_text *)nn_hyper_get(&nn_hyper_defaults, setting))->text);
    for (int i = 0; i < list->flags.n; i++)
        if (strcmp(list->texts[i].text, text) == 0)
            return;
    if (!l->failed)
        add_text(l, row, text);
}

/* The index of a network, which is added if it is new. Networks with shortcuts or without biases have their own
 * groups. */
static uint32_t join_net(layout *l, const nn_network *net)
{
    char name[NET_NAME_BYTES];
    for (size_t i = 0; i < l->n_nets; i++)
        if (nn_network_same(&l->nets[i].net, net))
            return (uint32_t)i;
    net_shape *nets = realloc(l->nets, (l->n_nets + 1) * sizeof *nets);
    if (nets == NULL) {
        l->failed = true;
        return NONE;
    }
    l->nets = nets;
    nets[l->n_nets] = (net_shape){.net = *net, .name = results_layout_text(l, "%s", results_net_name(net, name))};
    return (uint32_t)l->n_nets++;
}

/* Puts a cell into the weights group of its network, which then has these weights. */
static void join_weights(layout *l, size_t cell, const nn_network *net, int precision, const bool *keep)
{
    const uint32_t at = join_net(l, net);
    l->cell_net[cell] = at;
    if (at == NONE)
        return;
    l->nets[at].wide |= precision == NN_PRECISION_float64;
    for (int k = 0; k <= NN_KEEP_EVERY; k++)
        l->nets[at].keep[k] |= keep[k];
}

static bool any(const bool *keep)
{
    for (int k = 0; k <= NN_KEEP_EVERY; k++)
        if (keep[k])
            return true;
    return false;
}

static void cell_weights(layout *l, size_t cell, const nn_hyper *h)
{
    const grid *g = l->grid;
    const inactive_rows *inactive = l->inactive;
    nn_network net;
    if (cell < g->n_cells && any(g->recording.keep)) {
        nn_network_of(&l->data->data, h, &net);
        join_weights(l, cell, &net, h->precision, g->recording.keep);
    } else if (cell >= g->n_cells && inactive->nets[cell - g->n_cells].n_layers > 0) {
        join_weights(l, cell, &inactive->nets[cell - g->n_cells], h->precision, inactive->keep[cell - g->n_cells]);
    }
}

/* ---- rules ---- */

/* The rules of the grid come first, so that a rule has the same index here and in an outcome. */
static void join_rules(layout *l)
{
    const nn_stopping *own = &l->grid->stopping;
    const size_t n = (size_t)own->n_rules, n_inactive = l->inactive == NULL ? 0 : l->inactive->n_rules;
    l->rules = malloc((n + n_inactive + 1) * sizeof *l->rules);
    l->failed |= l->rules == NULL;
    if (l->failed)
        return;
    if (n > 0)
        memcpy(l->rules, own->rules, n * sizeof *l->rules);
    if (n_inactive > 0)
        memcpy(l->rules + n, l->inactive->rules, n_inactive * sizeof *l->rules);
    l->n_rules = n + n_inactive;
}

/* ---- all of it ---- */

static void join_cell(layout *l, size_t cell)
{
    nn_hyper h;
    results_layout_cell(l, cell, &h);
    if (cell < l->grid->n_cells)
        join_length(l, h.epochs);
    for (int i = 0; i < NN_N_HYPER; i++)
        if (nn_hyper_rows[i].kind == NN_SHAPE)
            join_shape(l, &h, i);
        else if (nn_hyper_rows[i].kind == NN_TEXT)
            join_text(l, &h, i);
    if (l->cell_net != NULL)
        cell_weights(l, cell, &h);
}

static void count_slots(layout *l)
{
    for (size_t i = 0; i < l->n_runs; i++) {
        const uint32_t net = l->cell_net[l->runs[i].cell];
        l->slot[i] = net == NONE ? 0 : (uint32_t)l->nets[net].n_runs++;
    }
}

static bool has_weights(const layout *l)
{
    bool has = any(l->grid->recording.keep);
    for (size_t c = 0; l->inactive != NULL && c < l->inactive->n_cells; c++)
        has |= l->inactive->nets[c].n_layers > 0;
    return has;
}

void results_layout_extent(layout *l)
{
    if (has_weights(l)) {
        l->cell_net = malloc((l->n_cells + 1) * sizeof *l->cell_net);
        l->slot = calloc(l->n_runs + 1, sizeof *l->slot);
        l->failed |= l->cell_net == NULL || l->slot == NULL;
        for (size_t c = 0; l->cell_net != NULL && c < l->n_cells; c++)
            l->cell_net[c] = NONE;
    }
    for (size_t c = 0; c < l->n_cells && !l->failed; c++)
        join_cell(l, c);
    if (l->inactive != NULL && !l->failed)
        join_inactive_epochs(l);
    if (l->cell_net != NULL && !l->failed)
        count_slots(l);
    join_rules(l);
}
