/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The services of QuickAssist, from a file or from the driver. */
#include "../../plugins/dev/dev-qat.c"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), once[64], again[64];

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	/* The canonical text is that of itself. */
	if (spell(text, once, sizeof(once)) == 0 &&
	    (spell(once, again, sizeof(again)) < 0 || strcmp(once, again) != 0))
		abort();
	free(text);
	return 0;
}
