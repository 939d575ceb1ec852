/* The rows of a results file that is there already: mapped, or read chunk by chunk where it is compact. */
#include "results_internal.h"
#include <stdlib.h>
#include <xxhash.h>

bool stored_has(const stored *s, const stored_column *c, size_t run)
{
    return c->net == NO_NET || c->net == s->net[run];
}

/* The rows of one chunk are kept: whoever goes through the file in its order reads each chunk once. */
static const unsigned char *row_in_window(const stored *s, const stored_column *c, size_t row)
{
    stored_window *w = c->window;
    const size_t rows = c->place.chunk_rows, first = row - row % rows;
    if (w->rows == 0 || first != w->first) {
        const size_t left = c->place.dims[0] - first;
        w->first = first;
        w->rows = 0;
        if (w->bytes == NULL)
            w->bytes = malloc((rows < c->place.dims[0] ? rows : c->place.dims[0]) * c->row_bytes + 1);
        if (w->bytes == NULL ||
            !h5_read_rows(s->file, c->path, first, left < rows ? left : rows, c->place.type, w->bytes))
            return NULL;
        w->rows = left < rows ? left : rows;
    }
    return w->bytes + (row - first) * c->row_bytes;
}

const unsigned char *stored_row(const stored *s, const stored_column *c, size_t run)
{
    const size_t row = c->net == NO_NET ? run : s->slot[run];
    return c->window != NULL ? row_in_window(s, c, row) : s->bytes + c->place.offset + row * c->row_bytes;
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
