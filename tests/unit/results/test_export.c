/* Tests the CSV of a results file: it has the columns asked for, in that order, and unknown ones are refused. */
#include "results/reader/export.h"
#include "fixtures/results_fixture.h"

static sample s;

static int make_file(void **state)
{
    if (make_folder(state) != 0)
        return -1;
    sample_init(&s, 1, 3);
    write_sample(&s, 0, 2);
    return 0;
}

#define EXPORT_TEST(name) TEST_WITH(name, make_file, remove_folder)

/* The CSV; caller frees. */
static char *csv(const char *what, const char *columns, int64_t run)
{
    char *text = NULL;
    size_t size = 0;
    results_reader *r = NULL;
    nn_error err = {0};
    FILE *to = open_memstream(&text, &size);
    const export_request request = {.what = what, .columns = columns, .run = run};
    if (results_reader_open(path, &r, &err) != NN_ok || results_export(r, &request, to, &err) != NN_ok)
        fail_msg("%s", err.message);
    results_reader_close(r);
    fclose(to);
    return text;
}

static size_t count_lines(const char *text)
{
    size_t n = 0;
    for (; *text != '\0'; text++)
        n += *text == '\n';
    return n;
}

EXPORT_TEST(columns_come_as_they_are_asked_for)
{
    char *text = csv("runs", "status,run, hidden,batch_size,bias,cell", -1);
    assert_memory_equal(text, "status,run,hidden,batch_size,bias,cell\n", 39);
    assert_non_null(strstr(text, "\ndone,1,3,full,true,0\n"));
    assert_non_null(strstr(text, "\npending,2,3,full,true,0\n"));
    assert_int_equal(count_lines(text), 1 + s.grid.n_runs);
    free(text);
    text = csv("runs", "run", 4);
    assert_string_equal(text, "run\n4\n");
    free(text);
}

EXPORT_TEST(numbers_read_back_to_the_same_bits)
{
    sample_outcome out;
    sample_outcome_of(&s, 1, &out);
    char *text = csv("runs", "best_train_error", 1);
    assert_real_equal(strtod(strchr(text, '\n') + 1, NULL), out.o.metrics[NN_METRIC_best_train_error]);
    free(text);
    text = csv("runs", "best_train_error,run", 2);
    assert_string_equal(text, "best_train_error,run\n,2\n"); /* pending: NaN is empty */
    free(text);
    char key[64];
    snprintf(key, sizeof key, "key\n%llu\n", (unsigned long long)s.grid.runs[1].key);
    text = csv("runs", "key", 1);
    assert_string_equal(text, key);
    free(text);
}

EXPORT_TEST(curves_have_a_line_for_each_point_reached)
{
    sample_outcome out;
    sample_outcome_of(&s, 1, &out);
    char *text = csv("curves", "train_loss", 1), *pending = csv("curves", NULL, 2);
    assert_memory_equal(text, "run,epoch,train_loss\n1,0,", 24);
    assert_int_equal(count_lines(text), 1 + out.o.n_reached);
    assert_int_equal(count_lines(pending), 1);
    free(text);
    free(pending);
}

static void assert_refused_with(const char *what, const char *columns, int64_t run, const char *words)
{
    results_reader *r = NULL;
    nn_error err = {0};
    const export_request request = {.what = what, .columns = columns, .run = run};
    FILE *to = fopen("/dev/null", "w");
    assert_int_equal(results_reader_open(path, &r, &err), NN_ok);
    assert_int_equal(results_export(r, &request, to, &err), NN_usage);
    if (strstr(err.message, words) == NULL)
        fail_msg("the message does not say '%s': %s", words, err.message);
    results_reader_close(r);
    fclose(to);
}

EXPORT_TEST(mistakes_are_refused)
{
    assert_refused_with("weights", NULL, -1, "--what takes runs, cells, curves or stops, not 'weights'");
    assert_refused_with("runs", "run,best_tran_error", -1, "did you mean 'best_train_error'?");
    assert_refused_with("runs", "run,,cell", -1, "no column ''");
    assert_refused_with("cells", NULL, 0, "not with cells");
    assert_refused_with("runs", NULL, 1000, "counted from 0");
}

EXPORT_TEST(a_full_disk_is_an_error)
{
    results_reader *r = NULL;
    nn_error err = {0};
    const export_request request = {.what = "curves", .run = -1};
    FILE *to = fopen("/dev/full", "w");
    if (to == NULL)
        skip();
    setvbuf(to, NULL, _IONBF, 0);
    assert_int_equal(results_reader_open(path, &r, &err), NN_ok);
    assert_int_equal(results_export(r, &request, to, &err), NN_file);
    assert_non_null(strstr(err.message, "No space left"));
    results_reader_close(r);
    fclose(to);
}
