/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Plan: from changes to steps, with as few messages as the device permits. Pure. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"
#include "ops.h"
#include "quirk.h"
#include "rows.h"
#include "steps.h"
#include "update.h"
#include "util.h"

/* The update of one VF, and its changes. */
struct draft {
	struct net_update update;
	const struct viod_change *changes[NET_ROWS_];
	size_t n_changes;
};

struct drafts {
	struct draft *items; /* by VF */
	size_t count;
};

static void drafts_clear(struct drafts *drafts)
{
	free(drafts->items);
}

#define _cleanup_drafts_ _cleanup_(drafts_clear)

/* --- texts ----------------------------------------------------------------------------------- */

struct text {
	char bytes[4096];
	size_t used;
};

static void __attribute__((format(printf, 2, 3))) append(struct text *text, const char *format, ...)
{
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = vsnprintf(text->bytes + text->used, sizeof(text->bytes) - text->used, format,
		      arguments);
	va_end(arguments);
	if (n > 0 && (size_t)n < sizeof(text->bytes) - text->used)
		text->used += (size_t)n;
}

/* "set mac, vlan of vf0-vf6, vf8" */
static void describe_drafts(const struct draft *drafts, size_t count, struct text *text)
{
	const char *separator = "set ";
	uint32_t rows = 0;

	for (size_t i = 0; i < count; i++)
		rows |= drafts[i].update.rows;
	for (unsigned i = 0; i < NET_ROWS_; i++) {
		if (!(rows & (1u << i)))
			continue;
		append(text, "%s%s", separator, net_options[i].key);
		separator = ", ";
	}
	separator = " of ";
	for (size_t i = 0, end; i < count; i = end) {
		int32_t first = drafts[i].update.vf;

		for (end = i + 1; end < count; end++)
			if (drafts[end].update.vf != first + (int32_t)(end - i))
				break;
		append(text, "%svf%d", separator, first);
		if (end - i > 1)
			append(text, "-vf%d", drafts[end - 1].update.vf);
		separator = ", ";
	}
}

static void set_text(struct viod_step *step, const struct text *text)
{
	static const char more[] = " ...";
	size_t room = sizeof(step->text) - 1;

	if (text->used <= room) {
		memcpy(step->text, text->bytes, text->used + 1);
		return;
	}
	memcpy(step->text, text->bytes, room);
	memcpy(step->text + sizeof(step->text) - sizeof(more), more, sizeof(more));
}

/* --- rows ------------------------------------------------------------------------------------ */

/* How each row is set that is not an attribute of a VF; flag: of an interface. */
static const struct {
	uint16_t code;
	unsigned flag;
} settings[NET_ROWS_] = {
	[NET_ROW_PROMISC] = { NET_STEP_FLAGS, IFF_PROMISC },
	[NET_ROW_ALLMULTI] = { NET_STEP_FLAGS, IFF_ALLMULTI },
	[NET_ROW_MTU] = { NET_STEP_MTU, 0 },
	[NET_ROW_LINK] = { NET_STEP_FLAGS, IFF_UP },
	[NET_ROW_VLAN_OFFLOAD] = { NET_STEP_OFFLOAD, 0 },
	[NET_ROW_ESWITCH] = { NET_STEP_ESWITCH, 0 },
	[NET_ROW_INLINE_MODE] = { NET_STEP_INLINE_MODE, 0 },
	[NET_ROW_ENCAP] = { NET_STEP_ENCAP, 0 },
	[NET_ROW_ROCE] = { NET_STEP_PORT_CAP, 0 },
	[NET_ROW_MIGRATABLE] = { NET_STEP_PORT_CAP, 0 },
	[NET_ROW_VF_IFNAME] = { NET_STEP_NAME, 0 },
	[NET_ROW_VF_MTU] = { NET_STEP_MTU, 0 },
	[NET_ROW_VF_PROMISC] = { NET_STEP_FLAGS, IFF_PROMISC },
};

static bool is_attribute(const struct viod_change *change)
{
	return !settings[change->option - net_options].code;
}

/* --- drafts ---------------------------------------------------------------------------------- */

/* A value that is set together with others is sent with their current values. */
static struct draft *draft_of(const struct viod_values *state, int32_t vf, struct drafts *drafts)
{
	const struct net_vf *now = NULL;
	struct draft *draft;

	/* Changes are sorted by VF. */
	for (size_t i = drafts->count; i-- > 0;)
		if (drafts->items[i].update.vf == vf)
			return &drafts->items[i];
	if (vf < (int32_t)viod_vf_count(state))
		now = viod_struct(state, vf);
	draft = &drafts->items[drafts->count++];
	draft->update.vf = vf;
	if (now)
		draft->update.values = *now;
	return draft;
}

static void add_change(const struct viod_change *change, struct draft *draft)
{
	enum net_row row = (enum net_row)(change->option - net_options);

	memcpy((uint8_t *)&draft->update.values + change->option->offset, change->wanted,
	       change->option->size);
	draft->update.rows |= 1u << row;
	draft->update.where[row] = change->where;
	for (unsigned i = 0; i < NET_ATTRIBUTES_; i++)
		if (net_attributes[i].rows & (1u << row))
			draft->update.attributes |= 1u << i;
	draft->changes[draft->n_changes++] = change;
}

static int compare_drafts(const void *a, const void *b)
{
	int32_t x = ((const struct draft *)a)->update.vf, y = ((const struct draft *)b)->update.vf;

	return (x > y) - (x < y);
}

static int collect(const struct viod_values *state, const struct viod_change *changes,
		   size_t n_changes, bool disruptive, struct drafts *ret_drafts)
{
	struct drafts drafts = { calloc(n_changes + 1, sizeof(*drafts.items)), 0 };

	if (!drafts.items)
		return -ENOMEM;
	for (size_t i = 0; i < n_changes; i++)
		if (is_attribute(&changes[i]) &&
		    !(changes[i].flags & VIOD_STEP_DISRUPTIVE) == !disruptive)
			add_change(&changes[i], draft_of(state, changes[i].vf, &drafts));
	qsort(drafts.items, drafts.count, sizeof(*drafts.items), compare_drafts);
	*ret_drafts = drafts;
	return 0;
}

/* --- steps ----------------------------------------------------------------------------------- */

static int add_step(struct viod_plan *plan, const struct draft *drafts, size_t count)
{
	_cleanup_free_ struct net_update *updates = calloc(count, sizeof(*updates));
	_cleanup_free_ const struct viod_change **changes =
		calloc(count * NET_ROWS_, sizeof(*changes));
	_cleanup_free_ struct net_batch *batch = NULL;
	struct text text = { .used = 0 };
	struct viod_step step = {
		.phase = VIOD_PHASE_CONFIGURE,
		.code = NET_STEP_VFS,
		.vf = count == 1 ? drafts[0].update.vf : VIOD_PF,
		.where = drafts[0].changes[0]->where,
		.changes = changes,
	};
	int r;

	if (!updates || !changes)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		updates[i] = drafts[i].update;
		for (size_t c = 0; c < drafts[i].n_changes; c++)
			changes[step.n_changes++] = drafts[i].changes[c];
	}
	r = net_batch_new(updates, count, &batch, &step.size);
	if (r < 0)
		return r;
	step.data = batch;
	if (count == 1 && drafts[0].n_changes == 1) {
		step.change = changes[0];
		viod_change_text(step.change, step.text, sizeof(step.text));
	} else {
		describe_drafts(drafts, count, &text);
		set_text(&step, &text);
	}
	return viod_step_add(plan, &step);
}

/* With a driver that requires repeated requests, a step sets one VF unless the quirk has another
 * limit: most of these drivers wait for the reset of the VF, and block the network configuration of
 * the whole host meanwhile. */
static size_t batch_of(struct viod_pf *pf)
{
	uint16_t batch = net_quirk(pf).batch;

	if (batch)
		return batch < NET_BATCH_MAX ? batch : NET_BATCH_MAX;
	for (const struct viod_retry *retry = viod_quirk(pf)->retries; retry && retry->error;
	     retry++)
		if (retry->phase == VIOD_PHASE_CONFIGURE)
			return 1;
	return NET_BATCH_MAX;
}

static int plan_vfs(struct viod_pf *pf, const struct viod_values *state,
		    const struct viod_change *changes, size_t n_changes, bool disruptive,
		    struct viod_plan *plan)
{
	_cleanup_drafts_ struct drafts drafts = { 0 };
	size_t batch = disruptive ? 1 : batch_of(pf);
	int r;

	r = collect(state, changes, n_changes, disruptive, &drafts);
	for (size_t i = 0; i < drafts.count && r == 0; i += batch) {
		size_t left = drafts.count - i;

		r = add_step(plan, &drafts.items[i], left < batch ? left : batch);
	}
	return r;
}

/* --- everything else ------------------------------------------------------------------------- */

static void fill_setting(const struct viod_change *change, struct net_setting *setting)
{
	const struct viod_option *option = change->option;
	bool on = false;

	if (option->type == VIOD_TYPE_STRING)
		snprintf(setting->name, sizeof(setting->name), "%s", (const char *)change->wanted);
	else if (option->type == VIOD_TYPE_BOOL)
		setting->number = on = *(const bool *)change->wanted;
	else
		setting->number = *(const int64_t *)change->wanted;
	setting->change = settings[option - net_options].flag;
	setting->flags = on || setting->number ? setting->change : 0;
}

/* The link is set up before it is needed and set down after everything; the eswitch changes when
 * this driver permits it. */
static uint8_t phase_of(struct viod_pf *pf, const struct viod_change *change)
{
	if (change->option == &net_options[NET_ROW_LINK] && !*(const int64_t *)change->wanted)
		return VIOD_PHASE_SETTLE;
	if (change->option == &net_options[NET_ROW_ESWITCH] &&
	    (net_quirk(pf).flags & VIOD_NET_ESWITCH_WITH_VFS))
		return VIOD_PHASE_CONFIGURE;
	return change->option->phase;
}

static int plan_setting(struct viod_pf *pf, const struct viod_change *change,
			struct viod_plan *plan)
{
	struct net_setting setting;
	struct viod_step step = {
		.phase = phase_of(pf, change),
		.code = settings[change->option - net_options].code,
		.vf = change->vf,
		.where = change->where,
		.change = change,
		.data = &setting,
		.size = sizeof(setting),
	};

	memset(&setting, 0, sizeof(setting));
	fill_setting(change, &setting);
	viod_change_text(change, step.text, sizeof(step.text));
	return viod_step_add(plan, &step);
}

int net_plan(struct viod_pf *pf, const struct viod_values *state, const struct viod_change *changes,
	     size_t n_changes, struct viod_plan *plan)
{
	int r = 0;

	for (size_t i = 0; i < n_changes && r == 0; i++)
		if (!is_attribute(&changes[i]))
			r = plan_setting(pf, &changes[i], plan);
	if (r == 0)
		r = plan_vfs(pf, state, changes, n_changes, false, plan);
	if (r == 0)
		r = plan_vfs(pf, state, changes, n_changes, true, plan);
	return r;
}
