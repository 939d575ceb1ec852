/* classes.h - finds the classes of labels: whole numbers sorted by value, or text sorted by its bytes. */
#ifndef NNGRID_DATA_CLASSES_H
#define NNGRID_DATA_CLASSES_H

#include "data/table.h"

/* Turns targets of which one of m is 1 and the others are 0 into the index of that one. */
nn_status data_table_one_of_m(data_table *t, loader *l);
/* Are the targets of all rows like that? */
bool data_table_is_one_of_m(const data_table *t);
/* Fills d->data.classes, d->data.n_classes and d->class_names. */
nn_status data_find_classes(loader *l, const data_table *t, dataset *d);

#endif
