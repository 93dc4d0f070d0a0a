/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Open files without a node, in the real /proc; and the texts of /proc. */
#include "device/processes.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/eventfd.h>

#include "../fakesys.h"

/* An eventfd plays a device's descriptor; its count plays the address. */
static const struct viod_open_file eventfds[] = {
	{ "anon_inode:[eventfd]", "eventfd-count:", "an eventfd" },
	{ NULL, NULL, NULL },
};
static const struct viod_open_file *const known[] = { eventfds, NULL };

static bool has_object(const struct roots *roots, const char *address)
{
	struct processes *processes;
	bool found = false;

	ck_assert_int_eq(processes_read(roots, known, &processes), 0);
	for (size_t i = 0; i < processes->n_objects; i++)
		found = found || (processes->objects[i].pid == getpid() &&
				  streq(processes->objects[i].address, address));
	processes_free(processes);
	return found;
}

START_TEST(a_descriptor_names_its_function)
{
	struct root root;
	struct roots roots;
	int fd;

	fake_machine(&root, &roots, 0);
	ck_assert(!has_object(&roots, "7b"));
	fd = eventfd(0x7b, EFD_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	ck_assert(has_object(&roots, "7b"));
	close(fd);
	ck_assert(!has_object(&roots, "7b"));
	fake_clear(&root, &roots);
}
END_TEST

/* Locks are listed before the driver's lines, as many as the process wants. */
START_TEST(locks_do_not_hide_a_descriptor)
{
	int fd = eventfd(0x7c, EFD_CLOEXEC);
	struct root root;
	struct roots roots;

	ck_assert_int_ge(fd, 0);
	fake_machine(&root, &roots, 0);
	for (int i = 0; i < 200; i++) {
		struct flock lock = { .l_type = F_WRLCK, .l_start = i * 2, .l_len = 1 };

		ck_assert_int_eq(fcntl(fd, F_OFD_SETLK, &lock), 0);
	}
	ck_assert(has_object(&roots, "7c"));
	close(fd);
	fake_clear(&root, &roots);
}
END_TEST

START_TEST(texts_of_proc)
{
	char unit[64], address[16];
	unsigned flags;
	struct {
		char cgroup[128];
		const char *unit;
	} cgroups[] = {
		{ "0::/system.slice/ssh.service\n", "ssh.service" },
		{ "0::/machine.slice/a.scope/libvirt/emulator\n", "a.scope" },
		{ "12:cpu:/x.service\n0::/user.slice/user-0.slice/user@0.service/app.slice/b.service\n",
		  "b.service" },
		{ "0::/\n", "" },
		{ "", "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cgroups); i++) {
		process_unit_of(cgroups[i].cgroup, unit, sizeof(unit));
		ck_assert_str_eq(unit, cgroups[i].unit);
	}
	ck_assert_int_eq(process_flags_of("pos:\t0\nflags:\t012100000\nmnt_id:\t9\n", &flags), 0);
	ck_assert_uint_eq(flags, 012100000);
	ck_assert_int_eq(process_flags_of("pos:\t0\n", &flags), -ENOENT);
	ck_assert_int_eq(process_flags_of("flags:\tx\n", &flags), -ENOENT);
	ck_assert_int_eq(process_flags_of("noflags:\t2\n", &flags), -ENOENT);
	ck_assert_int_eq(process_address_of("pos:\t0\nat: /sys/a/0000:01:10.1\nx: /y\n",
					    "at:", address, sizeof(address)),
			 0);
	ck_assert_str_eq(address, "0000:01:10.1");
	ck_assert_int_eq(
		process_address_of("at: /x/0123456789abcdef\n", "at:", address, sizeof(address)),
		-EMSGSIZE);
	ck_assert_int_eq(process_address_of("that: /x\n", "at:", address, sizeof(address)),
			 -ENOENT);
}
END_TEST

static int of_host(const struct root *root, const char *target)
{
	struct roots roots;
	int r;

	(void)unlinkat(root->fd, "proc/1/ns/pid", 0);
	if (target)
		fake_link(root, "proc/1/ns/pid", target);
	ck_assert_int_eq(roots_open(root->path, &roots), 0);
	r = processes_are_of_host(&roots);
	roots_close(&roots);
	return r;
}

START_TEST(a_container_shows_its_own_processes_only)
{
	struct root root;
	struct roots roots;

	fake_machine(&root, &roots, 0);
	ck_assert_int_eq(unlinkat(root.fd, "proc", 0), 0);
	fake_directory(&root, "proc/1/ns");
	ck_assert_int_eq(of_host(&root, "pid:[4026531836]"), 1);
	ck_assert_int_eq(of_host(&root, "pid:[4026532836]"), 0);
	ck_assert_int_eq(of_host(&root, NULL), 1);
	fake_clear(&root, &roots);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_descriptor_names_its_function,
		locks_do_not_hide_a_descriptor,
		texts_of_proc,
		a_container_shows_its_own_processes_only,
	};

	return run_tests("processes", tests, ARRAY_SIZE(tests));
}
