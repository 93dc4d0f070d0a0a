/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which of several aliases is made for a device. */
#include "kernel/kmod.h"

#include <errno.h>

#include "../fixture.h"

START_TEST(fewer_wildcards_are_a_better_fit)
{
	const char *alias = "vfio_pci:v000015B3d0000101Esv000015B3sd00000001bc02sc00i00";

	ck_assert_int_eq(module_wildcards("vfio_pci:v*d*sv*sd*bc*sc*i*", alias), 7);
	ck_assert_int_eq(module_wildcards("vfio_pci:v000015B3d0000101Esv*sd*bc*sc*i*", alias), 5);
	ck_assert_int_eq(module_wildcards("vfio_pci:v00008086d*sv*sd*bc*sc*i*", alias), -1);
	ck_assert_int_eq(module_wildcards("pci:v*d*sv*sd*bc*sc*i*", alias), -1);
}
END_TEST

START_TEST(no_module_is_no_answer)
{
	char name[64];

	ck_assert_int_lt(module_best("vfio_pci:nothing-has-this-alias", name, sizeof(name)), 0);
	ck_assert(!module_exists("nothing-has-this-alias"));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = { fewer_wildcards_are_a_better_fit, no_module_is_no_answer };

	return run_tests("module", tests, ARRAY_SIZE(tests));
}
