/* Trains a grid from YAML to the file, and tests that the stored weights reproduce the stored losses bit for bit. */
#include "h5/h5.h"
#include "fixtures/schedule_fixture.h"

static const char yaml[] = "name: again\n"
                           "repeats: 3\n"
                           "data: {builtin: blobs, rows: 90, scale: standardize}\n"
                           "base: {epochs: 15, dropout: 0.2, learning_rate: 0.3, batch_size: 8}\n"
                           "grid: {hidden: [[], [7], [5, 4]], precision: [float32, float64], lambda: [0, 0.5]}\n"
                           "record: {weights: [initial, best, final]}\n";

/* Reads the layers' arrays of one run into `weights`, in core's order, in the precision of the run. */
static void read_weights(h5_file *f, const nn_network *net, const char *group, const char *when, int64_t row, bool wide,
                         void *weights)
{
    const size_t bytes = wide ? sizeof(double) : sizeof(float);
    for (int l = 0; l < net->n_layers; l++) {
        const size_t out = (size_t)net->width[l + 1];
        const struct {
            char letter;
            size_t at, n;
        } arrays[] = {{'W', net->w_at[l], (size_t)net->fan_in[l] * out}, {'b', net->b_at[l], out}};
        for (int a = 0; a < 2; a++) {
            char path[160];
            snprintf(path, sizeof path, "%s/%s_%c%d", group, when, arrays[a].letter, l + 1);
            assert_true(h5_read_rows(f, path, (size_t)row, 1, wide ? H5_F64 : H5_F32, arrays[a].n,
                                     (char *)weights + arrays[a].at * bytes));
        }
    }
}

/* The row of a run in the group of its shape. */
static int64_t row_in_group(h5_file *f, const char *group, size_t run)
{
    char path[128];
    h5_place at;
    snprintf(path, sizeof path, "%s/run", group);
    assert_true(h5_look(f, path, &at));
    int64_t *runs = malloc(at.n * sizeof *runs), found = -1;
    assert_true(h5_read(f, path, H5_I64, at.n, runs));
    for (size_t i = 0; i < at.n; i++)
        found = runs[i] == (int64_t)run ? (int64_t)i : found;
    free(runs);
    return found;
}

static double stored_metric(h5_file *f, const char *when, int part, size_t run)
{
    char path[128];
    double value;
    snprintf(path, sizeof path, "/runs/%s_%s_loss", when, nn_part_names[part]);
    assert_true(h5_read_rows(f, path, run, 1, H5_F64, 1, &value));
    return value;
}

static void check_run(const bench *b, h5_file *f, splitter *s, size_t i)
{
    const grid_run *run = &b->grid->runs[i];
    nn_hyper h;
    nn_network net;
    char name[64], group[96];
    grid_cell(b->grid, run->cell, &h);
    nn_network_of(&b->data->data, &h, &net);
    snprintf(group, sizeof group, "/weights/%s", nn_network_name(&net, name, sizeof name));
    const nn_job job = {.hyper = &h,
                        .data = &b->data->data,
                        .split = grid_split(b->grid, s, run),
                        .seed = b->grid->seed,
                        .repeat = run->repeat,
                        .recording = &b->grid->recording,
                        .stopping = &b->grid->stopping};
    void *workspace = aligned_alloc(NN_ALIGN, nn_workspace_bytes(&job));
    void *weights = malloc(net.n_params * sizeof(double));
    for (int k = 0; k <= NN_KEEP_FINAL; k++)
        for (int part = 0; part < NN_N_PART; part++) {
            read_weights(f, &net, group, nn_keep_names[k], row_in_group(f, group, i),
                         h.precision == NN_PRECISION_float64, weights);
            const double again = nn_evaluate(&job, weights, (nn_part)part, workspace).loss;
            const double stored = stored_metric(f, nn_keep_names[k], part, i);
            assert_memory_equal(&again, &stored, sizeof again);
        }
    free(weights);
    free(workspace);
}

TEST(weights_from_the_file_give_its_losses)
{
    bench b;
    schedule_progress report;
    nn_error err;
    h5_file *f = NULL;
    splitter *s = NULL;
    bench_open(&b, yaml);
    assert_int_equal(bench_train(&b, b.out, &(schedule_options){.threads = 2}, &report), NN_ok);
    assert_int_equal(h5_open(b.out, &f, &err), NN_ok);
    assert_int_equal(data_splitter_new(b.data, &s, &err), NN_ok);
    assert_int_equal(b.grid->n_runs, 36);
    for (size_t i = 0; i < b.grid->n_runs; i++)
        check_run(&b, f, s, i);
    h5_close(f, NULL);
    data_splitter_free(s);
    bench_close(&b);
}
