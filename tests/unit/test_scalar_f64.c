/* exp, log, sigmoid and tanh in float64. */
#define NN_REAL_f64
#include "problem.h"
#include "scalar_check.h"

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(functions_are_accurate),
                                       cmocka_unit_test(functions_keep_special_values),
                                       cmocka_unit_test(functions_reach_the_ends)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
