/* schedule_fixture.h - a grid in a folder of its own, with its data. */
#ifndef SCHEDULE_FIXTURE_H
#define SCHEDULE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "schedule_internal.h"

typedef struct bench {
    char folder[64], grid_path[96], out[96];
    grid *grid;
    dataset *data;
} bench;

static inline void write_text(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
}

static inline void bench_open(bench *b, const char *yaml)
{
    diagnostics diags;
    snprintf(b->folder, sizeof b->folder, "/tmp/nngrid-schedule-XXXXXX");
    assert_non_null(mkdtemp(b->folder));
    snprintf(b->grid_path, sizeof b->grid_path, "%s/grid.yaml", b->folder);
    snprintf(b->out, sizeof b->out, "%s/out.h5", b->folder);
    write_text(b->grid_path, yaml);
    diagnostics_init(&diags);
    nn_status status = grid_read(b->grid_path, NULL, 0, &diags, &b->grid);
    if (status == NN_ok)
        status = dataset_load(&b->grid->data, b->grid_path, NULL, &diags, &b->data);
    if (status == NN_ok)
        status = grid_keys(b->grid, b->data, NULL, &diags);
    if (status != NN_ok)
        diagnostics_print(&diags, "-", stderr);
    assert_int_equal(status, NN_ok);
    diagnostics_free(&diags);
}

static inline void bench_close(bench *b)
{
    dataset_free(b->data);
    grid_free(b->grid);
    unlink(b->out);
    unlink(b->grid_path);
    assert_int_equal(rmdir(b->folder), 0);
}

#endif
