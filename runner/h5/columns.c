/* Creates the datasets of a group and attaches their scales. */
#include "h5/columns.h"
#include "h5/handle.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is open while the datasets of a group are created. */
typedef struct open_group {
    h5_file *f;
    const h5_column *columns;
    size_t n;
    hid_t group, properties;
    hid_t *ids;       /* [n] */
    hobj_ref_t *refs; /* [n] to the datasets */
} open_group;

hid_t h5_dataset_properties(void)
{
    hid_t dcpl = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_layout(dcpl, H5D_CONTIGUOUS);
    H5Pset_alloc_time(dcpl, H5D_ALLOC_TIME_EARLY);
    H5Pset_fill_time(dcpl, H5D_FILL_TIME_NEVER);
    H5Pset_attr_creation_order(dcpl, H5P_CRT_ORDER_TRACKED);
    H5Pset_obj_track_times(dcpl, 0);
    return dcpl;
}

static hid_t space_of(const open_group *g, const h5_column *c)
{
    hsize_t size[H5_MAX_DIMS];
    for (int i = 0; i < c->n_dims; i++)
        size[i] = g->columns[c->dims[i]].length;
    return c->n_dims == 0 ? H5Screate(H5S_SCALAR) : H5Screate_simple(c->n_dims, size, NULL);
}

static const char *name_of(const h5_column *c)
{
    return strrchr(c->path, '/') + 1;
}

static void create(open_group *g, size_t i, uint64_t *offset)
{
    const h5_column *c = &g->columns[i];
    hid_t space = space_of(g, c);
    g->ids[i] = g->f->failed
                    ? -1
                    : H5Dcreate2(g->group, name_of(c), h5_hid(c->type), space, H5P_DEFAULT, g->properties, H5P_DEFAULT);
    if (g->ids[i] < 0 || H5Rcreate(&g->refs[i], g->ids[i], ".", H5R_OBJECT, -1) < 0)
        h5_note(g->f, "create", c->path);
    haddr_t at = g->ids[i] < 0 ? HADDR_UNDEF : H5Dget_offset(g->ids[i]);
    *offset = at == HADDR_UNDEF ? 0 : (uint64_t)at;
    H5Sclose(space);
}

static void make_scale(open_group *g, size_t i)
{
    const h5_column *c = &g->columns[i];
    char blank[80];
    snprintf(blank, sizeof blank, "This is a netCDF dimension but not a netCDF variable.%10zu", c->length);
    if (!g->f->failed && H5DSset_scale(g->ids[i], c->type == H5_BLANK ? blank : name_of(c)) < 0)
        h5_note(g->f, "make a scale of", c->path);
}

/* ---- scales ----
 *
 * The two attributes by which a dataset and its scales know each other (HDF5 Dimension Scale Specification, 3.3).
 * H5DSattach_scale would write the list of a scale anew for every dataset that it is attached to, which is half of the
 * time that a file of 700 columns takes. */

/* An element of REFERENCE_LIST: a dataset and one of its dimensions. */
typedef struct attachment {
    hobj_ref_t dataset;
    int dimension;
} attachment;

static void write_list(open_group *g, size_t i, const char *name, hid_t type, size_t n, const void *values)
{
    const hsize_t size = n;
    hid_t space = H5Screate_simple(1, &size, NULL);
    hid_t id = H5Acreate2(g->ids[i], name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    if (id < 0 || H5Awrite(id, type, values) < 0)
        h5_note(g->f, "attach the scales of", g->columns[i].path);
    if (id >= 0)
        H5Aclose(id);
    H5Sclose(space);
}

/* Writes the scales of a dataset. */
static void write_dimensions(open_group *g, size_t i, hid_t type)
{
    const h5_column *c = &g->columns[i];
    hvl_t scales[H5_MAX_DIMS];
    for (int d = 0; d < c->n_dims; d++)
        scales[d] = (hvl_t){1, &g->refs[c->dims[d]]};
    write_list(g, i, "DIMENSION_LIST", type, (size_t)c->n_dims, scales);
}

/* Writes the datasets of a scale; `list` has room for all of the group. */
static void write_references(open_group *g, size_t scale, hid_t type, attachment *list)
{
    size_t n = 0;
    for (size_t i = 0; i < g->n; i++)
        for (int d = 0; d < g->columns[i].n_dims && !g->columns[i].is_scale; d++)
            if ((size_t)g->columns[i].dims[d] == scale)
                list[n++] = (attachment){g->refs[i], d};
    if (n > 0)
        write_list(g, scale, "REFERENCE_LIST", type, n, list);
}

/* ---- the group ---- */

static void close_dataset(open_group *g, size_t i)
{
    if (g->ids[i] >= 0)
        H5Dclose(g->ids[i]);
    g->ids[i] = -1;
}

static void make(open_group *g, h5_column *columns, size_t i, h5_describe *describe, void *context)
{
    h5_file *f = g->f;
    create(g, i, &columns[i].offset);
    if (columns[i].is_scale)
        make_scale(g, i);
    f->held = g->ids[i];
    f->held_path = columns[i].path;
    if (!f->failed)
        describe(context, f, i);
    f->held = -1;
    f->held_path = NULL;
}

/* A dataset is closed as soon as its scales are written: hundreds of open ones take megabytes and an eighth more time.
 * The references of scales to datasets are written last. */
static void make_all(open_group *g, h5_column *columns, attachment *list, h5_describe *describe, void *context)
{
    size_t n_scales = 0, attached = 0;
    hid_t dimensions = H5Tvlen_create(H5T_STD_REF_OBJ);
    hid_t references = H5Tcreate(H5T_COMPOUND, sizeof(attachment));
    H5Tinsert(references, "dataset", HOFFSET(attachment, dataset), H5T_STD_REF_OBJ);
    H5Tinsert(references, "dimension", HOFFSET(attachment, dimension), H5T_NATIVE_INT);
    for (size_t i = 0; i < g->n; i++)
        n_scales += columns[i].is_scale;
    for (size_t i = 0; i < g->n && !g->f->failed; i++) {
        make(g, columns, i, describe, context);
        n_scales -= columns[i].is_scale;
        for (; n_scales == 0 && attached <= i && !g->f->failed; attached++)
            if (!columns[attached].is_scale) {
                if (columns[attached].n_dims > 0)
                    write_dimensions(g, attached, dimensions);
                close_dataset(g, attached);
            }
    }
    for (size_t i = 0; i < g->n && !g->f->failed; i++)
        if (columns[i].is_scale)
            write_references(g, i, references, list);
    H5Tclose(references);
    H5Tclose(dimensions);
}

void h5_columns(h5_file *f, const char *group, h5_column *columns, size_t n, h5_describe *describe, void *context)
{
    if (f->failed || n == 0)
        return;
    open_group g = {.f = f,
                    .columns = columns,
                    .n = n,
                    .group = H5Gopen2(f->id, group, H5P_DEFAULT),
                    .properties = h5_dataset_properties(),
                    .ids = malloc(n * sizeof *g.ids),
                    .refs = calloc(n, sizeof *g.refs)};
    attachment *list = calloc(n * H5_MAX_DIMS, sizeof *list);
    for (size_t i = 0; g.ids != NULL && i < n; i++)
        g.ids[i] = -1;
    if (g.group < 0 || g.ids == NULL || g.refs == NULL || list == NULL)
        h5_note(f, "create the datasets of", group);
    else
        make_all(&g, columns, list, describe, context);
    for (size_t i = 0; g.ids != NULL && i < n; i++)
        close_dataset(&g, i);
    if (g.group >= 0)
        H5Gclose(g.group);
    H5Pclose(g.properties);
    free(g.ids);
    free(g.refs);
    free(list);
}
