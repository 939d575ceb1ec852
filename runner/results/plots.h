/* plots.h - the pictures of /plots as data: what each shows, and where the cells of the grid are in it. */
#ifndef NNGRID_RESULTS_PLOTS_H
#define NNGRID_RESULTS_PLOTS_H

#include "results/layout.h"

void results_layout_plots(layout *l); /* adds the groups of /plots; a failed layout has none */
void results_plots_free(layout *l);
nn_status results_plots_write(const layout *l, int fd, const char *path, nn_error *err);

/* Curves of the best cells; metrics along one axis of the grid; an image over two axes. */
typedef enum plot_kind { PLOT_BEST, PLOT_ALONG, PLOT_IMAGE } plot_kind;
enum { PLOT_SIGNALS = 6, PLOT_N_BEST = 8, PLOT_N_IMAGES = 6, PLOT_SOLVED = NN_N_METRIC };
#define PLOT_NOWHERE UINT32_MAX

/* Losses of different units (results/ranking.h) are not put into one picture: errors take their place. */
typedef enum plot_units { PLOT_ANY_UNITS, PLOT_ONE_UNIT, PLOT_SEVERAL_UNITS } plot_units;

typedef struct plot_signal {
    int index;        /* which curve (PLOT_BEST) or metric; PLOT_SOLVED: the share of runs that met `success` */
    nn_part part;     /* the part that it needs; NN_NO_PART: none */
    plot_units units; /* where it is drawn */
} plot_signal;

typedef struct plot_row {
    const char *name;
    plot_kind kind;
    nn_part needs; /* without this part there is no picture */
    const char *title;
    size_t n;
    plot_signal
        signals[PLOT_SIGNALS]; /* the first one that the grid has is the signal, the others are auxiliary signals */
} plot_row;

/* Where the cells are along one axis of the grid, or two. */
typedef struct view {
    int n_axes;
    size_t axis[2], n[2]; /* which axes, and how many values each has */
    double *values[2];    /* [n] ascending; codes for choices */
    uint32_t *place;      /* [n_cells] index into [n[0]][n[1]], or PLOT_NOWHERE */
    bool several;         /* places have more than one cell, by other settings */
} view;

typedef struct plot {
    const plot_row *row;
    const char *group;
    int view;                     /* -1: none */
    size_t n, first;              /* signals; the field of the first, which the others follow */
    size_t signals[PLOT_SIGNALS]; /* [n] index into row->signals */
    /* With a view: the field of the first signal's best over the other settings, which the others' follow (NO_FIELD where
     * no place has several cells), and that of the importance of the view's settings. */
    int best, importance;
} plot;

#endif
