/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Refused: its descriptor is shorter than that of the first version. */
#include <viod/plugin.h>

const struct viod_plugin viod_plugin = { .magic = VIOD_ABI_MAGIC,
					 .abi_major = VIOD_ABI_MAJOR,
					 .size = offsetof(struct viod_plugin, options),
					 .role = VIOD_ROLE_KIND,
					 .name = "bad-size",
					 .kind = "bad-size" };
