/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* viod --check and --print: what they print, and with which status they end. */
#include "daemon/cli.h"

#include <errno.h>
#include <signal.h>
#include <sys/mman.h>

#include "../fakesys.h"
#include "plan/host-table.h"
#include "sriov/sriov.h"

struct bench {
	struct root root;
	struct roots roots;
	struct loader *loader;
	char *out, *errors; /* of the last command */
};

static void bench_new(struct bench *b)
{
	_cleanup_diags_ struct diag_list diags = { 0 };
	char directory[256];
	sigset_t set;

	*b = (struct bench){ 0 };
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	fake_machine(&b->root, &b->roots, 2);
	snprintf(directory, sizeof(directory), "%s/plugins", getenv("VIOD_TEST_BUILD"));
	ck_assert_int_eq(
		loader_new(directory, NULL, &sriov_plugin, &host_table, &diags, &b->loader), 0);
	assert_no_diags(&diags);
}

static void bench_clear(struct bench *b)
{
	free(b->out);
	free(b->errors);
	loader_free(b->loader);
	fake_clear(&b->root, &b->roots);
}

/* Standard output and error of a command, as text. */
static int captured(int stream, int *ret_saved)
{
	int fd = memfd_create("output", MFD_CLOEXEC);

	*ret_saved = fcntl(stream, F_DUPFD_CLOEXEC, 10);
	ck_assert_int_ge(dup2(fd, stream), 0);
	return fd;
}

static char *restored(int stream, int saved, int fd)
{
	char *text = NULL;
	size_t size = 0;

	ck_assert_int_ge(dup2(saved, stream), 0);
	close(saved);
	ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
	ck_assert_int_eq(read_fd(fd, 1 << 20, &text, &size), 0);
	close(fd);
	return text;
}

static int run(struct bench *b,
	       int (*command)(const struct roots *, const struct loader *, char *const *, int *),
	       char *const *arguments)
{
	int saved_out, saved_errors, out, errors, status = -1, r;

	free(b->out);
	free(b->errors);
	(void)fflush(stdout);
	out = captured(STDOUT_FILENO, &saved_out);
	errors = captured(STDERR_FILENO, &saved_errors);
	r = command(&b->roots, b->loader, arguments, &status);
	(void)fflush(stdout);
	b->errors = restored(STDERR_FILENO, saved_errors, errors);
	b->out = restored(STDOUT_FILENO, saved_out, out);
	ck_assert_int_eq(r, 0);
	return status;
}

static int check(struct bench *b, const char *path)
{
	char *arguments[] = { (char *)path, NULL };

	return run(b, command_check, arguments);
}

static int print(struct bench *b, const char *name)
{
	char *arguments[] = { (char *)name, NULL };

	return run(b, command_print, arguments);
}

#define PF(name_) "[pf]\nname = " name_ "\nkind = dev\n"

START_TEST(a_file_that_the_device_fits)
{
	struct bench b;

	bench_new(&b);
	ck_assert_int_eq(check(&b, NULL), CHECK_CLEAN);
	ck_assert_str_eq(b.out,
			 "/etc/vio.d: no file here ends in .conf, so no device is managed\n");
	root_write(&b.root, "etc/vio.d/a.conf", PF("01:00.0") "vfs = 2\n[vf*]\ndriver = igbvf\n");
	ck_assert_int_eq(check(&b, NULL), CHECK_CLEAN);
	ck_assert_str_eq(b.out, "/etc/vio.d/a.conf: 0000:01:00.0: nothing to do\n");
	ck_assert_str_eq(b.errors, "");
	ck_assert_int_eq(faccessat(b.root.fd, "run/viod", F_OK, 0), -1);
	bench_clear(&b);
}
END_TEST

/* What VFIO needs: VF 1 in an IOMMU group of its own, and the driver. */
static void with_iommu(struct bench *b)
{
	fake_directory(&b->root, "sys/class/iommu/dmar0");
	fake_directory(&b->root, "sys/kernel/iommu_groups/11/devices");
	fake_link(&b->root, "sys/kernel/iommu_groups/11/devices/0000:01:10.1",
		  "../../../../bus/pci/devices/0000:01:10.1");
	fake_link(&b->root, "sys/bus/pci/devices/0000:01:10.1/iommu_group",
		  "../../../../kernel/iommu_groups/11");
	root_write(&b->root, "dev/iommu", "");
}

START_TEST(pending_steps_are_listed)
{
	struct bench b;

	bench_new(&b);
	with_iommu(&b);
	fake_directory(&b.root, "sys/bus/pci/drivers/vfio-pci");
	root_write(&b.root, "etc/vio.d/a.conf", PF("01:00.0") "[vf1]\ndriver = vfio-pci\n");
	root_write(&b.root, "etc/vio.d/b.conf", PF("05:00.0"));
	ck_assert_int_eq(check(&b, NULL), CHECK_PENDING);
	ck_assert_ptr_nonnull(strstr(b.out, "/etc/vio.d/a.conf: 0000:01:00.0: "));
	ck_assert_ptr_nonnull(strstr(b.out, " steps\n  "));
	ck_assert_ptr_nonnull(strstr(b.out, "\n  vf1.driver: igbvf -> vfio-pci\n"));
	ck_assert_ptr_nonnull(strstr(b.out, "/etc/vio.d/b.conf: 0000:05:00.0: no such device now; "
					    "viod waits for it; did you mean 0000:01:00.0? PFs "
					    "here: 0000:01:00.0\n"));
	/* One file of them, whichever the other is. */
	ck_assert_int_eq(check(&b, "/etc/vio.d/b.conf"), CHECK_CLEAN);
	ck_assert_ptr_null(strstr(b.out, "a.conf"));
	ck_assert_int_eq(check(&b, "/etc/vio.d/a.conf"), CHECK_PENDING);
	ck_assert_int_eq(faccessat(b.root.fd, "run/viod", F_OK, 0), -1);
	bench_clear(&b);
}
END_TEST

/* For VFs that there are, and for those that would be created. */
START_TEST(no_iommu_is_foreseen)
{
	struct bench b;

	bench_new(&b);
	fake_directory(&b.root, "sys/bus/pci/drivers/vfio-pci");
	root_write(&b.root, "etc/vio.d/a.conf", PF("01:00.0") "[vf*]\ndriver = vfio-pci\n");
	ck_assert_int_eq(check(&b, NULL), CHECK_ERRORS);
	ck_assert_ptr_nonnull(strstr(b.errors, "error: /etc/vio.d/a.conf:5:10: no IOMMU is in use, "
					       "and without one 0000:01:10.0 could write"));
	/* Once for both VFs. */
	ck_assert_ptr_nonnull(strstr(b.errors, "(and the same for VF 1)\n"));
	ck_assert_ptr_null(strstr(strstr(b.errors, "no IOMMU") + 1, "no IOMMU"));
	root_write(&b.root, "etc/vio.d/a.conf",
		   PF("01:00.0") "vfs = 4\n[vf3]\ndriver = vfio-pci\n");
	ck_assert_int_eq(check(&b, NULL), CHECK_ERRORS);
	ck_assert_ptr_nonnull(strstr(b.errors, "without one the VF could write"));
	bench_clear(&b);
}
END_TEST

/* /dev/full (1:7) plays a node of VF 1, and this process has it open. */
START_TEST(a_holder_is_foreseen)
{
	_cleanup_close_ int fd = open("/dev/full", O_RDONLY | O_CLOEXEC);
	struct bench b;

	bench_new(&b);
	ck_assert_int_ge(fd, 0);
	fake_directory(&b.root, "sys/devices/pci0000:00/0000:01:10.1/misc/full");
	fake_text(&b.root, "sys/devices/pci0000:00/0000:01:10.1/misc/full", "uevent",
		  "MAJOR=1\nMINOR=7\nDEVNAME=full\n");
	fake_link(&b.root, "sys/dev/char/1:7", "../../devices/pci0000:00/0000:01:10.1/misc/full");
	root_write(&b.root, "etc/vio.d/a.conf", PF("01:00.0") "vfs = 4\n");
	ck_assert_int_eq(check(&b, NULL), CHECK_PENDING);
	ck_assert_msg(strstr(b.errors, "warning: 0000:01:00.0: blocked by "), "%s", b.errors);
	ck_assert_ptr_nonnull(strstr(b.errors, "which uses 0000:01:10.1; viod waits until"));
	ck_assert_ptr_null(strstr(b.errors, "0000:01:10.0"));
	/* A plan that disturbs no VF is not blocked. */
	root_write(&b.root, "etc/vio.d/a.conf", PF("01:00.0") "vfs = 2\n");
	ck_assert_int_eq(check(&b, NULL), CHECK_CLEAN);
	ck_assert_str_eq(b.errors, "");
	bench_clear(&b);
}
END_TEST

START_TEST(a_name_that_no_device_can_have)
{
	struct bench b;

	bench_new(&b);
	root_write(&b.root, "etc/vio.d/a.conf", PF("05:00") "nonsense = 1\nvfs = 8\n");
	ck_assert_int_eq(check(&b, NULL), CHECK_ERRORS);
	ck_assert_ptr_nonnull(strstr(b.errors, "a.conf:2:8: 'name': '05:00' is an address without "
					       "a function; write 05:00.0"));
	ck_assert_ptr_nonnull(strstr(b.errors, "a.conf:4:1: unknown key 'nonsense'"));
	bench_clear(&b);
}
END_TEST

/* What only the device or a plugin knows is reported beside what is wrong with the text. */
START_TEST(all_errors_at_once)
{
	struct bench b;

	bench_new(&b);
	root_write(&b.root, "etc/vio.d/a.conf", PF("01:00.0") "nonsense = 1\nvfs = 8\n");
	ck_assert_int_eq(check(&b, NULL), CHECK_ERRORS);
	ck_assert_ptr_nonnull(strstr(b.errors, "a.conf:4:1: unknown key 'nonsense'"));
	ck_assert_ptr_nonnull(strstr(b.errors, "a.conf:5:7: vfs = 8 is more than this device can"));
	/* A line with an error says nothing of the others. */
	root_write(&b.root, "srv/draft.conf",
		   PF("01:00.0") "vfs = many\n[vf5]\ndriver = no_such_driver_zz\n");
	ck_assert_int_eq(check(&b, "/srv/draft.conf"), CHECK_ERRORS);
	ck_assert_ptr_nonnull(strstr(b.errors, "draft.conf:4:7: "));
	ck_assert_ptr_null(strstr(b.errors, "but there are only"));
	bench_clear(&b);
}
END_TEST

START_TEST(errors_outweigh_changes)
{
	struct bench b;

	bench_new(&b);
	with_iommu(&b);
	fake_directory(&b.root, "sys/bus/pci/drivers/vfio-pci");
	root_write(&b.root, "etc/vio.d/a.conf", PF("01:00.0") "nonsense = 1\n");
	root_write(&b.root, "etc/vio.d/b.conf", PF("01:00.0") "[vf1]\ndriver = vfio-pci\n");
	ck_assert_int_eq(check(&b, NULL), CHECK_ERRORS);
	ck_assert_ptr_nonnull(strstr(b.errors, "error: /etc/vio.d/a.conf:4:1: "));
	ck_assert_ptr_nonnull(strstr(b.out, "vf1.driver: igbvf -> vfio-pci"));
	root_write(&b.root, "etc/vio.d/a.conf", PF("01:00.0") "vfs = 8\n");
	ck_assert_int_eq(unlinkat(b.root.fd, "etc/vio.d/b.conf", 0), 0);
	/* What only the device knows. */
	ck_assert_int_eq(check(&b, NULL), CHECK_ERRORS);
	ck_assert_ptr_nonnull(strstr(b.errors, "error: /etc/vio.d/a.conf:4:"));
	bench_clear(&b);
}
END_TEST

START_TEST(two_files_for_one_device)
{
	struct bench b;

	bench_new(&b);
	root_write(&b.root, "etc/vio.d/a.conf", PF("01:00.0"));
	root_write(&b.root, "etc/vio.d/b.conf", PF("0000:01:00.0"));
	ck_assert_int_eq(check(&b, NULL), CHECK_ERRORS);
	ck_assert_ptr_nonnull(strstr(b.errors, "a.conf"));
	ck_assert_ptr_nonnull(strstr(b.errors, "b.conf"));
	ck_assert_ptr_nonnull(strstr(b.out, "/etc/vio.d/a.conf: 0000:01:00.0: nothing to do"));
	ck_assert_int_eq(check(&b, "/etc/vio.d/a.conf"), CHECK_CLEAN);
	ck_assert_int_eq(check(&b, "/etc/vio.d/b.conf"), CHECK_ERRORS);
	bench_clear(&b);
}
END_TEST

/* It may be meant to replace one that is in force. */
START_TEST(a_draft_is_checked_by_itself)
{
	struct bench b;

	bench_new(&b);
	root_write(&b.root, "etc/vio.d/a.conf", PF("01:00.0"));
	root_write(&b.root, "srv/draft.conf", PF("01:00.0") "vfs = 2\n");
	ck_assert_int_eq(check(&b, "/srv/draft.conf"), CHECK_CLEAN);
	ck_assert_str_eq(b.out, "/srv/draft.conf: 0000:01:00.0: nothing to do\n");
	root_write(&b.root, "srv/draft.conf", "[pf]\n");
	ck_assert_int_eq(check(&b, "/srv/draft.conf"), CHECK_ERRORS);
	ck_assert_ptr_nonnull(strstr(b.errors, "error: /srv/draft.conf"));
	ck_assert_int_eq(check(&b, "/srv/none.conf"), CHECK_ERRORS);
	ck_assert_ptr_nonnull(strstr(b.errors, "the file does not exist"));
	ck_assert_int_eq(check(&b, "no-such-file.conf"), CHECK_ERRORS);
	ck_assert_ptr_nonnull(strstr(b.errors, "/no-such-file.conf"));
	bench_clear(&b);
}
END_TEST

START_TEST(a_folder_that_cannot_be_read)
{
	struct bench b;

	bench_new(&b);
	root_write(&b.root, "etc/vio.d", "");
	ck_assert_int_eq(check(&b, NULL), CHECK_ERRORS);
	ck_assert_ptr_nonnull(strstr(b.errors, "/etc/vio.d: the directory cannot be read"));
	bench_clear(&b);
}
END_TEST

START_TEST(the_state_as_a_file)
{
	struct bench b;

	bench_new(&b);
	fake_text(&b.root, "sys/bus/pci/devices/" FAKE_PF, "class", "0x120000\n");
	ck_assert_int_eq(print(&b, "01:00.0"), EXIT_SUCCESS);
	ck_assert_ptr_nonnull(strstr(b.out, "[pf]\n"));
	ck_assert_ptr_nonnull(strstr(b.out, "vfs = 2\n"));
	ck_assert_str_eq(b.errors, "");
	ck_assert_int_eq(print(&b, NULL), EXIT_SUCCESS);
	ck_assert_ptr_nonnull(strstr(b.out, "vfs = 2\n"));
	ck_assert_int_eq(print(&b, "05:00.0"), EXIT_FAILURE);
	ck_assert_str_eq(b.out, "");
	ck_assert_ptr_nonnull(strstr(b.errors, "viod: 05:00.0: no such device, or no plugin"));
	bench_clear(&b);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_file_that_the_device_fits,
		pending_steps_are_listed,
		no_iommu_is_foreseen,
		a_holder_is_foreseen,
		a_name_that_no_device_can_have,
		all_errors_at_once,
		errors_outweigh_changes,
		two_files_for_one_device,
		a_draft_is_checked_by_itself,
		a_folder_that_cannot_be_read,
		the_state_as_a_file,
	};

	return run_tests("cli", tests, ARRAY_SIZE(tests));
}
