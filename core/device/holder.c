/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "device/holder.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/util.h"

int holders_add(struct viod_holders *holders, const struct viod_holder *holder)
{
	struct viod_holder *slot;

	for (size_t i = 0; i < holders->count; i++) {
		if (holders->items[i].pid != holder->pid ||
		    !streq(holders->items[i].what, holder->what))
			continue;
		holders->items[i].flags &= holder->flags;
		return 0;
	}
	slot = array_append((void **)&holders->items, &holders->count, sizeof(*slot));
	if (!slot)
		return -ENOMEM;
	*slot = *holder;
	slot->process[sizeof(slot->process) - 1] = '\0';
	slot->unit[sizeof(slot->unit) - 1] = '\0';
	slot->what[sizeof(slot->what) - 1] = '\0';
	/* Names of processes and cgroups are any bytes, and are cut within a character. */
	make_printable(slot->process);
	make_printable(slot->unit);
	make_printable(slot->what);
	return 0;
}

void holders_clear(struct viod_holders *holders)
{
	free(holders->items);
	*holders = (struct viod_holders){ 0 };
}

void holders_free(struct viod_holders *holders, size_t count)
{
	for (size_t i = 0; holders && i <= count; i++)
		holders_clear(&holders[i]);
	free(holders);
}

bool holders_object(const struct viod_holders *holders, uint32_t excused)
{
	for (size_t i = 0; i < holders->count; i++)
		if (!(holders->items[i].flags & excused))
			return true;
	return false;
}

void holder_text(const struct viod_holder *holder, char *ret_text, size_t size)
{
	if (holder->pid > 0)
		snprintf(ret_text, size, "%s (pid %d%s%s): %s",
			 holder->process[0] ? holder->process : "?", (int)holder->pid,
			 holder->unit[0] ? ", " : "", holder->unit, holder->what);
	else
		snprintf(ret_text, size, "%s", holder->what);
}
