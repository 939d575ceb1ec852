/* handle.h - an open file as the files of this folder know it, and how they report failures. */
#ifndef NNGRID_H5_HANDLE_H
#define NNGRID_H5_HANDLE_H

#include "h5/h5.h"
#include <hdf5.h>
#include <hdf5_hl.h>

struct h5_file {
    hid_t id;
    bool failed;
    char *path;
    hid_t held; /* a dataset that h5_columns keeps open while it is described; -1: none */
    const char *held_path;
    char message[240];    /* the first failure */
    char refused[160];    /* why the last dataset that was asked for is none; empty: it is missing, or all is well */
    uint64_t size;        /* bytes of the file that is read */
    uint64_t trusted[64]; /* addresses of datasets whose storage was compared with their size */
};

hid_t h5_hid(h5_type type); /* the type of the library, which stays open */
/* Is it a type of numbers that the library converts without harm? One that is damaged, of hundreds of bytes or with bits
 * outside of them, makes it write over the stack. */
bool h5_is_number(hid_t type);
/* Notes a failure, if it is the first: "cannot <what> <object>: <HDF5's reason>". */
void h5_note(h5_file *f, const char *what, const char *object);

#endif
