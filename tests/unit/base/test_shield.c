/* Tests the shield: what the child finds comes back, and a child that crashes, never ends or takes too much memory becomes
 * an error of this process. */
#include "fixtures/test.h"
#include "base/file.h"
#include "base/shield.h"
#include <signal.h>
#include <stdlib.h>
#include <string.h>

typedef struct number {
    int sent, got;
} number;

static nn_status find(void *context, nn_error *err)
{
    (void)err;
    ((number *)context)->sent = 7; /* in the child, whose memory is its own */
    return NN_ok;
}

static bool send_number(void *context, int to)
{
    return file_put(to, &((number *)context)->sent, sizeof(int));
}

static nn_status take_number(void *context, int from, nn_error *err)
{
    (void)err;
    return shield_get(from, &((number *)context)->got, sizeof(int)) ? NN_ok : NN_file;
}

TEST(what_the_child_found_comes_back)
{
    nn_error err;
    number n = {0, 0};
    const shield_job job = {find, send_number, take_number, &n};
    assert_int_equal(shield_run("/nowhere", &job, &err), NN_ok);
    assert_int_equal(n.got, 7);
    assert_int_equal(n.sent, 0);
}

static nn_status refuse(void *context, nn_error *err)
{
    (void)context;
    return nn_fail(err, NN_usage, "has no array 'X'");
}

static nn_status crash(void *context, nn_error *err)
{
    (void)context, (void)err;
    raise(SIGSEGV);
    return NN_ok;
}

static nn_status never_end(void *context, nn_error *err)
{
    (void)err;
    volatile unsigned n = 0;
    while (context == NULL)
        n = n + 1;
    return NN_ok;
}

/* Twice what a file of no bytes may ask for; touched, so that no compiler leaves it out. */
static nn_status take_memory(void *context, nn_error *err)
{
    (void)context;
    volatile char *much = malloc((size_t)800 << 20);
    if (much == NULL)
        return nn_fail(err, NN_memory, "not enough memory for X");
    much[0] = 1;
    free((void *)much);
    return NN_ok;
}

static bool send_half(void *context, int to)
{
    return file_put(to, context, 2) && false;
}

TEST(errors_and_ends_of_the_child)
{
    number n = {0, 0};
    const struct {
        shield_job job;
        nn_status status;
        const char *says;
    } cases[] = {
        {{refuse, NULL, NULL, NULL}, NN_usage, "has no array 'X'"},
        {{crash, NULL, NULL, NULL}, NN_data, "is damaged: the library that reads it failed: Segmentation fault"},
        {{never_end, NULL, NULL, NULL}, NN_data, "reading it takes over 3 s of computing time"},
        {{take_memory, NULL, NULL, NULL}, NN_data, ""},
        {{find, send_half, take_number, &n}, NN_data, "is damaged: the library that reads it failed"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        nn_error err = {.message = ""};
        assert_int_equal(shield_run("/nowhere", &cases[i].job, &err), cases[i].status);
        if (strstr(err.message, cases[i].says) == NULL)
            fail_msg("case %zu: %s", i, err.message);
    }
}
