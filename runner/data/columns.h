/* columns.h - what the columns of a table are for: inputs, one-hot, target, part, ignored. */
#ifndef NNGRID_DATA_COLUMNS_H
#define NNGRID_DATA_COLUMNS_H

#include "data/table.h"

typedef enum column_role { ROLE_INPUT, ROLE_ONE_HOT, ROLE_TARGET, ROLE_PART, ROLE_IGNORED } column_role;

/* What each column is for. */
typedef struct data_columns {
    int n;
    char **names;      /* [n] or NULL */
    column_role *role; /* [n] */
    int target, part;  /* from 0, or NO_COLUMN */
} data_columns;

/* Finds out the roles; n and names are filled in. with_target: target and part are columns too. The caller
 * frees role. */
nn_status data_roles(loader *l, data_columns *columns, bool with_target);
/* Number, place and names of the inputs of a table, by the roles. */
nn_status data_name_inputs(loader *l, const data_columns *columns, data_table *t);
/* The same of a table that has all columns as inputs; those that are none are taken out. */
nn_status data_keep_inputs(loader *l, const data_columns *columns, data_table *t);

/* Are targets to be read? */
static inline bool data_wants_target(const loader *l)
{
    return l->model == NULL || l->model->with_target;
}

#endif
