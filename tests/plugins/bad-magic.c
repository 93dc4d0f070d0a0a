/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Refused: exports the symbol with another magic. */
#include <viod/plugin.h>

const struct viod_plugin viod_plugin = { .magic = 0x21746f6eu,
					 .abi_major = VIOD_ABI_MAJOR,
					 .size = sizeof(struct viod_plugin),
					 .role = VIOD_ROLE_KIND,
					 .name = "bad-magic",
					 .kind = "bad-magic" };
