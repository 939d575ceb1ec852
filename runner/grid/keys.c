/* Keys: what identifies a run's numbers (key) and what was only observed (record_key). */
#include "base/setting.h"
#include "grid/grid.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

/* ---- What a record key says of the recording: a results file can then tell, row by row, what its curves hold. ---- */

/* Bits of the upper half of a record key, from the lowest: parts, kept weights, per_decade?, a number, and in the highest: endpoint?, gradient? */
enum {
    BIT_KEEP = NN_N_PART,
    BIT_DECADE = BIT_KEEP + NN_N_KEEP,
    BIT_NUMBER = BIT_DECADE + 1,
    BIT_ENDPOINT = 30,
    BIT_GRADIENT = 31
};
static const uint32_t largest_number = (UINT32_MAX >> (BIT_NUMBER + 2)); /* stands for itself and all above */

/* The recording in the upper half, the lower half of the hash in the lower. */
static uint64_t record_key(const nn_recording *recording, uint64_t hash)
{
    const bool decade = recording->every == 0;
    const uint32_t number = (uint32_t)(decade ? recording->per_decade : recording->every);
    uint32_t code = (number < largest_number ? number : largest_number) << BIT_NUMBER | (uint32_t)decade << BIT_DECADE |
                    (uint32_t)recording->endpoint << BIT_ENDPOINT | (uint32_t)recording->gradient << BIT_GRADIENT;
    for (int i = 0; i < NN_N_PART; i++)
        code |= (uint32_t)recording->parts[i] << i;
    for (int i = 0; i < NN_N_KEEP; i++)
        code |= (uint32_t)recording->keep[i] << (BIT_KEEP + i);
    return (uint64_t)code << 32 | (hash & UINT32_MAX);
}

/* What a record key says of the recording (a number of epochs above 33 million only that it is so). */
static nn_recording grid_recording(uint64_t record_key)
{
    const uint32_t code = (uint32_t)(record_key >> 32);
    const int32_t number = (int32_t)(code >> BIT_NUMBER & largest_number);
    const bool decade = code >> BIT_DECADE & 1;
    nn_recording recording = {.every = decade ? 0 : number,
                              .per_decade = decade ? number : 0,
                              .endpoint = code >> BIT_ENDPOINT & 1,
                              .gradient = code >> BIT_GRADIENT};
    for (int i = 0; i < NN_N_PART; i++)
        recording.parts[i] = code >> i & 1;
    for (int i = 0; i < NN_N_KEEP; i++)
        recording.keep[i] = code >> (BIT_KEEP + i) & 1;
    return recording;
}

bool grid_same_recording(uint64_t a, uint64_t b)
{
    return a >> 32 == b >> 32 && (a >> (32 + BIT_NUMBER) & largest_number) != largest_number;
}

/* Are all recorded epochs of `b` recorded under `a`, whatever the length of the run? */
static bool epochs_within(const nn_recording *a, const nn_recording *b)
{
    if (a->every == 1)
        return true;
    if ((a->every > 0) != (b->every > 0))
        return false;
    const int32_t p = a->every > 0 ? a->every : a->per_decade, q = b->every > 0 ? b->every : b->per_decade;
    /* Every 10th is among every 5th; 5 a decade are among 10 a decade. */
    return p > 0 && q > 0 && (uint32_t)q < largest_number && (a->every > 0 ? q % p == 0 : p % q == 0);
}

bool grid_recording_holds(uint64_t a, uint64_t b)
{
    const nn_recording p = grid_recording(a), q = grid_recording(b);
    for (int i = 0; i < NN_N_PART; i++)
        if (q.parts[i] && !p.parts[i])
            return false;
    for (int i = 0; i < NN_N_KEEP; i++)
        if (q.keep[i] && !p.keep[i])
            return false;
    return (p.gradient || !q.gradient) && (p.endpoint || !q.endpoint) && epochs_within(&p, &q);
}

/* ---- The checks of a grid that need its data. ---- */

/* What a target rule lacks, or "". */
static void check_target(const nn_stop_rule *rule, const bool evaluated[NN_N_PART], bool classes, bool gradient,
                         char *text, size_t size)
{
    const nn_curve_row *curve = &nn_curve_rows[rule->curve];
    const char *name = nn_curves.rows[rule->curve].name;
    if (curve->part != NN_NO_PART && !evaluated[curve->part])
        snprintf(text, size, "target needs %s, but no %s part is evaluated", name, nn_part_names[curve->part]);
    else if (curve->what == NN_GRADIENT_CURVE && !gradient)
        snprintf(text, size, "target needs %s; give record: {gradient: true}", name);
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
        check_target(rule, evaluated, classes, g->recording.gradient, text, sizeof text);
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
    }
    /* the default of 32 on four rows of xor is no mistake */
    if (largest > (int64_t)n_train && largest != nn_hyper_defaults.batch_size)
        diagnostics_add(d, SEVERITY_WARNING, NN_usage, g->set_at[NN_HYPER_batch_size],
                        "batch_size %lld is more than the %zu training rows: such a batch holds all of them",
                        (long long)largest, n_train);
}

/* The first loss of the grid whose targets are shares (binary_cross_entropy, kl_divergence), or -1. */
static int loss_of_shares(const grid *g)
{
    for (size_t c = 0; c < g->n_cells; c++) {
        nn_hyper h;
        grid_cell(g, c, &h);
        if (nn_loss_rows[h.loss].required && !nn_loss_rows[h.loss].classes)
            return h.loss;
    }
    return -1;
}

/* Outside [0, 1] the loss has no lower bound, and a run that follows it down would pass for a good one. */
static void check_targets(const grid *g, const nn_data *data, diagnostics *d)
{
    const int loss = data->targets != NULL ? loss_of_shares(g) : -1;
    if (loss < 0)
        return;
    for (size_t i = 0; i < data->n_rows * data->n_targets; i++)
        if (!(data->targets[i] >= 0 && data->targets[i] <= 1)) {
            diagnostics_add(d, SEVERITY_ERROR, NN_usage, g->set_at[NN_HYPER_loss],
                            "%s needs targets in [0, 1]; example %zu has %g; choose loss: mse, or scale "
                            "the targets",
                            nn_losses.rows[loss].name, i / data->n_targets + 1, data->targets[i]);
            return;
        }
}

/* The Hessian is that of the final weights, and it has to fit. */
static void check_endpoint(const grid *g, const nn_data *data, diagnostics *d)
{
    if (g->recording.endpoint && !g->recording.keep[NN_KEEP_FINAL])
        diagnostics_add(d, SEVERITY_ERROR, NN_usage, g->diagnose_at,
                        "diagnose: endpoint looks at the final weights; add final to record.weights");
    for (size_t c = 0; c < g->n_cells && g->recording.endpoint; c++) {
        nn_hyper h;
        nn_network net;
        grid_cell(g, c, &h);
        nn_network_of(data, &h, &net);
        if (net.n_params > GRID_ENDPOINT_MOST_PARAMS) {
            diagnostics_add(d, SEVERITY_ERROR, NN_usage, g->diagnose_at,
                            "diagnose: endpoint is for networks of at most %d parameters; cell %zu has %zu",
                            GRID_ENDPOINT_MOST_PARAMS, c, net.n_params);
            return;
        }
    }
}

/* What a metric needs in the grid and has not; or NULL. */
static const char *missing_for(const grid *g, int metric)
{
    const bool of_gradient = metric >= NN_METRIC_final_gradient_norm && metric <= NN_METRIC_saturated;
    const bool of_endpoint = metric >= NN_METRIC_endpoint_gradient_norm && metric <= NN_METRIC_endpoint_kind;
    return of_gradient && !g->recording.gradient   ? "record: {gradient: true}"
           : of_endpoint && !g->recording.endpoint ? "diagnose: endpoint"
                                                   : NULL;
}

/* A condition on what is not there could never be met. */
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

/* A setting of the starting weights? A file that gives the weights leaves it nothing to decide. */
static bool is_drawn_by(const nn_hyper_row *row)
{
    return strncmp(row->name, "init", 4) == 0;
}

static void check_start(const grid *g, diagnostics *d)
{
    for (size_t a = 0; a < g->n_axes && g->files[GRID_INIT_FILE] != NULL; a++)
        if (is_drawn_by(g->axes[a].row))
            diagnostics_add(d, SEVERITY_ERROR, NN_usage, g->set_at[g->axes[a].row - nn_hyper_rows],
                            "%s is swept, but init_file gives the starting weights; leave one of them out",
                            g->axes[a].row->name);
}

static void grid_check(const grid *g, const dataset *data, diagnostics *diags)
{
    size_t n[NN_N_PART];
    bool evaluated[NN_N_PART];
    dataset_part_sizes(data, 0, n);
    for (int part = 0; part < NN_N_PART; part++)
        evaluated[part] = g->recording.parts[part] && n[part] > 0;
    for (int i = 0; i < g->stopping.n_rules; i++)
        check_rule(g, i, evaluated, data->data.classes != NULL, diags);
    if (!evaluated[NN_TRAIN] && !evaluated[NN_VALIDATION])
        diagnostics_add(diags, SEVERITY_ERROR, NN_usage, g->stop_at,
                        "neither the training nor a validation part is recorded: nothing says what is best");
    check_batches(g, n[NN_TRAIN], diags);
    check_targets(g, &data->data, diags);
    check_endpoint(g, &data->data, diags);
    check_success(g, evaluated, diags);
    check_start(g, diags);
}

static void put_settings(FILE *f, const nn_hyper *h, bool drawn)
{
    char text[512];
    for (int i = 0; i < NN_N_HYPER; i++) {
        const nn_hyper_row *row = &nn_hyper_rows[i];
        /* A setting at its default is left out, so that settings which are added later leave old keys as they
         * are. */
        if (!row->matters(h) || (!row->automatic && nn_hyper_same(h, &nn_hyper_defaults, row)))
            continue;
        if (!drawn && is_drawn_by(row))
            continue;
        fprintf(f, "%s=%s\n", row->name, setting_format(row, nn_hyper_get(h, row), text, sizeof text));
    }
}

static void put_rules(FILE *f, const nn_stopping *s)
{
    for (int i = 0; i < s->n_rules; i++) {
        const nn_stop_rule *rule = &s->rules[i];
        fprintf(f, "rule %s %.17g %.17g %s", nn_stops.rows[rule->kind].name, rule->parameter, rule->min_delta,
                nn_stop_rows[rule->kind].needs & NN_TAKES_CURVE ? nn_curves.rows[rule->curve].name : "");
        fprintf(f, rule->strip > 0 ? " strip %d\n" : "\n", rule->strip);
    }
}

/* By its result, the number of rows of each part, so that a split that is left out and the same one written
 * down give the same keys. */
static void put_split(FILE *f, const dataset *d)
{
    const split_spec *s = &d->spec->split;
    size_t n[NN_N_PART];
    dataset_part_sizes(d, 0, n);
    fprintf(f, "split %zu %zu %zu folds %d", n[NN_TRAIN], n[NN_VALIDATION], n[NN_TEST], s->folds);
    if (n[NN_TRAIN] < d->data.n_rows)
        fprintf(f, " stratify %d file order %d", s->stratify, s->file_order);
    if (d->part_column != NULL)
        fprintf(f, " column %016llx", (unsigned long long)XXH3_64bits(d->part_column, d->data.n_rows));
    fputc('\n', f);
}

/* Digest of a file's bytes; false if it cannot be read. */
static bool file_digest(const char *path, uint64_t *out)
{
    FILE *f = path != NULL ? fopen(path, "rb") : NULL;
    XXH3_state_t *state = XXH3_createState();
    unsigned char block[65536];
    bool good = f != NULL && state != NULL && XXH3_64bits_reset(state) == XXH_OK;
    for (size_t n; good && (n = fread(block, 1, sizeof block, f)) > 0;)
        XXH3_64bits_update(state, block, n);
    good = good && ferror(f) == 0;
    if (good)
        *out = XXH3_64bits_digest(state);
    XXH3_freeState(state);
    if (f != NULL)
        fclose(f);
    return good;
}

/* What is the same for every run of the grid. */
static void put_common(FILE *f, const grid *g, const dataset *d, const uint64_t digests[GRID_N_FILE])
{
    fprintf(f, "arithmetic %d engine %s data %016llx seed %llu\n", NN_ARITHMETIC, nn_engines.rows[g->engine].name,
            (unsigned long long)d->digest, (unsigned long long)g->seed);
    fprintf(f, "scale %s %.17g missing %s diverge %.17g start %016llx\n",
            g->data.scale == SCALE_DIVISOR ? "divisor" : grid_word("data.scale", (int)g->data.scale), g->data.divisor,
            grid_word("data.missing", (int)g->data.missing), g->diverge, (unsigned long long)digests[GRID_INIT_FILE]);
    if (digests[GRID_ORDER_FILE] != 0) /* older keys have none */
        fprintf(f, "order %016llx\n", (unsigned long long)digests[GRID_ORDER_FILE]);
    put_split(f, d);
    if (g->stopping.first) { /* the rules, and the epochs at which they look, decide where the run ends */
        fprintf(f, "every %d %d\n", (int)g->recording.every, (int)g->recording.per_decade);
        put_rules(f, &g->stopping);
    }
}

static void put_record(FILE *f, const grid *g)
{
    fprintf(f, "every %d %d ", (int)g->recording.every, (int)g->recording.per_decade);
    fprintf(f, "parts %d %d %d keep %d %d %d first %d\n", g->recording.parts[0], g->recording.parts[1],
            g->recording.parts[2], g->recording.keep[0], g->recording.keep[1], g->recording.keep[2], g->stopping.first);
    if (g->recording.gradient)
        fputs("gradient\n", f);
    if (g->recording.endpoint)
        fputs("endpoint\n", f);
    put_rules(f, &g->stopping);
    for (size_t i = 0; i < g->n_conditions; i++)
        fprintf(f, "success %s %d %.17g\n", nn_metrics.rows[g->success[i].metric].name, (int)g->success[i].compare,
                g->success[i].value);
}

/* Hash of what `put` would print. */
static uint64_t hash_stream(FILE *f, char **text, size_t *size)
{
    uint64_t hash = 0;
    if (fclose(f) == 0)
        hash = XXH3_64bits(*text, *size);
    free(*text);
    *text = NULL;
    return hash;
}

/* Hash of the settings of a cell; 0 if memory is out. */
static uint64_t settings_hash(const grid *g, size_t cell)
{
    char *text = NULL;
    size_t size = 0;
    nn_hyper h;
    FILE *f = open_memstream(&text, &size);
    if (f == NULL)
        return 0;
    grid_cell(g, cell, &h);
    put_settings(f, &h, g->files[GRID_INIT_FILE] == NULL);
    return hash_stream(f, &text, &size);
}

/* What all runs share: hashes of the rest of the trajectory and of the recording. */
static bool common_hashes(const grid *g, const dataset *d, const uint64_t digests[GRID_N_FILE], uint64_t *common,
                          uint64_t *record)
{
    char *text = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&text, &size);
    if (f == NULL)
        return false;
    put_common(f, g, d, digests);
    *common = hash_stream(f, &text, &size);
    if ((f = open_memstream(&text, &size)) == NULL)
        return false;
    put_record(f, g);
    *record = hash_stream(f, &text, &size);
    if (*common == 0 || *record == 0)
        return false;
    *record = record_key(&g->recording, *record);
    return true;
}

static nn_status fill_keys(grid *g, const dataset *d, const uint64_t digests[GRID_N_FILE])
{
    uint64_t common, record, settings = 0;
    if (!common_hashes(g, d, digests, &common, &record))
        return NN_memory;
    for (size_t i = 0; i < g->n_runs; i++) {
        grid_run *run = &g->runs[i];
        if (i == 0 || run->cell != g->runs[i - 1].cell)
            settings = settings_hash(g, run->cell);
        if (settings == 0)
            return NN_memory;
        const uint64_t parts[] = {common, settings, run->repeat, run->fold};
        run->key = XXH3_64bits(parts, sizeof parts);
        run->record_key = record;
    }
    return NN_ok;
}

/* Digests of the files of base, 0 where there are none. */
static void file_digests(const grid *g, const char *data_root, diagnostics *d, uint64_t digests[GRID_N_FILE])
{
    for (int i = 0; i < GRID_N_FILE; i++) {
        digests[i] = 0;
        if (g->files[i] == NULL)
            continue;
        char *path = data_path(g->files[i], g->path, data_root);
        if (!file_digest(path, &digests[i]))
            diagnostics_add(d, SEVERITY_ERROR, NN_data, g->file_at[i], "%s: cannot read %s", grid_files[i].name,
                            g->files[i]);
        free(path);
    }
}

nn_status grid_keys(grid *g, const dataset *data, const char *data_root, diagnostics *diags)
{
    grid_check(g, data, diags);
    uint64_t digests[GRID_N_FILE];
    file_digests(g, data_root, diags, digests);
    if (diagnostics_status(diags) != NN_ok)
        return diagnostics_status(diags);
    const nn_status status = fill_keys(g, data, digests);
    if (status != NN_ok)
        diagnostics_add(diags, SEVERITY_ERROR, status, (place){0, 0}, "not enough memory for the keys of the runs");
    return status;
}
