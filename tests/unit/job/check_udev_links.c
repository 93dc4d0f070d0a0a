/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "job/udev-links.h"

#include <errno.h>

#include "../fakesys.h"

#define LINKS "run/viod/managed"

struct place {
	struct root root;
	struct roots roots;
	struct viod_pf pf;
	struct record *record;
};

static void place_new(struct place *place, unsigned n_vfs)
{
	fake_machine(&place->root, &place->roots, n_vfs);
	ck_assert_int_eq(device_open(&place->roots, NULL, FAKE_PF, &place->pf), 0);
	place->record = record_new(FAKE_PF, "net", "/etc/vio.d/nic0.conf");
	ck_assert_ptr_nonnull(place->record);
}

static void place_clear(struct place *place)
{
	record_free(place->record);
	device_close(&place->pf);
	fake_clear(&place->root, &place->roots);
}

/* As another process finds it. */
static void load_again(struct place *place)
{
	_cleanup_diags_ struct diag_list diags = { 0 };

	record_free(place->record);
	ck_assert_int_eq(record_load(&place->roots, FAKE_PF, true, &diags, &place->record), 0);
}

static void remove_vf(struct place *place, unsigned vf)
{
	char path[128];

	snprintf(path, sizeof(path), "sys/bus/pci/devices/" FAKE_PF "/virtfn%u", vf);
	ck_assert_int_eq(unlinkat(place->root.fd, path, 0), 0);
	ck_assert_int_eq(device_scan_vfs(&place->pf), 0);
}

/* Which of eight VFs have a link, as a bit each. */
static unsigned links(const struct place *place)
{
	unsigned found = 0;
	char path[128], target[128];

	for (unsigned vf = 0; vf < 8; vf++) {
		snprintf(path, sizeof(path), LINKS "/0000:01:10.%u", vf);
		if (readlinkat(place->root.fd, path, target, sizeof(target)) > 0)
			found |= 1u << vf;
	}
	return found;
}

START_TEST(each_vf_has_a_link_while_it_is_there)
{
	struct place place;

	place_new(&place, 3);
	ck_assert_int_eq(udev_links_update(&place.pf, place.record), 0);
	ck_assert_uint_eq(links(&place), 7);
	load_again(&place);
	remove_vf(&place, 2);
	ck_assert_int_eq(udev_links_update(&place.pf, place.record), 0);
	ck_assert_uint_eq(links(&place), 3);
	load_again(&place);
	ck_assert_uint_eq(json_array_size(place.record->managed), 2);
	udev_links_remove(&place.roots, place.record, true);
	ck_assert_uint_eq(links(&place), 0);
	place_clear(&place);
}
END_TEST

START_TEST(what_was_made_before_a_crash_is_removed_after_it)
{
	struct place place;

	place_new(&place, 3);
	ck_assert_int_eq(udev_links_update(&place.pf, place.record), 0);
	/* Of the shorter list nothing has been saved when the process ends. */
	remove_vf(&place, 2);
	load_again(&place);
	ck_assert_uint_eq(json_array_size(place.record->managed), 3);
	ck_assert_int_eq(udev_links_update(&place.pf, place.record), 0);
	ck_assert_uint_eq(links(&place), 3);
	place_clear(&place);
}
END_TEST

START_TEST(links_of_another_pf_stay)
{
	struct place place;

	place_new(&place, 1);
	fake_directory(&place.root, LINKS);
	fake_link(&place.root, LINKS "/0000:01:10.4", "../state/0000:02:00.0.json");
	(void)json_array_append_new(place.record->managed, json_string("0000:01:10.4"));
	(void)json_array_append_new(place.record->managed, json_string("../pf/" FAKE_PF ".json"));
	(void)json_array_append_new(place.record->managed, json_true());
	ck_assert_int_eq(udev_links_update(&place.pf, place.record), 0);
	ck_assert_uint_eq(links(&place), 1 | 1 << 4);
	ck_assert_int_eq(faccessat(place.root.fd, "run/viod/pf/" FAKE_PF ".json", F_OK, 0), 0);
	udev_links_remove(&place.roots, place.record, false);
	ck_assert_uint_eq(links(&place), 1 << 4);
	place_clear(&place);
}
END_TEST

START_TEST(nothing_new_writes_nothing)
{
	struct stat before, after;
	struct place place;

	place_new(&place, 2);
	ck_assert_int_eq(udev_links_update(&place.pf, place.record), 0);
	ck_assert_int_eq(fstatat(place.root.fd, "run/viod/pf/" FAKE_PF ".json", &before, 0), 0);
	ck_assert_int_eq(udev_links_update(&place.pf, place.record), 0);
	ck_assert_int_eq(fstatat(place.root.fd, "run/viod/pf/" FAKE_PF ".json", &after, 0), 0);
	ck_assert_uint_eq(before.st_ino, after.st_ino);
	place_clear(&place);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		each_vf_has_a_link_while_it_is_there,
		what_was_made_before_a_crash_is_removed_after_it,
		links_of_another_pf_stay,
		nothing_new_writes_nothing,
	};

	return run_tests("managed", tests, ARRAY_SIZE(tests));
}
