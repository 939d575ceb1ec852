/* plots.h - the pictures of /plots as data: what each shows, and where the cells of the grid lie in it. */
#ifndef NNGRID_RESULTS_PLOTS_H
#define NNGRID_RESULTS_PLOTS_H

#include "results/layout.h"

void results_layout_plots(layout *l); /* results_plots.c */
void results_plots_free(layout *l);
/* Fills /plots; /cells is there already. */
nn_status results_plots_write(const layout *l, int fd, const char *path, nn_error *err);

/* Curves of the best cells; metrics along one axis of the grid; an image over two. */
typedef enum plot_kind { PLOT_BEST, PLOT_ALONG, PLOT_IMAGE } plot_kind;
enum { PLOT_SIGNALS = 4, PLOT_N_BEST = 8, PLOT_SOLVED = NN_N_METRIC };
#define PLOT_NOWHERE UINT32_MAX

typedef struct plot_signal {
    int index;    /* which curve (PLOT_BEST) or metric; PLOT_SOLVED: the share of runs that met `success` */
    nn_part part; /* which is needed for it; NN_NO_PART: none */
} plot_signal;

typedef struct plot_row {
    const char *name;
    plot_kind kind;
    nn_part needs; /* without this part the picture says nothing */
    const char *title;
    size_t n;
    plot_signal signals[PLOT_SIGNALS]; /* the first that there is becomes the signal, the rest go beside it */
} plot_row;

/* Where the cells lie along one axis of the grid, or two. */
typedef struct view {
    int n_axes;
    size_t axis[2], n[2]; /* which, and how many values */
    double *values[2];    /* [n] ascending; codes for choices */
    uint32_t *place;      /* [n_cells] index into [n[0]][n[1]], or PLOT_NOWHERE */
} view;

typedef struct plot {
    const plot_row *row;
    const char *group;
    int view;                     /* -1: none */
    size_t n, first;              /* signals that there are; the field of the first, the others follow */
    size_t signals[PLOT_SIGNALS]; /* [n] index into row->signals */
} plot;

#endif
