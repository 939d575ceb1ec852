/* Tests the learning rates: each schedule by hand, and that in every engine the steps have the rate that the curve
 * shows. */
#include "fixtures/problem.h"
#include "train/rate.h"

enum { EPOCHS = 8 };

static nn_hyper scheduled(int schedule, double decay, int64_t every)
{
    nn_hyper h = nn_hyper_defaults;
    h.learning_rate = 0.2;
    h.schedule = schedule;
    h.decay = decay;
    h.decay_every = every;
    h.epochs = EPOCHS;
    return h;
}

static void assert_rates(const nn_hyper *h, const double want[EPOCHS], double tolerance)
{
    nn_rate r;
    nn_rate_begin(&r);
    for (uint32_t e = 1; e <= EPOCHS; e++) {
        const double got = nn_rate_of(&r, h, e);
        if (!(fabs(got - want[e - 1]) <= tolerance))
            fail_msg("%s, epoch %u: %.17g, not %.17g", nn_schedules.rows[h->schedule].name, (unsigned)e, got,
                     want[e - 1]);
    }
}

TEST(each_schedule_by_hand)
{
    const nn_hyper constant = scheduled(NN_SCHEDULE_constant, 0.5, 3), step = scheduled(NN_SCHEDULE_step, 0.5, 3),
                   exponential = scheduled(NN_SCHEDULE_exponential, 0.5, 3),
                   inverse = scheduled(NN_SCHEDULE_inverse_time, 0.5, 3);
    assert_rates(&constant, (double[]){0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2}, 0);
    assert_rates(&step, (double[]){0.2, 0.2, 0.2, 0.1, 0.1, 0.1, 0.05, 0.05}, 0);
    assert_rates(&exponential, (double[]){0.2, 0.1, 0.05, 0.025, 0.0125, 0.00625, 0.003125, 0.0015625}, 0);
    assert_rates(&inverse, (double[]){0.2, 0.2 / 1.5, 0.1, 0.08, 0.2 / 3, 0.2 / 3.5, 0.05, 0.2 / 4.5}, 1e-16);
    const nn_hyper cosine = scheduled(NN_SCHEDULE_cosine, 0.25, 3);
    double want[EPOCHS];
    for (int e = 0; e < EPOCHS; e++)
        want[e] = 0.05 + 0.15 * (1 + cos(3.14159265358979323846 * e / EPOCHS)) / 2;
    assert_rates(&cosine, want, 1e-16);
}

/* Compares the series with the C library's cos over the whole range. */
TEST(cosine_is_accurate)
{
    nn_hyper h = scheduled(NN_SCHEDULE_cosine, 0, 3);
    nn_rate r;
    nn_rate_begin(&r);
    h.learning_rate = 1;
    h.epochs = 100000;
    for (uint32_t e = 1; e <= 100000; e++)
        assert_near(nn_rate_of(&r, &h, e), (1 + cos(3.14159265358979323846 * (e - 1) / 1e5)) / 2, 1e-15);
}

/* Losses at recorded epochs 0, 1, 3, 4, 6, 8 with decay_every 3. */
TEST(plateau_waits_for_a_new_lowest)
{
    static const struct {
        uint32_t epoch;
        double loss, rate;                                                  /* after it */
    } seen[] = {{0, 5, 0.2},   {1, 4, 0.2},    {3, 4, 0.2},  {4, 4.5, 0.1}, /* 3 epochs since epoch 1 */
                {6, 4.2, 0.1}, {7, 4.1, 0.05}, {8, 3, 0.05}, {11, NN_NAN, 0.025}};
    const nn_hyper h = scheduled(NN_SCHEDULE_plateau, 0.5, 3);
    nn_rate r;
    nn_rate_begin(&r);
    for (size_t i = 0; i < sizeof seen / sizeof seen[0]; i++) {
        nn_rate_see(&r, &h, seen[i].epoch, seen[i].loss);
        assert_real_equal(nn_rate_of(&r, &h, seen[i].epoch + 1), seen[i].rate);
    }
}

/* With one plain full-batch step an epoch, the length of the step over that of the gradient is the rate, which must be
 * on the curve. */
TEST(runs_step_by_the_rate_of_the_epoch)
{
    for (int i = 0; i < NN_N_SCHEDULE * NN_N_ENGINE; i++) {
        double last[100] = {0};
        for (uint32_t epochs = 1; epochs <= 6; epochs++) {
            problem p;
            double gradient[100], squares = 0, product = 0;
            problem_init(&p, 0, 3);
            p.hyper.schedule = i % NN_N_SCHEDULE;
            p.hyper.decay = 0.5;
            p.hyper.decay_every = 2;
            p.hyper.learning_rate = 0.2;
            p.hyper.batch_size = 0;
            p.hyper.hidden.n = 0;
            p.job.engine = i / NN_N_SCHEDULE;
            p.hyper.epochs = p.hyper.schedule == NN_SCHEDULE_cosine ? 6 : epochs;
            const nn_outcome out = problem_train(&p);
            const double *now = out.weights[NN_KEEP_FINAL];
            if (p.hyper.schedule != NN_SCHEDULE_cosine && epochs > 1) {
                void *space = aligned_alloc(NN_ALIGN, nn_gradient_bytes(&p.job));
                nn_gradient(&p.job, last, p.rows, 24, gradient, space);
                free(space);
                for (size_t k = 0; k < out.n_params; k++) {
                    squares += gradient[k] * gradient[k];
                    product += gradient[k] * (last[k] - now[k]);
                }
                const double rate = out.curves[NN_CURVE_learning_rate * out.n_points + out.n_points - 1];
                assert_near(product / squares, rate, 1e-9 * rate);
            }
            memcpy(last, now, out.n_params * sizeof *last);
            problem_free(&p);
        }
    }
}

/* The rates of a run under plateau follow from its own curve of validation loss. */
TEST(plateau_follows_the_recorded_curve)
{
    problem p;
    problem_init(&p, 3, 3);
    p.hyper.schedule = NN_SCHEDULE_plateau;
    p.hyper.decay = 0.5;
    p.hyper.decay_every = 4;
    p.hyper.learning_rate = 1;
    p.hyper.epochs = 60;
    p.recording.every = 2;
    const nn_outcome out = problem_train(&p);
    const double *rates = out.curves + NN_CURVE_learning_rate * out.n_points,
                 *losses = out.curves + NN_CURVE_validation_loss * out.n_points;
    double lowest = losses[0], rate = 1;
    uint32_t since = 0;
    for (size_t i = 1; i < out.n_points; i++) {
        assert_real_equal(rates[i], rate);
        if (losses[i] < lowest) {
            lowest = losses[i];
            since = out.epochs[i];
        } else if (out.epochs[i] - since >= 4) {
            rate *= 0.5;
            since = out.epochs[i];
        }
    }
    assert_true(rate < 0.3);
    problem_free(&p);
}
