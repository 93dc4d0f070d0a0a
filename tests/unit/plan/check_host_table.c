/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Access of plugins to the machine through the host table. */
#include "plan/host-table.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "../fakesys.h"
#include "device/holders.h"

static struct root root;
static struct roots roots;
static struct viod_pf pf;

static void set_up(void)
{
	static const struct loader loader;

	fake_machine(&root, &roots, 2);
	ck_assert_int_eq(device_open(&roots, &loader, FAKE_PF, &pf), 0);
}

static void tear_down(void)
{
	device_close(&pf);
	fake_clear(&root, &roots);
}

static unsigned entries(DIR *directory, const char *prefix)
{
	const struct dirent *entry;
	unsigned count = 0;

	while ((entry = readdir(directory)))
		count += strncmp(entry->d_name, prefix, strlen(prefix)) == 0;
	return count;
}

START_TEST(a_directory_is_below_the_root_of_its_tree)
{
	static const char *const paths[] = { "bus/pci/devices/" FAKE_PF,
					     "//bus/pci/devices/" FAKE_PF };

	set_up();
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		_cleanup_closedir_ DIR *directory = NULL;

		ck_assert_int_eq(
			host_table.open_directory(&pf, VIOD_TREE_SYS, paths[i], &directory), 0);
		ck_assert_uint_eq(entries(directory, "virtfn"), 2);
		ck_assert(fcntl(dirfd(directory), F_GETFD) & FD_CLOEXEC);
	}
	tear_down();
}
END_TEST

START_TEST(no_path_and_a_slash_are_the_root_itself)
{
	static const char *const paths[] = { "", "/", "." };

	set_up();
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		_cleanup_closedir_ DIR *directory = NULL;

		ck_assert_int_eq(
			host_table.open_directory(&pf, VIOD_TREE_SYS, paths[i], &directory), 0);
		ck_assert_uint_eq(entries(directory, "kernel"), 1);
	}
	tear_down();
}
END_TEST

START_TEST(what_is_no_directory_opens_nothing)
{
	DIR *const nothing = (DIR *)&root;
	DIR *directory = nothing;

	set_up();
	ck_assert_int_eq(host_table.open_directory(&pf, VIOD_TREE_SYS, "bus/none", &directory),
			 -ENOENT);
	ck_assert_int_eq(
		host_table.open_directory(&pf, VIOD_TREE_SYS, "kernel/uevent_seqnum", &directory),
		-ENOTDIR);
	ck_assert_int_eq(host_table.open_directory(&pf, (enum viod_tree)99, ".", &directory),
			 -EINVAL);
	ck_assert_ptr_eq(directory, nothing);
	tear_down();
}
END_TEST

/* --- reads, writes, and the kernel ------------------------------------------------------------ */

START_TEST(files_are_below_the_root_of_their_tree)
{
	char text[64];
	struct stat status;

	set_up();
	fake_text(&root, "etc", "a", "one\ntwo\n\n");
	ck_assert_int_eq(host_table.read_at(&pf, VIOD_TREE_ETC, "/a", text, sizeof(text)), 0);
	ck_assert_str_eq(text, "one\ntwo");
	ck_assert_int_eq(host_table.read_at(&pf, VIOD_TREE_ETC, "a", text, 4), -EMSGSIZE);
	ck_assert_int_eq(host_table.read_at(&pf, VIOD_TREE_ETC, "b", text, sizeof(text)), -ENOENT);
	ck_assert_int_eq(host_table.write_at(&pf, VIOD_TREE_ETC, "//a", "2"), 0);
	ck_assert_int_eq(host_table.read_at(&pf, VIOD_TREE_ETC, "a", text, sizeof(text)), 0);
	ck_assert_int_eq(text[0], '2');
	ck_assert_int_eq(host_table.write_at(&pf, VIOD_TREE_ETC, "b", "2"), -ENOENT);
	ck_assert_int_eq(host_table.stat_at(&pf, VIOD_TREE_ETC, "a", &status), 0);
	ck_assert(S_ISREG(status.st_mode));
	ck_assert_int_eq(host_table.stat_at(&pf, VIOD_TREE_ETC, "b", &status), -ENOENT);
	fake_link(&root, "etc/link", "../up/down");
	ck_assert_int_eq(host_table.link_at(&pf, VIOD_TREE_ETC, "link", text, sizeof(text)), 0);
	ck_assert_str_eq(text, "down");
	ck_assert_int_eq(host_table.link_at(&pf, VIOD_TREE_ETC, "link", text, 4), -EMSGSIZE);
	ck_assert_int_eq(host_table.link_at(&pf, VIOD_TREE_ETC, "a", text, sizeof(text)), -EINVAL);
	ck_assert_int_eq(host_table.read_at(&pf, (enum viod_tree)99, "a", text, 4), -EINVAL);
	ck_assert_int_eq(host_table.write_at(&pf, (enum viod_tree)99, "a", ""), -EINVAL);
	tear_down();
}
END_TEST

/* A write that waits, as one to driver/unbind of a held function does: here for who reads. */
static void write_and_wait(void)
{
	_exit(host_table.write_at(&pf, VIOD_TREE_ETC, "pipe", "x") == 0 ? 0 : 1);
}

START_TEST(a_write_that_waits_is_inside_the_kernel)
{
	struct progress *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
				       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	uint64_t patience = now_usec() + 10000000;
	int status, fd;
	pid_t child;

	ck_assert_ptr_ne(shared, MAP_FAILED);
	set_up();
	ck_assert_int_eq(mkfifoat(root.fd, "etc/pipe", 0600), 0);
	pf.progress = shared;
	child = fork();
	if (child == 0)
		write_and_wait();
	while (!shared->in_kernel && now_usec() < patience)
		sched_yield();
	ck_assert(shared->in_kernel);
	fd = openat(root.fd, "etc/pipe", O_RDONLY | O_CLOEXEC);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	ck_assert(!shared->in_kernel);
	close(fd);
	tear_down();
}
END_TEST

START_TEST(being_inside_the_kernel_nests)
{
	set_up();
	host_table.kernel_enter(&pf);
	fake_text(&root, "etc", "a", "1\n");
	ck_assert_int_eq(host_table.write_at(&pf, VIOD_TREE_ETC, "a", "2"), 0);
	ck_assert(pf.progress->in_kernel);
	host_table.kernel_leave(&pf);
	ck_assert(!pf.progress->in_kernel);
	host_table.kernel_leave(&pf);
	host_table.kernel_enter(&pf);
	ck_assert(pf.progress->in_kernel);
	tear_down();
}
END_TEST

/* --- what plugins have to say ---------------------------------------------------------------- */

START_TEST(facts_have_topics)
{
	json_t *facts;

	set_up();
	ck_assert_int_eq(host_table.publish(&pf, "profiles", "A-1Q", "id", "710"), 0);
	ck_assert_int_eq(host_table.publish(&pf, "profiles", "A-1Q", "id", "711"), 0);
	ck_assert_int_eq(host_table.publish(&pf, "profiles", "A-2Q", "id", "712"), 0);
	ck_assert_int_eq(host_table.publish(&pf, "profiles", "A-2Q", "id", "\xff"), -EINVAL);
	facts = json_pack("{s:{s:{s:s}, s:{s:s}}}", "profiles", "A-1Q", "id", "711", "A-2Q", "id",
			  "712");
	ck_assert(json_equal(pf.facts, facts));
	json_decref(facts);
	tear_down();
}
END_TEST

START_TEST(a_holder_that_is_waited_for_is_named_once)
{
	const struct viod_holder holder = { .pid = 12, .process = "qemu", .what = "/dev/vfio/3" };
	_cleanup_free_ char *text = NULL;

	set_up();
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(host_table.blocked_by(&pf, VIOD_PF, &holder), 0);
	ck_assert_uint_eq(pf.blocked_by->count, 1);
	assert_diag_count(&pf.diags, 1);
	text = diag_text(&pf.diags.items[0]);
	ck_assert_str_eq(text, "waiting for qemu (pid 12): /dev/vfio/3");
	holders_free(pf.blocked_by, 0);
	tear_down();
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_directory_is_below_the_root_of_its_tree,
		no_path_and_a_slash_are_the_root_itself,
		what_is_no_directory_opens_nothing,
		files_are_below_the_root_of_their_tree,
		a_write_that_waits_is_inside_the_kernel,
		being_inside_the_kernel_nests,
		facts_have_topics,
		a_holder_that_is_waited_for_is_named_once,
	};

	return run_tests("host", tests, ARRAY_SIZE(tests));
}
