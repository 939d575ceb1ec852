/* Types of the library, and the reasons of its failures. */
#include "h5/handle.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

hid_t h5_hid(h5_type type)
{
    switch (type) {
    case H5_F64:
        return H5T_NATIVE_DOUBLE;
    case H5_F32:
        return H5T_NATIVE_FLOAT;
    case H5_I64:
        return H5T_NATIVE_INT64;
    case H5_I32:
        return H5T_NATIVE_INT32;
    case H5_I8:
        return H5T_NATIVE_INT8;
    case H5_U64:
        return H5T_NATIVE_UINT64;
    case H5_U8:
        return H5T_NATIVE_UINT8;
    default:
        return H5T_IEEE_F32BE; /* what netCDF-C itself writes for a dimension without values */
    }
}

enum { MOST_BYTES = 16, MOST_BITS = 64, MOST_EXPONENT = 15 }; /* 16 bytes: a long double */

static bool is_integer(hid_t type)
{
    const size_t precision = H5Tget_precision(type), bits = 8 * H5Tget_size(type);
    return precision >= 1 && precision <= MOST_BITS && precision <= bits &&
           (size_t)H5Tget_offset(type) <= bits - precision;
}

static bool is_real(hid_t type)
{
    size_t sign, exponent_at, exponent, fraction_at, fraction;
    const size_t bits = 8 * H5Tget_size(type);
    return H5Tget_fields(type, &sign, &exponent_at, &exponent, &fraction_at, &fraction) >= 0 && sign < bits &&
           exponent >= 1 && exponent <= MOST_EXPONENT && exponent_at <= bits - exponent && fraction >= 1 &&
           fraction <= bits - exponent && fraction_at <= bits - fraction;
}

bool h5_is_number(hid_t type)
{
    const H5T_class_t class = H5Tget_class(type);
    const size_t bytes = H5Tget_size(type);
    if (class == H5T_ENUM) {
        hid_t base = H5Tget_super(type);
        const bool good = base >= 0 && h5_is_number(base);
        if (base >= 0)
            H5Tclose(base);
        return good;
    }
    if (bytes < 1 || bytes > MOST_BYTES)
        return false;
    return class == H5T_INTEGER ? is_integer(type) : class == H5T_FLOAT && is_real(type);
}

enum { REASON = 600 };

static herr_t innermost(unsigned n, const H5E_error2_t *e, void *text)
{
    if (n == 0 && e->desc != NULL)
        snprintf(text, REASON, "%s", e->desc);
    return 0;
}

/* HDF5 describes a failed system call with date, descriptor and addresses; keeps the system's own message. */
static void shorten(char *reason)
{
    static const char before[] = "error message = '";
    char *words = strstr(reason, before);
    if (words != NULL)
        memmove(reason, words + sizeof before - 1, strlen(words + sizeof before - 1) + 1);
    reason[strcspn(reason, words != NULL ? "'" : "\n")] = '\0';
}

void h5_note(h5_file *f, const char *what, const char *object)
{
    char reason[REASON] = "unknown reason";
    if (f->failed)
        return;
    f->failed = true;
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, innermost, reason);
    shorten(reason);
    snprintf(f->message, sizeof f->message, "cannot %s %.60s: %.140s", what, object, reason);
}
