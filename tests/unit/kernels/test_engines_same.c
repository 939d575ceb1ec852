/* Tests that the tile engine and the lanes give the same bits, over two epochs of 64 or 301 rows, for settings drawn from
 * the product of shapes, activations, losses, optimizers, penalties, dropout, clipping and batch sizes: which of the two
 * trains a run may then depend on how many there are. NNGRID_CASES=20000 draws so many cases. */
#include "fixtures/packs.h"

#ifdef NN_SANITIZED
enum { CASES = 300 };
#else
enum { CASES = 3000 };
#endif
enum { MANY_ROWS = 301 };

static void check_case(engine_case *e, int case_at)
{
    trace of[2];
    static const int engines[] = {NN_ENGINE_tile, NN_ENGINE_lanes};
    e->job.engine = NN_ENGINE_fast;
    const size_t room = nn_workspace_bytes(&e->job);
    for (int i = 0; i < 2; i++) {
        e->job.engine = engines[i];
        if (i == 0 || nn_pack_worth(&e->job, true) <= NN_MAX_LANES)
            assert_true(nn_workspace_bytes(&e->job) <= room); /* the caller may choose the engine later */
        of[i] = train_alone(&e->job);
    }
    if (!same(&of[0], &of[1])) {
        describe(&e->job, "tile and lanes differ");
        fail_msg("case %d, %d training rows: weights %s, curves %s", case_at, (int)e->split.n[NN_TRAIN],
                 memcmp(of[0].weights, of[1].weights, of[0].n_weights) == 0 ? "equal" : "differ",
                 memcmp(of[0].curves, of[1].curves, of[0].n_curves * sizeof(double)) == 0 ? "equal" : "differ");
    }
    for (int i = 0; i < 2; i++)
        drop_trace(&of[i]);
}

/* Draws a case, with batches of sizes that end in one row, in part of a chunk, and in several chunks. */
static void draw_case(engine_case *e, chooser *c, uint32_t *rows)
{
    static const int64_t batches[] = {1, 2, 7, 24, 60, 100, 129, 150, 0};
    choose_case(e, c);
    e->hyper.epochs = 2;
    e->hyper.batch_size = batches[choose(c, sizeof batches / sizeof *batches)];
    if (choose(c, 2) == 0)
        return;
    for (uint32_t i = 0; i < MANY_ROWS; i++)
        rows[i] = e->rows[i * 7 % ENGINE_ROWS];
    e->split.n[NN_TRAIN] = MANY_ROWS;
    e->split.rows[NN_TRAIN] = rows;
}

static void check_precision(int precision, uint64_t seed)
{
    static engine_case e;
    static uint32_t rows[MANY_ROWS];
    chooser c = {.seed = seed};
    const char *asked = getenv("NNGRID_CASES");
    const int n = asked != NULL ? atoi(asked) : CASES;
    for (int i = 0; i < n; i++) {
        draw_case(&e, &c, rows);
        e.hyper.precision = precision;
        check_case(&e, i);
    }
}

TEST(tile_and_lanes_give_the_same_bits_in_float32)
{
    check_precision(NN_PRECISION_float32, 11);
}

TEST(tile_and_lanes_give_the_same_bits_in_float64)
{
    check_precision(NN_PRECISION_float64, 12);
}
