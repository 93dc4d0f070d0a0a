/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The options of functions on a VFIO driver. */
#include "vfio.h"

#define NODE_ROW(scope_, struct_, key_, field_, unset_, help_)                                   \
	{                                                                                        \
		.scope = VIOD_SCOPE_##scope_, .type = VIOD_TYPE_STRING, .key = (key_),           \
		.flags = VIOD_OPTION_VOLATILE | VIOD_OPTION_RETURNS, .phase = VIOD_PHASE_SETTLE, \
		.unset = (unset_), .help = (help_), VIOD_FIELD(struct struct_, node.field_),     \
	}

static const struct viod_name noiommu_words[] = { { "refuse", VFIO_NOIOMMU_REFUSE },
						  { "allow", VFIO_NOIOMMU_ALLOW },
						  { NULL, 0 } };
static const struct viod_name companions_words[] = { { "refuse", VFIO_COMPANIONS_REFUSE },
						     { "bind", VFIO_COMPANIONS_BIND },
						     { NULL, 0 } };

#define NOIOMMU_ROW(scope_, struct_)                                                                  \
	{                                                                                             \
		.scope = VIOD_SCOPE_##scope_, .type = VIOD_TYPE_ENUM, .key = "noiommu",               \
		.names = noiommu_words, .flags = VIOD_OPTION_POLICY, .unset = "refuse",               \
		.help = "Whether the function may be bound without an IOMMU that protects the host.", \
		VIOD_FIELD(struct struct_, noiommu),                                                  \
	}

#define COMPANION_COLUMN(key_, field_)                                                             \
	{                                                                                          \
		.type = VIOD_TYPE_STRING, .key = (key_), VIOD_FIELD(struct vfio_companion, field_) \
	}

static const struct viod_option companion_columns[] = {
	COMPANION_COLUMN("address", address),
	COMPANION_COLUMN("driver", driver),
	COMPANION_COLUMN("override", override),
	{ 0 },
};

const struct viod_option vfio_options[] = {
	[VFIO_ROW_OWNER] = NODE_ROW(PF, vfio_pf, "owner", owner, NULL,
				    "The user who owns the VFIO node of the device."),
	[VFIO_ROW_GROUP] = NODE_ROW(PF, vfio_pf, "group", group, NULL,
				    "The group of the VFIO node of the device."),
	[VFIO_ROW_MODE] = NODE_ROW(PF, vfio_pf, "mode", mode, NULL,
				   "The mode of the VFIO node of the device, in octal."),
	[VFIO_ROW_NOIOMMU] = NOIOMMU_ROW(PF, vfio_pf),
	[VFIO_ROW_VF + VFIO_ROW_OWNER] = NODE_ROW(VF, vfio_vf, "owner", owner, "root",
						  "The user who owns the VF's VFIO node."),
	[VFIO_ROW_VF + VFIO_ROW_GROUP] =
		NODE_ROW(VF, vfio_vf, "group", group, "root", "The group of the VF's VFIO node."),
	[VFIO_ROW_VF + VFIO_ROW_MODE] = NODE_ROW(VF, vfio_vf, "mode", mode, "0600",
						 "The mode of the VF's VFIO node, in octal."),
	[VFIO_ROW_VF + VFIO_ROW_NOIOMMU] = NOIOMMU_ROW(VF, vfio_vf),
	[VFIO_ROW_COMPANIONS] = { .scope = VIOD_SCOPE_PF,
				  .type = VIOD_TYPE_ENUM,
				  .key = "companions",
				  .names = companions_words,
				  .flags = VIOD_OPTION_POLICY,
				  .unset = "refuse",
				  .help = "What happens to other functions in the IOMMU group of the device: they prevent its use, or are bound with it.",
				  VIOD_FIELD(struct vfio_pf, companions) },
	[VFIO_ROW_COMPANION_DRIVERS] = { .scope = VIOD_SCOPE_PF,
					 .type = VIOD_TYPE_TABLE,
					 .key = "companion-drivers",
					 .columns = companion_columns,
					 .record_size = sizeof(struct vfio_companion),
					 .flags = VIOD_OPTION_INTERNAL | VIOD_OPTION_RETURNS,
					 .phase = VIOD_PHASE_PREPARE,
					 .help = "The drivers of the other functions in its group.",
					 VIOD_FIELD(struct vfio_pf, companion_drivers) },
	[VFIO_ROWS_] = { 0 },
};

const struct viod_option *vfio_row(int vf, enum vfio_row row)
{
	return &vfio_options[(vf == VIOD_PF ? 0 : VFIO_ROW_VF) + row];
}
