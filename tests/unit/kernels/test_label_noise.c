/* Tests label noise: the draws are computed here anew from the published counter, (0, row, 0, unit / 4) of their
 * stream. */
#include "fixtures/problem.h"

/* The draw that ranks a row: word 0, and below it the row. */
static uint64_t own_draw(const problem *p, uint32_t row, uint32_t w[4])
{
    nn_philox(nn_stream_key(p->job.seed, p->job.repeat, NN_FOR_LABEL_NOISE), 0, row, 0, 0, w);
    return (uint64_t)w[0] << 32 | row;
}

/* Computes the class of a training row under this noise: that of its own where at least floor(s n + 1/2) training rows
 * have lower draws. */
static int32_t own_class(const problem *p, uint32_t row, double noise)
{
    uint32_t w[4], others[4], before = 0;
    const nn_split *split = p->job.split;
    const uint32_t n = (uint32_t)p->data.n_classes, c = (uint32_t)p->classes[row];
    const uint64_t draw = own_draw(p, row, w);
    for (size_t i = 0; i < split->n[NN_TRAIN]; i++)
        before += own_draw(p, split->rows[NN_TRAIN][i], others) < draw;
    if (before >= floor(noise * (double)split->n[NN_TRAIN] + 0.5))
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

/* Trains one epoch of a linear network from weights of 0 on rows that are unit vectors: the largest weight of input i
 * then is that of the label which row i had. Fills labels [n]. */
static void labels_seen(double noise, uint32_t repeat, int engine, int precision, size_t n, int32_t *labels)
{
    enum { MOST = 70, CLASSES = 5 };
    double inputs[MOST * MOST] = {0};
    int32_t classes[MOST];
    uint32_t rows[MOST];
    for (size_t i = 0; i < n; i++) {
        inputs[i * n + i] = 1;
        classes[i] = (int32_t)(i % CLASSES);
        rows[i] = (uint32_t)i;
    }
    const nn_data data = {n, n, NN_FLOAT64, inputs, classes, CLASSES, NULL, 0};
    const nn_split split = {.n = {[NN_TRAIN] = n}, .rows = {[NN_TRAIN] = rows}};
    const nn_recording recording = {.every = 1, .parts = {[NN_TRAIN] = true}, .keep = {[NN_KEEP_FINAL] = true}};
    nn_hyper h = nn_hyper_defaults;
    h.hidden.n = 0;
    h.init = NN_INIT_zeros;
    h.batch_size = 0;
    h.epochs = 1;
    h.precision = precision;
    h.label_noise = noise;
    nn_hyper_resolve(&h, true);
    const nn_job job = {.hyper = &h,
                        .data = &data,
                        .split = &split,
                        .seed = 3,
                        .repeat = repeat,
                        .engine = engine,
                        .recording = &recording,
                        .stopping = &(nn_stopping){0}};
    void *space = aligned_alloc(NN_ALIGN, nn_workspace_bytes(&job));
    nn_outcome out;
    assert_int_equal(nn_train(&job, space, &out, NULL), NN_ok);
    for (size_t i = 0; i < n; i++) {
        labels[i] = 0;
        for (int32_t c = 1; c < CLASSES; c++) {
            const size_t at = i * CLASSES + (size_t)c, best = i * CLASSES + (size_t)labels[i];
            const bool higher =
                out.real_bytes == sizeof(double)
                    ? ((double *)out.weights[NN_KEEP_FINAL])[at] > ((double *)out.weights[NN_KEEP_FINAL])[best]
                    : ((float *)out.weights[NN_KEEP_FINAL])[at] > ((float *)out.weights[NN_KEEP_FINAL])[best];
            labels[i] = higher ? c : labels[i];
        }
    }
    free(space);
}

/* Exactly floor(s n + 1/2) labels are replaced, by every engine and in both precisions, and those of a smaller share are
 * among those of a larger one, by the same classes. */
TEST(the_number_of_wrong_labels_is_exact)
{
    static const struct {
        double share;
        size_t n, wrong;
    } cases[] = {{0, 50, 0},  {0.009, 50, 0}, {0.01, 50, 1}, {0.1, 50, 5}, {0.1, 7, 1}, {0.25, 10, 3},
                 {0.5, 7, 4}, {0.99, 50, 50}, {1, 50, 50},   {1, 1, 1},    {0.4, 1, 0}, {0.3, 70, 21}};
    int32_t before[70], labels[70];
    for (uint32_t k = 0; k < sizeof cases / sizeof cases[0]; k++)
        for (int i = 0; i < 2 * NN_N_ENGINE; i++) {
            size_t wrong = 0;
            labels_seen(cases[k].share, k, i / 2, i % 2, cases[k].n, labels);
            for (size_t row = 0; row < cases[k].n; row++)
                wrong += labels[row] != (int32_t)(row % 5);
            assert_int_equal(wrong, cases[k].wrong);
        }
    for (int share = 0; share <= 10; share++) {
        labels_seen(share / 10.0, 0, NN_ENGINE_fast, NN_PRECISION_float32, 70, labels);
        for (int row = 0; row < 70 && share > 0; row++)
            assert_true(before[row] == labels[row] || before[row] == row % 5);
        memcpy(before, labels, sizeof before);
    }
}

/* Which labels are replaced depends on the repeat, each equally often, and the other classes replace them equally
 * often. */
TEST(labels_become_any_other)
{
    enum { REPEATS = 2000, TRAINED = 24 };
    problem p;
    int n[4] = {0}, of_row[TRAINED] = {0}, total = 0;
    const double share = 7.0 / TRAINED;
    problem_init(&p, 4, 7);
    assert_int_equal(p.job.split->n[NN_TRAIN], TRAINED);
    const uint64_t seed = p.job.seed;
    for (p.job.repeat = 0; p.job.repeat < REPEATS; p.job.repeat++) {
        int replaced = 0;
        for (uint32_t row = 0; row < TRAINED; row++, total++) {
            const uint32_t of = p.job.split->rows[NN_TRAIN][row];
            const int32_t c = own_class(&p, of, share), away = (c - p.classes[of] + 4) % 4;
            const nn_noise noise = nn_noise_of(&p.data, nn_stream_key(seed, p.job.repeat, NN_FOR_LABEL_NOISE), of);
            assert_true(away == 0 || noise.new_class == c);
            n[away]++;
            of_row[row] += away != 0;
            replaced += away != 0;
        }
        assert_int_equal(replaced, nn_noise_rows(share, TRAINED));
    }
    for (int other = 1; other < 4; other++)
        assert_near((double)n[other] / total, share / 3, 5 * sqrt(share / 3 / total));
    for (int row = 0; row < TRAINED; row++)
        assert_near(of_row[row] / (double)REPEATS, share, 5 * sqrt(share * (1 - share) / REPEATS));
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
