/* Tests the roles of columns (one-hot, ignored, target, part), and that files of the parts must have the same
 * columns. */
#include "fixtures/dataset_fixture.h"

#define WORDS "sex,age,city,label\nM,30,Rome,0\nF,31,Oslo,1\nI,32,Rome,0\nF,33,Rome,1\n"

/* Sets the list to copies of these words. */
static void name_columns(data_column_list *list, const char *const *words, size_t n)
{
    list->at = (place){6, 12};
    list->words = calloc(n, sizeof *list->words);
    for (list->n = 0; list->n < n; list->n++)
        list->words[list->n] = strdup(words[list->n]);
}

static void forget_columns(data_column_list *list)
{
    while (list->n > 0)
        free(list->words[--list->n]);
    free(list->words);
    list->words = NULL;
}

static void check_inputs(const fixture *f, size_t row, const double *expected)
{
    for (size_t j = 0; j < f->d->data.n_inputs; j++)
        assert_real_equal(fixture_input(f, row, j), expected[j]);
}

DATASET_TEST(words_become_columns, f)
{
    static const char *const names[] = {"sex=F", "sex=I", "sex=M", "age", "city=Oslo", "city=Rome"};
    static const double rows[4][6] = {
        {0, 0, 1, 30, 0, 1}, {1, 0, 0, 31, 1, 0}, {0, 1, 0, 32, 0, 1}, {1, 0, 0, 33, 0, 1}};
    f->spec.one_hot_text = true;
    assert_int_equal(fixture_csv(f, WORDS), NN_ok);
    assert_int_equal(f->d->data.n_inputs, 6);
    for (size_t j = 0; j < 6; j++)
        assert_string_equal(f->d->input_names[j], names[j]);
    for (size_t i = 0; i < 4; i++)
        check_inputs(f, i, rows[i]);
    const uint64_t digest = f->d->digest;
    f->spec.one_hot_text = false;
    name_columns(&f->spec.one_hot, (const char *const[]){"city", "0"}, 2);
    assert_int_equal(fixture_csv(f, WORDS), NN_ok);
    assert_int_equal(f->d->digest, digest);
}

/* Numbers are sorted by value and not as text; where one value is a word, all are taken for words. */
DATASET_TEST(numbers_that_are_names, f)
{
    name_columns(&f->spec.one_hot, (const char *const[]){"month"}, 1);
    assert_int_equal(fixture_csv(f, "month,label\n10,0\n9,1\n-1,0\n09,1\n"), NN_ok);
    assert_int_equal(f->d->data.n_inputs, 3);
    assert_string_equal(f->d->input_names[0], "month=-1");
    assert_string_equal(f->d->input_names[1], "month=9");
    check_inputs(f, 3, (const double[]){0, 1, 0});
    assert_int_equal(fixture_csv(f, "month,label\n10,0\n9,1\nmay,0\n09,1\n"), NN_ok);
    assert_int_equal(f->d->data.n_inputs, 4);
    assert_string_equal(f->d->input_names[0], "month=09");
}

DATASET_TEST(grid_missing_words, f)
{
    static const char text[] = "sex,age,label\nM,1,0\n?,2,1\nF,3,1\nM,,1\n";
    f->spec.one_hot_text = true;
    fixture_fails(f, text, 3, 1, "a value is missing (column 'sex')");
    fixture_said(f, 5, 2, "a value is missing (column 'age')");
    f->spec.missing = MISSING_DROP;
    assert_int_equal(fixture_csv(f, text), NN_ok);
    assert_int_equal(f->d->data.n_rows, 2);
    assert_int_equal(f->d->n_dropped, 2);
    f->spec.missing = MISSING_MEAN;
    assert_int_equal(fixture_csv(f, text), NN_ok);
    assert_int_equal(f->d->n_missing, 2); /* these count fields of the file, not columns of 0 and 1 */
    assert_true(isnan(fixture_input(f, 1, 0)));
    assert_true(isnan(fixture_input(f, 1, 1)));
    splitter *s = NULL;
    assert_int_equal(data_splitter_new(f->d, &s, NULL), NN_ok);
    const nn_split *split = data_splitter_get(s, NULL, 1, 0, 0);
    assert_near(split->fill[1], 2.0 / 3.0, 1e-15); /* the share of M among those known */
    data_splitter_free(s);
}

DATASET_TEST(too_many_values, f)
{
    char *text = calloc(1002, 16), *to = text;
    for (int i = 0; i < 1001; i++)
        to += sprintf(to, "%d,%d\n", i, i % 2);
    name_columns(&f->spec.one_hot, (const char *const[]){"0"}, 1);
    fixture_fails(f, text, 1, 1, "a one-hot column has at most 1000 categories");
    *strstr(text, "1000,") = '\0'; /* removes the last line */
    assert_int_equal(fixture_csv(f, text), NN_ok);
    assert_int_equal(f->d->data.n_inputs, 1000);
    free(text);
}

DATASET_TEST(ignored_columns, f)
{
    name_columns(&f->spec.ignore, (const char *const[]){"label", "sex", "0", "city"}, 4);
    assert_int_equal(fixture_csv(f, "age,sex,city,part,label\n5,M,Rome,0,x\n6,F,Oslo,1,y\n"), NN_data);
    fixture_said(f, 0, 0, "at least one input are needed"); /* column 0 is age, and part is the target */
    forget_columns(&f->spec.ignore);
    name_columns(&f->spec.ignore, (const char *const[]){"label", "sex", "city"}, 3);
    assert_int_equal(fixture_csv(f, "age,sex,city,part,label\n5,M,Rome,0,x\n6,F,Oslo,1,y\n"), NN_ok);
    assert_int_equal(f->d->data.n_inputs, 1);
    assert_string_equal(f->d->input_names[0], "age");
    assert_string_equal(f->d->target_name, "part"); /* `last` steps over what is ignored */
    f->spec.target = strdup("first");
    forget_columns(&f->spec.ignore);
    name_columns(&f->spec.ignore, (const char *const[]){"age", "sex", "city"}, 3);
    assert_int_equal(fixture_csv(f, "age,sex,city,kind,label\n5,M,Rome,0,1\n6,F,Oslo,1,2\n"), NN_ok);
    assert_string_equal(f->d->target_name, "kind");
}

DATASET_TEST(a_column_has_one_role, f)
{
    f->spec.target_at = (place){4, 11};
    f->spec.target = strdup("label");
    name_columns(&f->spec.ignore, (const char *const[]){"label"}, 1);
    fixture_fails(f, WORDS, 4, 11, "column 3 of");
    fixture_said(f, 4, 11, "cannot be the target: it is ignored");
    forget_columns(&f->spec.ignore);
    name_columns(&f->spec.one_hot, (const char *const[]){"label"}, 1);
    fixture_fails(f, WORDS, 6, 12, "cannot be one-hot: it is the target");
    forget_columns(&f->spec.one_hot);
    name_columns(&f->spec.one_hot, (const char *const[]){"sexx", "9"}, 2);
    fixture_fails(f, WORDS, 6, 12, "has no column 'sexx'; did you mean 'sex'?");
    fixture_said(f, 6, 12, "has no column 9; it has 4 columns: 0 to 3");
}

/* One text among numbers is reported as a slip; a categorical column is reported once, with both remedies. */
DATASET_TEST(text_among_numbers, f)
{
    fixture_fails(f, "a,b,l\n1,2,0\n3,x,1\n5,6,0\n", 3, 2, "'x' is not a number (column 'b')");
    fixture_fails(
        f, WORDS, 2, 1,
        "is categorical, with values such as 'M' (column 'sex'); code it with `one_hot: [sex]`, or leave it out "
        "with `ignore: [sex]`");
    assert_int_equal(f->diags.n_errors, 2);
    fixture_fails(f, "?,2,0\n?,3,1\nb,4,0\n1,5,0\nc,6,1\n", 3, 1,
                  "with values such as 'b'; code it with `one_hot: [0]`");
}

/* ---- files of the parts ---- */

static void write_file(fixture *f, const char *name, const char *text)
{
    snprintf(f->path, sizeof f->path, "%s/%s", f->folder, name);
    fixture_write(f, text, strlen(text));
}

/* Loads a training and a test file. */
static nn_status load_parts(fixture *f, const char *train, const char *test)
{
    static const char *const names[] = {"train.csv", "test.csv"};
    static const nn_part parts[] = {NN_TRAIN, NN_TEST};
    write_file(f, names[0], train);
    write_file(f, names[1], test);
    for (int i = 0; i < 2; i++) {
        data_source *s = &f->spec.parts[parts[i]];
        free(s->file);
        s->file = strdup(names[i]);
        s->at = (place){3 + i, 5};
    }
    return fixture_load(f);
}

static void parts_fail(fixture *f, const char *train, const char *test, int line, int column, const char *words)
{
    assert_int_equal(load_parts(f, train, test), NN_data);
    fixture_said(f, line, column, words);
    assert_non_null(strstr(f->diags.items[0].file, "test.csv")); /* the message names the file with the mistake */
}

DATASET_TEST(files_must_be_alike, f)
{
    f->spec.split.kind = SPLIT_DEFAULT;
    assert_int_equal(load_parts(f, "1,2,0\n3,4,1\n", "5,6,1\n"), NN_ok);
    assert_string_equal(f->d->name, "train.csv + test.csv");
    assert_int_equal(f->d->n_fixed[NN_TRAIN], 2);
    assert_int_equal(f->d->n_fixed[NN_TEST], 1);
    assert_int_equal(load_parts(f, "a,b,l\n1,2,0\n3,4,1\n", "5,6,1\n"), NN_ok); /* only one of the two has a header */
    parts_fail(f, "1,2,0\n3,4,1\n", "5,1\n", 0, 0, "has 1 inputs, train.csv has 2");
    parts_fail(f, "a,b,l\n1,2,0\n3,4,1\n", "b,a,l\n5,6,1\n", 1, 1, "this column is 'b', in train.csv it is 'a'");
    parts_fail(f, "1,2,0\n3,4,1\n", "5,x,1\n", 1, 2, "'x' is not a number");
    parts_fail(f, "1,2,0\n3,4,1\n", "5,6,0.5\n7,8,1\n", 1, 3, "label 0.5 is not a whole number");
    parts_fail(f, "1,2,0\n3,4,1\n", "5,6,1\n,8,1\n", 2, 1, "a value is missing");
    parts_fail(f, "1,2,0\n3,4,1\n", "5,6,1\n,8\n", 2, 3, "the row has 2 fields");
    f->spec.one_hot_text = true;
    parts_fail(f, "a,2,0\nb,4,1\n", "5,6,1\n6,7,1\n", 0, 0, "the categorical columns differ from those of train.csv");
}

DATASET_TEST(rows_that_are_dropped, f)
{
    f->spec.split.kind = SPLIT_DEFAULT;
    f->spec.missing = MISSING_DROP;
    assert_int_equal(load_parts(f, ",2,0\n3,4,1\n5,6,0\n", ",6,1\n7,8,1\n9,,1\n"), NN_ok);
    assert_int_equal(f->d->n_fixed[NN_TRAIN], 2);
    assert_int_equal(f->d->n_fixed[NN_TEST], 1);
    assert_int_equal(f->d->n_dropped, 3);
    parts_fail(f, ",2,0\n3,4,1\n5,6,0\n", ",6,1\n7,8,1\n9,1,1.5\n", 3, 3, "label 1.5 is not a whole number");
    assert_int_equal(load_parts(f, ",2,0\n,4,1\n", "5,6,1\n7,8,0\n"), NN_data);
    fixture_said(f, 0, 0, "the data have no training row");
}

DATASET_TEST(split_and_files, f)
{
    f->spec.split = (split_spec){.kind = SPLIT_SIZES, .at = {7, 3}};
    f->spec.split.size[NN_TRAIN] = (part_size){SIZE_FRACTION, 0.5, {7, 5}};
    f->spec.split.size[NN_TEST] = (part_size){SIZE_FRACTION, 0.5, {7, 9}};
    assert_int_equal(load_parts(f, "1,2,0\n3,4,1\n", "5,6,1\n"), NN_data);
    fixture_said(f, 7, 3, "test has a file of its own; leave it out of `split`");
    f->spec.split.size[NN_TEST] = (part_size){0};
    f->spec.split.size[NN_VALIDATION] = (part_size){SIZE_COUNT, 3.0, {7, 9}};
    assert_int_equal(load_parts(f, "1,2,0\n3,4,1\n", "5,6,1\n"), NN_data);
    fixture_said(f, 7, 9, "the split asks for 4 rows, but there are 2");
    f->spec.split = (split_spec){.kind = SPLIT_COLUMN, .column = strdup("0"), .at = {7, 3}};
    assert_int_equal(load_parts(f, "0,2,0\n1,4,1\n", "2,6,1\n"), NN_data);
    fixture_said(f, 7, 3, "the parts have files of their own");
}
