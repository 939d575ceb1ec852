/* Which data the runs of a grid train on: the variants that the cells ask for by data.scale, data.scale_target,
 * data.missing and split.train, and the splits of each. */
#include "base/setting.h"
#include "grid/variants.h"
#include <stdlib.h>
#include <string.h>

bool grid_sweeps(const grid *g, int setting)
{
    for (size_t a = 0; a < g->n_axes; a++)
        if (g->axes[a].row == &nn_hyper_rows[setting])
            return true;
    return false;
}

static data_variant variant_of(const grid *g, const nn_hyper *h)
{
    const int scale = nn_choice_find(&nn_scales, h->data_scale.text);
    data_variant v = {.scale = scale < 0 ? SCALE_DIVISOR : (data_scale)scale,
                      .divisor = 1,
                      .target_scale = (data_scale)h->data_target_scale,
                      .missing = (data_missing)h->data_missing,
                      .train_rows = (size_t)h->train_rows};
    if (v.scale == SCALE_DIVISOR)
        setting_parse_real(h->data_scale.text, &v.divisor);
    v.drops = v.missing == MISSING_DROP && grid_sweeps(g, NN_HYPER_data_missing);
    return v;
}

static bool same(const data_variant *a, const data_variant *b)
{
    return a->scale == b->scale && a->divisor == b->divisor && a->missing == b->missing && a->drops == b->drops &&
           a->train_rows == b->train_rows && a->target_scale == b->target_scale;
}

/* Finds a variant in the list, or appends it. UINT32_MAX: not enough memory. */
static uint32_t add_variant(grid *g, data_variant v)
{
    for (uint32_t i = 0; i < g->n_variants; i++)
        if (same(&g->variants[i].what, &v))
            return i;
    grid_variant *grown = realloc(g->variants, (g->n_variants + 1) * sizeof *grown);
    if (grown == NULL)
        return UINT32_MAX;
    g->variants = grown;
    grown[g->n_variants] = (grid_variant){.what = v};
    return (uint32_t)g->n_variants++;
}

/* Data that any cell must have whole are loaded as `missing: error` has it; else all rows are kept for the variants to
 * fill or to drop. */
static void say_how_to_load(grid *g)
{
    bool error = false;
    for (size_t i = 0; i < g->n_variants; i++)
        error |= g->variants[i].what.missing == MISSING_ERROR;
    g->data.sweeps_missing = grid_sweeps(g, NN_HYPER_data_missing);
    if (g->data.sweeps_missing)
        g->data.missing = error ? MISSING_ERROR : MISSING_MEAN;
}

bool grid_find_variants(grid *g)
{
    g->cell_variant = malloc((g->n_cells + 1) * sizeof *g->cell_variant);
    if (g->cell_variant == NULL)
        return false;
    for (size_t c = 0; c < g->n_cells; c++) {
        nn_hyper h;
        grid_cell(g, c, &h);
        g->cell_variant[c] = add_variant(g, variant_of(g, &h));
        if (g->cell_variant[c] == UINT32_MAX)
            return false;
    }
    say_how_to_load(g);
    return true;
}

const data_variant *grid_data(const grid *g, size_t cell)
{
    return &g->variants[g->cell_variant[cell]].what;
}

size_t grid_n_splits(const grid *g, const dataset *d)
{
    size_t n = 0;
    for (size_t i = 0; i < g->n_variants; i++)
        n += dataset_n_splits(d, &g->variants[i].what, g->repeats);
    return n;
}

void grid_number_splits(grid *g, const dataset *d)
{
    for (size_t i = 0, n = 0; i < g->n_variants; i++) {
        g->variants[i].first_split = n;
        n += dataset_n_splits(d, &g->variants[i].what, g->repeats);
    }
}

size_t grid_split_index(const grid *g, const dataset *d, const grid_run *run)
{
    const grid_variant *v = &g->variants[g->cell_variant[run->cell]];
    return v->first_split + dataset_split_index(d, &v->what, run->repeat, run->fold);
}

const nn_split *grid_split(const grid *g, splitter *s, const grid_run *run)
{
    return data_splitter_get(s, grid_data(g, run->cell), g->seed, run->repeat, run->fold);
}

void grid_part_sizes(const grid *g, const dataset *d, const grid_run *run, size_t n[NN_N_PART])
{
    dataset_part_sizes(d, grid_data(g, run->cell), run->fold, n);
}

bool grid_scales(const grid *g, const dataset *d)
{
    for (size_t i = 0; i < g->n_variants; i++)
        if (dataset_scales(d, &g->variants[i].what))
            return true;
    return false;
}

bool grid_scales_targets(const grid *g, const dataset *d)
{
    for (size_t i = 0; i < g->n_variants; i++)
        if (dataset_scales_targets(d, &g->variants[i].what))
            return true;
    return false;
}

bool grid_fills(const grid *g, const dataset *d)
{
    for (size_t i = 0; i < g->n_variants; i++)
        if (dataset_fills(d, &g->variants[i].what))
            return true;
    return false;
}

/* ---- what is wrong with a variant ---- */

/* Reports a part that loses all its rows to `missing: drop` in some split. */
static bool check_split(const grid *g, const data_variant *v, const nn_split *split, uint32_t repeat, diagnostics *d)
{
    for (int part = 0; part < NN_N_PART; part++)
        if (split->n[part] == 0 && (part == NN_TRAIN || g->recording.parts[part])) {
            diagnostics_add(
                d, SEVERITY_ERROR, NN_data, g->set_at[NN_HYPER_data_missing],
                "data.missing: drop leaves no %s row in repeat %u%s; fill missing inputs, or enlarge the part",
                nn_part_names[part], (unsigned)repeat, v->train_rows > 0 ? " with this split.train" : "");
            return false;
        }
    return true;
}

static void check_dropped(const grid *g, const dataset *data, const data_variant *v, diagnostics *d)
{
    splitter *s = NULL;
    nn_error err;
    size_t whole[NN_N_PART];
    bool good = true;
    if (!v->drops || data->n_missing == 0)
        return;
    if (data_splitter_new(data, &s, &err) != NN_ok) {
        diagnostics_add(d, SEVERITY_ERROR, NN_memory, (place){0, 0}, "%s", err.message);
        return;
    }
    for (uint32_t repeat = 0; repeat < g->repeats && good; repeat++)
        for (uint32_t fold = 0; fold < g->folds && good; fold++) {
            nn_split split = *data_splitter_get(s, v, g->seed, repeat, fold);
            dataset_part_sizes(data, v, fold, whole);
            for (int part = 0; part < NN_N_PART; part++)
                split.n[part] += whole[part] == 0; /* nothing is lost there */
            good = check_split(g, v, &split, repeat, d);
        }
    data_splitter_free(s);
}

/* The fewest training rows of the repeats of a fold, whose splits differ in this where a file gives them. */
static size_t fewest_train(const grid *g, const dataset *data, const data_variant *all, uint32_t fold)
{
    size_t n[NN_N_PART];
    dataset_part_sizes(data, all, fold, n);
    size_t fewest = n[NN_TRAIN];
    for (uint32_t repeat = 0; data->given != NULL && repeat < g->repeats && repeat < data->n_given; repeat++) {
        const int8_t *part = dataset_given_split(data, repeat, fold);
        size_t rows = 0;
        for (size_t i = 0; i < data->data.n_rows; i++)
            rows += part[i] == NN_TRAIN;
        fewest = rows < fewest ? rows : fewest;
    }
    return fewest;
}

static void check_train_rows(const grid *g, const dataset *data, const data_variant *v, diagnostics *d)
{
    data_variant all = *v;
    all.train_rows = 0;
    for (uint32_t fold = 0; fold < g->folds && v->train_rows > 0; fold++) {
        const size_t rows = fewest_train(g, data, &all, fold);
        if (v->train_rows > rows)
            diagnostics_add(d, SEVERITY_ERROR, NN_data, g->set_at[NN_HYPER_train_rows],
                            "split.train %zu is more than the %zu rows of the %straining part; ask for fewer, or "
                            "enlarge the part%s",
                            v->train_rows, rows, data->given != NULL ? "smallest given " : "split's ",
                            data->given != NULL ? "" : " (data: {split: {train: rest, ...}})");
    }
}

void grid_check_variants(const grid *g, const dataset *data, diagnostics *d)
{
    for (size_t i = 0; i < g->n_variants; i++) {
        check_train_rows(g, data, &g->variants[i].what, d);
        check_dropped(g, data, &g->variants[i].what, d);
    }
}
