/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Those who use a function, however they were found. */
#ifndef VIOD_HOLDER_H
#define VIOD_HOLDER_H

#include <viod/plugin.h>

struct viod_holders {
	struct viod_holder *items;
	uint32_t *flags; /* enum viod_holder_flags, of each */
	size_t count;
};

/** Add one, a copy; whom the list has already, it has once, with the flags that both have. -ENOMEM.
 */
int holders_add(struct viod_holders *holders, const struct viod_holder *holder);
int holders_add_flagged(struct viod_holders *holders, const struct viod_holder *holder,
			uint32_t flags);
void holders_clear(struct viod_holders *holders);

/** Free the lists of so many VFs, and the PF's own behind them. */
void holders_free(struct viod_holders *holders, size_t count);

/** Whether somebody is in the way whom none of these flags excuses. */
bool holders_object(const struct viod_holders *holders, uint32_t excused);

/** "qemu-system-x86 (pid 812, machine-web1.scope): /dev/vfio/12" */
void holder_text(const struct viod_holder *holder, char *ret_text, size_t size);

#endif
