/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The answers of the controller, as values of the options. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "nvme.h"

/* A namespace that viod created for a VF counts as attached, also before it is attached and after
 * it is detached, so that a release in between deletes it. */
static size_t add_own(struct viod_pf *pf, const struct nvme_device *device,
		      struct nvme_attachment *attachments, size_t n)
{
	for (size_t vf = 0; vf < device->n_vfs; vf++) {
		struct nvme_wish has;
		bool attached = false;
		uint64_t bytes;
		uint32_t nsid;

		if (!nvme_own(pf, device, vf, &nsid, &bytes))
			continue;
		nvme_wish_of(device, vf, &has);
		for (size_t i = 0; i < has.n_nsids; i++)
			attached = attached || has.nsids[i] == nsid;
		if (!attached)
			attachments[n++] = (struct nvme_attachment){ nsid, (int64_t)vf };
	}
	return n;
}

static int put_table(struct viod_values *state, enum nvme_row row, const void *records,
		     size_t count)
{
	const struct viod_table table = { .records = records, .count = (uint32_t)count };

	return viod_put(state, VIOD_PF, &nvme_rows[row], &table);
}

static int put_attachments(struct viod_pf *pf, const struct nvme_device *device,
			   struct viod_values *state)
{
	size_t n = device->n_attachments;
	struct nvme_attachment *attachments;
	int r;

	if (!device->controller.namespace_management)
		return 0;
	attachments = calloc(n + device->n_vfs + 1, sizeof(*attachments));
	if (!attachments)
		return -ENOMEM;
	if (n)
		memcpy(attachments, device->attachments, n * sizeof(*attachments));
	n = add_own(pf, device, attachments, n);
	r = put_table(state, NVME_ROW_ATTACHMENTS, attachments, n);
	free(attachments);
	return r;
}

static int put_shares(const struct nvme_device *device, struct viod_values *state)
{
	struct nvme_share shares[NVME_VFS_MAX] = { 0 };

	for (size_t i = 0; i < device->n_vfs; i++)
		shares[i] = (struct nvme_share){ device->vfs[i].queues, device->vfs[i].interrupts };
	return put_table(state, NVME_ROW_SECONDARIES, shares, device->n_vfs);
}

/* "create 10G" if the VF has only the namespace that viod created for it. */
static void put_namespaces(struct viod_pf *pf, const struct nvme_device *device,
			   struct viod_values *state, unsigned vf)
{
	char text[NVME_TEXT_MAX];
	struct nvme_wish wish;
	uint64_t bytes;
	uint32_t nsid;

	if (!device->controller.namespace_management)
		return;
	nvme_wish_of(device, vf, &wish);
	if (wish.n_nsids == 1 && nvme_own(pf, device, vf, &nsid, &bytes) && nsid == wish.nsids[0])
		wish = (struct nvme_wish){ .create = bytes };
	if (nvme_wish_format(&wish, text) == 0)
		viod_put(state, (int)vf, &nvme_rows[NVME_ROW_NAMESPACES], text);
}

static void put_vf(struct viod_pf *pf, const struct nvme_device *device, struct viod_values *state,
		   unsigned vf)
{
	const struct nvme_secondary *secondary = nvme_vf_of(device, vf);
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
	put_namespaces(pf, device, state, vf);
}

int nvme_observe(struct viod_pf *pf, struct viod_values *state)
{
	struct nvme_device device;
	int r;

	r = nvme_look(pf, &device);
	/* Without its driver, or without resources for VFs, there is nothing to report. */
	if (r == -ENODEV || r == -EOPNOTSUPP)
		return 0;
	if (r < 0) {
		viod_report(pf, VIOD_WARNING, VIOD_PF, NULL, NULL, -r,
			    "the NVMe controller does not report the resources of its VFs");
		return 0;
	}
	r = put_shares(&device, state);
	if (r == 0)
		r = put_attachments(pf, &device, state);
	for (unsigned vf = 0; vf < viod_vf_count(state); vf++)
		put_vf(pf, &device, state, vf);
	nvme_device_clear(&device);
	return r;
}
