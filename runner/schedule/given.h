/* given.h - starting weights and orders of rows from files (init_file, order_file), for exact comparison with other
 * programs, and to go on from networks that were trained before. They are read once, before training, and shared read-only by all threads. */
#ifndef NNGRID_SCHEDULE_GIVEN_H
#define NNGRID_SCHEDULE_GIVEN_H

#include "schedule/schedule.h"

/* The starting weights of one network in one init_file: one set for all repeats, or one for each. */
typedef struct given_start {
    nn_text name; /* the value of init_file */
    nn_network net;
    size_t sets;
    double *values; /* [sets][n_params] */
} given_start;

typedef struct given {
    size_t n_starts;
    given_start *starts; /* [n_starts] one for each distinct network and init_file of the grid */
    /* Orders of the n training rows: one for all repeats, or one for each. */
    size_t sets, epochs, n;
    uint32_t *orders; /* [sets][epochs][n] rows of the data; NULL without order_file */
} given;

/* Reads and checks all files that the grid names; after an error *fault says which one is wrong. */
nn_status schedule_given_load(const grid *g, const dataset *d, const char *data_root, given *out, given_fault *fault,
                              nn_error *err);
void schedule_given_free(given *all);

/* The starting weights [n_params] that an init_file has for a network in a repeat, or NULL. */
const double *schedule_given_start(const given *all, const nn_text *name, const nn_network *net, uint32_t repeat);
/* The order [epochs][n] of a repeat, or NULL. */
const uint32_t *schedule_given_order(const given *all, uint32_t repeat);

#endif
