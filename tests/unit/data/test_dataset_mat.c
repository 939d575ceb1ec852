/* Tests MATLAB files: the same table gives the same digest as CSV, as .csv.gz and as .mat; starting weights are read
 * from them; a damaged file is refused. */
#include "fixtures/dataset_fixture.h"
#include "nn_random.h"
#include <matio.h>

enum { N = 12, K = 3 };

/* Writes a column-major matrix of any class into an open file. */
static void put(mat_t *mat, const char *name, enum matio_classes class_type, enum matio_types type, size_t rows,
                size_t columns, void *values)
{
    size_t dims[2] = {rows, columns};
    matvar_t *v = Mat_VarCreate(name, class_type, type, 2, dims, values, 0);
    assert_non_null(v);
    assert_int_equal(Mat_VarWrite(mat, v, MAT_COMPRESSION_ZLIB), 0);
    Mat_VarFree(v);
}

static mat_t *create(fixture *f)
{
    fixture_file(f, "data.mat");
    mat_t *mat = Mat_CreateVer(f->path, NULL, MAT_FT_MAT5);
    assert_non_null(mat);
    return mat;
}

static double cell(size_t i, size_t j)
{
    return 0.1 * (double)(i * 7 % 12) - (double)j;
}

static void write_mat(fixture *f, bool vector_lies)
{
    double x[N * K];
    uint8_t y[N];
    for (size_t i = 0; i < N; i++) {
        y[i] = (uint8_t)(i % 4 + 1);
        for (size_t j = 0; j < K; j++)
            x[j * N + i] = cell(i, j);
    }
    mat_t *mat = create(f);
    put(mat, "X", MAT_C_DOUBLE, MAT_T_DOUBLE, N, K, x);
    put(mat, "y", MAT_C_UINT8, MAT_T_UINT8, vector_lies ? 1 : N, vector_lies ? N : 1, y);
    Mat_Close(mat);
}

DATASET_TEST(same_digest_from_csv_gzip_and_mat, f)
{
    char text[4000] = "";
    for (size_t i = 0; i < N; i++)
        sprintf(text + strlen(text), "%.17g,%.17g,%.17g,%zu\n", cell(i, 0), cell(i, 1), cell(i, 2), i % 4 + 1);
    assert_int_equal(fixture_csv(f, text), NN_ok);
    uint64_t digest = f->d->digest;
    fixture_file(f, "data.csv.gz");
    gzFile gz = gzopen(f->path, "wb");
    assert_true(gzwrite(gz, text, (unsigned)strlen(text)) > 0);
    gzclose(gz);
    assert_int_equal(fixture_load(f), NN_ok);
    assert_int_equal(f->d->digest, digest);
    for (int lies = 0; lies < 2; lies++) {
        write_mat(f, lies == 1);
        assert_int_equal(fixture_load(f), NN_ok);
        assert_int_equal(f->d->data.n_rows, N);
        assert_int_equal(f->d->data.n_inputs, K);
        assert_real_equal(fixture_input(f, 5, 1), cell(5, 1));
        assert_int_equal(f->d->digest, digest);
    }
}

DATASET_TEST(every_number_class_is_read, f)
{
    float single[4] = {1, 2, 3, 4};
    int16_t words[4] = {1, 2, 3, 4};
    uint8_t bytes[4] = {1, 2, 3, 4};
    double labels[4] = {0, 1, 1, 0}, reals[4] = {1, 2, 3, 4};
    struct {
        enum matio_classes class_type;
        enum matio_types type;
        void *values;
    } cases[] = {{MAT_C_DOUBLE, MAT_T_DOUBLE, reals},
                 {MAT_C_SINGLE, MAT_T_SINGLE, single},
                 {MAT_C_INT16, MAT_T_INT16, words},
                 {MAT_C_UINT8, MAT_T_UINT8, bytes}};
    uint64_t digest = 0;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        mat_t *mat = create(f);
        put(mat, "X", cases[i].class_type, cases[i].type, 4, 1, cases[i].values);
        put(mat, "y", MAT_C_DOUBLE, MAT_T_DOUBLE, 4, 1, labels);
        Mat_Close(mat);
        assert_int_equal(fixture_load(f), NN_ok);
        assert_int_equal(f->d->data.input_type, NN_UINT8);
        assert_true(i == 0 || f->d->digest == digest);
        digest = f->d->digest;
    }
}

/* X and y are 3 x 2. */
static void write_pair(fixture *f, double x[6], double y[6])
{
    mat_t *mat = create(f);
    put(mat, "X", MAT_C_DOUBLE, MAT_T_DOUBLE, 3, 2, x);
    put(mat, "y", MAT_C_DOUBLE, MAT_T_DOUBLE, 3, 2, y);
    Mat_Close(mat);
}

DATASET_TEST(wrong_arrays, f)
{
    f->spec.file_at = (place){3, 9};
    f->spec.target_at = (place){4, 11};
    f->spec.inputs_name = strdup("Z");
    write_mat(f, false);
    assert_int_equal(fixture_load(f), NN_data);
    fixture_said(f, 4, 11, "has no array 'Z'; it has: X, y");
    strcpy(f->spec.inputs_name, "X");
    double x[6] = {1, 2, 3, 4, 5, 6}, y[6] = {0, 1, 0, 1, 1, 1};
    mat_t *mat = create(f);
    put(mat, "X", MAT_C_DOUBLE, MAT_T_DOUBLE, 3, 2, x);
    put(mat, "y", MAT_C_DOUBLE, MAT_T_DOUBLE, 2, 1, y);
    Mat_Close(mat);
    assert_int_equal(fixture_load(f), NN_data);
    fixture_said(f, 4, 11, "X has 3 rows and 2 columns, y has 2 values; it seems transposed");
    write_pair(f, x, y);
    assert_int_equal(fixture_load(f), NN_data);
    fixture_said(f, 2, 1, "one label for each row");
    f->spec.regression = true;
    x[5] = NN_INF;
    write_pair(f, x, y);
    assert_int_equal(fixture_load(f), NN_data);
    fixture_said(f, 3, 2, "X holds an infinite number");
}

/* A 1 in each row of y, column by column: classes 1, 0, 1. */
DATASET_TEST(one_of_m, f)
{
    static const int32_t expected[3] = {1, 0, 1};
    double x[6] = {1, 2, 3, 4, 5, 6}, y[6] = {0, 1, 0, 1, 0, 1};
    write_pair(f, x, y);
    assert_int_equal(fixture_load(f), NN_ok);
    assert_int_equal(f->d->data.n_classes, 2);
    assert_memory_equal(f->d->data.classes, expected, sizeof expected);
}

DATASET_TEST(several_targets_in_regression, f)
{
    double x[3] = {1, 2, 3}, y[6] = {1, 2, 3, 10, 20, 30};
    mat_t *mat = create(f);
    put(mat, "X", MAT_C_DOUBLE, MAT_T_DOUBLE, 3, 1, x);
    put(mat, "y", MAT_C_DOUBLE, MAT_T_DOUBLE, 3, 2, y);
    Mat_Close(mat);
    f->spec.regression = true;
    assert_int_equal(fixture_load(f), NN_ok);
    assert_int_equal(f->d->data.n_targets, 2);
    assert_real_equal(f->d->data.targets[2], 2.0);
    assert_real_equal(f->d->data.targets[3], 20.0);
}

/* A 2-3-1 network gets W [in][out] and b from Theta [out][1 + in]. */
static nn_status load(const char *path, const nn_network *net, double *out, nn_error *err)
{
    size_t sets;
    double *values;
    const nn_status status = data_weights_load(path, net, &sets, &values, err);
    if (status == NN_ok) {
        assert_int_equal(sets, 1);
        memcpy(out, values, net->n_params * sizeof *out);
        free(values);
    }
    return status;
}

static nn_network network_of(size_t n_inputs, bool shortcuts)
{
    const nn_data data = {.n_inputs = n_inputs, .n_targets = 1};
    nn_hyper h = nn_hyper_defaults;
    nn_network net;
    h.hidden = (nn_shape){.n = 1, .width = {3}};
    h.shortcuts = shortcuts;
    nn_network_of(&data, &h, &net);
    return net;
}

DATASET_TEST(starting_weights, f)
{
    nn_network net = network_of(2, false);
    nn_error err;
    double theta1[9] = {1, 2, 3, 11, 12, 13, 21, 22, 23}, theta2[4] = {5, 6, 7, 8}, out[13] = {0};
    static const double expected[13] = {11, 12, 13, 21, 22, 23, 1, 2, 3, 6, 7, 8, 5};
    mat_t *mat = create(f);
    put(mat, "Theta1", MAT_C_DOUBLE, MAT_T_DOUBLE, 3, 3, theta1);
    Mat_Close(mat);
    assert_int_equal(load(f->path, &net, out, &err), NN_data);
    assert_non_null(strstr(err.message, "has no array 'Theta2'; it has: Theta1"));
    assert_real_equal(out[0], 0.0); /* untouched */
    mat = create(f);
    put(mat, "Theta1", MAT_C_DOUBLE, MAT_T_DOUBLE, 3, 3, theta1);
    put(mat, "Theta2", MAT_C_DOUBLE, MAT_T_DOUBLE, 1, 4, theta2);
    Mat_Close(mat);
    assert_int_equal(load(f->path, &net, out, &err), NN_ok);
    assert_memory_equal(out, expected, sizeof expected);
    net = network_of(2, true);
    assert_int_equal(load(f->path, &net, out, &err), NN_data);
    assert_non_null(strstr(err.message, "Theta2 is 1 x 4; this network needs 1 x 6 (outputs x 1 + inputs)"));
    net = network_of(3, false);
    assert_int_equal(load(f->path, &net, out, &err), NN_data);
    assert_non_null(strstr(err.message, "Theta1 is 3 x 3; this network needs 3 x 4 (outputs x 1 + inputs)"));
    assert_int_equal(load("/nowhere.mat", &net, out, &err), NN_file);
}

/* A file cut at every 7th byte, or with overwritten bytes, is read or refused, and never crashes the reader. */
DATASET_TEST(damaged_files, f)
{
    uint8_t whole[8192], broken[8192];
    size_t n_lost = 0;
    write_mat(f, false);
    assert_int_equal(fixture_load(f), NN_ok);
    uint64_t digest = f->d->digest;
    FILE *file = fopen(f->path, "rb");
    size_t size = fread(whole, 1, sizeof whole, file);
    fclose(file);
    assert_true(size > 128);
    assert_true(size < sizeof whole);
    for (size_t n = 0; n < size; n += 7) {
        fixture_write(f, whole, n);
        /* The last bytes are a checksum: without them all numbers are still there. */
        assert_true(fixture_load(f) == NN_ok ? f->d->digest == digest : f->diags.n == 1);
        n_lost += f->status != NN_ok;
    }
    assert_true(n_lost > size / 7 - 3);
    for (uint32_t i = 0; i < 100; i++) {
        uint32_t w[4];
        nn_philox(1, i, 0, 0, 0, w);
        memcpy(broken, whole, size);
        broken[w[0] % size] ^= (uint8_t)(1 + w[1] % 255);
        fixture_write(f, broken, size);
        fixture_load(f);
    }
    fixture_file(f, "data.csv.gz");
    for (size_t n = 1; n < 40; n += 6) {
        static const uint8_t gz[] =
            "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x4b\x4c\x4c\x4c rubbish that is no deflate stream";
        fixture_write(f, gz, n);
        assert_int_equal(fixture_load(f), NN_data);
    }
}
