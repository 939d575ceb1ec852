/* Creates, opens and closes files, and writes groups and attributes. */
#include "h5/h5.h"
#include "h5/handle.h"
#include "h5/trust.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

size_t h5_type_bytes(h5_type type)
{
    static const size_t bytes[H5_N_TYPE] = {8, 4, 8, 4, 1, 8, 1, 4};
    return bytes[type];
}

/* ---- failures ---- */

/* At exit HDF5 would close once more what is still open. A file that could not be closed because its disk is full would
 * then end the program with a segmentation fault. h5_close closes every file, so nothing is left to do at exit. This
 * has to be called before any other call of the library, by whomever. */
__attribute__((constructor)) static void no_end_of_library(void)
{
    H5dont_atexit();
}

const char *h5_reason(const h5_file *f)
{
    return f != NULL && f->failed ? f->message : NULL;
}

const char *h5_refused(const h5_file *f)
{
    return f->refused[0] != '\0' ? f->refused : NULL;
}

/* ---- files ---- */

static h5_file *file_new(const char *path)
{
    h5_file *f = calloc(1, sizeof *f);
    if (f == NULL)
        return NULL;
    f->id = f->held = -1;
    f->path = strdup(path);
    if (f->path == NULL) {
        free(f);
        return NULL;
    }
    /* HDF5 prints its errors by default; here they go to nn_error. */
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    return f;
}

static hid_t access_properties(void)
{
    hid_t fapl = H5Pcreate(H5P_FILE_ACCESS);
    /* In the earliest format a scale has 4,000 datasets at most, and a text 64 KB. */
    H5Pset_libver_bounds(fapl, H5F_LIBVER_V18, H5F_LIBVER_V18);
    H5Pset_alignment(fapl, 1, 8); /* no double lies across two pages, so that a write of one is all or nothing */
    H5Pset_fclose_degree(fapl, H5F_CLOSE_STRONG);
    return fapl;
}

static hid_t file_properties(void)
{
    hid_t fcpl = H5Pcreate(H5P_FILE_CREATE);
    H5Pset_link_creation_order(fcpl, H5P_CRT_ORDER_TRACKED);
    H5Pset_attr_creation_order(fcpl, H5P_CRT_ORDER_TRACKED);
    H5Pset_obj_track_times(fcpl, 0);
    return fcpl;
}

/* Gives an open file to the caller, or reports why it did not open. */
static nn_status file_give(h5_file *f, h5_file **out, nn_error *err)
{
    if (f->failed)
        return h5_close(f, err);
    *out = f;
    return NN_ok;
}

nn_status h5_create(const char *path, h5_file **out, nn_error *err)
{
    h5_file *f = file_new(path);
    if (f == NULL)
        return nn_fail(err, NN_memory, "%s: not enough memory to create it", path);
    hid_t fapl = access_properties(), fcpl = file_properties();
    f->id = H5Fcreate(path, H5F_ACC_TRUNC, fcpl, fapl);
    if (f->id < 0)
        h5_note(f, "create", "the file"); /* before another call overwrites the reason */
    H5Pclose(fapl);
    H5Pclose(fcpl);
    return file_give(f, out, err);
}

nn_status h5_open_to_add(const char *path, h5_file **out, nn_error *err)
{
    h5_file *f = file_new(path);
    if (f == NULL)
        return nn_fail(err, NN_memory, "%s: not enough memory to open it", path);
    hid_t fapl = access_properties();
    f->id = H5Fopen(path, H5F_ACC_RDWR, fapl);
    if (f->id < 0)
        h5_note(f, "open", "the file");
    H5Pclose(fapl);
    return file_give(f, out, err);
}

/* HDF5 follows links to the name of a file, which what came through a pipe does not have: such a file is read as a whole. */
static void choose_driver(hid_t fapl, const char *path)
{
    enum { STEP = 1 << 20 };
    char *name = realpath(path, NULL);
    if (name == NULL && access(path, R_OK) == 0)
        H5Pset_fapl_core(fapl, STEP, false);
    free(name);
}

static nn_status open_with(const char *path, H5F_close_degree_t degree, h5_file **out, nn_error *err)
{
    h5_file *f = file_new(path);
    if (f == NULL)
        return nn_fail(err, NN_memory, "%s: not enough memory to open it", path);
    hsize_t size = 0;
    h5_forget_other_files();
    hid_t fapl = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_sieve_buf_size(fapl, 0); /* a live file is read as it is now */
    H5Pset_fclose_degree(fapl, degree);
    choose_driver(fapl, path);
    f->id = H5Fopen(path, H5F_ACC_RDONLY, fapl);
    if (f->id < 0 || H5Fget_filesize(f->id, &size) < 0)
        h5_note(f, "open", "the file");
    f->size = size;
    H5Pclose(fapl);
    return file_give(f, out, err);
}

nn_status h5_open(const char *path, h5_file **out, nn_error *err)
{
    return open_with(path, H5F_CLOSE_STRONG, out, err);
}

/* HDF5 opens the sources of virtual datasets weakly, and then a file that is open in another way is not found. */
nn_status h5_open_data(const char *path, h5_file **out, nn_error *err)
{
    return open_with(path, H5F_CLOSE_WEAK, out, err);
}

bool h5_is_hdf5(const char *path)
{
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    return H5Fis_hdf5(path) > 0;
}

nn_status h5_close(h5_file *f, nn_error *err)
{
    nn_status status = NN_ok;
    if (f == NULL)
        return NN_ok;
    if (f->id >= 0 && H5Fclose(f->id) < 0)
        h5_note(f, "close", "the file");
    if (f->failed)
        status = nn_fail(err, NN_file, "%s: %s", f->path, f->message);
    free(f->path);
    free(f);
    return status;
}

/* ---- groups ---- */

void h5_group(h5_file *f, const char *path)
{
    if (f->failed)
        return;
    hid_t gcpl = H5Pcreate(H5P_GROUP_CREATE);
    H5Pset_link_creation_order(gcpl, H5P_CRT_ORDER_TRACKED);
    H5Pset_attr_creation_order(gcpl, H5P_CRT_ORDER_TRACKED);
    H5Pset_obj_track_times(gcpl, 0);
    hid_t id = H5Gcreate2(f->id, path, H5P_DEFAULT, gcpl, H5P_DEFAULT);
    if (id < 0)
        h5_note(f, "create", path);
    else
        H5Gclose(id);
    H5Pclose(gcpl);
}

/* ---- attributes ---- */

static void attribute(h5_file *f, const char *object, const char *name, hid_t type, hid_t space, const void *value)
{
    const bool held = f->held >= 0 && strcmp(object, f->held_path) == 0;
    hid_t owner = held ? f->held : H5Oopen(f->id, object, H5P_DEFAULT);
    hid_t id = owner < 0 ? -1 : H5Acreate2(owner, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    if (id < 0 || H5Awrite(id, type, value) < 0)
        h5_note(f, "write an attribute of", object);
    if (id >= 0)
        H5Aclose(id);
    if (owner >= 0 && !held)
        H5Oclose(owner);
}

static hid_t text_type(size_t length)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, length > 0 ? length : 1);
    H5Tset_strpad(type, H5T_STR_NULLPAD);
    H5Tset_cset(type, H5T_CSET_UTF8);
    return type;
}

void h5_text(h5_file *f, const char *object, const char *name, const char *text)
{
    if (f->failed)
        return;
    hid_t type = text_type(strlen(text)), space = H5Screate(H5S_SCALAR);
    attribute(f, object, name, type, space, text);
    H5Sclose(space);
    H5Tclose(type);
}

static hid_t list_space(size_t n)
{
    const hsize_t size = n;
    return H5Screate_simple(1, &size, NULL);
}

void h5_texts(h5_file *f, const char *object, const char *name, const char *const *texts, size_t n)
{
    if (f->failed)
        return;
    hid_t type = H5Tcopy(H5T_C_S1), space = list_space(n);
    H5Tset_size(type, H5T_VARIABLE);
    H5Tset_cset(type, H5T_CSET_UTF8);
    attribute(f, object, name, type, space, texts);
    H5Sclose(space);
    H5Tclose(type);
}

void h5_numbers(h5_file *f, const char *object, const char *name, h5_type type, const void *values, size_t n)
{
    if (f->failed)
        return;
    hid_t space = n == 0 ? H5Screate(H5S_SCALAR) : list_space(n);
    attribute(f, object, name, h5_hid(type), space, values);
    H5Sclose(space);
}
