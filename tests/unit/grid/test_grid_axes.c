/* Tests which cells the grid section makes: lists, ranges, zip, products and unions. */
#include "fixtures/grid_fixture.h"

#define DATA "data: {builtin: moons, rows: 40}\n"

/* The grid must have one axis, with these values. */
static void assert_values(const char *grid_line, size_t n, const double *values)
{
    char yaml[512];
    snprintf(yaml, sizeof yaml, DATA "grid: {%s}\n", grid_line);
    grid *g = grid_of(yaml);
    assert_int_equal(g->n_axes, 1);
    assert_int_equal(g->axes[0].n_values, n);
    for (size_t i = 0; i < n; i++)
        assert_real_equal(((const double *)g->axes[0].values)[i], values[i]);
    grid_free(g);
}

GRID_TEST(ranges_end_exactly)
{
    assert_values("lambda: {log: [1e-3, 10], num: 5}", 5, (const double[]){1e-3, 1e-2, 0.1, 1, 10});
    assert_values("lambda: {log: [10, 1e-3], num: 5}", 5, (const double[]){10, 1, 0.1, 1e-2, 1e-3});
    assert_values("dropout: {lin: [0, 0.7], num: 8}", 8, (const double[]){0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7});
    assert_values("lambda: {lin: [0.1234567890123456, 3], num: 2}", 2, (const double[]){0.1234567890123456, 3});
    assert_values("lambda: {int: [2, 9], step: 3}", 3, (const double[]){2, 5, 8});
    assert_values("lambda: {int: [2, 4]}", 3, (const double[]){2, 3, 4});
}

GRID_TEST(values_between_have_12_digits)
{
    assert_values("lambda: {log: [1, 2], num: 3}", 3, (const double[]){1, 1.41421356237, 2});
    assert_values("lambda: {lin: [0, 1], num: 4}", 4, (const double[]){0, 0.333333333333, 0.666666666667, 1});
}

GRID_TEST(counts_are_whole)
{
    assert_cells(DATA "grid: {epochs: {log: [1, 1000], num: 4}}\n", "epochs 1\nepochs 10\nepochs 100\nepochs 1000\n");
    assert_cells(DATA "grid: {epochs: {lin: [1, 4], num: 3}}\n", "epochs 1\nepochs 3\nepochs 4\n");
    assert_cells(DATA "grid: {hidden: {int: [4, 8], step: 2}}\n", "hidden [4]\nhidden [6]\nhidden [8]\n");
}

GRID_TEST(lists_and_single_values)
{
    assert_cells(DATA "grid: {hidden: [[16], 8, [], [64, 32]]}\n",
                 "hidden [16]\nhidden [8]\nhidden []\nhidden [64, 32]\n");
    assert_cells(DATA "grid: {batch_size: full, activation: [tanh]}\n", "batch_size full  activation tanh\n");
    assert_cells(DATA "grid: {bias: [true, false]}\n", "bias true\nbias false\n");
    assert_cells(DATA "grid: {lambda: [1e-3, 0.001, 1.0E-3, -0, 0]}\n", "lambda 0.001\nlambda 0\n");
}

GRID_TEST(a_product_varies_its_last_axis_fastest)
{
    assert_cells(DATA "grid: {lambda: [0, 1], dropout: [0, 0.2, 0.5]}\n",
                 "lambda 0  dropout 0\nlambda 0  dropout 0.2\nlambda 0  dropout 0.5\n"
                 "lambda 1  dropout 0\nlambda 1  dropout 0.2\nlambda 1  dropout 0.5\n");
}

GRID_TEST(zip_goes_in_step)
{
    assert_cells(DATA "grid: {zip: {lambda: [0, 1], dropout: [0.5, 0]}, l1: [0, 3]}\n",
                 "lambda 0  dropout 0.5  l1 0\nlambda 0  dropout 0.5  l1 3\n"
                 "lambda 1  dropout 0  l1 0\nlambda 1  dropout 0  l1 3\n");
    assert_cells(DATA "grid: {zip: [{lambda: [0, 1], dropout: {lin: [0, 0.5], num: 2}}, {l1: [2], epochs: [9]}]}\n",
                 "lambda 0  dropout 0  l1 2  epochs 9\nlambda 1  dropout 0.5  l1 2  epochs 9\n");
    assert_mistake(DATA "grid: {zip: {lambda: [0, 1, 2], dropout: [0, 0.5]}}\n",
                   "grid.yaml:2:14: zip: lambda has 3 values, dropout has 2");
}

GRID_TEST(a_union_has_equal_points_once)
{
    assert_cells(DATA "base: {dropout: 0.2}\n"
                      "grid:\n  - lambda: [0, 1]\n  - dropout: [0.2, 0.5]\n  - {}\n  - {lambda: 1, dropout: 0.2}\n",
                 "lambda 0  dropout 0.2\nlambda 1  dropout 0.2\nlambda 0  dropout 0.5\n");
}

GRID_TEST(no_grid_is_one_cell)
{
    assert_cells(DATA, "\n");
    assert_cells(DATA "grid: {}\n", "\n");
    assert_cells(DATA "grid: []\n", "\n");
}

GRID_TEST(runs_go_by_cell_repeat_fold)
{
    grid *g = grid_of("data: {builtin: moons, split: {folds: 3}}\nrepeats: 2\ngrid: {lambda: [0, 1]}\n");
    assert_int_equal(g->n_runs, 12);
    for (uint32_t i = 0; i < 12; i++) {
        assert_int_equal(g->runs[i].cell, i / 6);
        assert_int_equal(g->runs[i].repeat, i / 3 % 2);
        assert_int_equal(g->runs[i].fold, i % 3);
    }
    assert_in_range(sizeof *g->runs, 24, 32);
    grid_free(g);
}

GRID_TEST(a_setting_stands_once_in_a_product)
{
    assert_mistake(DATA "grid: {lambda: [0, 1], zip: {lambda: [0, 1]}}\n", "grid.yaml:2:30: lambda is an axis twice");
    assert_mistake(DATA "grid: {zip: [{lambda: [0, 1]}, {lambda: [0, 1]}]}\n", "lambda is an axis twice");
}

GRID_TEST(an_axis_has_an_end)
{
    assert_mistake(DATA "grid: {lambda: {int: [0, 70000]}}\n", "more than 65535 values");
    assert_mistake(DATA "grid:\n - lambda: {lin: [0, 1], num: 65535}\n - lambda: [2]\n",
                   "grid.yaml:4:12: lambda takes more than 65535 different values");
}

GRID_TEST(a_million_cells)
{
    grid *g = grid_of(DATA "grid: {lambda: {lin: [0, 1], num: 1000}, learning_rate: {log: [1e-3, 1], num: 1000}}\n");
    assert_int_equal(g->n_cells, 1000000);
    nn_hyper h;
    grid_cell(g, 999999, &h);
    assert_real_equal(h.lambda, 1);
    assert_real_equal(h.learning_rate, 1);
    grid_cell(g, 1000, &h);
    assert_real_equal(h.lambda, 0.001001001001);
    assert_real_equal(h.learning_rate, 1e-3);
    grid_free(g);
}
