/* Structured arrays of NumPy become rows of text, which are read like those of a CSV file: numbers are written with all
 * digits that they have, so that nothing is lost. */
#include "data/formats/load_records.h"
#include "base/file.h"
#include "data/encoding.h"
#include "data/formats/load_arrays.h"
#include "data/formats/load_csv.h"
#include "data/formats/npy.h"
#include <stdlib.h>
#include <string.h>

enum { BLOCK_BYTES = 1 << 20, HEAD_BYTES = 128 };

typedef struct records {
    loader *l;
    data_table *t;
    npy_header h;
    char **names;  /* [h.n_fields], which the table owns */
    char *content; /* of the file */
    size_t size, n;
    size_t most;    /* bytes that the texts of a record may take */
    char *at, *end; /* room for texts, which the table owns */
} records;

/* ---- fields ---- */

/* Bytes of type S may be in any encoding, which the file does not tell. */
static nn_status check_text(const records *r, size_t row, size_t field, const char *text)
{
    const size_t odd = data_find_odd(text, strlen(text));
    if (text[odd] == '\0')
        return NN_ok;
    return data_mistake(r->l, (int)row + 1, (int)field + 1,
                        "the byte 0x%02X is no UTF-8; decode the field '%.60s' and save it as text, .astype('U')",
                        (unsigned)(unsigned char)text[odd], r->names[field]);
}

static nn_status put_text(records *r, size_t row, size_t field, const unsigned char *from)
{
    char *text = r->at;
    char *end = array_npy_text(&r->h.fields[field].type, from, text);
    if (end == NULL)
        return data_mistake(r->l, (int)row + 1, (int)field + 1, "this text has an invalid character");
    r->at = end;
    return r->h.fields[field].type.wide ? NN_ok : check_text(r, row, field, text);
}

static nn_status make_room(records *r)
{
    if (r->at != NULL && (size_t)(r->end - r->at) >= r->most)
        return NN_ok;
    const size_t bytes = r->most > BLOCK_BYTES ? r->most : BLOCK_BYTES;
    char *block = file_fits_memory((double)bytes) ? malloc(bytes) : NULL;
    if (block == NULL || !data_table_own(r->t, block))
        return data_no_memory(r->l, "the records of the data file");
    r->at = block;
    r->end = block + bytes;
    return NN_ok;
}

static nn_status take_record(void *context, size_t row, char **fields)
{
    records *r = context;
    const unsigned char *record = (const unsigned char *)r->content + r->h.data + row * r->h.record_bytes;
    nn_status status = make_room(r);
    for (size_t i = 0; i < r->h.n_fields && status == NN_ok; i++) {
        const npy_field *f = &r->h.fields[i];
        fields[i] = r->at;
        if (f->type.text)
            status = put_text(r, row, i, record + f->at);
        else
            r->at += array_number_text(f->type.number, f->type.swapped, record + f->at, r->at);
        r->at++; /* behind the NUL */
    }
    return status;
}

/* ---- the array ---- */

/* Records are rows, however the one dimension that counts them lies. */
static nn_status count_records(records *r)
{
    size_t rows = 0, columns = 0;
    nn_error err;
    if (r->h.n_dims == 0)
        return data_mistake(r->l, 0, 0, "is a single record, not an array of them");
    if (array_shape(r->h.dims, r->h.n_dims, &rows, &columns, &err) != NN_ok ||
        array_npy_check_size(&r->h, rows, columns, r->size, &err) != NN_ok)
        return data_mistake(r->l, 0, 0, "%s", err.message);
    r->n = rows * columns;
    if (rows > 1 && columns > 1)
        return data_mistake(r->l, 0, 0, "has %zu x %zu records; each is a row: save array.ravel()", rows, columns);
    return NN_ok;
}

static nn_status understand(records *r)
{
    nn_error err;
    if (array_npy_header(r->content, r->size, &r->h, &err) != NN_ok)
        return data_mistake(r->l, 0, 0, "%s", err.message);
    for (size_t i = 0; i < r->h.n_fields; i++)
        r->most += 1 + (r->h.fields[i].type.text ? r->h.fields[i].type.bytes : ARRAY_NUMBER_TEXT);
    return count_records(r);
}

/* Gives the table the names of the fields. */
static nn_status take_names(records *r)
{
    r->names = malloc((r->h.n_fields + 1) * sizeof *r->names);
    if (r->names == NULL)
        return data_no_memory(r->l, "the names of the columns");
    for (size_t i = 0; i < r->h.n_fields; i++) {
        r->names[i] = r->h.fields[i].name;
        r->h.fields[i].name = NULL;
        if (!data_table_own(r->t, r->names[i]))
            return data_no_memory(r->l, "the names of the columns");
    }
    return NN_ok;
}

static nn_status load_records(loader *l, data_table *t)
{
    records r = {.l = l, .t = t};
    nn_error err;
    nn_status status = file_read(data_opened(l, l->path), &r.content, &r.size, &err);
    if (status != NN_ok)
        return data_mistake(l, 0, 0, "%s", err.message);
    status = understand(&r);
    if (status == NN_ok)
        status = take_names(&r);
    if (status == NN_ok)
        status = data_load_rows(l, &(csv_rows){r.n, r.h.n_fields, r.names, take_record, &r}, t);
    array_npy_free(&r.h);
    free(r.names);
    free(r.content);
    return status;
}

/* Are there brackets behind the word descr? NumPy writes it first, behind 11 to 14 bytes. */
static bool are_records(const char *path)
{
    char head[HEAD_BYTES + 1];
    const size_t n = file_head(path, (unsigned char *)head, HEAD_BYTES);
    head[n] = '\0';
    const char *word = n > 12 ? strstr(head + 12, "descr") : NULL;
    return word != NULL && word[5 + strspn(word + 5, "'\": \t")] == '[';
}

nn_status data_load_npy(loader *l, const data_source *source, data_table *t)
{
    return source->file != NULL && are_records(data_opened(l, l->path)) ? load_records(l, t)
                                                                        : data_load_arrays(l, source, t);
}
