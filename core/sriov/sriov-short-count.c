/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A driver that makes another number of VFs than it was asked for, and calls that success. Another
 * number needs all of them gone first, so whoever tried for ever would let no VF live. A few tries
 * are for what passes by itself; then the VFs that there are get what they are to have and stay,
 * until the file asks for another count, or there is one.
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
	unsigned long asked, made;
	unsigned tries;
};

static bool recall(struct viod_pf *pf, struct shortfall *ret_shortfall)
{
	char text[64];

	return host_table.noted(pf, &sriov_plugin, NOTE, text, sizeof(text)) == 0 &&
	       sscanf(text, "%lu %lu %u", &ret_shortfall->asked, &ret_shortfall->made,
		      &ret_shortfall->tries) == 3;
}

void sriov_note_count(struct viod_pf *pf, size_t asked)
{
	struct shortfall before;
	bool known = recall(pf, &before);
	unsigned tries = 1;
	char text[64];

	if (pf->n_vfs == asked || !pf->n_vfs) {
		if (known)
			(void)host_table.note(pf, &sriov_plugin, NOTE, NULL);
		return;
	}
	if (known && before.asked == asked && before.made == pf->n_vfs)
		tries = MIN(before.tries + 1, (unsigned)TRIES);
	snprintf(text, sizeof(text), "%zu %zu %u", asked, pf->n_vfs, tries);
	/* Without the note it is tried once more. */
	(void)host_table.note(pf, &sriov_plugin, NOTE, text);
}

void sriov_settle_for_less(struct viod_pf *pf, const struct viod_values *state,
			   struct viod_values *wanted)
{
	const struct viod_option *row = &sriov_rows[SRIOV_ROW_VFS];
	const int64_t *vfs = host_table.get(wanted, VIOD_PF, row);
	const struct viod_where *where = host_table.where(wanted, VIOD_PF, row);
	int64_t asked = vfs ? *vfs : 0, there = (int64_t)pf->n_vfs;
	const char *advice = quirk_advice(&pf->quirk, "vfs", 0);
	struct shortfall shortfall;

	if (!where->file || !there || there == asked || !recall(pf, &shortfall) ||
	    shortfall.tries < TRIES || (int64_t)shortfall.asked != asked ||
	    (int64_t)shortfall.made != there)
		return;
	host_table.put(wanted, VIOD_PF, row, &there);
	/* They go anyhow, for another key's sake. */
	if (plan_recreates(&pf->quirk, wanted, state) || values_resize(wanted, (size_t)there) < 0) {
		host_table.put(wanted, VIOD_PF, row, &asked);
		return;
	}
	(void)mark_add(pf, VIOD_PF, row, ROW_DEFERRED);
	host_table.report(
		pf, VIOD_WARNING, VIOD_PF, NULL, where, 0,
		"asked for %lld VFs, the driver created %lld, %u times, and these are left "
		"as they are; for another attempt write another number%s%s",
		(long long)asked, (long long)there, TRIES, advice ? "; " : "",
		advice ? advice : "");
}
