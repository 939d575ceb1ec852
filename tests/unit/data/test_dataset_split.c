/* Tests which rows a split puts into which part: sizes, folds, strata, file order, and what is refused. */
#include "fixtures/dataset_table.h"

static void check_sizes(fixture *f, size_t train, size_t validation, size_t test)
{
    int owner[N_ROWS];
    splitter *s = NULL;
    assert_int_equal(load_table(f, false, NULL), NN_ok);
    assert_int_equal(data_splitter_new(f->d, &s, NULL), NN_ok);
    const nn_split *split = data_splitter_get(s, NULL, 1, 0, 0);
    check_partition(f->d, split, 0, owner);
    assert_int_equal(split->n[NN_TRAIN], train);
    assert_int_equal(split->n[NN_VALIDATION], validation);
    assert_int_equal(split->n[NN_TEST], test);
    data_splitter_free(s);
}

DATASET_TEST(sizes_are_kept, f)
{
    f->spec.split.kind = SPLIT_DEFAULT;
    check_sizes(f, 62, 21, 20); /* 61.8, 20.6, 20.6: every row is used */
    f->spec.split.kind = SPLIT_ALL;
    check_sizes(f, N_ROWS, 0, 0);
    sizes(f, fraction(0.6), fraction(0.2), fraction(0.2));
    check_sizes(f, 62, 21, 20);
    sizes(f, fraction(0.5), fraction(0.25), none);
    check_sizes(f, 51, 26, 0); /* 51.5 and 25.75: 77 rows of 77.25 */
    sizes(f, count(50), count(20), rest);
    check_sizes(f, 50, 20, 33);
    sizes(f, rest, fraction(0.1), count(7));
    check_sizes(f, 86, 10, 7);
    sizes(f, count(103), none, none);
    check_sizes(f, 103, 0, 0);
}

DATASET_TEST(sizes_that_cannot_be, f)
{
    static const char text[] = "1,0\n2,1\n3,0\n4,1\n";
    sizes(f, count(2000), none, none);
    fixture_fails(f, text, 7, 18, "the split asks for 2000 rows, but there are 4");
    sizes(f, count(3), fraction(0.5), none);
    fixture_fails(f, text, 7, 10, "the split asks for 5 rows, but there are 4");
    sizes(f, fraction(0.7), fraction(0.4), none);
    fixture_fails(f, text, 7, 10, "add up to 1.1");
    sizes(f, count(4), rest, none);
    fixture_fails(f, text, 7, 30, "the validation part has no row");
    sizes(f, none, fraction(0.5), fraction(0.5));
    fixture_fails(f, text, 7, 10, "the train part has no row");
    sizes(f, rest, rest, none);
    fixture_fails(f, text, 7, 10, "only one part");
    sizes(f, fraction(1.5), none, none);
    fixture_fails(f, text, 7, 18, "not in (0, 1]");
    sizes(f, count(1.5), none, none);
    fixture_fails(f, text, 7, 18, "is not a number of rows");
    f->spec.regression = f->spec.task_given = f->spec.split.stratify = true;
    sizes(f, count(2), rest, none);
    fixture_fails(f, text, 7, 10, "stratify needs classes");
    f->spec.split = (split_spec){.kind = SPLIT_FOLDS, .folds = 5, .at = {7, 10}};
    fixture_fails(f, text, 7, 10, "5 folds of 4 rows");
    f->spec.split.folds = 3;
    f->spec.split.size[NN_TEST] = count(2);
    fixture_fails(f, text, 7, 10, "3 folds of 2 rows");
    f->spec.split.size[NN_TEST] = count(5);
    fixture_fails(f, text, 7, 18, "asks for 5 rows");
    f->spec.split.size[NN_TEST] = fraction(0.2);
    fixture_fails(f, text, 7, 18, "the test part has no row");
}

DATASET_TEST(random_splits_depend_on_seed_and_repeat, f)
{
    int a[N_ROWS], b[N_ROWS];
    splitter *s = NULL, *other = NULL;
    f->spec.split.kind = SPLIT_DEFAULT;
    assert_int_equal(load_table(f, false, NULL), NN_ok);
    assert_int_equal(dataset_n_splits(f->d, NULL, 20), 20);
    assert_int_equal(dataset_split_index(f->d, NULL, 7, 0), 7);
    assert_int_equal(data_splitter_new(f->d, &s, NULL), NN_ok);
    assert_int_equal(data_splitter_new(f->d, &other, NULL), NN_ok);
    check_partition(f->d, data_splitter_get(s, NULL, 1, 0, 0), 0, a);
    check_partition(f->d, data_splitter_get(s, NULL, 1, 1, 0), 0, b);
    assert_memory_not_equal(a, b, sizeof a);
    check_partition(f->d, data_splitter_get(s, NULL, 2, 0, 0), 0, b);
    assert_memory_not_equal(a, b, sizeof a);
    check_partition(f->d, data_splitter_get(other, NULL, 1, 0, 0), 0, b);
    assert_memory_equal(a, b, sizeof a);
    check_partition(f->d, data_splitter_get(s, NULL, 1, 0, 0), 0, b);
    assert_memory_equal(a, b, sizeof a);
    data_splitter_free(s);
    data_splitter_free(other);
}

DATASET_TEST(file_order_is_file_order, f)
{
    int owner[N_ROWS];
    splitter *s = NULL;
    sizes(f, count(60), count(20), count(10));
    f->spec.split.file_order = true;
    assert_int_equal(load_table(f, false, NULL), NN_ok);
    assert_int_equal(dataset_n_splits(f->d, NULL, 20), 1);
    assert_int_equal(dataset_split_index(f->d, NULL, 7, 0), 0);
    assert_int_equal(data_splitter_new(f->d, &s, NULL), NN_ok);
    check_partition(f->d, data_splitter_get(s, NULL, 1, 5, 0), 0, owner);
    for (int i = 0; i < N_ROWS; i++)
        assert_int_equal(owner[i], i < 60 ? NN_TRAIN : i < 80 ? NN_VALIDATION : i < 90 ? NN_TEST : -1);
    data_splitter_free(s);
    assert_int_equal(fixture_csv(f, "1,0\n2,0\n3,0\n4,1\n5,1\n"), NN_data); /* 90 rows of 5 */
    sizes(f, count(3), rest, none);
    assert_int_equal(fixture_csv(f, "1,0\n2,0\n3,0\n4,1\n5,1\n"), NN_ok);
    size_t n_splits = 0, absent[2 + 1];
    nn_error err;
    assert_int_equal(dataset_absent(f->d, NULL, 1, 20, &n_splits, absent, &err), NN_ok);
    assert_int_equal(n_splits, 1); /* file order is the same in all repeats */
    assert_int_equal(absent[0], 0);
    assert_int_equal(absent[1], 1);
}

/* Counts the splits without a training row of each class by the rows that the splitter gives. */
static void count_by_rows(const dataset *d, uint32_t repeats, uint32_t folds, size_t *absent)
{
    splitter *s = NULL;
    assert_int_equal(data_splitter_new(d, &s, NULL), NN_ok);
    memset(absent, 0, d->data.n_classes * sizeof *absent);
    for (uint32_t i = 0; i < repeats * folds; i++) {
        const nn_split *split = data_splitter_get(s, NULL, 3, i / folds, i % folds);
        for (size_t c = 0; c < d->data.n_classes; c++) {
            size_t n = 0;
            for (size_t k = 0; k < split->n[NN_TRAIN]; k++)
                n += d->data.classes[split->rows[NN_TRAIN][k]] == (int)c;
            absent[c] += n == 0;
        }
    }
    data_splitter_free(s);
}

DATASET_TEST(classes_without_a_training_row_are_counted, f)
{
    static const char rare[] = "1,0\n2,0\n3,0\n4,1\n5,1\n6,1\n7,1\n8,2\n9,0\n10,1\n";
    size_t n_splits = 0, absent[3 + 1], expected[3];
    nn_error err;
    sizes(f, fraction(0.6), fraction(0.2), fraction(0.2));
    for (int kind = 0; kind < 3; kind++) {
        const uint32_t folds = kind == 2 ? 5 : 1;
        f->spec.split.stratify = kind == 1;
        f->spec.split.kind = kind == 2 ? SPLIT_FOLDS : SPLIT_SIZES;
        f->spec.split.folds = 5;
        assert_int_equal(fixture_csv(f, rare), NN_ok);
        assert_int_equal(dataset_absent(f->d, NULL, 3, 40, &n_splits, absent, &err), NN_ok);
        assert_int_equal(n_splits, 40 * folds);
        count_by_rows(f->d, 40, folds, expected);
        assert_memory_equal(absent, expected, sizeof expected);
        assert_int_equal(absent[0] + absent[1], 0);
        assert_true(kind == 1 || absent[2] > 0); /* the class of one row; stratified it is always for training */
    }
}

static double value_at(const dataset *d, size_t row, size_t j)
{
    const size_t at = row * d->data.n_inputs + j;
    return d->data.input_type == NN_UINT8     ? ((const uint8_t *)d->data.inputs)[at]
           : d->data.input_type == NN_FLOAT32 ? (double)((const float *)d->data.inputs)[at]
                                              : ((const double *)d->data.inputs)[at];
}

/* In how many splits the training rows have only one value of an input, by the rows that the splitter gives. */
static size_t count_alike(const dataset *d, size_t j, uint32_t n_splits)
{
    splitter *s = NULL;
    size_t alike = 0;
    assert_int_equal(data_splitter_new(d, &s, NULL), NN_ok);
    for (uint32_t repeat = 0; repeat < n_splits; repeat++) {
        const nn_split *split = data_splitter_get(s, NULL, 3, repeat, 0);
        bool differs = false;
        for (size_t k = 0; k < split->n[NN_TRAIN]; k++)
            differs |= value_at(d, split->rows[NN_TRAIN][k], j) != value_at(d, split->rows[NN_TRAIN][0], j);
        alike += !differs;
    }
    data_splitter_free(s);
    return alike;
}

/* Columns: 0, a tenth of the rows of which differ; 1, constant; 2, rare; 3, three categories, one of a single row. */
DATASET_TEST(inputs_of_one_value_are_counted, f)
{
    char text[2000] = "few,constant,rare,colour,y\n";
    for (int i = 0; i < 50; i++)
        snprintf(text + strlen(text), 40, "%d,1.5,%d,%s,%d\n", i % 10 == 0, i == 7,
                 i == 9  ? "green"
                 : i % 2 ? "red"
                         : "blue",
                 i % 2);
    f->spec.one_hot_text = true;
    sizes(f, fraction(0.1), fraction(0.4), fraction(0.5));
    assert_int_equal(fixture_csv(f, text), NN_ok);
    enum { FEW, CONSTANT, RARE, BLUE, GREEN, RED, N_INPUTS, N_SPLITS = 40 };
    size_t n_splits = 0, absent[2 + N_INPUTS];
    nn_error err;
    assert_int_equal(f->d->data.n_inputs, N_INPUTS);
    assert_int_equal(dataset_absent(f->d, NULL, 3, N_SPLITS, &n_splits, absent, &err), NN_ok);
    assert_int_equal(n_splits, N_SPLITS);
    const size_t *inputs = absent + 2;
    assert_int_equal(inputs[FEW], count_alike(f->d, FEW, N_SPLITS));
    assert_in_range(inputs[FEW], 1, N_SPLITS - 1);
    assert_int_equal(inputs[CONSTANT], 0);
    assert_int_equal(inputs[RARE], 0);
    assert_int_equal(inputs[GREEN], count_alike(f->d, GREEN, N_SPLITS));
    assert_in_range(inputs[GREEN], N_SPLITS / 2, N_SPLITS);
    assert_int_equal(dataset_is_category(f->d, RED), true);
    assert_int_equal(dataset_is_category(f->d, FEW), false);
}

/* Each part's share of each class is off by less than one row; in validation and test, where two roundings may add up,
 * by less than one and a half. */
DATASET_TEST(stratified_parts_are_proportional, f)
{
    int owner[N_ROWS];
    splitter *s = NULL;
    f->spec.split.kind = SPLIT_DEFAULT;
    f->spec.split.stratify = true;
    assert_int_equal(load_table(f, false, NULL), NN_ok);
    const nn_data *data = &f->d->data;
    assert_int_equal(data_splitter_new(f->d, &s, NULL), NN_ok);
    for (uint32_t repeat = 0; repeat < 5; repeat++) {
        double total[4] = {0.0}, share[NN_N_PART][4] = {{0.0}};
        const nn_split *split = data_splitter_get(s, NULL, 1, repeat, 0);
        check_partition(f->d, split, 0, owner);
        for (size_t i = 0; i < data->n_rows; i++) {
            total[data->classes[i]] += 1.0;
            share[owner[i]][data->classes[i]] += 1.0;
        }
        for (int p = 0; p < NN_N_PART; p++) {
            for (int c = 0; c < 4; c++) {
                double exact = total[c] * (double)split->n[p] / N_ROWS;
                assert_true(fabs(share[p][c] - exact) < (p == NN_TRAIN ? 1.0 : 1.5));
            }
        }
    }
    data_splitter_free(s);
}

/* The test part is the same in all folds of a repeat, and the folds share the rest. */
DATASET_TEST(folds_leave_a_test_part, f)
{
    int owner[N_ROWS];
    for (int kind = 0; kind < 3; kind++) { /* plain, stratified, in file order */
        int n[N_ROWS][NN_N_PART] = {{0}}, n_test = 0, zeros = 0;
        splitter *s = NULL;
        f->spec.split = (split_spec){.kind = SPLIT_FOLDS, .folds = 4, .stratify = kind == 1, .file_order = kind == 2};
        f->spec.split.size[NN_TEST] = kind == 2 ? count(20) : fraction(0.2);
        assert_int_equal(load_table(f, false, NULL), NN_ok);
        assert_int_equal(data_splitter_new(f->d, &s, NULL), NN_ok);
        for (uint32_t fold = 0; fold < 4; fold++) {
            check_partition(f->d, data_splitter_get(s, NULL, 1, 2, fold), fold, owner);
            for (int i = 0; i < N_ROWS; i++)
                n[i][owner[i]]++;
        }
        for (int i = 0; i < N_ROWS; i++) {
            assert_true(n[i][NN_TEST] == 4 || (n[i][NN_VALIDATION] == 1 && n[i][NN_TRAIN] == 3));
            assert_true(kind < 2 || (n[i][NN_TEST] == 4) == (i >= N_ROWS - 20));
            n_test += n[i][NN_TEST] == 4;
            zeros += n[i][NN_TEST] == 4 && f->d->data.classes[i] == 0;
        }
        assert_int_equal(n_test, 20); /* of 103 rows */
        assert_true(kind != 1 || zeros == 10);
        data_splitter_free(s);
    }
}

DATASET_TEST(folds_take_turns, f)
{
    int owner[N_ROWS];
    f->spec.split = (split_spec){.kind = SPLIT_FOLDS, .folds = 5};
    for (int stratify = 0; stratify < 2; stratify++) {
        int validated[N_ROWS] = {0};
        splitter *s = NULL;
        f->spec.split.stratify = stratify == 1;
        assert_int_equal(load_table(f, false, NULL), NN_ok);
        assert_int_equal(dataset_n_splits(f->d, NULL, 3), 15);
        assert_int_equal(dataset_split_index(f->d, NULL, 2, 3), 13);
        assert_int_equal(data_splitter_new(f->d, &s, NULL), NN_ok);
        for (uint32_t fold = 0; fold < 5; fold++) {
            int zeros = 0;
            check_partition(f->d, data_splitter_get(s, NULL, 1, 2, fold), fold, owner);
            for (int i = 0; i < N_ROWS; i++) {
                assert_true(owner[i] == NN_TRAIN || owner[i] == NN_VALIDATION);
                validated[i] += owner[i] == NN_VALIDATION;
                zeros += owner[i] == NN_VALIDATION && f->d->data.classes[i] == 0;
            }
            assert_true(stratify == 0 || zeros == 10 || zeros == 11); /* 53 of 103 rows have class 0 */
        }
        for (int i = 0; i < N_ROWS; i++)
            assert_int_equal(validated[i], 1);
        data_splitter_free(s);
    }
}

DATASET_TEST(column_says_the_part, f)
{
    static const char text[] = "x,y,part\n1,0,train\n2,1,test\n3,0,1\n4,1,0\n5,1,validation\n";
    int owner[5];
    splitter *s = NULL;
    f->spec.split = (split_spec){.kind = SPLIT_COLUMN, .column = strdup("part"), .at = {7, 10}};
    assert_int_equal(fixture_csv(f, text), NN_ok);
    assert_int_equal(f->d->data.n_inputs, 1);
    assert_string_equal(f->d->target_name, "y"); /* the last column that is not the part */
    assert_int_equal(dataset_n_splits(f->d, NULL, 9), 1);
    uint64_t digest = f->d->digest;
    assert_int_equal(data_splitter_new(f->d, &s, NULL), NN_ok);
    check_partition(f->d, data_splitter_get(s, NULL, 1, 0, 0), 0, owner);
    static const int expected[] = {NN_TRAIN, NN_TEST, NN_VALIDATION, NN_TRAIN, NN_VALIDATION};
    assert_memory_equal(owner, expected, sizeof owner);
    data_splitter_free(s);
    assert_int_equal(fixture_csv(f, "x,y,part\n1,0,train\n2,1,test\n3,0,1\n4,1,0\n5,1,0\n"), NN_ok);
    assert_true(f->d->digest == digest); /* the table is the same; the keys of runs know the parts */
    fixture_fails(f, "x,y,part\n1,0,train\n2,1,tset\n", 3, 3, "'tset' is not a part");
    fixture_fails(f, "x,y,part\n1,0,test\n2,1,test\n", 7, 10, "no row with the value train");
    fixture_fails(f, "x,y\n1,0\n2,1\n", 7, 10, "no column 'part'");
}
