/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mdevs that are requested without a VF: the text of a file, their parents, and which may be
 * removed.
 */
#include <errno.h>
#include <fcntl.h>

#include "../pluginbench.h"
#include "device/holders.h"
#include "plan/plan.h"

#include "../../../plugins/gpu/mdev.h"

#define VF(n_) "sys/bus/pci/devices/0000:01:10." #n_
#define PF "sys/bus/pci/devices/" FAKE_PF
#define FOREIGN "0f6e5a1c-8d2b-4c3e-9f10-aabbccddeeff"
#define OTHER "11111111-2222-3333-4444-555555555555"
#define TYPE "nvidia-711"

/* --- text ------------------------------------------------------------------------------------ */

START_TEST(lists_of_mdevs)
{
	static const struct {
		const char *text, *again;
	} cases[] = {
		{ "none", "none" },
		{ "", "none" },
		{ "A16-2Q", "1 x A16-2Q" },
		{ "2 x NVIDIA A16-2Q, 1 x NVIDIA A16-1Q", "1 x NVIDIA A16-1Q, 2 x NVIDIA A16-2Q" },
		{ "2x B,A, 3 x B", "1 x A, 5 x B" },
		{ "711", "1 x 711" },
		{ "256 x A", "256 x A" },
		{ "0 x A", NULL },
		{ "257 x A", NULL },
		{ "200 x A, 100 x A", NULL },
		{ "-1 x A", "1 x -1 x A" },
		{ "2 x", "1 x 2 x" },
		{ "2 x ", "1 x 2 x" },
		{ "A,", NULL },
		{ ",A", NULL },
		{ "2 x none", NULL },
		{ "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct gpu_batches batches;
		char text[GPU_MDEVS_TEXT];
		int r = gpu_batches_parse(cases[i].text, &batches);

		ck_assert_msg((r == 0) == (cases[i].again != NULL), "'%s': %d", cases[i].text, r);
		if (r < 0)
			continue;
		ck_assert_int_eq(gpu_batches_format(&batches, text), 0);
		ck_assert_str_eq(text, cases[i].again);
	}
}
END_TEST

/* --- a machine ------------------------------------------------------------------------------- */

static int save_nothing(void *userdata)
{
	return 0;
}

static void add_parent(struct bench *b, const char *directory, const char *available)
{
	char path[160];

	snprintf(path, sizeof(path), "%s/mdev_supported_types/" TYPE, directory);
	fake_text(&b->root, path, "name", "NVIDIA A16-2Q\n");
	fake_text(&b->root, path, "description", "framebuffer=2048M, max_instance=8\n");
	fake_text(&b->root, path, "available_instances", available);
	fake_text(&b->root, path, "create", "");
}

static void add_mdev(struct bench *b, const char *directory, const char *uuid)
{
	char path[200];

	snprintf(path, sizeof(path), "%s/%s", directory, uuid);
	fake_text(&b->root, path, "remove", "");
	snprintf(path, sizeof(path), "%s/%s/mdev_type", directory, uuid);
	fake_link(&b->root, path, "../mdev_supported_types/" TYPE);
}

/* As if it had been created below this parent; another inode is another mdev of the same name. */
static void note(struct bench *b, const char *parent, const char *uuid, int64_t end, int64_t inode)
{
	char key[48], text[96];

	snprintf(key, sizeof(key), "mdev.%s", uuid);
	snprintf(text, sizeof(text), "%lld %s %lld", (long long)end, parent, (long long)inode);
	ck_assert_int_eq(viod_note(&b->pf, key, text), 0);
}

static void machine_new(struct bench *b, unsigned vfs)
{
	bench_new(b, "gpu", vfs, vfs);
	fake_text(&b->root, "etc", "machine-id", "0123456789abcdef0123456789abcdef\n");
	b->pf.notes = json_object();
	b->pf.save_notes = save_nothing;
}

static void machine_clear(struct bench *b)
{
	json_decref(b->pf.notes);
	holders_free(b->pf.blocked_by, 0);
	bench_clear(b);
}

static void content(struct bench *b, const char *directory, const char *file, char ret_text[64])
{
	char path[200];
	int fd;
	ssize_t n;

	snprintf(path, sizeof(path), "%s/%s", directory, file);
	fd = openat(b->root.fd, path, O_RDONLY | O_CLOEXEC);
	ck_assert_msg(fd >= 0, "%s", path);
	n = read(fd, ret_text, 63);
	close(fd);
	ret_text[n > 0 ? n : 0] = '\0';
}

/* Of no line: "waiting for ...". */
static void assert_said(struct bench *b, const char *part)
{
	_cleanup_free_ char *all = diags_text(&b->pf.diags);

	ck_assert_msg(strstr(all, part), "not '%s' among:%s", part, all);
}

static int apply(struct bench *b, enum gpu_code code, const char *text)
{
	char data[GPU_MDEVS_TEXT] = "";
	struct viod_step step = { .code = code, .vf = VIOD_PF, .data = data, .size = sizeof(data) };

	snprintf(data, sizeof(data), "%s", text);
	return gpu_apply(&b->pf, &step);
}

#define CREATE "mdev_supported_types/" TYPE "/create"

START_TEST(each_is_created_where_there_are_fewest)
{
	char uuid[GPU_UUID_MAX], text[64];
	struct bench b;

	machine_new(&b, 4);
	gpu_mdev_uuid(&b.pf, TYPE, 0, uuid);
	add_parent(&b, VF(0), "1\n");
	add_mdev(&b, VF(0), FOREIGN);
	add_mdev(&b, VF(0), OTHER);
	/* There are no mdevs, but the type is not available. */
	add_parent(&b, VF(1), "0\n");
	/* This VF has a profile of its own. */
	add_parent(&b, VF(2), "1\n");
	ck_assert_int_eq(gpu_mdev_reserve(&b.pf, 2, true), 0);
	/* The best of the others; creating the mdev makes it appear. */
	add_parent(&b, VF(3), "1\n");
	add_mdev(&b, VF(3), uuid);
	ck_assert_int_eq(apply(&b, GPU_MDEVS_PLACE, "1 x NVIDIA A16-2Q"), 0);
	content(&b, VF(3), CREATE, text);
	ck_assert_str_eq(text, uuid);
	for (int vf = 0; vf < 3; vf++) {
		content(&b, vf == 0 ? VF(0) : vf == 1 ? VF(1) : VF(2), CREATE, text);
		ck_assert_msg(!*text, "VF %d got one", vf);
	}
	/* It is viod's now, and within its grace. */
	ck_assert_int_eq(gpu_mdev_number(&b.pf, TYPE, uuid), 0);
	ck_assert_uint_eq(json_object_size(json_object_get(b.pf.notes, "gpu")), 2);
	assert_no_diags(&b.pf.diags);
	machine_clear(&b);
}
END_TEST

/* If the user or the creator of an mdev cannot be determined, it counts as in use. */
START_TEST(only_own_idle_old_ones_are_removed)
{
	char own[3][GPU_UUID_MAX], text[64], path[160];
	struct bench b;

	machine_new(&b, 1);
	add_parent(&b, PF, "4\n");
	for (unsigned i = 0; i < 3; i++) {
		gpu_mdev_uuid(&b.pf, TYPE, i, own[i]);
		add_mdev(&b, PF, own[i]);
	}
	add_mdev(&b, PF, FOREIGN);
	note(&b, FAKE_PF, FOREIGN, 0, 0);
	/* 0 stays, 1 is old, 2 was just created; FOREIGN is not in the list. */
	note(&b, FAKE_PF, own[0], 0, 0);
	note(&b, FAKE_PF, own[1], gpu_seconds() - 1, 0);
	note(&b, FAKE_PF, own[2], gpu_seconds() + 1000, 0);
	ck_assert_int_eq(apply(&b, GPU_MDEVS_CLEAR, "1 x NVIDIA A16-2Q"), 0);
	for (unsigned i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), PF "/%s", own[i]);
		content(&b, path, "remove", text);
		ck_assert_str_eq(text, i == 1 ? "1" : "");
	}
	content(&b, PF "/" FOREIGN, "remove", text);
	ck_assert_str_eq(text, "");
	ck_assert_ptr_nonnull(b.pf.blocked_by);
	ck_assert_uint_eq(b.pf.blocked_by->count, 1);
	assert_said(&b, ", just created and reserved");
	machine_clear(&b);
}
END_TEST

/* A lost note, one of an mdev with another parent, and one of an mdev that was removed with its
 * parent's driver before another program used its UUID. */
START_TEST(what_is_not_noted_is_kept)
{
	char own[GPU_UUID_MAX], text[64], path[160];

	for (int i = 0; i < 4; i++) {
		struct bench b;

		machine_new(&b, 1);
		add_parent(&b, VF(0), "0\n");
		gpu_mdev_uuid(&b.pf, TYPE, 0, own);
		add_mdev(&b, VF(0), own);
		if (i > 0)
			note(&b, i == 1 ? FAKE_PF : "0000:01:10.0", own, 0, i == 2 ? 1 : 0);
		ck_assert_int_eq(apply(&b, GPU_MDEVS_CLEAR, "none"), 0);
		snprintf(path, sizeof(path), VF(0) "/%s", own);
		content(&b, path, "remove", text);
		ck_assert_str_eq(text, i == 3 ? "1" : "");
		if (i < 3)
			assert_said(&b, ", which viod did not make");
		machine_clear(&b);
	}
}
END_TEST

START_TEST(no_room_says_what_there_is)
{
	struct bench b;

	machine_new(&b, 1);
	add_parent(&b, VF(0), "0\n");
	ck_assert_int_eq(apply(&b, GPU_MDEVS_PLACE, "A16-2Q"), -ENOSPC);
	assert_said(&b, "has room for 'NVIDIA A16-2Q' number 1; there is: NVIDIA A16-2Q (2048 MiB, "
			"0 left)");
	machine_clear(&b);
}
END_TEST

/* A GPU that is full, or has vGPUs of another size, is not a failure of the VF. */
START_TEST(only_a_vf_that_offered_it_has_failed)
{
	struct gpu_order order = { .profile = "NVIDIA A16-2Q" };
	struct viod_step step = { .code = GPU_SET, .data = &order, .size = sizeof(order) };

	for (int i = 0; i < 2; i++) {
		struct bench b;

		machine_new(&b, 1);
		add_parent(&b, VF(0), i == 0 ? "0\n" : "1\n");
		for (int times = 0; times < 2; times++)
			ck_assert_int_eq(gpu_apply(&b.pf, &step), -EIO);
		ck_assert_int_eq(gpu_is_quarantined(&b.pf, 0, order.profile, NULL), i == 1);
		machine_clear(&b);
	}
}
END_TEST

/* --- facts and wanted ------------------------------------------------------------------------ */

static const char *fact(struct bench *b, const char *topic, const char *about, const char *what)
{
	json_t *facts = json_object_get(json_object_get(b->pf.facts, topic), about);

	return json_string_value(json_object_get(facts, what));
}

START_TEST(types_and_mdevs_are_reported)
{
	char own[GPU_UUID_MAX];
	struct bench b;

	machine_new(&b, 2);
	add_parent(&b, PF, "9\n");
	add_parent(&b, VF(1), "1\n");
	gpu_mdev_uuid(&b.pf, TYPE, 0, own);
	add_mdev(&b, VF(1), own);
	add_mdev(&b, PF, FOREIGN);
	note(&b, "0000:01:10.1", own, 0, 0);
	ck_assert_int_eq(gpu_observe(&b.pf, b.state), 0);
	ck_assert_str_eq(fact(&b, "profiles", "NVIDIA A16-2Q", "id"), TYPE);
	ck_assert_str_eq(fact(&b, "profiles", "NVIDIA A16-2Q", "framebuffer"), "2048M");
	/* Ten according to the parents, at most eight on a GPU, and two of them exist. */
	ck_assert_str_eq(fact(&b, "profiles", "NVIDIA A16-2Q", "available"), "6");
	ck_assert_str_eq(fact(&b, "mdevs", own, "made-by"), "viod");
	ck_assert_str_eq(fact(&b, "mdevs", own, "parent"), "0000:01:10.1");
	ck_assert_str_eq(fact(&b, "mdevs", FOREIGN, "made-by"), "unknown");
	ck_assert_str_eq(fact(&b, "mdevs", FOREIGN, "parent"), FAKE_PF);
	ck_assert_str_eq(
		values_get(b.state, VIOD_PF, schema_find(b.schema, VIOD_SCOPE_PF, "mdevs")),
		"1 x NVIDIA A16-2Q");
	/* It is not the profile of VF 1. */
	ck_assert_str_eq(values_get(b.state, 1, schema_find(b.schema, VIOD_SCOPE_VF, "profile")),
			 "none");
	machine_clear(&b);
}
END_TEST

START_TEST(files_are_completed_and_refused)
{
	struct bench b;

	machine_new(&b, 1);
	add_parent(&b, VF(0), "1\n");
	put(&b, b.wanted, VIOD_PF, "mdevs", "711, A16-2Q", 3);
	ck_assert_int_eq(gpu_validate(&b.pf, b.wanted), 0);
	ck_assert_int_eq(gpu_complete(&b.pf, b.state, b.wanted), 0);
	ck_assert_str_eq(
		values_get(b.wanted, VIOD_PF, schema_find(b.schema, VIOD_SCOPE_PF, "mdevs")),
		"2 x NVIDIA A16-2Q");
	assert_no_diags(&b.pf.diags);
	put(&b, b.wanted, VIOD_PF, "mdevs", "2 x A16-3Q", 4);
	ck_assert_int_eq(gpu_complete(&b.pf, b.state, b.wanted), -EINVAL);
	assert_diag(&b.pf.diags, "test.conf:4", "did you mean 'NVIDIA A16-2Q'?");
	put(&b, b.wanted, VIOD_PF, "mdevs", "0 x A16-2Q", 5);
	ck_assert_int_eq(gpu_validate(&b.pf, b.wanted), -EINVAL);
	assert_diag(&b.pf.diags, "test.conf:5", "is no list of mdevs");
	machine_clear(&b);
}
END_TEST

/* --- plan ------------------------------------------------------------------------------------ */

static void assert_plan(const char *now, const char *wanted, const char *expected)
{
	_cleanup_free_ char *got = NULL;
	struct plan_changes changes;
	struct viod_plan plan = { 0 };
	struct bench b;
	size_t size;
	FILE *out = open_memstream(&got, &size);

	bench_new(&b, "gpu", 1, 1);
	put(&b, b.state, VIOD_PF, "mdevs", now, 0);
	put(&b, b.wanted, VIOD_PF, "mdevs", wanted, 3);
	put(&b, b.state, 0, "profile", "A", 0);
	put(&b, b.wanted, 0, "profile", "B", 4);
	ck_assert_int_eq(plan_diff(b.wanted, b.state, NULL, &changes), 0);
	ck_assert_int_eq(plan_make(&b.pf, b.state, &changes, &plan), 0);
	for (size_t i = 0; i < plan.n_steps; i++)
		fprintf(out, "%s\n", plan.steps[i].step.text);
	fclose(out);
	ck_assert_str_eq(got, expected);
	plan_clear(&plan);
	bench_clear(&b);
}

#define OTHERS "vf0.profile: A -> none\nvf0.profile: B\n"

START_TEST(removals_come_first)
{
	assert_plan("1 x A", "1 x A", OTHERS);
	assert_plan("1 x A", "2 x A", OTHERS "mdevs: 1 x A -> 2 x A\n");
	assert_plan("2 x A", "none", "mdevs: 2 x A -> none: remove\n" OTHERS);
	assert_plan("2 x A", "1 x A, 1 x B",
		    "mdevs: 2 x A -> 1 x A, 1 x B: remove\n" OTHERS
		    "mdevs: 2 x A -> 1 x A, 1 x B\n");
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		lists_of_mdevs,
		each_is_created_where_there_are_fewest,
		only_own_idle_old_ones_are_removed,
		what_is_not_noted_is_kept,
		no_room_says_what_there_is,
		only_a_vf_that_offered_it_has_failed,
		types_and_mdevs_are_reported,
		files_are_completed_and_refused,
		removals_come_first,
	};

	return run_tests("gpu_mdev", tests, ARRAY_SIZE(tests));
}
