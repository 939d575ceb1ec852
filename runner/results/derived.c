/* Compares all columns that can be computed: the functions that write them compare instead while layout.look is set. */
#include "results/derived.h"
#include "results/cells.h"
#include "results/fill.h"
#include "results/place.h"
#include "results/plots.h"
#include "results/values.h"
#include <stdlib.h>

static nn_status look_at_all(layout *l, const stored *s, results_differences *out, nn_error *err)
{
    results_file file = {0};
    column_look look = {.differs = calloc(l->n_fields + 1, sizeof *look.differs), .found = out};
    nn_status status = look.differs != NULL ? NN_ok : nn_fail(err, NN_memory, "not enough memory");
    if (status == NN_ok && l->compact)
        status = reader_file_open(s->file.path, true, &file, err);
    look.h5 = file.h5;
    l->look = &look;
    if (status == NN_ok)
        status = results_fill(l, s->fd, s->file.path, false, err);
    if (status == NN_ok && s->complete)
        status = results_cells_write(l, s->fd, s->file.path, err);
    if (status == NN_ok && s->complete)
        status = results_plots_write(l, s->fd, s->file.path, err);
    l->look = NULL;
    reader_file_close(&file);
    free(look.differs);
    return status;
}

nn_status results_derived_look(layout *l, const stored *s, results_differences *out, nn_error *err)
{
    const nn_status status = results_layout_place(l, s->file.path, err);
    *out = (results_differences){0};
    return status == NN_ok ? look_at_all(l, s, out, err) : status;
}
