/* Unpacks the numbers of netCDF-4 files, and finds those that stand for missing ones. */
#include "data/formats/netcdf.h"
#include <stdlib.h>
#include <strings.h>

/* ---- attributes ---- */

enum { NOT_THERE = -1, NO_NUMBER = -2 };

/* Reads an attribute of at most `most` numbers. Returns how many it has, or why it has none. */
static int numbers_of(hid_t dataset, const char *name, double *out, int most)
{
    if (H5Aexists(dataset, name) <= 0)
        return NOT_THERE;
    hid_t id = H5Aopen(dataset, name, H5P_DEFAULT);
    hid_t type = id < 0 ? -1 : H5Aget_type(id), space = id < 0 ? -1 : H5Aget_space(id);
    const hssize_t n = H5Sget_simple_extent_npoints(space);
    const bool numeric = H5Tget_class(type) != H5T_ENUM && h5_is_number(type) && n >= 1 && n <= most;
    const bool good = numeric && H5Aread(id, H5T_NATIVE_DOUBLE, out) >= 0;
    H5Sclose(space);
    H5Tclose(type);
    H5Aclose(id);
    return good ? (int)n : NO_NUMBER;
}

static nn_status no_number(const char *name, const char *what, nn_error *err)
{
    return nn_fail(err, NN_data, "has an attribute %s that is not %s; correct it, or remove it", name, what);
}

/* Reads an attribute of n numbers; without it they stay as they are. */
static nn_status some(hid_t dataset, const char *name, int n, double *out, bool *any, nn_error *err)
{
    const int found = numbers_of(dataset, name, out, n);
    *any |= found == n;
    if (found == NOT_THERE || found == n)
        return NN_ok;
    return no_number(name, n == 1 ? "one number" : "two numbers", err);
}

/* Is the attribute this text? Its case does not matter. */
static bool says(h5_file *file, const char *name, const char *attribute, const char *word)
{
    char *text = h5_read_text(file, name, attribute);
    const bool same = text != NULL && strcasecmp(text, word) == 0;
    free(text);
    return same;
}

/* ---- signs ---- */

/* netCDF-3 had no unsigned types, so that _Unsigned says how a type is meant. */
static void read_sign(h5_file *file, const char *name, hid_t type, netcdf_packing *p)
{
    if (H5Tget_class(type) != H5T_INTEGER)
        return;
    const double wrap = ldexp(1.0, 8 * (int)H5Tget_size(type));
    const bool is_signed = H5Tget_sign(type) == H5T_SGN_2;
    if (is_signed && says(file, name, "_Unsigned", "true"))
        p->wrap = wrap;
    else if (!is_signed && says(file, name, "_Unsigned", "false"))
        p->wrap = -wrap;
    p->any |= p->wrap != 0;
}

static double signed_as_meant(const netcdf_packing *p, double x)
{
    if (p->wrap > 0 && x < 0)
        return x + p->wrap;
    return p->wrap < 0 && x >= -p->wrap / 2 ? x + p->wrap : x;
}

/* ---- missing numbers ---- */

/* What the netCDF library fills variables with that have no _FillValue (netcdf.h, NC_FILL_...). Bytes have none: all of
 * their values are in use. */
static bool default_fill(hid_t type, double *out)
{
    const bool is_signed = H5Tget_sign(type) == H5T_SGN_2;
    if (H5Tget_class(type) == H5T_FLOAT) {
        *out = 9.9692099683868690e+36;
        return true;
    }
    switch (H5Tget_size(type)) {
    case 2:
        *out = is_signed ? -32767.0 : 65535.0;
        return true;
    case 4:
        *out = is_signed ? -2147483647.0 : 4294967295.0;
        return true;
    case 8:
        *out = is_signed ? -9223372036854775806.0 : 18446744073709551614.0;
        return true;
    default:
        return false;
    }
}

/* Did the netCDF library write the dataset, and fill it before? */
static bool is_filled_by_netcdf(hid_t file, hid_t dataset)
{
    H5D_fill_time_t when = H5D_FILL_TIME_NEVER;
    const bool netcdf = H5Aexists_by_name(file, "/", "_NCProperties", H5P_DEFAULT) > 0 ||
                        H5Aexists(dataset, "_Netcdf4Dimid") > 0 || H5Aexists(dataset, "_Netcdf4Coordinates") > 0;
    hid_t dcpl = netcdf ? H5Dget_create_plist(dataset) : -1;
    if (dcpl >= 0) {
        H5Pget_fill_time(dcpl, &when);
        H5Pclose(dcpl);
    }
    return when != H5D_FILL_TIME_NEVER;
}

static void add_missing(hid_t type, double value, netcdf_packing *p)
{
    if (H5Tget_class(type) == H5T_FLOAT && H5Tget_size(type) == sizeof(float))
        value = (double)(float)value; /* a double in the attribute of floats means the float that is nearest */
    p->missing[p->n_missing++] = signed_as_meant(p, value);
    p->any = true;
}

/* _FillValue is one number, and missing_value one or more. */
static nn_status read_missing(hid_t file, hid_t dataset, hid_t type, netcdf_packing *p, nn_error *err)
{
    double values[NETCDF_MOST_MISSING - 1], fill = 0;
    const int n_fill = numbers_of(dataset, "_FillValue", &fill, 1);
    const int n = numbers_of(dataset, "missing_value", values, NETCDF_MOST_MISSING - 1);
    if (n_fill == NO_NUMBER)
        return no_number("_FillValue", "one number", err);
    if (n == NO_NUMBER)
        return no_number("missing_value", "one number or a few", err);
    for (int i = 0; i < n; i++)
        add_missing(type, values[i], p);
    if (n_fill == 1 || (n == NOT_THERE && is_filled_by_netcdf(file, dataset) && default_fill(type, &fill)))
        add_missing(type, fill, p);
    return NN_ok;
}

static nn_status read_valid(hid_t dataset, netcdf_packing *p, nn_error *err)
{
    double range[2] = {-NN_INF, NN_INF};
    bool ranged = false;
    nn_status status = some(dataset, "valid_range", 2, range, &ranged, err);
    p->low = range[0];
    p->high = range[1];
    p->any |= ranged;
    if (status == NN_ok)
        status = some(dataset, "valid_min", 1, &p->low, &p->any, err);
    return status == NN_ok ? some(dataset, "valid_max", 1, &p->high, &p->any, err) : status;
}

/* ---- all of it ---- */

nn_status array_packing_read(h5_file *file, const char *name, hid_t dataset, hid_t type, netcdf_packing *out,
                             nn_error *err)
{
    netcdf_packing p = {.scale = 1};
    read_sign(file, name, type, &p);
    nn_status status = read_missing(file->id, dataset, type, &p, err);
    if (status == NN_ok)
        status = read_valid(dataset, &p, err);
    if (status == NN_ok)
        status = some(dataset, "scale_factor", 1, &p.scale, &p.any, err);
    if (status == NN_ok)
        status = some(dataset, "add_offset", 1, &p.offset, &p.any, err);
    if (status == NN_ok && (!isfinite(p.scale) || p.scale == 0 || !isfinite(p.offset)))
        status =
            nn_fail(err, NN_data, "has scale_factor %g and add_offset %g, which make no numbers", p.scale, p.offset);
    *out = p;
    return status;
}

static bool is_missing(const netcdf_packing *p, double x)
{
    bool missing = x < p->low || x > p->high;
    for (size_t k = 0; k < p->n_missing; k++)
        missing |= x == p->missing[k];
    return missing;
}

void array_packing_apply(const netcdf_packing *p, double *numbers, size_t n)
{
    for (size_t i = 0; i < n && p->any; i++) {
        const double x = signed_as_meant(p, numbers[i]);
        numbers[i] = is_missing(p, x) ? NN_NAN : x * p->scale + p->offset;
    }
}
