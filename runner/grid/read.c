/* Reads a grid file: section by section, all mistakes in one pass. */
#include "base/suggest.h"
#include "grid/axes.h"
#include "grid/data.h"
#include "grid/points.h"
#include "grid/sections.h"
#include "grid/tables.h"
#include "grid/values.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- top-level keys ---- */

/* The name becomes that of the results file. */
static bool is_file_name(const char *name)
{
    for (const char *c = name; *c != '\0'; c++)
        if ((unsigned char)*c < ' ' || *c == '/')
            return false;
    return strlen(name) <= 100 && strchr(".-", name[0]) == NULL;
}

static void read_name(reader *r, const node *value)
{
    if (grid_want_copy(r, value, "name", &r->g->name) && !is_file_name(r->g->name))
        grid_mistake(r, value, "name becomes a file name: at most 100 characters, no / in it, no . or - in front");
}

static void read_question(reader *r, const node *value)
{
    grid_want_copy(r, value, "question", &r->g->question);
}

static void read_seed(reader *r, const node *value)
{
    int64_t seed;
    if (grid_want_count(r, value, "seed", 0, INT64_MAX, &seed))
        r->g->seed = (uint64_t)seed;
}

static void read_repeats(reader *r, const node *value)
{
    int64_t repeats;
    if (grid_want_count(r, value, "repeats", 1, 10000000, &repeats))
        r->g->repeats = (uint32_t)repeats;
}

/* Lists that are checked at the end, by place: --set has none. */
static void keep_list(reader *r, const node *value, const char *what, const node **out)
{
    if (r->within != NULL)
        grid_mistake(r, value, "%s can be changed in the grid file alone", what);
    else
        *out = value;
}

static void read_exclude(reader *r, const node *value)
{
    keep_list(r, value, "exclude", &r->exclude);
}

static void read_include(reader *r, const node *value)
{
    keep_list(r, value, "include", &r->include);
}

static void read_sample(reader *r, const node *value)
{
    grid_want_count(r, value, "sample", 1, 10000000, &r->sample);
}

static void read_collapse(reader *r, const node *value)
{
    grid_want_truth(r, value, "collapse", &r->collapse);
}

/* ---- base ---- */

/* Is this more than one value of the setting? A list of widths is one value, a list of lists is not. */
static bool is_sweep(const node *value, const nn_hyper_row *row)
{
    const bool nested = value->kind == NODE_LIST && value->n > 0 && value->items[0]->kind == NODE_LIST;
    return value->kind == NODE_MAP || (value->kind == NODE_LIST && (row->kind != NN_SHAPE || nested));
}

static void read_setting(reader *r, const nn_hyper_row *row, const node *value)
{
    setting_value v;
    if (r->within == NULL && is_sweep(value, row)) {
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

static void read_base(reader *r, const node *value)
{
    if (grid_want_map(r, value, "base", "base: {epochs: 100}"))
        for (size_t i = 0; i < value->n; i++)
            read_base_key(r, value->keys[i], value->items[i]);
}

/* Settings given by --set stand in base, whatever the file says. */
static void read_set_settings(reader *r)
{
    for (int i = 0; i < NN_N_HYPER; i++) {
        r->within = grid_find_override(r, nn_hyper_rows[i].name);
        if (r->within != NULL)
            read_setting(r, &nn_hyper_rows[i], r->within->value);
    }
    for (int i = 0; i < GRID_N_FILE; i++) {
        r->within = grid_find_override(r, grid_files[i].name);
        if (r->within != NULL)
            read_base_file(r, i, r->within->value);
    }
    r->within = NULL;
}

/* ---- the whole ---- */

static void read_grid_later(reader *r, const node *value)
{
    keep_list(r, value, "grid", &r->swept);
}

static const key_row rows[] = {
    {"name", read_name},
    {"question", read_question},
    {"seed", read_seed},
    {"repeats", read_repeats},
    {"data", grid_read_data},
    {"base", read_base},
    {"grid", read_grid_later},
    {"exclude", read_exclude},
    {"include", read_include},
    {"sample", read_sample},
    {"collapse", read_collapse},
    {"stop", grid_read_stop},
    {"record", grid_read_record},
    {"limits", grid_read_limits},
    {"success", grid_read_success},
    {"diagnose", grid_read_diagnose},
};
static const key_table root_keys = {"", "lines of `key: value`", COUNT_OF(rows), rows};

static void default_name(reader *r)
{
    const char *slash = strrchr(r->g->path, '/'), *from = slash != NULL ? slash + 1 : r->g->path;
    const char *dot = strrchr(from, '.');
    if (r->g->name == NULL)
        r->g->name = strndup(from, dot != NULL && dot > from ? (size_t)(dot - from) : strlen(from));
    r->out_of_memory = r->out_of_memory || r->g->name == NULL;
}

static void check_data_is_there(reader *r, const node *root)
{
    static const char *const data[] = {"data"};
    bool misspelt = false;
    for (size_t i = 0; i < root->n; i++)
        misspelt = misspelt || suggest_nearest(root->keys[i]->text, data, 1) != NULL;
    if (!misspelt && !data_spec_has_file(&r->g->data) && r->g->data.builtin == NULL)
        grid_mistake_at(r, (place){0, 0},
                        "there is no `data:`; say what is to be learned, such as data: {builtin: xor}");
}

/* What is swept comes last: base must be there first, and --set may have taken an axis away. */
static void read_sections(reader *r)
{
    const node *root = yaml_tree_root(r->tree);
    yaml_get(root, "grid", &r->grid_at);
    grid_read_keys(r, &root_keys, root);
    check_data_is_there(r, root);
    read_set_settings(r);
    default_name(r);
    if (r->swept != NULL)
        grid_read_axes(r, r->swept);
    grid_check_exclude(r);
    grid_check_include(r);
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
    g->recording = (nn_recording){.every = 1, .parts = {true, true, true}, .keep = {false, true, true}};
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

static const key_table *const tables[] = {&root_keys,
                                          &grid_data_keys,
                                          &grid_target_keys,
                                          &grid_split_keys,
                                          &grid_stop_keys,
                                          &grid_record_keys,
                                          &grid_limits_keys,
                                          &grid_file_keys,
                                          &grid_train_file_keys,
                                          &grid_validation_file_keys,
                                          &grid_test_file_keys,
                                          NULL};

/* `text` NULL: what stands in the file. */
static nn_status read_all(const char *path, const char *text, const char *const *overrides, size_t n_overrides,
                          diagnostics *diags, grid **out)
{
    reader r = {.tables = tables, .d = diags, .g = new_grid(path)};
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
        r.out_of_memory = !list_runs(&r);
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
    free(g->question);
    free(g->yaml);
    for (int i = 0; i < GRID_N_FILE; i++)
        free(g->files[i]);
    data_spec_free(&g->data);
    for (size_t a = 0; a < g->n_axes; a++)
        free(g->axes[a].values);
    free(g->axes);
    free(g->points);
    free((void *)g->stopping.rules);
    free(g->success);
    free(g->runs);
    free(g);
}

bool grid_key(size_t i, const char **path, const char **key)
{
    for (size_t t = 0; tables[t] != NULL; t++) {
        if (i < tables[t]->n) {
            *path = tables[t]->path;
            *key = tables[t]->rows[i].name;
            return true;
        }
        i -= tables[t]->n;
    }
    return false;
}
