/* given.h - given starting weights: read once for each distinct network, shared read-only by all threads. */
#ifndef NNGRID_SCHEDULE_GIVEN_H
#define NNGRID_SCHEDULE_GIVEN_H

#include "grid/grid.h"

/* Given starting weights (base: {init_file: ...}) of each distinct network of the grid. */
typedef struct start_of_network {
    nn_network net;
    size_t sets;
    double *values; /* [sets][n_params] */
} start_of_network;
typedef struct start_weights {
    size_t n;
    start_of_network *of; /* [n] */
} start_weights;

/* Empty where the grid has no init_file. */
nn_status schedule_start_load(const grid *g, const dataset *d, const char *data_root, start_weights *out,
                              nn_error *err);
void schedule_start_free(start_weights *s);
/* Those for a network, or NULL. */
const double *schedule_start_find(const start_weights *s, const nn_network *net, uint32_t repeat);

/* Given orders of rows (base: {order_file: ...}), of all repeats or of each. */
typedef struct given_order {
    size_t sets, epochs, n;
    uint32_t *rows; /* [sets][epochs][n], rows of the data; NULL: the grid has no order_file */
} given_order;

/* Every order holds the training rows of its repeat, each once. */
nn_status schedule_order_load(const grid *g, const dataset *d, const char *data_root, given_order *out, nn_error *err);
void schedule_order_free(given_order *o);
/* [epochs][n] of a repeat, or NULL. */
const uint32_t *schedule_order_of(const given_order *o, uint32_t repeat);

#endif
