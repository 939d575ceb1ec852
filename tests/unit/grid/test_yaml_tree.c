/* Tests YAML as a tree: places, aliases and merge keys; what is refused; and the messages for broken YAML. */
#include "fixtures/test.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "grid/yaml/tree.h"

/* Returns the tree of a text that has no mistake. */
static yaml_tree *tree_of(const char *text)
{
    diagnostics d;
    yaml_tree *t = NULL;
    diagnostics_init(&d);
    const nn_status status = yaml_tree_parse("a.yaml", text, strlen(text), &d, &t);
    if (d.n > 0)
        diagnostics_print(&d, "-", stderr);
    assert_int_equal(status, NN_ok);
    assert_int_equal(d.n, 0);
    diagnostics_free(&d);
    return t;
}

/* The text has one mistake, at this place, whose message has these words; there is no tree. */
static void assert_refused_bytes(const char *text, size_t size, int line, int column, const char *words)
{
    diagnostics d;
    yaml_tree *const untouched = (yaml_tree *)&d, *t = untouched;
    diagnostics_init(&d);
    assert_int_equal(yaml_tree_parse("a.yaml", text, size, &d, &t), NN_usage);
    assert_ptr_equal(t, untouched);
    assert_int_equal(d.n, 1);
    const diagnostic *m = &d.items[0];
    if (m->at.line != line || m->at.column != column || strstr(m->message, words) == NULL)
        fail_msg("%s\nsays %d:%d: %s\nnot  %d:%d: %s", text, m->at.line, m->at.column, m->message, line, column, words);
    diagnostics_free(&d);
}

static void assert_refused(const char *text, int line, int column, const char *words)
{
    assert_refused_bytes(text, strlen(text), line, column, words);
}

static const char *text_at(const node *map, const char *key)
{
    const node *value = yaml_get(map, key, NULL);
    return value != NULL && value->kind == NODE_SCALAR ? value->text : NULL;
}

TEST(nodes_know_their_places)
{
    yaml_tree *t = tree_of("a: 1\nb:\n  - x\n  - {c: 'two words'}\n");
    const node *root = yaml_tree_root(t);
    place at;
    const node *b = yaml_get(root, "b", &at);
    assert_int_equal(at.line, 2);
    assert_int_equal(at.column, 1);
    assert_int_equal(b->kind, NODE_LIST);
    assert_int_equal(b->n, 2);
    assert_int_equal(b->at.line, 3);
    assert_int_equal(b->at.column, 3);
    const node *c = yaml_get(b->items[1], "c", &at);
    assert_int_equal(at.line, 4);
    assert_int_equal(at.column, 6);
    assert_int_equal(c->at.column, 9);
    assert_string_equal(c->text, "two words");
    assert_false(c->plain);
    assert_true(yaml_get(root, "a", NULL)->plain);
    assert_null(yaml_get(root, "z", NULL));
    assert_null(yaml_get(b, "z", NULL));
    assert_string_equal(yaml_tree_text(t), "a: 1\nb:\n  - x\n  - {c: 'two words'}\n");
    yaml_tree_free(t);
    yaml_tree_free(NULL);
}

TEST(lines_end_as_they_like)
{
    yaml_tree *t = tree_of("\xEF\xBB\xBF"
                           "a: 1\r\nb: 2\r\n\r\nc: 3");
    place at;
    assert_string_equal(yaml_get(yaml_tree_root(t), "a", &at)->text, "1");
    assert_int_equal(at.line, 1);
    assert_int_equal(at.column, 1);
    assert_string_equal(yaml_get(yaml_tree_root(t), "c", &at)->text, "3");
    assert_int_equal(at.line, 4);
    yaml_tree_free(t);
}

TEST(aliases_share_and_merge_keys_join)
{
    yaml_tree *t = tree_of("one: &one {a: 1, b: 1}\n"
                           "two: &two {b: 2, c: 2}\n"
                           "same: *one\n"
                           "own: {<<: *one, a: 3}\n"
                           "both: {<<: [*one, *two], d: 4}\n"
                           "chain: &chain {<<: *two, e: 5}\n"
                           "last: {<<: *chain}\n"
                           "word: {'<<': 6}\n");
    const node *root = yaml_tree_root(t), *both = yaml_get(root, "both", NULL);
    assert_ptr_equal(yaml_get(root, "same", NULL), yaml_get(root, "one", NULL));
    assert_string_equal(text_at(yaml_get(root, "own", NULL), "a"), "3");
    assert_string_equal(text_at(yaml_get(root, "own", NULL), "b"), "1");
    assert_int_equal(both->n, 4);
    assert_string_equal(text_at(both, "b"), "1");
    assert_string_equal(text_at(both, "c"), "2");
    assert_string_equal(text_at(yaml_get(root, "last", NULL), "e"), "5");
    assert_string_equal(text_at(yaml_get(root, "last", NULL), "c"), "2");
    assert_string_equal(text_at(yaml_get(root, "word", NULL), "<<"), "6");
    assert_int_equal(yaml_get(both, "c", NULL)->at.line, 2);
    yaml_tree_free(t);
}

/* YAML 1.2, 3.2.2.2: an alias means the last anchor of its name before it; libyaml's own composer refuses a second. */
TEST(an_anchor_may_stand_again)
{
    yaml_tree *t = tree_of("a: &x 1\nb: *x\nc: &x [2, 4]\nd: *x\ne: {f: &x 3, g: *x}\nh: *x\n");
    const node *root = yaml_tree_root(t), *c = yaml_get(root, "c", NULL);
    assert_string_equal(text_at(root, "b"), "1");
    assert_ptr_equal(yaml_get(root, "d", NULL), c);
    assert_string_equal(text_at(yaml_get(root, "e", NULL), "g"), "3");
    assert_string_equal(text_at(root, "h"), "3");
    yaml_tree_free(t);
    t = tree_of("a: &x 1\nb: &y 2\nc: &x 5\nd: [*y, *x]\n");
    assert_string_equal(yaml_get(yaml_tree_root(t), "d", NULL)->items[1]->text, "5");
    yaml_tree_free(t);
    assert_refused("a: &x 1\nb: &x [1, *x]\n", 2, 4, "contains itself");
}

TEST(a_duplicate_key_keeps_its_first_value)
{
    diagnostics d;
    yaml_tree *t = NULL;
    static const char text[] = "a: 1\nb: {c: 1, c: 2}\na: 3\n";
    diagnostics_init(&d);
    assert_int_equal(yaml_tree_parse("a.yaml", text, strlen(text), &d, &t), NN_ok); /* the reader goes on after it */
    assert_int_equal(d.n_errors, 2);
    assert_string_equal(d.items[0].message, "duplicate key 'c'; it is at line 2 already");
    assert_string_equal(d.items[1].message, "duplicate key 'a'; it is at line 1 already");
    assert_int_equal(d.items[1].at.line, 3);
    assert_string_equal(text_at(yaml_tree_root(t), "a"), "1");
    yaml_tree_free(t);
    diagnostics_free(&d);
}

TEST(no_file_made_of_aliases_takes_all_memory)
{
    char text[200000] = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
    size_t used = strlen(text);
    for (int i = 1; i < 30; i++)
        used += (size_t)sprintf(text + used, "a%d: &a%d [*a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d]\n", i, i,
                                i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
    yaml_tree_free(tree_of(text)); /* nodes are shared: 300 of them, not 10^30 */

    used = (size_t)sprintf(text, "a: &a {");
    for (int i = 0; i < 200; i++)
        used += (size_t)sprintf(text + used, "k%d: 1,", i);
    used += (size_t)sprintf(text + used, "}\nb:\n");
    for (int i = 0; i < 12000; i++)
        used += (size_t)sprintf(text + used, " - <<: *a\n");
    assert_refused(text, 9900, 4, "too large");

    used = (size_t)sprintf(text, "a: &a {b: 1}\nc: {<<: [");
    for (int i = 0; i < 300; i++)
        used += (size_t)sprintf(text + used, "*a,");
    sprintf(text + used, "]}\n");
    assert_refused(text, 2, 4, "too many keys");
}

TEST(nothing_holds_itself)
{
    char deep[200] = "a: ";
    assert_refused("a: &x [*x]\n", 1, 4, "contains itself");
    assert_refused("a: &x {b: {c: *x}}\n", 1, 4, "contains itself");
    assert_refused("&x a: {<<: *x}\n", 1, 1, "a merge key takes a mapping");
    memset(deep + 3, '[', 60);
    memset(deep + 63, ']', 60);
    assert_refused(deep, 1, 36, "nested too deeply");
}

TEST(other_forms_are_refused)
{
    static const char nul[] = "a: 1\0b: 2\n", utf16[] = "\xFF\xFE"
                                                        "a\0:\0";
    assert_refused("", 0, 0, "the grid is empty");
    assert_refused("# nothing\n", 0, 0, "the grid is empty");
    assert_refused("- a\n", 1, 1, "a grid is a mapping");
    assert_refused("a: 1\n---\nb: 2\n", 3, 1, "a second document");
    assert_refused("a: 1\n...\nb: [\n", 3, 1, "the grid ends before this");
    assert_refused("{a: 1} b\n", 1, 8, "the grid ends before this");
    assert_refused("[a]: 1\n", 1, 1, "a key is a scalar");
    assert_refused("a: \"x\\0y\"\n", 1, 4, "cannot contain");
    assert_refused("a: {<<: [1]}\n", 1, 10, "a merge key takes a mapping");
    assert_refused("a: \xC3\xB6 \xFF\n", 1, 6, "this is not text");
    assert_refused("a: 1\nb: \x01\n", 2, 4, "this is not text");
    assert_refused_bytes(nul, sizeof nul - 1, 1, 5, "this is not text");
    assert_refused_bytes(utf16, sizeof utf16 - 1, 1, 1, "this is not text");
}

TEST(broken_yaml_is_told_in_plain_words)
{
    static const struct {
        const char *text;
        int line, column;
        const char *words;
    } cases[] = {
        {"a:\n\tb: 1\n", 2, 1, "a tab cannot indent"},
        {"a:\n  b: 1\n\tc: 1\n", 3, 1, "a tab cannot indent"},
        {"a:\n    b: 1\n  c: 1\n", 3, 3, "indented like no line above"},
        {"a:\n  b: 1\n   c: 1\n", 3, 4, "indented further than the key before it"},
        {"a:\n  b 1\n  c: 1\n", 2, 3, "this line is not `key: value`"},
        {"a:\n  b:1\n\n  # note\n  c: 1\n", 2, 3, "this line is not `key: value`"},
        {"a\n  b: 1\n", 1, 1, "this line is not `key: value`"},
        {"a: b: c\n", 1, 5, "a second `: `"},
        {"a: 1\nb: \"x\nc: 1\n", 2, 4, "this quote is never closed"},
        {"a: 'x\n---\nc: 1\n", 1, 4, "this quote is never closed"},
        {"a: [1, 2\nb: 1\n", 1, 4, "this [ has no ]"},
        {"a: [1, [2, 3]\n", 1, 4, "this [ has no ]"},
        {"a: {b: 1\nc: 1\n", 1, 4, "this { has no }"},
        {"a: {b: [1}\n", 1, 8, "this [ has no ]"},
        {"a: {b: 1]\n", 1, 4, "this { has no }"},
        {"a: 1\n}\n", 2, 1, "closes no bracket"},
        {"a: 'x' y\n", 1, 8, "the value ends before this"},
        {"a: *b\n", 1, 4, "unknown anchor"},
        {"a: *.csv\n", 1, 4, "a value cannot begin with this"},
        {"a: @b\n", 1, 4, "a value cannot begin with this"},
        {"a: \"\\q\"\n", 1, 5, "begins an escape"},
        {"a:\n  - 1\n  b: 2\n", 3, 3, "the next item of the list above"},
        {"a: - 1\n", 1, 4, "a list on the line of its key"},
        {"a: [1, , 2]\n", 1, 8, "a value is missing here"},
        {"a: > b\n", 1, 6, "goes on in the next line"},
        {"%YAML 3.0\n---\na: 1\n", 1, 1, "unknown version of YAML"},
        {"a: !<x y\n", 1, 7, "this is not YAML: "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_refused(cases[i].text, cases[i].line, cases[i].column, cases[i].words);
}

TEST(a_file_that_is_not_there)
{
    diagnostics d;
    yaml_tree *t = NULL;
    diagnostics_init(&d);
    assert_int_equal(yaml_tree_read("/nowhere/a.yaml", &d, &t), NN_usage);
    assert_int_equal(yaml_tree_read("/", &d, &t), NN_usage);
    assert_null(t);
    assert_string_equal(d.items[0].message, "cannot read the grid /nowhere/a.yaml: No such file or directory");
    assert_string_equal(d.items[1].message, "cannot read the grid /: Is a directory");
    diagnostics_free(&d);
}
