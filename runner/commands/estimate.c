/* Estimates what a grid needs (time, memory, disk) by looking, counting and a short calibration. */
#include "commands/estimate.h"
#include "base/machine.h"
#include "base/parallel.h"
#include "schedule/eigen.h"
#include <stdlib.h>
#include <string.h>

/* May a run end before its last epoch: by a rule, or since lbfgs has converged? */
static bool may_stop(const grid *g)
{
    bool may = g->stopping.first && g->stopping.n_rules > 0;
    for (size_t cell = 0; cell < g->n_cells && !may; cell++) {
        nn_hyper h;
        grid_cell(g, cell, &h);
        may = (nn_optimizer_rows[h.optimizer].traits & NN_OUTSIDE) != 0;
    }
    return may;
}

/* A grid this short is calibrated in a few hundredths of a second. On two cores busy with other programs 35 of 40 such
 * calibrations, of five grids, were right to a factor of two. */
static const double short_grid = 30;
static const schedule_range rough = {0.5, 2};

static void set_time(const grid *g, schedule_range work, estimate *e)
{
    const double second = e->per_second > 0 ? e->per_second : NN_NAN;
    e->range = (schedule_range){work.low / second, work.high / second};
    e->seconds = (e->range.low + e->range.high) / 2;
    if (e->range.high < short_grid) {
        e->range.low *= rough.low;
        e->range.high *= rough.high;
    }
    if (may_stop(g))
        e->range.low = 0;
}

nn_status command_estimate(const command_job *job, const char *out, int threads, const results_options *how,
                           estimate *e, nn_error *err)
{
    estimate made = {.threads = schedule_threads(threads), .out = out};
    schedule_range work;
    nn_status status = results_look(out, job->grid, job->data, how, &made.survey, err);
    if (status == NN_ok)
        status = schedule_estimate(job->grid, job->data, made.threads.threads, made.survey.n_pending, &made.memory,
                                   &work, err);
    if (status != NN_ok)
        return status;
    made.memory += (size_t)made.threads.threads * made.survey.buffer_bytes;
    made.n_train = made.survey.n_pending;
    made.memory_free = machine_memory(NULL);
    /* Calibration needs the workspaces of training, so there must be memory for them. */
    if (made.n_train > 0 && (made.memory_free == 0 || made.memory <= made.memory_free))
        status = schedule_calibrate(job->grid, job->data, work.high, &made.per_second, err);
    if (status != NN_ok)
        return status;
    set_time(job->grid, work, &made);
    *e = made;
    return NN_ok;
}

/* Tells whether the results file has to be laid out anew, which takes disk space. */
static bool estimate_writes_file(const estimate *e)
{
    return !e->survey.exists || e->survey.grown;
}

nn_status command_refuse_estimate(const command_job *job, const estimate *e, nn_error *err)
{
    char need[32], have[32];
    eigen_lapack lapack;
    /* One thread trains for this one, and one more keeps checkpoints. */
    if (parallel_check(e->n_train > 0 ? e->threads.threads : 0, err) != NN_ok)
        return NN_memory;
    if (e->memory_free > 0 && e->memory > e->memory_free)
        return nn_fail(err, NN_memory,
                       "%d threads need %s of memory, and %s are free; use fewer threads (-j), smaller "
                       "networks, or fewer "
                       "recorded epochs",
                       e->threads.threads, text_bytes((double)e->memory, need, sizeof need),
                       text_bytes((double)e->memory_free, have, sizeof have));
    if (estimate_writes_file(e) && e->survey.bytes_free == 0)
        return nn_fail(err, NN_file,
                       "%s needs %s of disk, and its file system has no free space at all: it is full, or it cannot "
                       "hold files (such as /proc); choose another -o",
                       e->out, text_bytes((double)e->survey.bytes, need, sizeof need));
    if (estimate_writes_file(e) && e->survey.bytes > e->survey.bytes_free)
        return nn_fail(err, NN_file,
                       "%s needs %s of disk, and %s are free; free some, choose another -o, or record less (record: "
                       "{per_decade: 20}, weights: none)",
                       e->out, text_bytes((double)e->survey.bytes, need, sizeof need),
                       text_bytes((double)e->survey.bytes_free, have, sizeof have));
    return e->n_train > 0 && job->grid->recording.endpoint ? schedule_eigen_load(&lapack, err) : NN_ok;
}

static void print_runs(const command_job *job, const estimate *e, FILE *to)
{
    const results_survey *s = &e->survey;
    char cells[32], runs[32];
    fprintf(to, "grid     %s: %s, %s; %zu to train", job->grid->name,
            text_count(job->grid->n_cells, "cell", cells, sizeof cells),
            text_count(job->grid->n_runs, "run", runs, sizeof runs), e->n_train);
    const struct {
        size_t n;
        const char *what;
    } parts[] = {{s->n_finished, "done"},
                 {s->n_recomputed, "of these recomputed from stored curves"},
                 {s->n_elsewhere, "in other shards"},
                 {s->n_failed, "failed (--retry failed trains them again)"},
                 {s->n_retried, "to retry"},
                 {s->n_damaged, "damaged (trained again)"},
                 {s->n_recorded_otherwise, "recorded differently (trained again)"},
                 {s->n_inactive, "inactive kept in the file (--prune drops them)"},
                 {s->n_pruned, "inactive dropped"}};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (parts[i].n > 0)
            fprintf(to, ", %zu %s", parts[i].n, parts[i].what);
    fputs("\n", to);
    if (job->grid->replaced != NULL)
        fprintf(to, "set      in place of axes of the grid: %s\n", job->grid->replaced);
}

static void print_data(const command_job *job, FILE *to)
{
    const dataset *d = job->data;
    size_t n[NN_N_PART];
    char rows[32], inputs[32], outputs[32];
    const bool classes = d->data.classes != NULL;
    fprintf(to, "data     %s: %s, %s, %s;", d->name, text_count(d->data.n_rows, "row", rows, sizeof rows),
            text_count(d->data.n_inputs, "input", inputs, sizeof inputs),
            text_count(classes ? d->data.n_classes : d->data.n_targets, classes ? "class" : "target", outputs,
                       sizeof outputs));
    dataset_part_sizes(d, NULL, 0, n);
    for (int part = 0; part < NN_N_PART; part++)
        if (n[part] > 0)
            fprintf(to, " %s %zu", nn_part_names[part], n[part]);
    if (job->grid->folds > 1)
        fprintf(to, " (fold 1 of %u)", (unsigned)job->grid->folds);
    fputs("\n", to);
}

static void print_threads(const estimate *e, FILE *to)
{
    const thread_choice *t = &e->threads;
    char cores[32], threads[32];
    fprintf(to, "threads  %d of %s (%s)\n", t->threads, text_count((size_t)t->available, "core", cores, sizeof cores),
            t->source);
    if (t->capped)
        fprintf(to, "warning: %s asks for %d threads; this process may use %s, and trains on %s\n", t->source, t->asked,
                cores, text_count((size_t)t->threads, "thread", threads, sizeof threads));
}

/* Cuts off the unit of the lower end of a range where the upper end has the same. */
static char *without_unit(char *low, const char *high)
{
    char *unit = strchr(low, ' ');
    const char *other = strchr(high, ' ');
    if (unit != NULL && other != NULL && strcmp(unit, other) == 0)
        *unit = '\0';
    return low;
}

/* Prints "about 3.5 s (...)" where the range is narrow, else "3 to 6 s", or "up to 6 s" where runs may stop early. */
static void print_time(const estimate *e, FILE *to)
{
    const double narrow = 1.2;
    const schedule_range r = e->range;
    char speed[32], low[32], high[32];
    text_seconds(r.high, high, sizeof high);
    fputs("time     ", to);
    if (r.low <= 0)
        fprintf(to, "up to %s; runs may stop early", high);
    else if (r.high > r.low * narrow)
        fprintf(to, "%s to %s", without_unit(text_seconds(r.low, low, sizeof low), high), high);
    else
        fprintf(to, "about %s", text_seconds(e->seconds, low, sizeof low));
    fprintf(to, " (%s multiply-adds per second and core)\n", text_speed(e->per_second, speed, sizeof speed));
}

static void print_older(const results_survey *s, FILE *to)
{
    char change[400], runs[32];
    results_arithmetic_change(s->oldest_arithmetic, change, sizeof change);
    if (s->n_older > 0)
        fprintf(to, "older    %s kept, of %s\n", text_count(s->n_older, "run", runs, sizeof runs), change);
    if (s->n_replaced > 0)
        fprintf(to, "older    %s trained again; the file has them of %s\n",
                text_count(s->n_replaced, "run", runs, sizeof runs), change);
}

static void print_differences(const estimate *e, FILE *to)
{
    const results_differences *d = &e->survey.differs;
    char columns[32];
    if (d->n == 0)
        return;
    fprintf(to, "warning: %s of %s %s not what the grid, the data and the finished runs say; run writes %s anew: %s",
            text_count(d->n, "column", columns, sizeof columns), e->out, d->n == 1 ? "is" : "are",
            d->n == 1 ? "it" : "them", d->what);
    if (d->n > d->n_named)
        fprintf(to, "; and %zu more", d->n - d->n_named);
    fputs("\n", to);
}

void command_print_change(const estimate *e, FILE *to)
{
    const results_survey *s = &e->survey;
    print_differences(e, to);
    if (s->change.n > 0)
        fprintf(to, "changed  %s\n", s->change.what);
    print_older(s, to);
    char *aside = results_kept_name(e->out, s);
    if (aside != NULL)
        fprintf(to, "kept     the results of before as %s\n", aside);
    free(aside);
}

void command_print_estimate(const command_job *job, const estimate *e, FILE *to)
{
    char need[32], have[32];
    print_runs(job, e, to);
    print_data(job, to);
    print_threads(e, to);
    fprintf(to, "memory   %s", text_bytes((double)e->memory + (double)job->data->bytes, need, sizeof need));
    if (e->memory_free > 0)
        fprintf(to, ", %s free", text_bytes((double)e->memory_free, have, sizeof have));
    fprintf(to, "; disk %s", text_bytes((double)e->survey.bytes, need, sizeof need));
    if (e->survey.bytes_free > 0)
        fprintf(to, ", %s free", text_bytes((double)e->survey.bytes_free, have, sizeof have));
    fputs("\n", to);
    if (e->n_train > 0 && e->range.high < 1) /* a calibration this short is rough */
        fprintf(to, "time     under a second\n");
    else if (e->n_train > 0 && e->per_second > 0) /* it is not calibrated where memory does not suffice */
        print_time(e, to);
    fprintf(to, "file     %s\n", e->out);
    command_print_change(e, to);
}
