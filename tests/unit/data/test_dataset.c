/* Tests what the CSV reader makes of a file, and which message, with line and column, each kind of broken file gets. */
#include "fixtures/dataset_fixture.h"

DATASET_TEST(reads_a_plain_table, f)
{
    assert_int_equal(fixture_csv(f, "a,b,label\n1,2,0\n3,4,1\n5,250,0\n"), NN_ok);
    assert_int_equal(f->d->data.n_rows, 3);
    assert_int_equal(f->d->data.n_inputs, 2);
    assert_int_equal(f->d->data.n_classes, 2);
    assert_int_equal(f->d->data.input_type, NN_UINT8);
    assert_string_equal(f->d->input_names[1], "b");
    assert_string_equal(f->d->target_name, "label");
    assert_string_equal(f->d->class_names[1], "1");
    assert_string_equal(f->d->name, "data.csv");
    assert_real_equal(fixture_input(f, 2, 1), 250.0);
    assert_int_equal(f->d->data.classes[1], 1);
    assert_true(f->d->bytes >= 3 * 2 + 3 * 4);
}

/* All of these hold the same table. */
DATASET_TEST(dialects_have_one_digest, f)
{
    static const char *const texts[] = {
        "1.5,2,0\n3,4,1\n5,6,0\n7,8,1\n9,1,1\n",
        "1.5;2;0\r\n3;4;1\r\n5;6;0\r\n7;8;1\r\n9;1;1\r\n",
        "1.5\t2\t0\n3\t4\t1\n5\t6\t0\n7\t8\t1\n9\t1\t1",
        "\357\273\277a,b,c\n1.5,2,0\n3,4,1\n5,6,0\n7,8,1\n9,1,1\n",
        "\n\n1.5, 2 ,0\n\n3,4,1\n  \n5,6,0\n7,8,1\n9,1,1\n\n",
        "\"a\",\"b, or \"\"x\"\"\",c\n\"1.5\",\"2\",0\n3,4,1\n5,6,0\n7,8,1\n9,1,1\n",
        "1.50,2.0,0.0\n3e0,+4,1\n5,6,-0\n7,8,1\n9,1,1\n",
        "1.5,2,0\r3,4,1\r5,6,0\r7,8,1\r9,1,1\r",
    };
    uint64_t digest = 0;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_int_equal(fixture_csv(f, texts[i]), NN_ok);
        assert_int_equal(f->diags.n, 0);
        assert_int_equal(f->d->data.n_rows, 5);
        assert_true(i == 0 || f->d->digest == digest);
        digest = f->d->digest;
    }
    assert_int_equal(fixture_csv(f, "1.5,2,0\n3,4,1\n5,6,0\n7,8,1\n9,2,1\n"), NN_ok);
    assert_int_not_equal(f->d->digest, digest);
    assert_int_equal(fixture_csv(f, "1.5,2,0\n3,4,1\n5,6,0\n7,8,1\n9,1,2\n"), NN_ok);
    assert_int_not_equal(f->d->digest, digest);
}

DATASET_TEST(quoted_fields_may_hold_anything, f)
{
    assert_int_equal(fixture_csv(f, "1,\"x, or \"\"y\"\"\nand z\"\n2,plain\n3,plain\n4,plain\n5,plain\n"), NN_ok);
    assert_int_equal(f->d->data.n_classes, 2);
    assert_string_equal(f->d->class_names[0], "plain");
    assert_string_equal(f->d->class_names[1], "x, or \"y\"\nand z");
    fixture_fails(f, "1,\"a\nb\"\n2,c\n3,c\nx,c\n", 5, 1, "'x' is not a number"); /* row 1 takes two lines */
}

DATASET_TEST(header_is_found_or_told, f)
{
    assert_int_equal(fixture_csv(f, "5.1,3.5,setosa\n4.9,3,setosa\n7,3,virginica\n6,2,virginica\n5,2,setosa\n"), NN_ok);
    assert_int_equal(f->d->data.n_rows, 5);
    assert_null(f->d->input_names);
    assert_int_equal(fixture_csv(f, "x,y,kind\n4.9,3,setosa\n7,3,virginica\n6,2,virginica\n5,2,setosa\n6,3,setosa\n"),
                     NN_ok);
    assert_int_equal(f->d->data.n_rows, 5);
    f->spec.header = 1;
    assert_int_equal(fixture_csv(f, "0,1,2\n4,3,1\n7,3,0\n6,2,1\n5,2,0\n6,3,0\n"), NN_ok);
    assert_string_equal(f->d->input_names[1], "1");
    f->spec.header = 0;
    fixture_fails(f, "x,y,kind\n4,3,1\n7,3,0\n", 1, 1, "'x' is not a number");
}

DATASET_TEST(first_line_of_counts_is_left_out, f)
{
    assert_int_equal(fixture_csv(f, "5,4,no,yes\n1,2,3,4,0\n5,6,7,8,1\n9,1,2,3,0\n1,1,1,1,0\n2,2,2,2,1\n"), NN_ok);
    assert_int_equal(f->d->data.n_rows, 5);
    fixture_said(f, 1, 1, "the numbers of rows and inputs, as scikit-learn's files do; it is left out");
}

static void choose(fixture *f, const char *target)
{
    free(f->spec.target);
    f->spec.target = strdup(target);
    f->spec.target_at = (place){4, 7};
}

DATASET_TEST(target_by_name_index_first_last, f)
{
    static const char text[] = "a,b,c\n0,10,5\n1,20,6\n0,30,5\n1,40,6\n0,50,5\n";
    static const struct {
        const char *word, *name;
    } cases[] = {{"first", "a"}, {"last", "c"}, {"b", "b"}, {"0", "a"}, {"1", "b"}, {"-1", "c"}, {"-3", "a"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        choose(f, cases[i].word);
        assert_int_equal(fixture_csv(f, text), NN_ok);
        assert_string_equal(f->d->target_name, cases[i].name);
    }
    choose(f, "lable");
    fixture_fails(f, "a,b,label\n0,10,5\n1,20,6\n", 4, 7, "has no column 'lable'; did you mean 'label'? (a, b, label)");
    choose(f, "colour");
    fixture_fails(f, "a,b,label\n0,10,5\n1,20,6\n", 4, 7, "has no column 'colour'; it has: a, b, label");
    choose(f, "3");
    fixture_fails(f, text, 4, 7, "has no column 3; it has 3 columns: 0 to 2, or -1 to -3 from the end");
    choose(f, "-4");
    fixture_fails(f, text, 4, 7, "has no column -4");
    choose(f, "age");
    fixture_fails(f, "1,2,3\n4,5,6\n", 4, 7, "has no header");
    choose(f, "a");
    fixture_fails(f, "a,a,b\n1,2,3\n4,5,6\n", 4, 7, "two columns called 'a'; give the index, 0 or 1");
}

DATASET_TEST(classes_are_sorted, f)
{
    assert_int_equal(fixture_csv(f, "1,10\n2,9\n3,-1\n4,10\n5,1\n"), NN_ok);
    assert_int_equal(f->d->data.n_classes, 4);
    static const char *const numbers[] = {"-1", "1", "9", "10"};
    static const int32_t of[] = {3, 2, 0, 3, 1};
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(f->d->class_names[i], numbers[i]);
    assert_memory_equal(f->d->data.classes, of, sizeof of);
    assert_int_equal(fixture_csv(f, "1,b\n2,10\n3,9\n4,b\n5,B\n"), NN_ok);
    static const char *const words[] = {"10", "9", "B", "b"};
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(f->d->class_names[i], words[i]);
}

DATASET_TEST(bad_labels, f)
{
    f->spec.target_at = (place){5, 11};
    fixture_fails(f, "x,y\n1,2\n2,2.5\n3,1\n", 3, 2, "label 2.5 is not a whole number");
    fixture_fails(f, "x,y\n1,2\n2,2.5\n3,1\n", 3, 2, "`task: regression`");
    fixture_fails(f, "1,7\n2,7\n3,7\n", 5, 11, "the same value in every row");
    char *text = calloc(1001, 16);
    for (int i = 0; i < 1001; i++)
        sprintf(text + strlen(text), "1,%d\n", i);
    fixture_fails(f, text, 5, 11, "1001 distinct values, but at most 1000 classes are supported");
    free(text);
}

DATASET_TEST(regression_targets, f)
{
    f->spec.regression = f->spec.task_given = true;
    assert_int_equal(fixture_csv(f, "1,0.5\n2,1.5\n3,2\n4,4\n5,5\n"), NN_ok);
    assert_null(f->d->data.classes);
    assert_int_equal(f->d->data.n_targets, 1);
    assert_real_equal(f->d->data.targets[1], 1.5);
    fixture_fails(f, "x,age\n1,abc\n2,3\n", 2, 2, "'abc' is not a number (column 'age')");
}

DATASET_TEST(text_in_inputs, f)
{
    fixture_fails(f, "sex,age,y\nM,3,1\nF,4,0\nM,5,1\n", 2, 1,
                  "is categorical, with values such as 'M' (column 'sex')");
    assert_int_equal(f->diags.n, 1); /* said once, not for each row */
    fixture_fails(f, "size,age,y\n1,3,1\n1,ab\tc,0\n1,5,1\n", 3, 2, "'ab?c' is not a number (column 'age')");
    fixture_fails(f, "1,2,0\n1,0x10,1\n", 2, 2, "'0x10' is not a number");
    fixture_fails(f, "1,2,0\n1,inf,1\n", 2, 2, "'inf' is not a number");
    fixture_fails(f, "1,2,0\n1,1e999,1\n", 2, 2, "'1e999' is not a number");
    fixture_fails(f, "1,2,0\n1,\xff\xfe,1\n", 2, 2, "the byte 0xFF is no UTF-8: set encoding: latin1");
    fixture_fails(f, "1,2,0\n1,5 5,1\n", 2, 2, "'5 5' is not a number");
}

/* A few mistakes of a column are each told; of more, the first one is. */
DATASET_TEST(repeated_mistakes_are_told_once, f)
{
    char text[2000] = "";
    for (int i = 0; i < 45; i++)
        strcat(text, i < 20 ? "1,2,0\n" : "1,oops,1\n");
    fixture_fails(f, text, 21, 2, "'oops' is not a number, here first, in 25 rows in all");
    assert_int_equal(f->diags.n, 1);
    fixture_fails(f, "1,2,0\n1,2,1\n1,x,0\n2,y,1\n1,2,0\n", 3, 2, "'x' is not a number;");
    fixture_said(f, 4, 2, "'y' is not a number;");
    assert_int_equal(f->diags.n, 2);
}

DATASET_TEST(at_most_ten_mistakes_are_shown, f)
{
    enum { COLUMNS = 25 };
    char text[6000] = "";
    for (int i = 0; i < 24; i++) {
        for (int j = 0; j < COLUMNS; j++)
            strcat(text, i == 20 + j % 3 ? "oops," : "1,");
        strcat(text, i % 2 == 0 ? "0\n" : "1\n");
    }
    fixture_fails(f, text, 22, 11, "... and 15 more");
    assert_int_equal(f->diags.n, 11);
    fixture_said(f, 21, 10, "'oops' is not a number");
}

DATASET_TEST(broken_rows, f)
{
    fixture_fails(f, "1,2,0\n1,2\n1,2,1\n", 2, 3, "the row has 2 fields, but 3 are expected");
    fixture_fails(f, "1,2,0\n1,2,3,4\n1,2,1\n", 2, 4, "the row has 4 fields, but 3 are expected");
    fixture_fails(f, "1,2,0\n1,\"2,1\n3,4,0\n", 2, 2, "never closed");
    fixture_fails(f, "1,2,0\n1,\"2\"x,1\n3,4,0\n", 2, 2, "after a closing quote");
    fixture_fails(f, "1\n2\n3\n", 0, 0, "has 1 column; a target and at least one input are needed");
    fixture_fails(f, "", 0, 0, "is empty");
    fixture_fails(f, "\n \n\r\n", 0, 0, "is empty");
    fixture_fails(f, "a,b,c\n", 0, 0, "has a header but no row of data");
    fixture_fails(f, "a,b,c\n1,2\n", 2, 3, "the row has 2 fields, but 3 are expected");
    fixture_file(f, "data.csv");
    fixture_write(f, "1,2,0\n3,\0,1\n", 12);
    assert_int_equal(fixture_load(f), NN_data);
    fixture_said(f, 2, 2, "zero byte");
}

DATASET_TEST(files_that_are_not_there, f)
{
    f->spec.file_at = (place){3, 9};
    fixture_file(f, "nowhere.csv");
    assert_int_equal(fixture_load(f), NN_data);
    fixture_said(f, 3, 9, "there is no file");
    fixture_file(f, ".");
    assert_int_equal(fixture_load(f), NN_data);
    fixture_said(f, 0, 0, "is a folder");
    fixture_file(f, "");
    assert_int_equal(fixture_load(f), NN_data);
    fixture_said(f, 3, 9, "the file has no name");
    fixture_file(f, "data.xlsx");
    fixture_write(f, "x", 1);
    assert_int_equal(fixture_load(f), NN_data);
    fixture_said(f, 3, 9, "is named as an Excel workbook, which is not read; save the sheet as CSV in UTF-8");
}

DATASET_TEST(paths_beside_the_grid_or_below_the_root, f)
{
    fixture_file(f, "data.csv");
    fixture_write(f, "x", 1);
    char *beside = data_path("data.csv", f->grid, "/"), *below = data_path("data.csv", "grid.yaml", f->folder);
    char *absolute = data_path("/a/b", f->grid, f->folder), *nowhere = data_path("no.csv", "g/grid.yaml", f->folder);
    assert_string_equal(beside, f->path);
    assert_string_equal(below, f->path);
    assert_string_equal(absolute, "/a/b");
    assert_string_equal(nowhere, "g/no.csv");
    free(beside);
    free(below);
    free(absolute);
    free(nowhere);
}

DATASET_TEST(missing_values, f)
{
    static const char text[] = "a,b,y\n1,,0\n?,2,1\n3,NA,0\nNaN,4,1\n5,6,1\n";
    fixture_fails(f, text, 2, 2, "a value is missing (column 'b')");
    fixture_said(f, 3, 1, "in 2 rows in all; set `missing: mean");
    assert_int_equal(f->diags.n, 2);
    f->spec.missing = MISSING_MEAN;
    assert_int_equal(fixture_csv(f, text), NN_ok);
    assert_int_equal(f->d->n_missing, 4);
    assert_int_equal(f->d->data.input_type, NN_FLOAT32);
    assert_true(isnan(fixture_input(f, 0, 1)));
    fixture_fails(f, "a,b,y\n1,,0\n2,,1\n", 2, 2, "has no value in any row");
    fixture_fails(f, "a,b,y\n1,2,0\n2,3,\n", 3, 3, "targets are not imputed");
    f->spec.missing = MISSING_DROP;
    assert_int_equal(fixture_csv(f, "a,y\n1,0\n,1\n3,0\n4,\n5,1\n6,1\n7,0\n"), NN_ok);
    assert_int_equal(f->d->n_dropped, 2);
    assert_int_equal(f->d->data.n_rows, 5);
    assert_int_equal(f->d->data.input_type, NN_UINT8);
    assert_real_equal(fixture_input(f, 1, 0), 3.0);
    fixture_fails(f, "a,b,y\n1,,0\n2,,1\n", 0, 0, "every row has a missing value");
}

DATASET_TEST(smallest_form, f)
{
    static const struct {
        const char *value;
        nn_type type;
    } cases[] = {{"255", NN_UINT8},   {"256", NN_FLOAT32},      {"-1", NN_FLOAT32},   {"0.5", NN_FLOAT32},
                 {"0.1", NN_FLOAT64}, {"16777217", NN_FLOAT64}, {"1e300", NN_FLOAT64}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[100];
        snprintf(text, sizeof text, "%s,0\n1,1\n2,0\n3,1\n4,1\n", cases[i].value);
        assert_int_equal(fixture_csv(f, text), NN_ok);
        assert_int_equal(f->d->data.input_type, cases[i].type);
        assert_real_equal(fixture_input(f, 0, 0), strtod(cases[i].value, NULL));
    }
}
