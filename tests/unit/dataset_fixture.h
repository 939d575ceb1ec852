/* dataset_fixture.h - data files in a folder of their own, for the tests of the dataset module. */
#ifndef DATASET_FIXTURE_H
#define DATASET_FIXTURE_H

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include <zlib.h>
#include "dataset.h"

/* One load: its spec, what was said, what came out. */
typedef struct fixture {
    char folder[64], path[300], grid[128];
    data_spec spec;
    diagnostics diags;
    dataset *d;
    nn_status status;
} fixture;

static inline int fixture_setup(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    strcpy(f->folder, "/tmp/nngrid-test-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    snprintf(f->path, sizeof f->path, "%s/data.csv", f->folder);
    snprintf(f->grid, sizeof f->grid, "%s/grid.yaml", f->folder);
    data_spec_init(&f->spec);
    f->spec.split.kind = SPLIT_ALL;
    diagnostics_init(&f->diags);
    *state = f;
    return 0;
}

static inline void fixture_file(fixture *f, const char *name)
{
    free(f->spec.file);
    f->spec.file = strdup(name);
    snprintf(f->path, sizeof f->path, "%s/%s", f->folder, name);
}

/* Forgets what was loaded and said; the spec stays. */
static inline void fixture_forget(fixture *f)
{
    dataset_free(f->d);
    f->d = NULL;
    diagnostics_free(&f->diags);
    diagnostics_init(&f->diags);
}

static inline int fixture_teardown(void **state)
{
    fixture *f = *state;
    fixture_forget(f);
    diagnostics_free(&f->diags);
    data_spec_free(&f->spec);
    DIR *folder = opendir(f->folder);
    assert_non_null(folder);
    for (struct dirent *file; (file = readdir(folder)) != NULL;) {
        snprintf(f->path, sizeof f->path, "%s/%.200s", f->folder, file->d_name);
        unlink(f->path); /* . and .. stay */
    }
    closedir(folder);
    assert_int_equal(rmdir(f->folder), 0);
    free(f);
    return 0;
}

static inline nn_status fixture_load(fixture *f)
{
    fixture_forget(f);
    f->status = dataset_load(&f->spec, f->grid, NULL, &f->diags, &f->d);
    assert_true((f->status == NN_ok) == (f->d != NULL));
    assert_true((f->status == NN_ok) == (f->diags.n_errors == 0));
    return f->status;
}

static inline void fixture_write(fixture *f, const void *content, size_t size)
{
    FILE *file = fopen(f->path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(content, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

/* Writes data.csv with this text and loads it. */
static inline nn_status fixture_csv(fixture *f, const char *text)
{
    fixture_file(f, "data.csv");
    fixture_write(f, text, strlen(text));
    return fixture_load(f);
}

/* Row `row` of the raw inputs, column `j`. */
static inline double fixture_input(const fixture *f, size_t row, size_t j)
{
    const nn_data *data = &f->d->data;
    size_t at = row * data->n_inputs + j;
    switch (data->input_type) {
    case NN_UINT8:
        return ((const uint8_t *)data->inputs)[at];
    case NN_FLOAT32:
        return (double)((const float *)data->inputs)[at];
    default:
        return ((const double *)data->inputs)[at];
    }
}

/* Was there a message with these words at this place? */
static inline void fixture_said(const fixture *f, int line, int column, const char *words)
{
    for (size_t i = 0; i < f->diags.n; i++) {
        const diagnostic *d = &f->diags.items[i];
        if (d->at.line == line && d->at.column == column && strstr(d->message, words) != NULL) {
            return;
        }
    }
    diagnostics_print(&f->diags, "-", stderr);
    fail_msg("nothing at %d:%d says '%s'", line, column, words);
}

/* Loading this text fails and says these words at this place. */
static inline void fixture_fails(fixture *f, const char *text, int line, int column, const char *words)
{
    assert_int_equal(fixture_csv(f, text), NN_data);
    fixture_said(f, line, column, words);
}

#endif
