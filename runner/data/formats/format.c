/* The table of data formats, and how the format of a file is recognised. */
#include "data/formats/format.h"
#include "base/file.h"
#include "data/formats/load_arrays.h"
#include "data/formats/load_csv.h"
#include "data/formats/load_proben1.h"
#include "data/formats/load_records.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { HEAD_BYTES = 640 };

static bool begins(const unsigned char *head, size_t n, const char *with, size_t length)
{
    return n >= length && memcmp(head, with, length) == 0;
}

static bool is_npy(const unsigned char *head, size_t n)
{
    return begins(head, n, "\x93NUMPY", 6);
}

static bool is_zip(const unsigned char *head, size_t n)
{
    return begins(head, n, "PK\3\4", 4) || begins(head, n, "PK\5\6", 4);
}

/* An IDX file begins with two zero bytes, a type, and one to eight dimensions. */
static bool is_idx(const unsigned char *head, size_t n)
{
    return n >= 8 && head[0] == 0 && head[1] == 0 && head[2] >= 0x08 && head[2] <= 0x0e && head[3] >= 1 && head[3] <= 8;
}

/* Versions 5 and 7.3 begin with text; a file of version 4 is recognised by its name alone. */
static bool is_mat(const unsigned char *head, size_t n)
{
    return begins(head, n, "MATLAB ", 7);
}

/* The signature is at the beginning, or after a user block of 512 bytes. */
static bool is_hdf5(const unsigned char *head, size_t n)
{
    static const char signature[] = "\x89HDF\r\n\x1a\n";
    return begins(head, n, signature, 8) || (n >= 520 && begins(head + 512, n - 512, signature, 8));
}

static bool is_proben1(const unsigned char *head, size_t n)
{
    size_t i = 0;
    while (i < n && isspace(head[i]))
        i++;
    return begins(head + i, n - i, "bool_in", 7);
}

/* Formats are tried in this order. CSV is the last one, since a file that no other format recognises is taken for
 * CSV. */
static const data_format data_formats[] = {
    {"NumPy .npy", ".npy", is_npy, data_load_npy, array_read_npy, false, false},
    {"NumPy .npz", ".npz", is_zip, data_load_arrays, array_read_npz, false, true},
    {"MATLAB", ".mat", is_mat, data_load_arrays, array_read_mat, true, true},
    {"HDF5", ".h5 .hdf5 .hdf .he5 .nc", is_hdf5, data_load_arrays, array_read_h5, true, true},
    {"IDX", "-ubyte .idx .idx1 .idx3", is_idx, data_load_arrays, array_read_idx, false, false},
    {"Proben1", ".dt", is_proben1, data_load_proben1, NULL, false, false},
    {"TSV", ".tsv .tab", NULL, data_load_tsv, NULL, false, false},
    {"CSV", ".csv .data .txt", NULL, data_load_csv, NULL, false, false},
};
static const size_t n_data_formats = sizeof data_formats / sizeof data_formats[0];

/* Does the path end in one of the endings? These are separated by blanks. */
static bool ends_in(const char *path, const char *endings)
{
    char ending[16];
    while (*endings != '\0') {
        const size_t n = strcspn(endings, " ");
        snprintf(ending, sizeof ending, "%.*s", (int)n, endings);
        if (file_ends(path, ending))
            return true;
        endings += n + strspn(endings + n, " ");
    }
    return false;
}

const data_format *data_format_of(const char *path, const char *opened)
{
    unsigned char head[HEAD_BYTES];
    const size_t n = file_head(opened, head, sizeof head);
    for (size_t i = 0; i < n_data_formats; i++)
        if (data_formats[i].is != NULL && data_formats[i].is(head, n))
            return &data_formats[i];
    for (size_t i = 0; i < n_data_formats; i++)
        if (ends_in(path, data_formats[i].endings))
            return &data_formats[i];
    return &data_formats[n_data_formats - 1];
}

const char *data_format_list(char *text, size_t size)
{
    size_t used = 0;
    for (size_t i = 0; i < n_data_formats && used < size; i++) {
        used += (size_t)snprintf(text + used, size - used, "%s%s (%s)", i > 0 ? ", " : "", data_formats[i].name,
                                 data_formats[i].endings);
    }
    return text;
}
