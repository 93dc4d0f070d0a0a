/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Virtio network devices with SR-IOV, of a hypervisor or a card that is one; driver virtio-pci. */
#include <errno.h>
#include <viod/plugin.h>

/* The device knows nothing of its VFs but how many there are. */
static const char *const lacks[] = {
	"mac",	      "vlan",	     "qos",	    "vlan-proto", "spoofchk", "trust",
	"link-state", "min-tx-rate", "max-tx-rate", "query-rss",  NULL,
};

static const struct viod_advice advice[] = {
	{ "vfs", EBUSY, "the device is not up yet; its driver has to be bound first" },
	{ "vfs", EINVAL, "who offers this device has not given it SR-IOV" },
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
