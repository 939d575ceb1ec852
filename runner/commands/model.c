/* Loads a stored network and data for it, and makes the job that applies it. */
#include "commands/model.h"
#include "commands/apart.h"
#include "base/pipe.h"
#include "commands/common.h"
#include "results/names.h"
#include "results/reader/select.h"
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- the network ---- */

static nn_status find_keep(const char *word, int *keep, nn_error *err)
{
    *keep = NN_KEEP_BEST;
    for (int k = 0; word != NULL && k <= NN_N_KEEP; k++) {
        if (k == NN_N_KEEP)
            return nn_fail(err, NN_usage, "--weights takes best, final, initial or endpoint, not '%s'", word);
        *keep = k;
        if (strcmp(nn_keep_names[k], word) == 0)
            break;
    }
    return NN_ok;
}

/* The loss of the best weights of a done run: that of validation, else of training. NaN: there is none. */
static double best_loss(results_reader *r, size_t run)
{
    static const int metrics[] = {NN_METRIC_best_validation_loss, NN_METRIC_best_train_loss};
    double status = NN_RUN_pending, loss = NN_NAN;
    nn_error none;
    if (reader_value(r, PATH_RUNS_STATUS, run, &status, &none) != NN_ok || status != NN_RUN_done)
        return NN_NAN;
    for (size_t i = 0; i < sizeof metrics / sizeof *metrics && isnan(loss); i++) {
        char path[128];
        snprintf(path, sizeof path, PATH_RUNS "/%s", nn_metrics.rows[metrics[i]].name);
        if (reader_value(r, path, run, &loss, &none) != NN_ok)
            loss = NN_NAN;
    }
    return loss;
}

/* The run of a cell with the lowest loss, the first of equal ones. */
static nn_status find_best_run(results_reader *r, const char *word, size_t *run, nn_error *err)
{
    double *cells = NULL, least = NN_NAN;
    size_t n = 0, cell = 0, n_done = 0;
    char count[32];
    nn_status status = reader_select_cell(r, word, "--cell", &cell, err);
    if (status == NN_ok)
        status = reader_column(r, PATH_RUNS_CELL, &cells, &n, err);
    for (size_t i = 0; i < n && status == NN_ok; i++) {
        const double loss = cells[i] == (double)cell ? best_loss(r, i) : NN_NAN;
        n_done += isnan(loss) == 0;
        if (loss < least || (isnan(least) && !isnan(loss))) {
            least = loss;
            *run = i;
        }
    }
    free(cells);
    if (status == NN_ok && n_done == 0)
        return nn_fail(err, NN_data, "--cell %s: no run of cell %zu is done", word, cell);
    if (status == NN_ok)
        fprintf(stderr, "cell %zu: run %zu, which has the lowest loss of %s\n", cell, *run,
                text_count(n_done, "done run", count, sizeof count));
    return status;
}

static nn_status find_run(results_reader *r, const model_request *request, size_t *run, nn_error *err)
{
    return request->cell != NULL ? find_best_run(r, request->cell, run, err)
                                 : results_find_run(r, request->run, run, err);
}

static nn_status read_network(const command *c, const model_request *request, model_job *m, nn_error *err)
{
    int keep;
    size_t run;
    if (request->run == NULL && request->cell == NULL)
        return nn_fail(err, NN_usage,
                       "which run? nngrid show %s lists the best cells; nngrid %s needs --cell CELL or --run RUN",
                       request->file, c->name);
    nn_status status = find_keep(request->weights, &keep, err);
    if (status == NN_ok)
        status = results_reader_open(request->file, &m->reader, err);
    if (status == NN_ok)
        status = find_run(m->reader, request, &run, err);
    return status == NN_ok ? reader_model_read(m->reader, run, keep, &m->model, err) : status;
}

static int print_mistakes(diagnostics *diags, nn_status status)
{
    if (diags->n > 0)
        diagnostics_print(diags, "nothing was computed", stderr);
    diagnostics_free(diags);
    return command_exit_code(status);
}

/* Reads the grid that the file holds, which has every default and --set in it. */
static int grid_read_axes(const model_request *request, model_job *m)
{
    diagnostics diags;
    const char *text = reader_text(m->reader, PATH_GRID, ATTR_RESOLVED);
    if (text == NULL || *text == '\0')
        text = reader_text(m->reader, PATH_GRID, ATTR_YAML);
    diagnostics_init(&diags);
    const nn_status status = grid_read_text(request->file, text == NULL ? "" : text, NULL, 0, &diags, &m->grid);
    if (status != NN_ok)
        fprintf(stderr, "nngrid: this version does not understand the grid in %s\n", request->file);
    return print_mistakes(&diags, status);
}

int command_model_open(const command *c, const model_request *request, model_job *out)
{
    nn_error err;
    *out = (model_job){.id = request->id};
    if (read_network(c, request, out, &err) != NN_ok)
        return command_fail(&err);
    return grid_read_axes(request, out);
}

void command_model_close(model_job *m)
{
    dataset_free(m->data);
    grid_free(m->grid);
    reader_model_free(m->model);
    results_reader_close(m->reader);
    free(m->rows);
    free(m->workspace);
}

/* ---- the job ---- */

/* Lists the rows of each part, in file order; without `parts` all rows are in the test part. */
static bool fill_split(model_job *m, const int8_t *parts)
{
    const size_t n = m->data->data.n_rows;
    uint32_t *to = malloc((n + 1) * sizeof *to);
    m->rows = to;
    for (int p = 0; to != NULL && p < NN_N_PART; p++) {
        m->split.rows[p] = to;
        for (size_t i = 0; i < n; i++)
            if ((parts != NULL ? parts[i] : (int)NN_TEST) == p)
                *to++ = (uint32_t)i;
        m->split.n[p] = (size_t)(to - m->split.rows[p]);
    }
    return to != NULL;
}

static int make_job(model_job *m, const int8_t *parts)
{
    nn_error err;
    stored_model *model = m->model;
    model->hyper.label_noise = 0; /* evaluation uses the targets of the data, not the noisy ones of training */
    m->split.shift = model->shift;
    m->split.factor = model->factor;
    m->split.fill = model->fill;
    m->split.target_shift = model->target_shift;
    m->split.target_scale = model->target_scale;
    m->recording = (nn_recording){.every = 1000000000,
                                  .parts = {true, true, true},
                                  .measures = {[NN_MEASURE_auc] = true, [NN_MEASURE_calibration] = true}};
    m->job = (nn_job){.hyper = &model->hyper,
                      .data = &m->data->data,
                      .split = &m->split,
                      .recording = &m->recording,
                      .stopping = &m->stopping,
                      .engine = model->engine};
    if (command_isa(&m->job.isa, &err) != NN_ok)
        return command_fail(&err);
    if (fill_split(m, parts)) /* the size of the workspace depends on the rows of each part */
        m->workspace = aligned_alloc(NN_ALIGN, (nn_workspace_bytes(&m->job) / NN_ALIGN + 1) * NN_ALIGN);
    if (m->workspace != NULL)
        return EXIT_DONE;
    nn_fail(&err, NN_memory, "not enough memory to apply the network");
    return command_fail(&err);
}

/* ---- data ---- */

static nn_status check_there(const char *path, nn_error *err)
{
    if (path == NULL || strcmp(path, "-") == 0 || pipe_is(path) || access(path, R_OK) == 0)
        return NN_ok;
    return nn_fail(err, NN_data, "%s: cannot read it: %s", path, strerror(errno));
}

int command_model_load_new(model_job *m, const char *data, const char *targets, bool with_target)
{
    diagnostics diags;
    const stored_model *model = m->model;
    const data_model takes = {.n_inputs = model->n_inputs,
                              .n_outputs = model->n_outputs,
                              .n_classes = model->n_classes,
                              .input_names = (const char *const *)model->input_names,
                              .class_names = (const char *const *)model->class_names,
                              .target_name = model->target_name,
                              .n_target_names = model->n_target_names,
                              .target_names = (const char *const *)model->target_names,
                              .with_target = with_target,
                              .id = m->id};
    data_spec spec = m->grid->data;
    if (grid_sweeps(m->grid, NN_HYPER_data_missing))
        spec.missing = (data_missing)model->hyper.data_missing; /* of the run */
    memset(spec.parts, 0, sizeof spec.parts);
    spec.file = targets == NULL ? (char *)(uintptr_t)data : NULL;
    if (targets != NULL) {
        spec.parts[NN_TRAIN].inputs = (char *)(uintptr_t)data;
        spec.parts[NN_TRAIN].targets = (char *)(uintptr_t)targets;
    }
    nn_error err;
    command_apart_computes();
    if (check_there(data, &err) != NN_ok || check_there(targets, &err) != NN_ok)
        return command_fail(&err);
    diagnostics_init(&diags);
    const int code = print_mistakes(&diags, dataset_load_new(&spec, &takes, &diags, &m->data));
    if (code != EXIT_DONE)
        return code;
    m->data->spec = &m->grid->data;
    return make_job(m, NULL);
}

static int wrong_data(const model_job *m, const char *what)
{
    nn_error err;
    nn_fail(&err, NN_data,
            "%s: %s; pass the data that run %zu was trained on by --data DIR, or new data after the file's name",
            m->data->name, what, m->model->run);
    return command_fail(&err);
}

/* Is the network the one that its settings make of the data? */
static bool fits_data(const model_job *m)
{
    const nn_data *data = &m->data->data;
    nn_network net;
    nn_network_of(data, &m->model->hyper, &net);
    return nn_network_same(&net, &m->model->net) && (data->classes != NULL) == (m->model->class_names != NULL) &&
           (data->classes == NULL || data->n_classes == m->model->n_classes);
}

int command_model_load_own(model_job *m, const char *data_root)
{
    diagnostics diags;
    const command_source source = {.data_root = data_root};
    const char *beside = reader_text(m->reader, PATH_PROVENANCE, ATTR_GRID_PATH);
    command_apart_computes();
    diagnostics_init(&diags);
    if (m->grid->data.split.kind == SPLIT_FILE)
        m->grid->data.split.kind = SPLIT_ALL; /* the file of the network has the splits */
    const nn_status status = dataset_load(&m->grid->data, beside, command_data_root(&source), &diags, &m->data);
    const int code = print_mistakes(&diags, status);
    if (code != EXIT_DONE) {
        fprintf(stderr, "nngrid: the data of the grid are searched for beside %s, then in --data DIR\n",
                beside == NULL ? "the current folder" : beside);
        return code;
    }
    if (m->data->digest != m->model->digest)
        return wrong_data(m, "these are not the data that the grid was trained on (the digest differs)");
    if (!fits_data(m))
        return wrong_data(m, "the network in the file has other inputs or outputs than these data, on which it was "
                             "trained: the file is damaged");
    if (m->data->data.n_rows != m->model->n_rows)
        return wrong_data(m, "the split in the file has a different number of rows");
    return make_job(m, m->model->parts);
}

char *command_model_output_name(const model_job *m, size_t output, char *text, size_t size)
{
    if (output < m->model->n_target_names)
        snprintf(text, size, "%s", m->model->target_names[output]);
    else if (m->model->n_outputs == 1)
        snprintf(text, size, "%s", m->model->target_name != NULL ? m->model->target_name : "y");
    else
        snprintf(text, size, "y%zu", output + 1);
    return text;
}
