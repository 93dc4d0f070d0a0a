/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Refused: built for another major version of the contract. */
#include <viod/plugin.h>

const struct viod_plugin viod_plugin = { .magic = VIOD_ABI_MAGIC,
					 .abi_major = VIOD_ABI_MAJOR + 1,
					 .size = sizeof(struct viod_plugin),
					 .role = VIOD_ROLE_KIND,
					 .name = "bad-major",
					 .kind = "bad-major" };
