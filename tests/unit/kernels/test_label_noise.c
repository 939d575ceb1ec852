/* Tests label noise: the draws are computed here anew from the published counter, (0, row, 0, unit / 4) of their
 * stream. */
#include "fixtures/problem.h"

/* Computes the class of a row under this noise. */
static int32_t own_class(const problem *p, uint32_t row, double noise)
{
    uint32_t w[4];
    const uint32_t n = (uint32_t)p->data.n_classes, c = (uint32_t)p->classes[row];
    nn_philox(nn_stream_key(p->job.seed, p->job.repeat, NN_FOR_LABEL_NOISE), 0, row, 0, 0, w);
    if (nn_uniform(w[0]) >= noise)
        return (int32_t)c;
    return (int32_t)((c + 1 + (uint32_t)(((uint64_t)w[1] * (n - 1)) >> 32)) % n);
}

static double own_target(const problem *p, uint32_t row, uint32_t unit, double noise)
{
    uint32_t w[4];
    nn_philox(nn_stream_key(p->job.seed, p->job.repeat, NN_FOR_LABEL_NOISE), 0, row, 0, unit / 4, w);
    return p->targets[row * PROBLEM_TARGETS + unit] + noise * nn_normal(w[unit % 4]);
}

/* Mean squared error of outputs y [PROBLEM_ROWS][3] over rows from .. to - 1, with this noise. */
static double own_loss(const problem *p, const double *y, uint32_t from, uint32_t to, double noise)
{
    double sum = 0;
    for (uint32_t row = from; row < to; row++)
        for (uint32_t k = 0; k < 3; k++) {
            const double t = p->data.classes != NULL ? (double)(own_class(p, row, noise) == (int32_t)k)
                                                     : own_target(p, row, k, noise);
            const double d = y[row * 3 + k] - t;
            sum += d * d / 3;
        }
    return sum / (to - from);
}

/* In every engine the training part has the noise, and the other parts do not. */
TEST(only_training_rows_have_noise)
{
    for (int i = 0; i < 2 * NN_N_ENGINE; i++) {
        problem p;
        double y[PROBLEM_ROWS * 3];
        problem_init(&p, i % 2 == 0 ? 3 : 0, 7);
        p.hyper.loss = NN_LOSS_mse;
        p.hyper.label_noise = 0.4;
        p.hyper.epochs = 5;
        p.job.engine = i / 2;
        p.job.repeat = 2;
        const nn_outcome out = problem_train(&p);
        void *space = aligned_alloc(NN_ALIGN, nn_workspace_bytes(&p.job));
        nn_predict(&p.job, out.weights[NN_KEEP_FINAL], p.rows, PROBLEM_ROWS, y, space);
        const nn_score *got = out.at[NN_AT_FINAL].part;
        assert_near(got[NN_TRAIN].loss, own_loss(&p, y, 0, 24, 0.4), 1e-12);
        assert_true(fabs(got[NN_TRAIN].loss - own_loss(&p, y, 0, 24, 0)) > 1e-3);
        assert_near(got[NN_VALIDATION].loss, own_loss(&p, y, 24, 32, 0), 1e-12);
        assert_near(got[NN_TEST].loss, own_loss(&p, y, 32, 40, 0), 1e-12);
        for (int part = 0; part < NN_N_PART; part++) {
            const nn_score again = nn_evaluate(&p.job, out.weights[NN_KEEP_FINAL], (nn_part)part, space);
            assert_memory_equal(&again, &got[part], sizeof again);
        }
        free(space);
        problem_free(&p);
    }
}

/* As many labels are replaced as asked for, and the other classes replace them equally often. */
TEST(labels_become_any_other)
{
    enum { REPEATS = 2000 };
    problem p;
    int n[4] = {0}, total = 0;
    problem_init(&p, 4, 7);
    for (p.job.repeat = 0; p.job.repeat < REPEATS; p.job.repeat++)
        for (uint32_t row = 0; row < PROBLEM_ROWS; row++, total++)
            n[(own_class(&p, row, 0.3) - p.classes[row] + 4) % 4]++;
    assert_near((double)n[0] / total, 0.7, 5 * sqrt(0.7 * 0.3 / total));
    for (int other = 1; other < 4; other++)
        assert_near((double)n[other] / total, 0.1, 5 * sqrt(0.1 * 0.9 / total));
    problem_free(&p);
}

TEST(more_than_all_labels_is_a_mistake)
{
    nn_hyper h = nn_hyper_defaults;
    char text[200];
    h.label_noise = 1.5;
    nn_hyper_resolve(&h, true);
    assert_ptr_equal(nn_hyper_conflict(&h, true, text, sizeof text), &nn_hyper_rows[NN_HYPER_label_noise]);
    assert_string_equal(text, "label_noise is a share of the labels of classes: at most 1, not 1.5");
    h.loss = NN_LOSS_mse;
    h.output = NN_ACTIVATION_linear;
    assert_null(nn_hyper_conflict(&h, false, text, sizeof text));
}
