/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Answers of a controller to Identify: any bytes at all, at the end of a heap block so that a
 * read past it shows. */
#include <stdlib.h>
#include <string.h>

#include "../../plugins/dev/dev-nvme/identify.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void parse_lists(const uint8_t *data, size_t size)
{
	struct nvme_secondary secondaries[NVME_SECONDARIES_MAX];
	static uint16_t controllers[NVME_CONTROLLERS_MAX];
	static uint32_t namespaces[NVME_NAMESPACES_MAX];
	int n;

	n = nvme_parse_secondaries(data, size, secondaries);
	if (n > NVME_SECONDARIES_MAX || (n > 0 && size < 32 + (size_t)n * 32))
		abort();
	n = nvme_parse_controllers(data, size, controllers);
	if (n > NVME_CONTROLLERS_MAX)
		abort();
	n = nvme_parse_namespaces(data, size, namespaces);
	for (int i = 1; i < n; i++)
		if (namespaces[i] <= namespaces[i - 1])
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);
	struct nvme_controller controller;
	struct nvme_namespace namespace;
	struct nvme_primary primary;
	uint32_t block_size = 0;

	if (!copy)
		return 0;
	memcpy(copy, data, size);
	parse_lists(copy, size);
	(void)nvme_parse_controller(copy, size, &controller);
	(void)nvme_parse_namespace(copy, size, &namespace);
	if (nvme_parse_primary(copy, size, &primary) == 0 && primary.queues.flexible &&
	    (uint64_t)primary.queues.assigned + primary.queues.primary > primary.queues.total)
		abort();
	if (nvme_parse_best_format(copy, size, &block_size) >= 0 &&
	    (block_size < 512 || (block_size & (block_size - 1))))
		abort();
	free(copy);
	return 0;
}
