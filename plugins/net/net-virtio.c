/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Virtio network devices with SR-IOV, of a hypervisor or of a hardware implementation; driver
 * virtio-pci. */
#include <errno.h>
#include <viod/plugin.h>

/* The device has no settings of VFs except their number. */
static const char *const lacks[] = {
	"mac",	      "vlan",	     "qos",	    "vlan-proto", "spoofchk", "trust",
	"link-state", "min-tx-rate", "max-tx-rate", "query-rss",  NULL,
};

static const struct viod_advice advice[] = {
	{ "vfs", EBUSY, "the device is not ready; its driver must be bound first" },
	{ "vfs", EINVAL, "the hypervisor that provides this device has not enabled SR-IOV for it" },
	{ NULL, 0, NULL },
};

static const struct viod_quirk virtio_quirk = {
	.size = sizeof(virtio_quirk),
	.lacks = lacks,
	.advice = advice,
};

static const struct viod_match match[] = {
	VIOD_MATCH_DRIVER("virtio-pci"),
	VIOD_MATCH_VENDOR(0x1af4),
	{ 0 },
};

VIOD_PLUGIN_DEFINE(.role = VIOD_ROLE_QUIRK, .name = "net-virtio", .kind = "net", .version = "1",
		   .summary = "virtio", .match = match, .quirk = &virtio_quirk);
