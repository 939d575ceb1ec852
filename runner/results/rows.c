/* One run's row in memory: which fields it has, and their values. */
#include "results/layout.h"
#include <stdlib.h>
#include <string.h>

size_t row_padded(size_t bytes)
{
    return (bytes + 7) & ~(size_t)7;
}

/* Lists the fields of one shape (NO_NET: those of all runs), which stand in a row from byte `at` on. */
static bool plan_fields(layout *l, int net, size_t at, row_plan *plan)
{
    plan->fields = malloc((l->n_fields + 1) * sizeof *plan->fields);
    if (plan->fields == NULL)
        return false;
    for (size_t i = 0; i < l->n_fields; i++) {
        field *f = &l->fields[i];
        if (f->put == NULL || f->net != net)
            continue;
        f->row_at = at;
        at += row_padded(field_row_bytes(f));
        plan->fields[plan->n++] = f;
    }
    plan->bytes = at;
    return true;
}

void layout_rows(layout *l)
{
    l->failed |= !plan_fields(l, NO_NET, ROW_HEAD, &l->row);
    for (size_t i = 0; i < l->n_nets && !l->failed; i++)
        l->failed |= !plan_fields(l, (int)i, l->row.bytes, &l->nets[i].row);
}

size_t row_bytes(const layout *l, size_t run)
{
    const net_shape *net = net_of_run(l, run);
    return net == NULL ? l->row.bytes : net->row.bytes;
}

void row_begin(const grid_run *run, unsigned char *row)
{
    memcpy(row, &run->key, sizeof run->key);
    memcpy(row + sizeof run->key, &run->record_key, sizeof run->record_key);
}

static void put_fields(const layout *l, const row_plan *plan, const row_source *s, unsigned char *row)
{
    for (size_t i = 0; i < plan->n; i++)
        plan->fields[i]->put(l, plan->fields[i], s, row + plan->fields[i]->row_at);
}

void row_encode(const layout *l, const row_source *s, unsigned char *row)
{
    const net_shape *net = net_of_run(l, s->run);
    put_fields(l, &l->row, s, row);
    if (net != NULL)
        put_fields(l, &net->row, s, row);
}
