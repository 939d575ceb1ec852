/* Adds groups, fields and texts to a layout, and finds them. */
#include "results/layout.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

const char *results_net_name(const nn_network *net, char name[NET_NAME_BYTES])
{
    char widths[NET_NAME_BYTES - 32];
    snprintf(name, NET_NAME_BYTES, "%s%s%s", nn_network_name(net, widths, sizeof widths),
             net->shortcuts ? "_shortcuts" : "", net->bias ? "" : "_no_bias");
    return name;
}

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

const char *results_layout_text(layout *l, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = format_text(l, format, args);
    va_end(args);
    return text == NULL ? "" : text;
}

char *results_layout_group(layout *l, const char *format, ...)
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

field *results_layout_add(layout *l, char *group, const char *name, h5_type type, const char *help)
{
    /* The list grows by powers of two. A layout that failed writes over its last field, and is never used. */
    if ((l->n_fields & (l->n_fields + 1)) == 0 && !l->failed) {
        field *fields = realloc(l->fields, (2 * l->n_fields + 2) * sizeof *fields);
        if (fields == NULL)
            l->failed = true;
        else
            l->fields = fields;
    }
    size_t at = l->failed && l->n_fields > 0 ? l->n_fields - 1 : l->n_fields++;
    const char *slash = strcmp(group, "/") == 0 ? "" : group;
    const char *last = strrchr(name, '/');
    char *own = keep_text(l, strdup(last == NULL ? name : last + 1)), *path = NULL;
    path = keep_text(l, asprintf(&path, "%s/%s", slash, last == NULL ? name : last + 1) < 0 ? NULL : path);
    l->fields[at] = (field){.group = group, .name = own, .path = path, .help = help, .type = type, .net = NO_NET};
    return &l->fields[at];
}

int results_layout_scale(layout *l, char *group, const char *name, h5_type type, size_t length, fill_function *fill,
                         const char *help)
{
    field *f = results_layout_add(l, group, name, type, help);
    int self = (int)(f - l->fields);
    f->is_scale = true;
    f->length = length;
    f->fill = fill;
    f->n_dims = 1;
    f->dims[0] = self;
    return self;
}

void results_fill_index(const layout *l, const field *f, void *out)
{
    (void)l;
    for (size_t i = 0; i < f->n; i++)
        ((int32_t *)out)[i] = (int32_t)i;
}

int results_layout_find(const layout *l, const char *path)
{
    for (size_t i = 0; i < l->n_fields; i++)
        if (strcmp(l->fields[i].path, path) == 0)
            return (int)i;
    return NO_FIELD;
}

void results_layout_cell(const layout *l, size_t cell, nn_hyper *out)
{
    if (cell < l->grid->n_cells)
        grid_cell(l->grid, cell, out);
    else
        *out = l->inactive->cells[cell - l->grid->n_cells];
}
