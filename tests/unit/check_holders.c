/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who has a VF's nodes open: this very process, through the real /proc. */
#include "holders.h"

#include <errno.h>

#include "fakesys.h"

struct place {
	struct root root;
	struct roots roots;
	struct loader loader;
	struct viod_pf pf;
};

/* /dev/full (1:7) plays a node of VF 1. */
static void place_new(struct place *place)
{
	*place = (struct place){ 0 };
	fake_machine(&place->root, &place->roots, 2);
	fake_directory(&place->root, "sys/devices/pci0000:00/0000:01:10.1/misc/full");
	fake_text(&place->root, "sys/devices/pci0000:00/0000:01:10.1/misc/full", "uevent",
		  "MAJOR=1\nMINOR=7\nDEVNAME=full\n");
	fake_link(&place->root, "sys/dev/char/1:7",
		  "../../devices/pci0000:00/0000:01:10.1/misc/full");
	ck_assert_int_eq(device_open(&place->roots, &place->loader, FAKE_PF, &place->pf), 0);
}

static void place_clear(struct place *place)
{
	device_close(&place->pf);
	fake_clear(&place->root, &place->roots);
}

START_TEST(nodes_are_found_by_their_place_in_sysfs)
{
	struct device_nodes table;
	struct viod_nodes nodes;
	struct place place;

	place_new(&place);
	ck_assert_int_eq(device_nodes_find(&place.pf, &table), 0);
	ck_assert_uint_eq(table.count, 1);
	ck_assert_int_eq(table.items[0].vf, 1);
	ck_assert_int_eq(nodes_of(&place.pf, 1, &table, &nodes), 0);
	ck_assert_uint_eq(nodes.count, 1);
	ck_assert_str_eq(nodes.items[0], "/dev/full");
	nodes_clear(&nodes);
	ck_assert_int_eq(nodes_of(&place.pf, 0, &table, &nodes), 0);
	ck_assert_uint_eq(nodes.count, 0);
	nodes_clear(&nodes);
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

int main(void)
{
	const TTest *const tests[] = {
		nodes_are_found_by_their_place_in_sysfs,
		an_open_node_is_a_holder_until_it_is_closed,
		unknown_counts_as_held,
		without_proc_nothing_is_known,
		the_same_holder_counts_once,
	};

	return run_tests("holders", tests, ARRAY_SIZE(tests));
}
