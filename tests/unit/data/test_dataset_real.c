/* Reads the real data sets, from NNGRID_SHARED_DATA or from ../shared/data beside the source. Where a set is not
 * there, its test is skipped with a message. */
#include "fixtures/dataset_fixture.h"

/* Points the spec at a file of the shared data; prints a message and returns false where it is missing. */
static bool shared(fixture *f, const char *file)
{
    const char *folder = getenv("NNGRID_SHARED_DATA");
    snprintf(f->path, sizeof f->path, "%s/%s", folder != NULL ? folder : NNGRID_SOURCE_DIR "/../shared/data", file);
    free(f->spec.file);
    f->spec.file = strdup(f->path);
    if (access(f->path, R_OK) != 0) {
        print_message("no %s: skipped\n", f->path);
        return false;
    }
    return true;
}

static void check_counts(const dataset *d, const size_t *expected, size_t n_classes)
{
    size_t count[32] = {0};
    assert_int_equal(d->data.n_classes, n_classes);
    for (size_t i = 0; i < d->data.n_rows; i++)
        count[d->data.classes[i]]++;
    assert_memory_equal(count, expected, n_classes * sizeof *count);
}

DATASET_TEST(digits, f)
{
    static const size_t counts[10] = {178, 182, 177, 183, 181, 182, 181, 179, 174, 180};
    if (!shared(f, "digits/digits.csv.gz"))
        skip();
    assert_int_equal(fixture_load(f), NN_ok);
    assert_int_equal(f->d->data.n_rows, 1797);
    assert_int_equal(f->d->data.n_inputs, 64);
    assert_int_equal(f->d->data.input_type, NN_UINT8);
    check_counts(f->d, counts, 10);
    assert_real_equal(fixture_input(f, 0, 2), 5.0);
    assert_real_equal(fixture_input(f, 0, 3), 13.0);
    f->spec.split = (split_spec){.kind = SPLIT_SIZES, .size[NN_TRAIN] = {SIZE_COUNT, 2000.0, {5, 18}}};
    assert_int_equal(fixture_load(f), NN_data);
    fixture_said(f, 5, 18, "asks for 2000 rows, but there are 1797");
}

DATASET_TEST(exercise_4, f)
{
    static const size_t counts[10] = {500, 500, 500, 500, 500, 500, 500, 500, 500, 500};
    if (!shared(f, "ex4/ex4data1.mat"))
        skip();
    assert_int_equal(fixture_load(f), NN_ok);
    assert_int_equal(f->d->data.n_rows, 5000);
    assert_int_equal(f->d->data.n_inputs, 400);
    check_counts(f->d, counts, 10);
    assert_string_equal(f->d->class_names[9], "10"); /* stands for digit 0; the first 500 rows */
    assert_int_equal(f->d->data.classes[0], 9);
    assert_int_equal(f->d->data.classes[500], 0);
}

DATASET_TEST(exercise_4_weights, f)
{
    nn_error err;
    nn_network net = {.n_layers = 2,
                      .bias = true,
                      .width = {400, 25, 10},
                      .fan_in = {400, 25},
                      .w_at = {0, 10025},
                      .b_at = {10000, 10275},
                      .n_params = 10285};
    if (!shared(f, "ex4/ex4weights.mat"))
        skip();
    double *out;
    size_t sets;
    assert_int_equal(data_weights_load(f->path, &net, &sets, &out, &err), NN_ok);
    assert_int_equal(sets, 1);
    assert_near(out[10000], -0.022562389859934213, 1e-16); /* Theta1(1,1) is a bias */
    assert_near(out[10275], -0.7610035157900087, 1e-15);   /* Theta2(1,1) */
    assert_near(out[379 * 25 + 24], 1.992063062001726e-05, 1e-19);
    assert_near(out[10025 + 24 * 10 + 9], -1.3275204189639918, 1e-15); /* Theta2(10,26) */
    net.width[1] = 30;
    assert_int_equal(data_weights_load(f->path, &net, &sets, NULL, &err), NN_data);
    assert_non_null(strstr(err.message, "Theta1 is 25 x 401; this network needs 30 x 401"));
    free(out);
}

DATASET_TEST(tables_that_load, f)
{
    static const struct {
        const char *file, *target;
        bool regression;
        size_t n_rows, n_inputs, n_classes;
    } cases[] = {
        {"pima/pima-indians-diabetes.data", NULL, false, 768, 8, 2},
        {"breast-cancer-wdbc/breast_cancer.csv", NULL, false, 569, 30, 2},
        {"concrete/Concrete_Data.csv", NULL, true, 1030, 8, 0},
        {"vowel/vowel-context.data", NULL, false, 990, 13, 11},
        {"admissions/student_data.csv", "admit", false, 400, 3, 2},
        {"proben1/cancer/cancer1.dt", NULL, false, 699, 9, 2},
        {"proben1/card/card1.dt", NULL, true, 690, 51, 0},
        {"proben1/mushroom/mushroom1.dt", NULL, false, 8124, 125, 2},
    };
    size_t n = sizeof cases / sizeof cases[0];
    for (size_t i = 0; i < n; i++) {
        if (!shared(f, cases[i].file))
            skip();
        free(f->spec.target);
        f->spec.target = cases[i].target != NULL ? strdup(cases[i].target) : NULL;
        f->spec.regression = f->spec.task_given = cases[i].regression;
        assert_int_equal(fixture_load(f), NN_ok);
        assert_int_equal(f->d->data.n_rows, cases[i].n_rows);
        assert_int_equal(f->d->data.n_inputs, cases[i].n_inputs);
        assert_int_equal(f->d->data.n_classes, cases[i].n_classes);
    }
}

DATASET_TEST(tables_that_say_why_not, f)
{
    static const struct {
        const char *file;
        bool regression;
        int line, column;
        const char *words;
    } cases[] = {
        {"abalone/abalone.csv", true, 2, 1, "is categorical, with values such as 'M' (column 'Sex')"},
        {"bike-sharing/day.csv", true, 2, 2, "is categorical, with values such as '2011-01-01' (column 'dteday')"},
        {"concrete/Concrete_Data.csv", false, 2, 9, "`task: regression`"},
        {"mnist/t10k-labels-idx1-ubyte.gz", false, 0, 0, "holds one array"},
        {"two-spirals/two-spiral.train", false, 0, 0, "is training data of FANN"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (!shared(f, cases[i].file))
            skip();
        f->spec.regression = f->spec.task_given = cases[i].regression;
        assert_int_equal(fixture_load(f), NN_data);
        fixture_said(f, cases[i].line, cases[i].column, cases[i].words);
    }
}
