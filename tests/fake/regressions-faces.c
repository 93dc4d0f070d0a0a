/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What people and programs see of the daemon: its command line, its log, its notifications, its
 * state files. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "regression.h"

#define RUN(...) command_run((const char *const[]){ __VA_ARGS__, NULL }, output, sizeof(output))

static char output[8192];

/* --- the command line ------------------------------------------------------------------------ */

void command_line(void)
{
	EXPECT(RUN("--version") == 0, "its version");
	EXPECT(strcmp(output, "viod " VIOD_VERSION "\n") == 0, "%s", output);
	EXPECT(RUN("--help") == 0 && strstr(output, "--check [FILE...]"), "%s", output);
	EXPECT(RUN("-h") == 0 && strstr(output, "--print [ADDRESS...]"), "%s", output);
	EXPECT(RUN("--nonsense") == 1 && !*output, "an unknown option");
	EXPECT(RUN("--root") == 1 && !*output, "an option without its value");
	EXPECT(RUN("a.conf") == 1 && !*output, "a daemon has no arguments");
	EXPECT(said("viod: unexpected argument 'a.conf'") == 1, "what is wrong");
	EXPECT(RUN("--root", "/nowhere/at/all") == 1, "a root that is not there");
	EXPECT(said("cannot open the trees below /nowhere/at/all: ") == 1, "what is wrong");
	EXPECT(!kernel->n_writes && !sim->ready, "none of them has begun to serve");
}

void checked_before_and_after(void)
{
	EXPECT(RUN("--check") == 0 && strstr(output, "no file here ends in .conf"), "no file: %s",
	       output);
	file_write("a.conf", PF0 "vfs = 2\n[vf1]\nlevel = 5\n");
	EXPECT(RUN("--check") == 2, "changes are pending");
	EXPECT(strstr(output, "/etc/vio.d/a.conf: 0000:01:00.0: "), "the file: %s", output);
	EXPECT(strstr(output, "\n  vfs: 0 -> 2\n"), "the count: %s", output);
	EXPECT(strstr(output, "\n  vf1.level: "), "the value: %s", output);
	EXPECT(RUN("--check", "/etc/vio.d/a.conf") == 2, "this file");
	EXPECT(!kernel->n_writes && !has_record(0), "a check writes nothing");
	begin();
	machine_run(SIM_SEC);
	EXPECT(RUN("--check") == 0, "nothing to do");
	EXPECT(strcmp(output, "/etc/vio.d/a.conf: 0000:01:00.0: nothing to do\n") == 0, "%s",
	       output);
	file_write("a.conf", PF0 "vfs = 99\n");
	EXPECT(RUN("--check") == 1, "more than the device has");
	file_write("a.conf", PF0 "nonsense = 1\n");
	EXPECT(RUN("--check") == 1, "a key that there is not");
	EXPECT(said("error: /etc/vio.d/a.conf:4:1: ") >= 1, "its place");
}

/* What is printed is a file that changes nothing. */
void printed(void)
{
	char text[sizeof(output)];

	file_write("a.conf", PF0 "vfs = 2\n[vf1]\nlevel = 5\ndriver = othervf\n");
	begin();
	machine_run(SIM_SEC);
	daemon_stop();
	EXPECT(RUN("--print", "0000:01:00.0") == 0, "the PF");
	EXPECT(strstr(output, "vfs = 2\n") && strstr(output, "driver = othervf\n"), "%s", output);
	memcpy(text, output, sizeof(text));
	EXPECT(RUN("--print") == 0, "all PFs");
	EXPECT(strstr(output, "0000:01:00.0") && strstr(output, "0000:02:00.0"), "%s", output);
	file_write("a.conf", text);
	EXPECT(RUN("--check") == 0 && strstr(output, "nothing to do"), "%s", output);
	EXPECT(RUN("--print", "0000:09:00.0") == 1 && !*output, "a PF that is not there");
}

void second_daemon(void)
{
	unsigned writes;

	file_write("a.conf", PF0 "vfs = 2\n");
	begin();
	machine_run(SIM_SEC);
	writes = kernel->n_writes;
	EXPECT(command_run((const char *const[]){ NULL }, output, sizeof(output)) == 1, "refused");
	EXPECT(said("viod: another viod is running; stop it first\n") == 1, "why");
	EXPECT(kernel->n_writes == writes && daemon_runs(), "the first one goes on");
	expect_state(0, "configured");
}

/* --- which plugins --------------------------------------------------------------------------- */

void plugins_left_out(void)
{
	file_write("a.conf", PF0 "vfs = 2\n");
	tree_text("etc/viod.conf", "plugins = dev\n");
	begin();
	machine_run(SIM_SEC);
	expect_state(0, "invalid");
	expect_vfs(0, 0);
	EXPECT(said("kind 'lab' needs plugin 'lab'") >= 1, "what is missing");
	daemon_stop();
	tree_text("etc/viod.conf", "plugins = dev, lab\n");
	begin();
	machine_run(SIM_SEC);
	expect_vfs(0, 2);
	daemon_stop();
	tree_text("etc/viod.conf", "plugins = -lab\n");
	file_write("a.conf", PF0 "vfs = 3\n");
	begin();
	machine_run(SIM_SEC);
	expect_vfs(0, 2);
}

/* --- the log --------------------------------------------------------------------------------- */

void log_of_a_life(void)
{
	file_write("a.conf", PF0 "vfs = 1\n");
	begin();
	machine_run(SIM_SEC);
	EXPECT(said("viod: 0000:01:00.0: configured as in /etc/vio.d/a.conf: 1 VF\n") == 1, "one");
	file_write("a.conf", PF0 "vfs = 2\n");
	machine_run(SIM_SEC);
	EXPECT(said("0000:01:00.0: configured as in /etc/vio.d/a.conf: 2 VFs\n") == 1, "two");
	kernel_unplug(0);
	machine_run(SIM_SEC);
	EXPECT(said("viod: 0000:01:00.0: absent: waiting for the device\n") == 1, "unplugged");
	kernel_plug(0);
	machine_run(5 * SIM_SEC);
	EXPECT(said("configured as in /etc/vio.d/a.conf: 2 VFs\n") == 2, "plugged in");
	daemon_reload();
	machine_run(SIM_SEC);
	EXPECT(said("configured as in") == 3, "a reload that changes nothing is no news");
	file_remove("a.conf");
	machine_run(SIM_SEC);
	EXPECT(said("viod: 0000:01:00.0: released: original settings restored\n") == 1, "released");
	kernel_pf_unbind(0);
	file_write("a.conf", PF0 "vfs = 1\n");
	machine_run(SIM_SEC);
	EXPECT(said("0000:01:00.0: waiting: waiting for the device to get a driver\n") == 1,
	       "without a driver");
}

/* An attempt that ends as the one before it is no news, whatever state it passed. */
void log_of_retries(void)
{
	kernel->pfs[0].count_errors = 1000000;
	kernel->pfs[0].count_error = EIO;
	file_write("a.conf", PF0 "vfs = 2\n");
	begin();
	machine_run(600 * SIM_SEC);
	expect_state(0, "failed");
	EXPECT(sim->forks > 10, "it was tried again");
	EXPECT(said("viod: 0000:01:00.0: failed\n") == 1, "the state");
	EXPECT(said("viod: 0000:01:00.0: applying\n") <= 1, "the way there");
	kernel->pfs[0].count_errors = 0;
	machine_run(61 * SIM_SEC);
	EXPECT(said("configured as in /etc/vio.d/a.conf: 2 VFs\n") == 1, "its end is news");
}

/* --- the service manager --------------------------------------------------------------------- */

void notified(void)
{
	char text[64];

	file_write("a.conf", PF0 "vfs = 2\n");
	begin();
	machine_run(5 * SIM_SEC);
	EXPECT(said("notify STATUS=1 PFs, 1 configured\n") == 1, "how many PFs");
	EXPECT(sim->ready_count == 1, "it is ready once");
	snprintf(text, sizeof(text), "notify RELOADING=1\nMONOTONIC_USEC=%llu\n",
		 (unsigned long long)(sim->now / 1000));
	daemon_reload();
	machine_run(5 * SIM_SEC);
	EXPECT(said(text) == 1, "when it began to reload");
	EXPECT(sim->ready_count == 2, "and that it has reloaded");
	file_write("b.conf", PF1 "vfs = 99\n");
	machine_run(5 * SIM_SEC);
	EXPECT(said("notify STATUS=2 PFs, 1 invalid, 1 configured\n") == 1, "of each state");
	EXPECT(sim->ready_count == 3, "as after each edit");
	daemon_stop();
	EXPECT(said("notify STOPPING=1\n") == 1, "its end");
}

/* A start that takes long asks for more time, and no more once it is over. */
void long_start(void)
{
	kernel->pfs[0].count_delay = 35 * SIM_SEC;
	file_write("a.conf", PF0 "vfs = 2\n");
	daemon_start();
	machine_run(34 * SIM_SEC);
	EXPECT(!sim->ready, "a job runs");
	EXPECT(said("notify EXTEND_TIMEOUT_USEC=30000000\n") == 3, "each 10 s");
	machine_run(60 * SIM_SEC);
	EXPECT(sim->ready, "it has ended");
	EXPECT(said("notify EXTEND_TIMEOUT_USEC") == 3, "no more");
}

/* The step that runs is waited for, but not for ever. */
void stop_in_a_step(void)
{
	uint64_t before;

	kernel->pfs[0].count_delay = 3 * SIM_SEC;
	file_write("a.conf", PF0 "vfs = 2\n");
	daemon_start();
	machine_run(SIM_SEC);
	before = sim->now;
	daemon_stop();
	EXPECT(sim->now - before >= SIM_SEC && sim->now - before < 5 * SIM_SEC,
	       "it was waited for");
	machine_end();
	machine_reset(2);
	kernel->pfs[0].count_delay = 500 * SIM_SEC;
	file_write("a.conf", PF0 "vfs = 2\n");
	daemon_start();
	machine_run(SIM_SEC);
	before = sim->now;
	daemon_stop();
	EXPECT(sim->now - before >= 10 * SIM_SEC && sim->now - before < 11 * SIM_SEC, "10 s");
	machine_end();
	machine_reset(3);
	kernel->pfs[0].count_delay = 500 * SIM_SEC;
	file_write("a.conf", PF0 "vfs = 2\ntimeout = 5\n");
	daemon_start();
	machine_run(10 * SIM_SEC);
	expect_state(0, "stuck");
	before = sim->now;
	daemon_stop();
	EXPECT(sim->now - before < SIM_SEC, "what is stuck is not waited for");
}

/* --- state files ----------------------------------------------------------------------------- */

static json_t *state_file(int pf)
{
	static char text[16384];
	char path[96];

	snprintf(path, sizeof(path), "run/viod/state/%s.json", kernel->pfs[pf].self.address);
	return tree_read(path, text, sizeof(text)) ? json_loads(text, 0, NULL) : NULL;
}

static void expect_member(const json_t *object, const char *name, const char *value)
{
	const char *found = json_string_value(json_object_get(object, name));

	if (!found || strcmp(found, value) != 0)
		sim_fail("%s is '%s', not '%s'", name, found ? found : "nothing", value);
}

void state_file_of_a_pf(void)
{
	json_t *state, *vfs;

	file_write("a.conf", PF0 "vfs = 2\n[vf1]\ndriver = othervf\n");
	begin();
	machine_run(SIM_SEC);
	state = state_file(0);
	vfs = json_object_get(state, "vfs");
	expect_member(state, "name", "0000:01:00.0");
	expect_member(state, "address", "0000:01:00.0");
	expect_member(state, "kind", "lab");
	expect_member(state, "config", "/etc/vio.d/a.conf");
	expect_member(state, "state", "configured");
	EXPECT(json_is_null(json_object_get(state, "error")), "no error");
	EXPECT(json_array_size(vfs) == 2, "its VFs");
	expect_member(json_array_get(vfs, 0), "address", kernel_function(0, 0)->address);
	expect_member(json_array_get(vfs, 1), "address", kernel_function(0, 1)->address);
	expect_member(json_array_get(vfs, 1), "driver", "othervf");
	json_decref(state);
	EXPECT(kernel_hold(0, 1, HOLDER_NODE), "VF 1 can be used");
	file_write("a.conf", PF0 "vfs = 3\n");
	machine_run(5 * SIM_SEC);
	EXPECT(in_metrics("\nviod_pf_state{pf=\"0000:01:00.0\",state=\"blocked\"} 1\n"), "blocked");
	EXPECT(in_metrics("\nviod_pf_vfs{pf=\"0000:01:00.0\",which=\"all\"} 2\n"), "VFs");
	EXPECT(in_metrics("\nviod_pf_vfs{pf=\"0000:01:00.0\",which=\"held\"} 1\n"), "held");
	EXPECT(in_metrics("\nviod_pf_vfs{pf=\"0000:01:00.0\",which=\"failed\"} 0\n"), "failed");
}

/* Of PFs that no file names now, and of a writer that was killed. */
void old_state_files(void)
{
	char text[64];

	file_write("a.conf", PF0 "vfs = 1\n");
	begin();
	machine_run(SIM_SEC);
	daemon_stop();
	tree_text("run/viod/state/0000:07:00.0.json", "{}\n");
	tree_text("run/viod/state/.0000:01:00.0.json.1", "{");
	begin();
	machine_run(SIM_SEC);
	EXPECT(!tree_read("run/viod/state/0000:07:00.0.json", text, sizeof(text)), "removed");
	EXPECT(!tree_read("run/viod/state/.0000:01:00.0.json.1", text, sizeof(text)), "unfinished");
	expect_state(0, "configured");
}
