/* show_importance.h - show --importance: which settings a metric depends on. */
#ifndef NNGRID_COMMANDS_SHOW_IMPORTANCE_H
#define NNGRID_COMMANDS_SHOW_IMPORTANCE_H

#include "results/reader/reader.h"

/* Prints the share that each swept setting, and each pair of them, has of the variance of a metric (NULL: the one that
 * show sorts by) between the cells of the grid. */
nn_status command_show_importance(results_reader *r, const char *by, bool as_json, nn_error *err);

#endif
