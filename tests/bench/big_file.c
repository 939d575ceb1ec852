/* big_file OUT.h5 RUNS POINTS THREADS - writes a results file of so many runs, each with a curve of so many points for
 * six quantities and about 1,000 weights, from made-up outcomes; prints times and sizes as JSON. big_file.py runs
 * it. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "results/results.h"

enum { BLOCK = 64 }; /* a thread writes so many neighbouring runs, as the scheduler hands them out */

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double cpu_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Returns the most memory that was resident. getrusage would count what the parent had before exec. */
static double resident_mb(void)
{
    char line[256];
    double kilobytes = 0;
    FILE *f = fopen("/proc/self/status", "r");
    while (f != NULL && fgets(line, sizeof line, f) != NULL)
        if (strncmp(line, "VmHWM:", 6) == 0)
            kilobytes = strtod(line + 6, NULL);
    if (f != NULL)
        fclose(f);
    return kilobytes / 1024;
}

static void must(bool ok, const char *what, const char *why)
{
    if (ok)
        return;
    fprintf(stderr, "big_file: %s: %s\n", what, why);
    exit(1);
}

/* ---- the grid ---- */

static const char grid_text[] = "name: big\nrepeats: %zu\n"
                                "data: {builtin: noisy_sine, rows: 200}\n"
                                "base: {hidden: [30, 29], epochs: %zu, loss: mse}\n"
                                "grid: {learning_rate: {log: [0.01, 1], num: 10}, momentum: [0, 0.5]}\n"
                                "record: {every: 1, weights: [final], parts: [train]}\n";

static void grid_read_axes(const char *path, size_t n_runs, size_t n_points, grid **g, dataset **d)
{
    diagnostics diags;
    FILE *f = fopen(path, "w");
    must(f != NULL, path, "cannot be written");
    fprintf(f, grid_text, (n_runs + 19) / 20, n_points - 1);
    fclose(f);
    diagnostics_init(&diags);
    nn_status status = grid_read(path, NULL, 0, &diags, g);
    if (status == NN_ok)
        status = dataset_load(&(*g)->data, path, NULL, &diags, d);
    if (status == NN_ok)
        status = grid_keys(*g, *d, NULL, &diags);
    if (status != NN_ok)
        diagnostics_print(&diags, "no file was written", stderr);
    must(status == NN_ok, path, "is no grid");
    diagnostics_free(&diags);
    unlink(path);
}

/* ---- outcomes ---- */

/* Returns the next number of a sequence that no file system takes for zeros. */
static double next(uint64_t *x)
{
    *x = *x * 6364136223846793005u + 1442695040888963407u;
    return (double)(*x >> 11) / 9007199254740992.0;
}

typedef struct made_outcome {
    nn_outcome o;
    uint32_t *epochs;
    double *curves;
    float *weights;
} made_outcome;

static void make_outcome(const grid *g, const dataset *d, made_outcome *m, uint64_t seed)
{
    nn_hyper h;
    nn_network net;
    grid_cell(g, 0, &h);
    nn_network_of(&d->data, &h, &net);
    m->o = (nn_outcome){.status = NN_RUN_done, .reason = NN_REASON_epochs, .real_bytes = 4};
    m->o.n_points = m->o.n_reached = nn_recorded_epochs(&g->recording, h.epochs, NULL);
    m->o.n_params = net.n_params;
    m->epochs = malloc(m->o.n_points * sizeof *m->epochs);
    m->curves = malloc(NN_N_CURVE * m->o.n_points * sizeof *m->curves);
    m->weights = malloc(net.n_params * sizeof *m->weights);
    must(m->epochs != NULL && m->curves != NULL && m->weights != NULL, "outcome", "not enough memory");
    nn_recorded_epochs(&g->recording, h.epochs, m->epochs);
    for (size_t i = 0; i < NN_N_CURVE * m->o.n_points; i++)
        m->curves[i] = next(&seed);
    for (size_t i = 0; i < net.n_params; i++)
        m->weights[i] = (float)next(&seed);
    for (int i = 0; i < NN_N_METRIC; i++)
        m->o.metrics[i] = next(&seed);
    m->o.epochs = m->epochs;
    m->o.n_curves = NN_N_CURVE;
    m->o.curves = m->curves;
    m->o.weights[NN_KEEP_FINAL] = m->weights;
}

/* ---- threads ---- */

typedef struct writer {
    pthread_t thread;
    const grid *g;
    const dataset *d;
    results *r;
    size_t first, step; /* blocks */
    row_buffer *rows;
    double cpu;
} writer;

static void *write_rows(void *context)
{
    writer *w = context;
    made_outcome m = {0};
    row_buffer *rows = NULL;
    nn_error err;
    make_outcome(w->g, w->d, &m, w->first + 1);
    must(results_buffer_new(w->r, &rows, &err) == NN_ok, "rows", err.message);
    const double began = cpu_seconds();
    for (size_t block = w->first; block * BLOCK < w->g->n_runs; block += w->step)
        for (size_t run = block * BLOCK; run < (block + 1) * BLOCK && run < w->g->n_runs; run++) {
            m.o.metrics[0] = (double)run; /* so that no two rows are the same */
            must(results_buffer_add(rows, run, &m.o, 1e-3, &err) == NN_ok, "row", err.message);
        }
    w->cpu = cpu_seconds() - began;
    w->rows = rows;
    free(m.epochs);
    free(m.curves);
    free(m.weights);
    return NULL;
}

static double write_all(const grid *g, const dataset *d, results *r, size_t n_threads)
{
    nn_error err;
    writer *writers = calloc(n_threads, sizeof *writers);
    double cpu = 0;
    must(writers != NULL, "threads", "not enough memory");
    for (size_t i = 0; i < n_threads; i++) {
        writers[i] = (writer){.g = g, .d = d, .r = r, .first = i, .step = n_threads};
        must(pthread_create(&writers[i].thread, NULL, write_rows, &writers[i]) == 0, "threads", "cannot start one");
    }
    for (size_t i = 0; i < n_threads; i++) {
        pthread_join(writers[i].thread, NULL);
        cpu += writers[i].cpu;
    }
    const double began = cpu_seconds();
    must(results_flush(r, &err) == NN_ok, "rows", err.message);
    cpu += cpu_seconds() - began;
    for (size_t i = 0; i < n_threads; i++)
        results_buffer_free(writers[i].rows);
    free(writers);
    return cpu;
}

int main(int argc, char **argv)
{
    must(argc == 5, "usage", "big_file OUT.h5 RUNS POINTS THREADS");
    const size_t n_runs = strtoul(argv[2], NULL, 10), n_points = strtoul(argv[3], NULL, 10),
                 n_threads = strtoul(argv[4], NULL, 10);
    char grid_path[4096];
    grid *g = NULL;
    dataset *d = NULL;
    results *r = NULL;
    nn_error err;
    must(n_runs > 0 && n_points > 1 && n_threads > 0, "usage", "numbers above 0");
    snprintf(grid_path, sizeof grid_path, "%s.yaml", argv[1]);
    const double start = now();
    grid_read_axes(grid_path, n_runs, n_points, &g, &d);
    const double read = now();
    must(results_open(argv[1], g, d, NULL, &r, NULL, &err) == NN_ok, "layout", err.message);
    const double opened = now();
    const double opened_mb = resident_mb();
    const double cpu = write_all(g, d, r, n_threads);
    const double written = now();
    const double written_mb = resident_mb();
    must(results_sync(r, &err) == NN_ok, "sync", err.message);
    const double synced = now();
    must(results_finish(r, &err) == NN_ok, "finish", err.message);
    const double finished = now();
    const double n = (double)g->n_runs;
    printf("{\"runs\": %zu, \"points\": %zu, \"threads\": %zu, \"grid_seconds\": %.4f, \"layout_seconds\": "
           "%.4f, "
           "\"rows_seconds\": %.4f, \"us_per_row_and_core\": %.3f, \"sync_seconds\": %.4f, "
           "\"finish_seconds\": %.4f, "
           "\"resident_mb_laid_out\": %.1f, \"resident_mb_rows\": %.1f, \"resident_mb\": %.1f}\n",
           g->n_runs, n_points, n_threads, read - start, opened - read, written - opened, 1e6 * cpu / n,
           synced - written, finished - synced, opened_mb, written_mb, resident_mb());
    results_close(r);
    dataset_free(d);
    grid_free(g);
    return 0;
}
