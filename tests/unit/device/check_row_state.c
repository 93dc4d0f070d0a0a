/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Unsupported rows are recorded, deferred rows are not. */
#include <errno.h>

#include "../fixture.h"
#include "device/row-state.h"
#include "plan/plan.h"

static const struct viod_option *option_of(const struct kinds *kinds, const char *key)
{
	return schema_find(kinds->net, VIOD_SCOPE_VF, key)->option;
}

static void pf_new(const struct kinds *kinds, struct viod_pf *ret_pf)
{
	*ret_pf = (struct viod_pf){ .schema = kinds->net };
	strcpy(ret_pf->self.address, "0000:05:00.0");
}

START_TEST(a_vf_that_is_refused_is_not_the_driver)
{
	_cleanup_kinds_ struct kinds kinds = { 0 };
	struct viod_pf pf;

	ck_assert_int_eq(kinds_new(&kinds), 0);
	pf_new(&kinds, &pf);
	ck_assert(row_mark_add(&pf, 3, option_of(&kinds, "trust"), ROW_UNSUPPORTED));
	ck_assert(!row_mark_add(&pf, 3, option_of(&kinds, "trust"), ROW_UNSUPPORTED));
	ck_assert(row_is_refused(&pf, 3, option_of(&kinds, "trust")));
	ck_assert(!row_is_refused(&pf, 4, option_of(&kinds, "trust")));
	ck_assert(!row_is_unsupported(&pf, option_of(&kinds, "trust")));
	ck_assert(row_mark_add(&pf, VIOD_PF, option_of(&kinds, "trust"), ROW_UNSUPPORTED));
	ck_assert(row_is_unsupported(&pf, option_of(&kinds, "trust")));
	ck_assert(!row_is_unsupported(&pf, option_of(&kinds, "vlan")));
	ck_assert(!row_any_deferred(&pf));
	row_settle_refused(&pf);
	ck_assert(!row_is_refused(&pf, 3, option_of(&kinds, "trust")));
	ck_assert(row_is_unsupported(&pf, option_of(&kinds, "trust")));
	row_marks_clear(&pf);
	ck_assert(!row_is_unsupported(&pf, option_of(&kinds, "trust")));
}
END_TEST

START_TEST(an_accepted_row_is_supported)
{
	_cleanup_kinds_ struct kinds kinds = { 0 };
	struct viod_pf pf;

	ck_assert_int_eq(kinds_new(&kinds), 0);
	pf_new(&kinds, &pf);
	row_mark_accepted(&pf, option_of(&kinds, "trust"));
	ck_assert(row_is_accepted(&pf, option_of(&kinds, "trust")));
	ck_assert(!row_is_accepted(&pf, option_of(&kinds, "vlan")));
	ck_assert(!row_is_unsupported(&pf, option_of(&kinds, "trust")));
	row_marks_clear(&pf);
}
END_TEST

START_TEST(deferred_is_of_one_vf)
{
	_cleanup_kinds_ struct kinds kinds = { 0 };
	struct viod_pf pf;

	ck_assert_int_eq(kinds_new(&kinds), 0);
	pf_new(&kinds, &pf);
	ck_assert(row_mark_add(&pf, 3, option_of(&kinds, "max-rate"), ROW_DEFERRED));
	ck_assert(row_is_deferred(&pf, 3, option_of(&kinds, "max-rate")));
	ck_assert(!row_is_deferred(&pf, 4, option_of(&kinds, "max-rate")));
	ck_assert(!row_is_unsupported(&pf, option_of(&kinds, "max-rate")));
	ck_assert(row_any_deferred(&pf));
	row_marks_clear(&pf);
}
END_TEST

/* If every VF sets a key that the driver lacks, there is one warning, and no change remains. */
START_TEST(unsupported_rows_are_reported_once)
{
	_cleanup_kinds_ struct kinds kinds = { 0 };
	static const char *const keys[] = { "trust", "vlan", "max-rate" };
	struct plan_changes changes = { calloc(9, sizeof(struct viod_change)), 9 };
	struct viod_pf pf;

	ck_assert_int_eq(kinds_new(&kinds), 0);
	pf_new(&kinds, &pf);
	for (int i = 0; i < 9; i++)
		changes.items[i] = (struct viod_change){
			.option = option_of(&kinds, keys[i % 3]),
			.vf = i / 3,
			.where = { .file = "a.conf", .line = 10 + (unsigned)i, .column = 1 },
		};
	(void)row_mark_add(&pf, VIOD_PF, option_of(&kinds, "trust"), ROW_UNSUPPORTED);
	(void)row_mark_add(&pf, VIOD_PF, option_of(&kinds, "max-rate"), ROW_UNSUPPORTED);
	plan_changes_drop_unsupported(&pf, true, &changes);
	ck_assert_uint_eq(changes.count, 3);
	assert_diag_count(&pf.diags, 2);
	assert_diag(&pf.diags, "a.conf:10:1", "'trust' cannot be set with this driver");
	assert_diag(&pf.diags, "a.conf:12:1", "'max-rate' cannot be set with this driver");
	plan_changes_drop_unsupported(&pf, false, &changes);
	assert_diag_count(&pf.diags, 2);
	plan_changes_clear(&changes);
	diag_list_clear(&pf.diags);
	row_marks_clear(&pf);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = { a_vf_that_is_refused_is_not_the_driver,
				       an_accepted_row_is_supported, deferred_is_of_one_vf,
				       unsupported_rows_are_reported_once };

	return run_tests("mark", tests, ARRAY_SIZE(tests));
}
