/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From changes to commands. A secondary controller accepts queues and interrupts while it is
 * offline, and goes online when it has both and its VF exists:
 *
 *	new VFs		queues and interrupts before, namespaces and online after, then the driver
 *	existing VFs	offline, queues, interrupts, online, with no driver meanwhile
 *	removed VFs	their resources are restored
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nvme.h"

/* The data of plan() about all VFs, including those that do not exist. */
struct survey {
	const struct nvme_share *shares, *shares_wanted;
	size_t n_shares, n_shares_wanted;
	const struct nvme_attachment *attached, *attached_wanted;
	size_t n_attached, n_attached_wanted;
	bool shares_known, attached_known, restore_shares, restore_namespaces;
	bool concerned[NVME_VFS_MAX]; /* has changes of its own */
	unsigned there;		      /* VFs that are not re-created */
};

static int add(struct viod_plan *plan, enum viod_phase phase, uint8_t flags, enum nvme_code code,
	       int vf, const struct viod_change *change, const struct nvme_order *order,
	       const char *text)
{
	struct viod_step step = {
		.phase = phase,
		.flags = flags,
		.code = code,
		.vf = vf,
		.change = change,
		.data = order,
		.size = sizeof(*order),
	};

	if (change)
		step.where = change->where;
	snprintf(step.text, sizeof(step.text), "%s", text);
	return viod_step_add(plan, &step);
}

/* --- what a change asks for ------------------------------------------------------------------ */

static enum nvme_row row_of(const struct viod_change *change)
{
	return (enum nvme_row)(change->option - nvme_rows);
}

static void order_of(const struct viod_change *change, struct nvme_order *ret_order)
{
	struct nvme_order order = { .vf = (uint32_t)change->vf };

	if (row_of(change) == NVME_ROW_NAMESPACES)
		memcpy(order.namespaces, change->wanted, sizeof(order.namespaces));
	else if (row_of(change) == NVME_ROW_ONLINE)
		order.value = *(const bool *)change->wanted;
	else
		order.value = *(const int64_t *)change->wanted;
	*ret_order = order;
}

static enum nvme_code code_of(const struct viod_change *change)
{
	switch (row_of(change)) {
	case NVME_ROW_QUEUES:
		return NVME_SET_QUEUES;
	case NVME_ROW_INTERRUPTS:
		return NVME_SET_INTERRUPTS;
	case NVME_ROW_NAMESPACES:
		return NVME_SET_NAMESPACES;
	case NVME_ROW_ONLINE:
	case NVME_ROW_SECONDARIES:
	case NVME_ROW_ATTACHMENTS:
	case NVME_ROW_END:
		break;
	}
	return NVME_SET_ONLINE;
}

static bool has_attached(const struct survey *survey, uint32_t vf)
{
	for (size_t i = 0; i < survey->n_attached; i++)
		if (survey->attached[i].vf == vf)
			return true;
	return false;
}

/* A new VF is offline; and if it is to have no resources, it may have none already, or the
 * controller may not support them. */
static bool is_so_already(const struct survey *survey, const struct viod_change *change)
{
	uint32_t vf = (uint32_t)change->vf;
	struct nvme_order order;

	order_of(change, &order);
	switch (row_of(change)) {
	case NVME_ROW_QUEUES:
		return order.value == 0 &&
		       (vf >= survey->n_shares || survey->shares[vf].queues == 0);
	case NVME_ROW_INTERRUPTS:
		return order.value == 0 &&
		       (vf >= survey->n_shares || survey->shares[vf].interrupts == 0);
	case NVME_ROW_NAMESPACES:
		return strcmp(order.namespaces, "none") == 0 && survey->attached_known
			       ? !has_attached(survey, vf)
			       : strcmp(order.namespaces, "none") == 0 && !survey->shares_known;
	case NVME_ROW_ONLINE:
		return order.value == 0;
	case NVME_ROW_SECONDARIES:
	case NVME_ROW_ATTACHMENTS:
	case NVME_ROW_END:
		break;
	}
	return false;
}

/* --- one VF ---------------------------------------------------------------------------------- */

static int plan_new(const struct survey *survey, const struct viod_change *change,
		    struct viod_plan *plan)
{
	bool early = row_of(change) == NVME_ROW_QUEUES || row_of(change) == NVME_ROW_INTERRUPTS;
	struct nvme_order order;
	char text[192];

	if (is_so_already(survey, change))
		return 0;
	order_of(change, &order);
	viod_change_text(change, text, sizeof(text));
	return add(plan, early ? VIOD_PHASE_RESIZE : VIOD_PHASE_CONFIGURE,
		   early ? VIOD_STEP_NO_VFS : 0, code_of(change), change->vf, change, &order, text);
}

static int add_online(struct viod_plan *plan, const struct viod_change *change, bool online,
		      bool wanted)
{
	struct nvme_order order = { .vf = (uint32_t)change->vf, .value = online };
	char text[192];

	snprintf(text, sizeof(text), "vf%d.online: %s%s", change->vf, online ? "on" : "off",
		 online || !wanted ? "" : " while it changes");
	return add(plan, VIOD_PHASE_CONFIGURE, VIOD_STEP_DISRUPTIVE, NVME_SET_ONLINE, change->vf,
		   change, &order, text);
}

/* True if the change detaches a namespace from the VF. */
static bool detaches(const struct viod_change *change)
{
	struct nvme_wish now = { 0 }, then = { 0 };

	if (!change->state || nvme_wish_parse(change->state, &now) < 0 ||
	    nvme_wish_parse(change->wanted, &then) < 0)
		return true;
	if (now.create)
		return true;
	for (size_t i = 0; i < now.n_nsids; i++) {
		bool kept = false;

		for (size_t j = 0; j < then.n_nsids; j++)
			kept = kept || then.nsids[j] == now.nsids[i];
		if (!kept)
			return true;
	}
	return false;
}

/* Some controllers release the resources of a VF when it goes offline. */
static int add_again(const struct viod_values *state, const struct viod_change *by,
		     const struct viod_change *changes, size_t n, enum nvme_row row,
		     struct viod_plan *plan)
{
	const int64_t *now = viod_get(state, by->vf, &nvme_rows[row]);
	struct nvme_order order = { .vf = (uint32_t)by->vf, .value = now ? *now : 0 };
	char text[192];

	for (size_t i = 0; i < n; i++)
		if (row_of(&changes[i]) == row)
			return 0;
	if (order.value == 0)
		return 0;
	snprintf(text, sizeof(text), "vf%d.%s: %" PRId64 " again", by->vf, nvme_rows[row].key,
		 order.value);
	return add(plan, VIOD_PHASE_CONFIGURE, VIOD_STEP_DISRUPTIVE,
		   row == NVME_ROW_QUEUES ? NVME_SET_QUEUES : NVME_SET_INTERRUPTS, by->vf, by,
		   &order, text);
}

/* Among the changes of a VF, those that change its state: the online row, and one of its resources.
 */
static void find_rows(const struct viod_change *changes, size_t n,
		      const struct viod_change **ret_online,
		      const struct viod_change **ret_resource)
{
	*ret_online = *ret_resource = NULL;
	for (size_t i = 0; i < n; i++) {
		if (row_of(&changes[i]) == NVME_ROW_ONLINE)
			*ret_online = &changes[i];
		else if (row_of(&changes[i]) != NVME_ROW_NAMESPACES)
			*ret_resource = &changes[i];
	}
}

static int plan_existing(const struct viod_values *state, const struct viod_change *changes,
			 size_t n, struct viod_plan *plan)
{
	const bool *now = viod_get(state, changes[0].vf, &nvme_rows[NVME_ROW_ONLINE]);
	const struct viod_change *online, *resource;
	bool wanted, offline;
	int r = 0;

	find_rows(changes, n, &online, &resource);
	wanted = online ? *(const bool *)online->wanted : now && *now;
	offline = now && *now && (resource || !wanted);
	if (offline)
		r = add_online(plan, online && !wanted ? online : resource, false, wanted);
	for (enum nvme_row row = NVME_ROW_QUEUES; offline && r == 0 && row <= NVME_ROW_INTERRUPTS;
	     row++)
		r = add_again(state, online ? online : resource, changes, n, row, plan);
	for (size_t i = 0; i < n && r == 0; i++) {
		bool namespaces = row_of(&changes[i]) == NVME_ROW_NAMESPACES;
		struct nvme_order order;
		char text[192];

		if (&changes[i] == online)
			continue;
		order_of(&changes[i], &order);
		viod_change_text(&changes[i], text, sizeof(text));
		r = add(plan, VIOD_PHASE_CONFIGURE,
			namespaces && !detaches(&changes[i]) ? 0 : VIOD_STEP_DISRUPTIVE,
			code_of(&changes[i]), changes[i].vf, &changes[i], &order, text);
	}
	if (r == 0 && wanted && (resource || !(now && *now)))
		r = add_online(plan, online ? online : resource, true, true);
	return r;
}

/* --- removed VFs ----------------------------------------------------------------------------- */

static int restore_share(const struct survey *survey, uint32_t vf, struct viod_plan *plan)
{
	struct nvme_share now = survey->shares[vf];
	struct nvme_share then = vf < survey->n_shares_wanted ? survey->shares_wanted[vf]
							      : (struct nvme_share){ 0 };
	struct nvme_order order = { .vf = vf, .value = then.queues };
	char text[192];
	int r = 0;

	if (now.queues != then.queues) {
		snprintf(text, sizeof(text),
			 "vf%" PRIu32 ".queues: %" PRId64 " -> %" PRId64 ", as it was", vf,
			 now.queues, then.queues);
		r = add(plan, VIOD_PHASE_RESIZE, VIOD_STEP_NO_VFS, NVME_SET_QUEUES, VIOD_PF, NULL,
			&order, text);
	}
	order.value = then.interrupts;
	if (r == 0 && now.interrupts != then.interrupts) {
		snprintf(text, sizeof(text),
			 "vf%" PRIu32 ".interrupts: %" PRId64 " -> %" PRId64 ", as it was", vf,
			 now.interrupts, then.interrupts);
		r = add(plan, VIOD_PHASE_RESIZE, VIOD_STEP_NO_VFS, NVME_SET_INTERRUPTS, VIOD_PF,
			NULL, &order, text);
	}
	return r;
}

static void wish_of(const struct nvme_attachment *attached, size_t n, uint32_t vf,
		    struct nvme_wish *ret_wish)
{
	struct nvme_wish wish = { 0 };

	for (size_t i = 0; i < n; i++)
		if (attached[i].vf == vf && wish.n_nsids < sizeof(wish.nsids) / sizeof(*wish.nsids))
			wish.nsids[wish.n_nsids++] = (uint32_t)attached[i].nsid;
	*ret_wish = wish;
}

static int restore_namespaces(const struct survey *survey, uint32_t vf, struct viod_plan *plan)
{
	struct nvme_order order = { .vf = vf };
	char now[NVME_TEXT_MAX], text[192];
	struct nvme_wish wish;

	wish_of(survey->attached, survey->n_attached, vf, &wish);
	if (nvme_wish_format(&wish, now) < 0)
		return 0;
	wish_of(survey->attached_wanted, survey->n_attached_wanted, vf, &wish);
	if (nvme_wish_format(&wish, order.namespaces) < 0 || strcmp(now, order.namespaces) == 0)
		return 0;
	snprintf(text, sizeof(text), "vf%" PRIu32 ".namespaces: %.64s -> %.64s, as it was", vf, now,
		 order.namespaces);
	return add(plan, VIOD_PHASE_RESIZE, VIOD_STEP_NO_VFS, NVME_SET_NAMESPACES, VIOD_PF, NULL,
		   &order, text);
}

static int plan_removed(const struct survey *survey, struct viod_plan *plan)
{
	int r = 0;

	for (uint32_t vf = survey->there; vf < NVME_VFS_MAX && r == 0; vf++) {
		if (survey->concerned[vf])
			continue;
		if (survey->restore_shares && vf < survey->n_shares)
			r = restore_share(survey, vf, plan);
		if (r == 0 && survey->restore_namespaces)
			r = restore_namespaces(survey, vf, plan);
	}
	return r;
}

/* --- all of it ------------------------------------------------------------------------------- */

static void read_shares(const struct viod_table *table, const struct nvme_share **ret_shares,
			size_t *ret_count)
{
	*ret_shares = table ? table->records : NULL;
	*ret_count = !table ? 0 : table->count < NVME_VFS_MAX ? table->count : NVME_VFS_MAX;
}

static void read_attached(const struct viod_table *table,
			  const struct nvme_attachment **ret_attached, size_t *ret_count)
{
	*ret_attached = table ? table->records : NULL;
	*ret_count = table ? table->count : 0;
}

static void read_state(const struct viod_values *state, struct survey *survey)
{
	const struct viod_table *shares =
		viod_get(state, VIOD_PF, &nvme_rows[NVME_ROW_SECONDARIES]);
	const struct viod_table *attached =
		viod_get(state, VIOD_PF, &nvme_rows[NVME_ROW_ATTACHMENTS]);

	survey->there = viod_vf_count(state);
	survey->shares_known = shares;
	survey->attached_known = attached;
	read_shares(shares, &survey->shares, &survey->n_shares);
	read_attached(attached, &survey->attached, &survey->n_attached);
}

/* If all VFs are re-created, the resources of those beyond the new count become free for the
 * others; if the PF is released, the previous assignment is restored. */
static void read_changes(const struct viod_change *changes, size_t n, struct survey *survey)
{
	bool anew = survey->there == 0;

	for (size_t i = 0; i < n; i++) {
		if (changes[i].vf >= 0 && changes[i].vf < NVME_VFS_MAX)
			survey->concerned[changes[i].vf] = true;
		if (changes[i].vf >= 0)
			survey->restore_shares = survey->restore_namespaces = anew;
	}
	for (size_t i = 0; i < n; i++) {
		if (row_of(&changes[i]) == NVME_ROW_SECONDARIES) {
			read_shares(changes[i].wanted, &survey->shares_wanted,
				    &survey->n_shares_wanted);
			survey->restore_shares = survey->shares_known;
		} else if (row_of(&changes[i]) == NVME_ROW_ATTACHMENTS) {
			read_attached(changes[i].wanted, &survey->attached_wanted,
				      &survey->n_attached_wanted);
			survey->restore_namespaces = survey->attached_known;
		}
	}
}

static int plan_vf(const struct survey *survey, const struct viod_values *state,
		   const struct viod_change *changes, size_t n, struct viod_plan *plan)
{
	int r = 0;

	if ((unsigned)changes[0].vf < survey->there)
		return plan_existing(state, changes, n, plan);
	for (size_t i = 0; i < n && r == 0; i++)
		r = plan_new(survey, &changes[i], plan);
	return r;
}

int nvme_plan(struct viod_pf *pf, const struct viod_values *state,
	      const struct viod_change *changes, size_t n_changes, struct viod_plan *plan)
{
	struct survey *survey = calloc(1, sizeof(*survey));
	size_t first = 0;
	int r;

	if (!survey)
		return -ENOMEM;
	read_state(state, survey);
	read_changes(changes, n_changes, survey);
	/* Resources are released first, since another VF may need them. */
	r = plan_removed(survey, plan);
	while (first < n_changes && r == 0) {
		size_t n = 1;

		while (first + n < n_changes && changes[first + n].vf == changes[first].vf)
			n++;
		if (changes[first].vf >= 0)
			r = plan_vf(survey, state, changes + first, n, plan);
		first += n;
	}
	free(survey);
	return r;
}
