/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The process that has a VF's nodes open: this one, through the real /proc. */
#include "device/holders.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

#include "../fakesys.h"
#include "device/holders-system.h"
#include "kernel/route.h"
#include "plan/host-table.h"
#include "sriov/sriov.h"

/* What the kernel answers to an open() of the group's node, and how often /proc was read. */
static int group_error;
static unsigned passes;

int openat(int directory, const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list arguments;

	va_start(arguments, flags);
	if (flags & (O_CREAT | __O_TMPFILE))
		mode = va_arg(arguments, mode_t);
	va_end(arguments);
	if (group_error && streq(path, "vfio/12")) {
		errno = group_error;
		return -1;
	}
	passes += streq(path, ".");
	return (int)syscall(SYS_openat, directory, path, flags, mode);
}

struct place {
	struct root root;
	struct roots roots;
	struct loader *loader;
	struct viod_pf pf;
};

static struct loader *load(char *const *names)
{
	_cleanup_diags_ struct diag_list diags = { 0 };
	const struct loader_choice choice = { .names = (const char *const *)names };
	struct loader *loader = NULL;
	char directory[256];

	snprintf(directory, sizeof(directory), "%s/plugins", getenv("VIOD_TEST_BUILD"));
	ck_assert_int_eq(loader_new(directory, names ? &choice : NULL, &sriov_plugin, &host_table,
				    &diags, &loader),
			 0);
	ck_assert_uint_eq(diag_errors(&diags), 0);
	return loader;
}

/* /dev/full (1:7) plays a node of VF 1. */
static void place_new(struct place *place)
{
	static char *const none[] = { NULL };

	*place = (struct place){ .loader = load(none) };
	fake_machine(&place->root, &place->roots, 2);
	fake_directory(&place->root, "sys/devices/pci0000:00/0000:01:10.1/misc/full");
	fake_text(&place->root, "sys/devices/pci0000:00/0000:01:10.1/misc/full", "uevent",
		  "MAJOR=1\nMINOR=7\nDEVNAME=full\n");
	fake_link(&place->root, "sys/dev/char/1:7",
		  "../../devices/pci0000:00/0000:01:10.1/misc/full");
	ck_assert_int_eq(device_open(&place->roots, place->loader, FAKE_PF, &place->pf), 0);
}

static void place_clear(struct place *place)
{
	device_close(&place->pf);
	loader_free(place->loader);
	fake_clear(&place->root, &place->roots);
}

/* Look again, with these plugins, after the machine was changed. */
static void place_reopen(struct place *place, char *const *names)
{
	device_close(&place->pf);
	loader_free(place->loader);
	place->loader = load(names);
	ck_assert_int_eq(device_open(&place->roots, place->loader, FAKE_PF, &place->pf), 0);
}

START_TEST(nodes_are_found_by_their_place_in_sysfs)
{
	struct device_nodes table;
	struct place place;

	place_new(&place);
	ck_assert_int_eq(device_nodes_find(&place.pf, VIOD_PF, INT_MAX, &table), 0);
	ck_assert_uint_eq(table.count, 1);
	ck_assert_int_eq(table.items[0].vf, 1);
	ck_assert_str_eq(table.items[0].path, "/dev/full");
	ck_assert_uint_eq(table.items[0].flags, 0);
	device_nodes_clear(&table);
	place_clear(&place);
}
END_TEST

START_TEST(an_open_node_is_a_holder_until_it_is_closed)
{
	struct viod_holders *holders;
	struct place place;
	char text[256], pid[32];
	int fd;

	place_new(&place);
	fd = open("/dev/full", O_RDONLY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(holders_find(&place.pf, &holders), 0);
	ck_assert_uint_eq(holders[0].count, 0);
	ck_assert_uint_ge(holders[1].count, 1);
	ck_assert_int_eq(holders[1].items[0].pid, getpid());
	holder_text(&holders[1].items[0], text, sizeof(text));
	snprintf(pid, sizeof(pid), "(pid %d", (int)getpid());
	ck_assert_ptr_nonnull(strstr(text, pid));
	ck_assert_ptr_nonnull(strstr(text, "/dev/full"));
	holders_free(holders, place.pf.n_vfs);
	close(fd);
	ck_assert_int_eq(holders_find(&place.pf, &holders), 0);
	ck_assert_uint_eq(holders[1].count, 0);
	holders_free(holders, place.pf.n_vfs);
	place_clear(&place);
}
END_TEST

static int cannot_tell(struct viod_pf *pf, int vf, struct viod_holders *holders)
{
	return vf == 0 ? -EIO : 0;
}

START_TEST(unknown_counts_as_held)
{
	static const struct viod_ops ops = { .size = sizeof(ops), .holders = cannot_tell };
	static const struct viod_plugin plugin = { .name = "blind", .kind = "blind", .ops = &ops };
	const struct viod_plugin *plugins[] = { &plugin };
	_cleanup_diags_ struct diag_list diags = { 0 };
	struct viod_holders *holders;
	struct schema *schema;
	struct place place;

	place_new(&place);
	ck_assert_int_eq(schema_new("blind", plugins, 1, &diags, &schema), 0);
	place.pf.schema = schema;
	ck_assert_int_eq(holders_find(&place.pf, &holders), 0);
	ck_assert_uint_eq(holders[0].count, 1);
	ck_assert_ptr_nonnull(strstr(holders[0].items[0].what, "blind"));
	ck_assert_uint_eq(holders[1].count, 0);
	holders_free(holders, place.pf.n_vfs);
	schema_free(schema);
	place_clear(&place);
}
END_TEST

START_TEST(without_proc_nothing_is_known)
{
	struct viod_holders *holders;
	struct place place;

	place_new(&place);
	close(place.roots.trees[VIOD_TREE_PROC]);
	place.roots.trees[VIOD_TREE_PROC] = -1;
	ck_assert_int_lt(holders_find(&place.pf, &holders), 0);
	place_clear(&place);
}
END_TEST

/* The kernel removes the links between PF and VF before it waits for the VF's user. */
START_TEST(a_vf_that_is_being_removed_still_has_holders)
{
	static const char *const addresses[] = { "0000:01:10.0", "0000:01:10.1" };
	struct viod_holders *holders;
	struct place place;
	int fd;

	place_new(&place);
	fd = open("/dev/full", O_RDONLY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	for (unsigned i = 0; i < 2; i++) {
		char link[96];

		snprintf(link, sizeof(link), "sys/bus/pci/devices/" FAKE_PF "/virtfn%u", i);
		ck_assert_int_eq(unlinkat(place.root.fd, link, 0), 0);
	}
	ck_assert_int_eq(device_scan_vfs(&place.pf), 0);
	ck_assert_uint_eq(place.pf.n_vfs, 0);
	ck_assert_int_eq(device_recall_vfs(&place.pf, addresses, 2), 0);
	ck_assert_str_eq(device_function(&place.pf, 1)->address, "0000:01:10.1");
	ck_assert_int_eq(holders_find(&place.pf, &holders), 0);
	ck_assert_uint_eq(holders[0].count, 0);
	ck_assert_uint_ge(holders[1].count, 1);
	ck_assert_int_eq(holders[1].items[0].pid, getpid());
	holders_free(holders, place.pf.n_vfs);
	close(fd);
	place_clear(&place);
}
END_TEST

START_TEST(the_same_holder_counts_once)
{
	struct viod_holders holders = { 0 };
	struct viod_holder one = { .pid = 7, .what = "/dev/vfio/1" };

	ck_assert_int_eq(holders_add(&holders, &one), 0);
	ck_assert_int_eq(holders_add(&holders, &one), 0);
	ck_assert_uint_eq(holders.count, 1);
	one.pid = 8;
	ck_assert_int_eq(holders_add(&holders, &one), 0);
	ck_assert_uint_eq(holders.count, 2);
	holders_clear(&holders);
}
END_TEST

START_TEST(holders_block_what_their_flags_say)
{
	const struct viod_holder address = { .what = "an address", .flags = VIOD_HOLDER_REMOVAL },
				 again = { .what = "an address" },
				 other = { .what = "a bridge", .flags = VIOD_HOLDER_YIELDS };
	struct viod_holders holders = { 0 };

	ck_assert(!holders_object(&holders, 0));
	ck_assert_int_eq(holders_add(&holders, &address), 0);
	ck_assert(holders_object(&holders, 0));
	ck_assert(holders_object(&holders, VIOD_HOLDER_YIELDS));
	ck_assert(!holders_object(&holders, VIOD_HOLDER_REMOVAL));
	/* Who is in the way of everything for one reason is so whatever the others are. */
	ck_assert_int_eq(holders_add(&holders, &again), 0);
	ck_assert_uint_eq(holders.count, 1);
	ck_assert(holders_object(&holders, VIOD_HOLDER_REMOVAL));
	ck_assert_int_eq(holders_add(&holders, &other), 0);
	ck_assert_uint_eq(holders.count, 2);
	holders_clear(&holders);
}
END_TEST

static void add_block(struct place *place, const char *directory, const char *number,
		      const char *name)
{
	char path[192], text[96], target[192];

	snprintf(path, sizeof(path), "sys/devices/%s", directory);
	fake_directory(&place->root, path);
	snprintf(text, sizeof(text), "DEVNAME=%s\n", name);
	fake_text(&place->root, path, "uevent", text);
	snprintf(text, sizeof(text), "%s\n", number);
	fake_text(&place->root, path, "dev", text);
	snprintf(path, sizeof(path), "sys/dev/block/%s", number);
	snprintf(target, sizeof(target), "../../devices/%s", directory);
	fake_link(&place->root, path, target);
	fake_directory(&place->root, "sys/class/block");
	snprintf(path, sizeof(path), "sys/class/block/%s", name);
	fake_link(&place->root, path, target);
}

static bool has_node(const struct device_nodes *table, int vf, const char *path)
{
	for (size_t i = 0; i < table->count; i++)
		if (table->items[i].vf == vf && streq(table->items[i].path, path))
			return true;
	return false;
}

/* Of a multipath disk only the paths are children of the function; the device on top of them is
 * not. */
START_TEST(a_disk_is_its_functions_however_it_is_reached)
{
	const char *vf = "sys/bus/pci/devices/0000:01:10.1";
	struct device_nodes table;
	struct place place;

	place_new(&place);
	fake_text(&place.root, vf, "class", "0x010802\n");
	fake_directory(&place.root, "sys/bus/pci/devices/0000:01:10.1/nvme/nvme1/nvme0c1n2");
	add_block(&place, "virtual/nvme-subsystem/nvme-subsys0/nvme0n2", "259:3", "nvme0n2");
	add_block(&place, "virtual/nvme-subsystem/nvme-subsys0/nvme0n2/nvme0n2p1", "259:4",
		  "nvme0n2p1");
	add_block(&place, "virtual/nvme-subsystem/nvme-subsys0/nvme0n21", "259:5", "nvme0n21");
	add_block(&place, "virtual/block/dm-3", "254:3", "dm-3");
	fake_directory(&place.root,
		       "sys/devices/virtual/nvme-subsystem/nvme-subsys0/nvme0n2/nvme0n2p1/holders");
	fake_link(&place.root,
		  "sys/devices/virtual/nvme-subsystem/nvme-subsys0/nvme0n2/nvme0n2p1/holders/dm-3",
		  "../../../../../block/dm-3");
	place_reopen(&place, NULL);
	ck_assert_int_eq(device_nodes_find(&place.pf, VIOD_PF, INT_MAX, &table), 0);
	ck_assert(has_node(&table, 1, "/dev/nvme0n2"));
	ck_assert(has_node(&table, 1, "/dev/nvme0n2p1"));
	ck_assert(has_node(&table, 1, "/dev/dm-3"));
	ck_assert(!has_node(&table, 1, "/dev/nvme0n21"));
	device_nodes_clear(&table);
	place_clear(&place);
}
END_TEST

/* What the holder says, where there is one and no other. */
static const char *only_holder(const struct viod_holders *holders)
{
	ck_assert_uint_eq(holders->count, 1);
	return holders->items[0].what;
}

/* By its plugin, whatever the kind of the PF's file; or by core, where that plugin is not loaded.
 */
START_TEST(an_interface_elsewhere_is_a_holder)
{
	static char *const none[] = { NULL };
	struct viod_holders *holders;
	struct place place;

	place_new(&place);
	fake_directory(&place.root, "sys/class/net");
	fake_directory(&place.root, "sys/class/infiniband");
	fake_directory(&place.root, "sys/bus/pci/devices/0000:01:10.0/net");
	fake_directory(&place.root, "sys/bus/pci/devices/0000:01:10.1/infiniband");
	place_reopen(&place, NULL);
	ck_assert_int_eq(holders_find(&place.pf, &holders), 0);
	ck_assert_str_eq(only_holder(&holders[0]),
			 "another network namespace (its interface was moved there)");
	ck_assert_str_eq(only_holder(&holders[1]),
			 "another network namespace (its RDMA device was moved there)");
	ck_assert_uint_eq(holders[2].count, 0);
	holders_free(holders, place.pf.n_vfs);
	place_reopen(&place, none);
	ck_assert_int_eq(holders_find(&place.pf, &holders), 0);
	ck_assert_str_eq(only_holder(&holders[0]),
			 "another namespace (its device of class net was moved there)");
	ck_assert_str_eq(only_holder(&holders[1]),
			 "another namespace (its device of class infiniband was moved there)");
	holders_free(holders, place.pf.n_vfs);
	place_clear(&place);
}
END_TEST

START_TEST(the_pf_has_holders_of_its_own)
{
	struct viod_holders *holders;
	struct viod_holder holder;
	struct place place;

	place_new(&place);
	fake_directory(&place.root, "sys/bus/pci/devices/" FAKE_PF "/net");
	place_reopen(&place, NULL);
	ck_assert_int_eq(holders_find(&place.pf, &holders), 0);
	ck_assert_ptr_nonnull(strstr(only_holder(&holders[2]), "its interface was moved there"));
	ck_assert_uint_eq(holders[2].items[0].flags, 0);
	holders_free(holders, place.pf.n_vfs);
	/* Asked about as another function, it is held by its VFs. */
	ck_assert_int_eq(holders_of_other(&place.pf, FAKE_PF, &holder), 1);
	ck_assert_str_eq(holder.what, "its 2 VFs");
	ck_assert_int_eq(holders_of_other(&place.pf, "0000:01:10.0", &holder), 0);
	fake_directory(&place.root, "sys/bus/pci/devices/0000:01:10.0/net");
	ck_assert_int_eq(holders_of_other(&place.pf, "0000:01:10.0", &holder), 1);
	ck_assert_ptr_nonnull(strstr(holder.what, "its interface was moved there"));
	ck_assert_int_eq(holders_of_other(&place.pf, "0000:01:11.0", &holder), -ENODEV);
	place_clear(&place);
}
END_TEST

/* The group of a VFIO device is no child of the function; /dev/full plays its node. */
START_TEST(a_vfio_group_is_a_node_of_each_function_in_it)
{
	struct viod_holders *holders;
	struct device_nodes table;
	struct place place;
	int fd;

	place_new(&place);
	ck_assert_int_eq(unlinkat(place.root.fd, "sys/dev/char/1:7", 0), 0);
	fake_directory(&place.root, "dev/vfio");
	fake_link(&place.root, "dev/vfio/12", "/dev/full");
	fake_directory(&place.root, "sys/kernel/iommu_groups/12");
	fake_link(&place.root, "sys/bus/pci/devices/0000:01:10.1/iommu_group",
		  "../../../../kernel/iommu_groups/12");
	fake_link(&place.root, "sys/bus/pci/devices/" FAKE_PF "/iommu_group",
		  "../../../../kernel/iommu_groups/12");
	place_reopen(&place, NULL);
	ck_assert_int_eq(device_nodes_find(&place.pf, VIOD_PF, INT_MAX, &table), 0);
	ck_assert_uint_eq(table.count, 2);
	ck_assert(has_node(&table, 1, "/dev/vfio/12"));
	ck_assert(has_node(&table, VIOD_PF, "/dev/vfio/12"));
	ck_assert_uint_eq(table.items[0].flags, VIOD_NODE_EXCLUSIVE | VIOD_NODE_DRIVES);
	device_nodes_clear(&table);
	fd = open("/dev/full", O_RDONLY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(holders_find(&place.pf, &holders), 0);
	ck_assert_uint_eq(holders[0].count, 0);
	ck_assert_int_eq(holders[1].items[0].pid, getpid());
	/* Who drives the PF itself is no matter of 'force'. */
	ck_assert_int_eq(holders[2].items[0].pid, getpid());
	ck_assert_uint_eq(holders[2].items[0].flags, 0);
	holders_free(holders, place.pf.n_vfs);
	close(fd);
	place_clear(&place);
}
END_TEST

START_TEST(who_has_a_node_open)
{
	struct viod_node node = { .path = "/dev/full", .device = makedev(1, 7) };
	struct viod_holder holder;
	struct place place;
	int fd;

	place_new(&place);
	ck_assert_int_eq(holders_of_node(&place.pf, &node, &holder), 0);
	fd = open("/dev/full", O_RDONLY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(holders_of_node(&place.pf, &node, &holder), 1);
	ck_assert_int_eq(holder.pid, getpid());
	ck_assert_str_eq(holder.what, "/dev/full");
	node.flags = VIOD_NODE_BLOCK;
	ck_assert_int_eq(holders_of_node(&place.pf, &node, &holder), 0);
	close(fd);
	close(place.roots.trees[VIOD_TREE_PROC]);
	place.roots.trees[VIOD_TREE_PROC] = -1;
	ck_assert_int_lt(holders_of_node(&place.pf, &node, &holder), 0);
	place_clear(&place);
}
END_TEST

START_TEST(mounts_and_swap_are_the_hosts_use_of_a_disk)
{
	const struct device_node *node;
	struct viod_holders holders = { 0 };
	struct device_nodes table;
	struct place place;

	place_new(&place);
	fake_proc(&place.root, &place.roots);
	add_block(&place, "pci0000:00/0000:01:10.0/nvme/nvme1/nvme1n1", "259:1", "nvme1n1");
	ck_assert_int_eq(device_nodes_find(&place.pf, VIOD_PF, INT_MAX, &table), 0);
	ck_assert(has_node(&table, 0, "/dev/nvme1n1"));
	node = table.items[0].flags & VIOD_NODE_BLOCK ? &table.items[0] : &table.items[1];
	fake_text(&place.root, "proc/1", "mountinfo",
		  "22 1 254:1 / / rw - ext4 /dev/vda1 rw\n"
		  "30 22 259:1 / /srv/data rw,relatime shared:9 - xfs /dev/nvme1n1 rw\n");
	ck_assert_int_eq(holders_check_disk(&place.pf, node, 0, &holders), 0);
	ck_assert_uint_eq(holders.count, 1);
	ck_assert_str_eq(holders.items[0].what, "the host: mounted at /srv/data");
	holders_clear(&holders);
	fake_text(&place.root, "proc/1", "mountinfo", "22 1 254:1 / / rw - ext4 /dev/vda1 rw\n");
	ck_assert_int_eq(holders_check_disk(&place.pf, node, 0, &holders), 0);
	ck_assert_uint_eq(holders.count, 0);
	device_nodes_clear(&table);
	place_clear(&place);
}
END_TEST

/* The routes of this machine play no part: a function of the library that a test defines itself is
 * not linked. */
static const int *route_indexes;
static int route_error;

int route_for_each_default(route_fn callback, void *userdata)
{
	int r = route_error;

	for (const int *index = route_indexes; index && *index && r == 0; index++)
		r = callback(userdata, *index);
	return r;
}

static size_t count_routes(struct place *place, const int *indexes)
{
	struct viod_holders holders = { 0 };
	size_t count;

	route_indexes = indexes;
	ck_assert_int_eq(holders_check_route(&place->pf, &holders), 0);
	route_indexes = NULL;
	count = holders.count;
	ck_assert(count == 0 || holders.items[0].flags == VIOD_HOLDER_YIELDS);
	holders_clear(&holders);
	return count;
}

START_TEST(the_default_route_may_go_over_a_bridge)
{
	struct viod_holders holders = { 0 };
	struct place place;

	place_new(&place);
	fake_directory(&place.root, "sys/bus/pci/devices/" FAKE_PF "/net/eno1");
	fake_directory(&place.root, "sys/class/net/eno1/upper_br0");
	fake_text(&place.root, "sys/class/net/eno1", "ifindex", "3\n");
	fake_text(&place.root, "sys/class/net/br0", "ifindex", "5\n");
	ck_assert_uint_eq(count_routes(&place, NULL), 0);
	ck_assert_uint_eq(count_routes(&place, (const int[]){ 3, 0 }), 1);
	ck_assert_uint_eq(count_routes(&place, (const int[]){ 2, 4, 0 }), 0);
	ck_assert_uint_eq(count_routes(&place, (const int[]){ 2, 5, 0 }), 1);
	route_error = -ETIMEDOUT;
	ck_assert_int_eq(holders_check_route(&place.pf, &holders), -ETIMEDOUT);
	route_error = 0;
	place_clear(&place);
}
END_TEST

/* Such a descriptor needs no permission on the node, so every user can have it. */
START_TEST(a_descriptor_that_cannot_be_used_is_no_holder)
{
	struct viod_holders *holders;
	struct place place;
	int path, real;

	place_new(&place);
	path = open("/dev/full", O_PATH | O_CLOEXEC);
	ck_assert_int_ge(path, 0);
	ck_assert_int_eq(holders_find(&place.pf, &holders), 0);
	ck_assert_uint_eq(holders[1].count, 0);
	holders_free(holders, place.pf.n_vfs);
	/* Behind it is one that can. Mode 3 allows neither to read nor to write, but ioctl(). */
	real = open("/dev/full", 3 | O_CLOEXEC);
	ck_assert_int_gt(real, path);
	place_reopen(&place, (char *[]){ NULL });
	ck_assert_int_eq(holders_find(&place.pf, &holders), 0);
	ck_assert_uint_eq(holders[1].count, 1);
	holders_free(holders, place.pf.n_vfs);
	close(real);
	close(path);
	place_clear(&place);
}
END_TEST

/* A name is any bytes, and is cut within a character. */
START_TEST(names_of_holders_are_printable)
{
	struct viod_holder odd = {
		.pid = 7, .process = "\xff\x1b[1m\nx", .unit = "\xc3", .what = "/dev/\x80"
	};
	struct viod_holders holders = { 0 };
	char text[256];

	ck_assert_int_eq(holders_add(&holders, &odd), 0);
	holder_text(&holders.items[0], text, sizeof(text));
	ck_assert_str_eq(text, "??[1m x (pid 7, ?): /dev/?");
	holders_clear(&holders);
}
END_TEST

/* /dev/full plays the node of the group of VF 1. */
static void place_with_group(struct place *place)
{
	place_new(place);
	ck_assert_int_eq(unlinkat(place->root.fd, "sys/dev/char/1:7", 0), 0);
	fake_directory(&place->root, "dev/vfio");
	fake_link(&place->root, "dev/vfio/12", "/dev/full");
	fake_directory(&place->root, "sys/kernel/iommu_groups/12");
	fake_link(&place->root, "sys/bus/pci/devices/0000:01:10.1/iommu_group",
		  "../../../../kernel/iommu_groups/12");
	place_reopen(place, NULL);
}

static size_t holders_of_vf(struct place *place, char *ret_what, size_t size)
{
	struct viod_holders *holders;
	size_t count;

	ck_assert_int_eq(holders_find_of(&place->pf, 1, &holders), 0);
	count = holders[1].count;
	if (count)
		snprintf(ret_what, size, "%s", holders[1].items[0].what);
	holders_free(holders, place->pf.n_vfs);
	return count;
}

/* A descriptor in the queue of a socket belongs to no process that /proc shows. */
START_TEST(the_kernel_knows_of_use_that_no_process_shows)
{
	struct place place;
	char what[96];

	place_with_group(&place);
	group_error = EBUSY;
	/* The question is asked before a disruptive write only. */
	ck_assert_uint_eq(holders_of_vf(&place, what, sizeof(what)), 0);
	place.pf.disrupts_vfs = true;
	ck_assert_uint_eq(holders_of_vf(&place, what, sizeof(what)), 1);
	ck_assert_str_eq(what, "a process that cannot be seen (/dev/vfio/12 is busy)");
	group_error = 0;
	ck_assert_uint_eq(holders_of_vf(&place, what, sizeof(what)), 0);
	place_clear(&place);
}
END_TEST

START_TEST(an_error_that_is_no_answer_counts_as_held)
{
	static const int unknown[] = { EPERM, EACCES, EMFILE, ENFILE, ENOMEM, EIO, EINTR };
	static const int absent[] = { ENOENT, ENODEV, ENXIO };
	struct place place;
	char what[96];

	place_with_group(&place);
	place.pf.disrupts_vfs = true;
	for (size_t i = 0; i < ARRAY_SIZE(unknown); i++) {
		group_error = unknown[i];
		ck_assert_uint_eq(holders_of_vf(&place, what, sizeof(what)), 1);
		ck_assert_ptr_nonnull(strstr(what, "an unknown process (/dev/vfio/12 reports: "));
	}
	for (size_t i = 0; i < ARRAY_SIZE(absent); i++) {
		group_error = absent[i];
		ck_assert_uint_eq(holders_of_vf(&place, what, sizeof(what)), 0);
	}
	group_error = 0;
	place_clear(&place);
}
END_TEST

START_TEST(one_pass_over_proc_serves_all_steps)
{
	char what[96];
	struct viod_holders *holders;
	struct place place;
	int fd;

	place_new(&place);
	place.pf.disrupts_vfs = true;
	passes = 0;
	for (unsigned i = 0; i < 50; i++)
		(void)holders_of_vf(&place, what, sizeof(what));
	ck_assert_uint_le(passes, 2);
	/* Who closes the node is no holder any more; a step for all VFs looks again. */
	fd = open("/dev/full", O_RDONLY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(holders_find(&place.pf, &holders), 0);
	ck_assert_uint_eq(holders[1].count, 1);
	holders_free(holders, place.pf.n_vfs);
	close(fd);
	ck_assert_uint_eq(holders_of_vf(&place, what, sizeof(what)), 0);
	place_clear(&place);
}
END_TEST

/* virtio0 is a child of the function, and the interface is a child of that. */
START_TEST(an_interface_of_virtio_is_one_folder_deeper)
{
	static char *const none[] = { NULL };
	const char *child = "sys/bus/pci/devices/0000:01:10.1/virtio3";
	struct viod_holders *holders;
	struct place place;

	place_new(&place);
	fake_directory(&place.root, "sys/class/net");
	fake_directory(&place.root, "sys/bus/pci/devices/0000:01:10.1/virtio3/net");
	fake_text(&place.root, child, "subsystem", "");
	for (unsigned i = 0; i < 2; i++) {
		place_reopen(&place, i ? none : NULL);
		ck_assert_int_eq(holders_find(&place.pf, &holders), 0);
		ck_assert_ptr_nonnull(strstr(only_holder(&holders[1]), "was moved there"));
		ck_assert_uint_eq(holders[0].count, 0);
		holders_free(holders, place.pf.n_vfs);
	}
	place_clear(&place);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		nodes_are_found_by_their_place_in_sysfs,
		an_open_node_is_a_holder_until_it_is_closed,
		unknown_counts_as_held,
		without_proc_nothing_is_known,
		a_vf_that_is_being_removed_still_has_holders,
		the_same_holder_counts_once,
		holders_block_what_their_flags_say,
		a_disk_is_its_functions_however_it_is_reached,
		an_interface_elsewhere_is_a_holder,
		the_pf_has_holders_of_its_own,
		a_vfio_group_is_a_node_of_each_function_in_it,
		who_has_a_node_open,
		mounts_and_swap_are_the_hosts_use_of_a_disk,
		the_default_route_may_go_over_a_bridge,
		a_descriptor_that_cannot_be_used_is_no_holder,
		names_of_holders_are_printable,
		the_kernel_knows_of_use_that_no_process_shows,
		an_error_that_is_no_answer_counts_as_held,
		one_pass_over_proc_serves_all_steps,
		an_interface_of_virtio_is_one_folder_deeper,
	};

	return run_tests("holders", tests, ARRAY_SIZE(tests));
}
