/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Messages of the kernel about interfaces: any bytes at all, at the end of a heap block so that a
 * read past it shows. */
#include <stdlib.h>
#include <string.h>

#include "kernel/netif.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);
	struct link_event event;

	if (!copy)
		return 0;
	memcpy(copy, data, size);
	if (link_parse(copy, size, &event) == 0 &&
	    (strnlen(event.name, sizeof(event.name)) == sizeof(event.name) ||
	     strnlen(event.parent, sizeof(event.parent)) == sizeof(event.parent)))
		abort();
	free(copy);
	return 0;
}
