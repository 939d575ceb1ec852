/* Tests which cells remain after exclude, include, sample, collapse, and after settings that contradict each other. */
#include "fixtures/grid_fixture.h"

#define DATA    "data: {builtin: moons, rows: 40}\n"
#define LAMBDAS DATA "grid: {lambda: [0, 0.5, 1, 2]}\n"

GRID_TEST(exclude_compares)
{
    assert_cells(LAMBDAS "exclude: [{lambda: 1}]\n", "lambda 0\nlambda 0.5\nlambda 2\n");
    assert_cells(LAMBDAS "exclude: [{lambda: \"= 1.0\"}]\n", "lambda 0\nlambda 0.5\nlambda 2\n");
    assert_cells(LAMBDAS "exclude: [{lambda: \"!= 1\"}]\n", "lambda 1\n");
    assert_cells(LAMBDAS "exclude: [{lambda: \"< 1\"}]\n", "lambda 1\nlambda 2\n");
    assert_cells(LAMBDAS "exclude: [{lambda: \"<= 1\"}]\n", "lambda 2\n");
    assert_cells(LAMBDAS "exclude: [{lambda: \"> 0.5\"}]\n", "lambda 0\nlambda 0.5\n");
    assert_cells(LAMBDAS "exclude: [{lambda: \">=0.5\"}]\n", "lambda 0\n");
}

GRID_TEST(exclude_matches_words_shapes_and_base)
{
    assert_cells(DATA "grid: {hidden: [[4], [4, 4]], activation: [relu, tanh]}\n"
                      "exclude: [{hidden: [4, 4], activation: tanh}, {hidden: 4, activation: \"!= tanh\"}]\n",
                 "hidden [4]  activation tanh\nhidden [4, 4]  activation relu\n");
    assert_cells(DATA "base: {l1: 1}\ngrid: {lambda: [0, 1]}\nexclude: [{l1: 1, lambda: 1}, {l1: 0}]\n", "lambda 0\n");
}

GRID_TEST(full_is_above_every_number)
{
    assert_cells(DATA "grid: {batch_size: [1, 8, full]}\nexclude: [{batch_size: \"< 8\"}]\n",
                 "batch_size 8\nbatch_size full\n");
    assert_cells(DATA "grid: {batch_size: [1, 8, full]}\nexclude: [{batch_size: \"> 8\"}]\n",
                 "batch_size 1\nbatch_size 8\n");
}

GRID_TEST(an_idle_exclude_is_a_warning)
{
    diagnostics d;
    grid *g = NULL;
    diagnostics_init(&d);
    write_grid(LAMBDAS "exclude:\n  - {lambda: 3}\n");
    assert_int_equal(grid_read("grid.yaml", NULL, 0, &d, &g), NN_ok);
    assert_int_equal(d.n, 1);
    assert_int_equal(d.items[0].severity, SEVERITY_WARNING);
    assert_int_equal(d.items[0].at.line, 4);
    assert_string_equal(d.items[0].message, "exclude matches none of the 4 cells");
    diagnostics_free(&d);
    grid_free(g);
}

GRID_TEST(something_must_be_left)
{
    assert_mistake(LAMBDAS "exclude: [{lambda: \"< 1\"}, {lambda: \">= 1\"}]\n", "exclude matches every cell");
    assert_cells(LAMBDAS "exclude: [{lambda: \">= 0\"}]\ninclude: [{lambda: 7}]\n", "lambda 7\n");
}

GRID_TEST(include_adds_points)
{
    assert_cells(DATA "grid: {lambda: [0, 1]}\ninclude: [{hidden: [8, 8], lambda: 3}, {l1: 1}, {lambda: 1}]\n",
                 "lambda 0  hidden [32]  l1 0\nlambda 1  hidden [32]  l1 0\n"
                 "lambda 3  hidden [8, 8]  l1 0\nlambda 0  hidden [32]  l1 1\n");
}

/* Counts the cells of `small` that are in `large` too. */
static size_t n_common(const grid *small, const grid *large)
{
    char a[256], b[256];
    size_t n = 0;
    for (size_t i = 0; i < small->n_cells; i++)
        for (size_t j = 0; j < large->n_cells; j++)
            n += strcmp(grid_cell_name(small, i, a, sizeof a), grid_cell_name(large, j, b, sizeof b)) == 0;
    return n;
}

GRID_TEST(a_sample_grows_with_its_grid)
{
    grid *g = grid_of(DATA "sample: 50\ngrid: {lambda: {int: [1, 100]}, l1: [0, 1]}\n");
    grid *same = grid_of(DATA "sample: 50\ngrid: [{l1: 1, lambda: {int: [1, 100]}}, {lambda: {int: [1, 100]}}]\n");
    grid *more = grid_of(DATA "sample: 60\ngrid: {lambda: {int: [1, 100]}, l1: [0, 1]}\n");
    grid *larger = grid_of(DATA "sample: 50\ngrid: {lambda: {int: [1, 110]}, l1: [0, 1]}\n");
    grid *other = grid_of(DATA "seed: 2\nsample: 50\ngrid: {lambda: {int: [1, 100]}, l1: [0, 1]}\n");
    assert_int_equal(g->n_cells, 50);
    assert_int_equal(same->n_cells, 50);
    assert_int_equal(n_common(g, more), 50);
    assert_in_range(n_common(g, larger), 35, 50);
    assert_in_range(n_common(g, other), 1, 30);
    grid *const all[] = {g, same, more, larger, other};
    for (size_t i = 0; i < 5; i++)
        grid_free(all[i]);
}

GRID_TEST(a_sample_counts_equal_points_once)
{
    grid *g = grid_of(DATA "sample: 4\ngrid: [{lambda: [0, 1, 2, 3]}, {lambda: [0, 1, 2, 3]}]\n");
    assert_int_equal(g->n_cells, 4);
    grid_free(g);
}

#define IDLE DATA "grid: {optimizer: [sgd, adam], momentum: [0, 0.5, 0.9]}\n"

GRID_TEST(idle_settings_need_collapse)
{
    assert_mistake(IDLE,
                   "grid.yaml:2:32: momentum is swept where it does not matter: it matters only where optimizer is "
                   "sgd; 2 cells would repeat others; give `collapse: true`");
    assert_cells(IDLE "collapse: true\n", "optimizer sgd  momentum 0\noptimizer sgd  momentum 0.5\n"
                                          "optimizer sgd  momentum 0.9\noptimizer adam  momentum 0\n");
    assert_cells(IDLE "exclude: [{optimizer: adam, momentum: \"> 0\"}]\n",
                 "optimizer sgd  momentum 0\noptimizer sgd  momentum 0.5\noptimizer sgd  momentum 0.9\n"
                 "optimizer adam  momentum 0\n");
    assert_cells(DATA "base: {momentum: 0.9}\ngrid: {optimizer: [sgd, adam]}\n", "optimizer sgd\noptimizer adam\n");
    assert_mistake(DATA "base: {optimizer: adam}\ngrid: {lambda: [0, 1]}\ninclude: [{momentum: 0.5, lambda: 1}]\n",
                   "momentum is swept where it does not matter");
}

GRID_TEST(clashes_are_told_once)
{
    assert_mistake(DATA "grid: {output: [sigmoid, linear], lambda: [0, 1]}\n",
                   "grid.yaml:2:8: cross_entropy goes with output: softmax; leave output out, or choose another loss\n"
                   "    2 | grid: {output: [sigmoid, linear], lambda: [0, 1]}\n"
                   "      |        ^\n1 mistake;");
    assert_mistake("data: {builtin: noisy_sine}\nbase:\n  loss: cross_entropy\n",
                   "grid.yaml:3:9: cross_entropy needs classes");
    assert_mistake(DATA "base: {loss: binary_cross_entropy, output: linear}\n",
                   "binary_cross_entropy goes with output: sigmoid; leave output out, or choose another loss");
    assert_mistake(DATA "base: {loss: mse, output: softmax}\n",
                   "grid.yaml:2:27: output: softmax goes with loss: cross_entropy or kl_divergence only");
    assert_mistake("data: {builtin: noisy_sine}\nbase:\n  loss: cross_entropy\n",
                   "say data: {task: classification}, or choose loss: mse");
    assert_cells(DATA "grid: {loss: [cross_entropy, mse], output: [softmax, linear]}\n"
                      "exclude: [{loss: mse, output: softmax}, {loss: cross_entropy, output: linear}]\n",
                 "loss cross_entropy  output softmax\nloss mse  output linear\n");
}

/* Without a hidden layer its activation does not matter, so that softmax is no mistake there. */
GRID_TEST(softmax_is_no_hidden_activation)
{
    grid *g = grid_of(DATA "base: {hidden: [], activation: softmax}\n");
    assert_int_equal(g->n_cells, 1);
    grid_free(g);
    assert_mistake(DATA "base: {activation: softmax}\n",
                   "grid.yaml:2:20: softmax stands at the output only; choose another activation for hidden layers");
    assert_mistake(DATA "base: {activation: softmax}\ngrid: {hidden: [[], [8]]}\n",
                   "grid.yaml:2:20: softmax stands at the output only");
}

GRID_TEST(too_many_is_told_with_the_figure)
{
    assert_mistake(DATA "repeats: 1000\ngrid: {lambda: {int: [0, 10000]}}\n",
                   "10001 cells x 1000 repeats are 10001000 runs; at most 10 million");
    assert_mistake("data: {builtin: moons, split: {folds: 10}}\nrepeats: 1e6\ngrid: {lambda: [0, 1]}\n",
                   "2 cells x 1000000 repeats x 10 folds are 20000000 runs");
    assert_mistake(DATA "sample: 10\ngrid: {lambda: {int: [0, 9999]}, l1: {int: [0, 1000]}}\n",
                   "10010000 cells are too many to take a sample of");
    grid *g = grid_of(DATA "repeats: 1000\ngrid: {lambda: {int: [0, 10000]}}\nexclude: [{lambda: \"> 9\"}]\n");
    assert_int_equal(g->n_runs, 10000);
    grid_free(g);
}
