/* Merges the files of shards. All files are compared before anything is written. A merge that was killed resumes by the
 * same command, since the rows that it wrote count as one more file. */
#include "results/carry.h"
#include "results/lock.h"
#include "results/match.h"
#include "results/reader/look.h"
#include "results/write.h"
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

static nn_status look_at(merger *m, shard_file *p, nn_error *err)
{
    if (results_is_written(p->path))
        return nn_fail(err, NN_file, "%s is being written; merge it when its run has ended", p->path);
    p->c = (comparison){.grid = m->grid, .data = m->data};
    nn_status status = reader_look_over(p->path, true, err);
    if (status == NN_ok)
        status = results_compare(&p->c, p->path, true, err);
    if (status == NN_ok && p->c.survey.grown)
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

/* Chooses the first file that has a result of the run. Others must have the same, unless a library computed it. The
 * checks of the rows hold, so that equal checks mean equal rows. */
static nn_status choose(merger *m, merge_report *report, nn_error *err)
{
    for (size_t run = 0; run < m->grid->n_runs; run++) {
        int *from = &m->from[run];
        *from = -1;
        for (size_t i = 0; i < m->n_files; i++) {
            if (!is_result(m->files[i].c.match.standings[run].status))
                continue;
            if (*from < 0)
                *from = (int)i;
            else if (check_of(&m->files[i], run) == check_of(&m->files[*from], run))
                report->n_twice++;
            else if (has_same_bits(m->grid, run))
                return nn_fail(err, NN_file,
                               "run %zu is not the same in %s and in %s; nothing was merged: one of them was "
                               "made by another version or on faulty hardware, train it again",
                               run, m->files[*from].path, m->files[i].path);
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

static nn_status write_merged(merger *m, nn_error *err)
{
    results *r = NULL;
    results_options how = m->options != NULL ? *m->options : (results_options){0};
    const char **paths = malloc((m->n_files + 1) * sizeof *paths);
    if (paths == NULL)
        return nn_fail(err, NN_memory, "not enough memory");
    for (size_t i = 0; i < m->n_files; i++)
        paths[i] = m->files[i].path;
    how.merged = paths;
    how.n_merged = m->n_files;
    nn_status status = results_open(m->out, m->grid, m->data, &how, &r, NULL, err);
    free(paths);
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
