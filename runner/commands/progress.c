/* Progress on stderr: one line that is redrawn on a terminal, else a plain line every half minute. */
#include "commands/command.h"
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static const double plain_seconds = 30;
enum { BAR_CELLS = 12, LINE_BYTES = 512 };

void progress_begin(progress_view *v, const grid *g, double per_second, bool quiet)
{
    const char *term = getenv("TERM");
    const bool dumb = term == NULL || strcmp(term, "dumb") == 0;
    *v = (progress_view){
        .grid = g, .per_second = per_second, .quiet = quiet, .terminal = isatty(STDERR_FILENO) && !dumb};
}

/* "0.2312 (lambda 0.1  dropout 0.5)", or nothing yet. */
static void put_best(const progress_view *v, const schedule_progress *p, char *text, size_t size)
{
    char name[256], value[32];
    text[0] = '\0';
    if (p->best == p->best)
        snprintf(text, size, ", best %s (%s)", text_value(p->best, value, sizeof value),
                 grid_cell_name(v->grid, v->grid->runs[p->best_run].cell, name, sizeof name));
}

static void compose(const progress_view *v, const schedule_progress *p, char *text, size_t size)
{
    char best[320], eta[32];
    const size_t done = p->n_before + p->n_finished;
    const double rate = p->seconds > 0 ? (double)p->n_finished / p->seconds : 0;
    put_best(v, p, best, sizeof best);
    snprintf(text, size, "%3.0f%%  %zu/%zu runs, %.3g/s, %s left%s",
             floor(100 * schedule_share(p, v->per_second)), done, p->n_total, rate,
             text_seconds(schedule_eta(p, v->per_second), eta, sizeof eta), best);
}

static size_t terminal_width(void)
{
    struct winsize size;
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

static void redraw(const progress_view *v, const schedule_progress *p)
{
    char text[LINE_BYTES], bar[BAR_CELLS + 1];
    const size_t width = terminal_width(), filled = (size_t)(schedule_share(p, v->per_second) * BAR_CELLS);
    for (size_t i = 0; i < BAR_CELLS; i++)
        bar[i] = i < filled ? '=' : '.';
    bar[BAR_CELLS] = '\0';
    compose(v, p, text, sizeof text);
    const size_t room = width > BAR_CELLS + 4 ? width - BAR_CELLS - 4 : 0;
    fprintf(stderr, "\r[%s] %.*s\033[K", bar, (int)room,
            text); /* \033[K: erase what is left of the line before */
}

static void say_stopping(progress_view *v)
{
    fprintf(stderr,
            "%sstopping: running networks are abandoned at their next batch, finished ones are kept\n",
            v->terminal ? "\r\033[K" : "");
    v->said_stopping = true;
}

void progress_show(void *view, const schedule_progress *p)
{
    progress_view *v = view;
    char text[LINE_BYTES];
    if (p->stopping && !p->last && !v->said_stopping)
        say_stopping(v);
    if (v->quiet || v->said_stopping)
        return;
    if (v->terminal) {
        redraw(v, p);
        if (p->last)
            putc('\n', stderr);
    } else if (!p->last && p->seconds - v->last_line >= plain_seconds) {
        v->last_line = p->seconds;
        compose(v, p, text, sizeof text);
        fprintf(stderr, "%s\n", text + strspn(text, " "));
    }
}
