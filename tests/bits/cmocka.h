/* The few names of cmocka that engines.h needs, for a program that is built without it. */
#include <stdio.h>
#define assert_non_null(p)     ((p) == NULL ? abort() : (void)0)
#define assert_int_equal(a, b) ((a) != (b) ? abort() : (void)0)
#define print_message          printf
