/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A host that records calls, and a simulated NVMe controller with six VFs that enforces the rules.
 */
#ifndef VIOD_TEST_FAKENVME_H
#define VIOD_TEST_FAKENVME_H

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/nvme_ioctl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../../plugins/dev/dev-nvme/nvme.h"

#define FAKE_VFS 6
#define FAKE_NAMESPACES 8
#define FAKE_STEPS 64
#define FAKE_PRIMARY 0x41
#define FAKE_FIRST 0x10 /* controller of VF 0 */

/* --- values ---------------------------------------------------------------------------------- */

struct viod_values {
	unsigned n_vfs;
	struct nvme_pf pf;
	struct nvme_vf vfs[FAKE_VFS];
	uint32_t known_pf, known[FAKE_VFS];   /* bits of enum nvme_row */
	struct viod_driver drivers[FAKE_VFS]; /* "": not known */
	struct viod_where where;
};

struct viod_plan {
	struct viod_step steps[FAKE_STEPS];
	struct nvme_order orders[FAKE_STEPS];
	size_t n_steps;
};

struct viod_pf {
	char reports[16][512];
	size_t n_reports, n_errors;
	char notes[FAKE_VFS][256];
};

static struct viod_pf pf;

/* Core's row. */
static const struct viod_option fake_driver = { .scope = VIOD_SCOPE_VF,
						.type = VIOD_TYPE_DRIVER,
						.key = "driver" };

static inline const struct viod_option *fake_option(const struct viod_values *values, int vf,
						    const char *key)
{
	ck_assert_str_eq(key, "driver");
	return &fake_driver;
}

static inline const void *fake_get(const struct viod_values *values, int vf,
				   const struct viod_option *option)
{
	uint32_t bit = 1u << ((option - nvme_rows) & 31);

	if (option == &fake_driver)
		return values->drivers[vf].name[0] ? &values->drivers[vf] : NULL;

	ck_assert_int_eq(option->scope, vf == VIOD_PF ? VIOD_SCOPE_PF : VIOD_SCOPE_VF);
	ck_assert_int_lt(vf, (int)values->n_vfs);
	if (vf == VIOD_PF)
		return values->known_pf & bit ? (const char *)&values->pf + option->offset : NULL;
	return values->known[vf] & bit ? (const char *)&values->vfs[vf] + option->offset : NULL;
}

/* Records of tables, until the next test. */
static _Alignas(max_align_t) unsigned char fake_records[1 << 20];
static size_t fake_records_used;

static inline struct viod_table fake_copy(const struct viod_option *option,
					  const struct viod_table *table)
{
	size_t size = table->count * option->record_size;
	struct viod_table copy = { fake_records + fake_records_used, table->count };

	ck_assert_uint_le(fake_records_used + size, sizeof(fake_records));
	if (size)
		memcpy(fake_records + fake_records_used, table->records, size);
	fake_records_used += size;
	return copy;
}

/* Records have no padding. */
static inline bool fake_same(const struct viod_option *option, const void *a, const void *b)
{
	const struct viod_table *x = a, *y = b;

	if (option->type != VIOD_TYPE_TABLE)
		return memcmp(a, b, option->size) == 0;
	return x->count == y->count &&
	       (!x->count || memcmp(x->records, y->records, x->count * option->record_size) == 0);
}

static inline int fake_put(struct viod_values *values, int vf, const struct viod_option *option,
			   const void *value)
{
	uint32_t bit = 1u << ((option - nvme_rows) & 31);
	struct viod_table copy;

	ck_assert_int_lt(vf, (int)values->n_vfs);
	if (option == &fake_driver) {
		values->drivers[vf] = *(const struct viod_driver *)value;
		return 0;
	}
	if (option->type == VIOD_TYPE_TABLE) {
		copy = fake_copy(option, value);
		value = &copy;
	}
	*(vf == VIOD_PF ? &values->known_pf : &values->known[vf]) |= bit;
	memcpy((vf == VIOD_PF ? (char *)&values->pf : (char *)&values->vfs[vf]) + option->offset,
	       value, option->size);
	return 0;
}

static inline const struct viod_where *fake_where(const struct viod_values *values, int vf,
						  const struct viod_option *option)
{
	return &values->where;
}

static inline unsigned fake_vf_count(const struct viod_values *values)
{
	return values->n_vfs;
}

/* --- reports, marks, notes ------------------------------------------------------------------- */

static inline void __attribute__((format(printf, 7, 8)))
fake_report(struct viod_pf *to, enum viod_severity severity, int vf,
	    const struct viod_option *option, const struct viod_where *where, int error,
	    const char *format, ...)
{
	va_list arguments;

	ck_assert_uint_lt(to->n_reports, 16);
	va_start(arguments, format);
	vsnprintf(to->reports[to->n_reports++], sizeof(to->reports[0]), format, arguments);
	va_end(arguments);
	to->n_errors += severity == VIOD_ERROR;
}

static inline bool reported(const char *text)
{
	for (size_t i = 0; i < pf.n_reports; i++)
		if (strstr(pf.reports[i], text))
			return true;
	return false;
}

static inline int fake_note(struct viod_pf *of, const struct viod_plugin *plugin, const char *key,
			    const char *text)
{
	int vf = atoi(key + 2);

	ck_assert_ptr_eq(plugin, &viod_plugin);
	snprintf(of->notes[vf], sizeof(of->notes[vf]), "%s", text ? text : "");
	return 0;
}

static inline int fake_noted(struct viod_pf *of, const struct viod_plugin *plugin, const char *key,
			     char *ret_text, size_t size)
{
	int vf = atoi(key + 2);

	if (!of->notes[vf][0])
		return -ENOENT;
	snprintf(ret_text, size, "%s", of->notes[vf]);
	return 0;
}

static inline int fake_step(struct viod_plan *plan, const struct viod_plugin *plugin,
			    const struct viod_step *step)
{
	ck_assert_uint_lt(plan->n_steps, FAKE_STEPS);
	ck_assert_uint_eq(step->size, sizeof(plan->orders[0]));
	memcpy(&plan->orders[plan->n_steps], step->data, step->size);
	plan->steps[plan->n_steps] = *step;
	plan->steps[plan->n_steps].data = &plan->orders[plan->n_steps];
	plan->n_steps++;
	return 0;
}

static inline int fake_format(const struct viod_option *option, const void *value, char *ret_text,
			      size_t size)
{
	if (option->type == VIOD_TYPE_BOOL)
		snprintf(ret_text, size, "%s", *(const bool *)value ? "on" : "off");
	else if (option->type == VIOD_TYPE_STRING)
		snprintf(ret_text, size, "%s", (const char *)value);
	else
		snprintf(ret_text, size, "%lld", (long long)*(const int64_t *)value);
	return 0;
}

static inline void fake_change_text(const struct viod_change *change, char *ret_text, size_t size)
{
	char from[NVME_TEXT_MAX] = "", to[NVME_TEXT_MAX];

	fake_format(change->option, change->wanted, to, sizeof(to));
	if (change->state)
		fake_format(change->option, change->state, from, sizeof(from));
	snprintf(ret_text, size, "vf%d.%s: %s%s%s", change->vf, change->option->key, from,
		 change->state ? " -> " : "", to);
}

/* No block devices: a namespace that is shared with the host is not in use. */
static inline const struct viod_function *fake_function(struct viod_pf *of, int vf)
{
	return NULL;
}

static const struct viod_host fake_host = {
	.size = sizeof(fake_host),
	.get = fake_get,
	.put = fake_put,
	.where = fake_where,
	.vf_count = fake_vf_count,
	.report = fake_report,
	.option = fake_option,
	.note = fake_note,
	.noted = fake_noted,
	.step = fake_step,
	.format = fake_format,
	.change_text = fake_change_text,
	.function = fake_function,
};

/* --- the controller -------------------------------------------------------------------------- */

static struct fake_controller {
	struct {
		uint16_t queues, interrupts;
		bool online;
	} vfs[FAKE_VFS];
	struct {
		bool exists, shared, primary, vf[FAKE_VFS];
		uint64_t blocks;
		uint8_t guid;
	} namespaces[FAKE_NAMESPACES]; /* NSID 1 is the first */
	unsigned n_vfs;		       /* enabled */
	uint32_t queues, interrupts;   /* to be given */
	uint16_t queues_most, interrupts_most;
	bool no_virtualization, no_interrupts, frees_offline;
	uint8_t next_guid;
	unsigned commands;   /* that were no Identify */
	unsigned fail_after; /* that many of them, everything fails; 0: nothing does */
	char log[4096];	     /* of them, a line each */
} controller;

static inline void fake_put16(uint8_t *data, size_t offset, unsigned value)
{
	data[offset] = (uint8_t)value;
	data[offset + 1] = (uint8_t)(value >> 8);
}

static inline unsigned fake_given(bool queues)
{
	unsigned sum = 0;

	for (unsigned vf = 0; vf < FAKE_VFS; vf++)
		sum += queues ? controller.vfs[vf].queues : controller.vfs[vf].interrupts;
	return sum;
}

static inline void fake_identify_lists(uint8_t *data, uint8_t cns, uint32_t nsid)
{
	unsigned n = 0;

	if (cns == NVME_CNS_SECONDARIES) {
		data[0] = FAKE_VFS;
		for (unsigned i = 0; i < FAKE_VFS; i++) {
			/* In the order of controllers, which is not that of VFs. */
			unsigned vf = FAKE_VFS - 1 - i;
			uint8_t *entry = data + 32 + i * 32;

			fake_put16(entry, 0, FAKE_FIRST + i);
			fake_put16(entry, 2, FAKE_PRIMARY);
			entry[4] = controller.vfs[vf].online;
			fake_put16(entry, 8, vf + 1);
			fake_put16(entry, 10, controller.vfs[vf].queues);
			fake_put16(entry, 12, controller.vfs[vf].interrupts);
		}
	} else if (cns == NVME_CNS_ALLOCATED_NAMESPACES) {
		for (unsigned i = nsid; i < FAKE_NAMESPACES; i++)
			if (controller.namespaces[i].exists)
				fake_put16(data, 4 * n++, i + 1);
	} else if (cns == NVME_CNS_ATTACHED_CONTROLLERS) {
		for (unsigned i = 0; i < FAKE_VFS; i++)
			if (controller.namespaces[nsid - 1].vf[FAKE_VFS - 1 - i])
				fake_put16(data, 2 + 2 * n++, FAKE_FIRST + i);
		if (controller.namespaces[nsid - 1].primary)
			fake_put16(data, 2 + 2 * n++, FAKE_PRIMARY);
		fake_put16(data, 0, n);
	}
}

static inline int fake_identify(uint8_t *data, uint8_t cns, uint32_t nsid)
{
	if (cns == NVME_CNS_CONTROLLER) {
		fake_put16(data, 256, 1 << 3 | (controller.no_virtualization ? 0 : 1 << 7));
	} else if (cns == NVME_CNS_PRIMARY) {
		fake_put16(data, 0, FAKE_PRIMARY);
		data[4] = controller.no_interrupts ? 1 : 3;
		fake_put16(data, 32, controller.queues);
		fake_put16(data, 36, fake_given(true));
		fake_put16(data, 44, controller.queues_most);
		fake_put16(data, 64, controller.interrupts);
		fake_put16(data, 68, fake_given(false));
		fake_put16(data, 76, controller.interrupts_most);
	} else if (cns == NVME_CNS_NAMESPACE || cns == NVME_CNS_ALLOCATED_NAMESPACE) {
		/* 512 bytes, slower than 4096. */
		data[25] = 1;
		data[130] = 9;
		data[131] = 2;
		data[134] = 12;
		data[26] = 1;
		if (nsid == UINT32_MAX)
			return 0;
		if (nsid > FAKE_NAMESPACES || !controller.namespaces[nsid - 1].exists)
			return 0x400b;
		fake_put16(data, 0, (unsigned)controller.namespaces[nsid - 1].blocks);
		fake_put16(data, 2, (unsigned)(controller.namespaces[nsid - 1].blocks >> 16));
		data[30] = controller.namespaces[nsid - 1].shared;
		data[104] = controller.namespaces[nsid - 1].guid;
	} else {
		fake_identify_lists(data, cns, nsid);
	}
	return 0;
}

static inline int fake_virtualize(unsigned action, bool queues, unsigned vf, unsigned count)
{
	unsigned total = queues ? controller.queues : controller.interrupts;
	unsigned most = queues ? controller.queues_most : controller.interrupts_most;
	uint16_t *now = queues ? &controller.vfs[vf].queues : &controller.vfs[vf].interrupts;

	if (action == NVME_ASSIGN) {
		if (controller.vfs[vf].online)
			return 0x4120;
		if (count > most || fake_given(queues) - *now + count > total)
			return 0x4121;
		*now = (uint16_t)count;
	} else if (action == NVME_ONLINE) {
		if (vf >= controller.n_vfs || controller.vfs[vf].queues < 2 ||
		    (!controller.no_interrupts && !controller.vfs[vf].interrupts))
			return 0x4120;
		controller.vfs[vf].online = true;
	} else {
		controller.vfs[vf].online = false;
		if (controller.frees_offline)
			controller.vfs[vf].queues = controller.vfs[vf].interrupts = 0;
	}
	return 0;
}

static inline int fake_attach(uint32_t nsid, unsigned vf, bool attach)
{
	bool owned = controller.namespaces[nsid - 1].primary;

	if (nsid > FAKE_NAMESPACES || !controller.namespaces[nsid - 1].exists)
		return 0x400b;
	for (unsigned i = 0; i < FAKE_VFS; i++)
		owned = owned || controller.namespaces[nsid - 1].vf[i];
	if (controller.namespaces[nsid - 1].vf[vf] == attach)
		return attach ? 0x4118 : 0x411a;
	if (attach && owned && !controller.namespaces[nsid - 1].shared)
		return 0x4119;
	controller.namespaces[nsid - 1].vf[vf] = attach;
	return 0;
}

static inline int fake_create(uint64_t blocks, uint32_t *ret_nsid)
{
	for (unsigned i = 0; i < FAKE_NAMESPACES; i++) {
		if (controller.namespaces[i].exists)
			continue;
		memset(&controller.namespaces[i], 0, sizeof(controller.namespaces[i]));
		controller.namespaces[i].exists = true;
		controller.namespaces[i].blocks = blocks;
		controller.namespaces[i].guid = ++controller.next_guid;
		*ret_nsid = i + 1;
		return 0;
	}
	return 0x4116;
}

static inline unsigned fake_vf_of(uint16_t id)
{
	ck_assert_uint_ge(id, FAKE_FIRST);
	ck_assert_uint_lt(id, FAKE_FIRST + FAKE_VFS);
	return FAKE_FIRST + FAKE_VFS - 1 - id;
}

static inline int fake_submit(struct viod_pf *of, int fd, struct nvme_passthru_cmd *command)
{
	uint8_t *data = (uint8_t *)(uintptr_t)command->addr;
	size_t used = strlen(controller.log), left = sizeof(controller.log) - used;
	unsigned vf;

	if (command->opcode == 0x06)
		return fake_identify(data, command->cdw10 & 0xff, command->nsid);
	if (controller.fail_after && controller.commands >= controller.fail_after)
		return -EIO;
	controller.commands++;
	switch (command->opcode) {
	case 0x1c:
		vf = fake_vf_of((uint16_t)(command->cdw10 >> 16));
		snprintf(controller.log + used, left, "vf%u action %u resource %u: %u\n", vf,
			 command->cdw10 & 15, command->cdw10 >> 8 & 7, command->cdw11);
		return fake_virtualize(command->cdw10 & 15, (command->cdw10 >> 8 & 7) == 0, vf,
				       command->cdw11);
	case 0x15:
		ck_assert_uint_eq(data[0] | data[1] << 8, 1);
		vf = fake_vf_of((uint16_t)(data[2] | data[3] << 8));
		snprintf(controller.log + used, left, "vf%u %s %u\n", vf,
			 command->cdw10 ? "detach" : "attach", command->nsid);
		return fake_attach(command->nsid, vf, !command->cdw10);
	case 0x0d:
		snprintf(controller.log + used, left, "%s %u\n",
			 command->cdw10 ? "delete" : "create", command->nsid);
		if (!command->cdw10) {
			ck_assert_uint_eq(data[26], 1);
			ck_assert_mem_eq(data, data + 8, 8);
			return fake_create(data[0] | data[1] << 8 | (uint64_t)data[2] << 16,
					   &command->result);
		}
		controller.namespaces[command->nsid - 1].exists = false;
		return 0;
	default:
		return 0x4001;
	}
}

/* nvme_device_clear() closes the descriptor that it is passed. */
static inline int fake_reach(struct viod_pf *of)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	return fd;
}

#endif
