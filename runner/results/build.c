/* Creates the structure of a results file: the datasets of the layout, and the attributes that describe them. */
#include "results/build.h"
#include "results/fields.h"
#include "results/names.h"
#include "results/place.h"
#include "results/sources.h"
#include "results/plots.h"
#include "version.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* ---- datasets ---- */

/* Writes the codes of a column and their words, as the CF conventions ask. */
static void flags_of(h5_file *file, const field *f)
{
    const nn_choices *flags = f->flags;
    size_t length = 1;
    for (int i = 0; i < flags->n; i++)
        length += strlen(flags->rows[i].name) + 1;
    char *meanings = calloc(1, length), *end = meanings;
    int64_t *codes = calloc((size_t)flags->n + 1, sizeof *codes);
    for (int i = 0; meanings != NULL && codes != NULL && i < flags->n; i++) {
        end = stpcpy(stpcpy(end, i > 0 ? " " : ""), flags->rows[i].name);
        if (f->type == H5_I32)
            ((int32_t *)(void *)codes)[i] = i;
        else
            ((int8_t *)codes)[i] = (int8_t)i; /* uint8 and int8 */
    }
    if (meanings != NULL && codes != NULL && flags->n > 0) {
        h5_numbers(file, f->path, ATTR_FLAG_VALUES, f->type, codes, (size_t)flags->n);
        h5_text(file, f->path, ATTR_FLAG_MEANINGS, meanings);
    }
    free(meanings);
    free(codes);
}

/* Names the datasets that a row's check covers, in their order, so that a reader can verify rows. It is one text, not a
 * list: lists lie in HDF5's global heap, which has no checksum, and reading a damaged one can crash the library. */
static void describe_check(h5_file *file, const layout *l)
{
    size_t length = 1;
    for (size_t i = 0; i < l->n_fields; i++)
        length += l->fields[i].put == NULL ? 0 : strlen(l->fields[i].path) + 1;
    char *covers = calloc(1, length), *end = covers;
    if (covers == NULL)
        return;
    for (size_t i = 0; i < l->n_fields; i++)
        if (l->fields[i].put != NULL)
            end = stpcpy(stpcpy(end, end > covers ? " " : ""), l->fields[i].path);
    h5_text(file, l->fields[l->check].path, ATTR_COVERS, covers);
    free(covers);
}

typedef struct group_fields {
    const layout *l;
    const field *first;
} group_fields;

static void describe_field(void *context, h5_file *file, size_t column)
{
    const group_fields *g = context;
    const field *f = &g->first[column];
    if (f->help != NULL && f->help[0] != '\0')
        h5_text(file, f->path, "long_name", f->help);
    if (f->flags != NULL)
        flags_of(file, f);
    if (f->zero_means != NULL)
        h5_text(file, f->path, ATTR_ZERO_MEANS, f->zero_means);
    if (f->put == results_put_curve)
        h5_text(file, f->path, "interpretation", "spectrum");
    if (f == &g->l->fields[g->l->check])
        describe_check(file, g->l);
}

/* Creates fields [from, to), those of one group, and sets their offsets. */
static void create_group(h5_file *file, layout *l, size_t from, size_t to, h5_column *columns)
{
    group_fields g = {l, &l->fields[from]};
    for (size_t i = from; i < to; i++) {
        const field *f = &l->fields[i];
        h5_column *c = &columns[i - from];
        *c = (h5_column){
            .path = f->path, .type = f->type, .is_scale = f->is_scale, .length = f->length, .n_dims = f->n_dims};
        for (int d = 0; d < f->n_dims; d++)
            c->dims[d] = f->dims[d] - (int)from; /* scales are in the group of their data */
    }
    h5_columns(file, l->fields[from].group, columns, to - from, describe_field, &g);
    for (size_t i = from; i < to; i++)
        l->fields[i].offset = columns[i - from].offset;
}

/* The fields of a group follow each other in the layout. */
static nn_status create_fields(h5_file *file, layout *l, nn_error *err)
{
    h5_column *columns = calloc(l->n_fields + 1, sizeof *columns);
    if (columns == NULL)
        return nn_fail(err, NN_memory, "not enough memory to lay out the results file");
    for (size_t from = 0, to; from < l->n_fields; from = to) {
        for (to = from + 1; to < l->n_fields && l->fields[to].group == l->fields[from].group;)
            to++;
        create_group(file, l, from, to, columns);
    }
    free(columns);
    return NN_ok;
}

/* ---- groups ---- */

static void describe_root(h5_file *file, const layout *l)
{
    const int32_t format = RESULTS_FORMAT;
    h5_numbers(file, "/", ATTR_FORMAT, H5_I32, &format, 0);
    h5_text(file, "/", "nngrid_version", NNGRID_VERSION);
    h5_text(file, "/", "Conventions", "CF-1.10");
    h5_text(file, "/", "NX_class", "NXroot");
    h5_text(file, "/", "default", "plots"); /* whose own default is a picture */
    h5_text(file, "/", "title", l->grid->name == NULL ? "" : l->grid->name);
}

/* Makes the group an NXdata, which a viewer draws on a click. Lines need `spectrum`, or they are drawn as an image. */
static void describe_picture(h5_file *file, const char *group, const char *const *signals, size_t n,
                             const char *const *axes, size_t n_axes, const char *interpretation)
{
    if (n == 0)
        return;
    h5_text(file, group, "NX_class", "NXdata");
    h5_text(file, group, "signal", signals[0]);
    h5_texts(file, group, "axes", axes, n_axes);
    if (n > 1)
        h5_texts(file, group, "auxiliary_signals", signals + 1, n - 1);
    h5_text(file, group, "interpretation", interpretation);
}

static void describe_curves(h5_file *file, const layout *l)
{
    static const char *const axes[] = {NAME_RUN, NAME_EPOCH};
    const char *signals[MOST_CURVES];
    size_t n = 0;
    for (size_t i = 0; i < l->n_fields; i++)
        if (l->fields[i].put == results_put_curve)
            signals[n++] = l->fields[i].name;
    describe_picture(file, PATH_CURVES, signals, n, axes, 2, "spectrum");
}

/* NeXus asks that the default of the root is an NXentry, whose own default is the picture. */
static void describe_plots(h5_file *file, const layout *l)
{
    h5_text(file, PATH_PLOTS, "NX_class", "NXentry");
    h5_text(file, PATH_PLOTS, "default", l->n_plots > 0 ? strrchr(l->plots[0].group, '/') + 1 : "");
    for (size_t i = 0; i < l->n_plots; i++) {
        const plot *p = &l->plots[i];
        const field *first = &l->fields[p->first];
        const char *signals[PLOT_SIGNALS], *axes[H5_MAX_DIMS];
        const char *interpretation = p->row->kind == PLOT_IMAGE ? "image" : "spectrum";
        for (int d = 0; d < first->n_dims; d++)
            axes[d] = l->fields[first->dims[d]].name;
        for (size_t k = 0; k < p->n; k++) {
            signals[k] = first[k].name;
            h5_text(file, first[k].path, "interpretation", interpretation);
        }
        describe_picture(file, p->group, signals, p->n, axes, (size_t)first->n_dims, interpretation);
        h5_text(file, p->group, "long_name", p->row->title);
    }
}

static void describe_stops(h5_file *file, const layout *l)
{
    for (size_t i = 0; i < l->n_fields; i++) {
        const field *f = &l->fields[i];
        if (!results_is_rule(f))
            continue;
        const nn_stop_rule *rule = &l->rules[f->index];
        h5_text(file, f->group, ATTR_RULE, nn_stops.rows[rule->kind].name);
        h5_text(file, f->group, "long_name", nn_stops.rows[rule->kind].help);
        h5_text(file, f->group, "parameter_name", nn_stop_rows[rule->kind].parameter);
        h5_numbers(file, f->group, ATTR_PARAMETER, H5_F64, &rule->parameter, 0);
        h5_numbers(file, f->group, ATTR_MIN_DELTA, H5_F64, &rule->min_delta, 0);
        if (rule->strip > 0)
            h5_numbers(file, f->group, ATTR_STRIP, H5_I32, &rule->strip, 0);
        if (nn_stop_rows[rule->kind].needs & NN_TAKES_CURVE)
            h5_text(file, f->group, ATTR_CURVE, nn_curves.rows[rule->curve].name);
    }
}

static void describe_weights(h5_file *file, const layout *l)
{
    char group[NET_NAME_BYTES + 16];
    for (size_t i = 0; i < l->n_nets; i++) {
        const net_shape *shape = &l->nets[i];
        const uint8_t bias = shape->net.bias, shortcuts = shape->net.shortcuts;
        snprintf(group, sizeof group, PATH_WEIGHTS "/%s", shape->name);
        h5_text(file, group, "long_name", "weights of the runs of this shape: W1[run, in, out], b1[run, out], W2 ...");
        h5_numbers(file, group, ATTR_WIDTHS, H5_I32, shape->net.width, (size_t)shape->net.n_layers + 1);
        h5_numbers(file, group, "bias", H5_U8, &bias, 0);
        h5_numbers(file, group, "shortcuts", H5_U8, &shortcuts, 0);
    }
}

static void describe_data(h5_file *file, const layout *l)
{
    const dataset *d = l->data;
    const int64_t rows = (int64_t)d->data.n_rows, missing = (int64_t)d->n_missing, dropped = (int64_t)d->n_dropped;
    h5_text(file, PATH_DATA, "name", d->name == NULL ? "" : d->name);
    h5_numbers(file, PATH_DATA, ATTR_DIGEST, H5_U64, &d->digest, 0);
    h5_numbers(file, PATH_DATA, "rows", H5_I64, &rows, 0);
    h5_numbers(file, PATH_DATA, "missing", H5_I64, &missing, 0);
    h5_numbers(file, PATH_DATA, "dropped", H5_I64, &dropped, 0);
    if (d->class_names != NULL && d->data.n_classes > 0)
        h5_texts(file, PATH_DATA, ATTR_CLASS_NAMES, (const char *const *)d->class_names, d->data.n_classes);
    if (d->input_names != NULL && d->data.n_inputs > 0)
        h5_texts(file, PATH_DATA, ATTR_INPUT_NAMES, (const char *const *)d->input_names, d->data.n_inputs);
    if (d->target_name != NULL)
        h5_text(file, PATH_DATA, ATTR_TARGET_NAME, d->target_name);
    if (d->target_names != NULL)
        h5_texts(file, PATH_DATA, ATTR_TARGET_NAMES, (const char *const *)d->target_names, d->n_target_names);
}

static nn_status describe_grid(h5_file *file, const layout *l, nn_error *err)
{
    const grid *g = l->grid;
    const int32_t n_axes = (int32_t)g->n_axes;
    uint64_t digest = 0;
    nn_status status = results_layout_digest(l, &digest, err);
    if (status != NN_ok)
        return status;
    char *resolved = grid_resolved_yaml(g);
    const char **axes = calloc(g->n_axes + 1, sizeof *axes);
    for (size_t i = 0; axes != NULL && i < g->n_axes; i++)
        axes[i] = g->axes[i].row->name;
    h5_text(file, PATH_GRID, ATTR_YAML, g->yaml == NULL ? "" : g->yaml);
    h5_text(file, PATH_GRID, ATTR_RESOLVED, resolved == NULL ? "" : resolved);
    h5_text(file, PATH_GRID, "question", g->question == NULL ? "" : g->question);
    h5_numbers(file, PATH_GRID, "n_axes", H5_I32, &n_axes, 0);
    if (axes != NULL && n_axes > 0)
        h5_texts(file, PATH_GRID, ATTR_AXES, axes, g->n_axes);
    h5_numbers(file, PATH_GRID, "seed", H5_U64, &g->seed, 0);
    h5_numbers(file, PATH_GRID, ATTR_LAYOUT, H5_U64, &digest, 0);
    free(axes);
    free(resolved);
    return NN_ok;
}

/* ---- provenance ---- */

/* The name of the CPU from /proc/cpuinfo, or an empty text. */
static char *cpu_name(char *text, size_t size)
{
    char line[256];
    FILE *f = fopen("/proc/cpuinfo", "r");
    text[0] = '\0';
    while (f != NULL && text[0] == '\0' && fgets(line, sizeof line, f) != NULL) {
        const char *colon = strchr(line, ':');
        if (strncmp(line, "model name", 10) == 0 && colon != NULL)
            snprintf(text, size, "%.*s", (int)strcspn(colon + 2, "\n"), colon + 2);
    }
    if (f != NULL)
        fclose(f);
    return text;
}

static void describe_provenance(h5_file *file, const layout *l, const results_options *options)
{
    const grid *g = l->grid;
    char host[256] = "", cpu[256], date[32] = "";
    char *whole_path = realpath(g->path, NULL); /* the paths of data are relative to its folder */
    const char *grid_path = whole_path == NULL ? g->path : whole_path;
    const int32_t threads = options == NULL ? 0 : options->threads, arithmetic = nn_arithmetic();
    const char *command = options == NULL || options->command_line == NULL ? "" : options->command_line;
    const time_t now = time(NULL);
    struct tm utc;
    if (gethostname(host, sizeof host - 1) < 0)
        host[0] = '\0';
    if (gmtime_r(&now, &utc) != NULL)
        strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%SZ", &utc);
    h5_text(file, PATH_PROVENANCE, "version", NNGRID_VERSION);
    h5_text(file, PATH_PROVENANCE, "compiler", NNGRID_COMPILER);
    h5_text(file, PATH_PROVENANCE, "flags", NNGRID_FLAGS);
    h5_numbers(file, PATH_PROVENANCE, ATTR_ARITHMETIC, H5_I32, &arithmetic, 0);
    h5_numbers(file, PATH_PROVENANCE, ATTR_ACCEPTED, H5_I32, &l->accepted, 0);
    h5_text(file, PATH_PROVENANCE, ATTR_ENGINE, nn_engines.rows[g->engine].name);
    h5_text(file, PATH_PROVENANCE, "instruction_set", nn_isas.rows[nn_isa_resolve(g->isa)].name);
    h5_text(file, PATH_PROVENANCE, "cpu", cpu_name(cpu, sizeof cpu));
    h5_numbers(file, PATH_PROVENANCE, ATTR_THREADS, H5_I32, &threads, 0);
    h5_text(file, PATH_PROVENANCE, "host", host);
    h5_text(file, PATH_PROVENANCE, "date", date);
    h5_text(file, PATH_PROVENANCE, ATTR_COMMAND_LINE, command);
    h5_text(file, PATH_PROVENANCE, ATTR_GRID_PATH, grid_path);
    results_sources_write(file, g, l->data);
    free(whole_path);
}

nn_status results_build(layout *l, const results_options *options, const char *path, nn_error *err)
{
    h5_file *file = NULL;
    nn_status status = h5_create(path, &file, err);
    if (status != NN_ok)
        return status;
    describe_root(file, l);
    for (size_t i = 0; i < l->n_groups; i++)
        if (strcmp(l->groups[i], "/") != 0)
            h5_group(file, l->groups[i]);
    status = create_fields(file, l, err);
    describe_curves(file, l);
    describe_plots(file, l);
    describe_stops(file, l);
    describe_weights(file, l);
    describe_data(file, l);
    if (status == NN_ok)
        status = describe_grid(file, l, err);
    describe_provenance(file, l, options);
    nn_status closed = h5_close(file, status == NN_ok ? err : NULL);
    return status == NN_ok ? closed : status;
}
