/* columns.h - what each column of a table is for: a numeric input, a categorical input (one-hot), the target, the
 * part of the row, or nothing. */
#ifndef NNGRID_DATA_COLUMNS_H
#define NNGRID_DATA_COLUMNS_H

#include "data/table.h"

typedef enum column_role { ROLE_INPUT, ROLE_ONE_HOT, ROLE_TARGET, ROLE_PART, ROLE_IGNORED } column_role;

typedef struct data_columns {
    int n;
    char **names;       /* [n] or NULL */
    char **given_names; /* [n] or NULL: of new data by position, the names that the inputs had in training */
    column_role *role;  /* [n] */
    bool row_names;     /* the first column holds the names of the rows and is ignored */
    size_t n_targets;
    int *targets; /* [n_targets] indices in the order of the outputs */
    int part;     /* index, or NO_COLUMN */
    int id;       /* of new data: the index of data_model.id, which may have a role, too; or NO_COLUMN */
} data_columns;

void data_columns_free(data_columns *columns); /* all but the names */
/* Finds a column by its name in the header, else by its index, for the setting at `at`. */
nn_status data_columns_find(loader *l, const data_columns *columns, const char *word, place at, int *out);
/* Appends a target. */
nn_status data_columns_add_target(loader *l, data_columns *columns, int column);

/* Fills in role, targets and part by the spec; n and names are there. with_target: targets and part are among the
 * columns. */
nn_status data_roles(loader *l, data_columns *columns, bool with_target);
/* Sets number, columns and names of the targets of a table. */
nn_status data_name_targets(loader *l, const data_columns *columns, data_table *t);
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
/* Have the inputs of a network the indices of their columns for names ("2", "2=red"), as those of training data without a
 * header? */
bool data_columns_are_indices(const data_model *m);

#endif
