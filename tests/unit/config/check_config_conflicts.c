/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Values that two files must not share. */
#include "../fixture.h"
#include "../parsed.h"
#include "config/config.h"

static struct parsed parse(const char *text)
{
	return parse_drop_ins(text, NULL, NULL);
}

/* The later of two files is refused; words, other rows and VFs of the same file do not conflict. */
START_TEST(files_share_no_address)
{
	_cleanup_parsed_ struct parsed a = parse("[pf]\nname = 05:00.0\nkind = net\nvfs = 4\n"
						 "[vf0]\nmac = 52:54:00:00:00:01\nvlan = 5\n"
						 "[vf1]\nmac = stable\n");
	_cleanup_parsed_ struct parsed b = parse("[pf]\nname = 06:00.0\nkind = net\nvfs = max\n"
						 "[vf0]\nmac = stable\nvlan = 5\n"
						 "[vf3]\nmac = 52:54:00:00:00:01\n");
	_cleanup_parsed_ struct parsed c = parse("[pf]\nname = 07:00.0\nkind = net\n"
						 "[vf0-1]\nmac = 52:54:00:00:00:02\n");
	const struct config_claim claims[] = {
		{ a.config, "/a", "0000:05:00.0" },
		{ NULL, "/broken", NULL },
		{ b.config, "/b", "0000:06:00.0" },
		{ c.config, "/c", NULL },
	};
	struct config_conflict conflicts[4] = { { 0 } };

	ck_assert_int_eq(config_find_conflicts(claims, 4, conflicts), 0);
	ck_assert_ptr_null(conflicts[0].text);
	ck_assert_ptr_null(conflicts[1].text);
	ck_assert_ptr_null(conflicts[3].text);
	ck_assert_str_eq(conflicts[2].text,
			 "/etc/vio.d/a.conf:9:7: vf3 would get mac 52:54:00:00:00:01, "
			 "which vf0 of /etc/vio.d/a.conf:6 has; choose another value");
	ck_assert(!conflicts[2].same_pf);
	free(conflicts[2].text);
}
END_TEST

/* A file without a PF does not conflict with any other. */
START_TEST(files_share_no_pf)
{
	static const char text[] = "[pf]\nname = 05:00.0\nkind = net\n"
				   "[vf0]\nmac = 52:54:00:00:00:01\n";
	_cleanup_parsed_ struct parsed a = parse(text), b = parse(text);
	_cleanup_parsed_ struct parsed c = parse("[pf]\nname = 06:00.0\nkind = net\n");
	const struct config_claim claims[] = {
		{ c.config, "/c", "0000:06:00.0" },
		{ a.config, "/a", "0000:05:00.0" },
		{ b.config, "/b", "0000:05:00.0" },
	};
	struct config_conflict conflicts[3] = { { 0 } };

	ck_assert_int_eq(config_find_conflicts(claims, 3, conflicts), 0);
	ck_assert_ptr_null(conflicts[0].text);
	ck_assert_ptr_null(conflicts[1].text);
	ck_assert_str_eq(conflicts[2].text,
			 "/etc/vio.d/a.conf:2:8: 0000:05:00.0 is already configured "
			 "by /a; remove one of the two files");
	ck_assert(conflicts[2].same_pf);
	free(conflicts[2].text);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = { files_share_no_address, files_share_no_pf };

	return run_tests("config-conflicts", tests, ARRAY_SIZE(tests));
}
