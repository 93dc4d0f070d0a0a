/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The options of shares, and their operations. */
#include "share.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The drivers keep them in 32 bits. */
#define SHARE_MAX UINT32_MAX

#define ROW(scope_, type_, key_, field_)                                                           \
	.scope = VIOD_SCOPE_##scope_, .type = VIOD_TYPE_##type_, .key = (key_),                    \
	.phase = VIOD_SCOPE_##scope_ == VIOD_SCOPE_PF ? VIOD_PHASE_PREPARE : VIOD_PHASE_CONFIGURE, \
	VIOD_FIELD(struct gpu_shares, field_)

const struct viod_option gpu_share_rows[] = {
	[GPU_ROW_PF +
	 GPU_EXEC_QUANTUM] = { ROW(PF, INT, "exec-quantum", exec_quantum), .max = SHARE_MAX,
			       .help = "Milliseconds that the PF runs before another function; 0 = no limit." },
	[GPU_ROW_PF +
		GPU_PREEMPT_TIMEOUT] = { ROW(PF, INT, "preempt-timeout", preempt_timeout),
					 .max = SHARE_MAX,
					 .help = "Microseconds that the PF may take to stop; 0 = no limit." },
	[GPU_ROW_PF + GPU_PRIORITY] = { ROW(PF, ENUM, "priority", priority),
					.names = gpu_priorities, .help = "Who runs first." },
	[GPU_ROW_PF + GPU_VRAM] = { ROW(PF, SIZE, "vram", vram),
				    .help = "Memory that is reserved for the PF." },
	[GPU_ROW_VF +
		GPU_EXEC_QUANTUM] = { ROW(VF, INT, "exec-quantum", exec_quantum), .max = SHARE_MAX,
				      .help = "Milliseconds that the VF runs before another function; 0 = no limit." },
	[GPU_ROW_VF +
		GPU_PREEMPT_TIMEOUT] = { ROW(VF, INT, "preempt-timeout", preempt_timeout),
					 .max = SHARE_MAX,
					 .help = "Microseconds that the VF may take to stop; 0 = no limit." },
	[GPU_ROW_VF + GPU_PRIORITY] = { ROW(VF, ENUM, "priority", priority),
					.names = gpu_priorities, .help = "Who runs first." },
	[GPU_ROW_VF + GPU_VRAM] = { ROW(VF, SIZE, "vram", vram), .flags = VIOD_OPTION_UNBOUND,
				    .help = "The VF's memory." },
	[GPU_ROW_AUTO] = { .scope = VIOD_SCOPE_PF,
			   .type = VIOD_TYPE_BOOL,
			   .key = "auto-provisioning",
			   .flags = VIOD_OPTION_INTERNAL,
			   .phase = VIOD_PHASE_RESIZE,
			   VIOD_FIELD(struct gpu_shares, auto_provisioning),
			   .help = "Whether the driver assigns shares to VFs automatically." },
	[GPU_ROW_END] = { 0 },
};

const struct viod_advice gpu_share_advice[] = {
	{ "vram", EIO,
	  "the GPU's firmware refuses it; the VFs together request more than the GPU has" },
	{ "vram", EBUSY, "the memory of a VF can change only while the VF is not in use" },
	{ "vram", ENOSPC, "less memory is left than this VF requests" },
	{ "vram", EDQUOT, "less memory is left than this VF requests" },
	{ "exec-quantum", EIO, "the GPU's firmware refuses this value" },
	{ "preempt-timeout", EIO, "the GPU's firmware refuses this value" },
	{ "priority", EPERM, "the priorities of this GPU cannot be changed" },
	{ "exec-quantum", EPERM, "the time shares of this GPU cannot be set" },
	{ "preempt-timeout", EPERM, "the time shares of this GPU cannot be set" },
	{ NULL, 0, NULL },
};

/* The data of a step. */
struct order {
	uint64_t value;
	int32_t vf;
	uint32_t share; /* enum gpu_share; GPU_SHARES: automatic provisioning */
};

static const struct viod_option *row_of(int vf, enum gpu_share share)
{
	return &gpu_share_rows[(vf == VIOD_PF ? GPU_ROW_PF : GPU_ROW_VF) + share];
}

static uint64_t value_of(const struct viod_option *option, const void *value)
{
	return option->type == VIOD_TYPE_SIZE ? *(const uint64_t *)value
					      : (uint64_t) * (const int64_t *)value;
}

static void put_value(struct viod_values *values, int vf, enum gpu_share share, uint64_t value)
{
	const int64_t number = (int64_t)value;

	if (share == GPU_VRAM)
		viod_put(values, vf, row_of(vf, share), &value);
	else if (value <= SHARE_MAX)
		viod_put(values, vf, row_of(vf, share), &number);
}

/* --- observe --------------------------------------------------------------------------------- */

int gpu_share_observe(struct viod_pf *pf, struct viod_values *state)
{
	struct gpu_share_place place;
	bool automatic;

	if (gpu_share_find(pf, &place) < 0)
		return 0;
	for (int vf = VIOD_PF; vf < (int)viod_vf_count(state); vf++)
		for (enum gpu_share share = 0; share < GPU_SHARES; share++) {
			uint64_t value;

			if (gpu_share_get(pf, &place, vf, share, &value) == 0)
				put_value(state, vf, share, value);
		}
	/* While there are VFs, automatic shares cannot be distinguished from others. */
	if (place.layout->by_hand && viod_vf_count(state) == 0 &&
	    gpu_share_is_auto(pf, &place, 0, &automatic) == 0)
		viod_put(state, VIOD_PF, &gpu_share_rows[GPU_ROW_AUTO], &automatic);
	return 0;
}

/* --- what a file may say --------------------------------------------------------------------- */

static const struct viod_where *asked(const struct viod_values *wanted, int vf,
				      enum gpu_share share)
{
	const struct viod_where *where = viod_where(wanted, vf, row_of(vf, share));

	return viod_get(wanted, vf, row_of(vf, share)) && where->file ? where : NULL;
}

/* With a single quota, the driver does not assign memory to any other VF. */
static int validate_vram(struct viod_pf *pf, const struct viod_values *wanted)
{
	const struct viod_where *one = NULL;
	int without = VIOD_PF;

	for (int vf = 0; vf < (int)viod_vf_count(wanted); vf++) {
		const uint64_t *vram = viod_get(wanted, vf, row_of(vf, GPU_VRAM));

		if (vram && *vram)
			one = one ? one : viod_where(wanted, vf, row_of(vf, GPU_VRAM));
		else if (!vram && without == VIOD_PF)
			without = vf;
	}
	if (!one || without == VIOD_PF)
		return 0;
	viod_report(
		pf, VIOD_ERROR, without, row_of(0, GPU_VRAM), one, 0,
		"VF %d has no 'vram', and gets no memory if other VFs have it; set it for all VFs (in [vf*] for those without their own), or for none",
		without);
	return -EINVAL;
}

int gpu_share_validate(struct viod_pf *pf, const struct viod_values *wanted)
{
	int r = validate_vram(pf, wanted);

	for (int vf = 0; vf < (int)viod_vf_count(wanted); vf++) {
		const int64_t *priority = viod_get(wanted, vf, row_of(vf, GPU_PRIORITY));

		if (!priority || *priority != GPU_HIGH)
			continue;
		viod_report(pf, VIOD_ERROR, vf, row_of(vf, GPU_PRIORITY),
			    viod_where(wanted, vf, row_of(vf, GPU_PRIORITY)), 0,
			    "only the PF can have the priority 'high'; write 'low' or 'normal'");
		r = -EINVAL;
	}
	return r;
}

/* --- what this GPU can do -------------------------------------------------------------------- */

static int refuse_without_place(struct viod_pf *pf, const struct viod_values *wanted)
{
	const struct viod_where *where = NULL;

	for (int vf = VIOD_PF; vf < (int)viod_vf_count(wanted) && !where; vf++)
		for (enum gpu_share share = 0; share < GPU_SHARES && !where; share++)
			where = asked(wanted, vf, share);
	if (!where)
		return 0;
	viod_report(
		pf, VIOD_ERROR, VIOD_PF, NULL, where, 0,
		"the GPU's driver offers no shares to be set: there is neither 'sriov_admin' in sysfs nor a directory in debugfs; is the driver in SR-IOV mode (max_vfs), and debugfs mounted?");
	return -EOPNOTSUPP;
}

static int refuse_missing(struct viod_pf *pf, const struct gpu_share_place *place,
			  const struct viod_values *wanted, int vf, enum gpu_share share)
{
	const struct viod_where *where = asked(wanted, vf, share);

	if (!where || gpu_share_has(pf, place, vf, share))
		return 0;
	if (share == GPU_VRAM && vf == VIOD_PF)
		viod_report(
			pf, VIOD_ERROR, vf, row_of(vf, share), where, 0,
			"the PF has no 'vram' of its own in %s: it has the memory that is not assigned to VFs; remove it here, and set it in [vfN]",
			place->layout->name);
	else
		viod_report(pf, VIOD_ERROR, vf, row_of(vf, share), where, 0,
			    "this GPU has no '%s' in %s%s; remove it", row_of(vf, share)->key,
			    place->layout->name,
			    share == GPU_VRAM
				    ? " (it has no memory of its own, or the kernel is too "
				      "old for it)"
				    : "");
	return -EOPNOTSUPP;
}

/* If the priority of a VF is read-only, all VFs have the same. */
static int check_priorities(struct viod_pf *pf, const struct gpu_share_place *place,
			    const struct viod_values *wanted)
{
	const int64_t *first = NULL;

	for (int vf = 0; vf < (int)viod_vf_count(wanted); vf++) {
		const int64_t *priority = viod_get(wanted, vf, row_of(vf, GPU_PRIORITY));

		if (vf == 0)
			first = priority;
		if ((!priority && !first) || (priority && first && *priority == *first))
			continue;
		if (gpu_share_can_set(pf, place, 0, GPU_PRIORITY))
			return 0;
		viod_report(pf, VIOD_ERROR, vf, row_of(vf, GPU_PRIORITY),
			    viod_where(wanted, priority ? vf : 0, row_of(vf, GPU_PRIORITY)), 0,
			    "this driver has one 'priority' for all VFs; set the same for each, in "
			    "[vf*]");
		return -EOPNOTSUPP;
	}
	return 0;
}

int gpu_share_complete(struct viod_pf *pf, const struct viod_values *state,
		       struct viod_values *wanted)
{
	struct gpu_share_place place;
	const bool automatic = true;
	bool from_file = false;
	int r = 0;

	if (gpu_share_find(pf, &place) < 0)
		return refuse_without_place(pf, wanted);
	for (int vf = VIOD_PF; vf < (int)viod_vf_count(wanted); vf++)
		for (enum gpu_share share = 0; share < GPU_SHARES; share++) {
			from_file = from_file || asked(wanted, vf, share);
			if (refuse_missing(pf, &place, wanted, vf, share) < 0)
				r = -EOPNOTSUPP;
		}
	if (r == 0 && from_file)
		r = check_priorities(pf, &place, wanted);
	if (place.layout->by_hand && !from_file && viod_vf_count(wanted) == 0)
		viod_put(wanted, VIOD_PF, &gpu_share_rows[GPU_ROW_AUTO], &automatic);
	return r;
}

/* --- plan ------------------------------------------------------------------------------------ */

/* The order is: shares of the PF, memory of new VFs, the VFs, their time, drivers. The driver does
 * not overwrite memory that is set before the VFs are created, but it sets their time when they are
 * created. */
static void place_step(const struct viod_change *change, unsigned there, struct viod_step *step)
{
	bool is_vram = change->option == &gpu_share_rows[GPU_ROW_VF + GPU_VRAM];
	bool is_new = change->vf != VIOD_PF && (unsigned)change->vf >= there;

	step->phase = change->option->phase;
	if (change->option == &gpu_share_rows[GPU_ROW_AUTO])
		step->flags = VIOD_STEP_NO_VFS;
	else if (is_vram && is_new) {
		step->phase = VIOD_PHASE_RESIZE;
		step->flags = VIOD_STEP_NO_VFS;
	} else if (is_vram)
		step->flags = VIOD_STEP_DISRUPTIVE;
}

int gpu_share_plan(struct viod_pf *pf, const struct viod_values *state,
		   const struct viod_change *changes, size_t n_changes, struct viod_plan *plan)
{
	int r = 0;

	for (size_t i = 0; i < n_changes && r == 0; i++) {
		size_t row = (size_t)(changes[i].option - gpu_share_rows);
		struct order order = { .vf = changes[i].vf };
		struct viod_step step = {
			.vf = changes[i].vf,
			.where = changes[i].where,
			.change = &changes[i],
			.data = &order,
			.size = sizeof(order),
		};

		order.share = row == GPU_ROW_AUTO ? GPU_SHARES : row % GPU_SHARES;
		if (row != GPU_ROW_AUTO)
			order.value = value_of(changes[i].option, changes[i].wanted);
		place_step(&changes[i], viod_vf_count(state), &step);
		viod_change_text(&changes[i], step.text, sizeof(step.text));
		r = viod_step_add(plan, &step);
	}
	return r;
}

/* --- apply ----------------------------------------------------------------------------------- */

static void format(int vf, enum gpu_share share, uint64_t value, char ret_text[static 32])
{
	const int64_t number = (int64_t)value;

	if (viod_format(row_of(vf, share), share == GPU_VRAM ? (const void *)&value : &number,
			ret_text, 32) < 0)
		snprintf(ret_text, 32, "%" PRIu64, value);
}

/* An unchanged value near the wanted one may be the rounded result of an earlier job that died
 * before it recorded it. A driver that ignores the write would rarely have such a value. */
static bool is_near(uint64_t now, uint64_t wanted)
{
	uint64_t off = now > wanted ? now - wanted : wanted - now;

	return off <= wanted / 8;
}

static int read_back(struct viod_pf *pf, const struct gpu_share_place *place,
		     const struct viod_step *step, uint64_t before)
{
	const struct order *order = step->data;
	enum gpu_share share = order->share;
	char asked_for[32], has[32];
	uint64_t now;
	int r;

	r = gpu_share_get(pf, place, order->vf, share, &now);
	if (r < 0 || now == order->value)
		return r;
	format(order->vf, share, order->value, asked_for);
	format(order->vf, share, now, has);
	if ((now == before && !is_near(now, order->value)) || share == GPU_PRIORITY) {
		viod_report(pf, VIOD_ERROR, step->vf, row_of(order->vf, share), &step->where, 0,
			    "the driver accepted %s = %s without an error, but reports %s",
			    row_of(order->vf, share)->key, asked_for, has);
		return -EIO;
	}
	viod_report(pf, VIOD_WARNING, step->vf, row_of(order->vf, share), &step->where, 0,
		    "the driver rounded %s = %s to %s", row_of(order->vf, share)->key, asked_for,
		    has);
	viod_row_rounded(pf, order->vf, row_of(order->vf, share));
	return 0;
}

/* The memory of an existing VF may contain data. */
static int reset_idle(struct viod_pf *pf, const struct order *order)
{
	int r;

	if (order->vf == VIOD_PF || order->share != GPU_VRAM || !viod_function(pf, order->vf))
		return 0;
	r = viod_write(pf, order->vf, "reset", "1");
	return r == -ENOENT || r == -ENOTTY ? 0 : r;
}

int gpu_share_apply(struct viod_pf *pf, const struct viod_step *step)
{
	const struct order *order = step->data;
	struct gpu_share_place place;
	uint64_t before = UINT64_MAX;
	enum gpu_share share;
	int r;

	if (step->size != sizeof(*order) || order->share > GPU_SHARES)
		return -EINVAL;
	r = gpu_share_find(pf, &place);
	if (r < 0)
		return r;
	if (order->share == GPU_SHARES)
		return gpu_share_restore(pf, &place);
	share = order->share;
	(void)gpu_share_get(pf, &place, order->vf, share, &before);
	if (before == order->value)
		return 0;
	r = reset_idle(pf, order);
	if (r < 0)
		return r;
	if (share == GPU_PRIORITY && order->value > GPU_HIGH)
		return -EINVAL;
	if (share == GPU_PRIORITY && order->vf != VIOD_PF &&
	    !gpu_share_can_set(pf, &place, order->vf, share))
		r = gpu_share_set_all_priorities(pf, &place, (enum gpu_priority)order->value);
	else
		r = gpu_share_set(pf, &place, order->vf, share, order->value);
	return r < 0 ? r : read_back(pf, &place, step, before);
}

const struct viod_ops gpu_share_ops = {
	.size = sizeof(gpu_share_ops),
	.validate = gpu_share_validate,
	.observe = gpu_share_observe,
	.complete = gpu_share_complete,
	.plan = gpu_share_plan,
	.apply = gpu_share_apply,
};
