/* Tests that a run out of time leaves its pack, and that this changes neither the other runs nor those that take its
 * lane. */
#include "fixtures/packs.h"

/* Trains the runs with the signal set from the start: asked after every epoch, run i gives up after lifetime[i]
 * epochs. */
static void train_with_lifetimes(pack *p, const nn_job *jobs, size_t n, const uint32_t *lifetime)
{
    const atomic_int signal = NN_OUT_OF_TIME;
    pack_init(p, jobs, n);
    memcpy(p->lifetime, lifetime, n * sizeof *lifetime);
    const nn_supply supply = {
        .context = p, .next = give, .finished = receive, .expired = out_of_time, .signal = &signal};
    assert_int_equal(train_supply(p, &supply), NN_ok);
}

/* Jobs of one kind with orders and rates of their own. */
static void several(engine_case *e, chooser *c, size_t n, nn_hyper *hypers, nn_job *jobs)
{
    choose_case(e, c);
    e->hyper.precision = (int)choose(c, NN_N_PRECISION);
    e->hyper.epochs = 6;
    for (size_t i = 0; i < n; i++) {
        hypers[i] = e->hyper;
        hypers[i].learning_rate *= 0.5 + (double)choose(c, 4) / 4;
        jobs[i] = e->job;
        jobs[i].hyper = &hypers[i];
        jobs[i].repeat = choose(c, 3);
    }
}

TEST(the_others_of_a_pack_go_on)
{
    static engine_case e;
    static nn_hyper hypers[MOST_RUNS];
    static nn_job jobs[MOST_RUNS];
    static pack p;
    chooser c = {.seed = 21};
    size_t given_up = 0, stayed = 0, refills = 0;
    for (int i = 0; i < 60; i++) {
        uint32_t lifetime[MOST_RUNS];
        const size_t n = 2 + choose(&c, MOST_RUNS - 1);
        several(&e, &c, n, hypers, jobs);
        for (size_t j = 0; j < n; j++) {
            lifetime[j] = choose(&c, 3) == 0 ? 1 + choose(&c, 5) : 0;
            jobs[j].engine = NN_ENGINE_lanes;
        }
        train_with_lifetimes(&p, jobs, n, lifetime);
        for (size_t j = 0; j < n; j++) {
            const bool ended = p.got[j].epochs < 6 && p.got[j].weights != NULL; /* diverged */
            assert_true(p.given_up[j] == (lifetime[j] > 0) || ended);
            assert_true(!p.given_up[j] || p.asked[j] == lifetime[j]);
            given_up += p.given_up[j];
            stayed += !p.given_up[j];
        }
        refills += p.refills;
        check_traces(&p, "beside runs out of time");
    }
    print_message("%zu runs given up, %zu not, %zu in lanes that others had left\n", given_up, stayed, refills);
    assert_true(given_up > 100);
    assert_true(stayed > 100);
    assert_true(refills > 100);
}

/* A run alone may be stopped at every batch, but one that has time left must lose none. */
TEST(a_lone_run_that_has_time_goes_on)
{
    static engine_case e;
    static nn_hyper hypers[2];
    static nn_job jobs[2];
    static pack p;
    chooser c = {.seed = 22};
    static const uint32_t never[2] = {0};
    for (int i = 0; i < 40; i++) {
        several(&e, &c, 2, hypers, jobs);
        jobs[0].engine = jobs[1].engine = NN_ENGINE_fast + 1 + i % (NN_N_ENGINE - 1);
        train_with_lifetimes(&p, jobs, 2, never);
        check_traces(&p, "not out of time");
    }
}

TEST(a_lone_run_out_of_time_makes_place)
{
    static engine_case e;
    static nn_hyper hypers[2];
    static nn_job jobs[2];
    static pack p;
    chooser c = {.seed = 23};
    static const uint32_t first[2] = {1, 0};
    for (int i = 0; i < 20; i++) {
        several(&e, &c, 2, hypers, jobs);
        jobs[0].engine = jobs[1].engine = i % 2 ? NN_ENGINE_tile : NN_ENGINE_reference;
        train_with_lifetimes(&p, jobs, 2, first);
        assert_true(p.given_up[0]);
        assert_false(p.given_up[1]);
        check_traces(&p, "after a run out of time");
    }
}

/* Where a supply has no `expired`, no run is ever out of time. */
TEST(without_anyone_to_ask_runs_go_on)
{
    static engine_case e;
    static nn_hyper hypers[3];
    static nn_job jobs[3];
    static pack p;
    chooser c = {.seed = 24};
    const atomic_int signal = NN_OUT_OF_TIME;
    for (int i = 0; i < 20; i++) {
        several(&e, &c, 3, hypers, jobs);
        for (int j = 0; j < 3; j++)
            jobs[j].engine = NN_ENGINE_fast + 1 + i % (NN_N_ENGINE - 1);
        pack_init(&p, jobs, 3);
        const nn_supply supply = {.context = &p, .next = give, .finished = receive, .signal = &signal};
        assert_int_equal(train_supply(&p, &supply), NN_ok);
        check_traces(&p, "with nobody to ask");
    }
}

TEST(a_pack_that_is_told_to_stop_stops)
{
    static engine_case e;
    static nn_hyper hypers[3];
    static nn_job jobs[3];
    static pack p;
    chooser c = {.seed = 25};
    const atomic_int signal = NN_ABANDON;
    for (int i = 0; i < 12; i++) {
        several(&e, &c, 3, hypers, jobs);
        for (int j = 0; j < 3; j++)
            jobs[j].engine = NN_ENGINE_fast + 1 + i % (NN_N_ENGINE - 1);
        pack_init(&p, jobs, 3);
        const nn_supply supply = {
            .context = &p, .next = give, .finished = receive, .expired = out_of_time, .signal = &signal};
        assert_int_equal(train_supply(&p, &supply), NN_cancelled);
        for (int j = 0; j < 3; j++) {
            assert_null(p.got[j].weights);
            assert_false(p.given_up[j]);
        }
    }
}
