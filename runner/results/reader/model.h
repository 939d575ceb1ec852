/* model.h - a trained network from a results file, with all that is needed to apply it to data. */
#ifndef NNGRID_RESULTS_READER_MODEL_H
#define NNGRID_RESULTS_READER_MODEL_H

#include "results/reader/reader.h"

typedef struct stored_model {
    size_t run;
    int keep; /* NN_KEEP_...: which weights */
    nn_hyper hyper;
    nn_network net;
    void *weights; /* [net.n_params] of hyper.precision */
    int engine;    /* the one that trained it */
    size_t n_inputs, n_outputs, n_classes;
    char **input_names; /* [n_inputs], or NULL: they have no names. One of a one-hot column: "colour=red" */
    char **class_names; /* [n_classes], or NULL: regression */
    char *target_name;  /* of a single target, or NULL */
    size_t n_target_names;
    char **target_names;                       /* [n_target_names] of several targets, or NULL */
    double *scaling;                           /* owns the next five */
    const double *shift, *factor, *fill;       /* [n_inputs] each or NULL, as in nn_split */
    const double *target_shift, *target_scale; /* [n_outputs] each or NULL, as in nn_split */
    /* The data on which it was trained. */
    uint64_t digest;
    size_t n_rows;
    int8_t *parts; /* [n_rows] nn_part, or -1: the row is in none */
} stored_model;

/* Finds a run by its number, or by the first digits (at least 4) of its key in hexadecimal. */
nn_status results_find_run(results_reader *r, const char *word, size_t *run, nn_error *err);

/* keep: NN_KEEP_.... Messages say why a run has no such network and what to do. */
nn_status reader_model_read(results_reader *r, size_t run, int keep, stored_model **out, nn_error *err);
void reader_model_free(stored_model *m);

#endif
