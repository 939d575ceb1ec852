/* endpoints.h - what a file has of the points at which runs ended (diagnose: endpoint): /runs/endpoint, /endpoints, and
 * in /cells the share of each kind and the number of basins. */
#ifndef NNGRID_RESULTS_ENDPOINTS_H
#define NNGRID_RESULTS_ENDPOINTS_H

#include "results/layout.h"

/* Add the datasets where some run is diagnosed: the column in /runs, those in /cells, and /endpoints. */
void results_layout_endpoint(layout *l, char *group, int run);
void results_layout_endpoint_shares(layout *l, char *group, int cell);
void results_layout_endpoints(layout *l);

put_function results_put_endpoint, results_put_outputs;
/* The code of a run of these metrics in /runs/endpoint: solution where `success` holds, else the kind of its point. */
int32_t results_endpoint_of(const grid *g, const double *metrics);

/* Finds the basin of each run from the rows in the file and writes it, and the columns of /cells. Runs of a cell are
 * taken in order; a run joins the first basin of its split whose first run has the same outputs on the training rows to
 * within 1e-4 of their range, or else founds one. */
nn_status results_endpoints_write(const layout *l, int fd, const char *path, nn_error *err);

#endif
