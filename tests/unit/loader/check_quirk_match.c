/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <errno.h>
#include <stdlib.h>

#include "loader/quirk-match.h"

#define IDS(vendor_, device_, subvendor_, subdevice_)                        \
	.vendor = (vendor_), .device = (device_), .subvendor = (subvendor_), \
	.subdevice = (subdevice_)

static const struct viod_function nic = {
	.address = "0000:05:00.0",
	.driver = "igb",
	.class_code = 0x020000,
	IDS(0x8086, 0x10c9, 0x8086, 0xa03c),
};

static const struct viod_function unbound = { .address = "0000:06:00.0", .class_code = 0x120000 };

struct score_case {
	struct viod_match row;
	int score;
};

static const struct score_case scores[] = {
	{ VIOD_MATCH_ALL, 0 },
	{ VIOD_MATCH_DRIVER("igb"), 1 },
	{ VIOD_MATCH_DRIVER("ixgbe"), -1 },
	{ VIOD_MATCH_DRIVER("IGB"), -1 },
	{ VIOD_MATCH_CLASS(0x020000, 0xff0000), 1 },
	{ VIOD_MATCH_CLASS(0x020000, 0xffff00), 1 },
	{ VIOD_MATCH_CLASS(0x020700, 0xffff00), -1 },
	{ VIOD_MATCH_CLASS(0x030000, 0xff0000), -1 },
	{ { IDS(0x8086, VIOD_ANY, VIOD_ANY, VIOD_ANY) }, 2 },
	{ { IDS(0x8086, VIOD_ANY, VIOD_ANY, VIOD_ANY), .driver = "igb" }, 3 },
	{ { IDS(0x15b3, VIOD_ANY, VIOD_ANY, VIOD_ANY) }, -1 },
	{ { IDS(VIOD_ANY, VIOD_ANY, 0x8086, 0xa03c) }, 4 },
	{ { IDS(VIOD_ANY, VIOD_ANY, 0x8086, VIOD_ANY) }, 4 },
	{ { IDS(VIOD_ANY, VIOD_ANY, 0x8086, 0xa03d) }, -1 },
	{ { IDS(VIOD_ANY, 0x10c9, VIOD_ANY, VIOD_ANY) }, 8 },
	{ { IDS(0x8086, 0x10c9, VIOD_ANY, VIOD_ANY) }, 10 },
	{ { IDS(0x8086, 0x10c9, 0x8086, 0xa03c), .driver = "igb" }, 15 },
	{ { IDS(0x8086, 0x10c9, 0x8086, 0xa03c), .driver = "igb", .class_code = 0x020000,
	    .class_mask = 0xffffff },
	  15 },
	{ { IDS(0x8086, 0x10c9, 0, 0) }, -1 },
};

START_TEST(row_scores)
{
	const struct score_case *test = &scores[_i];
	const struct viod_match rows[] = { test->row, { 0 } };

	ck_assert_int_eq(quirk_score(rows, &nic), test->score);
}
END_TEST

START_TEST(best_row_counts)
{
	const struct viod_match rows[] = {
		VIOD_MATCH_DRIVER("igb"),
		{ IDS(0x8086, 0x10c9, VIOD_ANY, VIOD_ANY) },
		VIOD_MATCH_ALL,
		{ 0 },
		{ IDS(0x8086, 0x10c9, 0x8086, 0xa03c) },
	};

	ck_assert_int_eq(quirk_score(rows, &nic), 10);
	ck_assert_int_eq(quirk_score(NULL, &nic), -1);
	ck_assert_int_eq(quirk_score(rows + 3, &nic), -1);
}
END_TEST

START_TEST(no_driver_matches_no_driver)
{
	const struct viod_match rows[] = { VIOD_MATCH_DRIVER("igb"), { 0 } };

	ck_assert_int_eq(quirk_score(rows, &unbound), -1);
}
END_TEST

static const struct viod_match match_all[] = { VIOD_MATCH_ALL, { 0 } };
static const struct viod_match match_net[] = { VIOD_MATCH_CLASS(0x020000, 0xff0000), { 0 } };
static const struct viod_match match_igb[] = { VIOD_MATCH_DRIVER("igb"), { 0 } };

static const struct viod_plugin dev = { .name = "dev", .role = VIOD_ROLE_KIND, .match = match_all };
static const struct viod_plugin net = { .name = "net", .role = VIOD_ROLE_KIND, .match = match_net };
static const struct viod_plugin acme = { .name = "acme",
					 .role = VIOD_ROLE_KIND,
					 .match = match_igb };
static const struct viod_plugin quirk = { .name = "net-igb",
					  .role = VIOD_ROLE_QUIRK,
					  .match = match_igb };

START_TEST(best_of_one_role)
{
	const struct viod_plugin *plugins[] = { &dev, &net, &quirk }, *best = NULL;
	_cleanup_diags_ struct diag_list diags = { 0 };

	ck_assert_int_eq(quirk_best(plugins, 3, VIOD_ROLE_KIND, &nic, &diags, &best), 0);
	ck_assert_ptr_eq(best, &net);
	ck_assert_int_eq(quirk_best(plugins, 3, VIOD_ROLE_QUIRK, &nic, &diags, &best), 0);
	ck_assert_ptr_eq(best, &quirk);
	ck_assert_int_eq(quirk_best(plugins, 3, VIOD_ROLE_KIND, &unbound, &diags, &best), 0);
	ck_assert_ptr_eq(best, &dev);
	ck_assert_int_eq(quirk_best(plugins, 3, VIOD_ROLE_QUIRK, &unbound, &diags, &best), 0);
	ck_assert_ptr_null(best);
	ck_assert_uint_eq(diags.count, 0);
}
END_TEST

START_TEST(tie_names_both)
{
	const struct viod_plugin *plugins[] = { &dev, &net, &acme }, *best = &dev;
	_cleanup_diags_ struct diag_list diags = { 0 };

	ck_assert_int_eq(quirk_best(plugins, 3, VIOD_ROLE_KIND, &nic, &diags, &best), -EEXIST);
	ck_assert_ptr_eq(best, &dev);
	ck_assert_uint_eq(diag_errors(&diags), 1);
	ck_assert_ptr_nonnull(strstr(diags.items[0].text, "'net' and 'acme' match 0000:05:00.0"));
}
END_TEST

/* Two that tie are no trouble where a third fits better. */
START_TEST(tie_below_the_best)
{
	static const struct viod_match exact[] = { { IDS(0x8086, 0x10c9, 0x8086, 0xa03c) }, { 0 } };
	static const struct viod_plugin best_one = { .name = "exact",
						     .role = VIOD_ROLE_KIND,
						     .match = exact };
	const struct viod_plugin *plugins[] = { &net, &acme, &best_one }, *best = NULL;
	_cleanup_diags_ struct diag_list diags = { 0 };

	ck_assert_int_eq(quirk_best(plugins, 3, VIOD_ROLE_KIND, &nic, &diags, &best), 0);
	ck_assert_ptr_eq(best, &best_one);
}
END_TEST

START_TEST(limits_and_advice)
{
	static const char *const lacks[] = { "vlan", "trust", NULL };
	static const char *const disruptive[] = { "mac", NULL };
	static const struct viod_advice advice[] = {
		{ "mac", EPERM, "trust the VF" },
		{ "mac", EBUSY, "wait" },
		{ NULL, 0, NULL },
		{ "vlan", EPERM, "past the end" },
	};
	static const struct viod_quirk some = { .lacks = lacks,
						.disruptive = disruptive,
						.advice = advice };
	static const struct viod_quirk none;

	ck_assert(quirk_lacks(&some, "trust"));
	ck_assert(!quirk_lacks(&some, "mac"));
	ck_assert(!quirk_lacks(&none, "mac"));
	ck_assert(quirk_disruptive(&some, "mac"));
	ck_assert(!quirk_disruptive(&some, "vlan"));
	ck_assert(!quirk_disruptive(&none, "mac"));
	ck_assert_str_eq(quirk_advice(&some, "mac", EBUSY), "wait");
	ck_assert_ptr_null(quirk_advice(&some, "mac", EINVAL));
	ck_assert_ptr_null(quirk_advice(&some, "vlan", EPERM));
	ck_assert_ptr_null(quirk_advice(&some, NULL, EPERM));
	ck_assert_ptr_null(quirk_advice(&none, "mac", EPERM));
}
END_TEST

/* A limit may be for some of a driver's devices; the first row that fits counts. */
START_TEST(limits_are_of_devices)
{
	static const struct viod_match others[] = { VIOD_MATCH_DEVICE(0x8086, 0x1521), { 0 } };
	static const struct viod_match these[] = { VIOD_MATCH_DEVICE(0x8086, 0x10c9), { 0 } };
	static const struct viod_limit limits[] = {
		{ "rate", .text = "others", .only = others },
		{ "rate", 1, 10, .text = "these", .only = these },
		{ "rate", 1, 100, .text = "all" },
		{ "qos", .text = "none" },
		{ 0 },
		{ "vlan", .text = "past the end" },
	};
	static const char *const recreates[] = { "eswitch", NULL }, *const apart[] = { "guid",
										       NULL };
	static const struct viod_quirk some = { .limits = limits,
						.recreates = recreates,
						.unbound = apart };
	static const struct viod_quirk none;

	ck_assert_str_eq(quirk_limit(&some, &nic, "rate")->text, "these");
	ck_assert_str_eq(quirk_limit(&some, &unbound, "rate")->text, "all");
	ck_assert_int_eq(quirk_limit(&some, &nic, "qos")->max, 0);
	ck_assert_ptr_null(quirk_limit(&some, &nic, "vlan"));
	ck_assert_ptr_null(quirk_limit(&none, &nic, "rate"));
	ck_assert(quirk_recreates(&some, "eswitch"));
	ck_assert(!quirk_recreates(&some, "guid"));
	ck_assert(!quirk_recreates(&none, "eswitch"));
	ck_assert(quirk_unbound(&some, "guid"));
	ck_assert(!quirk_unbound(&some, "eswitch"));
	ck_assert(!quirk_unbound(&none, "guid"));
}
END_TEST

START_TEST(advice_for_all_keys_and_for_no_error)
{
	static const struct viod_advice advice[] = {
		{ "mac", EAGAIN, "this key" },
		{ NULL, EAGAIN, "any key" },
		{ "link", 0, "no error" },
		{ NULL, 0, NULL },
	};
	static const struct viod_quirk some = { .advice = advice };

	ck_assert_str_eq(quirk_advice(&some, "mac", EAGAIN), "this key");
	ck_assert_str_eq(quirk_advice(&some, "vlan", EAGAIN), "any key");
	ck_assert_str_eq(quirk_advice(&some, NULL, EAGAIN), "any key");
	ck_assert_str_eq(quirk_advice(&some, "link", 0), "no error");
	ck_assert_ptr_null(quirk_advice(&some, "mac", 0));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("quirk");
	TCase *tests = tcase_create("quirk");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tests, row_scores, 0, (int)ARRAY_SIZE(scores));
	tcase_add_test(tests, best_row_counts);
	tcase_add_test(tests, no_driver_matches_no_driver);
	tcase_add_test(tests, best_of_one_role);
	tcase_add_test(tests, tie_names_both);
	tcase_add_test(tests, tie_below_the_best);
	tcase_add_test(tests, limits_and_advice);
	tcase_add_test(tests, limits_are_of_devices);
	tcase_add_test(tests, advice_for_all_keys_and_for_no_error);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
