/* scores.h - how good a network is on rows of data: what classification and regression are judged by. */
#ifndef NNGRID_COMMANDS_SCORES_H
#define NNGRID_COMMANDS_SCORES_H

#include "nn.h"

/* Precision: share of the rows said to be of the class that are; recall: share of its rows that are found; F1: their
 * harmonic mean. 0 where nothing was said, or there is nothing to find. */
typedef struct evaluation_class {
    size_t n_true, n_said, n_right;
    double precision, recall, f1;
} evaluation_class;

/* In the units of the target. R^2 = 1 - sum (y-t)^2 / sum (t - mean t)^2; NaN where the target is constant. */
typedef struct evaluation_target {
    double rmse, mae, r2;
} evaluation_target;

typedef struct evaluation {
    size_t n_rows, n_classes, n_targets;
    double loss; /* of the same bits as in training */
    /* classification, else n_classes 0 */
    double accuracy;
    size_t *confusion;         /* [true class][said class] rows */
    evaluation_class *classes; /* [n_classes] */
    evaluation_class macro;    /* plain means over the classes */
    /* regression */
    evaluation_target *targets; /* [n_targets] */
    evaluation_target all;      /* rmse, mae over rows and targets; r2: mean over targets */
} evaluation;

/* The class that outputs say: of one unit whether it is at least a half, of several the largest, the first of
 * equals (as core counts errors). SIZE_MAX: an output is NaN. */
size_t command_scores_class(const double *y, size_t n_outputs);

/* Applies weights to a part of the job's split. Free with command_scores_free, also after an error. */
nn_status command_scores(const nn_job *job, const void *weights, nn_part part, void *workspace, evaluation *out,
                         nn_error *err);
void command_scores_free(evaluation *e);

#endif
