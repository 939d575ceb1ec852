/* Where the datasets of a layout lie in a file, how large they are, and whether two layouts are the same. */
#include "results/place.h"
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

uint64_t results_layout_bytes(const layout *l)
{
    /* The structure itself: less than 0.75 KB for a dataset with its attributes; texts are stored as they are. */
    uint64_t bytes = 64 * 1024 + 2 * (uint64_t)(l->grid->yaml == NULL ? 0 : strlen(l->grid->yaml));
    for (size_t i = 0; i < l->n_fields; i++)
        bytes += ((field_bytes(&l->fields[i]) + 7) & ~(uint64_t)7) + 750;
    return bytes;
}

static void digest_text(XXH3_state_t *state, const char *text)
{
    XXH3_64bits_update(state, text, strlen(text) + 1);
}

static void digest_structure(XXH3_state_t *state, const layout *l, const field *f)
{
    const int32_t type = (int32_t)f->type;
    digest_text(state, f->path);
    XXH3_64bits_update(state, &type, sizeof type);
    for (int d = 0; d < f->n_dims; d++) {
        const uint64_t length = l->fields[f->dims[d]].length;
        digest_text(state, l->fields[f->dims[d]].path);
        XXH3_64bits_update(state, &length, sizeof length);
    }
    for (int i = 0; f->flags != NULL && i < f->flags->n; i++)
        digest_text(state, f->flags->rows[i].name);
}

nn_status results_layout_digest(const layout *l, uint64_t *out, nn_error *err)
{
    XXH3_state_t *state = XXH3_createState();
    nn_status status = state == NULL ? nn_fail(err, NN_memory, "not enough memory") : NN_ok;
    if (status == NN_ok)
        XXH3_64bits_reset(state);
    for (size_t i = 0; status == NN_ok && i < l->n_fields; i++) {
        const field *f = &l->fields[i];
        digest_structure(state, l, f);
        if (f->fill == NULL)
            continue;
        void *column = calloc(f->n + 1, h5_type_bytes(f->type));
        if (column == NULL) {
            status = nn_fail(err, NN_memory, "not enough memory for the column %s", f->path);
            break;
        }
        f->fill(l, f, column);
        XXH3_64bits_update(state, column, field_bytes(f));
        free(column);
    }
    if (status == NN_ok)
        *out = XXH3_64bits_digest(state);
    XXH3_freeState(state);
    return status;
}

static bool agrees(const layout *l, const field *f, const h5_place *there)
{
    if (there->type != f->type || there->n_dims != f->n_dims)
        return false;
    for (int d = 0; d < f->n_dims; d++)
        if (there->dims[d] != l->fields[f->dims[d]].length)
            return false;
    return there->n == 0 || there->offset > 0 || there->chunk_rows > 0;
}

static int by_offset(const void *a, const void *b)
{
    const field *const *p = a, *const *q = b;
    return ((*p)->offset > (*q)->offset) - ((*p)->offset < (*q)->offset);
}

/* Refuses datasets one of which would be written over another, as a damaged file can have them. */
static nn_status check_apart(const layout *l, const char *path, nn_error *err)
{
    const field **sorted = malloc((l->n_fields + 1) * sizeof *sorted);
    nn_status status = sorted != NULL ? NN_ok : nn_fail(err, NN_memory, "not enough memory");
    size_t n = 0;
    for (size_t i = 0; i < l->n_fields && status == NN_ok; i++)
        if (l->fields[i].offset > 0 && l->fields[i].n > 0)
            sorted[n++] = &l->fields[i];
    if (status == NN_ok)
        qsort((void *)sorted, n, sizeof *sorted, by_offset);
    for (size_t i = 1; i < n && status == NN_ok; i++)
        if (sorted[i]->offset - sorted[i - 1]->offset < field_bytes(sorted[i - 1]))
            status = nn_fail(err, NN_file,
                             "%s: %s and %s lie at the same place of the file, which is damaged; move it away, or "
                             "choose another -o",
                             path, sorted[i - 1]->path, sorted[i]->path);
    free((void *)sorted);
    return status;
}

nn_status results_layout_place(layout *l, const char *path, nn_error *err)
{
    results_file file;
    h5_place there = {0};
    nn_status status = reader_file_open(path, true, &file, err);
    l->compact = false;
    for (size_t i = 0; i < l->n_fields && status == NN_ok; i++) {
        field *f = &l->fields[i];
        if (!h5_look(file.h5, f->path, &there) || !agrees(l, f, &there))
            status = reader_file_damaged(&file, f->path, err);
        f->offset = there.offset;
        l->compact |= there.chunk_rows > 0;
    }
    reader_file_close(&file);
    return status == NN_ok ? check_apart(l, path, err) : status;
}
