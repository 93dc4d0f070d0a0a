/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* VF LAG of ConnectX cards: which VFs wait for the bond of the card's ports, and when. */
#include <errno.h>
#include <linux/devlink.h>

#include "../pluginbench.h"

/* --- a kind with the row that the quirk reads ------------------------------------------------ */

struct kind_pf {
	int64_t eswitch;
};

static const struct viod_name modes[] = { { "legacy", DEVLINK_ESWITCH_MODE_LEGACY },
					  { "switchdev", DEVLINK_ESWITCH_MODE_SWITCHDEV },
					  { NULL, 0 } };
static const struct viod_option kind_rows[] = {
	{ .scope = VIOD_SCOPE_PF,
	  .type = VIOD_TYPE_ENUM,
	  .names = modes,
	  .phase = VIOD_PHASE_PREPARE,
	  .key = "eswitch",
	  VIOD_FIELD(struct kind_pf, eswitch),
	  .help = "As the plugin net has it." },
	{ 0 },
};
static const struct viod_plugin kind = { .role = VIOD_ROLE_KIND,
					 .name = "net",
					 .kind = "net",
					 .options = kind_rows,
					 .pf_size = sizeof(struct kind_pf) };

/* A PF with so many VFs on igbvf, and a file for three. */
static void machine(struct bench *b, unsigned there)
{
	const struct viod_plugin *plugins[] = { &sriov_plugin, &kind, &viod_plugin };
	_cleanup_diags_ struct diag_list diags = { 0 };

	bench_machine(b, there);
	ck_assert_int_eq(schema_new("net", plugins, 3, &diags, &b->schema), 0);
	ck_assert_int_eq(device_open(&b->roots, &b->loader, FAKE_PF, &b->pf), 0);
	b->pf.schema = b->schema;
	b->pf.progress = &b->pf.own_progress;
	ck_assert_int_eq(values_new(b->schema, 3, &b->wanted), 0);
	ck_assert_int_eq(values_new(b->schema, there, &b->state), 0);
}

static void set_lag(struct bench *b, const char *text)
{
	fake_directory(&b->root, "sys/kernel/debug/mlx5/" FAKE_PF "/lag");
	fake_text(&b->root, "sys/kernel/debug/mlx5/" FAKE_PF "/lag", "state", text);
}

/* NULL: the driver that the file asks for. */
static void expect_driver(const struct bench *b, int vf, const char *name)
{
	const struct viod_driver *driver =
		values_get(b->wanted, vf, schema_find(b->schema, VIOD_SCOPE_VF, "driver"));

	if (!name)
		ck_assert_msg(!driver || strcmp(driver->name, "none") != 0, "VF %d waits", vf);
	else
		ck_assert_msg(driver && strcmp(driver->name, name) == 0, "VF %d is on %s", vf,
			      driver ? driver->name : "its own");
}

START_TEST(a_lag_needs_switchdev_mode)
{
	static const struct {
		const char *lag, *eswitch;
		int result;
	} cases[] = {
		{ NULL, NULL, 0 },	   { "no", "legacy", 0 },	 { "no", NULL, 0 },
		{ "yes", "switchdev", 0 }, { "yes", "legacy", -EINVAL }, { "yes", NULL, -EINVAL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct bench b;

		machine(&b, 0);
		if (cases[i].lag)
			put(&b, b.wanted, VIOD_PF, "vf-lag", cases[i].lag, 4);
		if (cases[i].eswitch)
			put(&b, b.wanted, VIOD_PF, "eswitch", cases[i].eswitch, 5);
		ck_assert_int_eq(viod_plugin.ops->validate(&b.pf, b.wanted), cases[i].result);
		assert_diag_count(&b.pf.diags, cases[i].result ? 1 : 0);
		if (cases[i].result)
			assert_diag(&b.pf.diags, "test.conf:4", "in switchdev mode only");
		bench_clear(&b);
	}
}
END_TEST

START_TEST(vfs_wait_until_the_lag_is_active)
{
	static const char *const states[] = { NULL, "disabled\n", "" };

	for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
		struct bench b;

		machine(&b, 0);
		put(&b, b.wanted, VIOD_PF, "vf-lag", "yes", 4);
		put(&b, b.state, VIOD_PF, "eswitch", "switchdev", 0);
		if (states[i])
			set_lag(&b, states[i]);
		ck_assert_int_eq(viod_plugin.ops->complete(&b.pf, b.state, b.wanted), 0);
		for (int vf = 0; vf < 3; vf++)
			expect_driver(&b, vf, "none");
		assert_diag_count(&b.pf.diags, 1);
		assert_diag(&b.pf.diags, "test.conf:4", "3 VFs are bound to their drivers when");
		ck_assert_int_eq(b.pf.diags.items[0].severity, VIOD_WARNING);
		bench_clear(&b);
	}
}
END_TEST

START_TEST(an_active_lag_holds_nothing_up)
{
	struct bench b;

	machine(&b, 0);
	put(&b, b.wanted, VIOD_PF, "vf-lag", "yes", 4);
	put(&b, b.state, VIOD_PF, "eswitch", "switchdev", 0);
	set_lag(&b, "active\n");
	ck_assert_int_eq(viod_plugin.ops->complete(&b.pf, b.state, b.wanted), 0);
	for (int vf = 0; vf < 3; vf++)
		expect_driver(&b, vf, NULL);
	assert_no_diags(&b.pf.diags);
	bench_clear(&b);
	/* Nor does one that no file asks for. */
	machine(&b, 0);
	put(&b, b.wanted, VIOD_PF, "vf-lag", "no", 4);
	ck_assert_int_eq(viod_plugin.ops->complete(&b.pf, b.state, b.wanted), 0);
	expect_driver(&b, 0, NULL);
	assert_no_diags(&b.pf.diags);
	bench_clear(&b);
}
END_TEST

/* Those that were there before the mode changes are re-created without a driver. */
START_TEST(a_vf_that_has_a_driver_keeps_it)
{
	struct bench b;

	machine(&b, 2);
	put(&b, b.wanted, VIOD_PF, "vf-lag", "yes", 4);
	put(&b, b.state, VIOD_PF, "eswitch", "switchdev", 0);
	put(&b, b.state, 0, "driver", "igbvf", 0);
	put(&b, b.state, 1, "driver", "none", 0);
	ck_assert_int_eq(viod_plugin.ops->complete(&b.pf, b.state, b.wanted), 0);
	expect_driver(&b, 0, NULL);
	expect_driver(&b, 1, "none");
	expect_driver(&b, 2, "none");
	assert_diag(&b.pf.diags, "test.conf:4", "2 VFs are bound");
	bench_clear(&b);
	machine(&b, 2);
	put(&b, b.wanted, VIOD_PF, "vf-lag", "yes", 4);
	put(&b, b.state, VIOD_PF, "eswitch", "legacy", 0);
	put(&b, b.state, 0, "driver", "igbvf", 0);
	ck_assert_int_eq(viod_plugin.ops->complete(&b.pf, b.state, b.wanted), 0);
	expect_driver(&b, 0, "none");
	bench_clear(&b);
	/* All of them have drivers: nothing waits. */
	machine(&b, 3);
	put(&b, b.wanted, VIOD_PF, "vf-lag", "yes", 4);
	put(&b, b.state, VIOD_PF, "eswitch", "switchdev", 0);
	for (int vf = 0; vf < 3; vf++)
		put(&b, b.state, vf, "driver", "igbvf", 0);
	ck_assert_int_eq(viod_plugin.ops->complete(&b.pf, b.state, b.wanted), 0);
	assert_no_diags(&b.pf.diags);
	bench_clear(&b);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_lag_needs_switchdev_mode,
		vfs_wait_until_the_lag_is_active,
		an_active_lag_holds_nothing_up,
		a_vf_that_has_a_driver_keeps_it,
	};

	return run_tests("net-mlx5", tests, ARRAY_SIZE(tests));
}
