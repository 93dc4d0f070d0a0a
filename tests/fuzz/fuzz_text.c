/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Texts of the kernel, of drivers and of notes: uevents, vGPU types, priorities, rows of NVMe. What
 * is written back reads as before. */
#include <stdlib.h>
#include <string.h>

#include "../../plugins/dev/dev-nvme/nvme.h"
#include "../../plugins/gpu/common/share.h"
#include "../../plugins/gpu/mdev.h"
#include "kernel/uevent.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void gpu_texts(const char *text)
{
	static struct gpu_types types, again;
	char written[8192], uuid[GPU_UUID_MAX], batch[GPU_MDEVS_TEXT];
	struct gpu_batches batches, others;
	uint64_t number;

	types.count = again.count = 0;
	gpu_catalogue_parse(text, -1, &types);
	gpu_types_write(&types, written, sizeof(written));
	gpu_types_read(written, &again);
	if (again.count > types.count)
		abort();
	gpu_types_list(&types, written, sizeof(written));
	(void)gpu_types_find(&types, text);
	(void)gpu_types_nearest(&types, text);
	(void)gpu_framebuffer_of_name(text);
	(void)gpu_framebuffer_of_description(text);
	(void)gpu_most_of_description(text);
	(void)gpu_is_mig(text);
	(void)gpu_priority_parse(text, &number);
	(void)gpu_number_parse(text, &number);
	if (gpu_uuid_parse(text, uuid) == 0 && strlen(uuid) != GPU_UUID_MAX - 1)
		abort();
	if (gpu_batches_parse(text, &batches) < 0 || gpu_batches_format(&batches, batch) < 0)
		return;
	if (gpu_batches_parse(batch, &others) < 0 || !gpu_batches_within(&batches, &others))
		abort();
}

static void nvme_texts(const char *text)
{
	char written[NVME_TEXT_MAX];
	struct nvme_wish wish;

	if (nvme_wish_parse(text, &wish) == 0 && nvme_wish_format(&wish, written) == 0 &&
	    nvme_wish_parse(written, &wish) < 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct uevent event;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	(void)uevent_parse(text, size, &event);
	gpu_texts(text);
	nvme_texts(text);
	free(text);
	return 0;
}
