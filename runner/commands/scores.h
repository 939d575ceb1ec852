/* scores.h - computes the scores of a network on the rows of a part: confusion matrix, precision, recall and F1 of
 * classification; RMSE, MAE and R^2 of regression. */
#ifndef NNGRID_COMMANDS_SCORES_H
#define NNGRID_COMMANDS_SCORES_H

#include "nn.h"

/* The scores of one class: precision = TP / (TP + FP), recall = TP / (TP + FN), F1 = their harmonic mean; each is 0
 * where its denominator is 0, and NaN where the class neither occurs nor is predicted. n_true = TP + FN, n_predicted = TP + FP, n_right = TP. */
typedef struct evaluation_class {
    size_t n_true, n_predicted, n_right;
    double precision, recall, f1;
} evaluation_class;

/* The scores of one target, in its units. R^2 = 1 - sum (y-t)^2 / sum (t - mean t)^2; NaN for a constant target. */
typedef struct evaluation_target {
    double rmse, mae, r2;
} evaluation_target;

typedef struct evaluation {
    size_t n_rows, n_classes, n_targets;
    double loss; /* has the same bits as in training */
    /* classification; else n_classes is 0 */
    double accuracy;
    nn_quality quality;        /* its last four are of outputs as probabilities */
    size_t *confusion;         /* [n_classes][n_classes] counts: row true class, column predicted */
    evaluation_class *classes; /* [n_classes] */
    evaluation_class macro;    /* plain means over the classes that occur or are predicted */
    /* regression */
    evaluation_target *targets; /* [n_targets] */
    evaluation_target all;      /* rmse, mae over rows and targets; r2: mean over targets */
} evaluation;

/* Returns the predicted class, as core counts errors: of one output whether it is at least 0.5, of several the largest,
 * ties to the first. SIZE_MAX: an output is NaN. */
size_t command_scores_class(const double *y, size_t n_outputs);

/* Applies the weights to a part of the job's split. Call command_scores_free even after an error. */
nn_status command_scores(const nn_job *job, const void *weights, nn_part part, void *workspace, evaluation *out,
                         nn_error *err);
void command_scores_free(evaluation *e);

#endif
