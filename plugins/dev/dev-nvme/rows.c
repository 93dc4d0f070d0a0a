/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The options of NVMe controllers. */
#include "nvme.h"

#define PF_ROW(type_, key_, field_)                                       \
	.scope = VIOD_SCOPE_PF, .type = VIOD_TYPE_##type_, .key = (key_), \
	VIOD_FIELD(struct nvme_pf, field_)
#define VF_ROW(type_, key_, field_)                                       \
	.scope = VIOD_SCOPE_VF, .type = VIOD_TYPE_##type_, .key = (key_), \
	VIOD_FIELD(struct nvme_vf, field_)

#define COLUMN(struct_, key_, field_, min_, max_)                                         \
	{                                                                                 \
		.type = VIOD_TYPE_INT, .key = (key_), VIOD_FIELD(struct struct_, field_), \
		.min = (min_), .max = (max_)                                              \
	}

static const struct viod_option share_columns[] = {
	COLUMN(nvme_share, "queues", queues, 0, UINT16_MAX),
	COLUMN(nvme_share, "interrupts", interrupts, 0, UINT16_MAX),
	{ 0 },
};
static const struct viod_option attachment_columns[] = {
	COLUMN(nvme_attachment, "namespace", nsid, 1, UINT32_MAX),
	COLUMN(nvme_attachment, "vf", vf, 0, NVME_VFS_MAX - 1),
	{ 0 },
};

/* The rows of the PF are for the baseline: a drive keeps the resources of a VF when the VF is
 * removed. */
const struct viod_option nvme_rows[] = {
	[NVME_ROW_SECONDARIES] = { PF_ROW(TABLE, "secondary-controllers", secondaries),
				   .columns = share_columns,
				   .record_size = sizeof(struct nvme_share),
				   .flags = VIOD_OPTION_INTERNAL, .phase = VIOD_PHASE_RESIZE,
				   .help = "The resources of each secondary controller." },
	[NVME_ROW_ATTACHMENTS] = { PF_ROW(TABLE, "secondary-namespaces", attachments),
				   .columns = attachment_columns,
				   .record_size = sizeof(struct nvme_attachment),
				   .flags = VIOD_OPTION_INTERNAL, .phase = VIOD_PHASE_RESIZE,
				   .help = "The namespaces of VFs." },
	[NVME_ROW_QUEUES] = { VF_ROW(INT, "queues", queues), .max = UINT16_MAX,
			      .flags = VIOD_OPTION_UNBOUND, .phase = VIOD_PHASE_CONFIGURE,
			      .new_vf = "0",
			      .help = "Queue pairs of the VF, including the admin queue." },
	[NVME_ROW_INTERRUPTS] = { VF_ROW(INT, "interrupts", interrupts), .max = UINT16_MAX,
				  .flags = VIOD_OPTION_UNBOUND, .phase = VIOD_PHASE_CONFIGURE,
				  .new_vf = "0", .help = "Interrupt vectors of the VF." },
	[NVME_ROW_NAMESPACES] = { VF_ROW(STRING, "namespaces", namespaces),
				  .phase = VIOD_PHASE_CONFIGURE, .new_vf = "none",
				  .help = "The namespaces of the VF." },
	[NVME_ROW_ONLINE] = { VF_ROW(BOOL, "online", online), .flags = VIOD_OPTION_UNBOUND,
			      .phase = VIOD_PHASE_CONFIGURE, .new_vf = "off",
			      .help = "Whether the VF's controller is online." },
	[NVME_ROW_END] = { 0 },
};
