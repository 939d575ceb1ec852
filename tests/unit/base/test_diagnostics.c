/* Tests how mistakes are printed, in which order, with source line and caret; and which name is suggested for a
 * misspelt one. */
#include "fixtures/test.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/diagnostics.h"
#include "base/suggest.h"

static void assert_printed(const diagnostics *d, const char *expected)
{
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);
    diagnostics_print(d, "nothing was trained and nothing written", f);
    fclose(f);
    assert_string_equal(text, expected);
    free(text);
}

/* A mistake at this place of the source is printed as `expected`. */
static void assert_shown(const char *source, int line, int column, const char *expected)
{
    diagnostics d;
    diagnostics_init(&d);
    diagnostics_source(&d, "g", source);
    diagnostics_add(&d, SEVERITY_WARNING, NN_usage, (place){line, column}, "x");
    assert_printed(&d, expected);
    diagnostics_free(&d);
}

TEST(mistakes_are_sorted_and_counted)
{
    diagnostics d;
    diagnostics_init(&d);
    assert_printed(&d, "");
    assert_int_equal(diagnostics_status(&d), NN_ok);
    diagnostics_source(&d, "g.yaml", "a: 1\nb: 2\n");
    diagnostics_add(&d, SEVERITY_WARNING, NN_usage, (place){2, 4}, "late %d", 2);
    assert_int_equal(diagnostics_status(&d), NN_ok);
    diagnostics_add(&d, SEVERITY_ERROR, NN_usage, (place){1, 4}, "early");
    diagnostics_add(&d, SEVERITY_ERROR, NN_usage, (place){1, 4}, "early");
    diagnostics_add(&d, SEVERITY_ERROR, NN_usage, (place){0, 0}, "nowhere");
    diagnostics_add_file(&d, SEVERITY_ERROR, NN_data, "d.csv", (place){3, 0}, "a row");
    diagnostics_add_file(&d, SEVERITY_ERROR, NN_usage, "", (place){0, 0}, "--set x");
    assert_int_equal(d.n_errors, 4);
    assert_int_equal(diagnostics_status(&d), NN_usage);
    assert_printed(&d, "--set x\n"
                       "d.csv:3: a row\n"
                       "g.yaml: nowhere\n"
                       "g.yaml:1:4: early\n"
                       "    1 | a: 1\n"
                       "      |    ^\n"
                       "g.yaml:2:4: warning: late 2\n"
                       "    2 | b: 2\n"
                       "      |    ^\n"
                       "4 mistakes; nothing was trained and nothing written\n");
    diagnostics_free(&d);
    diagnostics_free(NULL);
}

TEST(warnings_of_a_range_are_dropped)
{
    diagnostics d;
    diagnostics_init(&d);
    diagnostics_add(&d, SEVERITY_WARNING, NN_usage, (place){0, 0}, "kept");
    diagnostics_add(&d, SEVERITY_WARNING, NN_usage, (place){0, 0}, "dropped");
    diagnostics_add(&d, SEVERITY_ERROR, NN_usage, (place){0, 0}, "an error");
    diagnostics_add(&d, SEVERITY_WARNING, NN_usage, (place){0, 0}, "dropped too");
    diagnostics_add(&d, SEVERITY_WARNING, NN_usage, (place){0, 0}, "behind");
    diagnostics_drop_warnings(&d, 1, 3);
    assert_int_equal(d.n, 3);
    assert_string_equal(d.items[0].message, "kept");
    assert_string_equal(d.items[1].message, "an error");
    assert_string_equal(d.items[2].message, "behind");
    diagnostics_drop_warnings(&d, 3, 0);
    assert_int_equal(d.n, 3);
    diagnostics_free(&d);
}

TEST(the_caret_stands_under_its_character)
{
    assert_shown("a\nb\n", 2, 1, "g:2:1: warning: x\n    2 | b\n      | ^\n");
    assert_shown("a\n\tb: c", 2, 2, "g:2:2: warning: x\n    2 |  b: c\n      |  ^\n");
    assert_shown("gr\xC3\xB6\xC3\x9F"
                 "e: 1",
                 1, 5,
                 "g:1:5: warning: x\n    1 | gr\xC3\xB6\xC3\x9F"
                 "e: 1\n      |     ^\n");
    assert_shown("a", 5, 1, "g:5:1: warning: x\n");
    assert_shown("", 1, 1, "g:1:1: warning: x\n    1 | \n      | ^\n");
}

TEST(every_line_break_of_yaml_counts)
{
    assert_shown("a\r\nb\rc\xC2\x85"
                 "d\xE2\x80\xA8"
                 "e",
                 5, 1, "g:5:1: warning: x\n    5 | e\n      | ^\n");
    assert_shown("a\r\nb\r\n", 1, 2, "g:1:2: warning: x\n    1 | a\n      |  ^\n");
}

TEST(a_terminal_is_not_garbled)
{
    diagnostics d;
    assert_shown("a\x1b[2Jb\xFF\xC2\x9B", 1, 1, "g:1:1: warning: x\n    1 | a?[2Jb??\n      | ^\n");
    diagnostics_init(&d);
    diagnostics_add(&d, SEVERITY_WARNING, NN_usage, (place){0, 0}, "one\ntwo \x1b[31m");
    assert_printed(&d, "warning: one?two ?[31m\n");
    diagnostics_free(&d);
}

TEST(a_long_line_is_cut_around_its_caret)
{
    char source[400] = "", expected[400] = "g:1:301: warning: x\n    1 | ";
    memset(source, '.', 350);
    source[300] = '#';
    memset(expected + strlen(expected), '.', 49);
    strcat(expected, "#");
    memset(expected + strlen(expected), '.', 49);
    strcat(expected, "\n      |                                                  ^\n");
    assert_shown(source, 1, 301, expected);
}

TEST(fifty_are_enough)
{
    diagnostics d;
    char *text = NULL;
    size_t size, lines = 0;
    diagnostics_init(&d);
    for (int i = 0; i < 3000; i++)
        diagnostics_add(&d, SEVERITY_ERROR, NN_usage, (place){i + 1, 1}, "mistake");
    assert_int_equal(d.n_errors, 3000);
    FILE *f = open_memstream(&text, &size);
    diagnostics_print(&d, "nothing was trained and nothing written", f);
    fclose(f);
    for (const char *c = text; *c != '\0'; c++)
        lines += *c == '\n';
    assert_int_equal(lines, 52);
    assert_non_null(strstr(text, "... and more: correct these first\n3000 mistakes;"));
    free(text);
    diagnostics_free(&d);
}

TEST(the_nearest_name_is_near)
{
    static const char *const names[] = {"momentum", "learning_rate", "l1", "lambda", "epochs"};
    assert_string_equal(suggest_nearest("momentun", names, 5), "momentum");
    assert_string_equal(suggest_nearest("momnetum", names, 5), "momentum");
    assert_string_equal(suggest_nearest("learningrate", names, 5), "learning_rate");
    assert_string_equal(suggest_nearest("lerning_rat", names, 5), "learning_rate");
    assert_string_equal(suggest_nearest("lamda", names, 5), "lambda");
    assert_string_equal(suggest_nearest("l2", names, 5), "l1");
    assert_null(suggest_nearest("colour", names, 5));
    assert_null(suggest_nearest("", names, 5));
    assert_null(suggest_nearest("x", names, 0));
    char word[300];
    memset(word, 'e', sizeof word - 1);
    word[sizeof word - 1] = '\0';
    assert_null(suggest_nearest(word, names, 5));
}

TEST(an_unknown_name_is_told)
{
    static const char *const names[] = {"relu", "tanh"};
    char text[200], word[300];
    assert_string_equal(suggest_unknown(text, sizeof text, "activation", "rellu", names, 2, true),
                        "unknown activation 'rellu'; did you mean 'relu'? (relu, tanh)");
    assert_string_equal(suggest_unknown(text, sizeof text, "key", "rellu", names, 2, false),
                        "unknown key 'rellu'; did you mean 'relu'?");
    assert_string_equal(suggest_unknown(text, sizeof text, "key", "x1234", names, 2, false),
                        "unknown key 'x1234' (relu, tanh)");
    memset(word, 'e', sizeof word - 1);
    word[sizeof word - 1] = '\0';
    suggest_unknown(text, sizeof text, "key", word, names, 2, false);
    assert_string_equal(text + strlen(text) - 15, "e' (relu, tanh)");
}
