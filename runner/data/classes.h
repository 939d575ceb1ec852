/* classes.h - classes from labels: whole numbers in their order, or words in theirs. */
#ifndef NNGRID_DATA_CLASSES_H
#define NNGRID_DATA_CLASSES_H

#include "data/table.h"

/* Targets of which one of m is 1 become the number of that one. */
nn_status data_table_one_of_m(data_table *t, loader *l);
bool data_table_is_one_of_m(const data_table *t);
/* Classes of the labels, sorted and named, into d->data.classes, n_classes, class_names. */
nn_status data_find_classes(loader *l, const data_table *t, dataset *d);

#endif
