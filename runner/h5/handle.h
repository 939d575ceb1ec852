/* h5_internal.h - what the files of the h5 module share: h5.c and h5_columns.c (structure), h5_read.c (reading),
 * h5_objects.c, h5_attributes.c and h5_copy.c (a copy in another layout). */
#ifndef NNGRID_H5_INTERNAL_H
#define NNGRID_H5_INTERNAL_H

#include <hdf5.h>
#include <hdf5_hl.h>
#include "h5/h5.h"

struct h5_file {
    hid_t id;
    bool failed;
    char *path;
    hid_t held; /* a dataset that is open while it is described; -1: none */
    const char *held_path;
    char message[240]; /* of the first failure */
};

hid_t h5_hid(h5_type type);        /* the library's type; not to be closed */
hid_t h5_dataset_properties(void); /* contiguous, allocated at once, never filled; to be closed */
/* Remembers the first failure: "cannot <what> <object>: <HDF5's reason>". */
void h5_note(h5_file *f, const char *what, const char *object);

/* ---- h5_objects.c ---- */

typedef struct h5_object {
    char *path;
    bool is_group;
    haddr_t address;
} h5_object;

/* Everything in a file: the root first, a group before what it holds, in the order of creation. */
typedef struct object_list {
    size_t n;
    h5_object *items;
    h5_object **by_address; /* [n] sorted */
} object_list;

bool objects_of(h5_file *f, object_list *out); /* false: noted */
void objects_free(object_list *list);
/* Path of what a reference in `f` means; NULL: of nothing in the list. */
const char *objects_find(const object_list *list, h5_file *f, const hobj_ref_t *reference);

/* ---- h5_attributes.c ---- */

/* The attributes of the object `path`, references in them translated by path. False: noted in `to`. */
bool attributes_copy(h5_file *from, const object_list *list, h5_file *to, const char *path);
/* The same names, types and values in the same order? */
bool attributes_same(h5_file *from, const object_list *list, h5_file *to, const char *path);

#endif
