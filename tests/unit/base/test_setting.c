/* Tests which texts are values of a setting, how others are refused, and that the text of a value reads back to the
 * same value. */
#include "fixtures/test.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/setting.h"

static void assert_real(const char *text, double expected)
{
    double value = 99;
    assert_true(setting_parse_real(text, &value));
    assert_real_equal(value, expected);
}

TEST(numbers_are_decimal)
{
    double real = 99;
    int64_t count = 99;
    assert_real("1e-3", 0.001);
    assert_real("+.5", 0.5);
    assert_real("-2.", -2);
    assert_real("1E3", 1000);
    assert_real("-0", 0);
    assert_true(setting_parse_real("-0", &real));
    assert_false(signbit(real)); /* the grid has one cell for both, not two */
    static const char *const wrong[] = {"",   " 1", "1 ",  "1,5",  "0x10", "inf",   "nan", "1e999",
                                        "e5", "1e", "--1", "1..2", "one",  "1_000", "."};
    real = 99;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_false(setting_parse_real(wrong[i], &real));
        assert_false(setting_parse_count(wrong[i], &count));
    }
    assert_false(setting_parse_count("1.5", &count));
    assert_false(setting_parse_count("1e-1", &count));
    assert_false(setting_parse_count("1e17", &count));
    assert_false(setting_parse_count("99999999999999999999", &count));
    assert_real_equal(real, 99);
    assert_int_equal(count, 99);
    assert_true(setting_parse_count("1e3", &count));
    assert_int_equal(count, 1000);
    assert_true(setting_parse_count("-7", &count));
    assert_int_equal(count, -7);
    assert_true(setting_parse_count("9223372036854775807", &count));
    assert_int_equal(count, INT64_MAX);
    assert_true(setting_parse_count("2.0", &count));
    assert_int_equal(count, 2);
}

TEST(the_shortest_text_reads_back)
{
    static const struct {
        double value;
        const char *text;
    } cases[] = {{0, "0"},
                 {10, "10"},
                 {0.1, "0.1"},
                 {1e-5, "1e-05"},
                 {100000, "100000"},
                 {1e15, "1e+15"},
                 {0.1 + 0.2, "0.30000000000000004"},
                 {1 / 3.0, "0.3333333333333333"},
                 {-2.5, "-2.5"},
                 {HUGE_VAL, "inf"}};
    char text[64];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_string_equal(setting_real_format(cases[i].value, text, sizeof text), cases[i].text);
    uint64_t bits = 88172645463325252; /* xorshift64 */
    for (int i = 0; i < 20000; i++) {
        double value, again;
        bits ^= bits << 13, bits ^= bits >> 7, bits ^= bits << 17;
        memcpy(&value, &bits, sizeof value);
        if (isfinite(value)) {
            assert_true(setting_parse_real(setting_real_format(value, text, sizeof text), &again));
            assert_real_equal(again, value);
        }
    }
}

TEST(ranges_are_told_in_words)
{
    static const struct {
        nn_range range;
        const char *text, *complaint;
    } cases[] = {{{0, 1, false, true}, "[0, 1)", "p 7 is not in [0, 1)"},
                 {{0, HUGE_VAL, true, true}, "above 0", "p 7 is out of range; it must be above 0"},
                 {{0, HUGE_VAL, false, true}, "at least 0", "p 7 is out of range; it must be at least 0"},
                 {{-HUGE_VAL, 3, true, false}, "at most 3", "p 7 is out of range; it must be at most 3"},
                 {{-HUGE_VAL, HUGE_VAL, true, true}, "any number", "p 7 is out of range; it must be any number"}};
    char text[128];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_string_equal(setting_range_format(&cases[i].range, text, sizeof text), cases[i].text);
        assert_string_equal(setting_range_complaint("p", "7", &cases[i].range, text, sizeof text), cases[i].complaint);
    }
    assert_true(setting_range_holds(&cases[0].range, 0));
    assert_false(setting_range_holds(&cases[0].range, 1));
    assert_false(setting_range_holds(&cases[1].range, 0));
}

static void assert_refused(const char *name, const char *text, const char *message)
{
    nn_error err;
    nn_shape value, untouched; /* the largest field */
    memset(&value, 7, sizeof value);
    untouched = value;
    assert_int_equal(setting_parse(nn_hyper_find(name), text, &value, &err), NN_usage);
    assert_string_equal(err.message, message);
    assert_memory_equal(&value, &untouched, sizeof value);
}

TEST(wrong_values_are_refused)
{
    assert_refused("momentum", "1.2", "momentum 1.2 is not in [0, 1)");
    assert_refused("momentum", "much", "momentum takes a number, not 'much'");
    assert_refused("learning_rate", "-1", "learning_rate -1 is out of range; it must be at least 0");
    assert_refused("batch_size", "32x", "batch_size takes a whole number or 'full', not '32x'");
    assert_refused("batch_size", "0", "batch_size 0 is not in [1, 1000000000]");
    assert_refused("epochs", "1.5", "epochs takes a whole number, not '1.5'");
    assert_refused("epochs", "full", "epochs takes a whole number, not 'full'");
    assert_refused("bias", "True", "bias takes true or false, not 'True'");
    assert_refused("hidden", "x", "hidden takes layer widths such as 64 or [64, 32], not 'x'");
    assert_refused("hidden", "0", "hidden 0 is not in [1, 1000000]");
    assert_refused("optimizer", "sdg",
                   "unknown optimizer 'sdg'; did you mean 'sgd'? (sgd, adagrad, rmsprop, adam, adamw, rprop, lbfgs)");
    assert_refused("activation", "squash",
                   "unknown activation 'squash' (sigmoid, tanh, relu, leaky_relu, elu, softplus, "
                   "softsign, silu, gelu, linear)");
    assert_refused("activation", "auto",
                   "unknown activation 'auto' (sigmoid, tanh, relu, leaky_relu, elu, softplus, "
                   "softsign, silu, gelu, linear)");
    assert_refused("loss", "mes",
                   "unknown loss 'mes'; did you mean 'mse'? (auto, mse, half_squared_error, mae, huber, "
                   "binary_cross_entropy, "
                   "cross_entropy, kl_divergence)");
}

/* The text of the setting's value in `h` parses to the same value. */
static void assert_reads_back(const nn_hyper_row *row, const nn_hyper *h)
{
    nn_hyper again = nn_hyper_defaults;
    nn_error err;
    char text[512];
    setting_format(row, nn_hyper_get(h, row), text, sizeof text);
    if (row->kind == NN_SHAPE) { /* the list of widths is written as YAML, which another reader parses */
        assert_string_equal(text, row == &nn_hyper_rows[NN_HYPER_hidden] ? "[32]" : "[]");
        return;
    }
    assert_int_equal(setting_parse(row, text, nn_hyper_at(&again, row), &err), NN_ok);
    assert_true(nn_hyper_same(h, &again, row));
}

TEST(what_is_written_reads_back)
{
    for (int i = 0; i < NN_N_HYPER; i++) {
        const nn_hyper_row *row = &nn_hyper_rows[i];
        nn_hyper h = nn_hyper_defaults;
        assert_reads_back(row, &h);
        if (row->kind == NN_REAL && row->word != NULL) {
            *(nn_real_value *)nn_hyper_at(&h, row) = row->word_value;
            assert_reads_back(row, &h);
        }
        for (int c = 0; row->kind == NN_CHOICE && c < row->choices->n; c++) {
            *(nn_choice_value *)nn_hyper_at(&h, row) = c;
            assert_reads_back(row, &h);
        }
        if (row->word != NULL) {
            *(nn_count_value *)nn_hyper_at(&h, row) = 0;
            assert_reads_back(row, &h);
        }
    }
    nn_shape shape = {.n = NN_MAX_HIDDEN};
    char text[512];
    for (int i = 0; i < NN_MAX_HIDDEN; i++)
        shape.width[i] = 1000000;
    setting_format(nn_hyper_find("hidden"), &shape, text, sizeof text);
    assert_int_equal(strlen(text), NN_MAX_HIDDEN * 9);
    assert_string_equal(text + strlen(text) - 10, ", 1000000]");
    shape.n = 0;
    assert_string_equal(setting_format(nn_hyper_find("hidden"), &shape, text, sizeof text), "[]");
}
