/* Stands for cmocka in digest.c, which is built without it: the few names that the fixtures of the engines use. */
#include <stdio.h>
#define check(holds)           ((holds) ? (void)0 : (fprintf(stderr, "%s:%d: failed\n", __FILE__, __LINE__), abort()))
#define assert_true(holds)     check(holds)
#define assert_false(holds)    check(!(holds))
#define assert_non_null(p)     check((p) != NULL)
#define assert_null(p)         check((p) == NULL)
#define assert_int_equal(a, b) check((a) == (b))
#define print_message          printf
#define fail_msg(...)          (printf(__VA_ARGS__), abort())
