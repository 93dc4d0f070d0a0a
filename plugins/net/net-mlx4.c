/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* NVIDIA ConnectX-3, driver mlx4_core. */
#include <errno.h>
#include <viod/plugin.h>

static const char *const lacks[] = { "trust", "query-rss", NULL };

static const struct viod_limit limits[] = {
	{ "min-tx-rate", .text = "mlx4 guarantees no rate; remove the key" },
	{ 0 },
};

static const struct viod_advice advice[] = {
	{ "vfs", ERANGE,
	  "write 'options mlx4_core num_vfs=N probe_vf=0' to a file in /etc/modprobe.d and reload the module, or remove 'vfs'" },
	{ "spoofchk", EPERM, "mlx4 checks only VFs that have an address; set 'mac' too" },
	{ NULL, 0, NULL },
};

static const struct viod_quirk mlx4_quirk = {
	.size = sizeof(mlx4_quirk),
	.flags = VIOD_QUIRK_COUNT_READ_ONLY,
	.lacks = lacks,
	.advice = advice,
	.limits = limits,
};

static const struct viod_match match[] = {
	VIOD_MATCH_DRIVER("mlx4_core"),
	{ 0 },
};

VIOD_PLUGIN_DEFINE(.role = VIOD_ROLE_QUIRK, .name = "net-mlx4", .kind = "net", .version = "1",
		   .summary = "NVIDIA ConnectX-3", .match = match, .quirk = &mlx4_quirk);
