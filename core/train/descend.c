/* Trains a run whose optimizer is outside core (nn_descent.h). The optimizer asks for costs and says where its
 * iterations end; here the run is recorded, and ended, like any other. */
#include "train/descend.h"
#include "train/run.h"
#include "train/work.h"

struct nn_descent {
    nn_work *w;
    double losses;   /* sum of the rows' losses at the last cost */
    double before;   /* the same at the end of the epoch before */
    uint32_t looked; /* the last epoch that was looked at */
    nn_stop_reason reason;
    bool costed; /* has there been a cost? */
    bool left;   /* was it told to stop? */
};

size_t nn_descent_params(const nn_descent *d)
{
    return d->w->net.n_params;
}

void nn_descent_start(const nn_descent *d, double *weights)
{
    nn_work *w = d->w;
    w->engine->get(w, 0, w->scratch);
    nn_widen(w, w->scratch, weights);
}

static void set(nn_work *w, const double *weights)
{
    for (size_t i = 0; i < w->net.n_params; i++)
        if (w->kernels->real_bytes == sizeof(float))
            ((float *)w->scratch)[i] = (float)weights[i];
        else
            ((double *)w->scratch)[i] = weights[i];
    w->engine->set(w, 0, w->scratch);
}

double nn_descent_cost(nn_descent *d, const double *weights, double *gradient)
{
    nn_work *w = d->w;
    const nn_hyper *h = w->job->hyper;
    const double n = (double)w->job->split->n[NN_TRAIN];
    double squares, absolutes;
    d->left |= nn_leave(w);
    set(w, weights);
    d->losses = d->left ? NN_NAN : w->engine->gradient(w, gradient);
    d->left |= nn_leave(w); /* the library must not take a gradient that was left half done for one of 0 */
    d->before = d->costed ? d->before : d->losses;
    d->costed = true;
    w->kernels->norms(&w->net, w->scratch, &squares, &absolutes);
    const double cost = (d->losses + h->lambda / 2 * squares) / n;
    return h->reduction == NN_REDUCTION_sum ? cost * n : cost;
}

/* Scores and records the run as it stands. Is it over? */
static bool look(nn_descent *d)
{
    nn_scores s;
    nn_run_score(d->w, 1, &s);
    d->reason = nn_run_look(d->w, 0, &s);
    d->looked = d->w->epoch[0];
    return d->reason != NN_REASON_none;
}

bool nn_descent_step(nn_descent *d, const double *weights)
{
    nn_work *w = d->w;
    if (d->left)
        return false;
    set(w, weights);
    w->epoch[0]++;
    w->losses[0] = d->before;
    d->before = d->losses;
    const bool due = w->epoch[0] == w->next_point[0] || !(w->losses[0] <= w->limit[0]);
    return !(due && look(d));
}

void nn_descent_end(nn_descent *d, const double *weights)
{
    set(d->w, weights);
}

nn_status nn_descend(nn_work *w, nn_stop_reason *reason, nn_error *err)
{
    nn_descent d = {.w = w, .reason = NN_REASON_none, .looked = w->epoch[0]};
    if (w->job->descend == NULL)
        return nn_fail(err, NN_usage, "%s needs nn_job.descend", nn_optimizers.rows[w->job->hyper->optimizer].name);
    if (!w->job->descend(&d))
        return nn_fail(err, NN_memory, "not enough memory for %s", nn_optimizers.rows[w->job->hyper->optimizer].name);
    const bool by_itself = d.reason == NN_REASON_none && !d.left;
    if (by_itself && (d.looked == w->epoch[0] || !look(&d)))
        d.reason = NN_REASON_converged;
    *reason = d.left ? NN_REASON_none : d.reason;
    return NN_ok;
}
