/* nngrid init: a grid to begin with, for a data file or a built-in set. */
#include "commands/init_write.h"
#include "base/file.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct init_options {
    cmd_source source; /* grid: the data file */
    const char *builtin, *out;
} init_options;

static const option_row options[] = {
    {NULL, 0, OPTION_TEXT, "DATA", offsetof(init_options, source.grid), "a data file", false, 0},
    {"out", 'o', OPTION_TEXT, "GRID.yaml", offsetof(init_options, out), "where to (standard output)", false,
     0},
    {"targets", 0, OPTION_TEXT, "FILE", offsetof(init_options, source.targets),
     "where DATA holds the inputs alone (IDX, .npy): the targets", false, 0},
    {"set", 0, OPTION_LIST, "KEY=VALUE", offsetof(init_options, source.overrides),
     "says how to read the data, such as data.target=first; may be repeated", false, 0},
    {"builtin", 0, OPTION_TEXT, "SET", offsetof(init_options, builtin), "a built-in set in place of a file",
     false, 0},
};
static const option_rule rules[] = {
    {"--builtin", "DATA --targets", NULL, "a built-in set has no file"},
    {"--targets", NULL, "DATA", "which hold the inputs alone"},
    {NULL, NULL, NULL, NULL},
};
enum { N_OPTIONS = sizeof options / sizeof *options };

/* ---- names ---- */

/* The file as the grid, which may lie in another folder, names it; caller frees. */
static char *path_for(const char *path, const char *out)
{
    const char *slash = out != NULL ? strrchr(out, '/') : NULL;
    return slash == NULL || path[0] == '/' ? strdup(path) : realpath(path, NULL);
}

/* "iris" of "data/iris.csv.gz". */
static char *name_for(const init_options *o)
{
    const char *base = file_base(o->builtin != NULL ? o->builtin : o->source.grid);
    base += strspn(base, ".-");
    const size_t length = strcspn(base, ".");
    return length == 0 || length > 100 ? strdup("grid") : strndup(base, length);
}

static nn_status make_draft(const init_options *o, const data_summary *s, const data_spec *spec, draft *d,
                            nn_error *err)
{
    *d = (draft){.s = s, .spec = spec, .out = o->out, .name = name_for(o)};
    const bool is_file = o->builtin == NULL;
    d->file = is_file ? path_for(o->source.grid, o->out) : NULL;
    d->targets = o->source.targets != NULL ? path_for(o->source.targets, o->out) : NULL;
    const bool good = d->name != NULL && (!is_file || d->file != NULL) &&
                      (o->source.targets == NULL || d->targets != NULL) && init_ignore(d);
    return good ? NN_ok : nn_fail(err, NN_memory, "not enough memory for a grid");
}

static void free_draft(draft *d)
{
    free(d->name);
    free(d->file);
    free(d->targets);
    free(d->ignored);
}

/* ---- the command ---- */

/* What can be set here is how the data are read; all else is changed in the grid itself. */
static nn_status check_sets(const option_list *sets, nn_error *err)
{
    static const char *const keys[] = {"data.target",  "data.header", "data.ignore",
                                       "data.one_hot", "data.task",   "data.missing"};
    for (size_t i = 0; i < sets->n; i++) {
        bool known = false;
        for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
            const size_t n = strlen(keys[k]);
            known = known ||
                    (strncmp(sets->items[i], keys[k], n) == 0 && strchr("=.", sets->items[i][n]) != NULL);
        }
        if (!known)
            return nn_fail(
                err, NN_usage,
                "--set says how the data are read here (data.target, header, ignore, one_hot, task, "
                "missing), not '%.100s'; change the rest in the grid",
                sets->items[i]);
    }
    return NN_ok;
}

static nn_status check_request(const init_options *o, nn_error *err)
{
    const char *data = o->source.grid;
    if (data == NULL && o->builtin == NULL)
        return nn_fail(err, NN_usage, "init takes a data file, or --builtin SET (%s, %s, ...)",
                       builtin_names[0], builtin_names[1]);
    if (data != NULL && (file_ends(data, ".yaml") || file_ends(data, ".yml")))
        return nn_fail(err, NN_usage, "%s is a grid; init takes a data file", data);
    const char *const files[] = {data, o->source.targets};
    for (size_t i = 0; i < 2; i++)
        if (files[i] != NULL && access(files[i], R_OK) != 0)
            return nn_fail(err, NN_data, "%s: cannot read it: %s", files[i], strerror(errno));
    if (o->out != NULL && access(o->out, F_OK) == 0)
        return nn_fail(err, NN_usage, "%s is there already and is not overwritten; choose another -o",
                       o->out);
    return check_sets(&o->source.overrides, err);
}

static nn_status read_builtin(const init_options *o, diagnostics *diags, grid **g)
{
    char text[200];
    snprintf(text, sizeof text, "data: {builtin: '%.100s'}\n", o->builtin);
    return grid_read_text("--builtin", text, o->source.overrides.items, o->source.overrides.n, diags, g);
}

static nn_status describe(const init_options *o, diagnostics *diags, grid **g, data_summary **s)
{
    nn_status status = o->builtin != NULL ? read_builtin(o, diags, g) : cmd_read_source(&o->source, diags, g);
    return status == NN_ok ? dataset_describe(&(*g)->data, "", NULL, diags, s) : status;
}

static int write_draft(const init_options *o, const data_summary *s, const grid *g)
{
    draft d;
    nn_error err;
    nn_status status = make_draft(o, s, &g->data, &d, &err);
    if (status == NN_ok)
        status = cmd_write(o->out, init_write, &d, &err);
    free_draft(&d);
    return status == NN_ok ? EXIT_done : cmd_fail(&err);
}

static int look_and_write(const init_options *o)
{
    diagnostics diags;
    grid *g = NULL;
    data_summary *s = NULL;
    diagnostics_init(&diags);
    const nn_status status = describe(o, &diags, &g, &s);
    if (diags.n > 0)
        diagnostics_print(&diags, "no grid was written", stderr);
    const int code = status == NN_ok ? write_draft(o, s, g) : cmd_exit_code(status);
    diagnostics_free(&diags);
    data_summary_free(s);
    grid_free(g);
    return code;
}

static int init(int argc, char **argv)
{
    init_options o = {0};
    nn_error err;
    int code = cmd_options(&cmd_init, argc, argv, &o);
    if (code != EXIT_done)
        return code;
    code = check_request(&o, &err) == NN_ok ? look_and_write(&o) : cmd_fail(&err);
    options_free(options, N_OPTIONS, &o);
    return code;
}

const command cmd_init = {
    .name = "init",
    .help = "writes a grid to begin with for a data file, with comments that say what was seen and what to "
            "change",
    .more = "Examples:\n"
            "  nngrid init iris.csv -o iris.yaml\n"
            "  nngrid init houses.csv --set data.target=price -o houses.yaml\n"
            "  nngrid init images-idx3-ubyte.gz --targets labels-idx1-ubyte.gz\n"
            "  nngrid init --builtin xor\n",
    .options = options,
    .n_options = N_OPTIONS,
    .rules = rules,
    .run = init,
};
