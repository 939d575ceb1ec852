/* show_compare.h - show --compare: two cells against each other. */
#ifndef NNGRID_COMMANDS_SHOW_COMPARE_H
#define NNGRID_COMMANDS_SHOW_COMPARE_H

#include "results/reader/reader.h"

/* Prints how the two cells of `which`, such as "2,5", differ in their settings and by a metric (NULL: the one that show
 * sorts by), and the tests of the difference. */
nn_status command_show_comparison(results_reader *r, const char *which, const char *by, bool as_json, nn_error *err);

#endif
