/* Tests which name is suggested for an unknown one, and the table of words of other tools. */
#include "fixtures/test.h"
#include <string.h>
#include "base/suggest.h"
#include "base/synonym.h"
#include "base/text.h"
#include "nn_tables.h"

static const char *const names[] = {"best_test_error",
                                    "best_validation_accuracy",
                                    "best_validation_loss",
                                    "best_train_loss",
                                    "learning_rate",
                                    "l1",
                                    "lambda",
                                    "dropout",
                                    "input_dropout",
                                    "decay",
                                    "decay_every",
                                    "epochs"};

static void assert_meant(const char *word, const char *expected)
{
    const char *near = suggest_nearest(word, names, sizeof names / sizeof *names);
    if (expected == NULL)
        assert_null(near);
    else if (near == NULL)
        fail_msg("nothing is suggested for %s, not %s", word, expected);
    else
        assert_string_equal(near, expected);
}

TEST(a_prefix_comes_before_the_nearest)
{
    assert_meant("best_validation_acc", "best_validation_accuracy"); /* best_validation_loss is nearer by letters */
    assert_meant("best_val_acc", "best_validation_accuracy");
    assert_meant("learn", "learning_rate");
    assert_meant("dec", "decay"); /* the shortest */
    assert_meant("decay_", "decay");
    assert_meant("decay_e", "decay_every");
    assert_meant("be", NULL); /* too short to mean anything */
}

TEST(case_and_separators_do_not_count)
{
    assert_meant("LearningRate", "learning_rate");
    assert_meant("learning-rate", "learning_rate");
    assert_meant("L1", "l1");
    assert_meant("Input.Dropout", "input_dropout");
    assert_true(text_same_name("Beta_1", "beta1"));
    assert_true(text_same_name("beta1", "beta_1_"));
    assert_false(text_same_name("beta", "beta1"));
    assert_false(text_same_name("", "a"));
    assert_false(text_same_name("_", "a"));
}

TEST(a_longer_word_means_the_name_that_it_begins_with)
{
    assert_meant("dropout_rate", "dropout");
    assert_meant("epochs_in_total", "epochs");
    assert_meant("decay_every_other", "decay_every");
    assert_meant("dropouts_of_school", NULL);
}

TEST(near_names_are_found)
{
    assert_meant("lamda", "lambda");
    assert_meant("drpoout", "dropout");
    assert_meant("best_tets_error", "best_test_error");
    assert_meant("colour", NULL);
    assert_meant("", NULL);
    assert_meant("_", NULL);
}

/* A row that names a setting or a value is reached by the word, and what it stands for exists. */
TEST(every_word_of_another_tool_is_reached)
{
    const synonym *s;
    for (size_t i = 0; (s = synonym_row(i)) != NULL; i++) {
        if (synonym_find(s->list, s->word) != s)
            fail_msg("'%s' of %s stands twice", s->word, s->list);
        if (s->ours == NULL && s->note == NULL)
            fail_msg("'%s' of %s says nothing", s->word, s->list);
        if (strcmp(s->list, "key") == 0 && nn_hyper_find(s->word) != NULL)
            fail_msg("'%s' is a setting", s->word);
        if (strcmp(s->list, "key") == 0 && strchr(s->ours, ':') == NULL && nn_hyper_find(s->ours) == NULL)
            fail_msg("'%s' means '%s', which is no setting", s->word, s->ours);
    }
}

static const nn_choices *choices_of(const char *list)
{
    static const nn_choices *const lists[] = {&nn_metrics, &nn_curves, &nn_stops};
    const nn_hyper_row *row = nn_hyper_find(list);
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        if (strcmp(lists[i]->what, list) == 0)
            return lists[i];
    return row != NULL && row->kind == NN_CHOICE ? row->choices : NULL;
}

TEST(values_of_other_tools_stand_for_values)
{
    const synonym *s;
    for (size_t i = 0; (s = synonym_row(i)) != NULL; i++) {
        const nn_choices *choices = choices_of(s->list);
        if (choices != NULL && nn_choice_find(choices, s->ours) < 0)
            fail_msg("there is no %s '%s'", s->list, s->ours);
        if (choices != NULL && nn_choice_find(choices, s->word) >= 0)
            fail_msg("'%s' is a %s itself", s->word, s->list);
    }
}

TEST(words_of_other_tools_come_first)
{
    const char *const settings[] = {"l1", "lambda", "learning_rate"};
    char text[200];
    assert_string_equal(suggest_meant("setting", "l2", settings, 3), "l1"); /* no list of that name */
    const char *const losses[] = {"mse", "mae", "cross_entropy"};
    assert_string_equal(suggest_meant("value of loss", "log_loss", losses, 3), "cross_entropy");
    assert_string_equal(suggest_meant("loss", "LogLoss", losses, 3), "cross_entropy");
    assert_string_equal(suggest_unknown(text, sizeof text, "loss", "logloss", losses, 2, true),
                        "unknown loss 'logloss' (mse, mae)"); /* what it stands for is not among the names */
    const char *const optimizers[] = {"sgd", "lbfgs"};
    assert_string_equal(suggest_unknown(text, sizeof text, "optimizer", "sgdm", optimizers, 2, true),
                        "unknown optimizer 'sgdm'; did you mean 'sgd'? (with momentum: 0.9; there are sgd, lbfgs)");
}
