/* Tests what dataset_describe finds in files: the kinds of columns, ranges, missing values, and the task. */
#include "fixtures/dataset_fixture.h"

static data_summary *describe(fixture *f, const char *text)
{
    data_summary *s = NULL;
    fixture_file(f, "data.csv");
    fixture_write(f, text, strlen(text));
    fixture_forget(f);
    f->status = dataset_describe(&f->spec, f->grid, NULL, &f->diags, &s);
    assert_int_equal(f->status == NN_ok, s != NULL);
    return s;
}

DATASET_TEST(kinds_and_ranges, f)
{
    data_summary *s = describe(f, "sex,age,weight,kind\nM,30,1.5,x\nF,,2.5,y\n?,40,-1,x\nM,50,7,y\n");
    assert_int_equal(f->status, NN_ok);
    assert_int_equal(s->n_rows, 4);
    assert_int_equal(s->n_inputs, 3);
    assert_int_equal(s->n_targets, 1);
    assert_int_equal(s->n_missing, 2);
    assert_int_equal(s->n_words, 1);
    assert_string_equal(s->files, "data.csv (CSV)");
    const data_values *v = s->inputs;
    assert_int_equal(v[0].kind, DATA_WORDS);
    assert_int_equal(v[0].n_words, 2);
    assert_int_equal(v[0].n_missing, 1);
    assert_string_equal(v[0].words, "F M");
    assert_true(isnan(v[0].low));
    assert_int_equal(v[1].kind, DATA_WHOLE);
    assert_real_equal(v[1].low, 30);
    assert_real_equal(v[1].high, 50);
    assert_real_equal(v[1].mean, 40);
    assert_int_equal(v[1].n_missing, 1);
    assert_int_equal(v[1].column, 2);
    assert_int_equal(v[2].kind, DATA_REAL);
    assert_real_equal(v[2].low, -1);
    assert_real_equal(v[2].mean, 2.5);
    assert_false(s->regression);
    assert_int_equal(s->n_classes, 2);
    assert_string_equal(s->class_names[1], "y");
    assert_int_equal(s->class_counts[0], 2);
    assert_int_equal(s->class_counts[1], 2);
    assert_int_equal(s->missing, MISSING_MEAN); /* a grid needs this setting for the file */
    assert_int_not_equal(s->digest, 0);
    assert_true(s->bytes > 0);
    data_summary_free(s);
}

DATASET_TEST(task_is_guessed, f)
{
    char *many = calloc(60, 16), *to = many;
    for (int i = 0; i < 51; i++)
        to += sprintf(to, "%d,%d\n", i, i);
    static const struct {
        const char *text;
        bool regression;
    } cases[] = {{"1,0\n2,1\n3,0\n", false},
                 {"1,0.5\n2,1\n3,0\n", true},
                 {"1,a\n2,b\n3,a\n", false},
                 {"1,a\n2,3\n3,a\n", false},
                 {"1,-4\n2,10\n3,10\n", false}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        data_summary *s = describe(f, cases[i].text);
        assert_int_equal(f->status, NN_ok);
        assert_int_equal(s->regression, cases[i].regression);
        data_summary_free(s);
    }
    data_summary *s = describe(f, many);
    assert_true(s->regression);
    assert_int_equal(s->target.kind, DATA_WHOLE);
    assert_real_equal(s->target.high, 50);
    data_summary_free(s);
    f->spec.task_given = true; /* the grid sets the task to classification */
    s = describe(f, many);
    assert_false(s->regression);
    assert_int_equal(s->n_classes, 51);
    data_summary_free(s);
    free(many);
}

DATASET_TEST(missing_targets, f)
{
    data_summary *s = describe(f, "1,0\n2,\n3,1\n4,NA\n");
    assert_int_equal(f->status, NN_ok);
    assert_int_equal(s->target.n_missing, 2);
    assert_int_equal(s->missing, MISSING_DROP);
    assert_int_equal(s->n_rows, 4);
    assert_int_equal(s->class_counts[0], 1);
    assert_int_equal(s->class_counts[1], 1);
    data_summary_free(s);
}

DATASET_TEST(mistakes_stay_mistakes, f)
{
    data_summary *s = describe(f, "1,2,0\n3,x,1\n5,6,0\n");
    assert_int_equal(f->status, NN_data);
    assert_null(s);
    fixture_said(f, 2, 2, "'x' is not a number");
    s = describe(f, "1,2,0\n3,1\n");
    assert_null(s);
    fixture_said(f, 2, 3, "the row has 2 fields");
    s = describe(f, "1,5\n2,5\n3,5\n");
    assert_null(s);
    fixture_said(f, 0, 0, "the same value in every row");
}

DATASET_TEST(parts_of_a_proben1_file, f)
{
    f->spec.split.kind = SPLIT_DEFAULT;
    data_summary *s = describe(f, "bool_in=1\nreal_in=1\nbool_out=2\nreal_out=0\ntraining_examples=2\n"
                                  "validation_examples=1\ntest_examples=1\n0 1.5 1 0\n1 2 0 1\n0 3 1 0\n1 4 0 1\n");
    assert_int_equal(f->status, NN_ok);
    assert_string_equal(s->files, "data.csv (Proben1)"); /* the content tells the format, whatever the name */
    assert_true(s->has_parts);
    assert_int_equal(s->n_part[NN_TRAIN], 2);
    assert_int_equal(s->n_part[NN_TEST], 1);
    assert_int_equal(s->n_targets, 2);
    assert_false(s->regression);
    assert_int_equal(s->n_classes, 2);
    assert_int_equal(s->n_inputs, 2);
    data_summary_free(s);
    s = describe(f, "bool_in=1\nreal_in=1\nbool_out=0\nreal_out=1\ntraining_examples=2\n"
                    "validation_examples=0\ntest_examples=1\n0 1.5 1.5\n1 2 0\n0 3 1\n");
    assert_true(s->regression);
    assert_real_equal(s->target.high, 1.5);
    assert_int_equal(s->n_part[NN_VALIDATION], 0);
    data_summary_free(s);
}
