/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "job/record.h"

#include <errno.h>
#include <sys/resource.h>

#include "../fakesys.h"

struct place {
	struct root root;
	struct roots roots;
	struct kinds kinds;
};

static void place_new(struct place *place)
{
	fake_machine(&place->root, &place->roots, 0);
	ck_assert_int_eq(kinds_new(&place->kinds), 0);
}

static void place_clear(struct place *place)
{
	kinds_clear(&place->kinds);
	fake_clear(&place->root, &place->roots);
}

static void put(struct viod_values *values, int vf, const char *key, const char *text)
{
	enum viod_scope scope = vf == VIOD_PF ? VIOD_SCOPE_PF : VIOD_SCOPE_VF;
	const struct schema_row *row = schema_find(values->schema, scope, key);
	unsigned char value[VALUE_TEXT_MAX];

	ck_assert_ptr_nonnull(row);
	ck_assert_int_eq(value_parse(row->option, text, value, NULL), 0);
	values_put(values, vf, row, value, NULL);
}

static void assert_text(const struct viod_values *values, int vf, const char *key,
			const char *expected)
{
	enum viod_scope scope = vf == VIOD_PF ? VIOD_SCOPE_PF : VIOD_SCOPE_VF;
	const struct schema_row *row = schema_find(values->schema, scope, key);
	const void *value = values_get(values, vf, row);
	char text[VALUE_TEXT_MAX] = "(not known)";

	if (value)
		ck_assert_int_eq(value_format(row->option, value, text, sizeof(text)), 0);
	ck_assert_msg(streq(text, expected), "%s is '%s', not '%s'", key, text, expected);
}

static struct viod_values *some_state(const struct place *place, const char *vlan,
				      const char *promisc)
{
	struct viod_values *values;

	ck_assert_int_eq(values_new(place->kinds.net, 2, &values), 0);
	put(values, VIOD_PF, "vfs", "2");
	put(values, VIOD_PF, "promisc", promisc);
	for (int vf = 0; vf < 2; vf++)
		put(values, vf, "vlan", vlan);
	return values;
}

START_TEST(a_record_survives_the_daemon)
{
	_cleanup_record_ struct record *record = NULL, *again = NULL;
	_cleanup_diags_ struct diag_list diags = { 0 };
	struct place place;
	char **list;

	place_new(&place);
	ck_assert_int_eq(record_load(&place.roots, FAKE_PF, true, &diags, &again), -ENOENT);
	record = record_new(FAKE_PF, "net", "/etc/vio.d/nic0.conf");
	record->created = true;
	json_object_set_new(record->notes, "dev-x", json_pack("{s:s}", "vf1", "made 7"));
	ck_assert_int_eq(record_save(&place.roots, record), 0);
	ck_assert_int_eq(record_load(&place.roots, FAKE_PF, true, &diags, &again), 0);
	assert_no_diags(&diags);
	ck_assert_str_eq(again->kind, "net");
	ck_assert_str_eq(again->config, "/etc/vio.d/nic0.conf");
	ck_assert(again->created && !again->keep);
	ck_assert_str_eq(
		json_string_value(json_object_get(json_object_get(again->notes, "dev-x"), "vf1")),
		"made 7");
	ck_assert_int_eq(record_list(&place.roots, &list), 0);
	ck_assert_str_eq(list[0], FAKE_PF);
	ck_assert_ptr_null(list[1]);
	free(list[0]);
	free(list);
	ck_assert_int_eq(record_remove(&place.roots, FAKE_PF), 0);
	ck_assert_int_eq(record_remove(&place.roots, FAKE_PF), 0);
	place_clear(&place);
}
END_TEST

START_TEST(the_same_record_is_not_written_twice)
{
	_cleanup_record_ struct record *record = record_new(FAKE_PF, "net", "x");
	struct stat before, after;
	struct place place;

	place_new(&place);
	ck_assert_int_eq(record_save(&place.roots, record), 0);
	ck_assert_int_eq(fstatat(place.root.fd, "run/viod/pf/" FAKE_PF ".json", &before, 0), 0);
	ck_assert_int_eq(record_save(&place.roots, record), 0);
	ck_assert_int_eq(fstatat(place.root.fd, "run/viod/pf/" FAKE_PF ".json", &after, 0), 0);
	ck_assert_uint_eq(before.st_ino, after.st_ino);
	record->keep = true;
	ck_assert_int_eq(record_save(&place.roots, record), 0);
	ck_assert_int_eq(fstatat(place.root.fd, "run/viod/pf/" FAKE_PF ".json", &after, 0), 0);
	ck_assert_uint_ne(before.st_ino, after.st_ino);
	place_clear(&place);
}
END_TEST

/* Only its text says that a record is none. */
START_TEST(a_record_that_cannot_be_read_stays)
{
	_cleanup_diags_ struct diag_list diags = { 0 };
	_cleanup_record_ struct record *record = record_new(FAKE_PF, "net", "x"), *again = NULL;
	struct rlimit before, none;
	struct place place;
	int r;

	place_new(&place);
	ck_assert_int_eq(record_follow(record, "x", "eth0", false), 0);
	ck_assert_int_eq(record_save(&place.roots, record), 0);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = 3;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	r = record_load(&place.roots, FAKE_PF, true, &diags, &again);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
	ck_assert_int_eq(r, -EMFILE);
	assert_no_diags(&diags);
	ck_assert_int_eq(record_load(&place.roots, FAKE_PF, true, &diags, &again), 0);
	ck_assert_str_eq(again->name, "eth0");
	place_clear(&place);
}
END_TEST

/* --check writes nothing. */
START_TEST(a_corrupt_record_is_left_where_nothing_is_written)
{
	_cleanup_diags_ struct diag_list diags = { 0 };
	struct record *record = NULL;
	struct place place;

	place_new(&place);
	root_write(&place.root, "run/viod/pf/" FAKE_PF ".json", "{");
	ck_assert_int_eq(record_load(&place.roots, FAKE_PF, false, &diags, &record), -ENOENT);
	assert_diag_count(&diags, 1);
	ck_assert_int_eq(faccessat(place.root.fd, "run/viod/pf/" FAKE_PF ".json", F_OK, 0), 0);
	place_clear(&place);
}
END_TEST

START_TEST(a_corrupt_record_is_renamed_and_reported)
{
	static const char *const texts[] = {
		"",
		"{",
		"[]",
		"{\"address\": 7}",
		"null",
		"{\"address\": \"other\", \"kind\": \"net\", \"config\": \"x\", \"created\": true, "
		"\"keep\": false, \"baseline\": {}, \"set\": {}}",
		"{\"address\": \"" FAKE_PF "\", \"kind\": \"net\", \"config\": \"x\", \"created\": "
		"true, \"keep\": false, \"baseline\": [], \"set\": {}}",
	};
	struct place place;

	place_new(&place);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		_cleanup_diags_ struct diag_list diags = { 0 };
		struct record *record = NULL;

		root_write(&place.root, "run/viod/pf/" FAKE_PF ".json", texts[i]);
		ck_assert_int_eq(record_load(&place.roots, FAKE_PF, true, &diags, &record),
				 -ENOENT);
		assert_diag_count(&diags, 1);
		ck_assert_int_eq(diags.items[0].severity, VIOD_WARNING);
		ck_assert_int_eq(faccessat(place.root.fd, "run/viod/pf/" FAKE_PF ".json", F_OK, 0),
				 -1);
		ck_assert_int_eq(
			faccessat(place.root.fd, "run/viod/pf/" FAKE_PF ".corrupt", F_OK, 0), 0);
	}
	place_clear(&place);
}
END_TEST

START_TEST(an_address_names_no_other_directory)
{
	_cleanup_record_ struct record *record = record_new("../../etc/x", "net", "x");
	struct place place;

	place_new(&place);
	ck_assert_int_eq(record_save(&place.roots, record), -EINVAL);
	ck_assert_int_eq(record_remove(&place.roots, "../x"), -EINVAL);
	place_clear(&place);
}
END_TEST

START_TEST(only_what_was_set_is_restored)
{
	_cleanup_record_ struct record *record = record_new(FAKE_PF, "net", "x");
	struct viod_values *baseline, *wanted, *back;
	struct place place;

	place_new(&place);
	baseline = some_state(&place, "5", "off");
	ck_assert_int_eq(record_extend_baseline(record, baseline), 0);
	/* The file sets only the VLAN of VF 1; promisc, set by another program, is not reset. */
	ck_assert_int_eq(values_new(place.kinds.net, 2, &wanted), 0);
	put(wanted, 1, "vlan", "100");
	ck_assert_int_eq(record_remember(record, wanted, NULL, false), 0);
	ck_assert_int_eq(record_wanted(record, place.kinds.net, NULL, &back), 0);
	assert_text(back, 1, "vlan", "5");
	assert_text(back, 0, "vlan", "(not known)");
	assert_text(back, VIOD_PF, "promisc", "(not known)");
	assert_text(back, VIOD_PF, "vfs", "(not known)");
	values_free(back);
	/* VFs that viod re-created have lost all settings, and may exist although the job that
	 * created them failed before it could report that. */
	record->created = true;
	ck_assert_int_eq(record_wanted(record, place.kinds.net, NULL, &back), 0);
	assert_text(back, 0, "vlan", "5");
	assert_text(back, VIOD_PF, "vfs", "2");
	assert_text(back, VIOD_PF, "promisc", "(not known)");
	values_free(back);
	values_free(wanted);
	values_free(baseline);
	place_clear(&place);
}
END_TEST

START_TEST(the_baseline_is_the_first_state_and_no_later_one)
{
	_cleanup_record_ struct record *record = record_new(FAKE_PF, "net", "x");
	struct viod_values *first, *later, *wanted, *back;
	struct place place;

	place_new(&place);
	first = some_state(&place, "5", "off");
	later = some_state(&place, "6", "on");
	ck_assert_int_eq(record_extend_baseline(record, first), 0);
	ck_assert_int_eq(record_extend_baseline(record, later), 0);
	ck_assert_int_eq(values_new(place.kinds.net, 0, &wanted), 0);
	put(wanted, VIOD_PF, "promisc", "on");
	ck_assert_int_eq(record_remember(record, wanted, NULL, false), 0);
	ck_assert_int_eq(record_wanted(record, place.kinds.net, NULL, &back), 0);
	assert_text(back, VIOD_PF, "promisc", "off");
	values_free(first);
	values_free(later);
	values_free(wanted);
	values_free(back);
	place_clear(&place);
}
END_TEST

START_TEST(what_an_earlier_version_set_is_remembered)
{
	_cleanup_record_ struct record *record = record_new(FAKE_PF, "net", "x");
	struct viod_values *one, *two, *set;
	struct place place;

	place_new(&place);
	ck_assert_int_eq(values_new(place.kinds.net, 2, &one), 0);
	ck_assert_int_eq(values_new(place.kinds.net, 1, &two), 0);
	put(one, 0, "vlan", "7");
	put(one, 1, "vlan", "8");
	put(two, 0, "trust", "on");
	ck_assert_int_eq(record_remember(record, one, NULL, false), 0);
	ck_assert_int_eq(record_remember(record, two, NULL, false), 0);
	ck_assert_int_eq(values_from_json(place.kinds.net, record->set, &set), 0);
	assert_text(set, 0, "vlan", "7");
	assert_text(set, 0, "trust", "on");
	assert_text(set, 1, "vlan", "8");
	values_free(set);
	ck_assert_int_eq(record_remember(record, two, NULL, true), 0);
	ck_assert_int_eq(values_from_json(place.kinds.net, record->set, &set), 0);
	assert_text(set, 0, "vlan", "(not known)");
	values_free(set);
	values_free(one);
	values_free(two);
	place_clear(&place);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_record_survives_the_daemon,
		the_same_record_is_not_written_twice,
		a_record_that_cannot_be_read_stays,
		a_corrupt_record_is_left_where_nothing_is_written,
		a_corrupt_record_is_renamed_and_reported,
		an_address_names_no_other_directory,
		only_what_was_set_is_restored,
		the_baseline_is_the_first_state_and_no_later_one,
		what_an_earlier_version_set_is_remembered,
	};

	return run_tests("record", tests, ARRAY_SIZE(tests));
}
