/* Tests the properties of a training: stored weights reproduce stored losses, dropout is as published, the best is the
 * best, divergence is a result, and only the training rows train. */
#include "fixtures/problem.h"
#include "train/checkpoint.h"

static size_t weight_bytes(const nn_outcome *out)
{
    return out->n_params * out->real_bytes;
}

/* ---- what is stored ---- */

TEST(stored_weights_reproduce_stored_losses)
{
    for (int precision = 0; precision < NN_N_PRECISION; precision++)
        for (int loss = 0; loss < NN_N_LOSS; loss++) {
            problem p;
            problem_init(&p, 3, 21);
            p.hyper.precision = precision;
            p.hyper.loss = loss;
            p.hyper.epochs = 12;
            p.hyper.batch_size = 5;
            p.hyper.dropout = 0.3;
            p.hyper.learning_rate = 0.5;
            nn_outcome out = problem_train(&p);
            static const int at[] = {NN_AT_INITIAL, NN_AT_BEST, NN_AT_FINAL};
            for (int k = 0; k <= NN_KEEP_FINAL; k++)
                for (int part = 0; part < NN_N_PART; part++) {
                    void *fresh = aligned_alloc(NN_ALIGN, nn_workspace_bytes(&p.job));
                    const nn_score score = nn_evaluate(&p.job, out.weights[k], (nn_part)part, fresh);
                    const nn_score *stored = &out.at[at[k]].part[part];
                    assert_memory_equal(&score.loss, &stored->loss, sizeof score.loss);
                    assert_memory_equal(&score.error, &stored->error, sizeof score.error);
                    assert_memory_equal(&score.max_abs_error, &stored->max_abs_error, sizeof score.max_abs_error);
                    free(fresh);
                }
            problem_free(&p);
        }
}

TEST(best_is_the_earliest_lowest_validation_loss)
{
    problem p;
    problem_init(&p, 3, 22);
    p.hyper.epochs = 60;
    p.hyper.learning_rate = 1;
    nn_outcome out = problem_train(&p);
    const double *validation = out.curves + NN_CURVE_validation_loss * out.n_points;
    size_t lowest = 0;
    for (size_t i = 1; i < out.n_reached; i++)
        if (validation[i] < validation[lowest])
            lowest = i;
    assert_true(lowest > 0);
    assert_true(lowest + 1 < out.n_reached); /* else the test shows nothing */
    assert_real_equal(out.metrics[NN_METRIC_best_epoch], out.epochs[lowest]);
    assert_real_equal(out.metrics[NN_METRIC_best_validation_loss], validation[lowest]);
    problem_free(&p);
}

TEST(best_error_is_the_earliest_lowest_validation_error)
{
    problem p;
    problem_init(&p, 3, 28);
    p.hyper.epochs = 60;
    p.hyper.learning_rate = 1;
    nn_outcome out = problem_train(&p);
    const double *error = out.curves + NN_CURVE_validation_error * out.n_points;
    const size_t lowest = nn_lowest(error, out.n_reached);
    assert_true(lowest > 0);
    assert_true(error[lowest] > 0); /* else the test shows nothing */
    assert_real_equal(out.metrics[NN_METRIC_best_error_epoch], out.epochs[lowest]);
    assert_true(out.metrics[NN_METRIC_best_error_epoch] != out.metrics[NN_METRIC_best_epoch]);
    assert_real_equal(out.metrics[NN_METRIC_best_error_validation_error], error[lowest]);
    problem_free(&p);
}

TEST(without_a_validation_part_best_follows_the_training_loss)
{
    problem p;
    problem_init(&p, 3, 22);
    p.split.n[NN_VALIDATION] = 0;
    p.hyper.epochs = 10;
    nn_outcome out = problem_train(&p);
    assert_real_equal(out.metrics[NN_METRIC_best_epoch], 10);
    assert_true(isnan(out.metrics[NN_METRIC_best_validation_loss]));
    assert_true(isnan(out.metrics[NN_METRIC_overfit_epoch]));
    problem_free(&p);
}

TEST(epochs_0_evaluates_the_start)
{
    problem p;
    problem_init(&p, 3, 22);
    p.hyper.epochs = 0;
    nn_outcome out = problem_train(&p);
    assert_int_equal(out.n_reached, 1);
    assert_int_equal(out.status, NN_RUN_done);
    assert_memory_equal(out.weights[NN_KEEP_INITIAL], out.weights[NN_KEEP_FINAL], weight_bytes(&out));
    assert_real_equal(out.metrics[NN_METRIC_final_test_loss], out.metrics[NN_METRIC_initial_test_loss]);
    problem_free(&p);
}

/* ---- divergence, stopping, signals ---- */

TEST(divergence_is_a_result)
{
    problem p;
    problem_init(&p, 0, 23);
    p.hyper.activation = NN_ACTIVATION_linear;
    p.hyper.learning_rate = 1e3;
    p.hyper.epochs = 1000;
    nn_outcome out = problem_train(&p);
    assert_int_equal(out.status, NN_RUN_diverged);
    assert_int_equal(out.reason, NN_REASON_exploded);
    assert_true(out.epochs_trained >= 1);
    assert_true(out.epochs_trained < 1000);
    p.job.diverge = 0;
    out = problem_train(&p);
    assert_int_equal(out.reason, NN_REASON_not_finite);
    assert_real_equal(out.metrics[NN_METRIC_best_epoch], 0);
    problem_free(&p);
}

/* Outside the epochs only the first rows of a large training part are evaluated, whether recorded or not. */
TEST(recording_does_not_decide_divergence)
{
    enum { ROWS = 3000 };
    static uint32_t rows[ROWS];
    nn_run_status seen[2][2];
    for (uint32_t i = 0; i < ROWS; i++)
        rows[i] = i % PROBLEM_ROWS;
    for (int fast = 0; fast < 2; fast++)
        for (int recorded = 0; recorded < 2; recorded++) {
            problem p;
            problem_init(&p, 0, 23);
            p.split.n[NN_TRAIN] = ROWS;
            p.split.rows[NN_TRAIN] = rows;
            p.hyper.activation = NN_ACTIVATION_linear;
            p.hyper.learning_rate = fast ? 1e5 : 1e-3;
            p.hyper.epochs = 1; /* a single step, whose effect shows only after it */
            p.hyper.batch_size = 0;
            p.recording.parts[NN_TRAIN] = recorded;
            const nn_outcome out = problem_train(&p);
            seen[fast][recorded] = out.status;
            assert_int_equal(isnan(out.metrics[NN_METRIC_final_train_loss]), !recorded);
            problem_free(&p);
        }
    assert_int_equal(seen[0][0], NN_RUN_done);
    assert_int_equal(seen[0][1], NN_RUN_done);
    assert_int_equal(seen[1][0], NN_RUN_diverged);
    assert_int_equal(seen[1][1], NN_RUN_diverged);
}

TEST(first_stops_where_observe_says)
{
    problem p;
    problem_init(&p, 3, 22);
    p.hyper.epochs = 80;
    p.hyper.learning_rate = 1;
    const nn_stop_rule rules[] = {{.kind = NN_STOP_patience, .parameter = 10},
                                  {.kind = NN_STOP_target, .parameter = 1e-9, .curve = NN_CURVE_train_loss}};
    p.stopping = (nn_stopping){.n_rules = 2, .rules = rules};
    nn_outcome out = problem_train(&p);
    const nn_stop_record seen = out.stops[0];
    assert_true(seen.epoch > 0);
    assert_true(seen.epoch < 80);
    assert_real_equal(out.stops[1].epoch, -1);
    assert_real_equal(seen.epoch - seen.best_epoch, 10);
    p.stopping.first = true;
    out = problem_train(&p);
    assert_int_equal(out.reason, NN_REASON_rule);
    assert_int_equal(out.epochs_trained, (uint32_t)seen.epoch);
    assert_real_equal(out.stops[0].best_epoch, seen.best_epoch);
    assert_real_equal(out.metrics[NN_METRIC_best_validation_loss], seen.best_validation_loss);
    assert_true(isnan(out.curves[NN_CURVE_train_loss * out.n_points + out.n_points - 1]));
    problem_free(&p);
}

static bool give_one(void *context, int lane, nn_job *job)
{
    (void)lane;
    *job = *(const nn_job *)context;
    return true;
}

static bool must_not_finish(void *context, int lane, const nn_outcome *outcome)
{
    (void)context, (void)lane, (void)outcome;
    fail();
    return false;
}

TEST(a_signal_ends_training_without_an_outcome)
{
    problem p;
    problem_init(&p, 3, 22);
    nn_hyper_resolve(&p.hyper, true);
    atomic_int signal = NN_ABANDON;
    const nn_supply supply = {.context = &p.job, .next = give_one, .finished = must_not_finish, .signal = &signal};
    nn_error err;
    for (int engine = 0; engine < NN_N_ENGINE; engine++) {
        p.job.engine = engine;
        assert_int_equal(nn_train_pack(&supply, problem_workspace(&p), &err), NN_cancelled);
    }
    problem_free(&p);
}

/* ---- no leak ---- */

/* Other values in validation and test rows leave the weights unchanged. */
TEST(only_training_rows_train)
{
    problem p;
    problem_init(&p, 3, 24);
    p.hyper.batch_size = 5;
    size_t n;
    void *before = problem_final_weights(&p, &n);
    for (size_t i = 24 * PROBLEM_INPUTS; i < PROBLEM_ROWS * PROBLEM_INPUTS; i++)
        p.inputs[i] = 1e3 - p.inputs[i];
    for (size_t i = 24; i < PROBLEM_ROWS; i++)
        p.classes[i] = 2 - p.classes[i];
    void *after = problem_final_weights(&p, &n);
    assert_memory_equal(before, after, n);
    p.inputs[0] += 0.5; /* a training row does matter */
    void *moved = problem_final_weights(&p, &n);
    assert_memory_not_equal(before, moved, n);
    free(before);
    free(after);
    free(moved);
    problem_free(&p);
}

/* A job's bits do not depend on what the workspace held before. */
TEST(old_memory_does_not_matter)
{
    problem p;
    problem_init(&p, 3, 25);
    nn_hyper_resolve(&p.hyper, true);
    p.hyper.dropout = 0.5;
    const size_t bytes = nn_workspace_bytes(&p.job);
    nn_outcome out[2];
    void *space[2];
    for (int i = 0; i < 2; i++) {
        space[i] = aligned_alloc(NN_ALIGN, bytes);
        memset(space[i], i ? 0xff : 0x00, bytes);
        assert_int_equal(nn_train(&p.job, space[i], &out[i], NULL), NN_ok);
    }
    assert_memory_equal(out[0].weights[NN_KEEP_FINAL], out[1].weights[NN_KEEP_FINAL], weight_bytes(&out[0]));
    assert_memory_equal(out[0].curves, out[1].curves, out[0].n_curves * out[0].n_points * sizeof(double));
    free(space[0]);
    free(space[1]);
}

static void assert_no_size(const nn_job *job)
{
    assert_int_equal(nn_workspace_bytes(job), NN_NO_SIZE);
    assert_int_equal(nn_gradient_bytes(job), NN_NO_SIZE);
    assert_int_equal(nn_checkpoint_bytes(job), NN_NO_SIZE);
    assert_int_equal(nn_gradient_check_bytes(job, NULL, 3), NN_NO_SIZE);
}

/* A size is unknown until everything that it depends on is set. */
TEST(a_job_that_is_not_complete_has_no_size)
{
    problem p;
    problem_init(&p, 3, 26);
    assert_no_size(&p.job);
    nn_hyper_resolve(&p.hyper, true);
    const size_t bytes = nn_workspace_bytes(&p.job);
    assert_true(bytes < NN_NO_SIZE);
    assert_true(nn_gradient_bytes(&p.job) < NN_NO_SIZE);
    assert_true(nn_checkpoint_bytes(&p.job) < bytes);
    const size_t pointers[] = {offsetof(nn_job, hyper), offsetof(nn_job, data), offsetof(nn_job, split),
                               offsetof(nn_job, recording), offsetof(nn_job, stopping)};
    for (size_t i = 0; i < sizeof pointers / sizeof *pointers; i++) {
        nn_job lacking = p.job;
        memset((char *)&lacking + pointers[i], 0, sizeof(void *));
        assert_no_size(&lacking);
    }
    nn_data no_inputs = p.data, no_outputs = p.data;
    nn_split no_rows = {.rows = {p.rows, p.rows, p.rows}};
    nn_job job = p.job;
    no_inputs.n_inputs = no_outputs.n_classes = 0;
    job.data = &no_inputs;
    assert_no_size(&job);
    job.data = &no_outputs;
    assert_no_size(&job);
    job.data = &p.data;
    job.split = &no_rows;
    assert_no_size(&job);
    no_rows.n[NN_TEST] = 1; /* a network that is only evaluated */
    assert_true(nn_workspace_bytes(&job) <= bytes);
}
