/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which VF is at fault when the kernel refuses a message. Instead of the socket there is a
 * simulated kernel, which processes messages like the real one: attribute by attribute, until one
 * fails.
 */
#include <check.h>
#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../../plugins/net/interface.h"
#include "../../../plugins/net/message.h"
#include "../../../plugins/net/rows.h"
#include "../../../plugins/net/rtnl.h"
#include "../../../plugins/net/steps.h"
#include "../../../plugins/net/update.h"
#include "../../../plugins/net/vfinfo.h"

#define VFS 8
#define REPORTS_MAX 32

/* --- a kernel -------------------------------------------------------------------------------- */

static struct {
	struct net_vfinfo vfs[VFS];
	int mac_error[VFS], vlan_error[VFS], rate_error, trust_error; /* what it answers */
	unsigned flags;
	bool mute;    /* reading back fails */
	bool renewed; /* the interface is a different one */
	unsigned opened, sent, writes[VFS];
} kernel;

static int set_mac(const void *data)
{
	struct ifla_vf_mac mac;

	memcpy(&mac, data, sizeof(mac));
	kernel.writes[mac.vf]++;
	if (kernel.mac_error[mac.vf])
		return -kernel.mac_error[mac.vf];
	memcpy(kernel.vfs[mac.vf].mac, mac.mac, 6);
	return 0;
}

static int set_vlan(const void *data)
{
	struct ifla_vf_vlan vlan;

	memcpy(&vlan, data, sizeof(vlan));
	kernel.writes[vlan.vf]++;
	if (kernel.vlan_error[vlan.vf])
		return -kernel.vlan_error[vlan.vf];
	kernel.vfs[vlan.vf].vlan = (uint16_t)vlan.vlan;
	return 0;
}

static int set_rate(const void *data)
{
	struct ifla_vf_rate rate;

	memcpy(&rate, data, sizeof(rate));
	kernel.writes[rate.vf]++;
	if (kernel.rate_error)
		return -kernel.rate_error;
	kernel.vfs[rate.vf].max_rate = rate.max_tx_rate;
	return 0;
}

static int set_trust(const void *data)
{
	struct ifla_vf_trust trust;

	memcpy(&trust, data, sizeof(trust));
	kernel.writes[trust.vf]++;
	if (kernel.trust_error)
		return -kernel.trust_error;
	kernel.vfs[trust.vf].trust = trust.setting;
	return 0;
}

static int kernel_set(const struct nlattr *attribute)
{
	switch (nla_type(attribute)) {
	case IFLA_VF_MAC:
		return set_mac(nla_data(attribute));
	case IFLA_VF_VLAN:
		return set_vlan(nla_data(attribute));
	case IFLA_VF_RATE:
		return set_rate(nla_data(attribute));
	case IFLA_VF_TRUST:
		return set_trust(nla_data(attribute));
	default:
		ck_abort_msg("attribute %d", nla_type(attribute));
		return -EINVAL;
	}
}

static int fake_send(struct viod_pf *to, int fd, struct nl_msg *request)
{
	struct nlattr *list, *nest, *attribute;
	int left, inner, r = 0;

	if (kernel.renewed && kernel.opened < 2)
		return -ENODEV;
	kernel.sent++;
	list = nlmsg_find_attr(nlmsg_hdr(request), sizeof(struct ifinfomsg), IFLA_VFINFO_LIST);
	ck_assert_ptr_nonnull(list);
	nla_for_each_nested(nest, list, left)
	{
		nla_for_each_nested(attribute, nest, inner)
		{
			r = kernel_set(attribute);
			if (r < 0)
				return r;
		}
	}
	return 0;
}

static int fake_link(int fd, int index, bool with_vfs, struct net_link *ret_link)
{
	if (kernel.mute)
		return -EMSGSIZE;
	*ret_link = (struct net_link){
		.index = 7, .n_total = VFS, .n_vfs = VFS, .flags = kernel.flags, .name = "eth0"
	};
	ret_link->vfs = malloc(sizeof(kernel.vfs));
	ck_assert_ptr_nonnull(ret_link->vfs);
	memcpy(ret_link->vfs, kernel.vfs, sizeof(kernel.vfs));
	return 0;
}

static int fake_open(struct viod_pf *of, int vf, bool with_vfs, int *ret_fd,
		     struct net_link *ret_link)
{
	kernel.opened++;
	*ret_link = (struct net_link){ .index = 7, .flags = kernel.flags, .name = "eth0" };
	return 0;
}

int tested_apply(struct viod_pf *pf, const struct viod_step *step);

/* The file under test, with the simulated kernel. */
#define net_rtnl_send fake_send
#define net_rtnl_link fake_link
#define net_interface_open fake_open
#define net_apply tested_apply
#include "../../../plugins/net/apply.c"

/* --- a host ---------------------------------------------------------------------------------- */

struct viod_pf {
	struct viod_quirk quirk;
	struct {
		int vf, error;
		unsigned line;
		enum viod_severity severity;
		const struct viod_option *option;
		char text[256];
	} reports[REPORTS_MAX];
	size_t n_reports;
	uint32_t refused[VFS], deferred[VFS]; /* bits of enum net_row */
};

static struct viod_pf pf;
static struct net_update updates[VFS];

static void fake_report(struct viod_pf *to, enum viod_severity severity, int vf,
			const struct viod_option *option, const struct viod_where *where, int error,
			const char *format, ...) __attribute__((format(printf, 7, 8)));

static void fake_report(struct viod_pf *to, enum viod_severity severity, int vf,
			const struct viod_option *option, const struct viod_where *where, int error,
			const char *format, ...)
{
	va_list arguments;

	ck_assert_uint_lt(to->n_reports, REPORTS_MAX);
	to->reports[to->n_reports].vf = vf;
	to->reports[to->n_reports].error = error;
	to->reports[to->n_reports].severity = severity;
	to->reports[to->n_reports].option = option;
	to->reports[to->n_reports].line = where ? where->line : 0;
	va_start(arguments, format);
	vsnprintf(to->reports[to->n_reports].text, sizeof(to->reports[0].text), format, arguments);
	va_end(arguments);
	to->n_reports++;
}

static const struct viod_function *fake_function(struct viod_pf *of, int vf)
{
	static const struct viod_function function = { .address = "0000:05:00.0", .driver = "igb" };

	return &function;
}

static const struct viod_quirk *fake_quirk(struct viod_pf *of)
{
	return &of->quirk;
}

static bool set_bit(uint32_t *bits, const struct viod_option *option)
{
	uint32_t bit = 1u << (option - net_options);
	bool before = *bits & bit;

	*bits |= bit;
	return !before;
}

static bool fake_unsupported(struct viod_pf *of, int vf, const struct viod_option *option)
{
	return set_bit(&of->refused[vf], option);
}

static bool fake_deferred(struct viod_pf *of, int vf, const struct viod_option *option)
{
	return set_bit(&of->deferred[vf], option);
}

static struct session session_kept;

static void *fake_scratch(struct viod_pf *of, const struct viod_plugin *plugin, size_t size)
{
	ck_assert_uint_eq(size, sizeof(session_kept));
	return &session_kept;
}

static const struct viod_host fake_host = {
	.scratch = fake_scratch,
	.row_unsupported = fake_unsupported,
	.row_deferred = fake_deferred,
	.report = fake_report,
	.function = fake_function,
	.quirk = fake_quirk,
};

static void set_up(void)
{
	viod_host = &fake_host;
	session_clear(&session_kept);
	memset(&kernel, 0, sizeof(kernel));
	memset(&pf, 0, sizeof(pf));
	for (unsigned vf = 0; vf < VFS; vf++) {
		kernel.vfs[vf].vf = vf;
		kernel.vfs[vf].known = NET_KNOWS_MAC | NET_KNOWS_VLAN;
		updates[vf] = (struct net_update){
			.vf = (int32_t)vf,
			.attributes = 1u << NET_ATTRIBUTE_MAC | 1u << NET_ATTRIBUTE_VLAN,
			.rows = NET_ROW_BIT(MAC) | NET_ROW_BIT(VLAN),
			.values = { .mac = { .octets = { 2, 0, 0, 0, 0, (uint8_t)vf } },
				    .vlan = 100 + vf },
		};
		updates[vf].where[NET_ROW_MAC].line = 10 + vf;
		updates[vf].where[NET_ROW_VLAN].line = 20 + vf;
	}
}

static int apply(size_t first, size_t count)
{
	struct viod_step step = { .code = NET_STEP_VFS, .phase = VIOD_PHASE_CONFIGURE };
	struct net_batch *batch;
	int r;

	ck_assert_int_eq(net_batch_new(updates + first, count, &batch, &step.size), 0);
	step.data = batch;
	r = tested_apply(&pf, &step);
	free(batch);
	return r;
}

static void assert_done(unsigned vf, bool mac, bool vlan)
{
	ck_assert(mac == (memcmp(kernel.vfs[vf].mac, updates[vf].values.mac.octets, 6) == 0));
	ck_assert(vlan == (kernel.vfs[vf].vlan == updates[vf].values.vlan));
}

static void assert_report(size_t i, int vf, unsigned line, int error, const char *text)
{
	ck_assert_uint_lt(i, pf.n_reports);
	ck_assert_int_eq(pf.reports[i].vf, vf);
	ck_assert_uint_eq(pf.reports[i].line, line);
	ck_assert_int_eq(pf.reports[i].error, error);
	ck_assert_str_eq(pf.reports[i].text, text);
}

/* --- tests ----------------------------------------------------------------------------------- */

START_TEST(all_well)
{
	ck_assert_int_eq(apply(0, VFS), 0);
	ck_assert_uint_eq(kernel.sent, 1);
	ck_assert_uint_eq(pf.n_reports, 0);
	for (unsigned vf = 0; vf < VFS; vf++)
		assert_done(vf, true, true);
}
END_TEST

/* A card with many VFs needs several steps, which do not each look up its interface. */
START_TEST(steps_share_what_they_know)
{
	ck_assert_int_eq(apply(0, 4), 0);
	ck_assert_int_eq(apply(4, 4), 0);
	ck_assert_uint_eq(kernel.sent, 2);
	ck_assert_uint_eq(kernel.opened, 1);
	for (unsigned vf = 0; vf < VFS; vf++)
		assert_done(vf, true, true);
}
END_TEST

START_TEST(a_new_interface_is_found_again)
{
	kernel.renewed = true;
	ck_assert_int_eq(apply(0, VFS), 0);
	ck_assert_uint_eq(kernel.opened, 2);
	ck_assert_uint_eq(pf.n_reports, 0);
	assert_done(VFS - 1, true, true);
}
END_TEST

START_TEST(one_vf_at_fault)
{
	kernel.mac_error[3] = EINVAL;
	ck_assert_int_eq(apply(0, VFS), 0);
	ck_assert_uint_eq(pf.n_reports, 1);
	assert_report(0, 3, 13, EINVAL, "vf3.mac was refused by igb");
	for (unsigned vf = 0; vf < VFS; vf++)
		assert_done(vf, vf != 3, true);
	/* Those before it were set at once, and were not set again. */
	ck_assert_uint_eq(kernel.writes[0], 2);
	ck_assert_uint_eq(kernel.writes[2], 2);
}
END_TEST

START_TEST(several_at_fault)
{
	kernel.mac_error[1] = kernel.vlan_error[1] = EBUSY;
	kernel.vlan_error[6] = EINVAL;
	ck_assert_int_eq(apply(0, VFS), 0);
	ck_assert_uint_eq(pf.n_reports, 3);
	assert_report(0, 1, 11, EBUSY,
		      "vf1.mac was refused by igb (the VF is being reset; viod tries again)");
	assert_report(1, 1, 21, EBUSY,
		      "vf1.vlan was refused by igb (the VF is being reset; viod tries again)");
	assert_report(2, 6, 26, EINVAL, "vf6.vlan was refused by igb");
	for (unsigned vf = 0; vf < VFS; vf++)
		assert_done(vf, vf != 1, vf != 1 && vf != 6);
}
END_TEST

/* An attribute that the driver lacks is tried alone on each VF; all others are sent in one message.
 */
START_TEST(no_such_attribute)
{
	for (unsigned vf = 0; vf < VFS; vf++)
		kernel.vlan_error[vf] = EOPNOTSUPP;
	ck_assert_int_eq(apply(0, VFS), 0);
	ck_assert_uint_eq(pf.n_reports, 0);
	for (unsigned vf = 0; vf < VFS; vf++) {
		ck_assert_uint_eq(pf.refused[vf], NET_ROW_BIT(VLAN));
		assert_done(vf, true, false);
	}
	ck_assert_uint_eq(kernel.writes[VFS - 1], 2);
	/* All, the one at fault, each other one, and these without it. */
	ck_assert_uint_eq(kernel.sent, 1 + 1 + VFS - 1 + 1);
}
END_TEST

/* The error may be of one VF only: those after it are still set. */
START_TEST(no_such_attribute_of_one_vf)
{
	kernel.vlan_error[2] = EOPNOTSUPP;
	ck_assert_int_eq(apply(0, 5), 0);
	ck_assert_int_eq(apply(5, 3), 0);
	ck_assert_uint_eq(pf.n_reports, 0);
	for (unsigned vf = 0; vf < VFS; vf++) {
		ck_assert_uint_eq(pf.refused[vf], vf == 2 ? NET_ROW_BIT(VLAN) : 0);
		assert_done(vf, true, vf != 2);
		ck_assert_uint_le(kernel.writes[vf], vf == 2 ? 3 : 2);
	}
	/* All, the one at fault, the next one alone, the rest; the second step. */
	ck_assert_uint_le(kernel.sent, 6);
}
END_TEST

static void want_rates(void)
{
	for (unsigned vf = 0; vf < VFS; vf++) {
		updates[vf].attributes |= 1u << NET_ATTRIBUTE_RATE | 1u << NET_ATTRIBUTE_TRUST;
		updates[vf].rows |= NET_ROW_BIT(MAX_TX_RATE) | NET_ROW_BIT(TRUST);
		updates[vf].values.max_tx_rate = 100;
		updates[vf].values.trust = true;
		updates[vf].where[NET_ROW_MAX_TX_RATE].line = 30 + vf;
		kernel.vfs[vf].known |= NET_KNOWS_RATE | NET_KNOWS_TRUST;
	}
}

START_TEST(rates_wait_for_a_link)
{
	want_rates();
	kernel.rate_error = EINVAL;
	ck_assert_int_eq(apply(0, VFS), 0);
	ck_assert_uint_eq(pf.n_reports, 1);
	assert_report(0, 0, 30, 0,
		      "rates of VFs are set when the link comes up: eth0 has no carrier now");
	ck_assert_int_eq(pf.reports[0].severity, VIOD_WARNING);
	for (unsigned vf = 0; vf < VFS; vf++) {
		assert_done(vf, true, true);
		ck_assert_uint_eq(kernel.vfs[vf].trust, 1);
		ck_assert_uint_eq(pf.deferred[vf], NET_ROW_BIT(MAX_TX_RATE));
	}
	ck_assert_uint_le(kernel.sent, 3);
}
END_TEST

/* With a link it is the value that is wrong. */
START_TEST(bad_rates_are_reported)
{
	want_rates();
	kernel.rate_error = EINVAL;
	kernel.flags = NET_LOWER_UP;
	ck_assert_int_eq(apply(2, 1), 0);
	ck_assert_uint_eq(pf.n_reports, 1);
	ck_assert_int_eq(pf.reports[0].severity, VIOD_ERROR);
	ck_assert_int_eq(pf.reports[0].vf, 2);
	ck_assert_uint_eq(pf.reports[0].line, 32);
	ck_assert_uint_eq(pf.deferred[2], 0);
	assert_done(2, true, true);
}
END_TEST

/* After some faults in one message the VFs are set one by one, since reading back is slow. */
START_TEST(every_vf_at_fault)
{
	for (unsigned vf = 0; vf < VFS; vf++)
		kernel.mac_error[vf] = EINVAL;
	ck_assert_int_eq(apply(0, VFS), 0);
	ck_assert_uint_eq(pf.n_reports, VFS);
	for (unsigned vf = 0; vf < VFS; vf++) {
		ck_assert_int_eq(pf.reports[vf].vf, (int)vf);
		assert_done(vf, false, true);
	}
}
END_TEST

START_TEST(nothing_can_be_read_back)
{
	kernel.mute = true;
	kernel.mac_error[3] = EINVAL;
	ck_assert_int_eq(apply(0, VFS), 0);
	ck_assert_uint_eq(pf.n_reports, 1);
	for (unsigned vf = 0; vf < VFS; vf++)
		assert_done(vf, vf != 3, true);
}
END_TEST

START_TEST(a_retried_error_is_left_to_core)
{
	static const struct viod_retry retries[] = {
		{ .error = EAGAIN, .milliseconds = 100, .phase = VIOD_PHASE_CONFIGURE },
		{ 0 },
	};

	pf.quirk.retries = retries;
	kernel.mac_error[2] = EAGAIN;
	ck_assert_int_eq(apply(2, 1), -EAGAIN);
	ck_assert_uint_eq(pf.n_reports, 0);
	kernel.mac_error[2] = 0;
	ck_assert_int_eq(apply(2, 1), 0);
	assert_done(2, true, true);
}
END_TEST

/* Some drivers reset a VF for the address it already has, and then need the request again. */
START_TEST(accepted_values_are_not_sent_again)
{
	static const struct viod_retry retries[] = {
		{ .error = EAGAIN, .milliseconds = 100, .phase = VIOD_PHASE_CONFIGURE },
		{ 0 },
	};
	struct viod_step step = { .code = NET_STEP_VFS, .phase = VIOD_PHASE_CONFIGURE };
	struct net_batch *batch;

	pf.quirk.retries = retries;
	kernel.vlan_error[2] = EAGAIN;
	ck_assert_int_eq(net_batch_new(updates + 2, 1, &batch, &step.size), 0);
	step.data = batch;
	ck_assert_int_eq(tested_apply(&pf, &step), -EAGAIN);
	ck_assert_uint_eq(kernel.writes[2], 2);
	ck_assert_int_eq(tested_apply(&pf, &step), -EAGAIN);
	ck_assert_uint_eq(kernel.writes[2], 3);
	/* Nor is anything while the result cannot be read back. */
	kernel.mute = true;
	ck_assert_int_eq(tested_apply(&pf, &step), -EAGAIN);
	ck_assert_uint_eq(kernel.writes[2], 3);
	kernel.mute = false;
	kernel.vlan_error[2] = 0;
	ck_assert_int_eq(tested_apply(&pf, &step), 0);
	ck_assert_uint_eq(kernel.writes[2], 4);
	assert_done(2, true, true);
	ck_assert_uint_eq(pf.n_reports, 0);
	free(batch);
}
END_TEST

/* For a step with many rows, core finds the advice of the quirk only by the row. */
START_TEST(a_report_names_its_row)
{
	kernel.mac_error[4] = EPERM;
	ck_assert_int_eq(apply(4, 1), 0);
	assert_report(
		0, 4, 14, EPERM,
		"vf4.mac was refused by igb (switch spoofchk off, or trust on, or give another address)");
	ck_assert_ptr_eq(pf.reports[0].option, &net_options[NET_ROW_MAC]);
	assert_done(4, false, true);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("net-apply");
	TCase *tests = tcase_create("net-apply");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tests, set_up, NULL);
	tcase_add_test(tests, all_well);
	tcase_add_test(tests, steps_share_what_they_know);
	tcase_add_test(tests, a_new_interface_is_found_again);
	tcase_add_test(tests, one_vf_at_fault);
	tcase_add_test(tests, several_at_fault);
	tcase_add_test(tests, no_such_attribute);
	tcase_add_test(tests, no_such_attribute_of_one_vf);
	tcase_add_test(tests, nothing_can_be_read_back);
	tcase_add_test(tests, rates_wait_for_a_link);
	tcase_add_test(tests, bad_rates_are_reported);
	tcase_add_test(tests, every_vf_at_fault);
	tcase_add_test(tests, a_retried_error_is_left_to_core);
	tcase_add_test(tests, accepted_values_are_not_sent_again);
	tcase_add_test(tests, a_report_names_its_row);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
