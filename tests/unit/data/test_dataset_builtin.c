/* Tests that the built-in data sets never change, and that random bytes never crash the CSV reader. */
#include "fixtures/dataset_fixture.h"
#include "nn_random.h"

static void take(fixture *f, const char *name)
{
    free(f->spec.builtin);
    f->spec.builtin = strdup(name);
    f->spec.at = (place){2, 3};
}

DATASET_TEST(xor_is_the_truth_table, f)
{
    size_t n[NN_N_PART];
    take(f, "xor");
    f->spec.split.kind = SPLIT_DEFAULT;
    assert_int_equal(fixture_load(f), NN_ok);
    static const uint8_t inputs[8] = {0, 0, 0, 1, 1, 0, 1, 1};
    static const int32_t classes[4] = {0, 1, 1, 0};
    assert_int_equal(f->d->data.n_rows, 4);
    assert_memory_equal(f->d->data.inputs, inputs, sizeof inputs);
    assert_memory_equal(f->d->data.classes, classes, sizeof classes);
    assert_string_equal(f->d->class_names[1], "1");
    dataset_part_sizes(f->d, NULL, 0, n);
    assert_int_equal(n[NN_TRAIN], 4);
    assert_int_equal(n[NN_VALIDATION], 0);
    assert_int_equal(n[NN_TEST], 0);
    f->spec.rows = 8;
    assert_int_equal(fixture_load(f), NN_data);
    fixture_said(f, 2, 3, "xor always has 4 rows");
}

/* Of row i input j is bit j of i, the highest first; bits: 2 of parity is xor, to the digest. */
DATASET_TEST(truth_tables, f)
{
    static const char *const names[] = {"parity", "and", "or"};
    f->spec.split.kind = SPLIT_DEFAULT;
    for (size_t i = 0; i < 3; i++)
        for (int64_t bits = 1; bits <= 5; bits++) {
            size_t n[NN_N_PART];
            f->spec.n_bits = bits;
            take(f, names[i]);
            assert_int_equal(fixture_load(f), NN_ok);
            assert_int_equal(f->d->data.n_rows, (size_t)1 << bits);
            assert_int_equal(f->d->data.n_inputs, bits);
            dataset_part_sizes(f->d, NULL, 0, n);
            assert_int_equal(n[NN_TRAIN], (size_t)1 << bits);
            for (uint32_t row = 0; row < f->d->data.n_rows; row++) {
                const int ones = __builtin_popcount(row), all = (int)bits;
                const int expected = i == 0 ? ones % 2 : i == 1 ? ones == all : ones > 0;
                assert_int_equal(f->d->data.classes[row], expected);
                assert_real_equal(fixture_input(f, row, 0), row >> (bits - 1));
                assert_real_equal(fixture_input(f, row, (size_t)bits - 1), row % 2);
            }
        }
    f->spec.n_bits = 2;
    take(f, "parity");
    assert_int_equal(fixture_load(f), NN_ok);
    assert_int_equal(f->d->digest, UINT64_C(0x0aa33ad5c242f72b)); /* of xor */
    f->spec.rows = 8;
    assert_int_equal(fixture_load(f), NN_data);
    fixture_said(f, 2, 3, "parity always has 4 rows");
    f->spec.rows = 0;
    take(f, "xor");
    assert_int_equal(fixture_load(f), NN_data);
    fixture_said(f, 2, 3, "xor does not take bits");
    f->spec.n_bits = 17;
    take(f, "or");
    assert_int_equal(fixture_load(f), NN_data);
    fixture_said(f, 2, 3, "bits is between 1 and 16");
}

/* The digests fix the published content: a set with another digest would be other data under an old name. */
DATASET_TEST(every_set_is_what_it_was, f)
{
    static const uint64_t digests[] = {
        UINT64_C(0x0aa33ad5c242f72b), UINT64_C(0x2053cfd39d05ef02), UINT64_C(0x732762078c87dcff),
        UINT64_C(0x999cb1a686f56a49), UINT64_C(0x0e4fca33dce6071b), UINT64_C(0x7c2917cfa01ed5a3),
        UINT64_C(0x67584db5016129dc), UINT64_C(0x61b1787d889af94d), UINT64_C(0xd0e67052e889425b)};
    f->spec.split.kind = SPLIT_DEFAULT;
    assert_int_equal(DATA_N_BUILTIN, sizeof digests / sizeof digests[0]);
    for (size_t i = 0; i < DATA_N_BUILTIN; i++) {
        take(f, data_builtin_names[i]);
        assert_int_equal(fixture_load(f), NN_ok);
        uint64_t digest = digests[i];
        assert_int_equal(f->d->digest, digest);
        bool regression = data_builtin_is_regression(data_builtin_names[i]);
        assert_string_equal(f->d->name, data_builtin_names[i]);
        assert_int_equal(f->d->data.classes == NULL, regression);
        assert_int_not_equal(f->d->data.input_type, NN_FLOAT64); /* float holds the values exactly */
        if (data_builtin_is_table(data_builtin_names[i]))
            continue;
        assert_int_equal(f->d->data.n_rows, 200);
        f->spec.seed = 2;
        assert_int_equal(fixture_load(f), NN_ok);
        assert_int_not_equal(f->d->digest, digest);
        f->spec.seed = 1;
        f->spec.noise = 0.0;
        assert_int_equal(fixture_load(f), NN_ok);
        assert_int_not_equal(f->d->digest, digest);
        f->spec.noise = NN_NAN;
    }
}

DATASET_TEST(shapes_without_noise, f)
{
    f->spec.noise = 0.0;
    f->spec.rows = 1000;
    take(f, "circles");
    assert_int_equal(fixture_load(f), NN_ok);
    for (size_t i = 0; i < 1000; i++) {
        double radius = hypot(fixture_input(f, i, 0), fixture_input(f, i, 1));
        assert_near(radius, f->d->data.classes[i] == 0 ? 1.0 : 0.5, 2e-6);
    }
    take(f, "noisy_sine");
    assert_int_equal(fixture_load(f), NN_ok);
    for (size_t i = 0; i < 1000; i++) {
        double x = fixture_input(f, i, 0);
        assert_true(x >= 0.0);
        assert_true(x <= 1.0);
        assert_near(f->d->data.targets[i], sin(2.0 * 3.14159265358979 * x), 1e-5);
    }
    take(f, "spirals");
    f->spec.n_classes = 5;
    assert_int_equal(fixture_load(f), NN_ok);
    assert_int_equal(f->d->data.n_classes, 5);
}

DATASET_TEST(noise_has_the_deviation_asked_for, f)
{
    double sum = 0.0, squares = 0.0;
    f->spec.noise = 0.3;
    f->spec.rows = 20000;
    take(f, "noisy_sine");
    assert_int_equal(fixture_load(f), NN_ok);
    for (size_t i = 0; i < 20000; i++) {
        double noise = f->d->data.targets[i] - sin(2.0 * 3.14159265358979 * fixture_input(f, i, 0));
        sum += noise;
        squares += noise * noise;
    }
    assert_near(sum / 20000.0, 0, 0.01);
    assert_near(sqrt(squares / 20000.0), 0.3, 0.01);
}

DATASET_TEST(what_sets_do_not_take, f)
{
    take(f, "moons");
    f->spec.n_classes = 3;
    assert_int_equal(fixture_load(f), NN_data);
    fixture_said(f, 2, 3, "moons does not take a number of classes");
    take(f, "blobs");
    f->spec.rows = 2;
    assert_int_equal(fixture_load(f), NN_data);
    fixture_said(f, 2, 3, "each with at least one row");
    f->spec.rows = -5;
    assert_int_equal(fixture_load(f), NN_data);
    f->spec.rows = 0;
    f->spec.noise = -1.0;
    assert_int_equal(fixture_load(f), NN_data);
    fixture_said(f, 2, 3, "noise is a standard deviation");
    take(f, "moon");
    assert_int_equal(fixture_load(f), NN_data);
    take(f, "noisy_sine");
    f->spec.task_given = true;
    assert_int_equal(fixture_load(f), NN_data);
    fixture_said(f, 2, 3, "noisy_sine is regression");
}

DATASET_TEST(classes_as_numbers, f)
{
    take(f, "xor");
    f->spec.regression = f->spec.task_given = true;
    assert_int_equal(fixture_load(f), NN_ok);
    static const double targets[4] = {0.0, 1.0, 1.0, 0.0};
    assert_memory_equal(f->d->data.targets, targets, sizeof targets);
}

/* Inserts, removes and overwrites characters that CSV cares about: the file is read or refused, and nothing crashes. */
DATASET_TEST(malformed_files_never_crash, f)
{
    static const char good[] = "\"a\",b,\"c,d\"\n1,2.5,x\n3,,y\n\"4\",5,x\n6,7,\"y\"\n8,9,x\n";
    static const char bytes[] = "\"\",;\t\n\r\r\n \xff\xef\xbb\xbf?-.e0";
    for (uint32_t i = 0; i < 400; i++) {
        char text[200];
        size_t size = sizeof good - 1;
        memcpy(text, good, size);
        for (uint32_t k = 0; k < 1 + i % 6; k++) {
            uint32_t w[4];
            nn_philox(7, i, k, 0, 0, w);
            size_t at = w[0] % size;
            text[at] = w[1] % 40 == 0 ? '\0' : bytes[w[1] % (sizeof bytes - 1)];
            if (w[2] % 3 == 0)
                memmove(text + at, text + at + 1, --size - at);
            size = w[2] % 31 == 0 ? at + 1 : size;
        }
        fixture_file(f, "data.csv");
        fixture_write(f, text, size);
        f->spec.header = (int)(i % 3) - 1;
        f->spec.missing = (data_missing)(i % 4);
        f->spec.regression = i % 5 == 0;
        fixture_load(f);
    }
}

DATASET_TEST(huge_fields, f)
{
    size_t size = (size_t)1 << 20;
    char *text = malloc(size + 64);
    memset(text, '7', size);
    strcpy(text + size, ",1\n2,0\n");
    f->spec.header = 0;
    assert_int_equal(fixture_csv(f, text), NN_data);
    fixture_said(f, 1, 1, "777...' is not a number");
    memset(text, ',', size);
    assert_int_equal(fixture_csv(f, text), NN_data);
    free(text);
}
