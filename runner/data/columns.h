/* columns.h - what each column of a table is for: a numeric input, a categorical input (one-hot), the target, the
 * part of the row, or nothing. */
#ifndef NNGRID_DATA_COLUMNS_H
#define NNGRID_DATA_COLUMNS_H

#include "data/table.h"

typedef enum column_role { ROLE_INPUT, ROLE_ONE_HOT, ROLE_TARGET, ROLE_PART, ROLE_IGNORED } column_role;

typedef struct data_columns {
    int n;
    char **names;      /* [n] or NULL */
    column_role *role; /* [n] */
    int target, part;  /* indices, or NO_COLUMN */
} data_columns;

/* Fills in role, target and part by the spec; n and names are there. with_target: target and part are among the
 * columns. The caller frees role. */
nn_status data_roles(loader *l, data_columns *columns, bool with_target);
/* Sets number, columns and names of the inputs of a table by the roles. */
nn_status data_name_inputs(loader *l, const data_columns *columns, data_table *t);
/* Does the same for a table that was read with all columns as inputs, and takes out the columns that are not
 * inputs. */
nn_status data_keep_inputs(loader *l, const data_columns *columns, data_table *t);

/* Are targets to be read? New data may have none. */
static inline bool data_wants_target(const loader *l)
{
    return l->model == NULL || l->model->with_target;
}

#endif
