/* /cells: statistics over the finished runs of each cell, written at the end. */
#include "results_internal.h"
#include "cells.h"
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    size_t at;
    const char *help;
} stats[] = {
    {"mean", offsetof(cell_stats, mean), "mean over the finished runs of the cell"},
    {"sd", offsetof(cell_stats, sd), "sample standard deviation (n - 1)"},
    {"median", offsetof(cell_stats, median), "median"},
    {"q1", offsetof(cell_stats, q1), "lower quartile"},
    {"q3", offsetof(cell_stats, q3), "upper quartile"},
    {"low", offsetof(cell_stats, low), "lower end of the 95% interval of the mean (Student's t)"},
    {"high", offsetof(cell_stats, high), "upper end of the 95% interval of the mean (Student's t)"},
};
enum { N_STATS = sizeof stats / sizeof stats[0] };

const char *cell_stat_name(size_t i)
{
    return stats[i].name;
}

const char *cell_stat_help(size_t i)
{
    return stats[i].help;
}

size_t n_cell_stats(void)
{
    return N_STATS;
}
