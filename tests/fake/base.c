/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base.h"

#include <stdio.h>
#include <string.h>

#define TWO PF0 "vfs = 2\n[vf0]\nlevel = 5\ndriver = othervf\n[vf1]\nlevel = 6\nquiet = 7\n"

/* --- the scenarios --------------------------------------------------------------------------- */

static void start(void)
{
	daemon_start();
	machine_run(5 * SIM_SEC);
}

static void with_two(void)
{
	file_write("a.conf", TWO);
	start();
}

static void with_two_held(void)
{
	with_two();
	(void)kernel_hold(0, 0, HOLDER_NODE);
}

static void create(void)
{
	file_write("a.conf", TWO);
	start();
}

/* The values of a held VF change, its driver does not. */
static void edit(void)
{
	file_write("a.conf", PF0 "vfs = 2\n[vf0]\nlevel = 8\ndriver = othervf\n"
				 "[vf1]\nlevel = 9\nquiet = 3\ndriver = othervf\n");
	machine_run(5 * SIM_SEC);
}

static void change_count(void)
{
	file_write("a.conf", PF0 "vfs = 1\n[vf0]\nlevel = 5\ndriver = othervf\n");
	machine_run(2 * SIM_SEC);
	if (kernel_holder_of(0, 0))
		kernel_end_holder(kernel_holder_of(0, 0));
	machine_run(5 * SIM_SEC);
}

static void delete_file(void)
{
	file_remove("a.conf");
	machine_run(2 * SIM_SEC);
	if (kernel_holder_of(0, 0))
		kernel_end_holder(kernel_holder_of(0, 0));
	machine_run(5 * SIM_SEC);
}

static void restart(void)
{
	daemon_stop();
	start();
}

static void replug(void)
{
	kernel_unplug(0);
	machine_run(SIM_SEC);
	kernel_plug(0);
	machine_run(5 * SIM_SEC);
}

/* The file of tests/vm/scenarios/32-killed.sh: each driver that a VF can have. */
#define THREE                                                         \
	PF0 "vfs = 3\nhush = 4\n[vf0]\nlevel = 5\ndriver = default\n" \
	    "[vf1]\nlevel = 6\nquiet = 7\ndriver = vfio-pci\n[vf2]\ndriver = none\n"

static void bind_vf(int vf, const char *driver)
{
	const struct kernel_function *f = kernel_function(0, vf);
	char path[64];

	(void)other_write(0, vf, "driver_override", driver);
	if (f->driver) {
		snprintf(path, sizeof(path), "bus/pci/drivers/%s/unbind",
			 kernel_drivers[f->driver]);
		(void)kernel_other_write(path, f->address);
	}
	(void)kernel_other_write("bus/pci/drivers_probe", f->address);
}

/* VFs that stay and change their drivers: that they are created again hides no error. */
static void adopted(void)
{
	other_count(0, 3);
	bind_vf(0, "vfio-pci");
	bind_vf(2, "fakevf");
	start();
}

/* Another count, a VF for a virtual machine, and autoprobe off. */
static void other_host(void)
{
	(void)other_write(0, -1, "sriov_drivers_autoprobe", "0");
	other_count(0, 1);
	bind_vf(0, "vfio-pci");
	start();
}

static void apply_three(void)
{
	file_write("a.conf", THREE);
	machine_run(5 * SIM_SEC);
}

static void adopted_three(void)
{
	adopted();
	apply_three();
}

static void other_host_three(void)
{
	other_host();
	apply_three();
}

static void nothing(void)
{
}

const struct base_scenario base_scenarios[BASE_SCENARIOS] = {
	{ "create VFs", nothing, create },
	{ "edit attributes", with_two_held, edit },
	{ "change the count", with_two_held, change_count },
	{ "delete the file", with_two_held, delete_file },
	{ "restart", with_two_held, restart },
	{ "unplug and plug", with_two, replug },
	{ "apply to VFs there are", adopted, apply_three },
	{ "release VFs there were", adopted_three, delete_file },
	{ "apply with another count and autoprobe off", other_host, apply_three },
	{ "release to another count and autoprobe off", other_host_three, delete_file },
};

/* --- how it ends ----------------------------------------------------------------------------- */

void base_describe(char *ret_text, size_t size)
{
	const struct kernel_pf *pf = &kernel->pfs[0];
	size_t n = (size_t)snprintf(ret_text, size, "%u VFs, autoprobe %d, %s record, state '%s'",
				    pf->numvfs, pf->autoprobe, has_record(0) ? "a" : "no",
				    state_of(0));

	for (unsigned vf = 0; vf < pf->numvfs; vf++)
		n += (size_t)snprintf(ret_text + n, size - n,
				      "; VF %u: driver %s, override '%s', level %d, quiet %d", vf,
				      pf->vfs[vf].driver ? kernel_drivers[pf->vfs[vf].driver]
							 : "none",
				      pf->vfs[vf].override, pf->vfs[vf].level, pf->vfs[vf].quiet);
}

/* Copy an outcome without the values of one field. */
static void leave_out(const char *outcome, const char *field, char *ret_text)
{
	size_t length = strlen(field);

	while (*outcome) {
		if (strncmp(outcome, field, length) == 0) {
			outcome += length;
			outcome += strcspn(outcome, "';");
		}
		*ret_text++ = *outcome;
		outcome += *outcome != '\0';
	}
	*ret_text = '\0';
}

bool base_differ_only_in(const char *field, const char *a, const char *b)
{
	char rest_a[512], rest_b[512];

	leave_out(a, field, rest_a);
	leave_out(b, field, rest_b);
	return strcmp(rest_a, rest_b) == 0;
}
