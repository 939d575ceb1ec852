/* Reads a grid file key by key, and makes the list of its runs. */
#include "base/setting.h"
#include "base/suggest.h"
#include "grid/axes.h"
#include "grid/data.h"
#include "grid/points.h"
#include "grid/sections.h"
#include "grid/tables.h"
#include "grid/values.h"
#include "grid/variants.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- keys at the top ---- */

/* Can this be the name of the results file? */
static bool is_file_name(const char *name)
{
    for (const char *c = name; *c != '\0'; c++)
        if ((unsigned char)*c < ' ' || *c == '/')
            return false;
    return strlen(name) <= 100 && strchr(".-", name[0]) == NULL;
}

static void read_name(reader *r, const key_row *row, const node *value)
{
    if (grid_read_field(r, row, value) && !is_file_name(r->g->name))
        grid_mistake(r, value, "name becomes a file name: at most 100 characters, no / in it, no . or - in front");
}

/* Keeps a list that is read at the end, when base is known. --set cannot give it: its nodes have no place. */
static void keep_list(reader *r, const key_row *row, const node *value)
{
    if (r->within != NULL)
        grid_mistake(r, value, "%s can be changed only in the grid file%s", row->name,
                     row->kinds == KEY_AXES ? "; to replace one axis: --set learning_rate=[0.1, 0.2]" : "");
    else
        *(row->kinds == KEY_AXES ? &r->swept : row->kinds == KEY_PATTERNS ? &r->exclude : &r->include) = value;
}

/* ---- base ---- */

static void read_setting(reader *r, const nn_hyper_row *row, const node *value)
{
    setting_value v;
    if (row->in_data) {
        if (r->within == NULL)
            grid_mistake(r, value, "%s of all runs stands under data; sweep it under grid", row->name);
        return;
    }
    if (r->within == NULL && grid_is_sweep(value, row)) {
        grid_mistake(r, value, "a %s in base is not swept; move %s to grid",
                     value->kind == NODE_LIST ? "list" : "range", row->name);
        return;
    }
    r->g->set_at[row - nn_hyper_rows] = grid_place_in(r, value);
    if (grid_want_setting(r, value, row, &v))
        memcpy(nn_hyper_at(&r->g->base, row), &v, grid_field_size(row->kind));
}

static int find_file(const char *name)
{
    int i = 0;
    while (i < GRID_N_FILE && strcmp(grid_files[i].name, name) != 0)
        i++;
    return i;
}

static void read_base_file(reader *r, int file, const node *value)
{
    r->g->file_at[file] = grid_place_in(r, value);
    grid_want_copy(r, value, grid_files[file].name, &r->g->files[file]);
}

static void read_base_key(reader *r, const node *key, const node *value)
{
    const char *names[NN_N_HYPER + GRID_N_FILE];
    const nn_hyper_row *row = nn_hyper_find(key->text);
    const int file = find_file(key->text);
    for (int i = 0; i < NN_N_HYPER; i++)
        names[i] = nn_hyper_rows[i].name;
    for (int i = 0; i < GRID_N_FILE; i++)
        names[NN_N_HYPER + i] = grid_files[i].name;
    if (row == NULL && file == GRID_N_FILE)
        grid_unknown_key(r, key, "setting", names, NN_N_HYPER + GRID_N_FILE);
    else if (grid_find_override(r, key->text) == NULL)
        row != NULL ? read_setting(r, row, value) : read_base_file(r, file, value);
}

static void read_base(reader *r, const key_row *row, const node *value)
{
    (void)row;
    if (grid_want_map(r, value, "base", "base: {epochs: 100}"))
        for (size_t i = 0; i < value->n; i++)
            read_base_key(r, value->keys[i], value->items[i]);
}

/* Puts the settings of which --set gives one value into base, whatever the file says. Several values are an axis. */
static void read_set_settings(reader *r)
{
    for (int i = 0; i < NN_N_HYPER; i++) {
        r->within = grid_find_override(r, nn_hyper_rows[i].name);
        if (r->within != NULL && !grid_is_sweep(r->within->value, &nn_hyper_rows[i]))
            read_setting(r, &nn_hyper_rows[i], r->within->value);
    }
    for (int i = 0; i < GRID_N_FILE; i++) {
        r->within = grid_find_override(r, grid_files[i].name);
        if (r->within != NULL)
            read_base_file(r, i, r->within->value);
    }
    r->within = NULL;
}

/* ---- all keys ---- */

static const char *const diagnoses[] = {"none", "endpoint"};
static const key_row rows[] = {
    {"name", KEY_TEXT, "names the results file, results/NAME.h5; default: that of the grid file", FIELD(name),
     .read = read_name},
    {"question", KEY_TEXT, "what the grid is to answer; kept in the results", FIELD(question)},
    {"seed", KEY_COUNT, "seed of all random numbers; default 1", AT_LEAST(0), FIELD(seed)},
    {"repeats", KEY_COUNT, "trainings of each cell, with other splits and starting weights; default 1", BETWEEN(1, 1e7),
     FIELD(repeats)},
    {"data", KEY_MAP, "the data set: a file or a built-in set", .table = &grid_data_keys, .required = true,
     AT(data.at)},
    {"base", KEY_SETTINGS, "one value of each setting", .read = read_base},
    {"grid", KEY_AXES, "what is swept: a product of axes, or a list of such products", .read = keep_list},
    {"exclude", KEY_PATTERNS, "cells to leave out: patterns of settings", .read = keep_list},
    {"include", KEY_POINTS, "further cells, one by one", .read = keep_list},
    {"sample", KEY_COUNT, "this many cells of the grid, chosen by their hash", BETWEEN(1, 1e7), FIELD(sample)},
    {"collapse", KEY_TRUTH, "keeps one of the cells that differ only in settings that do not matter there",
     FIELD(collapse)},
    {"stop", KEY_MAP, "stopping rules", .table = &grid_stop_keys, AT(stop_at)},
    {"record", KEY_MAP, "what is recorded of each run", .table = &grid_record_keys},
    {"limits", KEY_MAP, "when a run fails or has diverged", .table = &grid_limits_keys},
    {"success", KEY_CONDITIONS, "when a run counts as solved: conditions on metrics", .read = grid_read_success},
    {"diagnose", KEY_CHOICE, "endpoint: what kind of point each run ended at, by its gradient and Hessian",
     WORDS(diagnoses), FIELD(recording.endpoint), AT(diagnose_at)},
};
const key_table grid_root = {"", "data: {builtin: xor}", COUNT_OF(rows), rows, NULL};

const char *grid_word(const char *path, int i)
{
    const key_row *row = NULL;
    for (const key_table *table = &grid_root; path[0] != '\0'; table = row->table) {
        const size_t n = strcspn(path, ".");
        row = table->rows;
        while (strncmp(row->name, path, n) != 0 || row->name[n] != '\0')
            row++;
        path += n + (path[n] == '.');
    }
    return row->words[i];
}

static void default_name(reader *r)
{
    const char *slash = strrchr(r->g->path, '/'), *from = slash != NULL ? slash + 1 : r->g->path;
    const char *dot = strrchr(from, '.');
    if (r->g->name == NULL)
        r->g->name = strndup(from, dot != NULL && dot > from ? (size_t)(dot - from) : strlen(from));
    r->out_of_memory = r->out_of_memory || r->g->name == NULL;
}

/* What the section of the data says is what the settings of the data are where they are not swept. */
static void take_data_settings(grid *g)
{
    nn_text scale = {{0}};
    if (g->data.scale == SCALE_DIVISOR)
        setting_real_format(g->data.divisor, scale.text, sizeof scale.text);
    else
        snprintf(scale.text, sizeof scale.text, "%s", nn_scales.rows[g->data.scale].name);
    g->base.data_scale = scale;
    g->base.data_missing = (int32_t)g->data.missing;
    g->base.data_target_scale = (int32_t)g->data.target_scale;
}

/* What is swept is read last: base must be complete, and --set may have taken an axis away. */
static void read_sections(reader *r)
{
    const node *top = yaml_tree_root(r->tree);
    yaml_get(top, "grid", &r->grid_at);
    grid_read_keys(r, r->root, top);
    if (r->g->recording.every == 0 && r->g->recording.per_decade == 0)
        r->g->recording.every = 1;
    read_set_settings(r);
    take_data_settings(r->g);
    default_name(r);
    grid_read_axes(r, r->swept);
    grid_check_points(r);
    grid_report_unused_overrides(r);
}

static grid *new_grid(const char *path)
{
    grid *g = calloc(1, sizeof *g);
    if (g == NULL)
        return NULL;
    g->path = strdup(path);
    g->seed = 1;
    g->repeats = g->folds = 1;
    g->base = nn_hyper_defaults;
    g->diverge = 1e4;
    g->strip = NN_DEFAULT_STRIP;
    g->recording = (nn_recording){.parts = {true, true, true}, .keep = {false, true, true}};
    data_spec_init(&g->data);
    return g;
}

static bool list_runs(reader *r)
{
    grid *g = r->g;
    g->n_runs = g->n_cells * g->repeats * g->folds;
    g->runs = malloc((g->n_runs + 1) * sizeof *g->runs);
    if (g->runs == NULL)
        return false;
    size_t n = 0;
    for (uint32_t cell = 0; cell < g->n_cells; cell++)
        for (uint32_t repeat = 0; repeat < g->repeats; repeat++)
            for (uint32_t fold = 0; fold < g->folds; fold++)
                g->runs[n++] = (grid_run){.cell = cell, .repeat = repeat, .fold = fold};
    return true;
}

/* Does some run replace labels of classes? */
static bool has_label_noise(const grid *g)
{
    nn_hyper h;
    bool noisy = false;
    for (size_t cell = 0; cell < g->n_cells && !g->data.regression && !noisy; cell++) {
        grid_cell(g, cell, &h);
        noisy = h.label_noise > 0;
    }
    return noisy;
}

/* Notes what the runs do with the numbers of the data, for those who check them. */
static void note_use(grid *g)
{
    data_use *use = &g->data.use;
    nn_hyper h;
    for (size_t cell = 0; cell < g->n_cells; cell++) {
        const data_variant *v = grid_data(g, cell);
        const bool raw = v->scale == SCALE_NONE || v->scale == SCALE_DIVISOR;
        grid_cell(g, cell, &h);
        const bool narrow = h.precision == NN_PRECISION_float32;
        use->float32 |= narrow;
        use->fitted |= !raw;
        if (raw && narrow && !(use->divisor > 0 && use->divisor < v->divisor))
            use->divisor = v->divisor;
    }
}

static void free_reader(reader *r)
{
    grid_free_blocks(r);
    for (size_t i = 0; i < r->n_overrides; i++) {
        free(r->overrides[i].key);
        yaml_tree_free(r->overrides[i].tree);
    }
    free(r->overrides);
    yaml_tree_free(r->tree);
    grid_free(r->g);
}

/* Reads `text`, or the file if it is NULL. */
static nn_status read_all(const char *path, const char *text, const char *const *overrides, size_t n_overrides,
                          diagnostics *diags, grid **out)
{
    reader r = {.root = &grid_root, .d = diags, .g = new_grid(path)};
    nn_status status = NN_usage;
    if (r.g == NULL || r.g->path == NULL) {
        r.out_of_memory = true;
        goto done;
    }
    if (!grid_parse_overrides(&r, overrides, n_overrides) ||
        (text != NULL ? yaml_tree_parse(path, text, strlen(text), diags, &r.tree)
                      : yaml_tree_read(path, diags, &r.tree)) != NN_ok)
        goto done;
    r.g->yaml = strdup(yaml_tree_text(r.tree));
    r.out_of_memory = r.g->yaml == NULL;
    read_sections(&r);
    if (diagnostics_status(diags) == NN_ok)
        grid_make_cells(&r);
    if (diagnostics_status(diags) == NN_ok && !r.out_of_memory)
        r.out_of_memory = !grid_find_variants(r.g) || !list_runs(&r);
    r.g->data.noisy = has_label_noise(r.g);
    if (diagnostics_status(diags) == NN_ok && !r.out_of_memory)
        note_use(r.g);
    if (diagnostics_status(diags) == NN_ok && !r.out_of_memory) {
        *out = r.g;
        r.g = NULL;
        status = NN_ok;
    }
done:
    if (r.out_of_memory) {
        diagnostics_add(diags, SEVERITY_ERROR, NN_memory, (place){0, 0}, "not enough memory for this grid");
        status = NN_memory;
    } else if (status != NN_ok && diagnostics_status(diags) != NN_ok) {
        status = diagnostics_status(diags);
    }
    free_reader(&r);
    return status;
}

nn_status grid_read(const char *path, const char *const *overrides, size_t n_overrides, diagnostics *diags, grid **out)
{
    return read_all(path, NULL, overrides, n_overrides, diags, out);
}

nn_status grid_read_text(const char *path, const char *text, const char *const *overrides, size_t n_overrides,
                         diagnostics *diags, grid **out)
{
    return read_all(path, text, overrides, n_overrides, diags, out);
}

void grid_free(grid *g)
{
    if (g == NULL)
        return;
    free(g->path);
    free(g->name);
    free(g->replaced);
    free(g->question);
    free(g->yaml);
    for (int i = 0; i < GRID_N_FILE; i++)
        free(g->files[i]);
    data_spec_free(&g->data);
    for (size_t a = 0; a < g->n_axes; a++)
        free(g->axes[a].values);
    free(g->axes);
    free(g->points);
    free(g->variants);
    free(g->cell_variant);
    free(g->starts);
    free((void *)g->stopping.rules);
    free(g->success);
    free(g->runs);
    free(g);
}
