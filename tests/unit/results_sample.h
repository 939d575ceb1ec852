/* results_sample.h - a small grid made by hand, with outcomes that any process can make again from a run's
 * key: what the tests of the results file write and compare. */
#ifndef RESULTS_SAMPLE_H
#define RESULTS_SAMPLE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "results.h"
#include "results_reader.h"

enum {
    SAMPLE_ROWS = 20,
    SAMPLE_INPUTS = 2,
    SAMPLE_SHAPES = 3,
    SAMPLE_MAX_RATES = 8,
    SAMPLE_MAX_EPOCHS = 64,
    SAMPLE_REPEATS = 3,
    SAMPLE_MAX_RUNS = SAMPLE_MAX_RATES * SAMPLE_SHAPES * SAMPLE_REPEATS,
    SAMPLE_MAX_PARAMS = 64
};

/* learning_rate x hidden ([3], [4, 2] and none) x 3 repeats; the second shape is trained in float64. */
typedef struct sample {
    double inputs[SAMPLE_ROWS * SAMPLE_INPUTS];
    int32_t classes[SAMPLE_ROWS];
    char builtin[8], *class_names[3], *input_names[SAMPLE_INPUTS];
    data_spec spec;
    dataset data;
    double rates[SAMPLE_MAX_RATES];
    nn_shape shapes[SAMPLE_SHAPES];
    nn_choice_value precisions[2];
    grid_axis axes[3];
    uint16_t points[SAMPLE_MAX_RATES * SAMPLE_SHAPES * 3];
    grid_run runs[SAMPLE_MAX_RUNS];
    nn_stop_rule rules[2];
    grid_condition condition;
    grid grid;
} sample;

/* An outcome and what it points to. */
typedef struct sample_outcome {
    nn_outcome o;
    uint32_t epochs[SAMPLE_MAX_EPOCHS + 1];
    double curves[NN_N_CURVE * (SAMPLE_MAX_EPOCHS + 1)];
    nn_stop_record stops[2];
    double wide[NN_N_KEEP][SAMPLE_MAX_PARAMS];
    float narrow[NN_N_KEEP][SAMPLE_MAX_PARAMS];
} sample_outcome;

static inline void sample_data(sample *s)
{
    static char *const class_names[] = {"a", "b", "c"}, *const input_names[] = {"x", "y"};
    for (int i = 0; i < SAMPLE_ROWS * SAMPLE_INPUTS; i++)
        s->inputs[i] = (i * 7919 % 101) / 10.0;
    for (int i = 0; i < SAMPLE_ROWS; i++)
        s->classes[i] = i % 3;
    memcpy(s->class_names, class_names, sizeof class_names);
    memcpy(s->input_names, input_names, sizeof input_names);
    memcpy(s->builtin, "blobs", 6);
    data_spec_init(&s->spec);
    s->spec.builtin = s->builtin;
    s->spec.scale = SCALE_STANDARDIZE;
    s->data = (dataset){.data = {.n_rows = SAMPLE_ROWS,
                                 .n_inputs = SAMPLE_INPUTS,
                                 .input_type = NN_FLOAT64,
                                 .inputs = s->inputs,
                                 .classes = s->classes,
                                 .n_classes = 3},
                        .n_pool = SAMPLE_ROWS,
                        .name = "sample",
                        .digest = 0x123456789abcdef,
                        .class_names = s->class_names,
                        .input_names = s->input_names,
                        .spec = &s->spec};
}

static inline void sample_axes(sample *s, int n_rates)
{
    const nn_shape shapes[SAMPLE_SHAPES] = {{1, {3}}, {2, {4, 2}}, {0, {0}}};
    memcpy(s->shapes, shapes, sizeof shapes);
    for (int i = 0; i < SAMPLE_MAX_RATES; i++)
        s->rates[i] = 0.1 * (i + 1);
    s->precisions[0] = NN_PRECISION_float32;
    s->precisions[1] = NN_PRECISION_float64;
    s->axes[0] = (grid_axis){nn_hyper_find("learning_rate"), (size_t)n_rates, s->rates};
    s->axes[1] = (grid_axis){nn_hyper_find("hidden"), SAMPLE_SHAPES, s->shapes};
    s->axes[2] = (grid_axis){nn_hyper_find("precision"), 2, s->precisions};
}

static inline void sample_runs(sample *s, int n_rates)
{
    grid *g = &s->grid;
    for (int i = 0; i < n_rates; i++)
        for (uint16_t k = 0; k < SAMPLE_SHAPES; k++) {
            uint16_t *point = &s->points[3 * g->n_cells];
            point[0] = (uint16_t)i;
            point[1] = k;
            point[2] = k == 1;
            for (uint32_t r = 0; r < SAMPLE_REPEATS; r++)
                s->runs[g->n_runs++] =
                    (grid_run){.cell = (uint32_t)g->n_cells,
                               .repeat = r,
                               .key = nn_stream_key((uint64_t)(i * 10 + k), r, NN_FOR_INIT),
                               .record_key = 77};
            g->n_cells++;
        }
}

/* The rates are 0.1, 0.2, ...: more of them are a grid that has grown. */
static inline void sample_init(sample *s, int n_rates, int64_t epochs)
{
    memset(s, 0, sizeof *s);
    sample_data(s);
    sample_axes(s, n_rates);
    s->rules[0] = (nn_stop_rule){.kind = NN_STOP_patience, .parameter = 20};
    s->rules[1] = (nn_stop_rule){.kind = NN_STOP_target, .parameter = 0.001, .curve = NN_CURVE_train_loss};
    s->condition = (grid_condition){NN_METRIC_final_train_loss, LESS, 0.5};
    s->grid = (grid){
        .path = "sample.yaml",
        .name = "sample",
        .question = "Does it hold?",
        .yaml = "name: sample\n",
        .seed = 1,
        .repeats = SAMPLE_REPEATS,
        .folds = 1,
        .base = nn_hyper_defaults,
        .data = s->spec,
        .n_axes = 3,
        .axes = s->axes,
        .points = s->points,
        .recording = {.every = 1, .parts = {true, true, true}, .keep = {false, true, true}, .gradient = true},
        .stopping = {.n_rules = 2, .rules = s->rules},
        .n_conditions = 1,
        .success = &s->condition,
        .runs = s->runs};
    nn_hyper_resolve(&s->grid.base, true);
    s->grid.base.epochs = epochs;
    s->grid.base.batch_size = 0;
    sample_runs(s, n_rates);
}

static inline void sample_network(const sample *s, size_t run, nn_hyper *h, nn_network *net)
{
    grid_cell(&s->grid, s->runs[run].cell, h);
    nn_network_of(&s->data.data, h, net);
}

static inline double sample_next(uint64_t *x)
{
    *x = *x * 6364136223846793005u + 1442695040888963407u;
    return (double)(*x >> 40) / 1e7;
}

/* The same for the same key, in any process. One run in seven has diverged half-way. */
static inline void sample_outcome_of(const sample *s, size_t run, sample_outcome *out)
{
    nn_outcome *o = &out->o;
    nn_hyper h;
    nn_network net;
    uint64_t x = s->runs[run].key;
    memset(out, 0, sizeof *out);
    sample_network(s, run, &h, &net);
    const bool diverged = x % 7 == 0, wide = h.precision == NN_PRECISION_float64;
    *o = (nn_outcome){.status = diverged ? NN_RUN_diverged : NN_RUN_done,
                      .reason = diverged ? NN_REASON_not_finite : NN_REASON_epochs,
                      .epochs = out->epochs,
                      .n_curves = NN_N_CURVE,
                      .curves = out->curves,
                      .stops = out->stops,
                      .n_params = net.n_params,
                      .real_bytes = wide ? 8 : 4};
    o->n_points = nn_recorded_epochs(&s->grid.recording, h.epochs, out->epochs);
    o->n_reached = diverged ? o->n_points / 2 : o->n_points;
    o->epochs_trained = o->n_reached > 0 ? out->epochs[o->n_reached - 1] : 0;
    for (size_t i = 0; i < NN_N_CURVE * o->n_points; i++)
        out->curves[i] = i % o->n_points < o->n_reached ? sample_next(&x) : NN_NAN;
    for (int i = 0; i < NN_N_METRIC; i++)
        o->metrics[i] = i % 5 == 4 ? NN_NAN : sample_next(&x);
    for (int i = 0; i < 2; i++)
        out->stops[i] = (nn_stop_record){
            .epoch = -1, .best_epoch = NN_NAN, .best_test_loss = sample_next(&x), .badness = out->curves[i]};
    for (int k = 1; k < NN_N_KEEP; k++) {
        for (size_t i = 0; i < net.n_params; i++)
            out->narrow[k][i] = (float)(out->wide[k][i] = sample_next(&x));
        o->weights[k] = wide ? (void *)out->wide[k] : (void *)out->narrow[k];
    }
}

/* ---- comparison with a file, through the reader ---- */

/* Equal to the last bit, or both NaN. */
static inline bool same_number(double a, double b)
{
    return memcmp(&a, &b, sizeof a) == 0 || (isnan(a) && isnan(b));
}

/* One column of all runs; `at` is where the expected number lies in a sample_outcome. */
static inline bool sample_same_column(results_reader *r, const char *path, const sample_outcome *all,
                                      size_t at, const bool *which, size_t n_runs)
{
    double *values = NULL, expected = 0;
    size_t n = 0;
    bool same = reader_column(r, path, &values, &n, NULL) == NN_ok && n >= n_runs;
    for (size_t i = 0; same && i < n_runs; i++) {
        memcpy(&expected, (const char *)&all[i] + at, sizeof expected);
        same = !which[i] || same_number(values[i], expected);
        if (!same)
            print_error("%s of run %zu differs\n", path, i);
    }
    free(values);
    return same;
}

static inline bool sample_same_curves(results_reader *r, const sample_outcome *out, size_t run)
{
    char path[80];
    bool same = true;
    for (int c = 0; c < NN_N_CURVE; c++) {
        double *values = NULL;
        size_t n = 0;
        snprintf(path, sizeof path, "/curves/%s", nn_curves.rows[c].name);
        same &= reader_row(r, path, run, &values, &n, NULL) == NN_ok && n >= out->o.n_reached;
        for (size_t i = 0; same && i < n; i++)
            same = same_number(values[i],
                               i < out->o.n_reached ? out->curves[(size_t)c * out->o.n_points + i] : NN_NAN);
        free(values);
    }
    return same;
}

/* The run's weights: `slot` is its row in the group of its shape. */
static inline bool sample_same_weights(results_reader *r, const sample *s, const sample_outcome *out,
                                       size_t run, size_t slot)
{
    char name[80], path[160];
    nn_hyper h;
    nn_network net;
    bool same = true;
    sample_network(s, run, &h, &net);
    nn_network_name(&net, name, sizeof name);
    for (int keep = 1; keep < NN_N_KEEP; keep++)
        for (int k = 0; k < 2 * net.n_layers; k++) {
            const size_t from = k % 2 == 0 ? net.w_at[k / 2] : net.b_at[k / 2];
            double *values = NULL;
            size_t n = 0;
            snprintf(path, sizeof path, "/weights/%s/%s_%c%d", name, nn_keep_names[keep], "Wb"[k % 2],
                     k / 2 + 1);
            same &= reader_row(r, path, slot, &values, &n, NULL) == NN_ok && n > 0;
            for (size_t i = 0; same && i < n; i++)
                same = out->o.real_bytes == 8 ? same_number(values[i], out->wide[keep][from + i])
                                              : same_number(values[i], (double)out->narrow[keep][from + i]);
            free(values);
        }
    return same;
}

static inline bool sample_same_scores(results_reader *r, const sample_outcome *all, const bool *which,
                                      size_t n)
{
    char path[80];
    bool same = sample_same_column(r, "/stops/patience_20/badness", all,
                                   offsetof(sample_outcome, stops[0].badness), which, n) &&
                sample_same_column(r, "/stops/target_train_loss_0.001/epoch", all,
                                   offsetof(sample_outcome, stops[1].epoch), which, n);
    for (size_t i = 0; same && i < NN_N_METRIC; i++) {
        snprintf(path, sizeof path, "/runs/%s", nn_metrics.rows[i].name);
        same = sample_same_column(r, path, all, offsetof(sample_outcome, o.metrics) + i * sizeof(double),
                                  which, n);
    }
    return same;
}

/* Are the rows of the chosen runs what their outcomes say? Rows of a shape come in the order of their runs.
 */
static inline bool sample_same_rows(results_reader *r, const sample *s, const bool *which)
{
    const size_t n = s->grid.n_runs;
    sample_outcome *all = calloc(n + 1, sizeof *all);
    double *status = NULL;
    size_t n_status = 0;
    assert_non_null(all);
    for (size_t i = 0; i < n; i++)
        sample_outcome_of(s, i, &all[i]);
    bool same = reader_column(r, "/runs/status", &status, &n_status, NULL) == NN_ok && n_status >= n &&
                sample_same_scores(r, all, which, n);
    for (size_t i = 0; same && i < n; i++) {
        const size_t slot = i / (SAMPLE_SHAPES * SAMPLE_REPEATS) * SAMPLE_REPEATS + i % SAMPLE_REPEATS;
        same = !which[i] || (status[i] == (double)all[i].o.status && sample_same_curves(r, &all[i], i) &&
                             sample_same_weights(r, s, &all[i], i, slot));
        if (!same)
            print_error("run %zu differs\n", i);
    }
    free(status);
    free(all);
    return same;
}

static inline void sample_add(const sample *s, row_buffer *rows, size_t run)
{
    sample_outcome out;
    nn_error err = {0};
    sample_outcome_of(s, run, &out);
    if (row_buffer_add(rows, run, &out.o, 0.5, &err) != NN_ok)
        fail_msg("%s", err.message);
    memset(&out, 0xff, sizeof out); /* an outcome may go at once */
}

static inline void sample_write(const sample *s, results *r, size_t run)
{
    row_buffer *rows = NULL;
    nn_error err = {0};
    if (row_buffer_new(r, &rows, &err) != NN_ok)
        fail_msg("%s", err.message);
    sample_add(s, rows, run);
    if (results_flush(r, &err) != NN_ok)
        fail_msg("%s", err.message);
    row_buffer_free(rows);
}

#endif
