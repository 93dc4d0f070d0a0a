/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vGPU profiles: what drivers and files write about them, what is planned, and what is refused. */
#include <errno.h>

#include "../pluginbench.h"
#include "plan/plan.h"

#include "../../../plugins/gpu/profile.h"

#define UUID "0f6e5a1c-8d2b-4c3e-9f10-aabbccddeeff"
#define VF(n_) "sys/bus/pci/devices/0000:01:10." #n_

/* --- catalogue ------------------------------------------------------------------------------- */

START_TEST(lines_of_a_catalogue)
{
	static const struct {
		const char *line, *id, *name;
		uint32_t framebuffer;
	} cases[] = {
		{ "711   : NVIDIA A16-2Q", "711", "NVIDIA A16-2Q", 2048 },
		{ "NVIDIA A16-2Q : 711", "711", "NVIDIA A16-2Q", 2048 },
		{ "  7:x\n", "7", "x", 0 },
		{ "ID    : vGPU Name", NULL, NULL, 0 },
		{ "711", NULL, NULL, 0 },
		{ "711 :", NULL, NULL, 0 },
		{ ": NVIDIA A16-2Q", NULL, NULL, 0 },
		{ "711 : 712", NULL, NULL, 0 },
		{ "0 : nothing", NULL, NULL, 0 },
		{ "1234567890 : too much", NULL, NULL, 0 },
		{ "", NULL, NULL, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct gpu_type type;

		ck_assert_msg(gpu_catalogue_line(cases[i].line, &type) ==
				      (cases[i].id ? 0 : -EINVAL),
			      "'%s'", cases[i].line);
		if (!cases[i].id)
			continue;
		ck_assert_str_eq(type.id, cases[i].id);
		ck_assert_str_eq(type.name, cases[i].name);
		ck_assert_uint_eq(type.framebuffer, cases[i].framebuffer);
	}
}
END_TEST

START_TEST(names_tell_their_memory)
{
	ck_assert_uint_eq(gpu_framebuffer_of_name("NVIDIA L40S-12Q"), 12288);
	ck_assert_uint_eq(gpu_framebuffer_of_name("GRID P4-0Q"), 0);
	ck_assert_uint_eq(gpu_framebuffer_of_name("NVIDIA A100-1-5C"), 5120);
	ck_assert_uint_eq(gpu_framebuffer_of_name("GRID RTX6000-1B4"), 1024);
	ck_assert_uint_eq(gpu_framebuffer_of_name("nvidia-711"), 0);
	ck_assert_uint_eq(gpu_framebuffer_of_name("a-99999999Q"), 0);
	ck_assert_uint_eq(gpu_framebuffer_of_name("plain"), 0);
	ck_assert_uint_eq(
		gpu_framebuffer_of_description("num_heads=4, framebuffer=2048M, max_instance=8"),
		2048);
	ck_assert_uint_eq(gpu_framebuffer_of_description("framebuffer=2G"), 0);
	ck_assert_uint_eq(gpu_framebuffer_of_description("framebuffer=-1M"), 0);
	ck_assert_uint_eq(gpu_framebuffer_of_description("none"), 0);
	ck_assert(gpu_is_mig("NVIDIA A100-1-5C"));
	ck_assert(gpu_is_mig("A100-3-20C"));
	ck_assert(!gpu_is_mig("NVIDIA A16-2Q"));
	ck_assert(!gpu_is_mig("nvidia-x-2"));
	ck_assert(!gpu_is_mig("-5C"));
	ck_assert(!gpu_is_mig(""));
}
END_TEST

static void three_types(struct gpu_types *types)
{
	types->count = 0;
	gpu_catalogue_parse("ID    : vGPU Name\n"
			    "710   : NVIDIA A16-1Q\n"
			    "711   : NVIDIA A16-2Q\n"
			    "\nrubbish\n"
			    "712   : NVIDIA A16-4Q",
			    -1, types);
	ck_assert_uint_eq(types->count, 3);
}

START_TEST(types_are_found_by_name_and_number)
{
	struct gpu_types types, again = { 0 };
	char text[512];

	three_types(&types);
	ck_assert_str_eq(gpu_types_find(&types, "NVIDIA A16-2Q")->id, "711");
	ck_assert_str_eq(gpu_types_find(&types, "a16-4q")->id, "712");
	ck_assert_str_eq(gpu_types_find(&types, "710")->name, "NVIDIA A16-1Q");
	ck_assert_ptr_null(gpu_types_find(&types, "6-4Q"));
	ck_assert_ptr_null(gpu_types_find(&types, "71"));
	ck_assert_ptr_null(gpu_types_find(&types, ""));
	ck_assert_str_eq(gpu_types_nearest(&types, "A16-5Q")->name, "NVIDIA A16-1Q");
	ck_assert_str_eq(gpu_types_nearest(&types, "nvidia a16-44q")->name, "NVIDIA A16-4Q");
	ck_assert_ptr_null(gpu_types_nearest(&again, "A16-5Q"));
	gpu_types_list(&types, text, sizeof(text));
	ck_assert_str_eq(text, "NVIDIA A16-1Q (1024 MiB), NVIDIA A16-2Q (2048 MiB), "
			       "NVIDIA A16-4Q (4096 MiB)");
	gpu_types_list(&types, text, 30);
	ck_assert_str_eq(text, "NVIDIA A16-1Q (1024 MiB)");

	/* The noted text reads back to the same types, each once. */
	gpu_types_write(&types, text, sizeof(text));
	gpu_types_read(text, &again);
	gpu_types_read(text, &again);
	ck_assert_uint_eq(again.count, 3);
	ck_assert_str_eq(again.items[2].name, "NVIDIA A16-4Q");
	ck_assert_uint_eq(again.items[2].framebuffer, 4096);
	gpu_types_read("no tab\n\t\n\tname\nid\t\n", &again);
	ck_assert_uint_eq(again.count, 3);
}
END_TEST

START_TEST(mdev_types_have_numbers_too)
{
	struct gpu_types types = { 0 };
	struct gpu_type type = { .id = "nvidia-711", .name = "NVIDIA A16-2Q", .available = 1 };

	ck_assert(gpu_types_add(&types, &type));
	ck_assert(gpu_types_add(&types, &type));
	ck_assert_uint_eq(types.count, 1);
	ck_assert_int_eq(types.items[0].available, 2);
	ck_assert_ptr_eq(gpu_types_find(&types, "711"), &types.items[0]);
	ck_assert_ptr_eq(gpu_types_find(&types, "nvidia-711"), &types.items[0]);
	for (unsigned i = types.count; i < GPU_TYPES_MAX; i++) {
		snprintf(type.id, sizeof(type.id), "t%u", i);
		ck_assert(gpu_types_add(&types, &type));
	}
	snprintf(type.id, sizeof(type.id), "one too many");
	ck_assert(!gpu_types_add(&types, &type));
}
END_TEST

START_TEST(uuids)
{
	static const char *const bad[] = { "",
					   "12",
					   "0f6e5a1c8d2b4c3e9f10aabbccddeeff",
					   "0f6e5a1c-8d2b-4c3e-9f10-aabbccddeefg",
					   "0f6e5a1c-8d2b-4c3e-9f10-aabbccddeeff0",
					   "0f6e5a1c-8d2b-4c3e-9f10/aabbccddeeff",
					   "../e5a1c-8d2b-4c3e-9f10-aabbccddeeff" };
	char one[GPU_UUID_MAX], two[GPU_UUID_MAX];

	ck_assert_int_eq(gpu_uuid_parse("0F6E5A1C-8D2B-4C3E-9F10-AABBCCDDEEFF", one), 0);
	ck_assert_str_eq(one, UUID);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		ck_assert_msg(gpu_uuid_parse(bad[i], one) == -EINVAL, "'%s'", bad[i]);
	gpu_uuid_format(
		(const uint8_t *)"\x01\x23\x45\x67\x89\xab\xcd\xef\xff\x23\x45\x67\x89\xab\xcd\xef",
		one);
	ck_assert_str_eq(one, "01234567-89ab-8def-bf23-456789abcdef");
	ck_assert_int_eq(gpu_uuid_parse(one, two), 0);
}
END_TEST

/* --- a machine ------------------------------------------------------------------------------- */

static void assert_value(struct bench *bench, const struct viod_values *values, int vf,
			 const char *key, const char *expected)
{
	const char *value = values_get(values, vf, schema_find(bench->schema, VIOD_SCOPE_VF, key));

	ck_assert_msg(streq(value, expected), "vf%d %s is '%s', not '%s'", vf, key,
		      value ? value : "(unknown)", expected ? expected : "(unknown)");
}

static void vendor_vf(struct bench *bench, const char *directory, const char *current,
		      const char *catalogue)
{
	fake_text(&bench->root, directory, "nvidia/current_vgpu_type", current);
	fake_text(&bench->root, directory, "nvidia/creatable_vgpu_types", catalogue);
}

START_TEST(each_vf_has_its_mode)
{
	struct bench b;

	bench_new(&b, "gpu", 3, 3);
	vendor_vf(&b, VF(0), "711\n", "711 : NVIDIA A16-2Q\n");
	fake_text(&b.root, VF(1) "/mdev_supported_types/nvidia-711", "name", "NVIDIA A16-2Q\n");
	fake_text(&b.root, VF(1) "/mdev_supported_types/nvidia-711", "available_instances", "0\n");
	fake_directory(&b.root, VF(1) "/" UUID);
	fake_link(&b.root, VF(1) "/" UUID "/mdev_type", "../mdev_supported_types/nvidia-711");
	ck_assert_int_eq(gpu_mode_of(&b.pf, 0, NULL), GPU_VENDOR);
	ck_assert_int_eq(gpu_mode_of(&b.pf, 1, NULL), GPU_MDEV);
	ck_assert_int_eq(gpu_mode_of(&b.pf, 2, NULL), GPU_PLAIN);
	ck_assert_int_eq(gpu_observe(&b.pf, b.state), 0);
	assert_value(&b, b.state, 0, "profile", "NVIDIA A16-2Q");
	assert_value(&b, b.state, 0, "uuid", NULL);
	assert_value(&b, b.state, 1, "profile", "NVIDIA A16-2Q");
	assert_value(&b, b.state, 1, "uuid", UUID);
	assert_value(&b, b.state, 2, "profile", "none");
	bench_clear(&b);
}
END_TEST

/* A malformed answer of the driver is unknown, and so never reverted. */
START_TEST(rubbish_is_not_known)
{
	struct bench b;

	bench_new(&b, "gpu", 2, 2);
	vendor_vf(&b, VF(0), "many\n", "");
	vendor_vf(&b, VF(1), "0\n", "\n:\n:::\n");
	ck_assert_int_eq(gpu_observe(&b.pf, b.state), 0);
	assert_value(&b, b.state, 0, "profile", NULL);
	assert_value(&b, b.state, 1, "profile", "none");
	bench_clear(&b);
}
END_TEST

START_TEST(files_are_completed_and_refused)
{
	struct bench b;

	bench_new(&b, "gpu", 3, 3);
	for (int vf = 0; vf < 2; vf++)
		vendor_vf(&b, vf ? VF(1) : VF(0), "0\n",
			  "ID : vGPU Name\n710 : NVIDIA A16-1Q\n711 : NVIDIA A16-2Q\n");
	put(&b, b.wanted, 0, "profile", "711", 3);
	put(&b, b.wanted, 1, "profile", "a16-1q", 4);
	put(&b, b.wanted, 2, "profile", "none", 5);
	ck_assert_int_eq(gpu_complete(&b.pf, b.state, b.wanted), 0);
	assert_value(&b, b.wanted, 0, "profile", "NVIDIA A16-2Q");
	assert_value(&b, b.wanted, 1, "profile", "NVIDIA A16-1Q");
	assert_no_diags(&b.pf.diags);

	put(&b, b.wanted, 1, "profile", "A16-2P", 6);
	ck_assert_int_eq(gpu_complete(&b.pf, b.state, b.wanted), -EINVAL);
	assert_diag(&b.pf.diags, "test.conf:6", "did you mean 'NVIDIA A16-2Q'?");
	put(&b, b.wanted, 1, "profile", "A16-1-5C", 7);
	ck_assert_int_eq(gpu_complete(&b.pf, b.state, b.wanted), -EINVAL);
	assert_diag(&b.pf.diags, "test.conf:7", "GPU instance");
	put(&b, b.wanted, 1, "profile", "none", 7);
	put(&b, b.wanted, 0, "uuid", UUID, 8);
	ck_assert_int_eq(gpu_complete(&b.pf, b.state, b.wanted), -EOPNOTSUPP);
	assert_diag(&b.pf.diags, "test.conf:8", "has no UUID");

	put(&b, b.wanted, 0, "uuid", "x", 9);
	put(&b, b.wanted, 0, "driver", "vfio-pci", 10);
	ck_assert_int_eq(gpu_validate(&b.pf, b.wanted), -EINVAL);
	assert_diag(&b.pf.diags, "test.conf:9", "no UUID");
	assert_diag(&b.pf.diags, "test.conf:10", "stays on the driver");
	bench_clear(&b);
}
END_TEST

START_TEST(a_uuid_is_given_or_derived)
{
	static const char upper[] = "0F6E5A1C-8D2B-4C3E-9F10-AABBCCDDEEFF";
	const char *derived;
	char parsed[GPU_UUID_MAX];
	struct bench b;

	bench_new(&b, "gpu", 3, 3);
	fake_text(&b.root, "etc", "machine-id", "0123456789abcdef0123456789abcdef\n");
	vendor_vf(&b, VF(0), "0\n", "711 : NVIDIA A16-2Q\n");
	for (int vf = 1; vf < 3; vf++) {
		char path[128];

		snprintf(path, sizeof(path), "%s/mdev_supported_types/nvidia-711",
			 vf == 1 ? VF(1) : VF(2));
		fake_text(&b.root, path, "name", "NVIDIA A16-2Q\n");
		fake_text(&b.root, path, "available_instances", "1\n");
	}
	for (int vf = 0; vf < 3; vf++)
		put(&b, b.wanted, vf, "profile", "NVIDIA A16-2Q", 3);
	put(&b, b.wanted, 1, "uuid", upper, 4);
	ck_assert_int_eq(gpu_validate(&b.pf, b.wanted), 0);
	ck_assert_int_eq(gpu_complete(&b.pf, b.state, b.wanted), 0);
	assert_no_diags(&b.pf.diags);
	/* A vGPU of the vendor's interface has none. */
	assert_value(&b, b.wanted, 0, "uuid", NULL);
	assert_value(&b, b.wanted, 1, "uuid", UUID);
	derived = values_get(b.wanted, 2, schema_find(b.schema, VIOD_SCOPE_VF, "uuid"));
	ck_assert_ptr_nonnull(derived);
	ck_assert_int_eq(gpu_uuid_parse(derived, parsed), 0);
	ck_assert_str_ne(derived, UUID);
	bench_clear(&b);
}
END_TEST

/* --- plan ------------------------------------------------------------------------------------ */

static void assert_plan(struct bench *bench, const char *expected)
{
	_cleanup_free_ char *got = NULL;
	struct plan_changes changes;
	struct viod_plan plan = { 0 };
	size_t size;
	FILE *out = open_memstream(&got, &size);

	ck_assert_int_eq(plan_diff(bench->wanted, bench->state, NULL, &changes), 0);
	ck_assert_int_eq(plan_make(&bench->pf, bench->state, &changes, &plan), 0);
	for (size_t i = 0; i < plan.n_steps; i++)
		fprintf(out, "%s%s\n", plan.steps[i].step.flags & VIOD_STEP_DISRUPTIVE ? "! " : "",
			plan.steps[i].step.text);
	fclose(out);
	ck_assert_str_eq(got, expected);
	plan_clear(&plan);
}

/* A GPU may have one size at a time: all removals come before the first creation. */
START_TEST(removals_come_first)
{
	struct bench b;

	bench_new(&b, "gpu", 4, 5);
	put(&b, b.state, 0, "profile", "A-1Q", 0);
	put(&b, b.wanted, 0, "profile", "A-2Q", 3);
	put(&b, b.state, 1, "profile", "none", 0);
	put(&b, b.wanted, 1, "profile", "A-2Q", 3);
	put(&b, b.state, 2, "profile", "A-1Q", 0);
	put(&b, b.wanted, 2, "profile", "none", 4);
	put(&b, b.state, 3, "profile", "A-2Q", 0);
	put(&b, b.state, 3, "uuid", UUID, 0);
	put(&b, b.wanted, 3, "profile", "A-2Q", 5);
	put(&b, b.wanted, 3, "uuid", "11111111-2222-3333-4444-555555555555", 5);
	put(&b, b.wanted, 4, "driver", "default", 6);
	put(&b, b.wanted, 4, "profile", "A-2Q", 6);
	assert_plan(&b, "vf4.driver: default\n"
			"! vf0.profile: A-1Q -> none\n"
			"! vf2.profile: A-1Q -> none\n"
			"! vf3.profile: A-2Q -> none\n"
			"vf0.profile: A-2Q\n"
			"vf1.profile: A-2Q\n"
			"vf3.profile: A-2Q, uuid 11111111-2222-3333-4444-555555555555\n"
			"vf4.profile: A-2Q\n");
	bench_clear(&b);
}
END_TEST

/* --- the kind -------------------------------------------------------------------------------- */

START_TEST(an_accelerator_may_be_of_another_kind)
{
	static const struct {
		const char *class;
		bool hint;
	} cases[] = { { "0x030200", false }, { "0x120000", true } };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		/* Once: before the VFs are created. */
		for (unsigned there = 0; there <= 2; there += 2) {
			struct bench b;

			bench_machine(&b, there);
			fake_text(&b.root, "sys/bus/pci/devices/" FAKE_PF, "class", cases[i].class);
			bench_open(&b, "gpu", there, 2);
			put(&b, b.wanted, VIOD_PF, "kind", "gpu", 3);
			ck_assert_int_eq(viod_plugin.ops->complete(&b.pf, b.state, b.wanted), 0);
			assert_diag_count(&b.pf.diags, cases[i].hint && !there ? 1 : 0);
			if (b.pf.diags.count) {
				assert_diag(&b.pf.diags, "test.conf:3",
					    "is a processing accelerator (PCI class 12)");
				ck_assert_int_eq(b.pf.diags.items[0].severity, VIOD_INFO);
			}
			bench_clear(&b);
		}
	}
}
END_TEST

/* What a plan of another version may hold. */
START_TEST(steps_that_are_none)
{
	struct viod_step step = { .code = 99, .vf = 0 };
	struct bench b;

	bench_new(&b, "gpu", 1, 1);
	ck_assert_int_eq(viod_plugin.ops->apply(&b.pf, &step), -EINVAL);
	for (step.code = 0; step.code < 2; step.code++) {
		step.size = sizeof(struct gpu_order) - 1;
		ck_assert_int_eq(viod_plugin.ops->apply(&b.pf, &step), -EINVAL);
	}
	bench_clear(&b);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		lines_of_a_catalogue,
		names_tell_their_memory,
		types_are_found_by_name_and_number,
		mdev_types_have_numbers_too,
		uuids,
		each_vf_has_its_mode,
		rubbish_is_not_known,
		files_are_completed_and_refused,
		a_uuid_is_given_or_derived,
		removals_come_first,
		an_accelerator_may_be_of_another_kind,
		steps_that_are_none,
	};

	return run_tests("gpu_profile", tests, ARRAY_SIZE(tests));
}
