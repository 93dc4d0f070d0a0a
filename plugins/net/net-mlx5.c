/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* NVIDIA ConnectX-4 and later and BlueField, driver mlx5_core. */
#include <errno.h>
#include <linux/devlink.h>
#include <linux/if_ether.h>
#include <stdio.h>
#include <string.h>
#include <viod/net.h>
#include <viod/plugin.h>

static const char *const lacks[] = { "query-rss", NULL };

/* The driver of a VF reads its GUIDs when it probes, and a VF in use prevents a new mode. */
static const char *const unbound[] = { "eswitch", "node-guid", "port-guid", NULL };

static const struct viod_retry retries[] = {
	{ EBUSY, 10000, VIOD_PHASE_RESIZE },
	{ EBUSY, 10000, VIOD_PHASE_CONFIGURE },
	{ 0 },
};

static const struct viod_limit limits[] = {
	{ "vlan-proto", ETH_P_8021Q, ETH_P_8021Q, .text = "mlx5 only has 802.1Q; remove the key" },
	{ 0 },
};

static const struct viod_advice advice[] = {
	{ "vfs", ERANGE,
	  "the card's firmware limits this: 'mlxconfig -d ADDRESS set SRIOV_EN=1 NUM_OF_VFS=N', then a "
	  "reboot; both ports of a card share the number" },
	{ "vfs", EPERM, "another host function controls the eswitch of this card" },
	{ "eswitch", EBUSY, "the firmware of the card is being reset; viod retries" },
	{ "eswitch", EPERM,
	  "a card with Socket Direct, or one that another host function controls" },
	{ "eswitch", EOPNOTSUPP, "IPsec offloads and devlink traps prevent a new mode" },
	{ "inline-mode", EOPNOTSUPP, "only ConnectX-4 and 4 Lx support it, without TC rules" },
	{ "encap", EOPNOTSUPP,
	  "mlx5 can change it only in legacy mode, or while there are no VFs" },
	{ NULL, 0, NULL },
};

static const struct viod_net_quirk mlx5_net = {
	.size = sizeof(mlx5_net),
	.flags = VIOD_NET_ESWITCH_WITH_VFS | VIOD_NET_PORT_FUNCTIONS,
	.batch = UINT16_MAX,
};

static const struct viod_quirk mlx5_quirk = {
	.size = sizeof(mlx5_quirk),
	.kind = &mlx5_net,
	.lacks = lacks,
	.retries = retries,
	.advice = advice,
	.limits = limits,
	.unbound = unbound,
};

/* --- VF LAG ---------------------------------------------------------------------------------- */

struct mlx5_pf {
	bool vf_lag;
};

static const struct viod_option rows[] = {
	{ .scope = VIOD_SCOPE_PF,
	  .type = VIOD_TYPE_BOOL,
	  .key = "vf-lag",
	  .flags = VIOD_OPTION_POLICY,
	  .phase = VIOD_PHASE_ATTACH,
	  VIOD_FIELD(struct mlx5_pf, vf_lag),
	  .help = "Whether VFs are bound to their drivers only after the bond of the card's ports is a LAG for the VFs too." },
	{ 0 },
};

static bool lag_is_active(struct viod_pf *pf)
{
	const struct viod_function *function = viod_function(pf, VIOD_PF);
	char path[128], text[128];

	if (!function)
		return false;
	snprintf(path, sizeof(path), "kernel/debug/mlx5/%s/lag/state", function->address);
	if (viod_read_at(pf, VIOD_TREE_SYS, path, text, sizeof(text)) < 0)
		return false;
	return strncmp(text, "active", 6) == 0;
}

static int validate(struct viod_pf *pf, const struct viod_values *wanted)
{
	const struct viod_option *eswitch = viod_option_of(wanted, VIOD_PF, "eswitch");
	const int64_t *mode = eswitch ? viod_get(wanted, VIOD_PF, eswitch) : NULL;
	const bool *lag = viod_get(wanted, VIOD_PF, &rows[0]);

	if (!lag || !*lag || (mode && *mode == DEVLINK_ESWITCH_MODE_SWITCHDEV))
		return 0;
	viod_report(pf, VIOD_ERROR, VIOD_PF, NULL, viod_where(wanted, VIOD_PF, &rows[0]), 0,
		    "the VFs of two ports become one LAG in switchdev mode only; set 'eswitch = "
		    "switchdev' in the files of both");
	return -EINVAL;
}

/* With any VF bound to a driver, the card does not activate a LAG. VFs that already have drivers
 * keep them: their users need them more than a LAG. */
static int complete(struct viod_pf *pf, const struct viod_values *state, struct viod_values *wanted)
{
	const struct viod_option *eswitch = viod_option_of(wanted, VIOD_PF, "eswitch");
	const struct viod_driver none = { .name = "none" };
	const bool *lag = viod_get(wanted, VIOD_PF, &rows[0]);
	const int64_t *mode = viod_get(state, VIOD_PF, eswitch);
	bool switched = mode && *mode == DEVLINK_ESWITCH_MODE_SWITCHDEV;
	unsigned waiting = 0;

	if (!lag || !*lag || lag_is_active(pf))
		return 0;
	for (int vf = 0; vf < (int)viod_vf_count(wanted); vf++) {
		const struct viod_option *driver = viod_option_of(wanted, vf, "driver");
		const struct viod_driver *now =
			vf < (int)viod_vf_count(state) ? viod_get(state, vf, driver) : NULL;

		if (switched && now && strcmp(now->name, "none") != 0)
			continue;
		viod_put(wanted, vf, driver, &none);
		waiting++;
	}
	if (!waiting)
		return 0;
	(void)viod_row_deferred(pf, VIOD_PF, &rows[0]);
	viod_report(
		pf, VIOD_WARNING, VIOD_PF, NULL, viod_where(wanted, VIOD_PF, &rows[0]), 0,
		"%u VFs are bound to their drivers when the card's LAG is active: both ports in "
		"switchdev mode, and then in a bond (active-backup, balance-xor or 802.3ad)",
		waiting);
	return 0;
}

static const struct viod_ops ops = {
	.size = sizeof(ops),
	.validate = validate,
	.complete = complete,
};

static const struct viod_match match[] = { VIOD_MATCH_DRIVER("mlx5_core"), { 0 } };

VIOD_PLUGIN_DEFINE(.role = VIOD_ROLE_QUIRK, .name = "net-mlx5", .kind = "net", .version = "1",
		   .summary = "NVIDIA ConnectX-4 and later, BlueField", .match = match,
		   .options = rows, .pf_size = sizeof(struct mlx5_pf), .ops = &ops,
		   .quirk = &mlx5_quirk);
