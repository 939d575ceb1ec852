/* Merges the files of shards. All files are compared before anything is written. A merge that was killed resumes by the
 * same command, since the rows that it wrote count as one more file. */
#include "results/carry.h"
#include "results/lock.h"
#include "results/match.h"
#include "results/names.h"
#include "results/reader/look.h"
#include "results/sources.h"
#include "results/write.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* A file to merge, compared with the grid. */
typedef struct shard_file {
    const char *path;
    comparison c;
} shard_file;

typedef struct merger {
    const grid *grid;
    const dataset *data;
    const results_options *options;
    const char *out;
    size_t n_files;
    shard_file *files; /* the first is `out`, if it exists */
    bool resumed;
    int *from; /* [n_runs] which file has its row, -1: none */
} merger;

static bool same_file(const char *a, const char *b)
{
    struct stat s, t;
    return stat(a, &s) == 0 && stat(b, &t) == 0 && s.st_dev == t.st_dev && s.st_ino == t.st_ino;
}

/* ---- comparing ---- */

/* Is it a file of the grid, which an older program laid out otherwise? A file of another grid has none of its runs. */
static bool is_older_of_grid(const comparison *c)
{
    const results_survey *s = &c->survey;
    return (c->stored->older || !c->stored->has_arithmetic || s->n_older > 0) && s->n_recorded_otherwise == 0 &&
           (s->n_finished > 0 || s->n_inactive == 0);
}

/* Refuses a shard that was trained on other data, or with other files, than the grid names now. */
static nn_status look_at_sources(const merger *m, const shard_file *p, nn_error *err)
{
    results_change change;
    const nn_status status = results_sources_compare(p->path, m->grid, m->data, &change, err);
    if (status != NN_ok || change.n == 0)
        return status;
    return nn_fail(err, NN_data,
                   "%s was trained with another content of a file that the grid names: %s; nothing was merged: bring "
                   "the content back that all shards were trained with, or train those of the other once more",
                   p->path, change.what);
}

static nn_status look_at(merger *m, shard_file *p, nn_error *err)
{
    if (results_is_written(p->path))
        return nn_fail(err, NN_file, "%s is being written; merge it when its run has ended", p->path);
    p->c = (comparison){.grid = m->grid, .data = m->data};
    nn_status status = reader_look_over(p->path, true, err);
    if (status == NN_ok)
        status = results_compare(&p->c, p->path, true, err);
    if (status == NN_ok)
        status = look_at_sources(m, p, err);
    if (status == NN_ok && p->c.survey.grown && !is_older_of_grid(&p->c))
        status = nn_fail(err, NN_file,
                         "%s is of another grid or another version of nngrid: its settings, its data or what it "
                         "records differ; if the grid is the same, run it with --shard and -o once more, which brings "
                         "the file up to date",
                         p->path);
    return status;
}

static nn_status look_at_all(merger *m, const char *const *paths, size_t n, nn_error *err)
{
    struct stat st;
    m->resumed = stat(m->out, &st) == 0;
    m->files = calloc(n + 1, sizeof *m->files);
    m->from = malloc((m->grid->n_runs + 1) * sizeof *m->from);
    if (m->files == NULL || m->from == NULL)
        return nn_fail(err, NN_memory, "not enough memory to merge %zu files", n);
    if (m->resumed)
        m->files[m->n_files++].path = m->out;
    for (size_t i = 0; i < n; i++) {
        if (same_file(paths[i], m->out))
            return nn_fail(err, NN_usage, "%s is one of the files to merge; choose another -o", m->out);
        m->files[m->n_files++].path = paths[i];
    }
    nn_status status = NN_ok;
    for (size_t i = 0; i < m->n_files && status == NN_ok; i++)
        status = look_at(m, &m->files[i], err);
    if (status == NN_ok && m->resumed && m->files[0].c.survey.n_inactive > 0)
        status = nn_fail(err, NN_file, "%s holds inactive runs of an older grid; merge into a new file", m->out);
    return status;
}

/* ---- arithmetics ---- */

/* The arithmetic of the first run with a result; 0: the file has none. *other: a second one. */
static int arithmetic_of(const merger *m, const shard_file *p, int *other)
{
    int first = 0;
    for (size_t run = 0; run < m->grid->n_runs; run++) {
        const standing *stands = &p->c.match.standings[run];
        if (!is_result(stands->status) || stands->arithmetic == first)
            continue;
        *(first == 0 ? &first : other) = stands->arithmetic;
    }
    return first;
}

/* Refuses files of which some have runs of one arithmetic and some of another, where nobody has accepted the older ones. */
static nn_status check_arithmetics(const merger *m, nn_error *err)
{
    const shard_file *first = NULL, *second = NULL, *older = NULL;
    int arithmetic = 0, another = 0;
    for (size_t i = 0; i < m->n_files; i++) {
        const shard_file *p = &m->files[i];
        int other = 0;
        const int its = arithmetic_of(m, p, &other);
        first = first == NULL && its > 0 ? p : first;
        arithmetic = arithmetic == 0 ? its : arithmetic;
        older = p->c.survey.n_unaccepted > 0 ? p : older;
        if (second == NULL && ((its > 0 && its != arithmetic) || other > 0)) {
            second = p;
            another = its != arithmetic ? its : other;
        }
    }
    if (second == NULL || older == NULL)
        return NN_ok;
    return nn_fail(
        err, NN_usage,
        "%.100s has runs of arithmetic %d and %.100s of %d, whose last digits differ; nothing was merged: run "
        "%.100s with its --shard and -o and --accept-arithmetic, which lets them stand side by side, or "
        "--retrain, which trains its runs with %d",
        first->path, arithmetic, second->path, another, older->path, nn_arithmetic());
}

static uint64_t check_of(const shard_file *p, size_t run)
{
    return p->c.stored->check[p->c.match.standings[run].row];
}

/* Are all numbers of the row the same on every machine? Those of endpoints are not, though weights and curves are. */
static bool has_same_bits(const grid *g, size_t run)
{
    nn_hyper h;
    grid_cell(g, g->runs[run].cell, &h);
    return grid_same_bits(&h) && !g->recording.endpoint;
}

/* How many metrics the row of a run has. */
static size_t n_metrics_of(const shard_file *p, size_t run)
{
    const stored *s = p->c.stored;
    const size_t row = (size_t)p->c.match.standings[run].row;
    size_t n = 0;
    for (int i = 0; i < NN_N_METRIC; i++) {
        char path[128];
        double value = NN_NAN;
        snprintf(path, sizeof path, PATH_RUNS "/%s", nn_metrics.rows[i].name);
        const stored_column *c = reader_stored_column(s, path);
        const unsigned char *from = c == NULL || c->row_bytes != sizeof value ? NULL : reader_stored_row(s, c, row);
        if (from != NULL)
            memcpy(&value, from, sizeof value);
        n += isnan(value) == 0;
    }
    return n;
}

/* Is a column what training itself gave: how a run ended, a curve, weights? All else follows from these, and programs of
 * different age may take it differently. */
static bool is_of_training(const char *path)
{
    static const char *const ends[] = {PATH_RUNS_STATUS, PATH_RUNS_STOP_REASON, PATH_RUNS_TRAINED};
    char of[128];
    nn_part part;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (strcmp(path, ends[i]) == 0)
            return true;
    return (strncmp(path, PATH_CURVES "/", sizeof PATH_CURVES) == 0 ||
            strncmp(path, PATH_WEIGHTS "/", sizeof PATH_WEIGHTS) == 0) &&
           !reader_error_path(path, of, sizeof of, &part);
}

/* Have both files the same row in a column of the first? */
static bool same_column(const shard_file *a, const shard_file *b, const stored_column *of_a, size_t run)
{
    const stored_column *of_b = reader_stored_column(b->c.stored, of_a->path);
    const size_t row_a = (size_t)a->c.match.standings[run].row, row_b = (size_t)b->c.match.standings[run].row;
    if (of_b == NULL || !reader_stored_has(a->c.stored, of_a, row_a))
        return true;
    if (of_a->row_bytes != of_b->row_bytes || !reader_stored_has(b->c.stored, of_b, row_b))
        return false;
    const unsigned char *x = reader_stored_row(a->c.stored, of_a, row_a),
                        *y = reader_stored_row(b->c.stored, of_b, row_b);
    return x != NULL && y != NULL && memcmp(x, y, of_a->row_bytes) == 0;
}

/* Do the rows of a run differ merely in what the older program of one file did not have or took otherwise? */
static bool same_training(const shard_file *a, const shard_file *b, size_t run)
{
    if (!a->c.stored->older && !b->c.stored->older && n_metrics_of(a, run) == n_metrics_of(b, run))
        return false;
    bool same = true;
    for (size_t i = 0; i < a->c.stored->n_columns && same; i++)
        if (is_of_training(a->c.stored->columns[i].path))
            same = same_column(a, b, &a->c.stored->columns[i], run);
    return same;
}

static int arithmetic_in(const shard_file *p, size_t run)
{
    return p->c.match.standings[run].arithmetic;
}

/* Takes one of two files that have a run, that of the newer arithmetic. Rows that the merged file already has stay there. */
static nn_status choose_one(const merger *m, size_t run, int *from, int other, merge_report *report, nn_error *err)
{
    const shard_file *a = &m->files[*from], *b = &m->files[other];
    const int older = arithmetic_in(a, run), newer = arithmetic_in(b, run);
    if (older != newer) { /* both have been accepted */
        if (older < newer && (*from > 0 || !m->resumed))
            *from = other;
        return NN_ok;
    }
    const bool equal = check_of(a, run) == check_of(b, run), same = !equal && same_training(a, b, run);
    report->n_twice += equal || same;
    if (same && (*from > 0 || !m->resumed) && n_metrics_of(b, run) > n_metrics_of(a, run))
        *from = other;
    if (equal || same || !has_same_bits(m->grid, run))
        return NN_ok;
    return nn_fail(err, NN_file,
                   "run %zu is not the same in %s and in %s; nothing was merged: one of them was made by another "
                   "version or on faulty hardware, train it again",
                   run, a->path, b->path);
}

/* Chooses the first file that has a result of the run, or of files of different age one that has all metrics. Others
 * must have the same, unless a library computed it. The checks of the rows hold, so that equal checks mean equal rows. */
static nn_status choose(merger *m, merge_report *report, nn_error *err)
{
    for (size_t run = 0; run < m->grid->n_runs; run++) {
        int *from = &m->from[run];
        *from = -1;
        for (size_t i = 0; i < m->n_files; i++) {
            if (!is_result(m->files[i].c.match.standings[run].status))
                continue;
            const nn_status status = *from < 0 ? NN_ok : choose_one(m, run, from, (int)i, report, err);
            if (status != NN_ok)
                return status;
            if (*from < 0)
                *from = (int)i;
        }
        report->n_added += *from >= (m->resumed ? 1 : 0);
    }
    return NN_ok;
}

/* ---- the merged file ---- */

/* Carries the rows that were chosen from file i. */
static nn_status take_rows(merger *m, results *r, int i, nn_error *err)
{
    const shard_file *p = &m->files[i];
    standing *standings = p->c.match.standings;
    for (size_t run = 0; run < m->grid->n_runs; run++)
        if (m->from[run] != i)
            standings[run].row = -1;
    const nn_status status = results_carry(r->l, r->fd, r->path, p->c.stored, standings, err);
    for (size_t run = 0; run < m->grid->n_runs && status == NN_ok; run++)
        if (m->from[run] == i)
            r->status[run] = (unsigned char)standings[run].status;
    return status;
}

/* Gives the runs the keys that they have in the files from which they are taken. */
static void take_keys(const merger *m, grid_run *runs)
{
    memcpy(runs, m->grid->runs, m->grid->n_runs * sizeof *runs);
    for (size_t run = 0; run < m->grid->n_runs; run++) {
        const comparison *c = m->from[run] < 0 ? NULL : &m->files[m->from[run]].c;
        if (c == NULL)
            continue;
        runs[run].arithmetic = (uint32_t)c->match.standings[run].arithmetic;
        runs[run].key = c->stored->key[c->match.standings[run].row];
    }
}

static nn_status write_merged(merger *m, nn_error *err)
{
    results *r = NULL;
    results_options how = m->options != NULL ? *m->options : (results_options){0};
    const char **paths = malloc((m->n_files + 1) * sizeof *paths);
    grid_run *runs = malloc((m->grid->n_runs + 1) * sizeof *runs);
    if (paths == NULL || runs == NULL) {
        free(paths);
        free(runs);
        return nn_fail(err, NN_memory, "not enough memory");
    }
    take_keys(m, runs);
    how.older = OLDER_MERGE;
    how.merged_runs = runs;
    for (size_t i = 0; i < m->n_files; i++) {
        paths[i] = m->files[i].path;
        how.accepted = m->files[i].c.accepted > how.accepted ? m->files[i].c.accepted : how.accepted;
    }
    how.merged = paths;
    how.n_merged = m->n_files;
    nn_status status = results_open(m->out, m->grid, m->data, &how, &r, NULL, err);
    free(paths);
    free(runs);
    for (size_t i = m->resumed ? 1 : 0; i < m->n_files && status == NN_ok; i++)
        status = take_rows(m, r, (int)i, err);
    if (status == NN_ok)
        status = results_finish(r, err);
    results_close(r);
    return status;
}

/* Names the runs that no file has: "3, 7-12, ...". */
static void name_missing(const merger *m, merge_report *report)
{
    const size_t n = m->grid->n_runs, room = sizeof report->missing;
    size_t used = 0;
    for (size_t run = 0; run < n; run++) {
        size_t end = run;
        while (end < n && m->from[end] < 0)
            end++;
        if (end == run)
            continue;
        report->n_missing += end - run;
        if (used + 48 < room)
            used += (size_t)snprintf(report->missing + used, room - used, end - run > 1 ? "%s%zu-%zu" : "%s%zu",
                                     used > 0 ? ", " : "", run, end - 1);
        else if (used + 8 < room)
            used = room - 8 + (size_t)snprintf(report->missing + used, room - used, ", ...");
        run = end;
    }
}

nn_status results_merge(const char *out, const grid *g, const dataset *d, const results_options *options,
                        const char *const *paths, size_t n, merge_report *report, nn_error *err)
{
    merger m = {.grid = g, .data = d, .options = options, .out = out};
    *report = (merge_report){.n_runs = g->n_runs};
    nn_status status = look_at_all(&m, paths, n, err);
    if (status == NN_ok)
        status = check_arithmetics(&m, err);
    if (status == NN_ok)
        status = choose(&m, report, err);
    if (status == NN_ok)
        name_missing(&m, report);
    if (status == NN_ok)
        status = write_merged(&m, err);
    for (size_t i = 0; i < m.n_files; i++)
        results_comparison_free(&m.files[i].c);
    free(m.files);
    free(m.from);
    return status;
}
