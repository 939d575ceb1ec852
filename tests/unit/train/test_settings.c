/* Tests that every hyperparameter changes a result, and that one which is declared not to matter changes none. */
#include "fixtures/problem.h"

enum { N_BASES = 5 };
static nn_hyper hyper_base(int which)
{
    static const int optimizers[N_BASES] = {NN_OPTIMIZER_sgd, NN_OPTIMIZER_adam, NN_OPTIMIZER_sgd, NN_OPTIMIZER_rmsprop,
                                            NN_OPTIMIZER_rprop};
    nn_hyper h = nn_hyper_defaults;
    h.hidden = (nn_shape){.n = 1, .width = {5}};
    h.epochs = 3;
    h.batch_size = 7;
    h.precision = NN_PRECISION_float64;
    h.init = which == 0 ? NN_INIT_uniform : NN_INIT_glorot_uniform;
    h.optimizer = optimizers[which];
    h.momentum = 0.5;
    h.loss = NN_LOSS_mse;
    h.output = NN_ACTIVATION_sigmoid;
    h.lambda = 0.1;
    h.decay_every = 1;
    h.clip_norm = 0.02;
    if (which == 1)
        h.schedule = NN_SCHEDULE_step;
    if (which == 3)
        h.gradient = NN_GRADIENT_forward_difference;
    if (h.optimizer == NN_OPTIMIZER_rprop) { /* enough epochs for steps to reach both ends */
        h.batch_size = 0;
        h.epochs = 40;
        h.step_min = 0.01;
        h.step_max = 0.11;
        h.step_spread = 4;
    }
    return h;
}

/* Sets another value that the row allows. */
static void change(nn_hyper *h, const nn_hyper_row *row)
{
    void *at = nn_hyper_at(h, row);
    switch (row->kind) {
    case NN_REAL:
        *(nn_real_value *)at = *(nn_real_value *)at == 0 ? 0.3 : *(nn_real_value *)at / 2;
        break;
    case NN_COUNT:
        *(nn_count_value *)at += 1;
        break;
    case NN_CHOICE:
        *(nn_choice_value *)at = (*(nn_choice_value *)at + 1) % row->choices->n;
        break;
    case NN_TRUTH:
        *(nn_truth_value *)at = !*(nn_truth_value *)at;
        break;
    case NN_SHAPE:
        ((nn_shape *)at)->width[0] += 1;
        ((nn_shape *)at)->n += ((nn_shape *)at)->n == 0;
        break;
    case NN_TEXT: /* core takes no notice of it */
        break;
    }
}

/* Returns the outputs of the trained network for every row, which can be compared where the numbers of parameters
 * differ. */
static void trained_outputs(problem *p, double y[PROBLEM_ROWS * PROBLEM_TARGETS])
{
    uint32_t rows[PROBLEM_ROWS];
    for (uint32_t r = 0; r < PROBLEM_ROWS; r++)
        rows[r] = r;
    const nn_outcome out = problem_train(p);
    void *space = aligned_alloc(NN_ALIGN, nn_workspace_bytes(&p->job));
    assert_non_null(space);
    nn_predict(&p->job, out.weights[NN_KEEP_FINAL], rows, PROBLEM_ROWS, y, space);
    free(space);
}

TEST(every_hyperparameter_changes_a_result)
{
    for (int i = 0; i < NN_N_HYPER; i++) {
        const nn_hyper_row *row = &nn_hyper_rows[i];
        const bool of_classes = i == NN_HYPER_outputs; /* of two */
        problem p;
        if (row->of_data)
            continue;
        problem_init(&p, of_classes ? 2 : 0, 9);
        p.hyper = hyper_base(0);
        for (int base = 1; !row->matters(&p.hyper) && base < N_BASES; base++)
            p.hyper = hyper_base(base);
        assert_true(row->matters(&p.hyper));
        double before[PROBLEM_ROWS * PROBLEM_TARGETS] = {0}, after[PROBLEM_ROWS * PROBLEM_TARGETS] = {0};
        p.hyper.outputs = of_classes ? 1 : 0;
        if (of_classes)
            p.hyper.loss = NN_LOSS_mse;
        trained_outputs(&p, before);
        change(&p.hyper, row);
        trained_outputs(&p, after);
        if (memcmp(before, after, sizeof before) == 0)
            fail_msg("changing %s changes nothing", row->name);
        problem_free(&p);
    }
}

/* A setting that does not matter changes nothing: momentum under adam, and so on for every row. */
TEST(a_setting_that_does_not_matter_changes_nothing)
{
    int n_tried = 0;
    for (int i = 0; i < NN_N_HYPER; i++)
        for (int base = 0; base < N_BASES; base++) {
            const nn_hyper_row *row = &nn_hyper_rows[i];
            problem p;
            problem_init(&p, 0, 9);
            p.hyper = hyper_base(base);
            p.hyper.momentum = 0;
            if (base == 2) {
                p.hyper.hidden.n = 0;
                p.hyper.batch_size = 0;
                p.hyper.init = NN_INIT_zeros;
            }
            if (!row->matters(&p.hyper)) {
                size_t n, m;
                void *before = problem_final_weights(&p, &n);
                change(&p.hyper, row);
                void *after = problem_final_weights(&p, &m);
                if (n != m || memcmp(before, after, n) != 0)
                    fail_msg("%s is said not to matter, but does", row->name);
                free(before);
                free(after);
                n_tried++;
            }
            problem_free(&p);
        }
    assert_true(n_tried > 10);
}
