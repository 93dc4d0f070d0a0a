/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The way to a controller: its node, whether the host uses a namespace, and lists of more than one
 * page. */
#include <errno.h>
#include <linux/nvme_ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "../pluginbench.h"

#include "../../../plugins/dev/dev-nvme/nvme.h"

#define NVME "sys/bus/pci/devices/" FAKE_PF "/nvme"

/* A PF without schema: nothing here looks at values. */
static void machine(struct bench *b)
{
	bench_machine(b, 1);
	ck_assert_int_eq(device_open(&b->roots, &b->loader, FAKE_PF, &b->pf), 0);
	b->pf.progress = &b->pf.own_progress;
}

/* --- the node -------------------------------------------------------------------------------- */

START_TEST(the_node_of_the_controller)
{
	/* Namespaces, paths of multipath, and what is no controller at all. */
	static const char *const others[] = { "nvme3n1", "nvme3c3n1", "nvme", "nvme1234567", "x3" };
	struct bench b;
	int fd;

	machine(&b);
	ck_assert_int_eq(nvme_open(&b.pf), -ENODEV);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		char path[128];

		snprintf(path, sizeof(path), NVME "/%s", others[i]);
		fake_directory(&b.root, path);
		fake_text(&b.root, path, "dev", "1:3\n");
		snprintf(path, sizeof(path), "dev/%s", others[i]);
		ck_assert_int_eq(mknodat(b.root.fd, path, S_IFCHR | 0600, makedev(1, 3)), 0);
	}
	ck_assert_int_eq(nvme_open(&b.pf), -ENODEV);
	fake_directory(&b.root, NVME "/nvme3");
	fake_text(&b.root, NVME "/nvme3", "dev", "1:3\n");
	ck_assert_int_eq(nvme_open(&b.pf), -ENOENT);
	ck_assert_int_eq(mknodat(b.root.fd, "dev/nvme3", S_IFCHR | 0600, makedev(1, 3)), 0);
	fd = nvme_open(&b.pf);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	close(fd);
	/* A node that another device left behind. */
	fake_text(&b.root, NVME "/nvme3", "dev", "1:5\n");
	ck_assert_int_eq(nvme_open(&b.pf), -ENXIO);
	fake_text(&b.root, NVME "/nvme3", "dev", "nonsense\n");
	ck_assert_int_eq(nvme_open(&b.pf), -EBADMSG);
	ck_assert_int_eq(unlinkat(b.root.fd, NVME "/nvme3/dev", 0), 0);
	ck_assert_int_eq(nvme_open(&b.pf), -ENOENT);
	fake_text(&b.root, NVME "/nvme3", "dev", "0:0\n");
	ck_assert_int_eq(unlinkat(b.root.fd, "dev/nvme3", 0), 0);
	root_write(&b.root, "dev/nvme3", "a file");
	ck_assert_int_eq(nvme_open(&b.pf), -ENXIO);
	bench_clear(&b);
}
END_TEST

/* The null device knows no command of NVMe: its answer, and nothing else, is what is returned. */
START_TEST(the_answer_of_the_kernel)
{
	uint8_t data[NVME_IDENTIFY_SIZE];
	struct nvme_device device;
	struct bench b;

	machine(&b);
	device = (struct nvme_device){ .pf = &b.pf, .fd = open("/dev/null", O_RDONLY | O_CLOEXEC) };
	memset(data, 1, sizeof(data));
	ck_assert_int_eq(nvme_identify(&device, NVME_CNS_CONTROLLER, 0, 0, data), -ENOTTY);
	ck_assert(!b.pf.progress->in_kernel);
	ck_assert_uint_eq(data[0], 0);
	ck_assert_uint_eq(data[sizeof(data) - 1], 0);
	close(device.fd);
	bench_clear(&b);
}
END_TEST

/* --- whether the host uses a namespace ------------------------------------------------------- */

static char opened[64];
static int flags_of_open, open_error;

static int open_at(struct viod_pf *pf, enum viod_tree tree, const char *path, int flags)
{
	snprintf(opened, sizeof(opened), "%s", path);
	flags_of_open = flags;
	return open_error ? open_error : open("/dev/null", O_RDONLY | O_CLOEXEC);
}

START_TEST(a_namespace_that_the_host_has_mounted)
{
	struct viod_host host;
	char name[32];
	struct bench b;

	machine(&b);
	host = host_table;
	host.open_at = open_at;
	viod_host = &host;
	ck_assert_int_eq(nvme_in_use(&b.pf, 7, name, sizeof(name)), 0);
	ck_assert_str_eq(opened, "");
	fake_directory(&b.root, NVME "/nvme3/nvme3n1");
	fake_text(&b.root, NVME "/nvme3/nvme3n1", "nsid", "7\n");
	fake_directory(&b.root, NVME "/nvme3/nvme2c3n4");
	fake_text(&b.root, NVME "/nvme3/nvme2c3n4", "nsid", "9\n");
	fake_directory(&b.root, NVME "/nvme3/nvme3n5p1");
	fake_text(&b.root, NVME "/nvme3/nvme3n5p1", "nsid", "11\n");
	fake_directory(&b.root, NVME "/other/nvme3n6");
	fake_text(&b.root, NVME "/other/nvme3n6", "nsid", "12\n");
	ck_assert_int_eq(nvme_in_use(&b.pf, 7, name, sizeof(name)), 0);
	ck_assert_str_eq(opened, "nvme3n1");
	ck_assert_str_eq(name, "nvme3n1");
	ck_assert(flags_of_open & O_EXCL);
	open_error = -EBUSY;
	ck_assert_int_eq(nvme_in_use(&b.pf, 7, name, sizeof(name)), 1);
	/* A path of the head that multipath makes. */
	ck_assert_int_eq(nvme_in_use(&b.pf, 9, name, sizeof(name)), 1);
	ck_assert_str_eq(name, "nvme2n4");
	/* An error is no answer. */
	open_error = -EACCES;
	ck_assert_int_eq(nvme_in_use(&b.pf, 7, name, sizeof(name)), -EACCES);
	open_error = -EBUSY;
	ck_assert_int_eq(nvme_in_use(&b.pf, 8, name, sizeof(name)), 0);
	ck_assert_int_eq(nvme_in_use(&b.pf, 11, name, sizeof(name)), 0);
	ck_assert_int_eq(nvme_in_use(&b.pf, 12, name, sizeof(name)), 0);
	bench_clear(&b);
}
END_TEST

/* --- lists ----------------------------------------------------------------------------------- */

#define CONTROLLERS 200
#define NAMESPACES 1500

static struct {
	unsigned pages_of_secondaries, pages_of_namespaces;
	bool repeats, beyond;
	int error;
} gate;

static void put16(uint8_t *data, unsigned value)
{
	data[0] = (uint8_t)value;
	data[1] = (uint8_t)(value >> 8);
}

static int reach(struct viod_pf *pf)
{
	return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

/* Secondary controller 10 + i is the one of VF i. */
static void answer_secondaries(uint8_t *data, unsigned from)
{
	unsigned first = gate.repeats || from < 10 ? 0 : from - 10;

	gate.pages_of_secondaries++;
	for (unsigned i = first; i < CONTROLLERS && data[0] < NVME_SECONDARIES_MAX; i++) {
		uint8_t *entry = data + 32 + data[0]++ * 32;

		put16(entry, 10 + i);
		put16(entry + 8, gate.beyond ? NVME_VFS_MAX + 1 : i + 1);
		put16(entry + 10, i);
		put16(entry + 12, i / 2);
	}
}

static void answer_namespaces(uint8_t *data, unsigned after)
{
	unsigned first = gate.repeats ? 0 : after;

	gate.pages_of_namespaces++;
	for (unsigned n = 0; n < NVME_NAMESPACES_MAX && first + n < NAMESPACES; n++)
		put16(data + 4 * n, first + n + 1);
}

static int answer(struct viod_pf *pf, int fd, struct nvme_passthru_cmd *command)
{
	uint8_t *data = (uint8_t *)(uintptr_t)command->addr;

	switch (command->cdw10 & 0xff) {
	case NVME_CNS_CONTROLLER:
		put16(data + 256, 1 << 3 | 1 << 7);
		break;
	case NVME_CNS_PRIMARY:
		put16(data, 1);
		data[4] = 3;
		put16(data + 32, 1000);
		put16(data + 64, 1000);
		break;
	case NVME_CNS_SECONDARIES:
		if (gate.error)
			return gate.error;
		answer_secondaries(data, command->cdw10 >> 16);
		break;
	case NVME_CNS_ALLOCATED_NAMESPACES:
		answer_namespaces(data, command->nsid);
		break;
	default:
		/* Namespace n is attached to the VF before it, and the first to the host as well.
		 */
		put16(data, command->nsid == 1 ? 2 : 1);
		put16(data + 2, command->nsid == 1 ? 1 : 8 + command->nsid);
		put16(data + 4, 10);
	}
	return 0;
}

START_TEST(lists_of_more_than_one_page)
{
	const struct nvme_gate before = nvme_gate;
	struct nvme_device device;
	struct nvme_wish wish;
	struct bench b;

	machine(&b);
	memset(&gate, 0, sizeof(gate));
	nvme_gate = (struct nvme_gate){ .reach = reach, .submit = answer };
	ck_assert_int_eq(nvme_look(&b.pf, &device), 0);
	ck_assert_uint_eq(gate.pages_of_secondaries, 2);
	ck_assert_uint_eq(gate.pages_of_namespaces, 2);
	ck_assert_uint_eq(device.n_vfs, CONTROLLERS);
	for (unsigned i = 0; i < CONTROLLERS; i++) {
		ck_assert_uint_eq(nvme_vf_of(&device, i)->controller, 10 + i);
		ck_assert_uint_eq(nvme_vf_of(&device, i)->queues, i);
	}
	ck_assert_ptr_null(nvme_vf_of(&device, CONTROLLERS));
	ck_assert_uint_eq(device.n_nsids, NAMESPACES);
	for (unsigned i = 0; i < NAMESPACES; i++)
		ck_assert_uint_eq(device.nsids[i], i + 1);
	ck_assert(nvme_is_shared(&device, 1) && !nvme_is_shared(&device, 2));
	nvme_wish_of(&device, 0, &wish);
	ck_assert_uint_eq(wish.n_nsids, 2);
	ck_assert_uint_eq(wish.nsids[0], 1);
	ck_assert_uint_eq(wish.nsids[1], 2);
	nvme_wish_of(&device, 5, &wish);
	ck_assert_uint_eq(wish.n_nsids, 1);
	ck_assert_uint_eq(wish.nsids[0], 7);
	nvme_device_clear(&device);
	ck_assert_int_eq(nvme_look_at_vfs(&b.pf, &device), 0);
	ck_assert_uint_eq(device.n_nsids, 0);
	nvme_device_clear(&device);
	nvme_gate = before;
	bench_clear(&b);
}
END_TEST

/* A controller that repeats itself must not be asked for ever. */
START_TEST(lists_that_cannot_be)
{
	const struct nvme_gate before = nvme_gate;
	struct nvme_device device;
	struct bench b;

	machine(&b);
	nvme_gate = (struct nvme_gate){ .reach = reach, .submit = answer };
	memset(&gate, 0, sizeof(gate));
	gate.repeats = true;
	ck_assert_int_eq(nvme_look(&b.pf, &device), -EBADMSG);
	ck_assert_int_eq(device.fd, -1);
	memset(&gate, 0, sizeof(gate));
	gate.beyond = true;
	ck_assert_int_eq(nvme_look(&b.pf, &device), -EBADMSG);
	memset(&gate, 0, sizeof(gate));
	gate.error = -EIO;
	ck_assert_int_eq(nvme_look(&b.pf, &device), -EIO);
	/* Its own statuses are errors, too. */
	gate.error = 0x11f;
	ck_assert_int_eq(nvme_look(&b.pf, &device), -ENODEV);
	nvme_gate = before;
	bench_clear(&b);
}
END_TEST

START_TEST(statuses_of_a_controller)
{
	ck_assert_int_eq(nvme_status_errno(0), 0);
	ck_assert_int_eq(nvme_status_errno(-EIO), -EIO);
	ck_assert_int_eq(nvme_status_errno(0x115), -ENOSPC);
	/* "Do not retry" and "more" are no part of the code. */
	ck_assert_int_eq(nvme_status_errno(0x4000 | 0x2000 | 0x120), -EBUSY);
	ck_assert_int_eq(nvme_status_errno(0x7ff), -EIO);
	ck_assert_str_eq(nvme_status_text(-ENOMEM), strerror(ENOMEM));
	ck_assert_str_eq(nvme_status_text(0x4000 | 0x00b), "there is no such namespace");
	ck_assert_str_eq(nvme_status_text(0x7ff), "the controller refuses it");
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		the_answer_of_the_kernel,
		a_namespace_that_the_host_has_mounted,
		lists_of_more_than_one_page,
		lists_that_cannot_be,
		statuses_of_a_controller,
		/* Only root makes nodes. */
		the_node_of_the_controller,
	};

	return run_tests("nvme-gate", tests, ARRAY_SIZE(tests) - left_out_unless_root(1));
}
