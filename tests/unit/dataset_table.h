/* dataset_table.h - a table and split sizes for the tests of splits and scaling. */
#ifndef DATASET_TABLE_H
#define DATASET_TABLE_H

#include "dataset_fixture.h"

enum { N_ROWS = 103 };

/* Rows `a,b,class`: b is missing in every ninth row when asked for; rows where `odd` is set get wild values.
 */
static inline nn_status load_table(fixture *f, bool missing, const bool *odd)
{
    char *text = calloc(N_ROWS, 80), *to = text;
    for (int i = 0; i < N_ROWS; i++) {
        double a = odd != NULL && odd[i] ? 1e6 : 0.1 * i, b = odd != NULL && odd[i] ? -1e7 : i * i % 17;
        if (missing && i % 9 == 4) {
            to += sprintf(to, "%.17g,,%d\n", a, i % 10 < 5 ? 0 : 1 + i % 3);
        } else {
            to += sprintf(to, "%.17g,%.17g,%d\n", a, b, i % 10 < 5 ? 0 : 1 + i % 3);
        }
    }
    nn_status status = fixture_csv(f, text);
    free(text);
    return status;
}

static inline void sizes(fixture *f, part_size train, part_size validation, part_size test)
{
    f->spec.split.kind = SPLIT_SIZES;
    f->spec.split.at = (place){7, 10};
    f->spec.split.size[NN_TRAIN] = train;
    f->spec.split.size[NN_VALIDATION] = validation;
    f->spec.split.size[NN_TEST] = test;
}

static inline part_size fraction(double value)
{
    return (part_size){SIZE_FRACTION, value, {7, 18}};
}

static inline part_size count(double value)
{
    return (part_size){SIZE_COUNT, value, {7, 18}};
}

static const part_size rest = {SIZE_REST, 0.0, {7, 30}}, none = {SIZE_NONE, 0.0, {0, 0}};

/* Every row in at most one part, ascending, sizes as announced. Fills owner[n_rows]. */
static inline void check_partition(const dataset *d, const nn_split *split, uint32_t fold, int *owner)
{
    size_t n[NN_N_PART];
    dataset_part_sizes(d, fold, n);
    for (size_t i = 0; i < d->data.n_rows; i++) {
        owner[i] = -1;
    }
    for (int p = 0; p < NN_N_PART; p++) {
        assert_int_equal(split->n[p], n[p]);
        for (size_t i = 0; i < split->n[p]; i++) {
            uint32_t row = split->rows[p][i];
            assert_true(row < d->data.n_rows && owner[row] == -1);
            assert_true(i == 0 || split->rows[p][i - 1] < row);
            owner[row] = p;
        }
    }
}

#endif
