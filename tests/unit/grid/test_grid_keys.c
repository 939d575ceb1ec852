/* Tests the keys of runs: equal runs have equal keys, and a key differs where something differs that decides a number
 * of the result, and nowhere else. */
#include "fixtures/grid_fixture.h"

typedef struct keys {
    size_t n;
    uint64_t *key, record;
} keys;

/* A change of keys_of_data that asks for the keys of files of arithmetic 7, and leaves the data as they are. */
static void under_arithmetic_7(dataset *d)
{
    (void)d;
}

/* Computes the keys of all runs; `change`, if not NULL, alters the data before. */
static keys keys_of_data(const char *yaml, void (*change)(dataset *d))
{
    diagnostics diags;
    dataset *d = NULL;
    grid *g = grid_of(yaml);
    diagnostics_init(&diags);
    assert_int_equal(dataset_load(&g->data, "grid.yaml", NULL, &diags, &d), NN_ok);
    if (change != NULL)
        change(d);
    const nn_status status = grid_keys(g, d, NULL, &diags);
    if (status != NN_ok)
        diagnostics_print(&diags, "-", stderr);
    assert_int_equal(status, NN_ok);
    keys k = {.n = g->n_runs, .key = malloc(g->n_runs * sizeof *k.key), .record = g->runs[0].record_key};
    assert_non_null(k.key);
    for (size_t i = 0; i < g->n_runs; i++)
        k.key[i] = g->runs[i].key;
    if (change == under_arithmetic_7)
        assert_int_equal(grid_keys_under(g, d, 7, k.key), NN_ok);
    diagnostics_free(&diags);
    dataset_free(d);
    grid_free(g);
    return k;
}

/* Returns the key of the only run; record may be NULL. */
static uint64_t key_of(const char *yaml, uint64_t *record)
{
    keys k = keys_of_data(yaml, NULL);
    const uint64_t key = k.key[0];
    if (record != NULL)
        *record = k.record;
    assert_int_equal(k.n, 1);
    free(k.key);
    return key;
}

#define DATA "data: {builtin: moons, rows: 40}\n"

GRID_TEST(the_same_run_has_the_same_key)
{
    const uint64_t key = key_of(DATA, NULL);
    static const char *const same[] = {
        "name: other\n" DATA "question: Why?\n",
        DATA "base: {momentum: 0, hidden: [32], loss: auto, learning_rate: 1e-1, batch_size: 32}\n",
        DATA "base: {loss: cross_entropy, output: softmax}\n",
        DATA "grid: {lambda: [0], hidden: [32]}\n",
        DATA "base: {optimizer: sgd, beta1: 0.5}\n",
        "seed: 1\nrepeats: 1\ndata: {builtin: moons, rows: 40, seed: 1, task: classification, scale: none}\n",
        "data: {builtin: moons, rows: 40, split: {train: 0.6, validation: 0.2, test: 0.2}}\n",
        "data: {builtin: moons, rows: 40, split: {train: 24, validation: 0.2, test: rest, order: random}}\n",
        DATA "record: {every: 10, weights: none}\nlimits: {per_run: 1h}\n",
        DATA "stop: {mode: observe, rules: [{patience: 3}]}\n",
        DATA "success: {best_epoch: \"> 3\"}\n",
        DATA "limits: {diverge: 1e4}\n",
    };
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++)
        if (key_of(same[i], NULL) != key)
            fail_msg("another key: %s", same[i]);
}

/* Exchanges two rows of different parts, so that each part has as many rows as before. */
static void swap_parts(dataset *d)
{
    assert_int_not_equal(d->part_column[0], d->part_column[4]);
    const int8_t first = d->part_column[0];
    d->part_column[0] = d->part_column[4];
    d->part_column[4] = first;
}

GRID_TEST(the_part_of_every_row_is_in_the_key)
{
    static const char yaml[] = "data: {file: d.csv, split: {column: part}}\n";
    FILE *f = fopen("d.csv", "w");
    assert_non_null(f);
    fputs("x,part,y\n1,0,0\n2,0,1\n3,1,0\n4,1,1\n5,2,0\n6,2,1\n", f);
    fclose(f);
    keys a = keys_of_data(yaml, NULL), b = keys_of_data(yaml, swap_parts);
    unlink("d.csv");
    assert_int_not_equal(a.key[0], b.key[0]);
    free(a.key);
    free(b.key);
}

static void assert_all_differ(const char *const *yamls, size_t n)
{
    uint64_t seen[64];
    for (size_t i = 0; i < n; i++) {
        seen[i] = key_of(yamls[i], NULL);
        for (size_t j = 0; j < i; j++)
            if (seen[i] == seen[j])
                fail_msg("one key for\n%s\nand\n%s", yamls[i], yamls[j]);
    }
}

GRID_TEST(all_that_decides_changes_the_key)
{
    static const char *const yamls[] = {
        DATA,
        DATA "seed: 2\n",
        "data: {builtin: moons, rows: 41}\n",
        "data: {builtin: circles, rows: 40}\n",
        "data: {builtin: moons, rows: 40, seed: 2}\n",
        "data: {builtin: moons, rows: 40, noise: 0.3}\n",
        "data: {builtin: moons, rows: 40, scale: standardize}\n",
        "data: {builtin: moons, rows: 40, scale: minmax}\n",
        "data: {builtin: moons, rows: 40, scale: 2}\n",
        "data: {builtin: moons, rows: 40, scale: 3}\n",
        "data: {builtin: moons, rows: 40, split: {train: all}}\n",
        "data: {builtin: moons, rows: 40, split: {train: 23, validation: 9, test: 8}}\n",
        "data: {builtin: moons, rows: 40, split: {train: 24, validation: 16}}\n",
        "data: {builtin: moons, rows: 40, split: {train: 24, validation: 8, test: 8, stratify: true}}\n",
        "data: {builtin: moons, rows: 40, split: {train: 24, validation: 8, test: 8, order: file}}\n",
        "data: {builtin: noisy_sine, rows: 40}\n",
        "data: {builtin: noisy_sine, rows: 40, scale_target: minmax}\n",
        "data: {builtin: noisy_sine, rows: 40, scale_target: standardize}\n",
        DATA "limits: {diverge: 100}\n",
        DATA "stop: {mode: first, rules: [{patience: 3}]}\n",
        DATA "stop: {mode: first, rules: [{patience: 4}]}\n",
        DATA "stop: {mode: first, rules: [{patience: {epochs: 3, min_delta: 0.1}}]}\n",
        DATA "stop: {mode: first, rules: [{target: {train_loss: 3}}]}\n",
        DATA "stop: {mode: first, rules: [{target: {validation_loss: 3}}]}\n",
        DATA "stop: {mode: first, rules: [{patience: 3}]}\nrecord: {every: 2}\n",
        DATA "stop: {mode: first, rules: [{patience: 3}]}\nrecord: {per_decade: 10}\n",
    };
    assert_all_differ(yamls, sizeof yamls / sizeof yamls[0]);
}

/* A value of a setting that is not its default, as YAML, for a grid in which the setting matters. */
static void other_value(const nn_hyper_row *row, char *text, size_t size)
{
    switch (row->kind) {
    case NN_REAL:
        snprintf(text, size, "%s: %s", row->name, row->range.low < 1 ? "0.25" : "1.25");
        break;
    case NN_COUNT:
        snprintf(text, size, "%s: %d", row->name, row->range.high < 7 ? 2 : 7);
        break;
    case NN_SHAPE:
        snprintf(text, size, "%s: %s", row->name, row == &nn_hyper_rows[NN_HYPER_freeze] ? "1" : "[7, 3]");
        break;
    case NN_TRUTH:
        snprintf(text, size, "%s: %s", row->name,
                 *(const bool *)nn_hyper_get(&nn_hyper_defaults, row) ? "false" : "true");
        break;
    case NN_CHOICE: {
        const int value = *(const nn_choice_value *)nn_hyper_get(&nn_hyper_defaults, row);
        snprintf(text, size, "%s: %s", row->name, row->choices->rows[value == 0 ? 1 : 0].name);
        break;
    }
    case NN_TEXT:
        snprintf(text, size, "%s: %s", row->name, row->choices != NULL ? row->choices->rows[1].name : "w.h5");
        break;
    }
}

/* Tests each setting beside those that make it matter: mse, which goes with every output; momentum and normal weights;
 * and the optimizer that has the setting. */
GRID_TEST(each_setting_that_matters_changes_the_key)
{
    static const char *const stages[] = {
        "loss: mse, init: normal, momentum: 0.5", "loss: mse, optimizer: adam, schedule: step",
        "loss: mse, optimizer: rmsprop, gradient: forward_difference", "loss: mse, optimizer: rprop, batch_size: full"};
    enum { N_STAGES = sizeof stages / sizeof stages[0] };
    char value[128], yaml[512];
    for (int i = 0; i < NN_N_HYPER; i++) {
        bool changes = nn_hyper_rows[i].of_data; /* these have a test of their own */
        other_value(&nn_hyper_rows[i], value, sizeof value);
        for (size_t s = 0; s < N_STAGES && !changes; s++) {
            if (strstr(stages[s], nn_hyper_rows[i].name) != NULL) {
                changes = true; /* the stage has the setting, and a second one would be a mistake */
                continue;
            }
            snprintf(yaml, sizeof yaml, DATA "base: {%s}\n", stages[s]);
            const uint64_t key = key_of(yaml, NULL);
            snprintf(yaml, sizeof yaml, DATA "base: {%s, %s}\n", stages[s], value);
            changes = changes || key_of(yaml, NULL) != key;
        }
        if (!changes)
            fail_msg("%s changes no key", nn_hyper_rows[i].name);
    }
}

/* A value of an axis of the data gives the key that it has as the value of all runs; drop means another thing there. */
GRID_TEST(axes_of_the_data_have_the_keys_of_their_values)
{
    static const char *const pairs[][2] = {
        {"data: {builtin: moons, rows: 40, scale: minmax}\n", DATA "grid: {data.scale: [minmax]}\n"},
        {"data: {builtin: moons, rows: 40, scale: 16}\n", DATA "grid: {data.scale: [1.6e1]}\n"},
        {"data: {builtin: moons, rows: 40, missing: median}\n", DATA "grid: {data.missing: [median]}\n"},
        {DATA, "data: {builtin: moons, rows: 40, scale: 4}\ngrid: {data.scale: [none], split.train: [all]}\n"},
        {DATA "base: {split.train: 10}\n", DATA "grid: {split.train: [10]}\n"},
    };
    static const char *const different[] = {
        DATA,
        DATA "grid: {data.scale: [minmax]}\n",
        DATA "grid: {data.scale: [3]}\n",
        DATA "grid: {split.train: [10]}\n",
        DATA "grid: {split.train: [11]}\n",
        DATA "grid: {split.train: [24]}\n",
        DATA "grid: {data.missing: [drop]}\n",
        "data: {builtin: moons, rows: 40, missing: drop}\n",
    };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        assert_int_equal(key_of(pairs[i][0], NULL), key_of(pairs[i][1], NULL));
    assert_all_differ(different, sizeof different / sizeof different[0]);
}

static void new_digest(dataset *d)
{
    d->digest++;
}

GRID_TEST(the_data_change_the_key)
{
    keys a = keys_of_data(DATA, NULL), b = keys_of_data(DATA, new_digest);
    assert_int_not_equal(a.key[0], b.key[0]);
    assert_int_equal(a.record, b.record);
    free(a.key);
    free(b.key);
}

/* Keys that the first version gave, of arithmetic 7. They stay, or old files would be trained again; those of runs with a feature whose
 * numbers have changed do not. Label noise of targets has not changed, that of classes has. */
GRID_TEST(keys_of_old_stay_except_where_numbers_have_changed)
{
    static const struct {
        const char *yaml;
        uint64_t key;
        bool stays;
    } olds[] = {
        {DATA "base: {epochs: 2}\n", 0x2e31957b388f3383, true},
        {DATA "base: {epochs: 2, optimizer: rprop, batch_size: full, step_min: 1e-30}\n", 0x1118a01386560687, true},
        {"data: {builtin: noisy_sine, rows: 40}\nbase: {epochs: 2, label_noise: 0.25}\n", 0x88263544cb36dbc3, true},
        {DATA "base: {epochs: 2, label_noise: 0.25}\n", 0x7646599a5bfe65b5, false},
    };
    for (size_t i = 0; i < sizeof olds / sizeof olds[0]; i++) {
        keys k = keys_of_data(olds[i].yaml, under_arithmetic_7);
        if ((k.key[0] == olds[i].key) != olds[i].stays)
            fail_msg("%s the key of the first version: %s", olds[i].stays ? "no longer" : "still", olds[i].yaml);
        free(k.key);
    }
}

GRID_TEST(cells_repeats_and_folds_differ)
{
    keys k = keys_of_data("data: {builtin: moons, split: {folds: 3}}\nrepeats: 4\ngrid: {lambda: [0, 1]}\n", NULL);
    keys more = keys_of_data("data: {builtin: moons, split: {folds: 3}}\nrepeats: 5\ngrid: {lambda: [7, 0]}\n", NULL);
    assert_int_equal(k.n, 24);
    for (size_t i = 0; i < k.n; i++)
        for (size_t j = 0; j < i; j++)
            assert_int_not_equal(k.key[i], k.key[j]);
    for (size_t i = 0; i < 12; i++) /* a grid that grows keeps the keys that it had */
        assert_int_equal(k.key[i], more.key[15 + i]);
    free(k.key);
    free(more.key);
}

GRID_TEST(record_key_follows_what_is_observed)
{
    static const char *const yamls[] = {
        DATA,
        DATA "record: {every: 2}\n",
        DATA "record: {per_decade: 5}\n",
        DATA "record: {parts: [train]}\n",
        DATA "record: {weights: none}\n",
        DATA "record: {weights: [initial]}\n",
        DATA "stop: {rules: [{patience: 3}]}\n",
        DATA "stop: {rules: [{patience: 3}, {patience: 9}]}\n",
        DATA "success: {best_epoch: \"> 3\"}\n",
        DATA "success: {best_epoch: \"< 3\"}\n",
    };
    uint64_t record[10];
    const uint64_t key = key_of(yamls[0], &record[0]);
    for (size_t i = 1; i < 10; i++) {
        assert_int_equal(key_of(yamls[i], &record[i]), key);
        for (size_t j = 0; j < i; j++)
            assert_int_not_equal(record[i], record[j]);
    }
    uint64_t again;
    key_of(DATA "seed: 9\nbase: {lambda: 1}\nrecord: {every: 1, parts: [test, validation, train]}\n", &again);
    assert_int_equal(again, record[0]);
}

/* The first program kept more bits of the number of epochs: these keys are those that it gave. */
GRID_TEST(record_keys_of_the_first_program_are_known)
{
    static const struct {
        int every;
        uint64_t first;
    } keys_of[] = {{1048574, 0x7ffff37159d565b},
                   {1048575, 0x7ffffb78d79710d},
                   {1048576, 0x80000370c1d6932},
                   {2097155, 0x100001b78c5daf8e},
                   {9000000, 0x3fffffb70631f6a3}};
    enum { N = sizeof keys_of / sizeof *keys_of };
    for (size_t i = 0; i < N; i++) {
        char yaml[256];
        uint64_t own;
        snprintf(yaml, sizeof yaml,
                 "seed: 1\ndata: {builtin: xor}\nbase: {hidden: [2], epochs: 3}\ngrid: {learning_rate: [0.1]}\n"
                 "record: {every: %d}\n",
                 keys_of[i].every);
        key_of(yaml, &own);
        grid *g = grid_of(yaml);
        for (size_t k = 0; k < N; k++)
            assert_int_equal(grid_is_record_key(g, own, keys_of[k].first), i == k);
        assert_true(grid_is_record_key(g, own, own));
        grid_free(g);
    }
}

GRID_TEST(the_resolved_form_has_the_same_keys)
{
    static const char *const yamls[] = {
        DATA,
        "seed: 3\nrepeats: 2\ndata: {builtin: circles, scale: minmax, split: {folds: 3, stratify: true}}\n"
        "grid: [{lambda: [0, 1e-5]}, {hidden: [[], [3, 2]], optimizer: adam}]\n"
        "stop: {mode: first, rules: [{patience: {epochs: 3, min_delta: 0.1}}]}\nrecord: {per_decade: 3}\n",
        DATA "grid: {loss: [mse, cross_entropy], momentum: {lin: [0, 0.9], num: 4}}\nsample: 5\n"
             "success: {best_epoch: \"> 3\"}\nlimits: {diverge: 7}\n",
        "data: {builtin: noisy_sine}\ngrid: {init_center: [-0.5, 0.1], init: [normal, uniform]}\n",
    };
    for (size_t y = 0; y < sizeof yamls / sizeof yamls[0]; y++) {
        grid *g = grid_of(yamls[y]);
        char *resolved = grid_resolved_yaml(g);
        keys a = keys_of_data(yamls[y], NULL), b = keys_of_data(resolved, NULL);
        assert_int_equal(a.n, b.n);
        assert_memory_equal(a.key, b.key, a.n * sizeof *a.key);
        assert_int_equal(a.record, b.record);
        free(a.key);
        free(b.key);
        free(resolved);
        grid_free(g);
    }
}
