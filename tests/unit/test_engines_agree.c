/* Every engine agrees with the reference engine over one epoch of 64 rows, for settings drawn from the whole product of
 * shapes, activations, losses, optimizers, penalties, dropout and batch sizes. */
#include "engines.h"

enum { CASES = 3000 };

/* norm(a - b) / norm(b) of doubles or floats. */
static double difference(const void *a, const void *b, size_t n, size_t real_bytes)
{
    double apart = 0, size = 0;
    for (size_t i = 0; i < n; i++) {
        const double x = real_bytes == 4 ? (double)((const float *)a)[i] : ((const double *)a)[i];
        const double y = real_bytes == 4 ? (double)((const float *)b)[i] : ((const double *)b)[i];
        apart += (x - y) * (x - y);
        size += y * y;
    }
    return apart == 0 ? 0 : sqrt(apart / size);
}

static void check_close(const nn_job *job, const nn_outcome *got, const nn_outcome *want, double bound)
{
    nn_network net;
    nn_network_of(job->data, job->hyper, &net);
    double worst = 0;
    for (int l = 0; l < net.n_layers; l++) {
        const size_t ends[] = {net.w_at[l], net.b_at[l],
                               net.b_at[l] + (net.bias ? (size_t)net.width[l + 1] : 0)};
        for (int block = 0; block < 2; block++) {
            const size_t at = ends[block] * want->real_bytes, n = ends[block + 1] - ends[block];
            const double d = difference((char *)got->weights[NN_KEEP_FINAL] + at,
                                        (char *)want->weights[NN_KEEP_FINAL] + at, n, want->real_bytes);
            worst = d > worst || d != d ? d : worst;
        }
    }
    for (int c = 0; c < NN_N_CURVE; c++) {
        const double *a = got->curves + (size_t)c * got->n_points,
                     *b = want->curves + (size_t)c * want->n_points;
        if (nn_curve_rows[c].what == NN_ERROR_CURVE || nn_curve_rows[c].what == NN_ACCURACY_CURVE)
            continue; /* an output next to a border may fall on either side */
        const size_t first = b[0] == b[0] ? 0 : 1;
        if (b[first] == b[first]) {
            const double d = difference(a + first, b + first, want->n_points - first, sizeof(double));
            worst = d > worst || d != d ? d : worst;
        }
    }
    if (!(worst <= bound)) {
        describe(job, nn_engines.rows[job->engine].name);
        fail_msg("%g apart; %g is allowed", worst, bound);
    }
}

/* `rate` shrinks steps: those that all but diverge make more of a last bit than the bound of float32 allows. */
static void run_cases(int precision, double rate, double bound)
{
    static engine_case e;
    chooser c = {.seed = 5};
    for (int i = 0; i < CASES; i++) {
        nn_outcome want, got;
        nn_error err;
        choose_case(&e, &c);
        e.hyper.precision = precision;
        e.hyper.learning_rate *= rate;
        e.job.engine = NN_ENGINE_reference;
        void *reference = workspace_for(&e.job);
        assert_int_equal(nn_train(&e.job, reference, &want, &err), NN_ok);
        for (int engine = NN_ENGINE_reference + 1; engine < NN_N_ENGINE; engine++) {
            e.job.engine = engine;
            void *workspace = workspace_for(&e.job);
            assert_int_equal(nn_train(&e.job, workspace, &got, &err), NN_ok);
            assert_int_equal(got.status, want.status);
            if (want.status == NN_RUN_done)
                check_close(&e.job, &got, &want, bound);
            free(workspace);
        }
        free(reference);
    }
}

static void engines_agree_in_float64(void **state)
{
    (void)state;
    run_cases(NN_PRECISION_float64, 0.2, 1e-12);
}

static void engines_agree_in_float32(void **state)
{
    (void)state;
    run_cases(NN_PRECISION_float32, 0.05, 1e-5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(engines_agree_in_float64),
                                       cmocka_unit_test(engines_agree_in_float32)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
