/* fit.h - new data for a trained network, in any format: read as the training data was, then put into the form that the
 * network takes. */
#ifndef NNGRID_DATA_FIT_H
#define NNGRID_DATA_FIT_H

#include "data/columns.h"
#include "data/distinct.h"

/* The same of new data for l->model. with_target: a target can be among the columns. */
nn_status data_new_roles(loader *l, data_columns *columns, bool with_target);
/* The values that training had of the one-hot input that `name` is; those of the table must be among them. */
nn_status data_new_values(loader *l, const data_table *t, size_t which, data_distinct *v);
/* The inputs in the order of training. */
nn_status data_new_arrange(loader *l, data_table *t);
/* Labels become the classes of training. */
nn_status data_new_classes(loader *l, const data_table *t, dataset *d);
/* Targets that are not read are 0; those that are must be as many as the outputs. */
nn_status data_fit_targets(loader *l, data_table *t);

#endif
