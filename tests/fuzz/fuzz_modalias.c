/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A pattern of a module's alias and a device's modalias, a line each. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/kmod.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), *alias;
	int wildcards;

	if (!text)
		return 0;
	/* fnmatch() is the C library's; its time grows with each wildcard. */
	size = size < 128 ? size : 128;
	memcpy(text, data, size);
	text[size] = '\0';
	alias = strchr(text, '\n');
	if (alias) {
		*alias++ = '\0';
		wildcards = module_wildcards(text, alias);
		if (wildcards > (int)strlen(text))
			abort();
	}
	free(text);
	return 0;
}
