/* Tests how numbers, tables and curves are written for people, and how a command's options are printed. */
#include "fixtures/test.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/options.h"
#include "base/text.h"

TEST(numbers_have_units)
{
    char text[64];
    assert_string_equal(text_bytes(12, text, sizeof text), "12 B");
    assert_string_equal(text_bytes(1234, text, sizeof text), "1.2 kB");
    assert_string_equal(text_bytes(34.4e6, text, sizeof text), "34 MB");
    assert_string_equal(text_bytes(999.9e6, text, sizeof text), "1.0 GB");
    assert_string_equal(text_seconds(0.0123, text, sizeof text), "12 ms");
    assert_string_equal(text_seconds(5.25, text, sizeof text), "5.2 s");
    assert_string_equal(text_seconds(59.7, text, sizeof text), "1 min 0 s");
    assert_string_equal(text_seconds(125, text, sizeof text), "2 min 5 s");
    assert_string_equal(text_seconds(3 * 3600 + 120, text, sizeof text), "3 h 2 min");
    assert_string_equal(text_seconds(50 * 3600, text, sizeof text), "2 d 2 h");
    assert_string_equal(text_seconds(NN_NAN, text, sizeof text), "?");
    assert_string_equal(text_value(NN_NAN, text, sizeof text), "-");
    assert_string_equal(text_value(0.123456, text, sizeof text), "0.1235");
    assert_string_equal(text_value(123456, text, sizeof text), "123456");
    assert_string_equal(text_count(1, "run", text, sizeof text), "1 run");
    assert_string_equal(text_count(0, "run", text, sizeof text), "0 runs");
    assert_string_equal(text_count(3, "class", text, sizeof text), "3 classes");
}

TEST(tables_line_up)
{
    static const char *const cells[] = {"cell", "name", "loss", "0", "relu", "0.5", "12", "softsign", "-"};
    text_table t;
    text_table_init(&t, 3);
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++)
        text_table_add(&t, cells[i]);
    char *text = text_table_text(&t);
    assert_string_equal(text, "cell  name      loss\n"
                              "   0  relu       0.5\n"
                              "  12  softsign     -\n");
    free(text);
    text_table_free(&t);
}

TEST(sparkline_follows_the_curve)
{
    const double curve[] = {0, 1, 2, 3, 4, 5, 6, 7}, flat[] = {2, 2, NN_NAN};
    double rate[156]; /* their means over 3 and 4 points differ by a rounding */
    char text[64];
    assert_string_equal(text_sparkline(curve, 8, 8, false, text, sizeof text), "_.,-=+*#");
    assert_string_equal(text_sparkline(curve, 8, 2, false, text, sizeof text), "_#");
    assert_string_equal(text_sparkline(flat, 3, 8, false, text, sizeof text), "__ ");
    for (size_t i = 0; i < 156; i++)
        rate[i] = 0.1;
    assert_string_equal(text_sparkline(rate, 156, 10, false, text, sizeof text), "__________");
    assert_string_equal(text_sparkline(curve, 2, 8, true, text, sizeof text), "\u2581\u2588");
    assert_string_equal(text_sparkline(curve, 0, 8, true, text, sizeof text), "");
}

/* A file may hold any number: sums and differences of large ones are infinite, and a share of tiny ones may be 1. */
TEST(sparkline_of_any_numbers)
{
    const double huge[] = {-1.7e308, 1.7e308, 1.7e308, 1.7e308}, tiny[] = {0, 5e-324, 0, 4e-323};
    char text[64];
    assert_string_equal(text_sparkline(huge, 4, 4, false, text, sizeof text), "_###");
    assert_string_equal(text_sparkline(huge, 4, 2, false, text, sizeof text), "_#");
    assert_string_equal(text_sparkline(tiny, 4, 4, false, text, sizeof text), "___#");
}

typedef struct sample {
    const char *file, *out;
    int64_t threads;
    bool quiet;
    option_list set;
} sample;

static const option_row rows[] = {
    {NULL, 0, OPTION_TEXT, "FILE", offsetof(sample, file), "", false, 0},
    {"out", 'o', OPTION_TEXT, "OUT", offsetof(sample, out), "", false, 0},
    {"threads", 'j', OPTION_COUNT, "N", offsetof(sample, threads), "", false, 1},
    {"quiet", 0, OPTION_FLAG, NULL, offsetof(sample, quiet), "", false, 0},
    {"set", 0, OPTION_LIST, "K=V", offsetof(sample, set), "", false, 0},
};
enum { N_ROWS = sizeof rows / sizeof *rows };

static const option_rule rules[] = {
    {"--quiet", "--threads FILE", NULL, "it is silent"},
    {"--out", NULL, "FILE", "which it copies"},
    {NULL, NULL, NULL, NULL},
};

/* Splits a command line at blanks and parses it. */
static nn_status parse(const char *line, sample *s, nn_error *err)
{
    static char words[256];
    char *argv[16];
    int argc = 0;
    *s = (sample){0};
    snprintf(words, sizeof words, "%s", line);
    for (char *word = strtok(words, " "); word != NULL; word = strtok(NULL, " "))
        argv[argc++] = word;
    return options_parse(rows, N_ROWS, rules, argc, argv, s, err);
}

TEST(options_are_read)
{
    sample s;
    nn_error err;
    assert_int_equal(parse("g.yaml -o x.h5 -j4 --set a=1 --set=b=2", &s, &err), NN_ok);
    assert_string_equal(s.file, "g.yaml");
    assert_string_equal(s.out, "x.h5");
    assert_int_equal(s.threads, 4);
    assert_false(s.quiet);
    assert_int_equal(s.set.n, 2);
    assert_string_equal(s.set.items[0], "a=1");
    assert_string_equal(s.set.items[1], "b=2");
    options_free(rows, N_ROWS, &s);
    assert_int_equal(parse("--out=- -- -strange.yaml", &s, &err), NN_ok);
    assert_string_equal(s.file, "-strange.yaml");
    assert_string_equal(s.out, "-");
    assert_int_equal(parse("--quiet --quiet", &s, &err), NN_ok);
    assert_true(s.quiet);
}

TEST(wrong_options_are_explained)
{
    static const struct {
        const char *line, *message;
    } cases[] = {
        {"a b", "'b' is one argument too many"},
        {"a --thread 3", "unknown option '--thread'; did you mean '--threads'?"},
        {"a -x", "unknown option '-x'"},
        {"a -j", "--threads needs a value: --threads N"},
        {"a -j 0", "--threads takes a whole number of at least 1, not '0'"},
        {"a -j two", "--threads takes a whole number of at least 1, not 'two'"},
        {"a --quiet=1", "--quiet takes no value"},
        {"a -j 2 --threads=3", "--threads is given twice; leave one out"},
        {"--quiet -j 2", "--quiet and --threads cannot be given together (it is silent); leave one out"},
        {"a --quiet", "--quiet and FILE cannot be given together (it is silent); leave one out"},
        {"-o x", "--out needs FILE (which it copies)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sample s;
        nn_error err;
        assert_int_equal(parse(cases[i].line, &s, &err), NN_usage);
        assert_string_equal(err.message, cases[i].message);
        options_free(rows, N_ROWS, &s);
    }
}

TEST(a_missing_argument_is_named)
{
    static const option_row required = {NULL, 0, OPTION_TEXT, "FILE", offsetof(sample, file), "", true, 0};
    sample s = {0};
    nn_error err;
    assert_int_equal(options_parse(&required, 1, NULL, 0, NULL, &s, &err), NN_usage);
    assert_string_equal(err.message, "FILE is missing");
}

TEST(texts_of_files_lose_their_control_characters)
{
    char text[] = "a\x1b[1m\xc2\x9b"
                  "b\tc\n\x7f\xc3\xa9\xc2\xa9",
         split[] = "\x9b";
    assert_int_equal(text_plain(text, strlen(text), '\0'), '\xa9');
    assert_string_equal(text, "a?[1m\xc2\xb7"
                              "b\tc\n?\xc3\xa9\xc2\xa9");
    assert_string_equal(text_in_line(text), "a?[1m\xc2\xb7"
                                            "b?c??\xc3\xa9\xc2\xa9");
    text_plain(split, 1, '\xc2');
    assert_string_equal(split, "\xb7");
}
