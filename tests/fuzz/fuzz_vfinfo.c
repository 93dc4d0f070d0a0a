/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parser of link messages: any bytes at all, at the end of a heap block so that a read past it
 * shows. */
#include <stdlib.h>
#include <string.h>

#include "../../plugins/net/vfinfo.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);
	struct net_link link;

	if (!copy)
		return 0;
	memcpy(copy, data, size);
	if (net_link_parse(copy, size, &link) == 0) {
		for (size_t i = 0; i < link.n_vfs; i++)
			if (net_link_vf(&link, link.vfs[i].vf) != &link.vfs[i])
				abort();
		if (strlen(link.name) >= sizeof(link.name))
			abort();
		net_link_clear(&link);
	}
	free(copy);
	return 0;
}
