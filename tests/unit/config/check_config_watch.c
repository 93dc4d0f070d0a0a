/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Each way to create, change or delete a file causes one call after the quiet time. */
#include "config/config-watch.h"

#include <errno.h>

#include "../fakesys.h"

/* The wait ends with the call, so its limit can be long. The absence of a call can only be
 * established by waiting. */
#define LONG 30000
#define MOMENT 150

struct place {
	struct root root;
	sd_event *event;
	struct watch *watch;
	unsigned calls;
};

static void on_change(void *userdata)
{
	struct place *place = userdata;

	place->calls++;
}

static void refresh(struct place *place)
{
	_cleanup_diags_ struct diag_list diags = { 0 };
	struct config_files files = { 0 };

	ck_assert_int_eq(config_list(place->root.fd, "vio.d", &diags, &files), 0);
	ck_assert_int_eq(watch_refresh(place->watch, &files), 0);
	config_files_clear(&files);
}

static void place_new(struct place *place, bool directory)
{
	*place = (struct place){ 0 };
	root_new(&place->root);
	fake_directory(&place->root, "etc");
	fake_directory(&place->root, "run");
	fake_directory(&place->root, "usr/lib");
	if (directory)
		fake_directory(&place->root, "etc/vio.d");
	ck_assert_int_ge(sd_event_new(&place->event), 0);
	ck_assert_int_eq(
		watch_new(place->event, place->root.fd, "vio.d", on_change, place, &place->watch),
		0);
	refresh(place);
}

static void place_clear(struct place *place)
{
	watch_free(place->watch);
	sd_event_unref(place->event);
	root_clear(&place->root);
}

/* Run the loop until the next call, or until the timeout; true if the call was made. */
static bool called(struct place *place, uint64_t msec)
{
	uint64_t end = now_usec() + msec * 1000, now;
	unsigned before = place->calls;

	while (place->calls == before && (now = now_usec()) < end)
		ck_assert_int_ge(sd_event_run(place->event, end - now), 0);
	if (place->calls != before)
		refresh(place);
	return place->calls != before;
}

static void move_file(const struct place *place, const char *from, const char *to)
{
	ck_assert_int_eq(renameat(place->root.fd, from, place->root.fd, to), 0);
}

START_TEST(editors_are_noticed)
{
	struct place p;

	place_new(&p, true);
	ck_assert(!called(&p, MOMENT));
	root_write(&p.root, "etc/vio.d/a.conf", "x\n");
	ck_assert(called(&p, LONG));
	root_write(&p.root, "etc/vio.d/a.conf", "y\n");
	ck_assert(called(&p, LONG));
	root_write(&p.root, "etc/vio.d/.a.new", "z\n");
	move_file(&p, "etc/vio.d/.a.new", "etc/vio.d/a.conf");
	ck_assert(called(&p, LONG));
	ck_assert_int_eq(unlinkat(p.root.fd, "etc/vio.d/a.conf", 0), 0);
	ck_assert(called(&p, LONG));
	ck_assert(!called(&p, MOMENT));
	place_clear(&p);
}
END_TEST

START_TEST(a_burst_is_one_call)
{
	struct place p;

	place_new(&p, true);
	for (int i = 0; i < 300; i++)
		root_write(&p.root, "etc/vio.d/a.conf", i % 2 ? "x\n" : "y\n");
	ck_assert(called(&p, LONG));
	ck_assert(!called(&p, MOMENT));
	ck_assert_uint_eq(p.calls, 1);
	place_clear(&p);
}
END_TEST

START_TEST(it_waits_for_quiet_and_not_for_ever)
{
	uint64_t began, last, longest = 0;
	struct place p;

	place_new(&p, true);
	began = now_usec();
	root_write(&p.root, "etc/vio.d/a.conf", "x\n");
	ck_assert(called(&p, LONG));
	ck_assert_uint_ge(now_usec() - began, 100000);
	/* A file that is written continuously is read within little more than a second, provided
	 * that this process gets the processor. */
	began = last = now_usec();
	p.calls = 0;
	while (!p.calls && last - began < LONG * 1000ULL) {
		root_write(&p.root, "etc/vio.d/a.conf", "x\n");
		ck_assert_int_ge(sd_event_run(p.event, 20000), 0);
		longest = MAX(longest, now_usec() - last);
		last = now_usec();
	}
	ck_assert_uint_eq(p.calls, 1);
	ck_assert_uint_le(last - began, 1100000 + 3 * longest);
	place_clear(&p);
}
END_TEST

START_TEST(a_swapped_link_is_noticed)
{
	struct place p;

	place_new(&p, true);
	root_write(&p.root, "etc/vio.d/..2026_1/a.conf", "x\n");
	root_write(&p.root, "etc/vio.d/..2026_2/a.conf", "y\n");
	fake_link(&p.root, "etc/vio.d/..data", "..2026_1");
	fake_link(&p.root, "etc/vio.d/a.conf", "..data/a.conf");
	ck_assert(called(&p, LONG));
	fake_link(&p.root, "etc/vio.d/..data_tmp", "..2026_2");
	move_file(&p, "etc/vio.d/..data_tmp", "etc/vio.d/..data");
	ck_assert(called(&p, LONG));
	place_clear(&p);
}
END_TEST

START_TEST(the_target_of_a_link_is_watched)
{
	struct place p;

	place_new(&p, true);
	root_write(&p.root, "srv/a.conf", "x\n");
	fake_link(&p.root, "etc/vio.d/a.conf", "../../srv/a.conf");
	ck_assert(called(&p, LONG));
	root_write(&p.root, "srv/a.conf", "y\n");
	ck_assert(called(&p, LONG));
	place_clear(&p);
}
END_TEST

/* Whichever part of the way to the target is made first. */
START_TEST(a_link_that_leads_nowhere_is_watched)
{
	static const char *const targets[] = { "../../srv/deep/a.conf", "/srv/deep/a.conf" };

	for (size_t i = 0; i < ARRAY_SIZE(targets); i++) {
		struct place p;

		place_new(&p, true);
		fake_link(&p.root, "etc/vio.d/a.conf", targets[i]);
		ck_assert(called(&p, LONG));
		fake_directory(&p.root, "srv");
		ck_assert(called(&p, LONG));
		fake_directory(&p.root, "srv/deep");
		ck_assert(called(&p, LONG));
		root_write(&p.root, "srv/deep/a.conf", "x\n");
		ck_assert(called(&p, LONG));
		root_write(&p.root, "srv/deep/a.conf", "y\n");
		ck_assert(called(&p, LONG));
		place_clear(&p);
	}
}
END_TEST

START_TEST(the_directory_may_be_a_link)
{
	struct place p;

	place_new(&p, false);
	fake_directory(&p.root, "srv/one");
	fake_directory(&p.root, "srv/two");
	fake_link(&p.root, "etc/vio.d", "../srv/one");
	ck_assert(called(&p, LONG));
	root_write(&p.root, "srv/one/a.conf", "x\n");
	ck_assert(called(&p, LONG));
	root_write(&p.root, "srv/two/b.conf", "x\n");
	ck_assert(!called(&p, MOMENT));
	fake_link(&p.root, "etc/new", "../srv/two");
	move_file(&p, "etc/new", "etc/vio.d");
	ck_assert(called(&p, LONG));
	root_write(&p.root, "srv/two/b.conf", "y\n");
	ck_assert(called(&p, LONG));
	place_clear(&p);
}
END_TEST

START_TEST(drop_ins_are_watched)
{
	struct place p;

	place_new(&p, true);
	root_write(&p.root, "etc/vio.d/a.conf", "x\n");
	ck_assert(called(&p, LONG));
	root_write(&p.root, "etc/vio.d/a.conf.d/b.conf", "y\n");
	ck_assert(called(&p, LONG));
	root_write(&p.root, "etc/vio.d/a.conf.d/b.conf", "z\n");
	ck_assert(called(&p, LONG));
	place_clear(&p);
}
END_TEST

START_TEST(the_directory_may_be_created_late_and_removed)
{
	struct place p;

	place_new(&p, false);
	fake_directory(&p.root, "etc/other");
	ck_assert(!called(&p, MOMENT));
	fake_directory(&p.root, "etc/vio.d");
	ck_assert(called(&p, LONG));
	root_write(&p.root, "etc/vio.d/a.conf", "x\n");
	ck_assert(called(&p, LONG));
	ck_assert_int_eq(unlinkat(p.root.fd, "etc/vio.d/a.conf", 0), 0);
	ck_assert_int_eq(unlinkat(p.root.fd, "etc/vio.d", AT_REMOVEDIR), 0);
	ck_assert(called(&p, LONG));
	root_write(&p.root, "etc/vio.d/a.conf", "y\n");
	ck_assert(called(&p, LONG));
	move_file(&p, "etc/vio.d", "etc/elsewhere");
	ck_assert(called(&p, LONG));
	root_write(&p.root, "run/vio.d/b.conf", "z\n");
	ck_assert(called(&p, LONG));
	place_clear(&p);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		editors_are_noticed,
		a_burst_is_one_call,
		it_waits_for_quiet_and_not_for_ever,
		a_swapped_link_is_noticed,
		the_target_of_a_link_is_watched,
		a_link_that_leads_nowhere_is_watched,
		the_directory_may_be_a_link,
		drop_ins_are_watched,
		the_directory_may_be_created_late_and_removed,
	};

	return run_tests("watch", tests, ARRAY_SIZE(tests));
}
