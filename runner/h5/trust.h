/* trust.h - which datasets of a file of any origin may be read: those whose values lie in the file itself, as many as it
 * says there are. */
#ifndef NNGRID_H5_TRUST_H
#define NNGRID_H5_TRUST_H

#include "h5/handle.h"

/* Keeps links to other files from being followed, in any file and for good. */
void h5_forget_other_files(void);
/* Notes why a dataset is refused, for h5_refused; returns false. */
bool h5_refuse(h5_file *f, const char *path, const char *why);
/* Notes it where `path` leads out of the file; returns false. */
bool h5_explain_link(h5_file *f, const char *path);
/* Do the values of an open dataset lie in this file, and are there as many bytes as its size asks for? Else refuses. */
bool h5_storage_good(h5_file *f, const char *path, hid_t dataset, hid_t type, hid_t properties, const h5_place *p);

#endif
