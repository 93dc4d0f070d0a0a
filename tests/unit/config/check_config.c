/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "../fixture.h"
#include "../parsed.h"
#include "config/config.h"

#define MAIN "/etc/vio.d/a.conf"
#define PF "[pf]\nname = 05:00.0\nkind = net\n"

static struct parsed parse(const char *text)
{
	return parse_drop_ins(text, NULL, NULL);
}

static const void *vf_value(const struct viod_values *values, int vf, const char *key)
{
	const struct schema_row *row = schema_find(values->schema, VIOD_SCOPE_VF, key);

	ck_assert_ptr_nonnull(row);
	return values_get(values, vf, row);
}

static int64_t vlan_of(const struct viod_values *values, int vf)
{
	const int64_t *vlan = vf_value(values, vf, "vlan");

	return vlan ? *vlan : -1;
}

static void assert_vlans(const struct config *config, const int64_t *vlans, size_t n_vfs)
{
	_cleanup_values_ struct viod_values *values = NULL;

	ck_assert_int_eq(config_expand(config, n_vfs, &values), 0);
	ck_assert_uint_eq(values->n_vfs, n_vfs);
	for (size_t i = 0; i < n_vfs; i++)
		ck_assert_msg(vlan_of(values, (int)i) == vlans[i], "VF %zu: %lld, not %lld", i,
			      (long long)vlan_of(values, (int)i), (long long)vlans[i]);
}

#define ASSERT_VLANS(config_, ...)                                \
	assert_vlans((config_), (const int64_t[]){ __VA_ARGS__ }, \
		     ARRAY_SIZE(((const int64_t[]){ __VA_ARGS__ })))

/* --- what a file says ---------------------------------------------------------------------------
 */

START_TEST(the_first_example_means_what_it_says)
{
	_cleanup_parsed_ struct parsed parsed = parse("[pf]\n"
						      "name = 05:00.0\n"
						      "kind = net\n"
						      "vfs = 4\n"
						      "promisc = on\n"
						      "\n"
						      "[vf0]\n"
						      "driver = igbvf\n"
						      "mac = 52:54:00:ab:cd:01\n"
						      "vlan = 100\n"
						      "\n"
						      "[vf1]\n"
						      "mac = 52:54:00:ab:cd:02\n");
	_cleanup_values_ struct viod_values *values = NULL;
	const struct viod_driver *driver;
	const struct viod_mac *mac;

	assert_no_diags(&parsed.diags);
	ck_assert_str_eq(parsed.config->name, "a.conf");
	ck_assert_str_eq(parsed.config->path, MAIN);
	ck_assert_ptr_eq(parsed.config->schema, parsed.kinds.net);
	ck_assert_str_eq(config_pf_value(parsed.config, "name"), "05:00.0");
	ck_assert_str_eq(config_pf_value(parsed.config, "kind"), "net");
	ck_assert_int_eq(*(const int64_t *)config_pf_value(parsed.config, "vfs"), 4);
	ck_assert(*(const bool *)config_pf_value(parsed.config, "promisc"));
	ck_assert_uint_eq(config_pf_where(parsed.config, "vfs")->line, 4);
	ck_assert_uint_eq(config_pf_where(parsed.config, "vfs")->column, 7);
	ck_assert_str_eq(config_pf_where(parsed.config, "vfs")->file, MAIN);
	/* Fallbacks have no place; what is neither set nor has one is NULL. */
	ck_assert_int_eq(*(const int64_t *)config_pf_value(parsed.config, "timeout"), 120);
	ck_assert_int_eq(*(const int64_t *)config_pf_value(parsed.config, "on-remove"), 0);
	ck_assert_ptr_null(config_pf_where(parsed.config, "timeout")->file);
	ck_assert_ptr_null(config_pf_value(parsed.config, "driver"));
	ck_assert_ptr_null(config_pf_value(parsed.config, "no-such-key"));
	ck_assert_ptr_null(config_pf_where(parsed.config, "no-such-key")->file);
	ck_assert_uint_eq(config_vfs_named(parsed.config), 2);
	ck_assert_int_eq(config_expand(parsed.config, 4, &values), 0);
	driver = vf_value(values, 0, "driver");
	ck_assert_str_eq(driver->name, "igbvf");
	mac = vf_value(values, 1, "mac");
	ck_assert_uint_eq(mac->octets[5], 2);
	ck_assert_int_eq(vlan_of(values, 0), 100);
	ck_assert_int_eq(vlan_of(values, 1), -1);
	/* Unlike in the earlier program, where these had the values of VF 0. */
	ck_assert_ptr_null(vf_value(values, 2, "mac"));
	ck_assert_ptr_null(vf_value(values, 3, "mac"));
	ck_assert_ptr_nonnull(
		values_get(values, VIOD_PF, schema_find(parsed.kinds.net, VIOD_SCOPE_PF, "vfs")));
	ck_assert_uint_eq(
		values_where(values, 0, schema_find(parsed.kinds.net, VIOD_SCOPE_VF, "vlan"))->line,
		10);
}
END_TEST

START_TEST(values_go_through_libconfuse_unharmed)
{
	/* All special characters of libconfuse: quotes, braces, variables, comments, escapes. */
	static const char *const odd[] = { "a'b",    "\\",	 "\\'",	  "${HOME}",	 "a\"b\"c",
					   "/*x",    "//x",	 "x}",	  "x = y",	 "+=",
					   "{a, b}", "\\n\\x41", "a,b;c", "gr\xc3\xbcn", "a#b",
					   "'x",     "it''s" };

	for (size_t i = 0; i < ARRAY_SIZE(odd); i++) {
		_cleanup_values_ struct viod_values *values = NULL;
		_cleanup_free_ char *text = NULL;

		ck_assert_int_ge(asprintf(&text, PF "[vf0]\ntag = %s\n[vf1]\nvlan = 7\n", odd[i]),
				 0);
		{
			_cleanup_parsed_ struct parsed parsed = parse(text);

			assert_no_diags(&parsed.diags);
			ck_assert_int_eq(config_expand(parsed.config, 2, &values), 0);
			ck_assert_str_eq(vf_value(values, 0, "tag"), odd[i]);
			ck_assert_int_eq(vlan_of(values, 1), 7);
			values = values_free(values);
		}
	}
}
END_TEST

START_TEST(the_most_specific_section_wins)
{
	_cleanup_parsed_ struct parsed parsed = parse("[vf2]\nvlan = 2\n"
						      "[vf1-3]\nvlan = 13\n"
						      "[vf*]\nvlan = 9\n" PF "[vf0-4]\nvlan = 4\n"
						      "[vf7,9]\nvlan = 79\n");

	assert_no_diags(&parsed.diags);
	ASSERT_VLANS(parsed.config, 4, 13, 2, 13, 4, 9, 9, 79, 9, 79, 9);
	ck_assert_uint_eq(config_vfs_named(parsed.config), 10);
}
END_TEST

START_TEST(each_key_on_its_own)
{
	_cleanup_parsed_ struct parsed parsed =
		parse(PF "[vf*]\nvlan = 9\ntag = all\n[vf1]\nvlan = 1\n");
	_cleanup_values_ struct viod_values *values = NULL;

	ck_assert_int_eq(config_expand(parsed.config, 2, &values), 0);
	ck_assert_int_eq(vlan_of(values, 1), 1);
	ck_assert_str_eq(vf_value(values, 1, "tag"), "all");
}
END_TEST

START_TEST(an_empty_value_cancels_a_value)
{
	_cleanup_parsed_ struct parsed parsed = parse(
		PF "timeout =\nvfs =\n[vf*]\nvlan = 9\n[vf1]\nvlan =\n[vf2-3]\nvlan = # none\n"
		   "[vf3]\nvlan = 3\n");

	assert_no_diags(&parsed.diags);
	ASSERT_VLANS(parsed.config, 9, -1, -1, 3);
	ck_assert_int_eq(*(const int64_t *)config_pf_value(parsed.config, "timeout"), 120);
	ck_assert_ptr_null(config_pf_value(parsed.config, "vfs"));
}
END_TEST

START_TEST(no_vfs_and_more_than_named)
{
	_cleanup_parsed_ struct parsed parsed =
		parse(PF "[vf0-65534]\nvlan = 5\n[vf3]\nvlan = 3\n");
	_cleanup_values_ struct viod_values *none = NULL;

	assert_no_diags(&parsed.diags);
	ck_assert_int_eq(config_expand(parsed.config, 0, &none), 0);
	ck_assert_uint_eq(none->n_vfs, 0);
	ASSERT_VLANS(parsed.config, 5, 5, 5, 3);
	ck_assert_uint_eq(config_vfs_named(parsed.config), 65535);
}
END_TEST

START_TEST(dashes_and_underscores_are_one)
{
	_cleanup_parsed_ struct parsed parsed =
		parse(PF "on_remove = keep\n[vf0]\nmax_rate = 1G\n");
	_cleanup_values_ struct viod_values *values = NULL;

	assert_no_diags(&parsed.diags);
	ck_assert_int_eq(*(const int64_t *)config_pf_value(parsed.config, "on-remove"), 1);
	ck_assert_int_eq(config_expand(parsed.config, 1, &values), 0);
	ck_assert_uint_eq(*(const uint64_t *)vf_value(values, 0, "max-rate"), 1000);
}
END_TEST

/* --- drop-ins -----------------------------------------------------------------------------------
 */

START_TEST(later_files_replace)
{
	_cleanup_parsed_ struct parsed parsed =
		parse_drop_ins(PF "vfs = 4\n[vf*]\nvlan = 1\n[vf2-3]\nvlan = 2\n[vf0]\nvlan = 5\n",
			       "[pf]\nvfs = 6\n[vf*]\nvlan = 10\n[vf2-3]\nvlan =\n",
			       "[vf*]\nvlan = 20\n[vf5]\nvlan = 50\n[vf0]\ntag = x\n");

	assert_no_diags(&parsed.diags);
	ck_assert_int_eq(*(const int64_t *)config_pf_value(parsed.config, "vfs"), 6);
	ck_assert_str_eq(config_pf_where(parsed.config, "vfs")->file, "/etc/vio.d/a.conf.d/1.conf");
	ASSERT_VLANS(parsed.config, 5, 20, -1, -1, 20, 50);
}
END_TEST

START_TEST(the_kind_may_come_from_a_drop_in)
{
	_cleanup_parsed_ struct parsed set =
		parse_drop_ins("[pf]\nname = x\n", "[pf]\nkind = net\n", NULL);
	_cleanup_parsed_ struct parsed reset = parse_drop_ins(PF, "[pf]\nkind =\n", NULL);

	assert_no_diags(&set.diags);
	ck_assert_ptr_eq(set.config->schema, set.kinds.net);
	ck_assert_int_eq(reset.r, -EINVAL);
	assert_diag(&reset.diags, MAIN ":1:1", "[pf] has no 'kind'");
}
END_TEST

START_TEST(errors_of_all_files_come_in_order)
{
	_cleanup_parsed_ struct parsed parsed =
		parse_drop_ins(PF "vfs = 2\npromsic = on\n[vf0]\nvlan = x\n",
			       "[vf1]\nvlan = 1\nvlan = 2\n", "oops\n[vf2]\nvlan = 5\n");

	ck_assert_int_eq(parsed.r, -EINVAL);
	assert_diag_count(&parsed.diags, 5);
	for (size_t i = 0; i < 5; i++) {
		static const char *const order[] = { "did you mean 'promisc'", "'vlan': 'x' is no",
						     "set a second time", "'oops' is neither",
						     "[vf2] names VF 2" };

		ck_assert_msg(strstr(parsed.diags.items[i].text, order[i]), "%s",
			      parsed.diags.items[i].text);
	}
	assert_diag(&parsed.diags, MAIN ":5:1", "unknown key 'promsic' in [pf]");
	assert_diag(&parsed.diags, "/etc/vio.d/a.conf.d/1.conf:3:1", "after line 2;");
	assert_diag(&parsed.diags, "/etc/vio.d/a.conf.d/2.conf:2:1",
		    "but vfs = 2 on line 4 of " MAIN "; raise vfs to 3");
}
END_TEST

/* --- errors -------------------------------------------------------------------------------------
 */

/* Just one error each. Places are in the main file. */
static const struct {
	const char *text, *place, *part;
} bad[] = {
	{ "", ":1:1", "there is no [pf] section; begin with [pf]" },
	{ "[vf0]\nvlan = 1\n", ":1:1", "there is no [pf] section" },
	{ "[pf]\nname = x\n", ":1:1", "[pf] has no 'kind'; add kind = net, gpu or dev" },
	{ "\n [pf]\nname = x\nkind =\n", ":2:2", "[pf] has no 'kind'" },
	{ "[pf]\nname = x\nkind = nte\n", ":3:8", "no plugin serves kind 'nte'" },
	{ "#\n[pf]\nkind = net\n", ":2:1",
	  "[pf] has no 'name' (which device); add name = ... below [pf]" },
	{ "[pf]\nkind = net\nname =\n", ":1:1", "[pf] has no 'name'" },
	{ PF "[foo]\nx = y\n", ":4:1", "unknown section [foo]; write [pf], or for VFs [vf0]" },
	{ PF "[vfx]\nvlan = y\n", ":4:1", "unknown section [vfx]" },
	{ PF "[VF0]\nvlan = y\n", ":4:1", "unknown section [VF]" },
	{ PF "vlan = 1\n", ":4:1", "'vlan' belongs in a [vfN] section; put it below [vf0]" },
	{ PF "[vf0]\npromisc = on\n", ":5:1",
	  "'promisc' belongs in the [pf] section, not in [vf0]" },
	{ PF "[vf0-3,8]\n vlna = 1\n", ":5:2",
	  "unknown key 'vlna' in [vf0-3,8]; did you mean 'vlan'?" },
	{ PF "[vf*]\nzebra = 1\n", ":5:1",
	  "unknown key 'zebra' in [vf*]; valid keys of kind 'net' here are: driver, mac, vlan, " },
	{ PF "[vf0]\nprofile = a\n", ":5:1",
	  "'profile' is a key of kind 'gpu', and this file has kind = net; remove it" },
	{ PF "[vf0]\nhidden = 1\n", ":5:1", "unknown key 'hidden'" },
	{ PF "[vf0]\nVLAN = 1\n", ":5:1", "unknown key 'VLAN' in [vf0]; did you mean 'vlan'?" },
	{ PF "[vf0]\nvlan =  4096 # x\n", ":5:9",
	  "'vlan': '4096' is out of range; write a number" },
	{ PF "[vf0]\nmac=52:54\n", ":5:5", "'mac': '52:54' is not a MAC address" },
	{ PF "[vf0]\nvlan = 1\n\nvlan = 2\n", ":7:1",
	  "'vlan' is set a second time in [vf0], after line 5; remove one of the two" },
	{ PF "[vf0]\nmax-rate = 1\nmax_rate = 2\n", ":6:1", "'max-rate' is set a second time" },
	{ PF "[vf0]\nvlan =\nvlan = 2\n", ":6:1", "'vlan' is set a second time" },
	{ PF "kind = net\n", ":4:1", "'kind' is set a second time in [pf], after line 3" },
	{ PF "[pf]\nvfs = 1\n", ":4:1", "the section [pf] is repeated here, after line 1;" },
	{ PF "[vf*]\n[vf*]\n", ":5:1", "the section [vf*] is repeated here, after line 4" },
	{ PF "[vf0-3,8]\nvlan = 1\n[vf8,0-2,3]\ntag = x\n", ":6:1",
	  "the section [vf0-3,8] is repeated here, after line 4" },
	{ PF "vfs = 4\n[vf4]\n", ":5:1",
	  "[vf4] names VF 4, but vfs = 4 on line 4; raise vfs to 5, or remove the VF here" },
	{ PF "vfs = 4\n[vf0-3,9,1]\n", ":5:1", "[vf0-3,9] names VF 9, but vfs = 4" },
	{ PF "vfs = 0\n[vf0]\n", ":5:1", "[vf0] names VF 0, but vfs = 0" },
	{ PF "[vf0-3]\nvlan = 1\n[vf2-5]\nvlan = 2\n", ":7:1",
	  "'vlan' of VF 2 is also set by [vf0-3], which is equally specific, on line 5; set it in [vf2]" },
	{ PF "[vf2-5]\nvlan = 2\n[vf0-3]\nvlan =\n", ":7:1",
	  "also set by [vf2-5], which is equally specific" },
	{ PF "[vf0,9]\nvlan = 2\n[vf4,9]\nvlan = 3\n", ":7:1", "'vlan' of VF 9 is also set by" },
};

START_TEST(errors_have_places_and_advice)
{
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_parsed_ struct parsed parsed = parse(bad[i].text);
		char place[64];

		(void)snprintf(place, sizeof(place), MAIN "%s", bad[i].place);
		ck_assert_int_eq(parsed.r, -EINVAL);
		assert_diag(&parsed.diags, place, bad[i].part);
		assert_diag_count(&parsed.diags, 1);
	}
}
END_TEST

static const char *const good[] = {
	PF "vfs = max\n[vf9000]\nvlan = 1\n",
	PF "[vf9000]\nvlan = 1\n",
	PF "vfs = 4\n[vf*]\nvlan = 1\n[vf0-3]\n",
	/* Overlaps are fine where no key is set twice, or one section is narrower. */
	PF "[vf0-3]\nvlan = 1\n[vf2-5]\ntag = x\n",
	PF "[vf0-3]\nvlan = 1\n[vf2-4]\nvlan = 2\n",
	PF "[vf0-3]\nvlan = 1\n[vf4-7]\nvlan = 2\n",
	PF "[vf0,2,4]\nvlan = 1\n[vf1,3,5]\nvlan = 2\n",
	/* A key of both scopes. */
	PF "driver = igb\n[vf0]\ndriver = igbvf\n",
};

START_TEST(no_errors_where_there_are_none)
{
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		_cleanup_parsed_ struct parsed parsed = parse(good[i]);

		assert_no_diags(&parsed.diags);
		ck_assert_int_eq(parsed.r, 0);
	}
}
END_TEST

START_TEST(a_broken_line_may_be_the_missing_one)
{
	_cleanup_parsed_ struct parsed name = parse("[pf]\nkind = net\nname x\n");
	_cleanup_parsed_ struct parsed kind = parse("[pf]\nname = x\nkind net\n[vf0]\n[vf0]\n");

	assert_diag_count(&name.diags, 1);
	assert_diag(&name.diags, MAIN ":3:1", "'name x' is neither");
	/* Errors that need no schema are reported nevertheless. */
	assert_diag_count(&kind.diags, 2);
	assert_diag(&kind.diags, MAIN ":3:1", "'kind net' is neither");
	assert_diag(&kind.diags, MAIN ":5:1", "is repeated here");
}
END_TEST

START_TEST(all_errors_are_reported_at_once)
{
	_cleanup_parsed_ struct parsed parsed = parse("[pf]\n"
						      "kind = net\n"
						      "vfs = 4\n"
						      "mac = stable\n"
						      "[vf9]\n"
						      "vlan = 5000\n"
						      "trust = perhaps\n"
						      "trust = on\n"
						      "[vf1\n"
						      "vlan = 5\n"
						      "spam = eggs\n"
						      "[vf1]\n"
						      "[bar]\n");

	ck_assert_int_eq(parsed.r, -EINVAL);
	assert_diag(&parsed.diags, MAIN ":1:1", "[pf] has no 'name'");
	assert_diag(&parsed.diags, MAIN ":4:1", "'mac' belongs in a [vfN] section");
	assert_diag(&parsed.diags, MAIN ":5:1", "[vf9] names VF 9");
	assert_diag(&parsed.diags, MAIN ":6:8", "'5000' is out of range");
	assert_diag(&parsed.diags, MAIN ":7:9", "'perhaps' is neither on nor off");
	assert_diag(&parsed.diags, MAIN ":8:1", "'trust' is set a second time");
	assert_diag(&parsed.diags, MAIN ":9:1", "the '[' is not closed; write [vf1]");
	assert_diag(&parsed.diags, MAIN ":11:1", "unknown key 'spam' in [vf1]");
	assert_diag(&parsed.diags, MAIN ":12:1", "the section [vf1] is repeated here");
	assert_diag(&parsed.diags, MAIN ":13:1", "unknown section [bar]");
	assert_diag_count(&parsed.diags, 10);
}
END_TEST

START_TEST(overlaps_across_files_name_both)
{
	_cleanup_parsed_ struct parsed parsed =
		parse_drop_ins(PF "[vf0-3]\nvlan = 1\n", "[vf2-5]\nvlan = 2\n", NULL);
	/* A narrower section does not resolve the conflict, but the same section does. */
	_cleanup_parsed_ struct parsed settled =
		parse_drop_ins(PF "[vf0-3]\nvlan = 1\n", "[vf0-3]\nvlan = 2\n", NULL);

	assert_diag_count(&parsed.diags, 1);
	assert_diag(&parsed.diags, "/etc/vio.d/a.conf.d/1.conf:2:1",
		    "also set by [vf0-3], which is equally specific, on line 5 of " MAIN);
	assert_no_diags(&settled.diags);
}
END_TEST

#define GPU "[pf]\nname = x\nkind = gpu\n"

START_TEST(required_keys_of_vfs)
{
	static const struct {
		const char *text, *place, *part;
	} cases[] = {
		{ GPU, NULL, NULL },
		{ GPU "vfs = 0\n", NULL, NULL },
		{ GPU "vfs = max\n", NULL, NULL },
		{ GPU "vfs = 2\n[vf*]\nprofile = a\n", NULL, NULL },
		{ GPU "vfs = 2\n[vf0-1]\nprofile = a\n", NULL, NULL },
		{ GPU "vfs = 3\n[vf0]\nprofile = a\n[vf1-2]\nprofile = b\n", NULL, NULL },
		{ GPU "[vf4]\nprofile = a\n[vf4-6]\nprofile = b\n[vf5]\ndriver = x\n", NULL, NULL },
		{ GPU "vfs = 2\n", ":1:1",
		  "VF 0 has no 'profile'; add profile = ... below [vf0] or" },
		{ GPU "vfs = 2\n[vf0]\nprofile = a\n", ":1:1", "VF 1 has no 'profile'" },
		{ GPU "vfs = 4\n[vf0,2-3]\nprofile = a\n", ":1:1", "VF 1 has no 'profile'" },
		{ GPU "[vf5]\ndriver = x\n", ":1:1", "VF 5 has no 'profile'" },
		{ GPU "[vf2,5]\nprofile = a\n[vf2-6]\n", ":1:1", "VF 3 has no 'profile'" },
		{ GPU "[vf0]\nprofile =\n[vf*]\nprofile = a\n", ":5:1",
		  "'profile' is required and cannot be left empty" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_parsed_ struct parsed parsed = parse(cases[i].text);
		char place[64];

		(void)snprintf(place, sizeof(place), MAIN "%s",
			       cases[i].place ? cases[i].place : "");
		assert_diag_count(&parsed.diags, cases[i].place != NULL);
		if (cases[i].place)
			assert_diag(&parsed.diags, place, cases[i].part);
	}
}
END_TEST

START_TEST(half_a_file_is_a_few_errors)
{
	static const char whole[] = PF "vfs = 2\n[vf0]\nmac = 52:54:00:ab:cd:01\nvlan = 100\n";

	for (size_t size = 0; size < sizeof(whole); size++) {
		_cleanup_free_ char *half = strndup(whole, size);
		_cleanup_parsed_ struct parsed parsed = parse(half);

		ck_assert(parsed.r == 0 || parsed.r == -EINVAL);
		ck_assert_uint_le(parsed.diags.count, 3);
	}
}
END_TEST

START_TEST(unreadable_files_are_errors_of_the_configuration)
{
	_cleanup_parsed_ struct parsed main = { 0 }, drop_in = { 0 };

	root_new(&main.root);
	ck_assert_int_eq(make_directories_at(main.root.fd, "etc/vio.d/a.conf", 0755), 0);
	root_write(&main.root, "etc/vio.d/a.conf.d/1.conf", "oops\n");
	parse_root(&main);
	ck_assert_int_eq(main.r, -EINVAL);
	assert_diag_count(&main.diags, 2);
	assert_diag(&main.diags, MAIN, "this is a directory");
	assert_diag(&main.diags, "/etc/vio.d/a.conf.d/1.conf:1:1", "'oops' is neither");

	root_new(&drop_in.root);
	root_write(&drop_in.root, "etc/vio.d/a.conf", PF "vlan = 3\n");
	ck_assert_int_eq(make_directories_at(drop_in.root.fd, "etc/vio.d/a.conf.d/1.conf", 0755),
			 0);
	parse_root(&drop_in);
	ck_assert_int_eq(drop_in.r, -EINVAL);
	assert_diag_count(&drop_in.diags, 2);
	assert_diag(&drop_in.diags, "/etc/vio.d/a.conf.d/1.conf", "this is a directory");
	assert_diag(&drop_in.diags, MAIN ":4:1", "'vlan' belongs");
}
END_TEST

/* --- hostile files ------------------------------------------------------------------------------
 */

enum shape {
	DISTINCT_SECTIONS,
	UNKNOWN_KEYS,
	DUPLICATE_KEYS,
	DUPLICATE_SECTIONS,
	LONG_OVERLAPS,
	MANY_RANGES,
	ONE_LONG_VALUE,
	SHAPES
};

/* About a megabyte. */
static char *hostile(enum shape shape)
{
	_cleanup_free_ char *text = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);

	fprintf(file, "%s%s", PF, shape == DUPLICATE_KEYS ? "[vf0]\n" : "");
	for (unsigned i = 0; ftell(file) < CONFIG_FILE_MAX - 4000; i++)
		switch (shape) {
		case DISTINCT_SECTIONS:
			fprintf(file, "[vf%u]\n%s", i % 65535, i % 2 ? "" : "vlan=1\n");
			break;
		case UNKNOWN_KEYS:
			fprintf(file, "vlbn%u=\n", i);
			break;
		case DUPLICATE_KEYS:
			fprintf(file, "vlan=1\n");
			break;
		case DUPLICATE_SECTIONS:
			fprintf(file, "[vf0]\n");
			break;
		case LONG_OVERLAPS:
			fprintf(file, "[vf%u-%u]\nvlan=1\ntag=1\n", i, i + 30000);
			break;
		case MANY_RANGES:
			fprintf(file, "[vf%u", i);
			for (unsigned j = 0; j < 500; j++)
				fprintf(file, ",%u", (i * 7 + j * 2) % 60000);
			fprintf(file, "]\nvlan=1\nmac=stable\ntrust=on\n");
			break;
		case ONE_LONG_VALUE:
		case SHAPES:
			fprintf(file, "tag = ");
			for (unsigned j = 0; j < CONFIG_FILE_MAX - 8000; j++)
				fputc(j % 2 ? '\'' : '\\', file);
			fputc('\n', file);
			break;
		}
	fclose(file);
	return TAKE_PTR(text);
}

START_TEST(a_hostile_megabyte_takes_no_time)
{
	uint64_t pass = cpu_usec_of_a_pass(), passes;

	for (enum shape shape = 0; shape < SHAPES; shape++) {
		_cleanup_free_ char *text = hostile(shape);
		uint64_t start = cpu_usec();
		_cleanup_parsed_ struct parsed parsed = parse(text);

		ck_assert_uint_le(parsed.diags.count, 2 * CONFIG_ERRORS_MAX + 2);
		ck_assert(shape == DISTINCT_SECTIONS || parsed.r == -EINVAL);
		passes = (cpu_usec() - start) / pass;
		ck_assert_msg(passes < 4000, "shape %d: %llu passes", (int)shape,
			      (unsigned long long)passes);
	}
}
END_TEST

START_TEST(wide_ranges_cost_what_the_vfs_cost)
{
	_cleanup_free_ char *text = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);
	uint64_t start;

	fputs(PF, file);
	for (unsigned i = 0; i < 30000; i++)
		fprintf(file, "[vf%u-65534]\nvlan=%u\n", i, i % 4096);
	fclose(file);
	{
		_cleanup_parsed_ struct parsed parsed = parse(text);

		assert_no_diags(&parsed.diags);
		start = cpu_usec();
		ASSERT_VLANS(parsed.config, 0, 1, 2, 3, 4, 5, 6, 7);
		ck_assert_uint_lt(cpu_usec() - start, 100 * cpu_usec_of_a_pass());
	}
}
END_TEST

START_TEST(many_errors_end_in_a_hint)
{
	_cleanup_free_ char *text = hostile(UNKNOWN_KEYS);
	_cleanup_parsed_ struct parsed parsed = parse(text);

	assert_diag_count(&parsed.diags, CONFIG_ERRORS_MAX + 1);
	assert_diag(&parsed.diags, MAIN, "more errors are not shown; correct these first");
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		the_first_example_means_what_it_says,
		values_go_through_libconfuse_unharmed,
		the_most_specific_section_wins,
		each_key_on_its_own,
		an_empty_value_cancels_a_value,
		no_vfs_and_more_than_named,
		dashes_and_underscores_are_one,
		later_files_replace,
		the_kind_may_come_from_a_drop_in,
		errors_of_all_files_come_in_order,
		errors_have_places_and_advice,
		no_errors_where_there_are_none,
		a_broken_line_may_be_the_missing_one,
		all_errors_are_reported_at_once,
		overlaps_across_files_name_both,
		required_keys_of_vfs,
		half_a_file_is_a_few_errors,
		unreadable_files_are_errors_of_the_configuration,
		a_hostile_megabyte_takes_no_time,
		wide_ranges_cost_what_the_vfs_cost,
		many_errors_end_in_a_hint,
	};

	return run_tests("config", tests, ARRAY_SIZE(tests));
}
