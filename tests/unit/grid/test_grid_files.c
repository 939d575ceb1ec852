/* Tests every form of data.file, and one_hot and ignore: what is read, and what is a mistake. */
#include "fixtures/grid_fixture.h"

GRID_TEST(one_file)
{
    grid *g = grid_of("data: {file: a.csv, one_hot: text, ignore: id}\n");
    assert_string_equal(g->data.file, "a.csv");
    assert_true(g->data.one_hot_text);
    assert_int_equal(g->data.one_hot.n, 0);
    assert_int_equal(g->data.ignore.n, 1);
    assert_string_equal(g->data.ignore.words[0], "id");
    assert_true(data_spec_has_file(&g->data));
    assert_false(data_spec_has_part(&g->data, NN_TRAIN));
    grid_free(g);
}

GRID_TEST(columns_are_words_or_numbers)
{
    grid *g = grid_of("data:\n  file: a.csv\n  one_hot: [sex, 3, text, -1, \"a b\"]\n");
    static const char *const words[] = {"sex", "3", "text", "-1", "a b"};
    assert_int_equal(g->data.one_hot.n, 5);
    for (int i = 0; i < 5; i++)
        assert_string_equal(g->data.one_hot.words[i], words[i]);
    assert_false(g->data.one_hot_text);
    assert_int_equal(g->data.one_hot.at.line, 3);
    assert_int_equal(g->data.one_hot.at.column, 12);
    grid_free(g);
    g = grid_of("data: {file: a.csv, one_hot: \"text\"}\n"); /* quoted, it is the name of a column */
    assert_false(g->data.one_hot_text);
    assert_int_equal(g->data.one_hot.n, 1);
    grid_free(g);
}

GRID_TEST(two_files)
{
    grid *g = grid_of("data:\n  file: {inputs: X.npy, targets: y.npy}\n");
    const data_source *s = &g->data.parts[NN_TRAIN];
    assert_null(g->data.file);
    assert_null(s->file);
    assert_string_equal(s->inputs, "X.npy");
    assert_string_equal(s->targets, "y.npy");
    assert_int_equal(s->at.line, 2);
    assert_int_equal(s->at.column, 9);
    assert_false(data_spec_has_part(&g->data, NN_TEST));
    grid_free(g);
}

GRID_TEST(files_of_the_parts)
{
    grid *g = grid_of("data:\n  file:\n    train: a.csv\n    test: {inputs: X.npy, targets: y.npy}\n"
                      "    validation: {file: c.npz, inputs: X2, targets: y2}\n");
    const data_source *s = g->data.parts;
    assert_string_equal(s[NN_TRAIN].file, "a.csv");
    assert_null(s[NN_TEST].file);
    assert_string_equal(s[NN_TEST].targets, "y.npy");
    assert_string_equal(s[NN_VALIDATION].file, "c.npz");
    assert_string_equal(s[NN_VALIDATION].inputs, "X2");
    assert_int_equal(s[NN_VALIDATION].at.line, 5);
    grid_free(g);
}

GRID_TEST(set_changes_a_file)
{
    static const char *const sets[] = {"data.file.test=z.csv", "data.ignore=[a, b]"};
    static const char *const whole[] = {"data.file=z.csv"};
    grid *g = grid_with("data: {file: {train: a.csv, test: b.csv}, ignore: [c, d, e]}\n", sets, 2);
    assert_string_equal(g->data.parts[NN_TEST].file, "z.csv");
    assert_string_equal(g->data.parts[NN_TRAIN].file, "a.csv");
    assert_int_equal(g->data.ignore.n, 2);
    grid_free(g);
    g = grid_with("data: {file: {train: a.csv, test: b.csv}}\n", whole, 1);
    assert_string_equal(g->data.file, "z.csv");
    assert_false(data_spec_has_part(&g->data, NN_TRAIN));
    grid_free(g);
}

GRID_TEST(mistakes)
{
    assert_mistake("data: {file: {}}\n", "1:14: a file is missing here, or {inputs: X.npy, targets: y.npy}");
    assert_mistake("data: {file: {inputs: a}}\n", "inputs and targets go together");
    assert_mistake("data: {file: {train: {targets: a}}}\n", "1:22: inputs and targets go together");
    assert_mistake("data: {file: {train: {}}}\n", "1:22: a file is missing here");
    assert_mistake("data: {file: {test: a.csv}}\n", "the parts need train");
    assert_mistake("data: {file: {inputs: a, targets: b, test: c}}\n", "go below it: train:");
    assert_mistake("data: {file: {train: a, inputs: b}}\n", "go below it: train:");
    assert_mistake("data: {file: {tain: a}}\n", "unknown key of data.file 'tain'; did you mean 'train'?");
    assert_mistake("data: {file: {train: {input: a}}}\n",
                   "unknown key of data.file.train 'input'; did you mean 'inputs'?");
    assert_mistake("data: {file: [a, b]}\n", "file takes one value, not a list");
    assert_mistake("data: {file: a.csv, one_hot: {a: b}}\n", "one_hot");
    assert_mistake("data: {file: a.csv, ignore: [[a]]}\n", "ignore");
    assert_mistake("data: {file: {train: a.csv}, builtin: xor}\n", "not both");
    assert_mistake("data: {file: {train: a.csv}, rows: 5}\n", "rows goes with a built-in set");
}
