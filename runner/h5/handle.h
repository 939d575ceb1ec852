/* handle.h - what the files of the h5 module share: h5.c and h5_columns.c (structure), h5_read.c (reading),
 * h5_objects.c, h5_attributes.c and h5_copy.c (a copy in another layout). */
#ifndef NNGRID_H5_HANDLE_H
#define NNGRID_H5_HANDLE_H

#include "h5/h5.h"
#include <hdf5.h>
#include <hdf5_hl.h>

struct h5_file {
    hid_t id;
    bool failed;
    char *path;
    hid_t held; /* a dataset that is open while it is described; -1: none */
    const char *held_path;
    char message[240]; /* of the first failure */
};

hid_t h5_hid(h5_type type); /* the library's type; not to be closed */
/* Remembers the first failure: "cannot <what> <object>: <HDF5's reason>". */
void h5_note(h5_file *f, const char *what, const char *object);

#endif
