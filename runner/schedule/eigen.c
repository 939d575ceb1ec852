/* Loads LAPACK when it is first needed, and calls its divide and conquer for symmetric matrices. */
#include "schedule/eigen.h"
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#define LAPACKE "liblapacke.so.3" /* its soname */

nn_status schedule_eigen_load(eigen_lapack *out, nn_error *err)
{
    /* Threads of OpenBLAS would change last bits and compete for the cores that train. */
    setenv("OPENBLAS_NUM_THREADS", "1", true);
    *out = (eigen_lapack){.mutex = PTHREAD_MUTEX_INITIALIZER};
    void *library = dlopen(LAPACKE, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    void *dsyevd = library == NULL ? NULL : dlsym(library, "LAPACKE_dsyevd");
    if (dsyevd == NULL)
        return nn_fail(err, NN_file,
                       "diagnose: endpoint needs " LAPACKE ", which cannot be loaded (%.200s); install LAPACKE "
                       "(Debian: liblapacke), or leave `diagnose` out",
                       dlerror());
    memcpy(&out->dsyevd, &dsyevd, sizeof dsyevd); /* C has no cast from an object's pointer to a function's */
    return NN_ok;
}

/* Takes the symmetric part. False: a number is not finite, which LAPACK may take for a reason to run for ever. */
static bool make_symmetric(double *matrix, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < i; j++)
            matrix[i * n + j] = matrix[j * n + i] = (matrix[i * n + j] + matrix[j * n + i]) / 2;
        for (size_t j = 0; j <= i; j++)
            sum += fabs(matrix[i * n + j]);
    }
    return isfinite(sum);
}

/* Libraries differ in the signs of vectors. */
static void turn(double *vector, size_t n)
{
    size_t largest = 0;
    for (size_t i = 1; i < n; i++)
        largest = fabs(vector[i]) > fabs(vector[largest]) ? i : largest;
    const double sign = vector[largest] < 0 ? -1 : 1;
    for (size_t i = 0; i < n; i++)
        vector[i] *= sign;
}

bool schedule_eigen(eigen_lapack *lapack, double *matrix, size_t n, double *values)
{
    if (!make_symmetric(matrix, n))
        return false;
    pthread_mutex_lock(&lapack->mutex);
    const lapack_int failed = lapack->dsyevd(LAPACK_COL_MAJOR, 'V', 'L', (lapack_int)n, matrix, (lapack_int)n, values);
    pthread_mutex_unlock(&lapack->mutex);
    for (size_t i = 0; i < n && failed == 0; i++)
        turn(matrix + i * n, n);
    return failed == 0;
}

size_t schedule_eigen_bytes(size_t n)
{
    return (1 + 6 * n + 2 * n * n) * sizeof(double) + (3 + 5 * n) * sizeof(lapack_int);
}
