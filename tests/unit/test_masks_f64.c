/* The masks of dropout in float64. */
#define NN_REAL_f64
#define NN_SUFFIX f64
#include "problem.h"
#include "masks_check.h"

int main(void)
{
    return run_masks_checks();
}
