/* Tests how data reach a network: the same numbers give the same inputs in every type, scaled in float64, with missing
 * values filled. */
#include "fixtures/problem.h"

enum { ROWS = 300, INPUTS = 4, PREDICTED = 290, OUTPUTS = 2 }; /* several chunks of 128 rows and a rest */

static const double shift[INPUTS] = {0, 100, 31.5, 7}, factor[INPUTS] = {1, 0.01, 0.125, 1.0 / 3};
static const double fill[INPUTS] = {9, 17, 40, 250};

typedef struct columns {
    uint8_t bytes[ROWS * INPUTS];
    float singles[ROWS * INPUTS];
    double doubles[ROWS * INPUTS], scaled[ROWS * INPUTS], targets[ROWS * OUTPUTS];
    uint32_t rows[ROWS]; /* not in file order, some more than once */
} columns;

/* Fills in the same whole numbers 0 .. 255 in every type. With `missing`, every fifth is NaN in the types that have
 * it. */
static void columns_init(columns *c, bool missing)
{
    memset(c, 0, sizeof *c);
    for (uint32_t i = 0; i < ROWS * INPUTS; i++) {
        uint32_t w[4];
        nn_philox(77, i, 0, 0, 0, w);
        const bool gap = missing && i % 5 == 3;
        const double raw = gap ? fill[i % INPUTS] : w[0] % 256;
        c->bytes[i] = (uint8_t)raw;
        c->doubles[i] = gap ? NN_NAN : raw;
        c->singles[i] = (float)c->doubles[i];
        c->scaled[i] = (raw - shift[i % INPUTS]) * factor[i % INPUTS];
    }
    for (uint32_t r = 0; r < ROWS; r++)
        c->rows[r] = r * 7 % ROWS;
}

/* Computes the outputs of a network 4-6-2. */
static void outputs_of(const columns *c, nn_type type, const void *inputs, bool scaling, int precision, double *y)
{
    problem p;
    problem_init(&p, 0, 3);
    p.data = (nn_data){.n_rows = ROWS,
                       .n_inputs = INPUTS,
                       .input_type = type,
                       .inputs = inputs,
                       .targets = c->targets,
                       .n_targets = OUTPUTS};
    p.split = (nn_split){.n = {ROWS, 0, 0}, .rows = {c->rows, NULL, NULL}};
    if (scaling) {
        p.split.shift = shift;
        p.split.factor = factor;
        p.split.fill = fill;
    }
    p.hyper.hidden = (nn_shape){.n = 1, .width = {6}};
    p.hyper.activation = NN_ACTIVATION_tanh;
    p.hyper.precision = precision;
    p.hyper.epochs = 0;
    const nn_outcome out = problem_train(&p);
    void *space = aligned_alloc(NN_ALIGN, nn_workspace_bytes(&p.job));
    assert_non_null(space);
    nn_predict(&p.job, out.weights[NN_KEEP_FINAL], c->rows, PREDICTED, y, space);
    free(space);
    problem_free(&p);
}

TEST(every_type_is_scaled_alike)
{
    static columns c;
    static double want[ROWS * OUTPUTS], got[ROWS * OUTPUTS];
    for (int precision = 0; precision < NN_N_PRECISION; precision++)
        for (int missing = 0; missing < 2; missing++) {
            columns_init(&c, missing);
            const void *const inputs[] = {[NN_UINT8] = c.bytes, [NN_FLOAT32] = c.singles, [NN_FLOAT64] = c.doubles};
            outputs_of(&c, NN_FLOAT64, c.scaled, false, precision, want);
            assert_true(want[0] != want[OUTPUTS]);
            assert_true(want[0] != 0);
            for (int type = NN_UINT8; type <= NN_FLOAT64; type++) {
                memset(got, 0, sizeof got);
                outputs_of(&c, (nn_type)type, inputs[type], true, precision, got);
                assert_memory_equal(got, want, PREDICTED * OUTPUTS * sizeof *got);
                assert_real_equal(got[PREDICTED * OUTPUTS], 0); /* and not a row more */
            }
        }
}

/* A linear unit of weight 1 shows its input, for the rows asked for. */
static void through_one_unit(const double *column, const nn_split *scaling, int precision, const uint32_t *rows,
                             size_t n, double *y)
{
    static const double one = 1;
    problem p;
    problem_init(&p, 0, 3);
    p.data.n_inputs = p.data.n_targets = 1;
    p.data.inputs = column;
    p.split.shift = scaling->shift;
    p.split.factor = scaling->factor;
    p.split.fill = scaling->fill;
    p.hyper.hidden.n = 0;
    p.hyper.bias = false;
    p.hyper.epochs = 0;
    p.hyper.precision = precision;
    p.job.start = &one;
    const nn_outcome out = problem_train(&p);
    void *space = aligned_alloc(NN_ALIGN, nn_workspace_bytes(&p.job));
    assert_non_null(space);
    nn_predict(&p.job, out.weights[NN_KEEP_FINAL], rows, n, y, space);
    free(space);
    problem_free(&p);
}

TEST(rows_come_in_the_order_asked_for)
{
    double column[PROBLEM_ROWS], y[ROWS];
    uint32_t rows[ROWS];
    for (int i = 0; i < PROBLEM_ROWS; i++)
        column[i] = i;
    for (uint32_t i = 0; i < ROWS; i++)
        rows[i] = i * i % PROBLEM_ROWS;
    for (int precision = 0; precision < NN_N_PRECISION; precision++) {
        through_one_unit(column, &(nn_split){.shift = NULL}, precision, rows, ROWS, y);
        for (int i = 0; i < ROWS; i++)
            assert_real_equal(y[i], rows[i]);
    }
}

/* Near 1.6e9 neighbours in float32 are 128 apart: rounding before the shift would lose steps of 10. */
TEST(a_small_step_on_a_large_offset_survives_float32)
{
    static const double offset = 1.6e9, fiftieth = 1.0 / 50;
    double column[PROBLEM_ROWS], y[PROBLEM_ROWS];
    uint32_t rows[PROBLEM_ROWS];
    for (uint32_t i = 0; i < PROBLEM_ROWS; i++) {
        rows[i] = i;
        column[i] = offset + 10 * i;
    }
    for (int precision = 0; precision < NN_N_PRECISION; precision++) {
        through_one_unit(column, &(nn_split){.shift = &offset, .factor = &fiftieth}, precision, rows, PROBLEM_ROWS, y);
        for (int i = 0; i < PROBLEM_ROWS; i++)
            assert_near(y[i], i / 5.0, 1e-6);
    }
}

/* The value filled in is raw, and scaled like the rest; without one, a missing input stays NaN. */
TEST(missing_inputs)
{
    static const double two = 2, ten = 10, seven = 7;
    double column[PROBLEM_ROWS] = {5, NN_NAN, 8}, y[3];
    const uint32_t rows[] = {0, 1, 2};
    through_one_unit(column, &(nn_split){.shift = &two, .factor = &ten, .fill = &seven}, NN_PRECISION_float64, rows, 3,
                     y);
    assert_real_equal(y[0], 30);
    assert_real_equal(y[1], 50);
    assert_real_equal(y[2], 60);
    through_one_unit(column, &(nn_split){.fill = &seven}, NN_PRECISION_float64, rows, 3, y);
    assert_real_equal(y[0], 5);
    assert_real_equal(y[1], 7);
    assert_real_equal(y[2], 8);
    through_one_unit(column, &(nn_split){.shift = NULL}, NN_PRECISION_float64, rows, 3, y);
    assert_real_equal(y[0], 5);
    assert_true(isnan(y[1]));
    assert_real_equal(y[2], 8);
}
