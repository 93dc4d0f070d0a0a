/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a PF that waits for a process costs, and how soon it goes on. */
#include <stdio.h>

#include "regression.h"

/* VF 1 is in use, and the file asks for another count. */
static void block(enum holder_kind kind, const char *driver)
{
	char text[128];

	snprintf(text, sizeof(text), PF0 "vfs = 2\n[vf*]\ndriver = %s\n", driver);
	file_write("a.conf", text);
	begin();
	machine_run(SIM_SEC);
	EXPECT(kernel_hold(0, 1, kind), "VF 1 can be used");
	snprintf(text, sizeof(text), PF0 "vfs = 3\n[vf*]\ndriver = %s\n", driver);
	file_write("a.conf", text);
	machine_run(5 * SIM_SEC);
	expect_state(0, "blocked");
}

static void hold_for_an_hour(enum holder_kind kind, const char *driver)
{
	unsigned forks;

	block(kind, driver);
	forks = sim->forks;
	machine_run(3600 * SIM_SEC);
	EXPECT(sim->forks - forks <= 70, "an hour costs at most 70 looks");
	expect_vfs(0, 2);
	kernel_holder_closes(kernel_holder_of(0, 1));
	machine_run(200 * SIM_MSEC);
	expect_vfs(0, 3);
}

void held_for_an_hour_by_node(void)
{
	hold_for_an_hour(HOLDER_NODE, "default");
}

void held_for_an_hour_by_machine(void)
{
	hold_for_an_hour(HOLDER_VFIO, "vfio-pci");
}

/* Whenever the node is closed, also while a job looks. */
void closed_at_any_call(void)
{
	for (unsigned call = 20; call < 900; call += 40) {
		machine_end();
		machine_reset(call);
		block(HOLDER_NODE, "default");
		(void)machine_run_to_job(call);
		kernel_holder_closes(kernel_holder_of(0, 1));
		machine_run(200 * SIM_MSEC);
		expect_vfs(0, 3);
		if (sim->failure[0])
			return;
	}
}

/* A process that ends while a job looks. */
void ended_at_any_call(void)
{
	for (unsigned call = 20; call < 900; call += 40) {
		machine_end();
		machine_reset(call);
		block(HOLDER_NODE, "default");
		(void)machine_run_to_job(call);
		kernel_end_holder(kernel_holder_of(0, 1));
		machine_run(200 * SIM_MSEC);
		expect_vfs(0, 3);
		if (sim->failure[0])
			return;
	}
}

/* Another program opens and closes the node all the time. */
void closed_in_a_loop(void)
{
	unsigned forks;

	block(HOLDER_VFIO, "vfio-pci");
	forks = sim->forks;
	for (int i = 0; i < 3000; i++) {
		tree_close_node(kernel_holder_of(0, 1));
		tree_hold(kernel_holder_of(0, 1));
		machine_run(20 * SIM_MSEC);
	}
	EXPECT(sim->forks - forks <= 40, "a minute of this costs at most 40 looks");
	expect_vfs(0, 2);
}
