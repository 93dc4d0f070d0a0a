/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One line of a file that is wrong for many VFs. */
#include "base/diag-fold.h"

#include "../fixture.h"

static const struct viod_where line = { "a.conf", 5, 10 }, other_line = { "a.conf", 6, 10 };

static void fold(const struct diag_list *diags, const char *const *expected, size_t count)
{
	_cleanup_diags_ struct diag_list folded = { 0 };

	diag_fold(diags, &folded);
	for (size_t i = 0; i < MIN(count, folded.count); i++)
		ck_assert_str_eq(folded.items[i].text, expected[i]);
	ck_assert_uint_eq(folded.count, count);
}

START_TEST(vfs_of_one_line)
{
	static const char *const expected[] = {
		"no IOMMU, so 0000:01:10.0 could write (and the same for 3 more VFs, 1 to 3)",
		"driver 'x' (and the same for VF 1)",
		"driver 'x'",
	};
	_cleanup_diags_ struct diag_list diags = { 0 };

	for (int vf = 0; vf < 4; vf++) {
		diag_add(&diags, VIOD_ERROR, vf, &line, 0,
			 "no IOMMU, so 0000:01:1%d.%d could write", vf / 2, vf % 2);
		if (vf < 2)
			diag_add(&diags, VIOD_ERROR, vf, &line, 0, "driver 'x'");
	}
	diag_add(&diags, VIOD_ERROR, 2, &other_line, 0, "driver 'x'");
	fold(&diags, expected, ARRAY_SIZE(expected));
}
END_TEST

START_TEST(what_differs_is_not_folded)
{
	static const char *const expected[] = {
		"vf a is bad", "vf b is bad", "a word", "a word",  "no place",	"no place",
		"vf a is bad", "the PF",      "the PF", "level 1", "level one",
	};
	_cleanup_diags_ struct diag_list diags = { 0 };

	/* "a" and "b" are hexadecimal, and words. */
	diag_add(&diags, VIOD_ERROR, 0, &line, 0, "vf a is bad");
	diag_add(&diags, VIOD_ERROR, 1, &line, 0, "vf b is bad");
	diag_add(&diags, VIOD_ERROR, 0, &line, 0, "a word");
	diag_add(&diags, VIOD_WARNING, 1, &line, 0, "a word");
	diag_add(&diags, VIOD_ERROR, 0, NULL, 0, "no place");
	diag_add(&diags, VIOD_ERROR, 1, NULL, 0, "no place");
	diag_add(&diags, VIOD_ERROR, 0, &line, 0, "vf a is bad");
	diag_add(&diags, VIOD_ERROR, VIOD_PF, &line, 0, "the PF");
	diag_add(&diags, VIOD_ERROR, VIOD_PF, &line, 0, "the PF");
	diag_add(&diags, VIOD_ERROR, 0, &line, 0, "level 1");
	diag_add(&diags, VIOD_ERROR, 1, &line, 0, "level one");
	fold(&diags, expected, ARRAY_SIZE(expected));
}
END_TEST

START_TEST(thousands)
{
	_cleanup_diags_ struct diag_list diags = { 0 }, folded = { 0 };

	for (int vf = 0; vf < 20000; vf++)
		diag_add(&diags, VIOD_ERROR, vf, vf % 2 ? &line : &other_line, 0, "address %d", vf);
	diag_fold(&diags, &folded);
	ck_assert_uint_eq(folded.count, 2);
	ck_assert_str_eq(folded.items[0].text,
			 "address 0 (and the same for 9999 more VFs, 2 to 19998)");
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		vfs_of_one_line,
		what_differs_is_not_folded,
		thousands,
	};

	return run_tests("diag-fold", tests, ARRAY_SIZE(tests));
}
