/* own.h - what of a results file is nngrid's, and what its user's. */
#ifndef NNGRID_RESULTS_OWN_H
#define NNGRID_RESULTS_OWN_H

#include "nn.h"

/* Carries all objects and attributes that are not nngrid's from the results file `from` to the new one `to`, which has
 * all of nngrid's. What has the name of something that is there already stays behind. */
nn_status results_carry_own(const char *from, const char *to, nn_error *err);

#endif
