/* Reads the curves of folds. */
#include "results/reader/folds.h"
#include "results/names.h"
#include <stdlib.h>

/* The curves of a file: of the loss, and of the error. */
typedef struct curve_pair {
    results_reader *r;
    reader_shape shape[2];
    bool there[2];
    size_t n_epochs;
} curve_pair;

static const char *path_of(bool is_error)
{
    return is_error ? PATH_VALIDATION_ERROR : PATH_VALIDATION_LOSS;
}

bool reader_has_folds(results_reader *r)
{
    reader_shape shape;
    double *folds = NULL;
    size_t n = 0;
    nn_error none;
    bool several = false;
    if (!reader_look(r, path_of(false), &shape) || reader_column(r, PATH_RUNS_FOLD, &folds, &n, &none) != NN_ok)
        return false;
    for (size_t i = 0; i < n; i++)
        several |= folds[i] > 0;
    free(folds);
    return several;
}

static nn_status read_curve(void *context, bool is_error, size_t run, double *out, nn_error *err)
{
    const curve_pair *c = context;
    for (size_t i = 0; i < c->n_epochs && !c->there[is_error]; i++)
        out[i] = NN_NAN;
    return c->there[is_error] ? reader_rows(c->r, path_of(is_error), &c->shape[is_error], run, 1, out, err) : NN_ok;
}

/* Looks for both curves, which have a point for each epoch. */
static nn_status look(curve_pair *c, size_t n_runs, nn_error *err)
{
    for (int i = 0; i < 2; i++) {
        const reader_shape *shape = &c->shape[i];
        c->there[i] = reader_look(c->r, path_of(i == 1), &c->shape[i]);
        if (c->there[i] && (shape->n_rows < n_runs || shape->n_per_row != c->n_epochs ||
                            (shape->kind != READER_FLOAT && shape->kind != READER_DOUBLE)))
            return nn_fail(err, NN_file, "%s has another shape than the epochs: the file is damaged", path_of(i == 1));
    }
    return NN_ok;
}

nn_status reader_folds_compute(results_reader *r, const summary_runs *runs, const run_groups *cells, folds_values *out,
                               nn_error *err)
{
    curve_pair curves = {.r = r};
    double *epochs = NULL, *repeat = NULL;
    size_t n_repeat = 0;
    nn_status status = reader_column(r, PATH_CURVES_EPOCH, &epochs, &curves.n_epochs, err);
    if (status == NN_ok)
        status = reader_column(r, PATH_RUNS_REPEAT, &repeat, &n_repeat, err);
    if (status == NN_ok && n_repeat < runs->n)
        status = nn_fail(err, NN_file, PATH_RUNS_REPEAT " has %zu values: the file is damaged", n_repeat);
    if (status == NN_ok)
        status = look(&curves, runs->n, err);
    const folds_source source = {.runs = runs,
                                 .cells = cells,
                                 .repeat = repeat,
                                 .n_epochs = curves.n_epochs,
                                 .epochs = epochs,
                                 .curve = read_curve,
                                 .context = &curves};
    if (status == NN_ok)
        status = results_folds_compute(&source, out, err);
    free(epochs);
    free(repeat);
    return status;
}
