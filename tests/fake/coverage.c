/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "coverage.h"

#include <dlfcn.h>
#include <link.h>
#include <stddef.h>

#include "sim.h"

extern void __gcov_dump(void) __attribute__((weak));

/* The program and each plugin have counters of their own. */
static int write_counters(struct dl_phdr_info *info, size_t size, void *userdata)
{
	void *handle = dlopen(info->dlpi_name[0] ? info->dlpi_name : NULL, RTLD_LAZY | RTLD_NOLOAD);
	void (*dump)(void);

	if (!handle)
		return 0;
	*(void **)&dump = dlsym(handle, "__gcov_dump");
	if (dump)
		dump();
	(void)dlclose(handle);
	return 0;
}

bool coverage_is_measured(void)
{
	return __gcov_dump;
}

void coverage_write(void)
{
	int self = sim_self;

	if (!__gcov_dump)
		return;
	sim_self = -1;
	(void)dl_iterate_phdr(write_counters, NULL);
	sim_self = self;
}
