/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A list of holders of a function. */
#ifndef VIOD_HOLDER_H
#define VIOD_HOLDER_H

#include <viod/plugin.h>

struct viod_holders {
	struct viod_holder *items;
	size_t count;
};

/** Add a copy. A holder already listed (same pid and what) is not added again; its flags become the
 *  intersection. -ENOMEM. */
int holders_add(struct viod_holders *holders, const struct viod_holder *holder);
void holders_clear(struct viod_holders *holders);

/** Free the lists of count VFs and that of the PF, which follows them. */
void holders_free(struct viod_holders *holders, size_t count);

/** True if any holder has none of the excused flags. */
bool holders_object(const struct viod_holders *holders, uint32_t excused);

/** "qemu-system-x86 (pid 812, machine-web1.scope): /dev/vfio/12" */
void holder_text(const struct viod_holder *holder, char *ret_text, size_t size);

#endif
