/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Intel QuickAssist. The services are chosen for the whole device, while it is down and has no VFs;
 * and it creates all of its VFs or none (kernel: Documentation/ABI/testing/sysfs-driver-qat,
 * drivers/crypto/intel/qat/qat_common/adf_sriov.c).
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <viod/plugin.h>

#define SERVICES "qat/cfg_services"
#define STATE "qat/state"

struct qat_pf {
	char services[64];
	int64_t state;
};

enum qat_state { QAT_DOWN, QAT_UP };

static const struct viod_name states[] = { { "down", QAT_DOWN }, { "up", QAT_UP }, { NULL, 0 } };

enum qat_row { ROW_SERVICES, ROW_STATE, ROW_END };

/* A row of its own for the state, since a job that dies may leave the device down. */
static const struct viod_option rows[] = {
	[ROW_SERVICES] = { .scope = VIOD_SCOPE_PF,
			   .type = VIOD_TYPE_STRING,
			   .key = "services",
			   VIOD_FIELD(struct qat_pf, services),
			   .flags = VIOD_OPTION_RECREATES | VIOD_OPTION_DISRUPTIVE,
			   .phase = VIOD_PHASE_RESIZE,
			   .help = "The services of the accelerator: sym, asym, dc and others." },
	[ROW_STATE] = { .scope = VIOD_SCOPE_PF,
			.type = VIOD_TYPE_ENUM,
			.key = "device-state",
			VIOD_FIELD(struct qat_pf, state),
			.names = states,
			.flags = VIOD_OPTION_INTERNAL,
			.phase = VIOD_PHASE_RESIZE,
			.help = "Whether the accelerator is up." },
	[ROW_END] = { 0 },
};

/* --- text ------------------------------------------------------------------------------------ */

enum qat_service { SYM, ASYM, DC, DCC, DECOMP, N_SERVICES };

/* In the order in which they are written. */
static const char *const services[] = {
	[SYM] = "sym", [ASYM] = "asym", [DC] = "dc", [DCC] = "dcc", [DECOMP] = "decomp",
};

static int find_service(const char *word)
{
	for (int i = 0; i < N_SERVICES; i++)
		if (strcmp(services[i], word) == 0)
			return i;
	return -EINVAL;
}

/* Services as bits; "dc, sym" and "sym;dc" are the same. -EINVAL with the word that is not a
 * service, or appears twice. */
static int read_services(const char *text, unsigned *ret_chosen, char ret_wrong[static 64])
{
	unsigned chosen = 0;

	for (const char *at = text; *at;) {
		size_t length = strcspn(at, ";, ");
		int service;

		snprintf(ret_wrong, 64, "%.*s", (int)length, at);
		service = length ? find_service(ret_wrong) : 0;
		if (service < 0 || (length && (chosen & 1u << service)))
			return -EINVAL;
		chosen |= length ? 1u << service : 0;
		at += length + (at[length] != '\0');
	}
	ret_wrong[0] = '\0';
	*ret_chosen = chosen;
	return chosen ? 0 : -EINVAL;
}

/* The canonical text, such as "sym;dc". -EINVAL. */
static int spell(const char *text, char *ret_text, size_t size)
{
	char wrong[64];
	unsigned chosen;
	size_t used = 0;

	if (read_services(text, &chosen, wrong) < 0)
		return -EINVAL;
	memset(ret_text, 0, size);
	for (unsigned i = 0; i < N_SERVICES; i++)
		if (chosen & 1u << i)
			used += (size_t)snprintf(ret_text + used, size - used, "%s%s",
						 used ? ";" : "", services[i]);
	return 0;
}

/* Valid combinations (kernel: adf_gen4_services_supported(), adf_6xxx_hw_data.c). */
static const struct qat_generation {
	const char *drivers[2];
	unsigned has, most;
	const char *text;
} generations[] = {
	{ { "4xxx", "420xx" },
	  1u << SYM | 1u << ASYM | 1u << DC | 1u << DCC,
	  2,
	  "it has dcc alone, or one or two of sym, asym and dc" },
	{ { "6xxx", "6xxx" },
	  (1u << N_SERVICES) - 1,
	  3,
	  "it has dcc alone, or up to three of sym, asym, dc and decomp" },
};

static const struct qat_generation *generation_of(struct viod_pf *pf)
{
	const struct viod_function *function = viod_function(pf, VIOD_PF);

	for (size_t i = 0; i < sizeof(generations) / sizeof(generations[0]); i++)
		for (size_t j = 0; j < 2 && function && function->driver; j++)
			if (strcmp(function->driver, generations[i].drivers[j]) == 0)
				return &generations[i];
	return NULL;
}

static bool goes_together(const struct qat_generation *generation, unsigned chosen)
{
	unsigned count = (unsigned)__builtin_popcount(chosen);

	return !(chosen & ~generation->has) && count <= generation->most &&
	       (count == 1 || !(chosen & 1u << DCC));
}

/* --- ops ------------------------------------------------------------------------------------- */

static int validate(struct viod_pf *pf, const struct viod_values *wanted)
{
	const char *text = viod_get(wanted, VIOD_PF, &rows[ROW_SERVICES]), *nearest;
	char wrong[64], hint[64] = "";
	unsigned chosen;

	if (!text || read_services(text, &chosen, wrong) == 0)
		return 0;
	nearest = viod_nearest(wrong, services, N_SERVICES);
	if (nearest && find_service(wrong) < 0)
		snprintf(hint, sizeof(hint), "; did you mean '%s'?", nearest);
	viod_report(pf, VIOD_ERROR, VIOD_PF, &rows[ROW_SERVICES],
		    viod_where(wanted, VIOD_PF, &rows[ROW_SERVICES]), 0,
		    "'%s' %s%s%s sym, asym, dc, dcc and decomp, joined by ';'",
		    *wrong ? wrong : text,
		    find_service(wrong) >= 0 ? "is there twice" : "is no service", hint,
		    *hint ? " There are" : "; write one or more of");
	return -EINVAL;
}

static int observe(struct viod_pf *pf, struct viod_values *state)
{
	char text[64], spelled[sizeof(((struct qat_pf *)0)->services)];
	int64_t up;

	if (viod_read(pf, VIOD_PF, SERVICES, text, sizeof(text)) == 0 &&
	    spell(text, spelled, sizeof(spelled)) == 0)
		viod_put(state, VIOD_PF, &rows[ROW_SERVICES], spelled);
	if (viod_read(pf, VIOD_PF, STATE, text, sizeof(text)) == 0) {
		up = strcmp(text, "up") == 0 ? QAT_UP : QAT_DOWN;
		viod_put(state, VIOD_PF, &rows[ROW_STATE], &up);
	}
	return 0;
}

static int complete(struct viod_pf *pf, const struct viod_values *state, struct viod_values *wanted)
{
	const char *text = viod_get(wanted, VIOD_PF, &rows[ROW_SERVICES]);
	const struct viod_where *where = viod_where(wanted, VIOD_PF, &rows[ROW_SERVICES]);
	char spelled[sizeof(((struct qat_pf *)0)->services)], wrong[64];
	const struct qat_generation *generation = generation_of(pf);
	const int64_t up = QAT_UP;
	unsigned chosen;

	if (!text)
		return 0;
	if (!viod_get(state, VIOD_PF, &rows[ROW_SERVICES])) {
		viod_report(
			pf, VIOD_ERROR, VIOD_PF, &rows[ROW_SERVICES], where, 0,
			"this device, or its driver, does not support choosing services; remove "
			"'services'");
		return -EOPNOTSUPP;
	}
	/* Checked here, since the device would be down and without VFs before its driver refuses.
	 * The services of a baseline are not checked. */
	if (generation && where->file && read_services(text, &chosen, wrong) == 0 &&
	    !goes_together(generation, chosen)) {
		viod_report(pf, VIOD_ERROR, VIOD_PF, &rows[ROW_SERVICES], where, 0,
			    "this device cannot do '%s'; %s", text, generation->text);
		return -EINVAL;
	}
	if (spell(text, spelled, sizeof(spelled)) == 0)
		viod_put(wanted, VIOD_PF, &rows[ROW_SERVICES], spelled);
	if (!viod_get(wanted, VIOD_PF, &rows[ROW_STATE]))
		viod_put(wanted, VIOD_PF, &rows[ROW_STATE], &up);
	return 0;
}

static int add(struct viod_plan *plan, enum qat_row code, const struct viod_change *change)
{
	struct viod_step step = {
		.phase = VIOD_PHASE_RESIZE,
		/* The option of ROW_STATE has no such flags. */
		.flags = VIOD_STEP_NO_VFS | VIOD_STEP_DISRUPTIVE | VIOD_STEP_ALL_VFS,
		.code = (uint16_t)code,
		.vf = VIOD_PF,
		.where = change->where,
		.change = change,
	};

	viod_change_text(change, step.text, sizeof(step.text));
	return viod_step_add(plan, &step);
}

/* Services first: a device that is brought down for them is brought up again. */
static int plan_steps(struct viod_pf *pf, const struct viod_values *state,
		      const struct viod_change *changes, size_t n_changes, struct viod_plan *plan)
{
	int r = 0;

	for (enum qat_row row = ROW_SERVICES; row < ROW_END && r == 0; row++)
		for (size_t i = 0; i < n_changes && r == 0; i++)
			if (changes[i].option == &rows[row])
				r = add(plan, row, &changes[i]);
	return r;
}

/* The driver refuses a write of the current state. */
static int set_state(struct viod_pf *pf, enum qat_state wanted)
{
	const char *word = states[wanted].word;
	char now[16];
	int r;

	r = viod_read(pf, VIOD_PF, STATE, now, sizeof(now));
	if (r < 0 || strcmp(now, word) == 0)
		return r;
	r = viod_write(pf, VIOD_PF, STATE, word);
	if (r < 0)
		return r;
	r = viod_read(pf, VIOD_PF, STATE, now, sizeof(now));
	return r < 0 ? r : strcmp(now, word) == 0 ? 0 : -EIO;
}

static int set_services(struct viod_pf *pf, const char *wanted)
{
	char was[16];
	int r, up;

	r = viod_read(pf, VIOD_PF, STATE, was, sizeof(was));
	if (r == 0)
		r = set_state(pf, QAT_DOWN);
	if (r < 0)
		return r;
	r = viod_write(pf, VIOD_PF, SERVICES, wanted);
	/* If the write fails, the device continues with the old services. */
	up = strcmp(was, "up") == 0 ? set_state(pf, QAT_UP) : 0;
	return r < 0 ? r : up;
}

static int apply(struct viod_pf *pf, const struct viod_step *step)
{
	switch ((enum qat_row)step->code) {
	case ROW_SERVICES:
		return set_services(pf, step->change->wanted);
	case ROW_STATE:
		return set_state(pf, (enum qat_state) * (const int64_t *)step->change->wanted);
	case ROW_END:
		break;
	}
	return -EINVAL;
}

static const struct viod_ops ops = {
	.size = sizeof(ops),
	.validate = validate,
	.observe = observe,
	.complete = complete,
	.plan = plan_steps,
	.apply = apply,
};

static const struct viod_advice advice[] = {
	{ "services", EINVAL, "this device does not support these services together" },
	{ "services", EBUSY, "the accelerator is in use; stop the programs that use it" },
	{ "device-state", EBUSY, "the accelerator is in use; stop the programs that use it" },
	{ NULL, 0, NULL },
};

static const struct viod_quirk quirk = {
	.size = sizeof(quirk),
	.flags = VIOD_QUIRK_COUNT_IGNORED,
	.advice = advice,
};

static const struct viod_match match[] = {
	VIOD_MATCH_DEVICE(0x8086, 0x4940), /* 4xxx */
	VIOD_MATCH_DEVICE(0x8086, 0x4942),
	VIOD_MATCH_DEVICE(0x8086, 0x4944),
	VIOD_MATCH_DEVICE(0x8086, 0x4946), /* 420xx */
	VIOD_MATCH_DEVICE(0x8086, 0x4948), /* 6xxx */
	VIOD_MATCH_DRIVER("4xxx"),
	VIOD_MATCH_DRIVER("420xx"),
	VIOD_MATCH_DRIVER("6xxx"),
	VIOD_MATCH_DRIVER("c6xx"),
	VIOD_MATCH_DRIVER("c3xxx"),
	VIOD_MATCH_DRIVER("dh895xcc"),
	{ 0 },
};

VIOD_PLUGIN_DEFINE(.role = VIOD_ROLE_QUIRK, .name = "dev-qat", .kind = "dev", .version = "1",
		   .summary = "Intel QuickAssist", .options = rows,
		   .pf_size = sizeof(struct qat_pf), .ops = &ops, .match = match, .quirk = &quirk);
