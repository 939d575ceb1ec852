/* The example that core/nn.h opens with: it is compiled and run here, and is the same, line for line, as the comment. */
#include "fixtures/problem.h"
#include <stdio.h>

static nn_outcome train_xor(void **memory)
{
    /* example */
    const double inputs[4][2] = {{0, 0}, {0, 1}, {1, 0}, {1, 1}};
    const int32_t classes[4] = {0, 1, 1, 0};
    const uint32_t rows[4] = {0, 1, 2, 3};
    const nn_data data = {4, 2, NN_FLOAT64, inputs, classes, .n_classes = 2};
    const nn_split split = {.n = {[NN_TRAIN] = 4}, .rows = {[NN_TRAIN] = rows}};
    const nn_recording recording = {.every = 1, .parts = {[NN_TRAIN] = true}};
    nn_hyper hyper = nn_hyper_defaults;
    nn_hyper_resolve(&hyper, true);
    const nn_job job = {&hyper, &data, &split, .seed = 1, .recording = &recording, .stopping = &(nn_stopping){0}};
    void *workspace = aligned_alloc(NN_ALIGN, nn_workspace_bytes(&job));
    nn_outcome outcome;
    const nn_status status = nn_train(&job, workspace, &outcome, NULL);
    /* end */
    assert_int_equal(status, NN_ok);
    *memory = workspace;
    return outcome;
}

TEST(the_example_trains_a_network)
{
    void *workspace;
    const nn_outcome o = train_xor(&workspace);
    assert_int_equal(o.status, NN_RUN_done);
    assert_int_equal(o.epochs_trained, nn_hyper_defaults.epochs);
    assert_true(o.metrics[NN_METRIC_final_train_loss] < o.metrics[NN_METRIC_initial_train_loss] / 2);
    free(workspace);
}

/* The next line of a file from behind `indent` on, without its end; "" at the end of the file. */
static const char *next_line(FILE *f, const char *indent, char text[256])
{
    if (fgets(text, 256, f) == NULL)
        return "";
    text[strcspn(text, "\n")] = '\0';
    return strncmp(text, indent, strlen(indent)) == 0 ? text + strlen(indent) : "";
}

TEST(the_comment_has_the_same_lines)
{
    char a[256], b[256];
    size_t n = 0;
    FILE *test = fopen(NNGRID_SOURCE_DIR "/tests/unit/train/test_example.c", "r");
    FILE *header = fopen(NNGRID_SOURCE_DIR "/core/nn.h", "r");
    assert_non_null(test);
    assert_non_null(header);
    while (strcmp(next_line(test, "    ", a), "/* example */") != 0)
        assert_false(feof(test));
    while (strcmp(next_line(header, "", b), " *") != 0) /* the example comes after the first empty line */
        assert_false(feof(header));
    for (const char *line = next_line(test, "    ", a); strcmp(line, "/* end */") != 0;
         line = next_line(test, "    ", a)) {
        assert_string_equal(next_line(header, " *   ", b), line);
        n++;
    }
    assert_string_equal(next_line(header, "", b), " *");
    assert_true(n >= 10);
    fclose(test);
    fclose(header);
}
