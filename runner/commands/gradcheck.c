/* nngrid gradcheck: is backprop right? Every activation x loss, or the cells of a grid on its own data. */
#include "commands/command.h"
#include "commands/gradcheck_layers.h"
#include <stdlib.h>
#include <string.h>

static const option_row options[] = {
    {NULL, 0, OPTION_TEXT, "GRID.yaml", offsetof(cmd_source, grid),
     "checks the cells of this grid on its own data", false, 0},
    {"set", 0, OPTION_LIST, "KEY=VALUE", offsetof(cmd_source, overrides), "changes a setting of the grid",
     false, 0},
    {"data", 0, OPTION_TEXT, "DIR", offsetof(cmd_source, data_root), "where data files are looked for", false,
     0},
};
static const option_rule rules[] = {
    {"--set", NULL, "GRID.yaml", "which it changes"},
    {"--data", NULL, "GRID.yaml", "whose data it looks for"},
    {NULL, NULL, NULL, NULL},
};
enum { N_OPTIONS = sizeof options / sizeof *options };

/* Full and mini-batch of one network. */
static nn_status check_batches(const gradcheck_set *set, const nn_hyper *h, gradcheck_found *found,
                               nn_error *err)
{
    static const size_t rows[] = {GRADCHECK_ROWS, GRADCHECK_MINI};
    nn_status status = NN_ok;
    for (size_t i = 0; status == NN_ok && i < sizeof rows / sizeof *rows; i++)
        status = gradcheck_run(set, h, rows[i], found, err);
    return status;
}

/* Penalties x hidden layers x batches for one activation, loss and output. */
static nn_status check_penalties(const gradcheck_set *set, nn_hyper h, gradcheck_found *found, nn_error *err)
{
    static const struct {
        double lambda, l1;
    } penalties[] = {{0, 0}, {0.7, 0}, {0, 0.3}};
    static const nn_shape shapes[] = {{.n = 0}, {.n = 1, .width = {6}}, {.n = 2, .width = {6, 4}}};
    for (size_t p = 0; p < sizeof penalties / sizeof *penalties; p++)
        for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
            h.hidden = shapes[s];
            h.lambda = penalties[p].lambda;
            h.l1 = penalties[p].l1;
            const nn_status status = check_batches(set, &h, found, err);
            if (status != NN_ok)
                return status;
        }
    return NN_ok;
}

/* One activation x loss: with the output that follows from the loss and, where any may stand, with the same
 * activation at the output too. */
static nn_status check_pair(const gradcheck_set *set, int activation, int loss, gradcheck_found *found,
                            nn_error *err)
{
    nn_hyper h = nn_hyper_defaults;
    h.activation = activation;
    h.loss = loss;
    h.output = nn_loss_rows[loss].output;
    nn_status status = check_penalties(set, h, found, err);
    if (status == NN_ok && !nn_loss_rows[loss].required) {
        h.output = activation;
        status = check_penalties(set, h, found, err);
    }
    return status;
}

static void add_difference(text_table *t, double difference)
{
    char text[64];
    snprintf(text, sizeof text, "%.1e%s", difference, difference <= GRADCHECK_BOUND ? "" : " WRONG");
    text_table_add(t, text);
}

/* A line for each engine, and the sum of it. */
static int verdict(const gradcheck_found *found)
{
    text_table t;
    text_table_begin(&t, "engine", "difference");
    for (int engine = NN_ENGINE_fast + 1; engine < NN_N_ENGINE; engine++) {
        text_table_add(&t, nn_engines.rows[engine].name);
        add_difference(&t, found->of_engine[engine]);
    }
    printf("\n");
    cmd_print_table(&t, stdout);
    printf("\n%zu comparisons; the largest relative difference is %.1e, %s %.0e\n", found->n, found->worst,
           found->worst <= GRADCHECK_BOUND ? "below" : "NOT below", GRADCHECK_BOUND);
    return found->worst <= GRADCHECK_BOUND ? EXIT_done : EXIT_some_failed;
}

/* Row of the table: one activation under every loss. */
static nn_status check_activation(gradcheck_set *const sets[2], int activation, text_table *t,
                                  gradcheck_found *found, nn_error *err)
{
    text_table_add(t, nn_activations.rows[activation].name);
    for (int loss = 0; loss < NN_N_LOSS; loss++) {
        /* Losses whose output is fixed are those of classes. */
        const gradcheck_set *set = sets[nn_loss_rows[loss].required];
        gradcheck_found of_pair = {0};
        const nn_status status = check_pair(set, activation, loss, &of_pair, err);
        if (status != NN_ok)
            return status;
        add_difference(t, of_pair.worst);
        gradcheck_join(found, &of_pair);
    }
    return NN_ok;
}

static int check_all(void)
{
    gradcheck_set *sets[2] = {NULL, NULL}; /* [0] targets, [1] classes */
    nn_error err;
    text_table table;
    gradcheck_found found = {0};
    text_table_init(&table, 1 + NN_N_LOSS);
    text_table_add(&table, "activation");
    for (int loss = 0; loss < NN_N_LOSS; loss++)
        text_table_add(&table, nn_losses.rows[loss].name);
    nn_status status = gradcheck_make(false, &sets[0], &err);
    if (status == NN_ok)
        status = gradcheck_make(true, &sets[1], &err);
    for (int a = 0; status == NN_ok && a < NN_N_ACTIVATION; a++)
        if (nn_activation_places[a] == NN_ANYWHERE)
            status = check_activation(sets, a, &table, &found, &err);
    gradcheck_free(sets[0]);
    gradcheck_free(sets[1]);
    if (status != NN_ok) {
        text_table_free(&table);
        return cmd_fail(&err);
    }
    printf("backprop of every engine against central differences (float64, step 1e-5), worst over penalties "
           "none, lambda, "
           "l1; full and "
           "mini-batch; 0, 1 and 2 hidden layers:\n\n");
    cmd_print_table(&table, stdout);
    return verdict(&found);
}

static nn_status check_cells(const grid *g, const gradcheck_set *set, text_table *t, gradcheck_found *found,
                             nn_error *err)
{
    for (size_t cell = 0; cell < g->n_cells; cell++) {
        nn_hyper h;
        char text[256];
        gradcheck_found of_cell = {0};
        grid_cell(g, cell, &h);
        const nn_status status = check_batches(set, &h, &of_cell, err);
        if (status != NN_ok)
            return status;
        snprintf(text, sizeof text, "%zu", cell);
        text_table_add(t, text);
        add_difference(t, of_cell.worst);
        text_table_add(t, grid_cell_name(g, cell, text, sizeof text));
        gradcheck_join(found, &of_cell);
    }
    return NN_ok;
}

static int check_grid(const cmd_job *job)
{
    gradcheck_set *set = NULL;
    splitter *splits = NULL;
    text_table table;
    nn_error err;
    gradcheck_found found = {0};
    text_table_begin(&table, "cell", "difference", "settings");
    nn_status status = splitter_new(job->data, &splits, &err);
    if (status == NN_ok)
        status = gradcheck_take(&job->data->data, splitter_get(splits, job->grid->seed, 0, 0), &set, &err);
    if (status == NN_ok)
        status = check_cells(job->grid, set, &table, &found, &err);
    gradcheck_free(set);
    splitter_free(splits);
    if (status != NN_ok) {
        text_table_free(&table);
        return cmd_fail(&err);
    }
    cmd_print_table(&table, stdout);
    return verdict(&found);
}

static int gradcheck(int argc, char **argv)
{
    cmd_source source = {0};
    cmd_job job = {0};
    int code = cmd_options(&cmd_gradcheck, argc, argv, &source);
    if (code != EXIT_done)
        return code;
    if (source.grid == NULL) {
        code = check_all();
    } else {
        code = cmd_load(&source, &job);
        if (code == EXIT_done)
            code = check_grid(&job);
        cmd_unload(&job);
    }
    options_free(options, N_OPTIONS, &source);
    return code;
}

const command cmd_gradcheck = {
    .name = "gradcheck",
    .help = "compares backprop with central differences for every activation and loss, or for a grid",
    .more = "Exit code: 0 if every relative difference is below 1e-8, else 1.\n\n"
            "Examples:\n  nngrid gradcheck\n  nngrid gradcheck experiments/xor.yaml\n",
    .options = options,
    .n_options = N_OPTIONS,
    .rules = rules,
    .run = gradcheck,
};
