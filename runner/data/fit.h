/* fit.h - fits new data to a trained network (l->model): its inputs in the order of training, its categories, its
 * classes. */
#ifndef NNGRID_DATA_FIT_H
#define NNGRID_DATA_FIT_H

#include "data/columns.h"
#include "data/distinct.h"

/* Does what data_roles does, by the inputs of the network: by name where the network and the file have names, else by
 * position. */
nn_status data_new_roles(loader *l, data_columns *columns, bool with_target);
/* The categories that training had in the which-th categorical input. The values of the table must be among them. */
nn_status data_new_values(loader *l, const data_table *t, size_t which, data_distinct *v);
/* Puts the inputs into the order of training. */
nn_status data_new_arrange(loader *l, data_table *t);
/* Turns labels into the classes of training. */
nn_status data_new_classes(loader *l, const data_table *t, dataset *d);
/* Sets targets that were not read to 0, and checks that there are as many targets as outputs. */
nn_status data_fit_targets(loader *l, data_table *t);

#endif
