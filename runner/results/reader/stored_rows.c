/* The rows of a results file that is there already. */
#include "results/layout.h"
#include <stdlib.h>
#include <xxhash.h>

bool stored_has(const stored *s, const stored_column *c, size_t run)
{
    return c->net == NO_NET || c->net == s->net[run];
}

/* Rows `first` and n - 1 after it. */
static bool read_rows(const stored *s, const stored_column *c, size_t first, size_t n)
{
    nn_error none;
    if (c->place.chunk_rows > 0)
        return h5_read_rows(s->file, c->path, first, n, c->place.type, c->window->bytes);
    return disk_read(s->fd, s->path, c->window->bytes, n * c->row_bytes,
                     c->place.offset + first * c->row_bytes, &none) == NN_ok;
}

/* Rows are kept by the window: whoever goes through the file in its order reads each window once. */
const unsigned char *stored_row(const stored *s, const stored_column *c, size_t run)
{
    const size_t row = c->net == NO_NET ? run : s->slot[run];
    stored_window *w = c->window;
    const size_t first = row - row % w->size;
    if (w->rows == 0 || first != w->first) {
        const size_t all = c->place.dims[0], rows = all - first < w->size ? all - first : w->size;
        w->first = first;
        w->rows = 0;
        if (w->bytes == NULL)
            w->bytes = malloc((w->size < all ? w->size : all) * c->row_bytes + 1);
        if (w->bytes == NULL || !read_rows(s, c, first, rows))
            return NULL;
        w->rows = rows;
    }
    return w->bytes + (row - first) * c->row_bytes;
}

bool stored_holds(const stored *s, size_t run)
{
    static const unsigned char zeros[8] = {0};
    const grid_run keys = {.key = s->key[run], .record_key = s->record_key[run]};
    unsigned char head[ROW_HEAD];
    row_begin(&keys, head);
    XXH3_64bits_reset(s->hash);
    XXH3_64bits_update(s->hash, head, sizeof head);
    for (size_t i = 0; i < s->n_columns; i++) {
        const stored_column *c = &s->columns[i];
        if (!stored_has(s, c, run))
            continue;
        const unsigned char *from = stored_row(s, c, run);
        if (from == NULL)
            return false;
        XXH3_64bits_update(s->hash, from, c->row_bytes);
        XXH3_64bits_update(s->hash, zeros, row_padded(c->row_bytes) - c->row_bytes);
    }
    return XXH3_64bits_digest(s->hash) == s->check[run];
}
