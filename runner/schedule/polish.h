/* polish.h - moves weights downhill until the cost falls no more, and keeps the curvature of the point found.
 *
 * First come iterations of libLBFGS, then Newton steps with the absolute values of the Hessian's eigenvalues, which go
 * down along directions of negative curvature instead of up to the saddle (saddle-free Newton: Y. Dauphin and others,
 * Advances in Neural Information Processing Systems 27, 2014). Everything is relative to the cost, so that a constant
 * factor changes nothing. */
#ifndef NNGRID_SCHEDULE_POLISH_H
#define NNGRID_SCHEDULE_POLISH_H

#include "schedule/eigen.h"
#include <stdatomic.h>

enum {
    POLISH_LBFGS = 150,  /* iterations */
    POLISH_NEWTON = 50,  /* steps */
    POLISH_PARAMS = 300, /* Newton's steps are taken up to this many parameters */
};
/* It ends where the predicted decrease 1/2 g' |H|^-1 g is at most this share of the cost. */
#define POLISH_RESIDUAL 1e-10

/* A cost to polish, and the room for it. */
typedef struct polish {
    const nn_job *job;
    void *workspace; /* of nn_gradient_bytes */
    eigen_lapack *lapack;
    const atomic_int *stop; /* not 0: give up; may be NULL */
    size_t n;               /* parameters */
    double unit;            /* what the cost is divided by in L-BFGS, above 0 */
    double low;             /* a cost that is low enough to end at */
    double *w;              /* [n] the weights */
    double *gradient;       /* [n] at w */
    double *values;         /* [n] eigenvalues of the Hessian at w, ascending */
    double *vectors;        /* [n][n] its eigenvectors, one in a row */
    double *room;           /* [4 n] */
    double cost;            /* at w, penalties included */
    double residual;        /* predicted decrease / cost */
    int steps;              /* iterations taken */
} polish;

/* Is the polishing to be given up? */
bool schedule_polish_stopped(const polish *p);
/* The cost of weights; gradient [n] may be NULL. A cost that is no number counts as infinite. */
double schedule_polish_cost(const polish *p, const double *weights, double *gradient);
/* Puts the weights that are `step` along a direction from p->w into there[n], and returns their cost. */
double schedule_polish_along(const polish *p, const double *direction, double step, double *there);
/* Polishes p->w, and fills cost, gradient, values, vectors, residual and steps for the point found. False: memory was
 * short or the eigenvalues did not converge, or it was stopped. */
bool schedule_polish(polish *p);

/* Lowers the cost from other weights by the first part of it, L-BFGS; p->steps counts on. False: memory was short. */
bool schedule_polish_lower(polish *p, double *weights);

#endif
