/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What NVIDIA's driver says of a GPU in /proc. */
#include "../../plugins/gpu/gpu-nvidia.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	unsigned number;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (parse_minor(text, &number) == 0 && number > 999)
		abort();
	free(text);
	return 0;
}
