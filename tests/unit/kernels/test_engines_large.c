/* Tests networks, batches and parts of more than one chunk, tile or block: engines agree, and instruction sets and
 * helping threads, however they share the work, give the same bits. */
#include <pthread.h>
#include "fixtures/agree.h"
#include "fixtures/large.h"

static void check_agreement(large *l, double bound)
{
    nn_outcome want, got;
    nn_error err;
    l->job.engine = NN_ENGINE_reference;
    void *reference = workspace_for(&l->job);
    assert_int_equal(nn_train(&l->job, reference, &want, &err), NN_ok);
    assert_int_equal(want.status, NN_RUN_done);
    for (int engine = NN_ENGINE_reference + 1; engine < NN_N_ENGINE; engine++) {
        if (!suits(l, engine))
            continue;
        l->job.engine = engine;
        void *workspace = workspace_for(&l->job);
        assert_int_equal(nn_train(&l->job, workspace, &got, &err), NN_ok);
        const double apart =
            worse(weights_apart(&l->job, &got, &want, NN_KEEP_FINAL), curves_apart(&l->job, &got, &want));
        if (!(apart <= bound)) {
            describe(&l->job, nn_engines.rows[engine].name);
            fail_msg("%g apart; %g is allowed", apart, bound);
        }
        free(workspace);
    }
    free(reference);
}

TEST(large_networks_agree_with_the_reference)
{
    static const double bounds[NN_N_PRECISION] = {[NN_PRECISION_float32] = 1e-5, [NN_PRECISION_float64] = 1e-12};
    for (uint32_t i = 0; i < N_LARGE; i++)
        for (int precision = 0; precision < NN_N_PRECISION; precision++) {
            large l;
            large_init(&l, &large_rows[i], i, precision);
            check_agreement(&l, bounds[precision]);
            large_free(&l);
        }
}

TEST(instruction_sets_give_large_networks_the_same_bits)
{
    for (uint32_t i = 0; i < N_LARGE; i++)
        for (int precision = 0; precision < NN_N_PRECISION; precision++) {
            large l;
            large_init(&l, &large_rows[i], i, precision);
            for (int engine = NN_ENGINE_fast + 1; engine < NN_N_ENGINE; engine++)
                if (suits(&l, engine))
                    check_instruction_sets(&l.job, engine);
            large_free(&l);
        }
}

/* Trains runs with dropped inputs and without by turns in one workspace: the inputs that it keeps must be those of the
 * run. */
TEST(workspaces_are_used_again)
{
    static pack p;
    for (uint32_t i = 0; i < N_LARGE; i++) {
        large l;
        large_init(&l, &large_rows[i], i, NN_PRECISION_float32);
        l.job.engine = NN_ENGINE_tile;
        nn_hyper hypers[2] = {l.hyper, l.hyper};
        nn_job jobs[5];
        for (int j = 0; j < 5; j++) {
            hypers[j % 2].input_dropout = j % 2 ? 0.2 : 0;
            jobs[j] = l.job;
            jobs[j].hyper = &hypers[j % 2];
        }
        const nn_supply supply = {.context = &p, .next = give, .finished = receive};
        pack_init(&p, jobs, 5);
        assert_int_equal(train_supply(&p, &supply), NN_ok);
        check_traces(&p, "a workspace used again");
        large_free(&l);
    }
}

/* ---- help ---- */

typedef void loop_body(void *arg, size_t i);

/* A pack, and the number of its loops that had several pieces. */
typedef struct helped {
    pack pack;
    size_t loops;
} helped;

static bool give_next(void *context, int lane, nn_job *job)
{
    return give(&((helped *)context)->pack, lane, job);
}

static bool receive_next(void *context, int lane, const nn_outcome *outcome)
{
    return receive(&((helped *)context)->pack, lane, outcome);
}

static void backwards(void *context, size_t n, loop_body *body, void *arg)
{
    ((helped *)context)->loops += n > 1;
    for (size_t i = n; i-- > 0;)
        body(arg, i);
}

/* Does the pieces in an order drawn anew each time. */
static void drawn(void *context, size_t n, loop_body *body, void *arg)
{
    helped *h = context;
    uint32_t *order = room_for(n, sizeof *order);
    h->loops += n > 1;
    nn_permutation(7, (uint32_t)h->loops, n, order);
    for (size_t i = 0; i < n; i++)
        body(arg, order[i]);
    free(order);
}

typedef struct loop {
    loop_body *body;
    void *arg;
    size_t n;
    atomic_size_t next;
} loop;

static void *take_pieces(void *context)
{
    loop *l = context;
    for (size_t i; (i = atomic_fetch_add(&l->next, 1)) < l->n;)
        l->body(l->arg, i);
    return NULL;
}

static void in_threads(void *context, size_t n, loop_body *body, void *arg)
{
    enum { THREADS = 3 };
    pthread_t threads[THREADS];
    loop l = {.body = body, .arg = arg, .n = n};
    ((helped *)context)->loops += n > 1;
    for (int t = 0; t < THREADS; t++)
        assert_int_equal(pthread_create(&threads[t], NULL, take_pieces, &l), 0);
    take_pieces(&l);
    for (int t = 0; t < THREADS; t++)
        assert_int_equal(pthread_join(threads[t], NULL), 0);
}

static const struct {
    const char *name;
    void (*loop)(void *context, size_t n, loop_body *body, void *arg);
} helps[] = {{"backwards", backwards}, {"in an order drawn", drawn}, {"in threads", in_threads}};

/* A run has the bits of one without help, whichever thread helps; returns the number of loops that others could help
 * with. */
static size_t check_help(const nn_job *job)
{
    static helped h;
    size_t loops = 0;
    for (size_t i = 0; i < sizeof helps / sizeof *helps; i++) {
        pack_init(&h.pack, job, 1);
        h.loops = 0;
        const nn_supply supply = {
            .context = &h, .next = give_next, .finished = receive_next, .parallel_for = helps[i].loop};
        assert_int_equal(train_supply(&h.pack, &supply), NN_ok);
        check_traces(&h.pack, helps[i].name);
        loops = h.loops;
    }
    return loops;
}

TEST(help_changes_no_bit)
{
    size_t most = 0;
    for (uint32_t i = 0; i < N_LARGE; i++)
        for (int precision = 0; precision < NN_N_PRECISION; precision++) {
            large l;
            large_init(&l, &large_rows[i], i, precision);
            l.job.engine = NN_ENGINE_tile;
            const size_t loops = check_help(&l.job);
            most = loops > most ? loops : most;
            large_free(&l);
        }
    print_message("up to %zu loops to help with\n", most);
    assert_true(most >= 10);
}
