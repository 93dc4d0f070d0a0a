/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A job process and its reports to the daemon, with correct and with faulty plugins.
 */
#include "daemon/job-process.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "../fakesys.h"
#include "plan/host-table.h"
#include "sriov/sriov.h"

struct bench {
	struct root root;
	struct roots roots;
	struct loader *loader;
	struct config *config;
	sd_event *event;
	struct job *job;
	json_t *result;
	char *vfs; /* the lines of the VFs */
	char death[512], where[512];
	bool overdue, ended, fresh;
	unsigned *running; /* jobs in the loop of event */
};

static void on_progress(void *userdata, const json_t *progress)
{
}

static void on_overdue(void *userdata, const char *where, bool ended)
{
	struct bench *b = userdata;

	b->overdue = true;
	b->ended = ended;
	snprintf(b->where, sizeof(b->where), "%s", where);
}

static void on_done(void *userdata, const struct job_outcome *outcome)
{
	struct bench *b = userdata;

	b->result = json_incref((json_t *)outcome->result);
	b->vfs = outcome->vfs ? strdup(outcome->vfs) : NULL;
	snprintf(b->death, sizeof(b->death), "%s", outcome->death ? outcome->death : "");
	if (--*b->running == 0)
		sd_event_exit(b->event, 0);
}

static const struct job_handlers handlers = { on_progress, on_overdue, on_done };

static const struct schema *schema_of(void *userdata, const char *kind,
				      const struct viod_where *where, struct diag_list *diags)
{
	return loader_schema(userdata, kind, where, diags);
}

static void bench_new(struct bench *b, const char *plugins, const char *text)
{
	char name[] = "a.conf", path[] = "/etc/vio.d/a.conf", identity[] = "", *none[] = { NULL };
	char good[] = "good", crash[] = "crash", hang[] = "hang", leak[] = "leak";
	char refuse[] = "refuse", *names[] = { good, crash, hang, leak, refuse, NULL };
	struct config_file file = { name, path, none, identity };
	_cleanup_diags_ struct diag_list diags = { 0 };
	struct loader_choice choice = { 0 };
	char directory[256];
	sigset_t set;

	*b = (struct bench){ 0 };
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	fake_machine(&b->root, &b->roots, 2);
	snprintf(directory, sizeof(directory), "%s/%s", getenv("VIOD_TEST_BUILD"), plugins);
	choice.names = (const char *const *)names;
	ck_assert_int_eq(loader_new(directory, streq(plugins, "plugins") ? NULL : &choice,
				    &sriov_plugin, &host_table, &diags, &b->loader),
			 0);
	/* Those that are not named are reported. */
	ck_assert_uint_eq(diag_errors(&diags), 0);
	diag_list_clear(&diags);
	if (text) {
		root_write(&b->root, "etc/vio.d/a.conf", text);
		(void)config_parse(b->root.fd, &file, schema_of, b->loader, &diags, &b->config);
		assert_no_diags(&diags);
	}
}

static void bench_clear(struct bench *b)
{
	json_decref(b->result);
	free(b->vfs);
	job_free(b->job);
	sd_event_unref(b->event);
	config_free(b->config);
	loader_free(b->loader);
	fake_clear(&b->root, &b->roots);
}

static void start(struct bench *b, sd_event *event, unsigned *running, enum job_goal goal,
		  uint64_t timeout)
{
	struct job_request request = { .goal = goal,
				       .roots = &b->roots,
				       .loader = b->loader,
				       .address = FAKE_PF,
				       .file = "/etc/vio.d/a.conf",
				       .retry_unsupported = b->fresh,
				       .config = goal == JOB_RELEASE ? NULL : b->config };

	json_decref(b->result);
	b->result = NULL;
	free(b->vfs);
	b->vfs = NULL;
	b->job = job_free(b->job);
	sd_event_unref(b->event);
	b->event = sd_event_ref(event);
	b->running = running;
	ck_assert_int_eq(job_start(event, &request, timeout, &handlers, b, &b->job), 0);
	++*running;
}

static void run(struct bench *b, enum job_goal goal, uint64_t timeout)
{
	sd_event *event = NULL;
	unsigned running = 0;

	ck_assert_int_ge(sd_event_new(&event), 0);
	start(b, event, &running, goal, timeout);
	ck_assert_int_ge(sd_event_loop(event), 0);
	sd_event_unref(event);
}

static const char *verdict(const struct bench *b)
{
	ck_assert_msg(b->result, "no result: %s", b->death);
	return json_string_value(json_object_get(b->result, "verdict"));
}

#define PF "[pf]\nname = 01:00.0\nkind = "

START_TEST(a_finished_pf_is_not_written_to)
{
	const json_t *vfs, *vf;
	struct bench b;
	json_t *lines;
	char *text;

	bench_new(&b, "plugins", PF "dev\nvfs = 2\n[vf*]\ndriver = igbvf\n");
	run(&b, JOB_APPLY, 10);
	ck_assert_str_eq(verdict(&b), "configured");
	ck_assert_int_eq(json_integer_value(json_object_get(b.result, "writes")), 0);
	vfs = json_object_get(b.result, "vfs");
	ck_assert_uint_eq(json_array_size(json_object_get(vfs, "addresses")), 2);
	ck_assert_int_eq(json_integer_value(json_object_get(vfs, "held")), 0);
	ck_assert_int_eq(asprintf(&text, "[%s]", b.vfs) > 0, 1);
	lines = json_loads(text, 0, NULL);
	ck_assert_uint_eq(json_array_size(lines), 2);
	vf = json_array_get(lines, 1);
	ck_assert_int_eq(json_integer_value(json_object_get(vf, "index")), 1);
	ck_assert_str_eq(json_string_value(json_object_get(vf, "driver")), "igbvf");
	ck_assert_str_eq(json_string_value(json_object_get(vf, "address")),
			 json_string_value(json_array_get(json_object_get(vfs, "addresses"), 1)));
	ck_assert(json_is_null(json_object_get(vf, "held_by")));
	ck_assert(json_is_null(json_object_get(vf, "error")));
	ck_assert(json_is_object(json_object_get(vf, "attributes")));
	ck_assert_ptr_null(json_object_get(json_object_get(vf, "attributes"), "driver"));
	json_decref(lines);
	free(text);
	ck_assert_int_eq(faccessat(b.root.fd, "run/viod/pf/" FAKE_PF ".json", F_OK, 0), 0);
	run(&b, JOB_RELEASE, 10);
	ck_assert_str_eq(verdict(&b), "released");
	ck_assert_int_eq(faccessat(b.root.fd, "run/viod/pf/" FAKE_PF ".json", F_OK, 0), -1);
	bench_clear(&b);
}
END_TEST

START_TEST(a_release_restores_nothing_of_vfs_that_were_removed)
{
	struct bench b;

	bench_new(&b, "plugins", PF "dev\n[vf1]\ndriver = none\n");
	run(&b, JOB_APPLY, 10);
	ck_assert_int_ge(json_integer_value(json_object_get(b.result, "writes")), 1);
	/* Another program has reduced the count. */
	ck_assert_int_eq(unlinkat(b.root.fd, "sys/bus/pci/devices/" FAKE_PF "/virtfn1", 0), 0);
	fake_text(&b.root, "sys/bus/pci/devices/" FAKE_PF, "sriov_numvfs", "1\n");
	run(&b, JOB_RELEASE, 10);
	ck_assert_str_eq(verdict(&b), "released");
	ck_assert_int_eq(json_integer_value(json_object_get(b.result, "writes")), 0);
	ck_assert_int_eq(faccessat(b.root.fd, "run/viod/pf/" FAKE_PF ".json", F_OK, 0), -1);
	bench_clear(&b);
}
END_TEST

START_TEST(a_check_shows_the_plan_and_writes_nothing)
{
	const json_t *steps;
	struct bench b;

	bench_new(&b, "plugins", PF "dev\nvfs = 2\n[vf1]\ndriver = vfio-pci\n");
	fake_directory(&b.root, "sys/bus/pci/drivers/vfio-pci");
	run(&b, JOB_CHECK, 10);
	ck_assert_str_eq(verdict(&b), "changed");
	steps = json_object_get(b.result, "steps");
	ck_assert_uint_eq(json_array_size(steps), 4);
	ck_assert_str_eq(json_string_value(json_array_get(steps, 2)),
			 "vf1.driver: igbvf -> vfio-pci");
	ck_assert_str_eq(json_string_value(json_array_get(steps, 3)),
			 "vf1.node: owner root, group root, mode 0600");
	ck_assert_int_eq(faccessat(b.root.fd, "run/viod", F_OK, 0), -1);
	bench_clear(&b);
}
END_TEST

START_TEST(a_count_beyond_the_device_is_invalid_and_names_the_line)
{
	struct bench b;
	const json_t *diag;

	bench_new(&b, "plugins", PF "dev\nvfs = 8\n");
	run(&b, JOB_APPLY, 10);
	ck_assert_str_eq(verdict(&b), "invalid");
	diag = json_array_get(json_object_get(b.result, "diags"), 0);
	ck_assert_int_eq(json_integer_value(json_object_get(diag, "line")), 4);
	bench_clear(&b);
}
END_TEST

START_TEST(keys_of_another_devices_quirk_are_refused)
{
	struct bench b;
	const json_t *diag;

	bench_new(&b, "plugins", PF "dev\nvfs = 2\n[vf*]\nqueues = 2\n");
	run(&b, JOB_APPLY, 10);
	ck_assert_str_eq(verdict(&b), "invalid");
	ck_assert_uint_eq(json_array_size(json_object_get(b.result, "diags")), 1);
	diag = json_array_get(json_object_get(b.result, "diags"), 0);
	ck_assert_int_eq(json_integer_value(json_object_get(diag, "line")), 6);
	ck_assert_ptr_nonnull(strstr(json_string_value(json_object_get(diag, "text")),
				     "'queues' is a key for other devices (plugin 'dev-nvme'"));
	ck_assert_int_eq(faccessat(b.root.fd, "run/viod/pf", F_OK, 0), -1);
	bench_clear(&b);
}
END_TEST

/* A QuickAssist device: its services change while it has no VFs, and it has all of them or none. */
static void make_accelerator(struct bench *b)
{
	const char *pf = "sys/bus/pci/devices/" FAKE_PF;

	fake_text(&b->root, pf, "device", "0x4940\n");
	fake_text(&b->root, pf, "sriov_totalvfs", "2\n");
	fake_directory(&b->root, "sys/bus/pci/devices/" FAKE_PF "/qat");
	fake_text(&b->root, pf, "qat/state", "up\n");
	fake_text(&b->root, pf, "qat/cfg_services", "sym;asym\n");
}

START_TEST(a_row_of_the_pf_recreates_the_vfs)
{
	static const char *const wanted[] = { "drivers-autoprobe: off", "vfs: 2 -> 0",
					      "services: sym;asym -> dc", "vfs: 2 again" };
	const json_t *steps;
	struct bench b;

	bench_new(&b, "plugins", PF "dev\nservices = dc\n[vf*]\ndriver = none\n");
	make_accelerator(&b);
	run(&b, JOB_CHECK, 10);
	ck_assert_str_eq(verdict(&b), "changed");
	steps = json_object_get(b.result, "steps");
	ck_assert_uint_ge(json_array_size(steps), ARRAY_SIZE(wanted));
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
		ck_assert_str_eq(json_string_value(json_array_get(steps, i)), wanted[i]);
	bench_clear(&b);
}
END_TEST

START_TEST(a_device_that_makes_all_vfs_or_none)
{
	struct bench b;
	const json_t *diag;

	bench_new(&b, "plugins", PF "dev\nvfs = 1\n");
	make_accelerator(&b);
	run(&b, JOB_APPLY, 10);
	ck_assert_str_eq(verdict(&b), "invalid");
	diag = json_array_get(json_object_get(b.result, "diags"), 0);
	ck_assert_int_eq(json_integer_value(json_object_get(diag, "line")), 4);
	ck_assert_ptr_nonnull(strstr(json_string_value(json_object_get(diag, "text")),
				     "creates all of its VFs or none; write vfs = 2, or max"));
	bench_clear(&b);
	bench_new(&b, "plugins", PF "dev\nvfs = max\n");
	make_accelerator(&b);
	run(&b, JOB_APPLY, 10);
	ck_assert_str_eq(verdict(&b), "configured");
	bench_clear(&b);
}
END_TEST

START_TEST(a_device_that_is_not_there_is_absent)
{
	struct bench b;

	bench_new(&b, "plugins", PF "dev\n");
	ck_assert_int_eq(unlinkat(b.root.fd, "sys/bus/pci/devices/" FAKE_PF "/virtfn0", 0), 0);
	ck_assert_int_eq(renameat(b.root.fd, "sys/bus/pci/devices/" FAKE_PF, b.root.fd, "removed"),
			 0);
	run(&b, JOB_APPLY, 10);
	ck_assert_str_eq(verdict(&b), "absent");
	bench_clear(&b);
}
END_TEST

/* What is wrong with the file itself is reported without the device. */
START_TEST(a_file_of_an_absent_device_is_validated)
{
	const json_t *diag;
	struct bench b;

	bench_new(&b, "plugins", PF "net\nvfs = 2\n[vf0]\nvlan = 7\n[vf*]\nqos = 3\n");
	ck_assert_int_eq(renameat(b.root.fd, "sys/bus/pci/devices/" FAKE_PF, b.root.fd, "removed"),
			 0);
	run(&b, JOB_CHECK, 10);
	ck_assert_str_eq(verdict(&b), "invalid");
	ck_assert_uint_eq(json_array_size(json_object_get(b.result, "diags")), 1);
	diag = json_array_get(json_object_get(b.result, "diags"), 0);
	ck_assert_int_eq(json_integer_value(json_object_get(diag, "vf")), 1);
	ck_assert_int_eq(json_integer_value(json_object_get(diag, "line")), 8);
	bench_clear(&b);
	/* Without a count, [vf*] is checked too. */
	bench_new(&b, "plugins", PF "net\n[vf*]\nqos = 3\n");
	ck_assert_int_eq(renameat(b.root.fd, "sys/bus/pci/devices/" FAKE_PF, b.root.fd, "removed"),
			 0);
	run(&b, JOB_CHECK, 10);
	ck_assert_str_eq(verdict(&b), "invalid");
	bench_clear(&b);
}
END_TEST

/* One line of a range section is one mistake, however many VFs it names. */
START_TEST(two_vfs_of_a_file_do_not_share_a_unique_value)
{
	static const struct {
		const char *text, *error; /* the last one */
		json_int_t line;
		size_t n_errors; /* 0: one */
	} files[] = {
		{ "[vf*]\nmac = 52:54:00:00:00:01\n",
		  "vf0 and vf1 would both get mac 52:54:00:00:00:01 from this line", 6 },
		{ "[vf0]\nmac = 52:54:00:00:00:01\n[vf1]\nmac = 52:54:00:00:00:01\n",
		  "vf0 already has mac 52:54:00:00:00:01 (/etc/vio.d/a.conf:6); give vf1 another",
		  8 },
		{ "[vf*]\nifname = lan0\n", "vf0 and vf1 would both get ifname lan0", 6 },
		{ "[vf*]\nmac = none\n", NULL, 0 },
		/* Its own error is enough for a line; those of other lines come at once. */
		{ "[vf*]\nmac = 01:00:5e:00:00:01\n", "is a group address", 6 },
		{ "[vf*]\nifname = lan0\nqos = 3\n", "vf0 and vf1 would both get ifname", 6, 2 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		_cleanup_free_ char *text = NULL;
		const json_t *diag;
		struct bench b;

		ck_assert_int_ge(asprintf(&text, PF "net\nvfs = 2\n%s", files[i].text), 0);
		bench_new(&b, "plugins", text);
		run(&b, JOB_CHECK, 10);
		ck_assert_str_eq(verdict(&b), files[i].error ? "invalid" : "changed");
		diag = json_array_get(json_object_get(b.result, "diags"),
				      MAX(files[i].n_errors, 1u) - 1);
		if (files[i].error) {
			ck_assert_uint_eq(json_array_size(json_object_get(b.result, "diags")),
					  MAX(files[i].n_errors, 1u));
			ck_assert_int_eq(json_integer_value(json_object_get(diag, "line")),
					 files[i].line);
			ck_assert_ptr_nonnull(strstr(
				json_string_value(json_object_get(diag, "text")), files[i].error));
		}
		bench_clear(&b);
	}
}
END_TEST

START_TEST(a_pf_without_a_driver_is_waited_for)
{
	struct bench b;

	bench_new(&b, "plugins", PF "dev\nvfs = 3\n");
	ck_assert_int_eq(unlinkat(b.root.fd, "sys/bus/pci/devices/" FAKE_PF "/driver", 0), 0);
	run(&b, JOB_APPLY, 10);
	ck_assert_str_eq(verdict(&b), "waiting");
	bench_clear(&b);
}
END_TEST

START_TEST(a_crash_is_reported_with_its_plugin_and_op)
{
	static const char *const ops[] = { "validate", "observe", "complete",
					   "plan",     "holders", "nodes" };

	for (size_t i = 0; i < ARRAY_SIZE(ops); i++) {
		char text[128], expected[64];
		struct bench b;

		snprintf(text, sizeof(text), PF "crash\nin = %s\n", ops[i]);
		bench_new(&b, "tests/plugins", text);
		run(&b, JOB_APPLY, 10);
		/* A job that crashes after it reached its verdict does not report one. */
		ck_assert_ptr_null(b.result);
		snprintf(expected, sizeof(expected), "%s() of plugin 'crash'", ops[i]);
		ck_assert_msg(strstr(b.death, expected) && strstr(b.death, "SEGV"), "%s: %s",
			      ops[i], b.death);
		bench_clear(&b);
	}
}
END_TEST

static unsigned children(void)
{
	char path[64];
	unsigned count = 0;
	FILE *file;
	int pid;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	file = fopen(path, "re");
	ck_assert_ptr_nonnull(file);
	while (fscanf(file, "%d", &pid) == 1)
		count++;
	fclose(file);
	return count;
}

/* Wait until every child has ended, orphans of children as well; false: one is still there. */
static bool all_end(void)
{
	const struct timespec limit = { .tv_sec = 10 };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	for (;;) {
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		if (children() == 0)
			return true;
		if (sigtimedwait(&set, NULL, &limit) < 0 && errno != EINTR)
			return false;
	}
}

/* In an op that the job itself calls, and in one of the processes that serve VFs at the same time.
 * All of them wait for their deadline side by side. */
START_TEST(what_hangs_is_ended_at_the_deadline)
{
	static const struct {
		const char *in, *how, *where;
	} cases[] = {
		{ "observe", "sleep", "in observe() of plugin 'hang'" },
		{ "observe", "spin", "in observe() of plugin 'hang'" },
		{ "attach", "sleep", "in apply() of plugin 'hang', step 'do what the file says'" },
		{ "attach", "spin", "in apply() of plugin 'hang', step 'do what the file says'" },
	};
	struct bench benches[ARRAY_SIZE(cases)];
	sd_event *event = NULL;
	unsigned running = 0;

	ck_assert_int_eq(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	ck_assert_int_ge(sd_event_new(&event), 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char text[128];

		snprintf(text, sizeof(text), PF "hang\nin = %s\nhow = %s\n", cases[i].in,
			 cases[i].how);
		bench_new(&benches[i], "tests/plugins", text);
		/* They must get that far, even on a busy machine. */
		start(&benches[i], event, &running, JOB_APPLY, 4);
	}
	ck_assert_int_ge(sd_event_loop(event), 0);
	ck_assert_msg(all_end(), "%u processes are left", children());
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		ck_assert(benches[i].overdue && benches[i].ended);
		ck_assert_str_eq(benches[i].where, cases[i].where);
		ck_assert_ptr_nonnull(strstr(benches[i].death, "ended"));
		bench_clear(&benches[i]);
	}
	sd_event_unref(event);
}
END_TEST

/* --- a driver that does not have everything --------------------------------------------------- */

#define TRUST(value_) "vfs = 3\n[vf*]\ndriver = igbvf\ntrust = " value_ "\n"

/* The digits are those of the VFs that the driver says it does not have 'trust' for. */
static void refuses(const struct bench *b, const char *digits)
{
	fake_text(&b->root, "sys/bus/pci/devices/" FAKE_PF, "refuses", digits);
}

static void another_text(struct bench *b, const char *text)
{
	char name[] = "a.conf", path[] = "/etc/vio.d/a.conf", identity[] = "", *none[] = { NULL };
	struct config_file file = { name, path, none, identity };
	_cleanup_diags_ struct diag_list diags = { 0 };

	b->config = config_free(b->config);
	root_write(&b->root, "etc/vio.d/a.conf", text);
	(void)config_parse(b->root.fd, &file, schema_of, b->loader, &diags, &b->config);
	assert_no_diags(&diags);
}

static void refuser_new(struct bench *b, const char *digits, const char *text)
{
	bench_new(b, "tests/plugins", NULL);
	fake_function(&b->root, "0000:01:10.2", "igbvf");
	fake_link(&b->root, "sys/bus/pci/devices/" FAKE_PF "/virtfn2", "../0000:01:10.2");
	refuses(b, digits);
	another_text(b, text);
}

static void expect(struct bench *b, const char *wanted, int writes, int line, const char *text)
{
	const json_t *diags;

	run(b, JOB_APPLY, 10);
	ck_assert_str_eq(verdict(b), wanted);
	ck_assert_int_eq(json_integer_value(json_object_get(b->result, "writes")), writes);
	diags = json_object_get(b->result, "diags");
	ck_assert_uint_eq(json_array_size(diags), text ? 1 : 0);
	if (!text)
		return;
	ck_assert_int_eq(json_integer_value(json_object_get(json_array_get(diags, 0), "line")),
			 line);
	ck_assert_str_eq(json_string_value(json_object_get(json_array_get(diags, 0), "text")),
			 text);
}

#define LACKS "'trust' cannot be set with this driver and is left out"
#define REFUSED(vf_)                                                                    \
	"setting vf" vf_ ".trust failed (Operation not supported) although the driver " \
	"accepts it for other VFs or accepted it before; retrying"

START_TEST(what_no_vf_has_is_the_drivers)
{
	struct bench b;

	refuser_new(&b, "012", PF "refuse\n" TRUST("on"));
	expect(&b, "configured", 3, 7, LACKS);
	/* The setting is not tried again, */
	expect(&b, "configured", 0, 7, LACKS);
	/* unless the user requests it. */
	b.fresh = true;
	expect(&b, "configured", 3, 7, LACKS);
	refuses(&b, "-");
	expect(&b, "configured", 3, 0, NULL);
	expect(&b, "configured", 0, 0, NULL);
	bench_clear(&b);
}
END_TEST

START_TEST(what_other_vfs_have_is_tried_again)
{
	struct bench b;

	refuser_new(&b, "1", PF "refuse\n" TRUST("on"));
	expect(&b, "degraded", 3, 7, REFUSED("1"));
	expect(&b, "degraded", 1, 7, REFUSED("1"));
	refuses(&b, "-");
	expect(&b, "configured", 1, 0, NULL);
	expect(&b, "configured", 0, 0, NULL);
	/* No other VF is set this time; an earlier success counts. */
	refuses(&b, "2");
	another_text(&b, PF "refuse\n" TRUST("on") "[vf2]\ntrust = off\n");
	expect(&b, "degraded", 1, 9, REFUSED("2"));
	refuses(&b, "-");
	expect(&b, "configured", 1, 0, NULL);
	bench_clear(&b);
}
END_TEST

/* In another mode the driver may support less, and that is not an error of one VF. */
START_TEST(another_setting_of_the_pf_makes_it_another_driver)
{
	struct bench b;

	refuser_new(&b, "-", PF "refuse\n" TRUST("on"));
	expect(&b, "configured", 3, 0, NULL);
	refuses(&b, "012");
	another_text(&b, PF "refuse\nmode = 1\n" TRUST("off"));
	expect(&b, "configured", 4, 8, LACKS);
	expect(&b, "configured", 0, 8, LACKS);
	refuses(&b, "-");
	another_text(&b, PF "refuse\nmode = 2\n" TRUST("off"));
	expect(&b, "configured", 4, 0, NULL);
	bench_clear(&b);
}
END_TEST

static size_t open_files(void)
{
	_cleanup_closedir_ DIR *dir = opendir("/proc/self/fd");
	size_t count = 0;

	while (readdir(dir))
		count++;
	return count;
}

/* --- rows that disturb -------------------------------------------------------------------------
 */

/* /dev/full, which this process has open, plays a node of VF 1. */
static int hold_vf(struct bench *b)
{
	int fd = open("/dev/full", O_RDONLY | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	fake_directory(&b->root, "sys/devices/pci0000:00/0000:01:10.1/misc/full");
	fake_text(&b->root, "sys/devices/pci0000:00/0000:01:10.1/misc/full", "uevent",
		  "MAJOR=1\nMINOR=7\nDEVNAME=full\n");
	fake_link(&b->root, "sys/dev/char/1:7", "../../devices/pci0000:00/0000:01:10.1/misc/full");
	return fd;
}

static const char *reset_of(const struct bench *b)
{
	static char text[16];

	ck_assert_int_eq(
		sysfs_read(b->root.fd, "sys/bus/pci/devices/" FAKE_PF "/reset", text, sizeof(text)),
		0);
	return text;
}

/* The plugin has no plan(), so only core can know that VF 1 is affected. */
START_TEST(a_disruptive_row_of_the_pf_waits_for_a_held_vf)
{
	struct bench b;
	int fd;

	bench_new(&b, "tests/plugins", PF "refuse\nvfs = 2\nreset = 3\n");
	fake_text(&b.root, "sys/bus/pci/devices/" FAKE_PF, "reset", "0\n");
	fd = hold_vf(&b);
	run(&b, JOB_APPLY, 10);
	ck_assert_str_eq(verdict(&b), "blocked");
	ck_assert_str_eq(reset_of(&b), "0");
	close(fd);
	run(&b, JOB_APPLY, 10);
	ck_assert_str_eq(verdict(&b), "configured");
	ck_assert_str_eq(reset_of(&b), "1");
	bench_clear(&b);
}
END_TEST

START_TEST(a_plugin_that_leaks_costs_its_job_only)
{
	struct bench b;
	size_t before;

	bench_new(&b, "tests/plugins", PF "leak\n");
	run(&b, JOB_APPLY, 10);
	before = open_files();
	for (int i = 0; i < 20; i++)
		run(&b, JOB_APPLY, 10);
	ck_assert_uint_eq(open_files(), before);
	bench_clear(&b);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_finished_pf_is_not_written_to,
		a_release_restores_nothing_of_vfs_that_were_removed,
		a_check_shows_the_plan_and_writes_nothing,
		a_count_beyond_the_device_is_invalid_and_names_the_line,
		keys_of_another_devices_quirk_are_refused,
		a_row_of_the_pf_recreates_the_vfs,
		a_device_that_makes_all_vfs_or_none,
		a_device_that_is_not_there_is_absent,
		a_file_of_an_absent_device_is_validated,
		two_vfs_of_a_file_do_not_share_a_unique_value,
		a_pf_without_a_driver_is_waited_for,
		a_crash_is_reported_with_its_plugin_and_op,
		what_hangs_is_ended_at_the_deadline,
		what_no_vf_has_is_the_drivers,
		what_other_vfs_have_is_tried_again,
		another_setting_of_the_pf_makes_it_another_driver,
		a_disruptive_row_of_the_pf_waits_for_a_held_vf,
		a_plugin_that_leaks_costs_its_job_only,
	};

	return run_tests("job", tests, ARRAY_SIZE(tests));
}
