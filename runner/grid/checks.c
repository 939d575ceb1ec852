/* Checks what a grid asks for against its data: rules, batches, losses and conditions. */
#include "grid/checks.h"
#include "grid/variants.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Writes into `text` what a target rule lacks; leaves it alone if nothing. */
static void check_target(const nn_stop_rule *rule, const bool evaluated[NN_N_PART], bool classes,
                         const nn_recording *recording, char *text, size_t size)
{
    const nn_curve_row *curve = &nn_curve_rows[rule->curve];
    const char *name = nn_curves.rows[rule->curve].name;
    if (curve->part != NN_NO_PART && !evaluated[curve->part])
        snprintf(text, size, "target needs %s, but no %s part is evaluated", name, nn_part_names[curve->part]);
    else if (curve->what == NN_GRADIENT_CURVE && !recording->gradient)
        snprintf(text, size, "target needs %s; give record: {gradient: true}", name);
    else if (curve->what == NN_ASKED_CURVE && !recording->measures[curve->measure])
        snprintf(text, size, "target needs %s; give record: {metrics: [%s]}", name, nn_measure_names[curve->measure]);
    else if (curve->what == NN_ACCURACY_CURVE && !classes)
        snprintf(text, size, "target: a regression has no %s; take %s_error", name, nn_part_names[curve->part]);
}

static void check_rule(const grid *g, int index, const bool evaluated[NN_N_PART], bool classes, diagnostics *d)
{
    const nn_stop_rule *rule = &g->stopping.rules[index];
    const nn_stop_row *row = &nn_stop_rows[rule->kind];
    const char *name = nn_stops.rows[rule->kind].name;
    char text[256] = "";
    if (row->needs & NN_WANTS_VALIDATION && !evaluated[NN_VALIDATION])
        snprintf(text, sizeof text, "%s needs a validation part; give split a validation, and record it", name);
    else if (row->needs & NN_WANTS_STRIPS && g->recording.every != 1)
        snprintf(text, sizeof text, "%s looks at strips of epochs; it needs record: {every: 1}", name);
    else if (row->needs & NN_WANTS_PROGRESS && !evaluated[NN_TRAIN])
        snprintf(text, sizeof text, "%s needs the training loss; record the train part too", name);
    else if (row->needs & NN_WANTS_PROGRESS && rule->strip < 2)
        snprintf(text, sizeof text, "%s sees no progress in a strip of one epoch; give strip 2 or more", name);
    else if (row->needs & NN_TAKES_CURVE)
        check_target(rule, evaluated, classes, &g->recording, text, sizeof text);
    if (text[0] != '\0')
        diagnostics_add(d, SEVERITY_ERROR, NN_usage, g->rule_at[index], "%s", text);
}

static void check_batches(const grid *g, size_t n_train, diagnostics *d)
{
    int64_t largest = 0;
    for (size_t c = 0; c < g->n_cells; c++) {
        nn_hyper h;
        grid_cell(g, c, &h);
        largest = h.batch_size > largest ? h.batch_size : largest;
        n_train = h.train_rows > 0 && (size_t)h.train_rows < n_train ? (size_t)h.train_rows : n_train;
    }
    /* no warning of the default of 32 on the four rows of xor */
    if (largest > (int64_t)n_train && largest != nn_hyper_defaults.batch_size)
        diagnostics_add(d, SEVERITY_WARNING, NN_usage, g->set_at[NN_HYPER_batch_size],
                        "batch_size %lld is more than the %zu training rows: such a batch has all of them",
                        (long long)largest, n_train);
}

/* Why such a loss cannot do with these targets once they are scaled; NULL: it can. Those of the training rows lie in
 * [0, 1] under minmax. */
static const char *wrong_scale(data_scale scale, int loss)
{
    return scale == SCALE_NONE ? NULL
           : loss != NN_LOSS_binary_cross_entropy
               ? "compares shares, which scale_target would change; leave scale_target out"
           : scale == SCALE_STANDARDIZE
               ? "needs targets in [0, 1], which scale_target: standardize takes them out of; say scale_target: minmax"
               : NULL;
}

/* The first target outside [0, 1], or SIZE_MAX. */
static size_t first_outside(const nn_data *data)
{
    for (size_t i = 0; i < data->n_rows * data->n_targets; i++)
        if (!(data->targets[i] >= 0 && data->targets[i] <= 1))
            return i;
    return SIZE_MAX;
}

/* With targets outside [0, 1] such a loss has no lower bound, and a run that follows it down would look like a good one. */
static bool check_loss(const grid *g, const nn_data *data, int loss, data_scale scale, size_t outside, diagnostics *d)
{
    const char *wrong = wrong_scale(scale, loss), *name = nn_losses.rows[loss].name;
    const place at = g->set_at[NN_HYPER_loss];
    if (wrong != NULL)
        diagnostics_add(d, SEVERITY_ERROR, NN_usage, at, "%s %s, or choose loss: mse", name, wrong);
    else if (scale == SCALE_NONE && outside != SIZE_MAX)
        diagnostics_add(d, SEVERITY_ERROR, NN_usage, at,
                        "%s needs targets in [0, 1]; example %zu has %g; choose loss: mse, or scale the targets%s",
                        name, outside / data->n_targets + 1, data->targets[outside],
                        loss == NN_LOSS_binary_cross_entropy ? " (scale_target: minmax)" : "");
    return wrong == NULL && (scale != SCALE_NONE || outside == SIZE_MAX);
}

/* Losses whose targets must be in [0, 1] (binary_cross_entropy, kl_divergence): the first cell that is wrong. */
static void check_targets(const grid *g, const nn_data *data, diagnostics *d)
{
    const size_t outside = data->targets != NULL ? first_outside(data) : SIZE_MAX;
    bool good = data->targets != NULL;
    for (size_t c = 0; c < g->n_cells && good; c++) {
        nn_hyper h;
        grid_cell(g, c, &h);
        if (nn_loss_rows[h.loss].required && !nn_loss_rows[h.loss].classes)
            good = check_loss(g, data, h.loss, grid_data(g, c)->target_scale, outside, d);
    }
    for (size_t i = 0; i < g->n_variants && data->targets == NULL; i++)
        if (g->variants[i].what.target_scale != SCALE_NONE) {
            diagnostics_add(d, SEVERITY_ERROR, NN_usage, g->set_at[NN_HYPER_data_target_scale],
                            "data.scale_target is for regression, and the task is classification; say task: "
                            "regression, or leave it out");
            return;
        }
}

/* `outputs` says how two classes are coded; more classes have an output each. */
static void check_outputs(const grid *g, const nn_data *data, diagnostics *d)
{
    for (size_t c = 0; c < g->n_cells && data->classes != NULL && data->n_classes != 2; c++) {
        nn_hyper h;
        grid_cell(g, c, &h);
        if (h.outputs > 0) {
            diagnostics_add(d, SEVERITY_ERROR, NN_usage, g->set_at[NN_HYPER_outputs],
                            "outputs is for two classes, and the data have %zu, with an output each; leave it out",
                            data->n_classes);
            return;
        }
    }
}

/* The Hessian is computed at the final weights, and must not be too large. */
static void check_endpoint(const grid *g, const nn_data *data, diagnostics *d)
{
    if (g->recording.endpoint && !g->recording.keep[NN_KEEP_FINAL])
        diagnostics_add(d, SEVERITY_ERROR, NN_usage, g->diagnose_at,
                        "diagnose: endpoint needs the final weights; add final to record.weights");
    if (g->recording.keep[NN_KEEP_ENDPOINT] && !g->recording.endpoint)
        diagnostics_add(d, SEVERITY_ERROR, NN_usage, (place){0, 0},
                        "record.weights asks for those of the endpoint; give diagnose: endpoint");
    for (size_t c = 0; c < g->n_cells && g->recording.endpoint; c++) {
        nn_hyper h;
        nn_network net;
        grid_cell(g, c, &h);
        nn_network_of(data, &h, &net);
        if (h.freeze.n > 0) {
            diagnostics_add(d, SEVERITY_ERROR, NN_usage, g->diagnose_at,
                            "diagnose: endpoint is for points that all weights can leave; leave it or freeze out");
            return;
        }
        if (net.n_params > GRID_ENDPOINT_MOST_PARAMS) {
            diagnostics_add(d, SEVERITY_ERROR, NN_usage, g->diagnose_at,
                            "diagnose: endpoint is for networks of at most %d parameters; cell %zu has %zu",
                            GRID_ENDPOINT_MOST_PARAMS, c, net.n_params);
            return;
        }
    }
}

/* Weights of every epoch are for paths of small networks on a map, not for archives of large ones. */
static void check_every(const grid *g, const nn_data *data, diagnostics *d)
{
    for (size_t c = 0; c < g->n_cells && g->recording.keep[NN_KEEP_EVERY]; c++) {
        nn_hyper h;
        nn_network net;
        grid_cell(g, c, &h);
        nn_network_of(data, &h, &net);
        if (net.n_params > GRID_EVERY_MOST_PARAMS) {
            diagnostics_add(d, SEVERITY_ERROR, NN_usage, g->weights_at,
                            "weights: every is for networks of at most %d weights and biases; cell %zu has %zu",
                            GRID_EVERY_MOST_PARAMS, c, net.n_params);
            return;
        }
    }
}

/* Metrics that record asks for must be of such data, and sharpness needs the best weights. */
static void check_measures(const grid *g, const nn_data *data, diagnostics *d)
{
    for (int i = 0; i < NN_N_MEASURE; i++) {
        const bool of_classes = nn_measure_of[i] == NN_OF_CLASSES;
        if (g->recording.measures[i] && nn_measure_of[i] != NN_OF_ANY && of_classes != (data->classes != NULL))
            diagnostics_add(d, SEVERITY_ERROR, NN_usage, g->metrics_at, "record.metrics: %s is for a %s; leave it out",
                            nn_measure_names[i], of_classes ? "classification" : "regression");
    }
    if (g->recording.measures[NN_SHARPNESS] && !g->recording.keep[NN_KEEP_BEST])
        diagnostics_add(d, SEVERITY_ERROR, NN_usage, g->metrics_at,
                        "record.metrics: sharpness needs the best weights; add best to record.weights");
}

/* What the grid must have for this metric and has not, or NULL. */
static const char *missing_for(const grid *g, int metric)
{
    const nn_recording *r = &g->recording;
    const struct {
        const char *what; /* NULL: nothing */
        bool there;
    } needs[] = {[NN_NEEDS_NOTHING] = {NULL, true},
                 [NN_NEEDS_RANKS] = {"record: {metrics: [auc, calibration]}",
                                     r->measures[NN_MEASURE_auc] || r->measures[NN_MEASURE_calibration]},
                 [NN_NEEDS_SHARPNESS] = {"record: {metrics: [sharpness]}", r->measures[NN_SHARPNESS]},
                 [NN_NEEDS_GRADIENT] = {"record: {gradient: true}", r->gradient},
                 [NN_NEEDS_ENDPOINT] = {"diagnose: endpoint", r->endpoint}};
    const nn_metric_needs of = nn_metric_rows[metric].needs;
    return needs[of].there ? NULL : needs[of].what;
}

/* Reports conditions on metrics that no run has: they could never be met. */
static void check_success(const grid *g, const bool evaluated[NN_N_PART], diagnostics *d)
{
    for (size_t i = 0; i < g->n_conditions; i++) {
        const char *missing = missing_for(g, g->success[i].metric);
        if (missing != NULL)
            diagnostics_add(d, SEVERITY_ERROR, NN_usage, (place){0, 0}, "success asks for %s; give %s",
                            nn_metrics.rows[g->success[i].metric].name, missing);
    }
    for (size_t i = 0; i < g->n_conditions; i++)
        for (int part = 0; part < NN_N_PART; part++) {
            const char *metric = nn_metrics.rows[g->success[i].metric].name;
            if (!evaluated[part] && strstr(metric, nn_part_names[part]) != NULL)
                diagnostics_add(d, SEVERITY_ERROR, NN_usage, (place){0, 0},
                                "success asks for %s, but no %s part is evaluated: no run could meet it", metric,
                                nn_part_names[part]);
        }
}

/* Where the user can change how the data are split. */
static place split_place(const grid *g)
{
    return g->data.split.at.line > 0 ? g->data.split.at : g->data.at;
}

/* What training rows may lack. */
typedef enum lack { LACK_CLASS, LACK_CATEGORY, LACK_INPUT, N_LACKS } lack;

static const struct {
    const char *sentence, *one, *many, *remedy;
} lacks[N_LACKS] = {
    [LACK_CLASS] = {"no training row has class", "class", "classes", ""},
    [LACK_CATEGORY] = {"no training row has category", "category", "categories",
                       "; rows that have it are predicted by untrained weights"},
    [LACK_INPUT] = {"all training rows have the same value of input", "input", "inputs",
                    "; its weights cannot learn what other values mean"},
};

static lack lack_of(const dataset *data, size_t i)
{
    const size_t n_classes = data->data.n_classes;
    return i < n_classes ? LACK_CLASS : dataset_is_category(data, i - n_classes) ? LACK_CATEGORY : LACK_INPUT;
}

static const char *absent_remedy(const grid *g, lack of, size_t n_splits)
{
    const split_spec *split = &g->data.split;
    if (split->file_order && n_splits == 1)
        return of == LACK_CLASS ? "; are the rows sorted by class?" : "; are the rows sorted by it?";
    if (of == LACK_CLASS && n_splits > 1 && !split->stratify)
        return "; stratify: true gives each part its share of a class";
    return lacks[of].remedy;
}

/* Warns of the class, category or input that training lacks in most splits, and counts the others. */
static void tell_absent(const grid *g, const dataset *data, lack of, const size_t *absent, size_t n_splits,
                        diagnostics *d)
{
    const size_t n_classes = data->data.n_classes, n = n_classes + data->data.n_inputs;
    size_t worst = n, others = 0;
    char splits[64], more[64], index[24];
    for (size_t i = 0; i < n; i++)
        if (absent[i] > 0 && lack_of(data, i) == of) {
            worst = worst == n || absent[i] > absent[worst] ? i : worst;
            others++;
        }
    if (others == 0)
        return;
    char *const *names = of == LACK_CLASS ? data->class_names : data->input_names;
    const size_t at = of == LACK_CLASS ? worst : worst - n_classes;
    snprintf(index, sizeof index, "%zu", at);
    snprintf(splits, sizeof splits, " in %zu of the %zu splits", absent[worst], n_splits);
    snprintf(more, sizeof more, "; the same for %zu more %s", others - 1, others == 2 ? lacks[of].one : lacks[of].many);
    diagnostics_add(d, SEVERITY_WARNING, NN_data, split_place(g), "%s '%.60s'%s%s%s", lacks[of].sentence,
                    names != NULL ? names[at] : index, n_splits > 1 ? splits : "", others > 1 ? more : "",
                    absent_remedy(g, of, n_splits));
}

/* What is absent from training cannot be learned; rows of an absent class count as errors. */
static void check_absent(const grid *g, const dataset *data, const data_variant *v, diagnostics *d)
{
    nn_error err;
    size_t n_splits = 0, *absent = calloc(data->data.n_classes + data->data.n_inputs + 1, sizeof *absent);
    if (absent != NULL && dataset_absent(data, v, g->seed, g->repeats, &n_splits, absent, &err) == NN_ok)
        for (lack of = 0; of < N_LACKS; of++)
            tell_absent(g, data, of, absent, n_splits, d);
    free(absent);
}

/* Has no variant before this one the same parts? Scaling and filling do not change them. */
static bool splits_anew(const grid *g, size_t variant)
{
    const data_variant *v = &g->variants[variant].what;
    for (size_t i = 0; i < variant; i++)
        if (g->variants[i].what.train_rows == v->train_rows && g->variants[i].what.drops == v->drops)
            return false;
    return true;
}

void grid_check(const grid *g, const dataset *data, diagnostics *diags)
{
    size_t n[NN_N_PART];
    bool evaluated[NN_N_PART];
    dataset_part_sizes(data, NULL, 0, n);
    for (int part = 0; part < NN_N_PART; part++)
        evaluated[part] = g->recording.parts[part] && n[part] > 0;
    for (int i = 0; i < g->stopping.n_rules; i++)
        check_rule(g, i, evaluated, data->data.classes != NULL, diags);
    if (!evaluated[NN_TRAIN] && !evaluated[NN_VALIDATION])
        diagnostics_add(diags, SEVERITY_ERROR, NN_usage, g->stop_at,
                        "neither a training nor a validation part is recorded: the best epoch cannot be found");
    check_batches(g, n[NN_TRAIN], diags);
    check_targets(g, &data->data, diags);
    check_outputs(g, &data->data, diags);
    check_endpoint(g, &data->data, diags);
    check_every(g, &data->data, diags);
    check_measures(g, &data->data, diags);
    check_success(g, evaluated, diags);
    const size_t before = diags->n;
    for (size_t i = 0; i < g->n_variants && diags->n == before; i++)
        if (splits_anew(g, i))
            check_absent(g, data, &g->variants[i].what, diags);
    grid_check_variants(g, data, diags);
}
