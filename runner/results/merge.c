/* Unites the rows of several files of one grid (shards) in one. All files are looked at before anything is written; what is
 * then killed goes on by the same command, since rows that are there already count as one more file. */
#include "results/carry.h"
#include "results/lock.h"
#include "results/match.h"
#include "results/write.h"
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* A file beside the grid. */
typedef struct part {
    const char *path;
    comparison c;
} part;

typedef struct merger {
    const grid *grid;
    const dataset *data;
    const results_options *options;
    const char *out;
    size_t n_parts;
    part *parts; /* the first is `out`, where that is there */
    bool resumed;
    int *from; /* [n_runs] which part has its row, -1: none */
} merger;

static bool same_file(const char *a, const char *b)
{
    struct stat s, t;
    return stat(a, &s) == 0 && stat(b, &t) == 0 && s.st_dev == t.st_dev && s.st_ino == t.st_ino;
}

/* ---- what there is ---- */

static nn_status look_at(merger *m, part *p, nn_error *err)
{
    if (results_is_written(p->path))
        return nn_fail(err, NN_file, "%s is being written; merge it when its run has ended", p->path);
    p->c = (comparison){.grid = m->grid, .data = m->data};
    nn_status status = results_compare(&p->c, p->path, true, err);
    if (status == NN_ok && p->c.survey.grown)
        status = nn_fail(err, NN_file,
                         "%s is of another grid: its settings, its data or what it records differ; merge "
                         "takes files of one grid",
                         p->path);
    return status;
}

static nn_status look_at_all(merger *m, const char *const *paths, size_t n, nn_error *err)
{
    struct stat st;
    m->resumed = stat(m->out, &st) == 0;
    m->parts = calloc(n + 1, sizeof *m->parts);
    m->from = malloc((m->grid->n_runs + 1) * sizeof *m->from);
    if (m->parts == NULL || m->from == NULL)
        return nn_fail(err, NN_memory, "not enough memory to merge %zu files", n);
    if (m->resumed)
        m->parts[m->n_parts++].path = m->out;
    for (size_t i = 0; i < n; i++) {
        if (same_file(paths[i], m->out))
            return nn_fail(err, NN_usage, "%s is one of the files to merge; choose another -o", m->out);
        m->parts[m->n_parts++].path = paths[i];
    }
    nn_status status = NN_ok;
    for (size_t i = 0; i < m->n_parts && status == NN_ok; i++)
        status = look_at(m, &m->parts[i], err);
    if (status == NN_ok && m->resumed && m->parts[0].c.survey.n_inactive > 0)
        status = nn_fail(err, NN_file, "%s holds inactive runs of an older grid; merge into a new file", m->out);
    return status;
}

static bool is_result(nn_run_status status)
{
    return status == NN_RUN_done || status == NN_RUN_diverged;
}

static uint64_t check_of(const part *p, size_t run)
{
    return p->c.stored->check[p->c.match.standings[run].row];
}

static bool promised(const grid *g, size_t run)
{
    nn_hyper h;
    grid_cell(g, g->runs[run].cell, &h);
    return grid_same_bits(g, &h);
}

/* The first part that has a result of the run; others have the same, but where a library made it. Rows hold, so that equal
 * checks are equal rows. */
static nn_status choose(merger *m, merge_report *report, nn_error *err)
{
    for (size_t run = 0; run < m->grid->n_runs; run++) {
        int *from = &m->from[run];
        *from = -1;
        for (size_t i = 0; i < m->n_parts; i++) {
            if (!is_result(m->parts[i].c.match.standings[run].status))
                continue;
            if (*from < 0)
                *from = (int)i;
            else if (check_of(&m->parts[i], run) == check_of(&m->parts[*from], run))
                report->n_twice++;
            else if (promised(m->grid, run))
                return nn_fail(err, NN_file,
                               "run %zu is not the same in %s and in %s; nothing was merged: one of them was "
                               "made by another version or on faulty hardware, train it again",
                               run, m->parts[*from].path, m->parts[i].path);
        }
        report->n_added += *from >= (m->resumed ? 1 : 0);
    }
    return NN_ok;
}

/* ---- the merged file ---- */

/* Carries the rows that were chosen from part i. */
static nn_status take_rows(merger *m, results *r, int i, nn_error *err)
{
    const part *p = &m->parts[i];
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
    nn_status status = results_open(m->out, m->grid, m->data, m->options, &r, NULL, err);
    for (size_t i = m->resumed ? 1 : 0; i < m->n_parts && status == NN_ok; i++)
        status = take_rows(m, r, (int)i, err);
    if (status == NN_ok)
        status = results_finish(r, err);
    results_close(r);
    return status;
}

/* "3, 7-12, ...": the runs that no part has. */
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
    for (size_t i = 0; i < m.n_parts; i++)
        results_comparison_free(&m.parts[i].c);
    free(m.parts);
    free(m.from);
    return status;
}
