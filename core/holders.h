/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who uses a function now. The kernel protects nobody: removing, unbinding or resetting a VF that a
 * virtual machine has open blocks without limit, and one in a container goes silently. So viod asks
 * first, and what it cannot find out counts as held.
 */
#ifndef VIOD_HOLDERS_H
#define VIOD_HOLDERS_H

#include "nodes.h"

struct viod_holders {
	struct viod_holder *items;
	uint32_t *flags; /* enum viod_holder_flags, of each */
	size_t count;
};

int holders_add(struct viod_holders *holders, const struct viod_holder *holder);
int holders_add_flagged(struct viod_holders *holders, const struct viod_holder *holder,
			uint32_t flags);
void holders_clear(struct viod_holders *holders);

/** Whether somebody is in the way whom none of these flags excuses. */
bool holders_object(const struct viod_holders *holders, uint32_t excused);

/**
 * Ask for all VFs and the PF in one pass over /proc. ret_holders has one entry for each VF of
 * pf->n_vfs, and one more for the PF itself. The caller frees with holders_free(), which takes the
 * number of VFs. -errno where nothing can be said at all: count that as held.
 */
int holders_find(struct viod_pf *pf, struct viod_holders **ret_holders);
/** The same, where only one function counts: of the others most holders are not found. */
int holders_find_of(struct viod_pf *pf, int vf, struct viod_holders **ret_holders);
void holders_free(struct viod_holders *holders, size_t count);

/** What host->held() does. */
int holders_of_other(struct viod_pf *pf, const char *address, char *ret_text, size_t size);

/** "qemu-system-x86 (pid 812, machine-web1.scope): /dev/vfio/12" */
void holder_text(const struct viod_holder *holder, char *ret_text, size_t size);

#endif
