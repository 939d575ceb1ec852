/* The datasets of /runs, /cells, /data, /timing and the root: one loop over each table, no name of a setting
 * or metric. */
#include "results/layout.h"
#include <string.h>

static const nn_name state_names[] = {{"running", NULL}, {"stopped", NULL}, {"complete", NULL}};
static const nn_choices states = {"state", 3, state_names};

static field *column(layout *l, char *group, const char *name, h5_type type, int scale, const char *help)
{
    field *f = layout_add(l, group, name, type, help);
    f->n_dims = 1;
    f->dims[0] = scale;
    return f;
}

static field *per_run(layout *l, char *group, const char *name, h5_type type, int run, put_function *put,
                      const char *help)
{
    field *f = column(l, group, name, type, run, help);
    f->scope = SCOPE_RUN;
    f->put = put;
    return f;
}

static field *scalar(layout *l, char *group, const char *name, h5_type type, const char *help)
{
    field *f = layout_add(l, group, name, type, help);
    f->scope = SCOPE_END;
    return f;
}

/* real float64, count int64, truth uint8, choices and shapes int32 with words */
void setting_column(const layout *l, field *f, int index)
{
    static const h5_type types[] = {[NN_REAL] = H5_F64,
                                    [NN_COUNT] = H5_I64,
                                    [NN_CHOICE] = H5_I32,
                                    [NN_TRUTH] = H5_U8,
                                    [NN_SHAPE] = H5_I32};
    static const nn_name truth_names[] = {{"false", NULL}, {"true", NULL}};
    static const nn_choices truths = {"truth", 2, truth_names};
    const nn_hyper_row *row = &nn_hyper_rows[index];
    f->type = types[row->kind];
    f->zero_means = row->word;
    f->flags = row->kind == NN_SHAPE   ? &l->shapes[index].flags
               : row->kind == NN_TRUTH ? &truths
                                       : row->choices;
}

static void settings(layout *l, char *group, int scale, fill_function *fill)
{
    for (int i = 0; i < NN_N_HYPER; i++) {
        const nn_hyper_row *row = &nn_hyper_rows[i];
        field *f = column(l, group, row->name, H5_F64, scale, row->help);
        setting_column(l, f, i);
        f->fill = fill;
        f->index = i;
    }
}

/* Columns that are members of grid_run. */
static void run_members(layout *l, char *group, int run)
{
    static const struct {
        const char *name;
        h5_type type;
        size_t at;
        const char *help;
    } members[] = {
        {"key", H5_U64, offsetof(grid_run, key), "hash of all that decides the numbers of the run"},
        {"record_key", H5_U64, offsetof(grid_run, record_key), "hash of what is only observed"},
        {"cell", H5_I32, offsetof(grid_run, cell), "cell of the grid, a row of /cells"},
        {"repeat", H5_I32, offsetof(grid_run, repeat), "repeat, from 0"},
        {"fold", H5_I32, offsetof(grid_run, fold), "fold of the split, from 0"},
    };
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        field *f = column(l, group, members[i].name, members[i].type, run, members[i].help);
        f->fill = fill_run_member;
        f->index = (int)members[i].at;
    }
}

static void runs(layout *l)
{
    char *group = layout_group(l, "/runs");
    /* `status` is made first and its scale right after it: readers look at it first. */
    field *status = per_run(l, group, "status", H5_I32, 1, put_status, "where the run stands; written last");
    l->status = (int)(status - l->fields);
    status->flags = &nn_run_statuses;
    int run = layout_scale(l, group, "run", H5_I32, l->n_runs, fill_index, "run, from 0");
    l->fields[l->status].dims[0] = run;
    run_members(l, group, run);
    column(l, group, "active", H5_U8, run, "is the run in the grid? false: it has left it, and is kept")
        ->fill = fill_active;
    field *check = per_run(
        l, group, "check", H5_U64, run, NULL,
        "XXH3-64 of key, record_key and the run's row in each dataset that `covers` names, each padded "
        "with zeros to a multiple of 8 bytes");
    l->check = (int)(check - l->fields);
    settings(l, group, run, fill_setting);
    field *n_params = column(l, group, "n_params", H5_I64, run, "weights and biases of the network");
    n_params->fill = fill_n_params;
    column(l, group, "same_bits", H5_U8, run,
           "1: the numbers of the run are the same on every machine; 0: a library made some")
        ->fill = fill_same_bits;
    per_run(l, group, "stop_reason", H5_I32, run, put_reason, "why the run ended")->flags = &nn_stop_reasons;
    per_run(l, group, "epochs_trained", H5_I32, run, put_epochs_trained, "epochs that were trained");
    if (l->grid->n_conditions > 0)
        per_run(l, group, "solved", H5_U8, run, put_solved, "are all conditions of `success` met?");
    for (int i = 0; i < NN_N_METRIC; i++)
        per_run(l, group, nn_metrics.rows[i].name, H5_F64, run, put_metric, nn_metrics.rows[i].help)->index =
            i;
}

/* ---- /cells ---- */

static void cell_column(layout *l, char *group, const char *name, h5_type type, int cell, const char *help)
{
    column(l, group, name, type, cell, help)->scope = SCOPE_END;
}

static void cells(layout *l)
{
    char *group = layout_group(l, "/cells");
    int cell = layout_scale(l, group, "cell", H5_I32, l->n_cells, fill_index, "cell, from 0");
    column(l, group, "active", H5_U8, cell, "is the cell in the grid? false: it has left it")->fill =
        fill_cell_active;
    settings(l, group, cell, fill_cell_setting);
    cell_column(l, group, "n", H5_I32, cell, "finished runs of the cell");
    if (l->grid->n_conditions > 0) {
        cell_column(l, group, "solved", H5_I32, cell, "runs that met all conditions of `success`");
        cell_column(l, group, "solved_low", H5_F64, cell,
                    "share solved: lower end of the 95% Wilson interval");
        cell_column(l, group, "solved_high", H5_F64, cell,
                    "share solved: upper end of the 95% Wilson interval");
        cell_column(
            l, group, "restarts_99", H5_F64, cell,
            "runs needed for a 99% chance that one is solved, ceil(ln 0.01 / ln(1 - share)); NaN: none is");
    }
    l->cell_stats = (int)l->n_fields;
    for (int i = 0; i < NN_N_METRIC; i++)
        for (int s = 0; s < cell_stat_names.n; s++) {
            const char *name = layout_text(l, "%s_%s", nn_metrics.rows[i].name, cell_stat_names.rows[s].name);
            field *f = column(l, group, name, H5_F64, cell, cell_stat_names.rows[s].help);
            f->scope = SCOPE_END;
            f->index = i;
            f->detail = (size_t)s;
        }
}

/* ---- /data ---- */

static void per_split(layout *l, char *group, const char *name, h5_type type, int split, int other,
                      const char *help)
{
    field *f = column(l, group, name, type, split, help);
    f->scope = SCOPE_SPLIT;
    f->n_dims = 2;
    f->dims[1] = other;
    f->flags = type == H5_I8 ? &nn_parts : NULL;
}

static void data(layout *l)
{
    const nn_data *d = &l->data->data;
    const nn_split *first = splitter_get(l->splitter, l->grid->seed, 0, 0);
    char *group = layout_group(l, "/data");
    int run = layout_scale(l, group, "run", H5_I32, l->n_runs, fill_index, "run, from 0");
    int split = layout_scale(l, group, "split_index", H5_I32, l->n_splits, fill_index, "split, from 0");
    int row = layout_scale(l, group, "row", H5_I32, d->n_rows, fill_index, "row of the data, from 0");
    int input = layout_scale(l, group, "input", H5_I32, d->n_inputs, fill_index, "input, from 0");
    column(l, group, "splits", H5_I32, run, "split that the run uses")->fill = fill_run_split;
    per_split(l, group, "split", H5_I8, split, row, "part that the row is in; -1: in none");
    if (first->shift != NULL) {
        per_split(l, group, "shift", H5_F64, split, input, "a network sees (raw - shift) * factor");
        per_split(l, group, "factor", H5_F64, split, input, "a network sees (raw - shift) * factor");
    }
    if (first->fill != NULL)
        per_split(l, group, "fill", H5_F64, split, input, "what stands for a missing raw input");
}

static void timing(layout *l)
{
    char *group = layout_group(l, "/timing");
    int run = layout_scale(l, group, "run", H5_I32, l->n_runs, fill_index, "run, from 0");
    field *seconds = per_run(l, group, "seconds", H5_F64, run, NULL, "time that the run took, in seconds");
    /* Not part of the check: a clock is no result, and the check is the same on every machine. */
    l->seconds = (int)(seconds - l->fields);
    scalar(l, group, "started", H5_F64, "when the file was first written, seconds since 1970 (UTC)");
    scalar(l, group, "ended", H5_F64,
           "when the program last ended, seconds since 1970 (UTC); NaN: it has not");
    scalar(l, group, "elapsed", H5_F64,
           "seconds that all sessions took, to within a few of the one that runs");
    scalar(l, group, "sessions", H5_I32, "how often the program has worked on the file");
    scalar(l, group, "threads", H5_I32, "threads of the last session");
    scalar(l, group, "pid", H5_I64, "process that last wrote the file");
}

void layout_fields(layout *l)
{
    layout_group(l, "/");
    runs(l);
    layout_curves(l);
    layout_stops(l);
    layout_weights(l);
    cells(l);
    data(l);
    layout_group(l, "/grid");
    timing(l);
    layout_group(l, "/provenance");
}

void layout_state(layout *l)
{
    scalar(l, l->groups[0], "state", H5_I32, "how far the grid is")->flags = &states;
}
