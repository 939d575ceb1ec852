/* Says of a cell which settings and which name it has, and of a run whether it counts as solved. */
#include "base/setting.h"
#include "grid/values.h"
#include <stdio.h>
#include <string.h>

void grid_cell(const grid *g, size_t cell, nn_hyper *out)
{
    nn_hyper h = g->base;
    for (size_t a = 0; a < g->n_axes; a++) {
        const nn_hyper_row *row = g->axes[a].row;
        const uint16_t index = g->points[cell * g->n_axes + a];
        const size_t size = grid_field_size(row->kind);
        if (index != GRID_BASE)
            memcpy(nn_hyper_at(&h, row), (const char *)g->axes[a].values + index * size, size);
    }
    nn_hyper_resolve(&h, !g->data.regression);
    *out = h;
}

char *grid_cell_name(const grid *g, size_t cell, char *text, size_t size)
{
    char value[512];
    nn_hyper h;
    size_t used = 0;
    grid_cell(g, cell, &h);
    text[0] = '\0';
    for (size_t a = 0; a < g->n_axes && used < size; a++) {
        const nn_hyper_row *row = g->axes[a].row;
        setting_format(row, nn_hyper_get(&h, row), value, sizeof value);
        used += (size_t)snprintf(text + used, size - used, "%s%s %s", a ? "  " : "", row->name, value);
    }
    return text;
}

bool grid_solved(const grid *g, const double metrics[NN_N_METRIC])
{
    for (size_t i = 0; i < g->n_conditions; i++) {
        const grid_condition *c = &g->success[i];
        if (!grid_compares(metrics[c->metric], c->compare, c->value))
            return false;
    }
    return true;
}
