/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* NVMe controllers with SR-IOV: the operations, and the devices they serve. */
#include "nvme.h"

static const struct viod_ops ops = {
	.size = sizeof(ops),
	.validate = nvme_validate,
	.observe = nvme_observe,
	.complete = nvme_complete,
	.plan = nvme_plan,
	.apply = nvme_apply,
	.nodes = nvme_nodes,
};

/* Mass storage, NVM, NVM Express I/O controller. */
static const struct viod_match match[] = {
	VIOD_MATCH_CLASS(0x010802, 0xffffff),
	{ 0 },
};

static const struct viod_quirk quirk = { .size = sizeof(quirk) };

VIOD_PLUGIN_DEFINE(.role = VIOD_ROLE_QUIRK, .name = "dev-nvme", .kind = "dev", .version = "1",
		   .summary = "NVMe controllers with SR-IOV", .options = nvme_rows,
		   .pf_size = sizeof(struct nvme_pf), .vf_size = sizeof(struct nvme_vf),
		   .ops = &ops, .match = match, .quirk = &quirk);
