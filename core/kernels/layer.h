/* layer_t.h - the parts of a network that engines share, in the precision at hand (real_t.h). */
#ifndef NN_LAYER_T_H
#define NN_LAYER_T_H

#include "train/engine.h"
#include "kernels/real.h"

enum { NN_LANES = NN_PAD }; /* networks that train side by side: 64 bytes of them */

/* a = f(z) in place for n units; slope, if not NULL, gets da/dz. */
typedef void nn_activate_function(size_t n, REAL *z_then_a, REAL *slope);
extern nn_activate_function *const X(nn_activate)[NN_N_ACTIVATION];

/* The outputs of n samples, unit by unit: arrays [k][n], so that samples lie side by side. In lanes, a sample is a row
 * in one lane. At most NN_SAMPLES. */
enum { NN_SAMPLES = 512 };
typedef struct nn_outputs {
    size_t k, n;
    /* [k][n] logits, outputs, targets; z is y but for losses that are computed from logits */
    REAL *z, *y, *t;
    REAL *delta;            /* [k][n] dcost/dz */
    REAL *peak, *total;     /* [n] left by softmax: the largest logit, the sum of exp(z - peak) */
    int32_t *classes;       /* [n], or -1 for regression */
    double *loss, *squared; /* [n] squared: sum of (y-t)^2, by nn_count */
} nn_outputs;

/* Softmax of y in place, by the largest logit. */
void X(nn_softmax)(const nn_outputs *o);
/* From z, y, t or classes: the losses of the samples. */
typedef void nn_loss_function(const nn_outputs *o);
extern nn_loss_function *const X(nn_loss)[NN_N_LOSS];
/* delta = dcost/dz: the slope of the loss times scale, times `slope` [k][n], dy/dz, where it is not taken in (NULL). */
typedef void nn_delta_function(const nn_outputs *o, REAL scale, const REAL *slope);
extern nn_delta_function *const X(nn_loss_delta)[NN_N_LOSS];

/* From logits: y, and the losses. `slope` [k][n], if not NULL, gets dy/dz where the loss needs it. */
void X(nn_output)(const nn_outputs *o, const nn_hyper *h, REAL *slope);
/* delta = dcost/dz of the samples, with the dy/dz that nn_output left. */
void X(nn_output_delta)(const nn_outputs *o, const nn_hyper *h, const REAL *slope, REAL scale);

/* Coefficients of an optimizer's steps: one network has its own at [0], lanes have one each. */
typedef struct nn_step {
    REAL rate[NN_LANES], momentum[NN_LANES], epsilon[NN_LANES];
    REAL gain1[NN_LANES],
        gain2[NN_LANES]; /* adam: 1 - beta, taken in float64: in float32 1 - 0.999 has lost digits */
    REAL correction1[NN_LANES], correction2[NN_LANES]; /* adam: 1 / (1 - beta^t) */
    REAL gain[NN_LANES];                               /* rmsprop: 1 - rho */
    REAL grow[NN_LANES], shrink[NN_LANES], least[NN_LANES],
        most[NN_LANES];   /* rprop: factors and ends of steps */
    REAL decay[NN_LANES]; /* what a step leaves of the weights before it: 1, adamw: 1 - rate lambda/n */
    double beta1[NN_LANES], beta2[NN_LANES];
    double power1[NN_LANES], power2[NN_LANES]; /* beta^t by products, since pow() varies by C library */
    const struct nn_method *method;
} nn_step;

/* A step over n parameters w with gradient g (penalties included); lanes: arrays [n / NN_LANES][NN_LANES]. */
typedef void nn_update_function(size_t n, REAL *w, const REAL *g, REAL *s0, REAL *s1, const nn_step *step);
/* One over a matrix w [n_rows][n_cols] whose gradient is x delta^T, that of a single row of data, and penalties. */
typedef struct nn_outer {
    size_t n_rows, n_cols;
    const REAL *x, *delta;
    REAL l2, l1;
} nn_outer;
typedef void nn_outer_function(const nn_outer *o, REAL *w, REAL *s0, REAL *s1, const nn_step *step);
typedef struct nn_method {
    void (*next)(nn_step *step, size_t lanes); /* once before each step */
    nn_update_function *one, *lanes;
    nn_outer_function *outer;
} nn_method;
/* Coefficients j, of `lanes`, of a run that begins, and the method of all; and those that follow from the learning rate of
 * an epoch. */
void X(nn_step_begin)(const nn_hyper *h, nn_step *step, size_t j, size_t lanes);
void X(nn_step_rate)(const nn_job *job, double learning_rate, nn_step *step, size_t j);

/* What of the coefficients j changes from step to step: [NN_STEP_NUMBERS]. */
static inline void nn_step_numbers(const nn_step *step, size_t j, double *numbers)
{
    numbers[0] = step->power1[j];
    numbers[1] = step->power2[j];
}
static inline void nn_step_resume(nn_step *step, size_t j, const double *numbers)
{
    step->power1[j] = numbers[0];
    step->power2[j] = numbers[1];
}

/* Takes the optimizer's state arrays, `bytes` each, as many as it has. The rest stand for the first and are not used. */
void X(nn_carve_states)(const nn_work *w, REAL *state[NN_MAX_STATES], size_t bytes, char *base, size_t *used);

/* Starting weights of a job. */
void X(nn_draw)(const nn_job *job, const nn_network *net, void *params);

/* Reads n rows into x [n][stride], scaled, missing filled. `more` rows follow them in `rows`, for a batch to come. */
void X(nn_gather)(const nn_job *job, const uint32_t *rows, size_t n, size_t more, REAL *x, size_t stride);
/* Reads the classes of rows (-1 for regression) and their targets: unit i of row r to t[i * unit_stride + r * row_stride].
 * Those of the training part have their label noise: draws of counter (0, row of the data, 0, unit / 4). Of a class,
 * word 0 says whether it is replaced and word 1 by which other. */
void X(nn_gather_targets)(const nn_job *job, nn_part part, const uint32_t *rows, size_t n, size_t k, REAL *t,
                          int32_t *classes, size_t row_stride, size_t unit_stride);

/* Inverted dropout of layer `layer` (0: inputs): 0 or 1/(1-rate) for unit u of row r into mask[r * row_stride + u]. It
 * is dropped where word u % 4 of counter (epoch, position + r, layer, u / 4) is below rate 2^32; `position` is that of the
 * first row in the epoch. */
void X(nn_masks)(uint64_t key, uint32_t epoch, uint32_t position, int layer, double rate, size_t n_rows,
                 size_t width, REAL *mask, size_t row_stride);
/* What is summed and counted over the rows of a part. */
typedef struct nn_tally {
    double loss, squared; /* sums over rows of the loss, and of squared errors over rows and outputs */
    double max_abs_error;
    size_t n_wrong;
} nn_tally;

/* Counts what is wrong in the first n_rows rows of the outputs, for each of `lanes` lanes, and fills `squared`. */
void X(nn_count)(const nn_outputs *o, size_t n_rows, size_t lanes, nn_tally *tally);
/* Adds them to the answers of the lanes, where these are wanted. */
void X(nn_answer)(const nn_work *w, const nn_outputs *o, size_t n_rows, size_t lanes);
/* Adds the losses and squared errors of a chunk of n_rows rows, [n_rows][lanes], to the tallies; they are lost. */
void X(nn_add_rows)(const nn_outputs *o, size_t n_rows, size_t lanes, nn_tally *tally);
/* The score of a part of n rows. */
nn_score X(nn_score_of)(const nn_work *w, const nn_tally *tally, size_t n);
/* Sums of squares and of absolute values of all weights, biases left out. */
void X(nn_norms)(const nn_network *net, const void *params, double *squares, double *absolutes);
double X(nn_distance)(const nn_network *net, const void *a, const void *b);

/* The gradient g of a weight w with that of its penalties. */
static inline REAL nn_penalised(REAL g, REAL w, REAL l2, REAL l1)
{
    return g + (l2 * w + (w > 0 ? l1 : w < 0 ? -l1 : (REAL)0));
}
/* The same for n weights. */
void X(nn_penalise)(size_t n, REAL l2, REAL l1, const REAL *w, REAL *g);
/* Their coefficients for a batch of n rows: of its cost; of the gradient that the optimizer steps by. */
void X(nn_penalty_of)(const nn_job *job, size_t n, REAL *l2, REAL *l1);
void X(nn_step_penalty_of)(const nn_job *job, size_t n, REAL *l2, REAL *l1);
/* w *= factor, for n numbers. */
void X(nn_scale)(size_t n, REAL factor, REAL *w);
/* Sum of squares of n numbers, in the fixed order. */
double X(nn_squares)(size_t n, const REAL *v);
/* What clipping leaves of a gradient with this sum of squares, as PyTorch has it: at most 1. */
REAL X(nn_clip_factor)(const nn_hyper *h, double squares);

extern const nn_engine X(nn_reference), X(nn_tile), X(nn_lanes);

#endif
