/* Reads a trained network from a results file, which may be contiguous, live or compact. */
#include "results/reader/model.h"
#include "results/names.h"
#include "results/reader/file.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- which run ---- */

enum { KEY_DIGITS = 16, FEWEST_DIGITS = 4 };

static bool starts_with(uint64_t key, const char *word)
{
    char text[KEY_DIGITS + 1];
    snprintf(text, sizeof text, "%016llx", (unsigned long long)key);
    return strncmp(text, word, strlen(word)) == 0;
}

static nn_status find_key(results_reader *r, const char *word, size_t *run, nn_error *err)
{
    const size_t n = r->file.n_runs;
    size_t found = 0, first = 0, second = 0;
    uint64_t *keys = malloc((n + 1) * sizeof *keys);
    nn_status status = NN_ok;
    if (keys == NULL)
        status = nn_fail(err, NN_memory, "not enough memory for %zu keys", n);
    else if (!h5_read(r->file.h5, PATH_RUNS_KEY, H5_U64, n, keys))
        status = nn_fail(err, NN_file, "%s: cannot read %s; the file is damaged", r->file.path, PATH_RUNS_KEY);
    for (size_t i = 0; i < n && status == NN_ok; i++)
        if (starts_with(keys[i], word)) {
            first = found == 0 ? i : first;
            second = found == 1 ? i : second;
            found++;
        }
    free(keys);
    if (status == NN_ok && found == 0)
        status = nn_fail(err, NN_usage, "--run: no run has a key that begins with %s", word);
    if (status == NN_ok && found > 1)
        status = nn_fail(err, NN_usage,
                         "--run: the keys of %zu runs begin with %s, those of %zu and %zu among them; give more "
                         "digits, or the run's number",
                         found, word, first, second);
    *run = status == NN_ok ? first : *run;
    return status;
}

nn_status results_find_run(results_reader *r, const char *word, size_t *run, nn_error *err)
{
    char *end;
    const unsigned long long number = strtoull(word, &end, 10);
    const size_t length = strlen(word), n = r->file.n_runs;
    const bool is_number = length > 0 && strspn(word, "0123456789") == length && length < KEY_DIGITS;
    if (is_number && number < n) {
        *run = (size_t)number;
        return NN_ok;
    }
    if (is_number)
        return nn_fail(err, NN_usage, "--run: there is no run %s; the file has %zu: 0 to %zu", word, n,
                       n == 0 ? 0 : n - 1);
    if (length < FEWEST_DIGITS || length > KEY_DIGITS || strspn(word, "0123456789abcdef") != length)
        return nn_fail(err, NN_usage,
                       "--run takes a run's number (0 to %zu), or the first digits (%d or more) of its key in "
                       "hexadecimal, not '%s'",
                       n == 0 ? 0 : n - 1, FEWEST_DIGITS, word);
    return find_key(r, word, run, err);
}

/* ---- its weights ---- */

typedef struct weights_place {
    char group[300];
    size_t row;
} weights_place;

/* Finds the group of /weights that has a row of the run. */
static bool find_weights(results_reader *r, size_t run, weights_place *out)
{
    nn_error none;
    char **groups = NULL;
    size_t n = 0;
    bool found = false;
    if (reader_groups(r, PATH_WEIGHTS, &groups, &n, &none) != NN_ok)
        return false;
    for (size_t g = 0; g < n && !found; g++) {
        char path[sizeof out->group + 8];
        double *runs = NULL;
        size_t n_runs = 0;
        snprintf(out->group, sizeof out->group, PATH_WEIGHTS "/%.200s", groups[g]);
        snprintf(path, sizeof path, "%s/" NAME_RUN, out->group);
        if (reader_column(r, path, &runs, &n_runs, &none) != NN_ok)
            continue;
        for (out->row = 0; out->row < n_runs && runs[out->row] != (double)run;)
            out->row++;
        found = out->row < n_runs;
        free(runs);
    }
    h5_texts_free(groups, n);
    return found;
}

static nn_status no_weights(const results_reader *r, const stored_model *m, nn_error *err)
{
    return nn_fail(err, NN_data,
                   "%s: the %s weights of run %zu were not kept; say `record: {weights: [%s]}` in the grid (beside "
                   "those it keeps) and run it again, or choose other --weights",
                   r->file.path, nn_keep_names[m->keep], m->run, nn_keep_names[m->keep]);
}

/* Reads all weights as doubles, which hold float32 weights exactly. */
static nn_status read_layers(results_reader *r, const weights_place *at, const stored_model *m, double *out,
                             nn_error *err)
{
    const nn_network *net = &m->net;
    for (int layer = 0; layer < net->n_layers; layer++)
        for (int is_bias = 0; is_bias <= net->bias; is_bias++) {
            char path[sizeof at->group + 32];
            h5_place place;
            const size_t out_units = (size_t)net->width[layer + 1],
                         n = is_bias ? out_units : (size_t)net->fan_in[layer] * out_units;
            snprintf(path, sizeof path, "%s/%s_%c%d", at->group, nn_keep_names[m->keep], is_bias ? 'b' : 'W',
                     layer + 1);
            if (!h5_look(r->file.h5, path, &place))
                return no_weights(r, m, err);
            if (!h5_read_rows(r->file.h5, path, at->row, 1, H5_F64, n,
                              out + (is_bias ? net->b_at[layer] : net->w_at[layer])))
                return reader_file_damaged(&r->file, path, err);
        }
    for (size_t i = 0; i < net->n_params; i++)
        if (out[i] == out[i])
            return NN_ok;
    return no_weights(r, m, err); /* the columns were made for runs of another grid */
}

static nn_status read_weights(results_reader *r, stored_model *m, nn_error *err)
{
    weights_place at;
    if (!find_weights(r, m->run, &at))
        return no_weights(r, m, err);
    double *weights = malloc((m->net.n_params + 1) * sizeof *weights);
    m->weights = weights;
    if (weights == NULL)
        return nn_fail(err, NN_memory, "not enough memory for %zu weights", m->net.n_params);
    nn_status status = read_layers(r, &at, m, weights, err);
    float *narrow = m->weights;
    for (size_t i = 0; status == NN_ok && m->hyper.precision == NN_PRECISION_float32 && i < m->net.n_params; i++) {
        const float value = (float)weights[i];
        memcpy(&narrow[i], &value, sizeof value); /* it lies before all values that are still to be read */
    }
    return status;
}

/* ---- its data ---- */

static nn_status read_names(results_reader *r, stored_model *m, nn_error *err)
{
    h5_place inputs;
    size_t n_names = 0;
    if (!h5_look(r->file.h5, PATH_DATA_INPUT, &inputs) ||
        h5_read_numbers(r->file.h5, PATH_DATA, ATTR_DIGEST, H5_U64, &m->digest, 1) != 1)
        return reader_file_damaged(&r->file, PATH_DATA, err);
    m->n_inputs = inputs.n;
    m->input_names = h5_read_texts(r->file.h5, PATH_DATA, ATTR_INPUT_NAMES, &n_names);
    if (m->input_names != NULL && n_names != m->n_inputs) {
        h5_texts_free(m->input_names, n_names); /* there are not as many as reader_model_free frees */
        m->input_names = NULL;
        return reader_file_damaged(&r->file, "the attribute `input_names` of /data", err);
    }
    m->class_names = h5_read_texts(r->file.h5, PATH_DATA, ATTR_CLASS_NAMES, &m->n_classes);
    m->target_name = h5_read_text(r->file.h5, PATH_DATA, ATTR_TARGET_NAME);
    m->target_names = h5_read_texts(r->file.h5, PATH_DATA, ATTR_TARGET_NAMES, &m->n_target_names);
    const char *engine = reader_text(r, PATH_PROVENANCE, ATTR_ENGINE);
    m->engine = engine == NULL ? 0 : nn_choice_find(&nn_engines, engine);
    return m->engine >= 0 ? NN_ok
                          : nn_fail(err, NN_file, "%s: its engine '%s' is unknown to this version of nngrid",
                                    r->file.path, engine);
}

static nn_status read_scaling(results_reader *r, size_t split, stored_model *m, nn_error *err)
{
    const struct {
        const char *path;
        size_t n;
        const double **field;
    } rows[] = {{PATH_DATA_SHIFT, m->n_inputs, &m->shift},
                {PATH_DATA_FACTOR, m->n_inputs, &m->factor},
                {PATH_DATA_FILL, m->n_inputs, &m->fill},
                {PATH_TARGET_SHIFT, m->n_outputs, &m->target_shift},
                {PATH_TARGET_SCALE, m->n_outputs, &m->target_scale}};
    double *to = m->scaling = malloc((3 * m->n_inputs + 2 * m->n_outputs) * sizeof *m->scaling + 1);
    if (to == NULL)
        return nn_fail(err, NN_memory, "not enough memory for the scaling");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; to += rows[i++].n) {
        h5_place at;
        if (!h5_has(r->file.h5, rows[i].path))
            continue;
        if (!h5_look(r->file.h5, rows[i].path, &at) || at.n_dims != 2 || at.dims[0] <= split ||
            at.dims[1] != rows[i].n || !h5_read_rows(r->file.h5, rows[i].path, split, 1, H5_F64, rows[i].n, to))
            return reader_file_damaged(&r->file, rows[i].path, err);
        *rows[i].field = to;
    }
    if ((m->shift == NULL) != (m->factor == NULL))
        return reader_file_damaged(&r->file, PATH_DATA_FACTOR, err);
    return (m->target_shift == NULL) == (m->target_scale == NULL)
               ? NN_ok
               : reader_file_damaged(&r->file, PATH_TARGET_SCALE, err);
}

/* The file describes one set of data. Runs of another are inactive; no row of the data has a part in their splits. */
static nn_status other_data(const results_reader *r, const stored_model *m, nn_error *err)
{
    return nn_fail(err, NN_data,
                   "run %zu was trained on other data than those that %s describes, and the network means nothing on "
                   "these; use the results file of the other data (run --accept-new-data keeps one)",
                   m->run, r->file.path);
}

static bool has_rows(const stored_model *m)
{
    bool has = false;
    for (size_t i = 0; i < m->n_rows; i++)
        has |= m->parts[i] >= 0;
    return has;
}

/* Reads the part of each row of the data in the split of the run, and its number. */
static nn_status read_parts(results_reader *r, stored_model *m, size_t *number, nn_error *err)
{
    h5_place at;
    int32_t split = -1;
    if (!h5_look(r->file.h5, PATH_DATA_SPLIT, &at) || at.n_dims != 2 ||
        !h5_read_rows(r->file.h5, PATH_DATA_SPLITS, m->run, 1, H5_I32, 1, &split))
        return reader_file_damaged(&r->file, PATH_DATA_SPLIT, err);
    if (split < 0)
        return other_data(r, m, err);
    m->n_rows = at.dims[1];
    m->parts = malloc(m->n_rows + 1);
    if (m->parts == NULL)
        return nn_fail(err, NN_memory, "not enough memory for the split");
    if (at.dims[0] <= (size_t)split ||
        !h5_read_rows(r->file.h5, PATH_DATA_SPLIT, (size_t)split, 1, H5_I8, m->n_rows, m->parts))
        return reader_file_damaged(&r->file, PATH_DATA_SPLIT, err);
    *number = (size_t)split;
    return has_rows(m) ? NN_ok : other_data(r, m, err);
}

/* ---- the whole ---- */

/* Status is read before all else: a row that is final then is whole. A diverged run has its initial and best
 * weights. */
static nn_status check_status(results_reader *r, size_t run, nn_error *err)
{
    double value;
    const nn_status status = reader_value(r, PATH_RUNS_STATUS, run, &value, err);
    if (status != NN_ok)
        return status;
    if (value == NN_RUN_pending)
        return nn_fail(err, NN_data, "run %zu is not trained yet; the command that made the file trains it", run);
    if (value == NN_RUN_failed)
        return nn_fail(err, NN_data, "run %zu failed and has no network; nngrid run --retry failed trains it again",
                       run);
    return NN_ok;
}

/* Are they the widths of a network whose weights can be counted? Shortcuts widen each layer by all before it. */
static bool are_widths(const int32_t *widths, size_t n)
{
    double fan_in = 0, n_params = 0;
    bool good = true;
    for (size_t i = 0; i < n; i++) {
        good &= widths[i] >= 1;
        n_params += (fan_in + 1) * widths[i];
        fan_in += widths[i];
    }
    return good && n_params < (double)(SIZE_MAX / 64);
}

/* Finds the network from its settings and data, and compares its widths with those in the file. */
static nn_status find_network(results_reader *r, stored_model *m, nn_error *err)
{
    weights_place at;
    int32_t widths[NN_MAX_HIDDEN + 2] = {0};
    if (!find_weights(r, m->run, &at))
        return no_weights(r, m, err);
    const size_t n = h5_read_numbers(r->file.h5, at.group, ATTR_WIDTHS, H5_I32, widths, NN_MAX_HIDDEN + 2);
    if (n < 2 || n > NN_MAX_HIDDEN + 2 || !are_widths(widths, n) || (size_t)widths[0] != m->n_inputs)
        return reader_file_damaged(&r->file, at.group, err);
    m->n_outputs = (size_t)widths[n - 1];
    static const int32_t any_class;
    static const double any_target;
    const nn_data like = {.n_inputs = m->n_inputs,
                          .classes = m->class_names != NULL ? &any_class : NULL,
                          .n_classes = m->n_classes,
                          .targets = m->class_names == NULL ? &any_target : NULL,
                          .n_targets = m->n_outputs};
    char text[300];
    nn_hyper_resolve(&m->hyper, m->class_names != NULL); /* where a file does not say */
    if (nn_hyper_conflict(&m->hyper, m->class_names != NULL, text, sizeof text) != NULL)
        return nn_fail(err, NN_file, "%s: the settings of run %zu contradict each other: %s; the file is damaged",
                       r->file.path, m->run, text);
    if (m->class_names == NULL && m->target_names != NULL && m->n_target_names != m->n_outputs)
        return reader_file_damaged(&r->file, "the attribute `" ATTR_TARGET_NAMES "` of /data", err);
    nn_network_of(&like, &m->hyper, &m->net);
    bool same = (size_t)m->net.n_layers + 1 == n;
    for (size_t i = 0; same && i < n; i++)
        same = m->net.width[i] == widths[i];
    return same ? NN_ok : reader_file_damaged(&r->file, at.group, err);
}

static nn_status read_model(results_reader *r, stored_model *m, nn_error *err)
{
    size_t split = 0;
    nn_status status = check_status(r, m->run, err);
    if (status == NN_ok)
        status = read_parts(r, m, &split, err);
    if (status == NN_ok)
        status = reader_settings(r, &m->run, 1, &m->hyper, err);
    if (status == NN_ok)
        status = read_names(r, m, err);
    if (status == NN_ok)
        status = find_network(r, m, err);
    if (status == NN_ok)
        status = read_weights(r, m, err);
    return status == NN_ok ? read_scaling(r, split, m, err) : status;
}

nn_status reader_model_read(results_reader *r, size_t run, int keep, stored_model **out, nn_error *err)
{
    stored_model *m = calloc(1, sizeof *m);
    if (m == NULL)
        return nn_fail(err, NN_memory, "not enough memory for a network");
    m->run = run;
    m->keep = keep;
    reader_show_inactive(r); /* an inactive run still has its network */
    const nn_status status = read_model(r, m, err);
    if (status == NN_ok)
        *out = m;
    else
        reader_model_free(m);
    return status;
}

void reader_model_free(stored_model *m)
{
    if (m == NULL)
        return;
    h5_texts_free(m->input_names, m->n_inputs);
    h5_texts_free(m->class_names, m->n_classes);
    free(m->target_name);
    h5_texts_free(m->target_names, m->n_target_names);
    free(m->weights);
    free(m->scaling);
    free(m->parts);
    free(m);
}
