/* Tests the order in which rows train and numbers are summed, and that what is recorded decides nothing.
 *
 * One-hot inputs give every training row a weight of its own: a linear unit, weights of 0, targets of 1 and steps so
 * small that outputs stay 0. Under momentum an early step weighs more than a late one, so that a weight shows when its
 * row came. */
#include "fixtures/problem.h"
#include "train/sum.h"

enum { ROWS = 24, DATA_ROWS = 40 };
static const double tiny = 1e-12, momentum = 0.9, rate = 0.5;

typedef struct one_hot {
    double inputs[DATA_ROWS * ROWS], targets[DATA_ROWS];
    uint32_t rows[ROWS]; /* training row i is row rows[i] of the data; its input i is 1 */
} one_hot;

static void one_hot_problem(problem *p, one_hot *d, int batch, int epochs)
{
    memset(d, 0, sizeof *d);
    for (uint32_t i = 0; i < ROWS; i++) {
        d->rows[i] = (i * 7 + 3) % DATA_ROWS;
        d->inputs[d->rows[i] * ROWS + i] = 1;
        d->targets[d->rows[i]] = 1;
    }
    problem_init(p, 0, 1);
    problem_regression(p, DATA_ROWS, ROWS, d->inputs, d->targets);
    p->split = (nn_split){.n = {ROWS, 0, 0}, .rows = {d->rows, NULL, NULL}};
    p->hyper.hidden.n = 0;
    p->hyper.bias = false;
    p->hyper.init = NN_INIT_zeros;
    p->hyper.loss = NN_LOSS_half_squared_error;
    p->hyper.reduction = NN_REDUCTION_sum;
    p->hyper.learning_rate = tiny;
    p->hyper.batch_size = batch;
    p->hyper.epochs = epochs;
}

/* Trains, and returns the final weights in units of a step. */
static void steps_of(problem *p, double steps[ROWS])
{
    const nn_outcome out = problem_train(p);
    for (int i = 0; i < ROWS; i++)
        steps[i] = ((const double *)out.weights[NN_KEEP_FINAL])[i] / tiny;
}

/* The effect of a step that `later` more steps follow: 1 + mu + ... + mu^later. */
static double echo(int later)
{
    return (1 - pow(momentum, later + 1)) / (1 - momentum);
}

/* Trains with batches of `batch`: every row's weight must show that the row came where the published permutation puts
 * it. */
static void check_positions(int batch, int epochs, bool shuffle)
{
    static one_hot d;
    double got[ROWS], want[ROWS] = {0};
    const int n = batch == 0 || batch > ROWS ? ROWS : batch, a_pass = (ROWS + n - 1) / n;
    for (uint32_t epoch = 1; epoch <= (uint32_t)epochs; epoch++) {
        uint32_t order[ROWS];
        nn_permutation(nn_stream_key(1, 0, NN_FOR_SHUFFLE), epoch, ROWS, order);
        for (int i = 0; i < ROWS; i++)
            want[shuffle ? order[i] : (uint32_t)i] += echo(epochs * a_pass - 1 - ((int)epoch - 1) * a_pass - i / n);
    }
    problem p;
    one_hot_problem(&p, &d, batch, epochs);
    p.hyper.momentum = momentum;
    p.hyper.shuffle = shuffle;
    steps_of(&p, got);
    for (int i = 0; i < ROWS; i++)
        if (fabs(got[i] / want[i] - 1) > 1e-8)
            fail_msg("batch %d: row %d weighs %.10g, not %.10g", batch, i, got[i], want[i]);
    problem_free(&p);
}

TEST(rows_come_in_the_order_of_the_epoch)
{
    for (int epochs = 1; epochs <= 3; epochs++)
        for (int batch = 1; batch <= 7; batch += 6) {
            check_positions(batch, epochs, true);
            check_positions(batch, epochs, false);
        }
}

TEST(two_epochs_differ)
{
    static one_hot d;
    double one[ROWS], two[ROWS];
    problem p;
    one_hot_problem(&p, &d, 1, 1);
    p.hyper.momentum = momentum;
    steps_of(&p, one);
    p.hyper.epochs = 2;
    steps_of(&p, two);
    int same = 0;
    for (int i = 0; i < ROWS; i++) /* a row at place k twice weighs echo(23 - k) + echo(47 - k) */
        for (int k = 0; k < ROWS; k++)
            same += fabs(one[i] / echo(23 - k) - 1) < 1e-8 && fabs(two[i] / (echo(23 - k) + echo(47 - k)) - 1) < 1e-8;
    assert_true(same < ROWS / 2);
    problem_free(&p);
}

/* A last batch of 3 is not dropped: every row takes one step. */
TEST(all_rows_train)
{
    static const int batches[] = {0, 1, 5, 7, 23, 24, 25, 1000};
    static one_hot d;
    for (size_t b = 0; b < sizeof batches / sizeof batches[0]; b++) {
        double steps[ROWS];
        problem p;
        one_hot_problem(&p, &d, batches[b], 1);
        steps_of(&p, steps);
        for (int i = 0; i < ROWS; i++)
            assert_near(steps[i], 1, 1e-9);
        problem_free(&p);
    }
}

/* Dropout draws by the row's position in the epoch, so that its masks show the order even within a batch. */
TEST(a_full_batch_is_in_file_order)
{
    static const int batches[] = {0, ROWS, 1000};
    static one_hot d;
    for (int b = 0; b < 3; b++) {
        double steps[ROWS];
        problem p;
        one_hot_problem(&p, &d, batches[b], 1);
        p.hyper.input_dropout = rate;
        steps_of(&p, steps);
        for (uint32_t i = 0; i < ROWS; i++) {
            uint32_t words[4];
            nn_philox(nn_stream_key(1, 0, NN_FOR_DROPOUT), 1, i, 0, i / 8, words);
            assert_int_equal((words[i % 8 / 2] >> i % 2 * 16 & 0xffff) < (uint32_t)round(rate * 65536), steps[i] == 0);
        }
        problem_free(&p);
    }
}

/* ---- sums ---- */

/* Element i is added to partial sum i % 16; partial sums join as p[i] + p[i + 8], then 4, 2, 1. Beside 1e16 a 1 is
 * lost, so that only this order gives these sums. */
/* Returns the sum of the first n, which stay unchanged. */
static double sum(const double *v, size_t n)
{
    double copy[NN_CHUNK];
    memcpy(copy, v, sizeof copy);
    return nn_sum_chunk(copy, n);
}

TEST(sums_have_one_order)
{
    double v[NN_CHUNK] = {0};
    assert_real_equal(sum(v, 0), 0);
    v[0] = 1e16, v[1] = 1, v[16] = -1e16; /* left to right: 0 */
    assert_real_equal(sum(v, 17), 1);
    assert_real_equal(sum(v, 16), 1e16);
    memset(v, 0, sizeof v);
    v[0] = 1e16, v[8] = 1, v[16] = -1e16; /* eight partials: 0 */
    assert_real_equal(sum(v, 17), 1);
    memset(v, 0, sizeof v);
    v[0] = 1e16, v[8] = -1e16, v[1] = 1, v[4] = 1; /* neighbours first: 0 */
    assert_real_equal(sum(v, 16), 2);
    memset(v, 0, sizeof v);
    v[0] = 1e16, v[4] = -1e16, v[8] = 1; /* the 1 meets 1e16 first; left to right: 1 */
    assert_real_equal(sum(v, NN_CHUNK), 0);
    memset(v, 0, sizeof v);
    v[3] = 1e16, v[7] = -1e16, v[5] = 1, v[1] = 1, v[2] = 1; /* 8, then 4: 3 with 7 */
    assert_real_equal(sum(v, 16), 3);
    memset(v, 0, sizeof v);
    v[0] = 1e16, v[2] = -1e16, v[4] = 1, v[1] = 1; /* at 4 the 1 is lost, at 2 the rest is 0, then 1 */
    assert_real_equal(sum(v, 16), 1);
    for (int i = 0; i < NN_CHUNK; i++)
        v[i] = i;
    assert_real_equal(sum(v, NN_CHUNK), 127 * 64);
    assert_real_equal(sum(v, 18), 17 * 9);
}

/* ---- what is recorded decides nothing ---- */

static const nn_recording recordings[] = {
    {.every = 1, .parts = {true, true, true}, .keep = {true, true, true}},
    {.every = 2, .parts = {true, true, true}, .keep = {true, true, true}},
    {.every = 4, .parts = {true, true, true}, .keep = {false, false, true}},
    {.per_decade = 3, .parts = {true, true, true}, .keep = {true, true, true}},
    {.every = 1, .parts = {false, true, false}, .keep = {true, true, true}},
    {.every = 3, .parts = {true, false, false}, .keep = {true, true, true}},
    {.every = 5, .parts = {false, false, true}, .keep = {true, true, true}},
};
enum { N_RECORDINGS = sizeof recordings / sizeof recordings[0] };

typedef struct watched {
    const char *name;
    double rate, diverge;
    nn_stop_reason reason;
} watched;

static const watched runs[] = {
    {"as asked", 0.1, 1e4, NN_REASON_epochs},
    {"rate 3", 3, 1e4, NN_REASON_exploded},
    {"rate 10", 10, 1e4, NN_REASON_exploded},
    {"without a limit", 10, 0, NN_REASON_not_finite},
};

static nn_outcome run_under(problem *p, const watched *run, const nn_recording *recording)
{
    problem_init(p, 0, 23);
    p->hyper.activation = NN_ACTIVATION_linear;
    p->hyper.learning_rate = run->rate;
    p->hyper.batch_size = 0;
    p->hyper.epochs = 41;
    p->job.diverge = run->diverge;
    p->recording = *recording;
    return problem_train(p);
}

TEST(recording_decides_nothing)
{
    for (size_t i = 0; i < sizeof runs / sizeof runs[0]; i++) {
        problem first, p;
        const nn_outcome want = run_under(&first, &runs[i], &recordings[0]);
        if (want.reason != runs[i].reason)
            fail_msg("%s: %s", runs[i].name, nn_stop_reasons.rows[want.reason].name);
        for (int r = 1; r < N_RECORDINGS; r++) {
            const nn_outcome got = run_under(&p, &runs[i], &recordings[r]);
            if (got.status != want.status || got.reason != want.reason || got.epochs_trained != want.epochs_trained)
                fail_msg("%s, recording %d: %s after %u epochs, not %s after %u", runs[i].name, r,
                         nn_stop_reasons.rows[got.reason].name, (unsigned)got.epochs_trained,
                         nn_stop_reasons.rows[want.reason].name, (unsigned)want.epochs_trained);
            assert_memory_equal(got.weights[NN_KEEP_FINAL], want.weights[NN_KEEP_FINAL],
                                want.n_params * want.real_bytes);
            assert_real_equal(got.at[NN_AT_FINAL].epoch, want.epochs_trained);
            problem_free(&p);
        }
        problem_free(&first);
    }
}

/* The network has one weight w, input 1, target 0, w(0) = 1, loss w^2/2 and rate 3: w(e) = (-2)^e, so that the loss
 * before epoch e is 4^(e-1)/2. */
static nn_outcome quadrupling(problem *p, double limit, int epochs, const nn_recording *recording)
{
    static const double one = 1, zero = 0;
    problem_init(p, 0, 1);
    problem_regression(p, 1, 1, &one, &zero);
    p->split.n[NN_TRAIN] = 1;
    p->split.n[NN_VALIDATION] = p->split.n[NN_TEST] = 0;
    p->hyper.hidden.n = 0;
    p->hyper.bias = false;
    p->hyper.loss = NN_LOSS_half_squared_error;
    p->hyper.learning_rate = 3;
    p->hyper.epochs = epochs;
    p->job.start = &one;
    p->job.diverge = limit;
    p->recording = *recording;
    return problem_train(p);
}

typedef struct limited {
    double limit;
    int epochs, trained;
    bool exploded;
} limited;

TEST(divergence_by_hand)
{
    static const limited cases[] = {
        {64, 100, 5, true},  /* 4^3 is 64 times the first, not more; 4^4 is */
        {63, 100, 4, true},  /* 4^3 is more */
        {64, 3, 3, false},   /* and after the last epoch 64 is not */
        {64, 4, 4, true},    /* but 256 is: seen after the last epoch */
        {0, 20, 20, false},  /* no limit */
        {1e9, 15, 15, true}, /* 4^15 is just above */
        {1e9, 14, 14, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (int r = 0; r < N_RECORDINGS; r++) {
            problem p;
            const nn_outcome out = quadrupling(&p, cases[i].limit, cases[i].epochs, &recordings[r]);
            assert_int_equal(out.epochs_trained, cases[i].trained);
            assert_int_equal(out.reason, cases[i].exploded ? NN_REASON_exploded : NN_REASON_epochs);
            assert_int_equal(out.status, cases[i].exploded ? NN_RUN_diverged : NN_RUN_done);
            assert_real_equal(*(const double *)out.weights[NN_KEEP_FINAL], pow(-2, cases[i].trained));
            problem_free(&p);
        }
}
