/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* PFs that viod has configured, and that no file asks for any more. A part of the manager. */
#ifndef VIOD_PF_UNCLAIMED_H
#define VIOD_PF_UNCLAIMED_H

#include "daemon/pf-list.h"

/** Start to release each PF that has a record and no file: the file that the record names does not
 * exist, or names another device that was found. Nothing is released while the directories of files
 * cannot be read. -errno: not all records could be read. */
int pf_unclaimed_release(struct pf_list *list);

#endif
