/* show_stops.h - show --stops: what each stopping rule does to the runs of each cell. */
#ifndef NNGRID_COMMANDS_SHOW_STOPS_H
#define NNGRID_COMMANDS_SHOW_STOPS_H

#include "results/reader/reader.h"

/* Prints Prechelt's table: of each rule the share of runs in which it fires, and the means of epoch, slowness, test error
 * and badness over the same done runs; for the cell that is named, or for the first `top` cells in their order (0: all). */
nn_status command_show_stops(results_reader *r, const char *cell, size_t top, bool as_json, nn_error *err);

#endif
