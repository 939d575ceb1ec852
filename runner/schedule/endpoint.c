/* The Hessian by differences of core's gradient, its eigenvalues by LAPACK, and the verdict. */
/* The Hessian by differences of core's gradient, its eigenvalues by LAPACK, and the verdict. */
/* The Hessian by differences of core's gradient, its eigenvalues by LAPACK, and the verdict. */
#include "schedule/endpoint.h"
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#define LAPACKE "liblapacke.so.3" /* its soname */

nn_status schedule_endpoint_load(endpoint_lapack *out, nn_error *err)
{
    /* Threads of OpenBLAS would change last bits and compete for the cores that train. */
    setenv("OPENBLAS_NUM_THREADS", "1", true);
    *out = (endpoint_lapack){.mutex = PTHREAD_MUTEX_INITIALIZER};
    void *library = dlopen(LAPACKE, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    void *dsyev = library == NULL ? NULL : dlsym(library, "LAPACKE_dsyev");
    if (dsyev == NULL)
        return nn_fail(err, NN_file,
                       "diagnose: endpoint needs " LAPACKE ", which cannot be loaded (%.200s); install LAPACKE "
                       "(Debian: liblapacke), or leave `diagnose` out",
                       dlerror());
    memcpy(&out->dsyev, &dsyev, sizeof dsyev); /* C has no cast from an object's pointer to a function's */
    return NN_ok;
}

/* Computes column i of the Hessian as a central difference of the gradient, whose error is of the order of step^2. */
static void column(const nn_job *job, double *w, size_t i, double *up, double *down, double *hessian, void *workspace)
{
    const uint32_t *rows = job->split->rows[NN_TRAIN];
    const size_t n_rows = job->split->n[NN_TRAIN];
    nn_network net;
    nn_network_of(job->data, job->hyper, &net);
    const double at = w[i], step = 1e-5 * (1 + fabs(at));
    w[i] = at + step;
    nn_gradient(job, w, rows, n_rows, up, workspace);
    w[i] = at - step;
    nn_gradient(job, w, rows, n_rows, down, workspace);
    w[i] = at;
    for (size_t j = 0; j < net.n_params; j++)
        hessian[i * net.n_params + j] = (up[j] - down[j]) / (2 * step);
}

/* Computes the eigenvalues of the symmetric part of the matrix, in ascending order, and overwrites the matrix. False:
 * LAPACK failed. */
static bool eigenvalues(double *matrix, size_t n, double *values, endpoint_lapack *lapack)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++)
            matrix[i * n + j] = matrix[j * n + i] = (matrix[i * n + j] + matrix[j * n + i]) / 2;
    pthread_mutex_lock(&lapack->mutex);
    const lapack_int failed = lapack->dsyev(LAPACK_ROW_MAJOR, 'N', 'U', (lapack_int)n, matrix, (lapack_int)n, values);
    pthread_mutex_unlock(&lapack->mutex);
    return failed == 0;
}

static nn_endpoint judge(double gradient_norm, const double *values, size_t n)
{
    nn_endpoint e = {gradient_norm, values[0], values[n - 1], 0, NN_POINT_NOT_STATIONARY};
    const double most = fmax(fabs(e.lowest), fabs(e.highest));
    for (size_t i = 0; i < n; i++)
        e.n_negative += values[i] < -ENDPOINT_NEGATIVE * most;
    if (gradient_norm <= ENDPOINT_GRADIENT)
        e.kind = most <= ENDPOINT_CURVATURE ? NN_POINT_PLATEAU : e.n_negative > 0 ? NN_POINT_SADDLE : NN_POINT_MINIMUM;
    return e;
}

static double norm_of(const double *v, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += v[i] * v[i];
    return sqrt(sum);
}

nn_status schedule_endpoint_diagnose(const nn_job *job, nn_outcome *outcome, endpoint_lapack *lapack, nn_error *err)
{
    const size_t n = outcome->n_params;
    nn_status status = NN_ok;
    void *workspace = aligned_alloc(NN_ALIGN, (nn_gradient_bytes(job) + NN_ALIGN - 1) / NN_ALIGN * NN_ALIGN);
    double *w = malloc((n * n + 4 * n) * sizeof *w);
    if (workspace == NULL || w == NULL) {
        status = nn_fail(err, NN_memory, "not enough memory for the Hessian of %zu parameters", n);
        goto done;
    }
    double *up = w + n, *down = up + n, *values = down + n, *hessian = values + n;
    for (size_t i = 0; i < n; i++)
        w[i] = outcome->real_bytes == sizeof(float) ? (double)((const float *)outcome->weights[NN_KEEP_FINAL])[i]
                                                    : ((const double *)outcome->weights[NN_KEEP_FINAL])[i];
    for (size_t i = 0; i < n; i++)
        column(job, w, i, up, down, hessian, workspace);
    nn_gradient(job, w, job->split->rows[NN_TRAIN], job->split->n[NN_TRAIN], up, workspace);
    if (eigenvalues(hessian, n, values, lapack)) {
        outcome->endpoint = judge(norm_of(up, n), values, n);
        nn_observe(outcome, outcome->stopping);
    }
done:
    free(workspace);
    free(w);
    return status;
}
