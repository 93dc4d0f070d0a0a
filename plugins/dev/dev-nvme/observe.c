/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the controller says, in the words of the options. */
#include <errno.h>
#include <string.h>

#include "nvme.h"

static void put_shares(const struct nvme_device *device, struct viod_values *state)
{
	struct nvme_share shares[NVME_VFS_MAX] = { 0 };
	char text[sizeof(((struct nvme_pf *)0)->secondaries)];

	for (size_t i = 0; i < device->n_vfs; i++)
		shares[i] = (struct nvme_share){ device->vfs[i].queues, device->vfs[i].interrupts };
	/* More than fits is more than anybody has written by hand; it is not known then. */
	if (nvme_shares_format(shares, device->n_vfs, text, sizeof(text)) == 0)
		viod_put(state, VIOD_PF, &nvme_rows[NVME_ROW_SECONDARIES], text);
	if (device->controller.namespace_management &&
	    nvme_attachments_format(device->attachments, device->n_attachments, text,
				    sizeof(text)) == 0)
		viod_put(state, VIOD_PF, &nvme_rows[NVME_ROW_ATTACHMENTS], text);
}

static void put_vf(const struct nvme_device *device, struct viod_values *state, unsigned vf)
{
	const struct nvme_secondary *secondary = nvme_vf_of(device, vf);
	char text[NVME_TEXT_MAX];
	struct nvme_wish wish;
	int64_t number;

	if (!secondary)
		return;
	number = secondary->queues;
	if (device->primary.queues.flexible)
		viod_put(state, (int)vf, &nvme_rows[NVME_ROW_QUEUES], &number);
	number = secondary->interrupts;
	if (device->primary.interrupts.flexible)
		viod_put(state, (int)vf, &nvme_rows[NVME_ROW_INTERRUPTS], &number);
	viod_put(state, (int)vf, &nvme_rows[NVME_ROW_ONLINE], &secondary->online);
	nvme_wish_of(device, vf, &wish);
	if (device->controller.namespace_management && nvme_wish_format(&wish, text) == 0)
		viod_put(state, (int)vf, &nvme_rows[NVME_ROW_NAMESPACES], text);
}

int nvme_observe(struct viod_pf *pf, struct viod_values *state)
{
	struct nvme_device device;
	int r;

	r = nvme_look(pf, &device);
	/* Without its driver, or without anything to give to VFs, there is nothing to tell. */
	if (r == -ENODEV || r == -EOPNOTSUPP)
		return 0;
	if (r < 0) {
		viod_report(pf, VIOD_WARNING, VIOD_PF, NULL, NULL, -r,
			    "the NVMe controller does not say what its VFs have");
		return 0;
	}
	put_shares(&device, state);
	for (unsigned vf = 0; vf < viod_vf_count(state); vf++)
		put_vf(&device, state, vf);
	nvme_device_clear(&device);
	return 0;
}
