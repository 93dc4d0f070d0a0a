/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A PF and VFs with network interfaces, in sysfs and in the kernel that answers netlink. */
#ifndef VIOD_TEST_NETBENCH_H
#define VIOD_TEST_NETBENCH_H

#include <errno.h>

#include "fakenetlink.h"

#include "../../../plugins/net/generic.h"
#include "../../../plugins/net/interface.h"
#include "../../../plugins/net/ops.h"

#define PF_DIRECTORY "sys/bus/pci/devices/" FAKE_PF
#define VF_DIRECTORY(vf_) "sys/bus/pci/devices/0000:01:10." #vf_

static inline void sysfs_interface(struct bench *b, const char *directory, const char *name,
				   int index)
{
	char path[128], text[16];

	snprintf(path, sizeof(path), "%s/net/%s", directory, name);
	fake_directory(&b->root, path);
	snprintf(text, sizeof(text), "%d\n", index);
	fake_text(&b->root, path, "ifindex", text);
	fake_text(&b->root, path, "flags", "0x1003\n");
}

static inline struct fake_nic *add_nic(struct bench *b, const char *directory, const char *name,
				       int index, const char *parent)
{
	struct fake_nic *nic = &kernel.nics[kernel.n_nics++];

	*nic = (struct fake_nic){
		.index = index, .parent = parent, .mtu = 1500, .type = ARPHRD_ETHER
	};
	snprintf(nic->name, sizeof(nic->name), "%s", name);
	sysfs_interface(b, directory, name, index);
	return nic;
}

/* A PF eth0 with two VFs, of which the first has the interface eth5. */
static inline void machine(struct bench *b)
{
	kernel_new();
	bench_machine(b, 2);
	add_nic(b, PF_DIRECTORY, "eth0", 2, FAKE_PF)->n_vfs = 2;
	for (unsigned vf = 0; vf < 2; vf++)
		kernel.nics[0].vfs[vf] = (struct fake_vf){ .protocol = 0x8100 };
	add_nic(b, VF_DIRECTORY(0), "eth5", 5, "0000:01:10.0");
	bench_open(b, "net", 2, 2);
}

static inline const struct schema_row *row_of(const struct bench *b, int vf, const char *key)
{
	const struct schema_row *row =
		schema_find(b->schema, vf == VIOD_PF ? VIOD_SCOPE_PF : VIOD_SCOPE_VF, key);

	ck_assert_msg(row, "no key %s", key);
	return row;
}

/* NULL: not known. */
static inline void expect(const struct bench *b, const struct viod_values *values, int vf,
			  const char *key, const char *text)
{
	const struct schema_row *row = row_of(b, vf, key);
	const void *value = values_get(values, vf, row);
	char found[128] = "";

	if (value)
		ck_assert_int_ge(value_format(row->option, value, found, sizeof(found)), 0);
	ck_assert_msg(!value == !text, "vf %d, %s: '%s', not '%s'", vf, key,
		      value ? found : "not known", text ? text : "not known");
	if (text)
		ck_assert_msg(streq(found, text), "vf %d, %s: '%s', not '%s'", vf, key, found,
			      text);
}

static inline void reported(const struct bench *b, size_t count, const char *part)
{
	assert_diag_count(&b->pf.diags, count);
	if (count)
		ck_assert_msg(strstr(b->pf.diags.items[count - 1].text, part),
			      "'%s' does not say '%s'", b->pf.diags.items[count - 1].text, part);
}

#endif
