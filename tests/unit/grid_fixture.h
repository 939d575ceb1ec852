/* grid_fixture.h - grids as text, read in a folder of their own, for the tests of the grid module. */
#ifndef GRID_FIXTURE_H
#define GRID_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "grid.h"

static char grid_folder[] = "/tmp/nngrid-test-XXXXXX";

static inline int enter_folder(void **state)
{
    (void)state;
    return mkdtemp(grid_folder) != NULL && chdir(grid_folder) == 0 ? 0 : -1;
}

static inline int leave_folder(void **state)
{
    (void)state;
    unlink("grid.yaml");
    return chdir("/") == 0 ? rmdir(grid_folder) : -1;
}

/* A new file each time: some file systems flush a file that is truncated and written again, at once. */
static inline void write_grid(const char *yaml)
{
    unlink("grid.yaml");
    FILE *f = fopen("grid.yaml", "wb");
    assert_non_null(f);
    fputs(yaml, f);
    assert_int_equal(fclose(f), 0);
}

/* What diagnostics_print says; caller frees. */
static inline char *printed(const diagnostics *d)
{
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);
    assert_non_null(f);
    diagnostics_print(d, "nothing was trained and nothing written", f);
    fclose(f);
    return text;
}

/* The grid, read without a mistake. */
static inline grid *grid_with(const char *yaml, const char *const *sets, size_t n_sets)
{
    diagnostics d;
    grid *g = NULL;
    diagnostics_init(&d);
    write_grid(yaml);
    const nn_status status = grid_read("grid.yaml", sets, n_sets, &d, &g);
    if (status != NN_ok)
        diagnostics_print(&d, "nothing was trained and nothing written", stderr);
    assert_int_equal(status, NN_ok);
    diagnostics_free(&d);
    return g;
}

static inline grid *grid_of(const char *yaml)
{
    return grid_with(yaml, NULL, 0);
}

/* Does reading the grid say this among the rest? It must fail, and leave `out` alone. */
static inline void assert_mistake_with(const char *yaml, const char *set, const char *part)
{
    diagnostics d;
    grid *const untouched = (grid *)&d, *g = untouched;
    diagnostics_init(&d);
    write_grid(yaml);
    assert_int_equal(grid_read("grid.yaml", &set, set != NULL, &d, &g), NN_usage);
    assert_ptr_equal(g, untouched);
    char *text = printed(&d);
    if (strstr(text, part) == NULL)
        fail_msg("'%s' is not in:\n%s", part, text);
    free(text);
    diagnostics_free(&d);
}

static inline void assert_mistake(const char *yaml, const char *part)
{
    assert_mistake_with(yaml, NULL, part);
}

/* The cells in words, one a line, for example "lambda 0  dropout 0.5"; caller frees. */
static inline char *cells_of(const grid *g)
{
    char *text = NULL, name[512];
    size_t size;
    FILE *f = open_memstream(&text, &size);
    assert_non_null(f);
    for (size_t c = 0; c < g->n_cells; c++)
        fprintf(f, "%s\n", grid_cell_name(g, c, name, sizeof name));
    fclose(f);
    return text;
}

static inline void assert_cells(const char *yaml, const char *expected)
{
    grid *g = grid_of(yaml);
    char *cells = cells_of(g);
    assert_string_equal(cells, expected);
    free(cells);
    grid_free(g);
}

#define GRID_TESTS_MAIN(tests) cmocka_run_group_tests(tests, enter_folder, leave_folder)

#endif
