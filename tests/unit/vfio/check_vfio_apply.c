/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the vfio plugin writes: drivers of companions, and who may open a node. */
#include <errno.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "../pluginbench.h"

#include "../../../plugins/vfio/vfio.h"

#define DEVICE(address_) "sys/bus/pci/devices/" address_

static void expect_text(const struct bench *b, const char *path, const char *text)
{
	char found[64] = "";
	int fd = openat(b->root.fd, path, O_RDONLY | O_CLOEXEC);

	ck_assert_msg(fd >= 0, "%s", path);
	ck_assert_int_ge(read(fd, found, sizeof(found) - 1), 0);
	close(fd);
	ck_assert_msg(strncmp(found, text, strlen(text)) == 0, "%s is '%s', not '%s'", path, found,
		      text);
}

/* "ADDRESS DRIVER OVERRIDE, ...", with "-" for none. */
static struct viod_table companions(const char *text, struct vfio_companion list[static 4])
{
	struct viod_table table = { .records = list };
	int length = 0;

	for (; *text; text += length + strspn(text + length, ", ")) {
		struct vfio_companion *one = &list[table.count++];

		ck_assert_uint_le(table.count, 4);
		*one = (struct vfio_companion){ 0 };
		ck_assert_int_eq(sscanf(text, "%31[^ ,] %63[^ ,] %63[^ ,]%n", one->address,
					one->driver, one->override, &length),
				 3);
		if (strcmp(one->driver, "-") == 0)
			one->driver[0] = '\0';
		if (strcmp(one->override, "-") == 0)
			one->override[0] = '\0';
	}
	return table;
}

static int apply(struct bench *b, const char *wanted_text, const char *state_text)
{
	struct vfio_companion lists[2][4];
	const struct viod_table wanted = companions(wanted_text, lists[0]);
	const struct viod_table state = companions(state_text, lists[1]);
	struct viod_change change = { .option = &vfio_options[VFIO_ROW_COMPANION_DRIVERS],
				      .wanted = &wanted,
				      .state = &state,
				      .vf = VIOD_PF };
	struct viod_step step = { .code = VFIO_STEP_COMPANIONS,
				  .vf = VIOD_PF,
				  .change = &change,
				  .where = { "a.conf", 5, 1 } };

	return vfio_companions_apply(&b->pf, &step);
}

/* --- companions ------------------------------------------------------------------------------- */

START_TEST(companions_that_are_as_wanted_are_left_alone)
{
	struct bench b;

	bench_new(&b, "test", 1, 1);
	fake_function(&b.root, "0000:01:00.1", "snd_hda_intel");
	fake_text(&b.root, DEVICE("0000:01:00.1"), "driver_override", "(null)\n");
	ck_assert_int_eq(apply(&b, "0000:01:00.1 snd_hda_intel -", ""), 0);
	expect_text(&b, DEVICE("0000:01:00.1") "/driver_override", "(null)\n");
	ck_assert_int_eq(apply(&b, "", ""), 0);
	assert_no_diags(&b.pf.diags);
	bench_clear(&b);
}
END_TEST

START_TEST(an_override_alone_is_written_without_a_probe)
{
	struct bench b;

	bench_new(&b, "test", 1, 1);
	fake_function(&b.root, "0000:01:00.1", NULL);
	ck_assert_int_eq(apply(&b, "0000:01:00.1 - vfio-pci", ""), 0);
	expect_text(&b, DEVICE("0000:01:00.1") "/driver_override", "vfio-pci");
	assert_no_diags(&b.pf.diags);
	bench_clear(&b);
}
END_TEST

/* The kernel here moves no device: the second cannot be bound, and the first gets its override
 * back. */
START_TEST(one_that_cannot_be_bound_has_the_others_restored)
{
	struct bench b;

	bench_new(&b, "test", 1, 1);
	fake_directory(&b.root, "sys/bus/pci/drivers/vfio-pci");
	fake_function(&b.root, "0000:01:00.1", NULL);
	fake_function(&b.root, "0000:01:00.2", NULL);
	/* Files of a file system keep what is behind the text. */
	fake_text(&b.root, DEVICE("0000:01:00.1"), "driver_override", "");
	fake_text(&b.root, DEVICE("0000:01:00.2"), "driver_override", "");
	fake_directory(&b.root, DEVICE("0000:01:00.2") "/subsystem");
	fake_text(&b.root, DEVICE("0000:01:00.2"), "subsystem/drivers_probe", "");
	ck_assert_int_eq(apply(&b, "0000:01:00.1 - other, 0000:01:00.2 vfio-pci vfio-pci",
			       "0000:01:00.1 - mines, 0000:01:00.2 - -"),
			 -ENODEV);
	assert_diag_count(&b.pf.diags, 1);
	ck_assert_ptr_nonnull(strstr(b.pf.diags.items[0].text, "companion 0000:01:00.2 "));
	ck_assert_ptr_nonnull(strstr(b.pf.diags.items[0].text, "'vfio-pci'"));
	ck_assert_uint_eq(b.pf.diags.items[0].line, 5);
	expect_text(&b, DEVICE("0000:01:00.2") "/subsystem/drivers_probe", "0000:01:00.2");
	expect_text(&b, DEVICE("0000:01:00.1") "/driver_override", "mines");
	expect_text(&b, DEVICE("0000:01:00.2") "/driver_override", "\n");
	bench_clear(&b);
}
END_TEST

/* A group of more members than a line of text could describe. */
START_TEST(all_companions_of_a_large_group)
{
	static const int64_t bind = VFIO_COMPANIONS_BIND;
	static const struct viod_where where = { "a.conf", 6, 1 };
	const struct viod_table *state, *wanted;
	const struct vfio_companion *last;
	const struct schema_row *row;
	struct bench b;
	char address[32], path[128];

	bench_machine(&b, 1);
	fake_directory(&b.root, "sys/kernel/iommu_groups/9/devices");
	fake_link(&b.root, DEVICE(FAKE_PF) "/iommu_group", "../../../../kernel/iommu_groups/9");
	for (unsigned i = 1; i < 24; i++) {
		snprintf(address, sizeof(address), "0000:02:%02x.0", i);
		fake_function(&b.root, address, "snd_hda_intel");
		snprintf(path, sizeof(path), "sys/kernel/iommu_groups/9/devices/%s", address);
		fake_directory(&b.root, path);
	}
	bench_open(&b, "test", 1, 1);
	row = schema_find(b.schema, VIOD_SCOPE_PF, "companion-drivers");
	ck_assert_int_eq(vfio_companions_observe(&b.pf, b.state), 0);
	put(&b, b.wanted, VIOD_PF, "driver", "vfio-pci", 3);
	values_put(b.wanted, VIOD_PF, schema_find(b.schema, VIOD_SCOPE_PF, "companions"), &bind,
		   &where);
	ck_assert_int_eq(vfio_companions_complete(&b.pf, b.wanted), 0);
	assert_no_diags(&b.pf.diags);
	state = values_get(b.state, VIOD_PF, row);
	wanted = values_get(b.wanted, VIOD_PF, row);
	ck_assert(state && wanted);
	ck_assert_uint_eq(state->count, 23);
	ck_assert_uint_eq(wanted->count, 23);
	last = (const struct vfio_companion *)state->records + 22;
	ck_assert_str_eq(last->address, "0000:02:17.0");
	ck_assert_str_eq(last->driver, "snd_hda_intel");
	ck_assert_str_eq(last->override, "");
	bench_clear(&b);
}
END_TEST

/* A driver that cannot be determined is not "no driver": nothing is written. */
START_TEST(a_companion_whose_driver_cannot_be_read)
{
	struct bench b;

	bench_new(&b, "test", 1, 1);
	fake_function(&b.root, "0000:01:00.1", NULL);
	fake_text(&b.root, DEVICE("0000:01:00.1"), "driver_override", "mine");
	/* Not a link. */
	fake_directory(&b.root, DEVICE("0000:01:00.1") "/driver");
	ck_assert_int_eq(apply(&b, "0000:01:00.1 vfio-pci vfio-pci", ""), -EINVAL);
	expect_text(&b, DEVICE("0000:01:00.1") "/driver_override", "mine");
	assert_diag_count(&b.pf.diags, 1);
	bench_clear(&b);
}
END_TEST

/* --- nodes ------------------------------------------------------------------------------------ */

START_TEST(users_and_groups_by_name_and_number)
{
	char text[32], small[4];
	uid_t user = 77;
	gid_t group = 77;

	ck_assert_int_eq(vfio_find_user("root", &user), 0);
	ck_assert_uint_eq(user, 0);
	ck_assert_int_eq(vfio_find_user("4711", &user), 0);
	ck_assert_uint_eq(user, 4711);
	ck_assert_int_eq(vfio_find_user("4294967294", &user), 0);
	ck_assert_uint_eq(user, 4294967294);
	ck_assert_int_eq(vfio_find_group("daemon", &group), 0);
	ck_assert_uint_eq(group, 1);
	ck_assert_int_eq(vfio_find_group("0", &group), 0);
	ck_assert_uint_eq(group, 0);
	/* The last stands for "leave alone" in chown(). */
	ck_assert_int_eq(vfio_find_user("4294967295", &user), -ENOENT);
	ck_assert_int_eq(vfio_find_group("4294967296", &group), -ENOENT);
	ck_assert_int_eq(vfio_find_user("", &user), -ENOENT);
	ck_assert_int_eq(vfio_find_user("-1", &user), -ENOENT);
	ck_assert_int_eq(vfio_find_group("12x", &group), -ENOENT);
	ck_assert_int_eq(vfio_find_group("no-such-group", &group), -ENOENT);
	vfio_name_user(0, text, sizeof(text));
	ck_assert_str_eq(text, "root");
	vfio_name_user(4711, text, sizeof(text));
	ck_assert_str_eq(text, "4711");
	vfio_name_group(1, text, sizeof(text));
	ck_assert_str_eq(text, "daemon");
	vfio_name_group(4711, text, sizeof(text));
	ck_assert_str_eq(text, "4711");
	/* A name that does not fit: the number does. */
	vfio_name_user(0, small, sizeof(small));
	ck_assert_str_eq(small, "0");
	vfio_name_group(1, small, sizeof(small));
	ck_assert_str_eq(small, "1");
}
END_TEST

static void expect_node(struct bench *b, const char *path, unsigned user, unsigned group,
			unsigned mode)
{
	struct stat status;
	char full[64];

	snprintf(full, sizeof(full), "dev/vfio/%s", path);
	ck_assert_int_eq(fstatat(b->root.fd, full, &status, AT_SYMLINK_NOFOLLOW), 0);
	ck_assert_uint_eq(status.st_uid, user);
	ck_assert_uint_eq(status.st_gid, group);
	ck_assert_uint_eq(status.st_mode & 07777, mode);
}

/* What is true of the node after each call that changes it. */
static struct {
	int root;
	size_t count;
	struct stat seen[8];
} moments;

static void see_moment(void)
{
	ck_assert_uint_lt(moments.count, ARRAY_SIZE(moments.seen));
	ck_assert_int_eq(fstatat(moments.root, "dev/vfio/12", &moments.seen[moments.count++], 0),
			 0);
}

int __real_chmod(const char *path, mode_t mode);
int __real_fchownat(int folder, const char *path, uid_t user, gid_t group, int flags);
int __wrap_chmod(const char *path, mode_t mode);
int __wrap_fchownat(int folder, const char *path, uid_t user, gid_t group, int flags);

int __wrap_chmod(const char *path, mode_t mode)
{
	int r = __real_chmod(path, mode);

	if (moments.root)
		see_moment();
	return r;
}

int __wrap_fchownat(int folder, const char *path, uid_t user, gid_t group, int flags)
{
	int r = __real_fchownat(folder, path, user, group, flags);

	if (moments.root)
		see_moment();
	return r;
}

/* The bits of the mode that count for a user with one group. */
static unsigned access_of(const struct stat *status, uid_t user, gid_t group)
{
	unsigned shift = status->st_uid == user ? 6 : status->st_gid == group ? 3 : 0;

	return status->st_mode >> shift & 7;
}

static void expect_never_wider(const struct bench *b, const struct vfio_node *wanted)
{
	static const uid_t users[] = { 4711, 4712, 4713 };
	struct stat before, after;

	ck_assert_int_eq(fstatat(b->root.fd, "dev/vfio/12", &before, 0), 0);
	moments.root = b->root.fd;
	moments.count = 0;
	ck_assert_int_eq(vfio_node_write(&((struct bench *)b)->pf, "12", wanted), 0);
	moments.root = 0;
	ck_assert_int_eq(fstatat(b->root.fd, "dev/vfio/12", &after, 0), 0);
	ck_assert_uint_gt(moments.count, 0);
	for (size_t i = 0; i < moments.count; i++)
		for (size_t u = 0; u < ARRAY_SIZE(users); u++)
			for (size_t g = 0; g < ARRAY_SIZE(users); g++) {
				unsigned then = access_of(&before, users[u], users[g]) |
						access_of(&after, users[u], users[g]);
				unsigned now = access_of(&moments.seen[i], users[u], users[g]);

				ck_assert_msg(!(now & ~then),
					      "user %u of group %u had %o, may %o, then %o",
					      users[u], users[g],
					      access_of(&before, users[u], users[g]), now,
					      access_of(&after, users[u], users[g]));
			}
}

/* A member of the new group must not open the node by the old mode, nor one of the old group by the
 * new mode. */
START_TEST(at_no_moment_more_users_may_open_a_node)
{
	static const char *const modes[] = { "0600", "0660", "0640", "0606", "0066", "" };
	struct vfio_node first = { .owner = "4711", .group = "4711" };
	struct vfio_node second = { .owner = "4712", .group = "4712" };
	struct bench b;

	bench_new(&b, "test", 1, 1);
	fake_directory(&b.root, "dev/vfio");
	ck_assert_int_eq(mknodat(b.root.fd, "dev/vfio/12", S_IFCHR | 0600, makedev(1, 3)), 0);
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++)
		for (size_t j = 0; j < ARRAY_SIZE(modes); j++) {
			snprintf(first.mode, sizeof(first.mode), "%s", modes[i]);
			snprintf(second.mode, sizeof(second.mode), "%s", modes[j]);
			expect_never_wider(&b, &first);
			expect_never_wider(&b, &second);
		}
	bench_clear(&b);
}
END_TEST

START_TEST(who_may_open_a_node)
{
	const struct vfio_node all = { .owner = "4711", .group = "daemon", .mode = "0660" };
	const struct vfio_node mode = { .mode = "606" }, owner = { .owner = "root" };
	const struct vfio_node unknown = { .owner = "no-such-user" };
	struct vfio_node node = { 0 };
	struct bench b;

	bench_new(&b, "test", 1, 1);
	ck_assert_int_eq(vfio_node_write(&b.pf, "12", &all), -ENOENT);
	ck_assert(!vfio_node_read(&b.pf, "12", &node));
	fake_directory(&b.root, "dev/vfio");
	ck_assert_int_eq(mknodat(b.root.fd, "dev/vfio/12", S_IFCHR | 0600, makedev(1, 3)), 0);
	root_write(&b.root, "dev/vfio/13", "");
	fake_link(&b.root, "dev/vfio/14", "12");
	ck_assert_int_eq(vfio_node_write(&b.pf, "12", &all), 0);
	expect_node(&b, "12", 4711, 1, 0660);
	ck_assert(vfio_node_read(&b.pf, "12", &node));
	ck_assert_str_eq(node.owner, "4711");
	ck_assert_str_eq(node.group, "daemon");
	ck_assert_str_eq(node.mode, "0660");
	ck_assert_int_eq(vfio_node_write(&b.pf, "12", &mode), 0);
	expect_node(&b, "12", 4711, 1, 0606);
	ck_assert_int_eq(vfio_node_write(&b.pf, "12", &owner), 0);
	expect_node(&b, "12", 0, 1, 0606);
	ck_assert_int_eq(vfio_node_write(&b.pf, "12", &unknown), -ENOENT);
	/* Neither a file nor what a link leads to. */
	ck_assert_int_eq(vfio_node_write(&b.pf, "13", &all), -ENOENT);
	ck_assert(!vfio_node_read(&b.pf, "13", &node));
	ck_assert_int_eq(vfio_node_write(&b.pf, "14", &all), -ENOENT);
	ck_assert(!vfio_node_read(&b.pf, "14", &node));
	expect_node(&b, "12", 0, 1, 0606);
	bench_clear(&b);
}
END_TEST

/* The previous owner of a node keeps what is open. */
START_TEST(a_node_that_is_still_open_is_reported)
{
	static const struct vfio_node first = { .owner = "4711", .mode = "0600" };
	static const struct vfio_node second = { .owner = "4712" };
	struct viod_step step = { .code = VFIO_STEP_NODE,
				  .vf = 0,
				  .data = &first,
				  .size = sizeof(first),
				  .where = { "a.conf", 5, 1 } };
	struct bench b;
	int fd;

	bench_machine(&b, 1);
	ck_assert_int_eq(unlinkat(b.root.fd, DEVICE("0000:01:10.0") "/driver", 0), 0);
	fake_directory(&b.root, "sys/bus/pci/drivers/vfio-pci");
	fake_link(&b.root, DEVICE("0000:01:10.0") "/driver", "../../drivers/vfio-pci");
	fake_link(&b.root, DEVICE("0000:01:10.0") "/iommu_group",
		  "../../../../kernel/iommu_groups/12");
	fake_directory(&b.root, "dev/vfio");
	/* Another name of /dev/full, which no other process has open. */
	ck_assert_int_eq(mknodat(b.root.fd, "dev/vfio/12", S_IFCHR | 0600, makedev(1, 7)), 0);
	bench_open(&b, "test", 1, 1);
	fd = openat(b.root.fd, "dev/vfio/12", O_RDONLY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	/* It was root's. */
	ck_assert_int_eq(vfio_apply(&b.pf, &step), 0);
	assert_no_diags(&b.pf.diags);
	step.data = &second;
	ck_assert_int_eq(vfio_apply(&b.pf, &step), 0);
	assert_diag_count(&b.pf.diags, 1);
	ck_assert_int_eq(b.pf.diags.items[0].severity, VIOD_WARNING);
	ck_assert_ptr_nonnull(
		strstr(b.pf.diags.items[0].text, "user 4711 and group root no longer"));
	ck_assert_ptr_nonnull(strstr(b.pf.diags.items[0].text, "/dev/vfio/12"));
	/* Nothing changes. */
	ck_assert_int_eq(vfio_apply(&b.pf, &step), 0);
	assert_diag_count(&b.pf.diags, 1);
	close(fd);
	bench_clear(&b);
}
END_TEST

START_TEST(nodes_of_a_function)
{
	struct vfio_nodes nodes;
	struct bench b;

	bench_machine(&b, 1);
	ck_assert_int_eq(unlinkat(b.root.fd, DEVICE("0000:01:10.0") "/driver", 0), 0);
	fake_directory(&b.root, "sys/bus/pci/drivers/vfio-pci");
	fake_link(&b.root, DEVICE("0000:01:10.0") "/driver", "../../drivers/vfio-pci");
	fake_link(&b.root, DEVICE("0000:01:10.0") "/iommu_group",
		  "../../../../kernel/iommu_groups/7");
	fake_directory(&b.root, DEVICE("0000:01:10.0") "/vfio-dev/vfio3");
	bench_open(&b, "test", 1, 1);
	vfio_nodes_find(&b.pf, 0, &nodes);
	ck_assert_uint_eq(nodes.count, 0);
	fake_directory(&b.root, "dev/vfio/devices");
	ck_assert_int_eq(mknodat(b.root.fd, "dev/vfio/7", S_IFCHR | 0600, makedev(1, 3)), 0);
	ck_assert_int_eq(
		mknodat(b.root.fd, "dev/vfio/devices/vfio3", S_IFCHR | 0600, makedev(1, 3)), 0);
	vfio_nodes_find(&b.pf, 0, &nodes);
	ck_assert_uint_eq(nodes.count, 2);
	ck_assert_str_eq(nodes.paths[0], "7");
	ck_assert_str_eq(nodes.paths[1], "devices/vfio3");
	ck_assert_int_eq(mknodat(b.root.fd, "dev/vfio/noiommu-7", S_IFCHR | 0600, makedev(1, 3)),
			 0);
	vfio_nodes_find(&b.pf, 0, &nodes);
	ck_assert_uint_eq(nodes.count, 2);
	ck_assert_str_eq(nodes.paths[1], "noiommu-7");
	/* What both nodes have is the state; where they differ it is not known. */
	ck_assert_int_eq(fchownat(b.root.fd, "dev/vfio/7", 4711, 0, 0), 0);
	ck_assert_int_eq(vfio_observe(&b.pf, b.state), 0);
	ck_assert_str_eq(values_get(b.state, 0, schema_find(b.schema, VIOD_SCOPE_VF, "group")),
			 "root");
	ck_assert_str_eq(values_get(b.state, 0, schema_find(b.schema, VIOD_SCOPE_VF, "mode")),
			 "0600");
	ck_assert_ptr_null(
		values_get(b.state, VIOD_PF, schema_find(b.schema, VIOD_SCOPE_PF, "mode")));
	/* The PF is not on VFIO. */
	vfio_nodes_find(&b.pf, VIOD_PF, &nodes);
	ck_assert_uint_eq(nodes.count, 0);
	bench_clear(&b);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		companions_that_are_as_wanted_are_left_alone,
		an_override_alone_is_written_without_a_probe,
		one_that_cannot_be_bound_has_the_others_restored,
		all_companions_of_a_large_group,
		a_companion_whose_driver_cannot_be_read,
		users_and_groups_by_name_and_number,
		/* Only root makes nodes. */
		who_may_open_a_node,
		at_no_moment_more_users_may_open_a_node,
		a_node_that_is_still_open_is_reported,
		nodes_of_a_function,
	};

	return run_tests("vfio-apply", tests, ARRAY_SIZE(tests) - left_out_unless_root(4));
}
