/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The vendor's tool, which creates VFs where the driver does not: a script stands in for it. */
#include <errno.h>
#include <unistd.h>

static char tool[128];
static int fake_execve(const char *path, char *const arguments[], char *const environment[]);
static int fake_access(const char *path, int mode);

/* The file under test, with a tool of ours. */
#define execve fake_execve
#define access fake_access
#include "../../../plugins/gpu/gpu-nvidia.c"
#undef execve
#undef access

#include "../pluginbench.h"

#define PF "sys/bus/pci/devices/" FAKE_PF

static int fake_execve(const char *path, char *const arguments[], char *const environment[])
{
	char *const script[] = {
		(char *)"sh", (char *)"-c", tool, arguments[1], arguments[2], NULL
	};

	return execve("/bin/sh", script, environment);
}

static bool is_installed;

static int fake_access(const char *path, int mode)
{
	return is_installed && streq(path, TOOL) ? 0 : -1;
}

static void limit_tool(struct bench *b, int seconds)
{
	struct nvidia_scratch *scratch = viod_scratch(&b->pf, sizeof(*scratch));

	scratch->tool_seconds = seconds;
}

static void machine(struct bench *b, const char *count)
{
	bench_new(b, "test", 2, 2);
	is_installed = true;
	limit_tool(b, 20);
	if (count)
		fake_text(&b->root, PF, "sriov_numvfs", count);
	/* A file that cannot be written stands for a driver that takes no count. */
	else
		fake_directory(&b->root, PF "/sriov_numvfs");
}

START_TEST(a_driver_that_accepts_the_count)
{
	struct bench b;

	machine(&b, "0");
	snprintf(tool, sizeof(tool), "exit 1");
	ck_assert_int_eq(resize(&b.pf, 2), 0);
	ck_assert_uint_eq(count_now(&b.pf), 2);
	assert_no_diags(&b.pf.diags);
	bench_clear(&b);
}
END_TEST

START_TEST(without_the_tool_the_error_is_the_drivers)
{
	struct bench b;

	machine(&b, NULL);
	is_installed = false;
	ck_assert_int_eq(resize(&b.pf, 2), -EISDIR);
	assert_no_diags(&b.pf.diags);
	bench_clear(&b);
}
END_TEST

START_TEST(the_tool_creates_all_or_none)
{
	struct bench b;

	/* The count that it was given, and the VFs as if it had created them. */
	machine(&b, "2");
	snprintf(tool, sizeof(tool), "test $0 = -e && test $1 = " FAKE_PF);
	ck_assert_int_eq(by_tool(&b.pf, 2), 0);
	snprintf(tool, sizeof(tool), "test $0 = -d");
	ck_assert_int_eq(by_tool(&b.pf, 0), 0);
	assert_no_diags(&b.pf.diags);
	snprintf(tool, sizeof(tool), "exit 0");
	ck_assert_int_eq(by_tool(&b.pf, 1), -ERANGE);
	assert_diag_count(&b.pf.diags, 1);
	ck_assert_ptr_nonnull(strstr(b.pf.diags.items[0].text, "vfs = max"));
	bench_clear(&b);
}
END_TEST

START_TEST(it_is_tried_twice)
{
	struct bench b;
	char path[128];

	machine(&b, "2");
	snprintf(path, sizeof(path), "%s/once", b.root.path);
	snprintf(tool, sizeof(tool), "test -e %s || { >%s; exit 1; }", path, path);
	ck_assert_int_eq(by_tool(&b.pf, 2), 0);
	assert_no_diags(&b.pf.diags);
	snprintf(tool, sizeof(tool), "exit 1");
	ck_assert_int_eq(by_tool(&b.pf, 2), -EIO);
	assert_diag_count(&b.pf.diags, 1);
	ck_assert_ptr_nonnull(strstr(b.pf.diags.items[0].text, "-e " FAKE_PF " failed"));
	bench_clear(&b);
}
END_TEST

START_TEST(it_is_killed_at_its_limit_with_all_that_it_started)
{
	struct bench b;

	machine(&b, "2");
	limit_tool(&b, 1);
	snprintf(tool, sizeof(tool), "sleep 1000 & wait");
	ck_assert_int_eq(by_tool(&b.pf, 2), -ETIMEDOUT);
	assert_diag_count(&b.pf.diags, 1);
	ck_assert_ptr_nonnull(strstr(b.pf.diags.items[0].text, "within 1 s"));
	bench_clear(&b);
}
END_TEST

START_TEST(a_pf_that_lost_its_driver_is_bound_again)
{
	char path[160], text[32] = "";
	struct bench b;
	int fd;

	machine(&b, "2");
	fake_text(&b.root, "sys/bus/pci/drivers/igb", "bind", "");
	snprintf(tool, sizeof(tool), "rm %s/%s/driver; exit 0", b.root.path, PF);
	ck_assert_int_eq(by_tool(&b.pf, 2), -ENODEV);
	ck_assert_uint_ge(b.pf.diags.count, 1);
	ck_assert_int_eq(b.pf.diags.items[0].severity, VIOD_WARNING);
	ck_assert_ptr_nonnull(strstr(b.pf.diags.items[0].text, "'igb'"));
	snprintf(path, sizeof(path), "sys/bus/pci/drivers/igb/bind");
	fd = openat(b.root.fd, path, O_RDONLY | O_CLOEXEC);
	ck_assert_int_gt(read(fd, text, sizeof(text) - 1), 0);
	close(fd);
	ck_assert_int_eq(strncmp(text, FAKE_PF, strlen(FAKE_PF)), 0);
	/* And one that had none before gets none. */
	ck_assert_int_eq(by_tool(&b.pf, 2), -ENODEV);
	bench_clear(&b);
}
END_TEST

static const char *driver_of(struct bench *b, int vf)
{
	const struct viod_driver *driver =
		values_get(b->wanted, vf, schema_find(b->schema, VIOD_SCOPE_VF, "driver"));

	return driver ? driver->name : "";
}

START_TEST(vfs_stay_on_the_driver_of_the_pf)
{
	struct bench b;

	machine(&b, "2");
	/* VF 0 has the PF's driver, VF 1 another one. */
	ck_assert_int_eq(unlinkat(b.root.fd, "sys/bus/pci/devices/0000:01:10.0/driver", 0), 0);
	fake_link(&b.root, "sys/bus/pci/devices/0000:01:10.0/driver", "../../drivers/igb");
	put(&b, b.wanted, 0, "driver", "default", 3);
	put(&b, b.wanted, 1, "driver", "default", 3);
	put(&b, b.wanted, VIOD_PF, "timeout", "31", 2);
	ck_assert_int_eq(complete(&b.pf, b.state, b.wanted), 0);
	ck_assert_int_eq(tool_seconds(&b.pf), 15);
	ck_assert_str_eq(driver_of(&b, 0), "igb");
	ck_assert_str_eq(driver_of(&b, 1), "default");
	put(&b, b.wanted, 0, "driver", "none", 3);
	put(&b, b.wanted, VIOD_PF, "timeout", "1", 2);
	ck_assert_int_eq(complete(&b.pf, b.state, b.wanted), 0);
	ck_assert_int_eq(tool_seconds(&b.pf), 1);
	ck_assert_str_eq(driver_of(&b, 0), "none");
	/* They will be re-created, so their present driver does not matter. */
	put(&b, b.wanted, 0, "driver", "default", 3);
	put(&b, b.wanted, VIOD_PF, "vfs", "1", 2);
	ck_assert_int_eq(complete(&b.pf, b.state, b.wanted), 0);
	ck_assert_str_eq(driver_of(&b, 0), "default");
	bench_clear(&b);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_driver_that_accepts_the_count,
		without_the_tool_the_error_is_the_drivers,
		the_tool_creates_all_or_none,
		it_is_tried_twice,
		it_is_killed_at_its_limit_with_all_that_it_started,
		a_pf_that_lost_its_driver_is_bound_again,
		vfs_stay_on_the_driver_of_the_pf,
	};

	return run_tests("gpu-nvidia", tests, ARRAY_SIZE(tests));
}
