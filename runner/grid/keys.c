/* Gives runs their keys: one identifies the numbers of a run (key), one what is recorded of it (record_key). */
#include "base/file.h"
#include "base/setting.h"
#include "grid/checks.h"
#include "grid/starts.h"
#include "grid/variants.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

/* ---- the recording within a record key, by which a results file knows of each run what its curves hold ---- */

/* Bits of the upper half of a record key. From the lowest: the parts, the kept weights, is it per_decade?, the number of
 * every or per_decade; in the highest: are the weights of every epoch kept?, those of the endpoint?, is there an endpoint?,
 * one as older programs diagnosed it?, a gradient? */
enum {
    BIT_KEEP = NN_N_PART,
    N_KEEP_TOGETHER = NN_KEEP_FINAL + 1, /* initial, best, final */
    BIT_DECADE = BIT_KEEP + N_KEEP_TOGETHER,
    BIT_NUMBER = BIT_DECADE + 1,
    BIT_EVERY = 27,
    BIT_KEEP_ENDPOINT = 28,
    BIT_ENDPOINT = 29,
    BIT_OLD_ENDPOINT = 30,
    BIT_GRADIENT = 31
};
static const uint32_t largest_number = UINT32_MAX >>
                                       (32 - BIT_EVERY + BIT_NUMBER); /* stands for itself and all larger numbers */

/* Puts the recording into the upper half of the key, and the lower half of the hash into the lower. */
static uint64_t record_key(const nn_recording *recording, uint64_t hash)
{
    const bool decade = recording->every == 0;
    const uint32_t number = (uint32_t)(decade ? recording->per_decade : recording->every);
    uint32_t code = (number < largest_number ? number : largest_number) << BIT_NUMBER | (uint32_t)decade << BIT_DECADE |
                    (uint32_t)recording->keep[NN_KEEP_EVERY] << BIT_EVERY |
                    (uint32_t)recording->keep[NN_KEEP_ENDPOINT] << BIT_KEEP_ENDPOINT |
                    (uint32_t)recording->endpoint << BIT_ENDPOINT | (uint32_t)recording->gradient << BIT_GRADIENT;
    for (int i = 0; i < NN_N_PART; i++)
        code |= (uint32_t)recording->parts[i] << i;
    for (int i = 0; i < N_KEEP_TOGETHER; i++)
        code |= (uint32_t)recording->keep[i] << (BIT_KEEP + i);
    return (uint64_t)code << 32 | (hash & UINT32_MAX);
}

/* The recording of a record key. A number of epochs above largest_number is lost. */
static nn_recording recording_of(uint64_t record_key)
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
    for (int i = 0; i < N_KEEP_TOGETHER; i++)
        recording.keep[i] = code >> (BIT_KEEP + i) & 1;
    recording.keep[NN_KEEP_EVERY] = code >> BIT_EVERY & 1;
    recording.keep[NN_KEEP_ENDPOINT] = code >> BIT_KEEP_ENDPOINT & 1;
    return recording;
}

bool grid_recording_of(uint64_t record_key, nn_recording *out)
{
    *out = recording_of(record_key);
    return (out->every > 0 || out->per_decade > 0) &&
           (record_key >> (32 + BIT_NUMBER) & largest_number) != largest_number;
}

bool grid_same_recording(uint64_t a, uint64_t b)
{
    return a >> 32 == b >> 32 && (a >> (32 + BIT_NUMBER) & largest_number) != largest_number;
}

/* The first program had three more bits for the number of epochs, where later ones say which weights are kept. */
bool grid_is_record_key(const grid *g, uint64_t own, uint64_t other)
{
    enum { FIRST_LARGEST = (1 << 23) - 1 };
    const nn_recording *r = &g->recording;
    const uint32_t number = (uint32_t)(r->every > 0 ? r->every : r->per_decade);
    if (number < largest_number || r->keep[NN_KEEP_EVERY] || r->keep[NN_KEEP_ENDPOINT] || r->endpoint)
        return own == other;
    const uint64_t bits = (uint64_t)(number < FIRST_LARGEST ? number : FIRST_LARGEST) << (32 + BIT_NUMBER);
    return own == other || ((own & ~((uint64_t)largest_number << (32 + BIT_NUMBER))) | bits) == other;
}

bool grid_records_endpoint(uint64_t record_key)
{
    return recording_of(record_key).endpoint;
}

/* Are all epochs that `b` records among those of `a`, whatever the length of the run? */
static bool epochs_within(const nn_recording *a, const nn_recording *b)
{
    if (a->every == 1)
        return true;
    if ((a->every > 0) != (b->every > 0))
        return false;
    const int32_t p = a->every > 0 ? a->every : a->per_decade, q = b->every > 0 ? b->every : b->per_decade;
    /* Every 10th epoch is among every 5th; 5 epochs a decade are among 10 a decade. */
    return p > 0 && q > 0 && (uint32_t)q < largest_number && (a->every > 0 ? q % p == 0 : p % q == 0);
}

bool grid_recording_holds(uint64_t a, uint64_t b)
{
    const nn_recording p = recording_of(a), q = recording_of(b);
    for (int i = 0; i < NN_N_PART; i++)
        if (q.parts[i] && !p.parts[i])
            return false;
    for (int i = 0; i <= NN_KEEP_EVERY; i++)
        if (q.keep[i] && !p.keep[i])
            return false;
    return (p.gradient || !q.gradient) && (p.endpoint || !q.endpoint) && epochs_within(&p, &q);
}

/* ---- the text that a key is the hash of ---- */

static void put_settings(FILE *f, const nn_hyper *h)
{
    char text[512];
    for (int i = 0; i < NN_N_HYPER; i++) {
        const nn_hyper_row *row = &nn_hyper_rows[i];
        /* A setting at its default is left out: old keys stay the same when a setting is added to the program. */
        const bool is_default = !row->automatic && nn_hyper_same(h, &nn_hyper_defaults, row);
        if (!is_default && !row->of_data && row->matters(h)) /* what is of the data is known by its content */
            fprintf(f, "%s=%s\n", row->name, setting_format(row, nn_hyper_get(h, row), text, sizeof text));
    }
}

/* Runs with a feature whose numbers have changed have its version in their keys, and so differ from those of old. */
static void put_features(FILE *f, const nn_hyper *h, bool classification)
{
    for (int i = 0; i < NN_N_FEATURE; i++)
        if (nn_feature_rows[i].used(h, classification))
            fprintf(f, "feature %s %d\n", nn_feature_rows[i].name, nn_feature_rows[i].version);
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

/* Accuracies are right to the last bit since version 2, so that a run may end at another epoch. */
static void put_accuracy(FILE *f, const nn_stopping *s)
{
    for (int i = 0; i < s->n_rules; i++)
        if ((nn_stop_rows[s->rules[i].kind].needs & NN_TAKES_CURVE) != 0 &&
            nn_curve_rows[s->rules[i].curve].what == NN_ACCURACY_CURVE) {
            fputs("accuracy 2\n", f);
            return;
        }
}

/* A split is known by its result, the number of rows of each part, so that a split that is left out and the same split
 * written down give the same keys. */
static void put_split(FILE *f, const dataset *d)
{
    const split_spec *s = &d->spec->split;
    size_t n[NN_N_PART];
    if (d->given != NULL) {
        fputs("split of a file\n", f); /* each run's key has the digest of its own */
        return;
    }
    dataset_part_sizes(d, NULL, 0, n);
    fprintf(f, "split %zu %zu %zu folds %d", n[NN_TRAIN], n[NN_VALIDATION], n[NN_TEST], s->folds);
    if (n[NN_TRAIN] < d->data.n_rows)
        fprintf(f, " stratify %d file order %d", s->stratify, s->file_order);
    if (d->part_column != NULL)
        fprintf(f, " column %016llx", (unsigned long long)XXH3_64bits(d->part_column, d->data.n_rows));
    fputc('\n', f);
}

/* What runs of different cells may have in common beside their settings. */
typedef struct shared {
    const data_variant *variant;
    uint64_t start; /* digest of init_file, 0: none */
    int arithmetic;
} shared;

/* Prints what decides the numbers of a run beside its settings. */
static void put_common(FILE *f, const grid *g, const dataset *d, const shared *of)
{
    const data_variant *v = of->variant;
    fprintf(f, "arithmetic %d engine %s data %016llx seed %llu\n", of->arithmetic, nn_engines.rows[g->engine].name,
            (unsigned long long)d->digest, (unsigned long long)g->seed);
    fprintf(f, "scale %s %.17g missing %s diverge %.17g start %016llx\n",
            v->scale == SCALE_DIVISOR ? "divisor" : grid_word("data.scale", (int)v->scale), v->divisor,
            v->drops ? "drop after split" : grid_word("data.missing", (int)v->missing), g->diverge,
            (unsigned long long)of->start);
    if (v->train_rows > 0)
        fprintf(f, "first %zu training rows\n", v->train_rows);
    if (v->target_scale != SCALE_NONE)
        fprintf(f, "scale_target %s\n", grid_word("data.scale_target", (int)v->target_scale));
    if (g->file_digest[GRID_ORDER_FILE] != 0) /* keys of older programs have no such line */
        fprintf(f, "order %016llx\n", (unsigned long long)g->file_digest[GRID_ORDER_FILE]);
    put_split(f, d);
    if (g->stopping.first) { /* then the rules, and the epochs at which they look, decide where the run ends */
        fprintf(f, "every %d %d\n", (int)g->recording.every, (int)g->recording.per_decade);
        put_rules(f, &g->stopping);
        put_accuracy(f, &g->stopping);
    }
}

static void put_record(FILE *f, const grid *g)
{
    fprintf(f, "every %d %d ", (int)g->recording.every, (int)g->recording.per_decade);
    fprintf(f, "parts %d %d %d keep %d %d %d first %d\n", g->recording.parts[0], g->recording.parts[1],
            g->recording.parts[2], g->recording.keep[0], g->recording.keep[1], g->recording.keep[2], g->stopping.first);
    if (g->recording.keep[NN_KEEP_EVERY])
        fputs("weights every\n", f);
    if (g->recording.gradient)
        fputs("gradient\n", f);
    for (int i = 0; i <= NN_SHARPNESS; i++)
        if (g->recording.measures[i])
            fprintf(f, "metric %s\n", nn_measure_names[i]);
    if (g->recording.endpoint)
        fprintf(f, "endpoint polished%s\n", g->recording.keep[NN_KEEP_ENDPOINT] ? " weights" : "");
    put_rules(f, &g->stopping);
    for (size_t i = 0; i < g->n_conditions; i++)
        fprintf(f, "success %s %d %.17g\n", nn_metrics.rows[g->success[i].metric].name, (int)g->success[i].compare,
                g->success[i].value);
}

/* Closes the stream and returns the hash of its text, 0 without memory. */
static uint64_t hash_stream(FILE *f, char **text, size_t *size)
{
    uint64_t hash = 0;
    if (fclose(f) == 0)
        hash = XXH3_64bits(*text, *size);
    free(*text);
    *text = NULL;
    return hash;
}

/* Hash of the settings of a cell; 0 without memory. */
static uint64_t settings_hash(const grid *g, size_t cell)
{
    char *text = NULL;
    size_t size = 0;
    nn_hyper h;
    FILE *f = open_memstream(&text, &size);
    if (f == NULL)
        return 0;
    grid_cell(g, cell, &h);
    put_settings(f, &h);
    put_features(f, &h, !g->data.regression);
    return hash_stream(f, &text, &size);
}

/* Hash of what runs may share; 0 without memory. */
static uint64_t common_hash(const grid *g, const dataset *d, const shared *of)
{
    char *text = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&text, &size);
    if (f == NULL)
        return 0;
    put_common(f, g, d, of);
    return hash_stream(f, &text, &size);
}

/* Hash of the recording; 0 without memory. */
static uint64_t record_hash(const grid *g)
{
    char *text = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&text, &size);
    if (f == NULL)
        return 0;
    put_record(f, g);
    const uint64_t hash = hash_stream(f, &text, &size);
    return hash == 0 ? 0 : record_key(&g->recording, hash);
}

static shared shared_of(const grid *g, size_t cell, int arithmetic)
{
    nn_hyper h;
    grid_cell(g, cell, &h);
    return (shared){grid_data(g, cell), grid_start_digest(g, &h), arithmetic};
}

nn_status grid_keys_under(const grid *g, const dataset *d, int arithmetic, uint64_t *keys)
{
    uint64_t common = 0, settings = 0;
    shared before = {NULL, 0, 0};
    for (size_t i = 0; i < g->n_runs; i++) {
        const grid_run *run = &g->runs[i];
        if (i == 0 || run->cell != g->runs[i - 1].cell) {
            const shared now = shared_of(g, run->cell, arithmetic);
            settings = settings_hash(g, run->cell);
            if (now.variant != before.variant || now.start != before.start)
                common = common_hash(g, d, &now);
            before = now;
        }
        if (settings == 0 || common == 0)
            return NN_memory;
        const uint64_t parts[] = {common, settings, run->repeat, run->fold};
        keys[i] = XXH3_64bits(parts, sizeof parts);
        const int8_t *given = dataset_given_split(d, run->repeat, run->fold);
        if (given != NULL)
            keys[i] = XXH3_64bits_withSeed(given, d->data.n_rows, keys[i]);
    }
    return NN_ok;
}

static nn_status fill_keys(grid *g, const dataset *d)
{
    const uint64_t record = record_hash(g);
    uint64_t *keys = malloc((g->n_runs + 1) * sizeof *keys);
    const nn_status status = keys == NULL || record == 0 ? NN_memory : grid_keys_under(g, d, nn_arithmetic(), keys);
    for (size_t i = 0; i < g->n_runs && status == NN_ok; i++) {
        g->runs[i].arithmetic = (uint32_t)nn_arithmetic();
        g->runs[i].key = keys[i];
        g->runs[i].record_key = record;
    }
    free(keys);
    return status;
}

/* Computes the digests of the files of base, 0 where there is none. */
static void file_digests(grid *g, const char *data_root, diagnostics *d)
{
    uint64_t *digests = g->file_digest;
    for (int i = 0; i < GRID_N_FILE; i++) {
        digests[i] = 0;
        if (g->files[i] == NULL)
            continue;
        nn_error err;
        char *path = data_path(g->files[i], g->path, data_root);
        if (path == NULL)
            diagnostics_add(d, SEVERITY_ERROR, NN_memory, g->file_at[i], "not enough memory for a path");
        else if (file_digest(path, &digests[i], &err) != NN_ok)
            diagnostics_add(d, SEVERITY_ERROR, NN_data, g->file_at[i], "%s: %s: %s", grid_files[i].name, path,
                            err.message);
        free(path);
    }
}

nn_status grid_keys(grid *g, const dataset *data, const char *data_root, diagnostics *diags)
{
    grid_check(g, data, diags);
    file_digests(g, data_root, diags);
    grid_find_starts(g, data_root, diags);
    if (diagnostics_status(diags) != NN_ok)
        return diagnostics_status(diags);
    grid_number_splits(g, data);
    const nn_status status = fill_keys(g, data);
    if (status != NN_ok)
        diagnostics_add(diags, SEVERITY_ERROR, status, (place){0, 0}, "not enough memory for the keys of the runs");
    return status;
}
