/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/capabilities.h"

#include <sys/syscall.h>

#include "base/util.h"

/* Permitted and effective ones, of those that there are. */
static void set(uint64_t permitted, uint64_t effective)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { 0 };

	/* Tests replace syscall() by a function that reads all arguments there can be. */
	if (syscall(SYS_capget, &header, data, 0, 0, 0, 0) < 0)
		return;
	for (unsigned i = 0; i < ARRAY_SIZE(data); i++) {
		data[i].permitted &= (uint32_t)(permitted >> 32 * i);
		data[i].effective = data[i].permitted & (uint32_t)(effective >> 32 * i);
		data[i].inheritable = 0;
	}
	(void)syscall(SYS_capset, &header, data, 0, 0, 0, 0);
}

void capabilities_keep(uint64_t keep)
{
	set(keep, keep);
}

void capabilities_rest(void)
{
	set(UINT64_MAX, 0);
}

void capabilities_use(void)
{
	set(UINT64_MAX, UINT64_MAX);
}
