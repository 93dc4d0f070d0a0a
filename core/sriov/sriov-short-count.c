/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Handles a driver that creates another number of VFs than requested and reports success. Each
 * attempt removes all VFs first, so unlimited attempts would leave no usable VF. A few attempts
 * cover temporary problems; then the existing VFs are configured and kept, until the file wants
 * another count or the count changes.
 */
#include <errno.h>
#include <stdio.h>

#include "device/row-state.h"
#include "loader/quirk-match.h"
#include "plan/host-table.h"
#include "plan/plan.h"
#include "sriov/sriov-private.h"

#define NOTE "shortfall"
#define TRIES 3

struct shortfall {
	unsigned long requested, created;
	unsigned tries;
};

static bool recall(struct viod_pf *pf, struct shortfall *ret_shortfall)
{
	char text[64];

	return host_table.noted(pf, &sriov_plugin, NOTE, text, sizeof(text)) == 0 &&
	       sscanf(text, "%lu %lu %u", &ret_shortfall->requested, &ret_shortfall->created,
		      &ret_shortfall->tries) == 3;
}

void sriov_note_count(struct viod_pf *pf, size_t requested)
{
	struct shortfall before;
	bool known = recall(pf, &before);
	unsigned tries = 1;
	char text[64];

	if (pf->n_vfs == requested || !pf->n_vfs) {
		if (known)
			(void)host_table.note(pf, &sriov_plugin, NOTE, NULL);
		return;
	}
	if (known && before.requested == requested && before.created == pf->n_vfs)
		tries = MIN(before.tries + 1, (unsigned)TRIES);
	snprintf(text, sizeof(text), "%zu %zu %u", requested, pf->n_vfs, tries);
	/* Without the note there is one more attempt. */
	(void)host_table.note(pf, &sriov_plugin, NOTE, text);
}

void sriov_settle_for_less(struct viod_pf *pf, const struct viod_values *state,
			   struct viod_values *wanted)
{
	const struct viod_option *row = &sriov_rows[SRIOV_ROW_VFS];
	const int64_t *vfs = host_table.get(wanted, VIOD_PF, row);
	const struct viod_where *where = host_table.where(wanted, VIOD_PF, row);
	int64_t requested = vfs ? *vfs : 0, there = (int64_t)pf->n_vfs;
	const char *advice = quirk_advice(&pf->quirk, "vfs", 0);
	struct shortfall shortfall;

	if (!where->file || !there || there == requested || !recall(pf, &shortfall) ||
	    shortfall.tries < TRIES || (int64_t)shortfall.requested != requested ||
	    (int64_t)shortfall.created != there)
		return;
	host_table.put(wanted, VIOD_PF, row, &there);
	/* The VFs are removed in any case, because of another key. */
	if (plan_recreates(&pf->quirk, wanted, state) || values_resize(wanted, (size_t)there) < 0) {
		host_table.put(wanted, VIOD_PF, row, &requested);
		return;
	}
	(void)row_mark_add(pf, VIOD_PF, row, ROW_DEFERRED);
	host_table.report(
		pf, VIOD_WARNING, VIOD_PF, NULL, where, 0,
		"%lld VFs were requested, the driver created %lld, %u times; these are kept; write "
		"another number for another attempt" ADVICE_FORMAT,
		(long long)requested, (long long)there, TRIES, ADVICE(advice));
}
