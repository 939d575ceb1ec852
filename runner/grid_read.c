/* Reads a grid file: section by section, all mistakes in one pass. */
#include "grid_internal.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* ---- top-level keys ---- */

static void read_name(reader *r, const node *value)
{
    if (!want_copy(r, value, "name", &r->g->name))
        return;
    if (r->g->name[0] == '\0' || strpbrk(r->g->name, "/\n") != NULL)
        mistake(r, value, "name becomes a file name: it takes letters, digits, - and _");
}

static void read_question(reader *r, const node *value)
{
    want_copy(r, value, "question", &r->g->question);
}

static void read_seed(reader *r, const node *value)
{
    int64_t seed;
    if (want_count(r, value, "seed", 0, INT64_MAX, &seed))
        r->g->seed = (uint64_t)seed;
}

static void read_repeats(reader *r, const node *value)
{
    int64_t repeats;
    if (want_count(r, value, "repeats", 1, 10000000, &repeats))
        r->g->repeats = (uint32_t)repeats;
}

static void read_exclude(reader *r, const node *value)
{
    r->exclude = value;
}

static void read_include_section(reader *r, const node *value)
{
    r->include = value;
}

static void read_sample(reader *r, const node *value)
{
    want_count(r, value, "sample", 1, 10000000, &r->sample);
}

static void read_collapse(reader *r, const node *value)
{
    want_truth(r, value, "collapse", &r->collapse);
}

/* ---- base ---- */

static void read_base_setting(reader *r, const nn_hyper_row *row, const node *value)
{
    setting_value v;
    const bool nested = value->kind == NODE_LIST && value->n > 0 && value->items[0]->kind == NODE_LIST;
    if (value->kind == NODE_LIST && (row->kind != NN_SHAPE || nested)) {
        mistake(r, value, "a list in base is not swept; move %s to grid", row->name);
        return;
    }
    r->set_at[row - nn_hyper_rows] = value->at;
    if (want_setting(r, value, row, &v))
        memcpy(nn_hyper_at(&r->g->base, row), &v, field_size(row->kind));
}

static void read_base_key(reader *r, const node *key, const node *value)
{
    const char *names[NN_N_HYPER + 1];
    const nn_hyper_row *row = nn_hyper_find(key->text);
    for (int i = 0; i < NN_N_HYPER; i++)
        names[i] = nn_hyper_rows[i].name;
    names[NN_N_HYPER] = "init_file";
    if (strcmp(key->text, "init_file") == 0) {
        r->g->init_file_at = value->at;
        want_copy(r, value, "init_file", &r->g->init_file);
    } else if (row == NULL) {
        unknown_key(r, key, "setting", names, NN_N_HYPER + 1);
    } else if (!is_overridden(r, row)) {
        read_base_setting(r, row, value);
    }
}

static void read_base(reader *r, const node *value)
{
    if (want_map(r, value, "base"))
        for (size_t i = 0; i < value->n; i++)
            read_base_key(r, value->keys[i], value->items[i]);
}

/* ---- --set ---- */

/* key=value, the value as YAML, so that hidden=[64, 32] works. */
static bool parse_override(reader *r, const char *text, override *out)
{
    const char *equals = strchr(text, '=');
    char *yaml = NULL;
    diagnostics own;
    diagnostics_init(&own);
    *out = (override){.text = text};
    bool good = equals != NULL && equals > text && equals[1] != '\0' &&
                asprintf(&yaml, "value: %s", equals + 1) > 0 &&
                yaml_tree_parse("--set", yaml, strlen(yaml), &own, &out->tree) == NN_ok;
    if (good) {
        out->key = strndup(text, (size_t)(equals - text));
        out->value = node_get(yaml_tree_root(out->tree), "value", NULL);
        good = out->key != NULL && out->value != NULL;
    }
    if (!good)
        diagnostics_add(r->d, SEVERITY_ERROR, NN_usage, (place){0, 0},
                        "--set takes setting=value, such as --set epochs=10, not '%s'", text);
    diagnostics_free(&own);
    free(yaml);
    return good;
}

static bool parse_overrides(reader *r, const char *const *texts, size_t n)
{
    r->overrides = calloc(n + 1, sizeof *r->overrides);
    if (r->overrides == NULL) {
        r->out_of_memory = true;
        return false;
    }
    bool good = true;
    for (size_t i = 0; i < n; i++)
        good = parse_override(r, texts[i], &r->overrides[r->n_overrides++]) && good;
    return good;
}

/* Settings given by --set stand in base, whatever the file says. */
static void apply_settings(reader *r)
{
    for (size_t i = 0; i < r->n_overrides; i++) {
        override *o = &r->overrides[i];
        const nn_hyper_row *row = nn_hyper_find(o->key);
        if (row == NULL)
            continue;
        o->used = true;
        r->within = o;
        read_base_setting(r, row, o->value);
        r->within = NULL;
    }
}

static void report_unused(reader *r, const key_row *rows, size_t n_rows)
{
    const char *names[NN_N_HYPER + 32];
    size_t n = 0;
    for (int i = 0; i < NN_N_HYPER; i++)
        names[n++] = nn_hyper_rows[i].name;
    for (size_t i = 0; i < n_rows; i++)
        names[n++] = rows[i].name;
    for (size_t i = 0; i < r->n_overrides; i++)
        if (!r->overrides[i].used) {
            const char *near = nearest_name(r->overrides[i].key, names, n);
            diagnostics_add(r->d, SEVERITY_ERROR, NN_usage, (place){0, 0},
                            "--set %s: unknown setting '%s'%s%s%s", r->overrides[i].text, r->overrides[i].key,
                            near != NULL ? "; did you mean '" : "", near != NULL ? near : "",
                            near != NULL ? "'?" : "");
        }
}

/* ---- the whole ---- */

/* `grid`, `exclude` and `include` need base and data first, so they are kept for later. */
static void read_nothing(reader *r, const node *value)
{
    (void)r, (void)value;
}

static const key_row root_rows[] = {
    {"name", read_name},       {"question", read_question}, {"seed", read_seed},
    {"repeats", read_repeats}, {"data", read_data},         {"base", read_base},
    {"grid", read_nothing},    {"exclude", read_exclude},   {"include", read_include_section},
    {"sample", read_sample},   {"collapse", read_collapse}, {"stop", read_stop},
    {"record", read_record},   {"limits", read_limits},     {"success", read_success},
};

static void default_name(reader *r)
{
    const char *slash = strrchr(r->g->path, '/'), *from = slash != NULL ? slash + 1 : r->g->path;
    const char *dot = strrchr(from, '.');
    if (r->g->name == NULL)
        r->g->name = strndup(from, dot != NULL && dot > from ? (size_t)(dot - from) : strlen(from));
    r->out_of_memory = r->out_of_memory || r->g->name == NULL;
}

static void read_sections(reader *r)
{
    const node *root = yaml_tree_root(r->tree), *grid_node = node_get(root, "grid", NULL);
    read_keys(r, "", root, root_rows, COUNT_OF(root_rows));
    if (node_get(root, "data", NULL) == NULL && r->g->data.file == NULL && r->g->data.builtin == NULL)
        mistake(r, root, "there is no `data:`; say what is to be learned, such as data: {builtin: xor}");
    const node *stop = node_get(root, "stop", NULL);
    r->g->stop_at = stop != NULL ? stop->at : (place){0, 0};
    apply_settings(r);
    default_name(r);
    if (grid_node != NULL)
        read_grid(r, grid_node);
    report_unused(r, root_rows, COUNT_OF(root_rows));
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
    free_blocks(r);
    for (size_t i = 0; i < r->n_overrides; i++) {
        free(r->overrides[i].key);
        yaml_tree_free(r->overrides[i].tree);
    }
    free(r->overrides);
    yaml_tree_free(r->tree);
    grid_free(r->g);
}

nn_status grid_read(const char *path, const char *const *overrides, size_t n_overrides, diagnostics *diags,
                    grid **out)
{
    reader r = {.d = diags, .g = new_grid(path)};
    nn_status status = NN_usage;
    if (r.g == NULL || r.g->path == NULL) {
        r.out_of_memory = true;
        goto done;
    }
    parse_overrides(&r, overrides, n_overrides);
    if (yaml_tree_read(path, diags, &r.tree) != NN_ok)
        goto done;
    r.g->yaml = strdup(yaml_tree_text(r.tree));
    r.out_of_memory = r.g->yaml == NULL;
    read_sections(&r);
    if (diagnostics_status(diags) == NN_ok)
        make_cells(&r);
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

void grid_free(grid *g)
{
    if (g == NULL)
        return;
    free(g->path);
    free(g->name);
    free(g->question);
    free(g->yaml);
    free(g->init_file);
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
