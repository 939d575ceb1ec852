/* Tests the grid file as a whole: the meaning of every section, --set, what is kept after a mistake, and the resolved
 * form. */
#include "fixtures/grid_fixture.h"

#define DATA "data: {builtin: moons, rows: 40}\n"

GRID_TEST(defaults_are_those_of_the_manual)
{
    grid *g = grid_of("data: {builtin: moons}\n");
    assert_string_equal(g->name, "grid");
    assert_string_equal(g->yaml, "data: {builtin: moons}\n");
    assert_null(g->question);
    assert_int_equal(g->seed, 1);
    assert_int_equal(g->repeats, 1);
    assert_int_equal(g->folds, 1);
    assert_int_equal(g->recording.every, 1);
    assert_false(g->stopping.first);
    assert_real_equal(g->diverge, 1e4);
    assert_false(g->data.regression);
    nn_hyper h;
    grid_cell(g, 0, &h);
    assert_int_equal(h.loss, NN_LOSS_cross_entropy);
    assert_int_equal(h.output, NN_ACTIVATION_softmax);
    grid_free(g);
    grid_free(NULL);
}

GRID_TEST(sections_are_read)
{
    grid *g = grid_of("name: all\nquestion: Why?\nseed: 7\nrepeats: 1e1\n"
                      "data:\n  file: x.csv\n  target: {inputs: X, targets: y}\n  task: regression\n  scale: 16\n"
                      "  missing: median\n  header: true\n"
                      "  split: {train: 0.5, validation: 10, test: rest, stratify: true, order: file}\n"
                      "stop:\n  mode: first\n"
                      "  rules: [{patience: 20}, {patience: {epochs: 5, min_delta: 1e-3}}, {target: {train_loss: 0}}]\n"
                      "record: {per_decade: 50, parts: [train, test], weights: initial}\n"
                      "limits: {per_run: 30min, diverge: 1e3}\n"
                      "success: {final_train_loss: \"<= 0.5\", best_epoch: 3}\n");
    assert_int_equal(g->seed, 7);
    assert_int_equal(g->repeats, 10);
    assert_string_equal(g->data.inputs_name, "X");
    assert_true(g->data.regression);
    assert_true(g->data.task_given);
    assert_int_equal(g->data.header, 1);
    assert_int_equal(g->data.scale, SCALE_DIVISOR);
    assert_real_equal(g->data.divisor, 16);
    assert_int_equal(g->data.missing, MISSING_MEDIAN);
    const split_spec *s = &g->data.split;
    assert_int_equal(s->kind, SPLIT_SIZES);
    assert_true(s->stratify);
    assert_true(s->file_order);
    assert_int_equal(s->size[NN_TRAIN].kind, SIZE_FRACTION);
    assert_real_equal(s->size[NN_TRAIN].value, 0.5);
    assert_int_equal(s->size[NN_VALIDATION].kind, SIZE_COUNT);
    assert_int_equal(s->size[NN_TEST].kind, SIZE_REST);
    assert_true(g->stopping.first);
    assert_int_equal(g->stopping.n_rules, 3);
    assert_int_equal(g->rule_at[1].column, 27);
    assert_real_equal(g->stopping.rules[1].parameter, 5);
    assert_real_equal(g->stopping.rules[1].min_delta, 1e-3);
    assert_int_equal(g->stopping.rules[2].curve, NN_CURVE_train_loss);
    assert_int_equal(g->recording.every, 0);
    assert_int_equal(g->recording.per_decade, 50);
    assert_true(g->recording.parts[NN_TRAIN]);
    assert_false(g->recording.parts[NN_VALIDATION]);
    assert_true(g->recording.keep[NN_KEEP_INITIAL]);
    assert_false(g->recording.keep[NN_KEEP_BEST]);
    assert_real_equal(g->per_run_seconds, 1800);
    assert_real_equal(g->diverge, 1000);
    assert_int_equal(g->n_conditions, 2);
    assert_int_equal(g->success[0].compare, LESS_EQUAL);
    assert_int_equal(g->success[1].compare, EQUAL);
    grid_free(g);
}

GRID_TEST(solved_means_every_condition)
{
    double metrics[NN_N_METRIC];
    grid *g = grid_of(DATA "success: {final_train_loss: \"< 0.5\", best_epoch: \"!= 3\"}\n");
    for (int i = 0; i < NN_N_METRIC; i++)
        metrics[i] = NN_NAN;
    assert_false(grid_solved(g, metrics));
    metrics[NN_METRIC_final_train_loss] = 0.4;
    assert_false(grid_solved(g, metrics)); /* NaN differs from 3, but does not fulfil a condition */
    metrics[NN_METRIC_best_epoch] = 4;
    assert_true(grid_solved(g, metrics));
    metrics[NN_METRIC_best_epoch] = 3;
    assert_false(grid_solved(g, metrics));
    grid_free(g);
}

GRID_TEST(set_goes_before_the_file)
{
    static const char *const sets[] = {"lambda=3",
                                       "epochs=2",
                                       "epochs=4",
                                       "hidden=[8, 4]",
                                       "base.l1=1",
                                       "seed=5",
                                       "data.split.train=0.5",
                                       "stop.rules=[{patience: 3}]"};
    grid *g = grid_with(DATA "base: {epochs: x}\ngrid: {lambda: [0, 1], dropout: [0, 0.5]}\n", sets, 8);
    char *cells = cells_of(g);
    assert_string_equal(cells, "dropout 0\ndropout 0.5\n");
    assert_real_equal(g->base.lambda, 3);
    assert_int_equal(g->base.epochs, 4);
    assert_real_equal(g->base.l1, 1);
    assert_int_equal(g->base.hidden.n, 2);
    assert_int_equal(g->base.hidden.width[1], 4);
    assert_int_equal(g->seed, 5);
    assert_int_equal(g->data.split.kind, SPLIT_SIZES);
    assert_real_equal(g->data.split.size[NN_TRAIN].value, 0.5);
    assert_int_equal(g->stopping.n_rules, 1);
    free(cells);
    grid_free(g);
}

GRID_TEST(a_wrong_set_is_told)
{
    assert_mistake_with(DATA, "momentum=1.2", "--set momentum=1.2: momentum 1.2 is not in [0, 1)\n1 mistake");
    assert_mistake_with(DATA, "momentun=0", "unknown key 'momentun'; did you mean 'momentum'?");
    assert_mistake_with(DATA, "data.split.tran=1", "did you mean 'data.split.train'?");
    assert_mistake_with(DATA, "epochs", "--set takes key=value");
    assert_mistake_with(DATA, "data.builtn=xor", "did you mean 'data.builtin'?");
    assert_mistake_with(DATA, "record.every.decade=5", "did you mean 'record.every.per_decade'?");
    assert_mistake_with(DATA, "data.target.inputs=X", "data.target needs `targets`");
    assert_mistake_with(DATA, "grid={lambda: [1]}", "grid can be changed only in the grid file");
}

GRID_TEST(nothing_is_left_of_a_wrong_grid)
{
    assert_mistake("", "the grid is empty");
    assert_mistake("base: {}\n", "the grid needs `data`, such as");
    assert_mistake("data: {scale: none}\n", "data needs a file or a built-in set");
    assert_mistake("data: {file: a.csv, builtin: xor}\n", "not both");
    assert_mistake("data: {file: a.csv, rows: 3}\n", "rows goes with a built-in set");
    assert_mistake(DATA "record: {every: 2, per_decade: 3}\n", "every or per_decade, not both");
    assert_mistake(DATA "record: {every: {}}\n", "2:17: record.every needs `per_decade`");
    assert_mistake(DATA "record: {every: {per_decade: 5, decade: 5}}\n", "unknown key of record.every 'decade'");
    assert_mistake("seed: -1\n", "the grid needs `data`");
    assert_mistake("data: {builtin: moons, train: 0.6}\n", "'train' belongs to data.file or data.split");
    assert_mistake("data: {builtin: moons, inputs: y}\n", "'inputs' belongs to data.file or data.target");
    assert_mistake("data: {file: a.npz, target: {train: 0.6}}\n", "1 mistake;");
    assert_mistake(DATA "name: ../x\n", "name becomes a file name");
    assert_mistake(DATA "stop: {mode: first}\n", "mode: first needs rules");
    assert_mistake(DATA "success: {best_epoch: x}\n", "a condition is a comparison and a number");
    assert_mistake("data: {builtin: moons, split: {train: all, test: 3}}\n", "train: all leaves no row");
}

/* Checks what the reader relies on in every row of a table and of those below it. Returns how many keys there are. */
static size_t check_table(const key_table *table)
{
    size_t n = table->n;
    for (size_t i = 0; i < table->n; i++) {
        const key_row *row = &table->rows[i];
        char path[128];
        snprintf(path, sizeof path, "%s%s%s", table->path, table->path[0] != '\0' ? "." : "", row->name);
        if (row->kinds == 0 || row->help == NULL || row->help[0] == '\0')
            fail_msg("%s has no kind or no help", path);
        if ((row->table != NULL) != ((row->kinds & KEY_MAP) != 0) ||
            (row->n_words > 0) != ((row->kinds & (KEY_CHOICE | KEY_CHOICES)) != 0))
            fail_msg("%s: a mapping has a table, a choice has words, and nothing else has", path);
        if (row->read == NULL && row->kinds != KEY_MAP && (row->size == 0 || row->field + row->size > sizeof(grid)))
            fail_msg("%s is read into no field", path);
        if (row->kinds & KEY_CHOICES)
            assert_in_range(row->n_words, 1, 16);
        if (row->table != NULL) {
            assert_string_equal(row->table->path, path);
            n += check_table(row->table);
        }
    }
    return n;
}

GRID_TEST(rows_are_whole)
{
    assert_true(check_table(&grid_root) > 60);
    assert_string_equal(grid_word("data.task", 1), "regression");
    assert_string_equal(grid_word("data.split.order", 0), "random");
}

GRID_TEST(per_decade_stands_below_every_too)
{
    const char *const set = "record.every.per_decade=7";
    grid *g = grid_of(DATA "record: {every: {per_decade: 50}}\n");
    assert_true(g->recording.every == 0 && g->recording.per_decade == 50);
    grid_free(g);
    g = grid_with(DATA, &set, 1);
    assert_true(g->recording.every == 0 && g->recording.per_decade == 7);
    grid_free(g);
}

/* Reads the resolved form back: it must give the same cells and the same form again. */
static void assert_resolves(const char *yaml)
{
    grid *g = grid_of(yaml);
    char *text = grid_resolved_yaml(g), *cells = cells_of(g);
    assert_non_null(text);
    grid *again = grid_of(text);
    assert_int_equal(g->n_cells, again->n_cells);
    for (size_t c = 0; c < g->n_cells; c++) {
        nn_hyper a, b;
        grid_cell(g, c, &a);
        grid_cell(again, c, &b);
        for (int i = 0; i < NN_N_HYPER; i++)
            assert_true(nn_hyper_same(&a, &b, &nn_hyper_rows[i]));
    }
    char *text_again = grid_resolved_yaml(again);
    assert_string_equal(text, text_again);
    free(text);
    free(text_again);
    free(cells);
    grid_free(g);
    grid_free(again);
}

GRID_TEST(the_resolved_form_reads_back)
{
    assert_resolves("data: {builtin: xor}\n");
    assert_resolves(DATA
                    "grid: {lambda: {log: [1e-5, 1], num: 7}, hidden: [[], [4], [8, 8]], batch_size: [1, full]}\n");
    assert_resolves(DATA "grid: [{lambda: [0, 1]}, {dropout: [0, 0.5]}, {hidden: [[4, 4], []]}]\n");
    assert_resolves(DATA "grid: {lambda: [0, 1], dropout: [0, 0.5]}\nexclude: [{lambda: 1, dropout: 0}]\n");
    assert_resolves(DATA "grid: [{lambda: [1, 0]}, {lambda: [0, 1], dropout: 0.5}]\n");
    assert_resolves(DATA "grid: {optimizer: [sgd, adam], momentum: [0, 0.9]}\ncollapse: true\n");
    assert_resolves(DATA "sample: 7\ngrid: {lambda: {int: [0, 30]}, l1: [0, 1]}\ninclude: [{hidden: 3}]\n");
    assert_resolves(DATA "grid: {loss: [cross_entropy, mse]}\n");
    assert_resolves(
        "name: \"a \\\"b\\\" \\\\ c\"\nquestion: \"two\\nlines\\tand \\x07 \\x7f \\x85 gr\xc3\xb6\xc3\x9f\"\n"
        "data: {file: \"my \\\"data\\\".csv\", target: {inputs: 'X \"1\"', targets: y}, scale: 0.1,\n"
        "  missing: drop, header: false, split: {train: 1e-05, validation: 1.0, test: 3}}\n"
        "stop: {mode: first, rules: [{patience: {epochs: 5, min_delta: 1e-3}}, {target: {test_loss: 1}}]}\n"
        "record: {per_decade: 7, parts: validation, weights: none}\n"
        "limits: {per_run: 90s, diverge: 3.5}\n"
        "success: {best_epoch: \"!= 3\", gap_best: \">= -1e-3\", final_train_loss: 0.5}\n");
    assert_resolves("data: {builtin: blobs, rows: 50, classes: 4, noise: 0.25, seed: 3, split: {folds: 5}}\n");
    assert_resolves("data: {builtin: moons, split: {column: part, stratify: true}}\n");
    assert_resolves("data: {builtin: moons, split: {stratify: true}}\n");
    assert_resolves("data: {file: {inputs: \"X '1'.npy\", targets: y.npy}, one_hot: text, ignore: [id, -1]}\n");
    assert_resolves("data:\n  one_hot: [\"a \\\"b\\\"\", 3]\n  file:\n    train: {inputs: a, targets: b}\n"
                    "    validation: v.csv\n    test: {file: t.npz, inputs: x, targets: y}\n");
    assert_resolves("data: {file: {train: a.csv}}\n");
    assert_resolves("data: {file: a.csv, missing_values: [-999, 0.5], accept: [unscaled, amounts]}\n");
    assert_resolves("data: {file: a.csv, missing_values: {\"it's\": 0, 3: [-1, 99], b: 7}, accept: identifiers}\n");
}
