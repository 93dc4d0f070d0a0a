/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A well-formed kind that loses 16 descriptors and 1 MiB of memory each time it observes. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <viod/plugin.h>

#define LEAKED_FDS 16
#define LEAKED_BYTES (1024 * 1024)

static int leak_observe(struct viod_pf *pf, struct viod_values *state)
{
	void *volatile lost = malloc(LEAKED_BYTES);

	if (lost)
		memset(lost, 0x5a, LEAKED_BYTES);
	for (int i = 0; i < LEAKED_FDS; i++)
		(void)open("/dev/null", O_RDONLY | O_CLOEXEC);
	return 0;
}

static const struct viod_ops ops = { .size = sizeof(ops), .observe = leak_observe };

VIOD_PLUGIN_DEFINE(.role = VIOD_ROLE_KIND, .name = "leak", .kind = "leak", .version = "1",
		   .summary = "leaks descriptors and memory in observe", .ops = &ops);
