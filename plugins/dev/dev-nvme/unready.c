/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* VFs that no driver can use: with some drives the nvme driver waits half a minute for each. */
#include <stdio.h>
#include <string.h>

#include "nvme.h"

/* The resulting value, or NULL if it is not known. */
static const void *outcome_of(const struct viod_values *state, const struct viod_values *wanted,
			      unsigned vf, enum nvme_row row)
{
	const void *value = viod_get(wanted, (int)vf, &nvme_rows[row]);

	if (!value && vf < viod_vf_count(state))
		value = viod_get(state, (int)vf, &nvme_rows[row]);
	return value;
}

static bool will_work(const struct viod_values *state, const struct viod_values *wanted,
		      unsigned vf)
{
	const bool *online = outcome_of(state, wanted, vf, NVME_ROW_ONLINE);
	const int64_t *queues = outcome_of(state, wanted, vf, NVME_ROW_QUEUES);

	/* Re-created VFs are offline at first. */
	return online && *online && (!queues || *queues > 0);
}

/* No warning for a VF that a file sets offline. */
static bool is_surprise(const struct viod_values *wanted, unsigned vf)
{
	const struct viod_option *row = &nvme_rows[NVME_ROW_ONLINE];

	return !viod_get(wanted, (int)vf, row) || !viod_where(wanted, (int)vf, row)->file;
}

/* "0-3, 8" */
static void add_range(char *text, size_t size, unsigned first, unsigned last)
{
	size_t used = strlen(text);

	if (first == last)
		snprintf(text + used, size - used, "%s%u", used ? ", " : "", first);
	else
		snprintf(text + used, size - used, "%s%u-%u", used ? ", " : "", first, last);
}

/* A driver that probes the hardware would wait for it in vain. Another one is bound as the file
 * says: a virtual machine may bring the VF to life. */
static void leave_unbound(struct viod_pf *pf, struct viod_values *wanted, int vf)
{
	const struct viod_option *row = viod_option_of(wanted, vf, "driver");
	const struct viod_driver *driver = row ? viod_get(wanted, vf, row) : NULL;
	const struct viod_function *self = viod_function(pf, VIOD_PF);
	const struct viod_driver none = { .name = "none" };

	if (driver && (strcmp(driver->name, "default") == 0 ||
		       (self && self->driver && strcmp(driver->name, self->driver) == 0)))
		viod_put(wanted, vf, row, &none);
}

int nvme_complete_drivers(struct viod_pf *pf, const struct viod_values *state,
			  struct viod_values *wanted)
{
	unsigned count = viod_vf_count(wanted), first = 0, run = 0;
	char text[128] = "";

	/* This controller has no resources to assign, so its VFs need none. */
	if (!viod_get(state, VIOD_PF, &nvme_rows[NVME_ROW_SECONDARIES]))
		return 0;
	for (unsigned vf = 0; vf <= count; vf++) {
		bool dead = vf < count && !will_work(state, wanted, vf);

		if (dead)
			leave_unbound(pf, wanted, (int)vf);
		dead = dead && is_surprise(wanted, vf);
		if (dead && run++ == 0)
			first = vf;
		if (!dead && run) {
			add_range(text, sizeof(text), first, vf - 1);
			run = 0;
		}
	}
	if (*text)
		viod_report(
			pf, VIOD_WARNING, VIOD_PF, NULL, NULL, 0,
			"VFs without queues do not work, and the nvme driver would wait for each of them, so they are not bound to it (VF %s); set 'queues', 'interrupts' and "
			"'namespaces' in their [vfN]",
			text);
	return 0;
}
