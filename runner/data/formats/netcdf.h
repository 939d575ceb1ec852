/* netcdf.h - attributes of a dataset that change the meaning of its numbers: what netCDF and CF call packed data and
 * missing data. The rules are those of the CF conventions 1.10 (sections 2.5.1 and 8.1) and of the netCDF User's Guide
 * (Attribute Conventions; Fill Values), as xarray.open_dataset and netCDF4.Dataset apply them. */
#ifndef NNGRID_DATA_FORMATS_NETCDF_H
#define NNGRID_DATA_FORMATS_NETCDF_H

#include "h5/handle.h"

enum { NETCDF_MOST_MISSING = 16 };

/* Numbers as they are stored; a number x becomes NaN where it is missing, else scale * x + offset. */
typedef struct netcdf_packing {
    bool any; /* does any attribute say something? Then the numbers are not what is stored */
    double scale, offset;
    size_t n_missing;
    double missing[NETCDF_MOST_MISSING]; /* _FillValue, missing_value, or netCDF's default */
    double low, high;                    /* valid_min, valid_max or valid_range */
    double wrap; /* by _Unsigned: 2^bits is added to negative numbers; -2^bits to those from 2^bits / 2 on; 0 */
} netcdf_packing;

/* Reads the attributes of the dataset `name`, of numbers of this type. NN_data: one of them makes no sense; the message names it,
 * but not the dataset. */
nn_status array_packing_read(h5_file *file, const char *name, hid_t dataset, hid_t type, netcdf_packing *out,
                             nn_error *err);
/* Applies it to n stored numbers. */
void array_packing_apply(const netcdf_packing *p, double *numbers, size_t n);

#endif
