/* The gradient check of the notes: backprop against central differences, block by block. */
#include "nn.h"

/* norm(a - b) / norm(a + b) over one block; 0 where both are 0. */
static double relative_difference(const double *a, const double *b, size_t n)
{
    double difference = 0, sum = 0;
    for (size_t i = 0; i < n; i++) {
        difference += (a[i] - b[i]) * (a[i] - b[i]);
        sum += (a[i] + b[i]) * (a[i] + b[i]);
    }
    return difference == 0 ? 0 : sqrt(difference / sum);
}

/* numeric[i] = (cost(w + step e_i) - cost(w - step e_i)) / (2 step), with the steps that were really taken */
static void central_difference(const nn_job *job, double *weights, size_t n, const uint32_t *rows,
                               size_t n_rows, double step, double *numeric, void *workspace)
{
    for (size_t i = 0; i < n; i++) {
        const double w = weights[i], up = w + step, down = w - step;
        weights[i] = up;
        const double above = nn_gradient(job, weights, rows, n_rows, NULL, workspace);
        weights[i] = down;
        const double below = nn_gradient(job, weights, rows, n_rows, NULL, workspace);
        weights[i] = w;
        numeric[i] = (above - below) / (up - down);
    }
}

double nn_gradient_check(const nn_job *job, const double *weights, const uint32_t *rows, size_t n_rows,
                         double step, double *scratch, void *workspace)
{
    nn_network net;
    nn_network_of(job->data, job->hyper, &net);
    double *moved = scratch, *analytic = scratch + net.n_params, *numeric = analytic + net.n_params,
           worst = 0;
    for (size_t i = 0; i < net.n_params; i++)
        moved[i] = weights[i];
    nn_gradient(job, moved, rows, n_rows, analytic, workspace);
    central_difference(job, moved, net.n_params, rows, n_rows, step, numeric, workspace);
    for (int l = 0; l < net.n_layers; l++) {
        const size_t n_w = net.b_at[l] - net.w_at[l], n_b = net.bias ? (size_t)net.width[l + 1] : 0;
        const double of_w = relative_difference(analytic + net.w_at[l], numeric + net.w_at[l], n_w);
        const double of_b = relative_difference(analytic + net.b_at[l], numeric + net.b_at[l], n_b);
        worst = !(of_w <= worst) ? of_w : worst; /* NaN counts as worst */
        worst = !(of_b <= worst) ? of_b : worst;
    }
    return worst;
}
