/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* VFs that become vGPUs by a file of the driver, and who uses the mdev of a VF. */
#include <errno.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "../pluginbench.h"
#include "device/holder.h"

#include "../../../plugins/gpu/mdev.h"

#define VF(n_) "sys/bus/pci/devices/0000:01:10." #n_
#define UUID "0f6e5a1c-8d2b-4c3e-9f10-aabbccddeeff"
#define CATALOGUE "ID : vGPU Name\n710 : NVIDIA A16-1Q\n711 : NVIDIA A16-2Q\n"

static int save_nothing(void *userdata)
{
	return 0;
}

static void machine(struct bench *b, const char *current)
{
	bench_new(b, "gpu", 2, 2);
	b->pf.notes = json_object();
	b->pf.save_notes = save_nothing;
	fake_text(&b->root, VF(0), "nvidia/current_vgpu_type", current);
	fake_text(&b->root, VF(0), "nvidia/creatable_vgpu_types", CATALOGUE);
}

static void machine_clear(struct bench *b)
{
	json_decref(b->pf.notes);
	b->pf.notes = NULL;
	bench_clear(b);
}

static struct viod_step step_of(int vf, const struct gpu_order *order)
{
	return (struct viod_step){
		.vf = vf, .data = order, .size = sizeof(*order), .where = { "a.conf", 4, 1 }
	};
}

static int set(struct bench *b, int vf, const char *profile)
{
	struct gpu_order order = { 0 };
	struct viod_step step = step_of(vf, &order);

	snprintf(order.profile, sizeof(order.profile), "%s", profile);
	return gpu_profile_set(&b->pf, &step);
}

static void expect_current(const struct bench *b, const char *text)
{
	char found[32] = "";
	int fd = openat(b->root.fd, VF(0) "/nvidia/current_vgpu_type", O_RDONLY | O_CLOEXEC);

	ck_assert_int_ge(read(fd, found, sizeof(found) - 1), 0);
	close(fd);
	found[strcspn(found, "\n")] = '\0';
	ck_assert_str_eq(found, text);
}

static void expect_report(const struct bench *b, size_t count, const char *part)
{
	assert_diag_count(&b->pf.diags, count);
	ck_assert_msg(strstr(b->pf.diags.items[count - 1].text, part), "'%s' does not say '%s'",
		      b->pf.diags.items[count - 1].text, part);
	ck_assert_uint_eq(b->pf.diags.items[count - 1].line, 4);
}

/* --- the file of the driver ------------------------------------------------------------------- */

START_TEST(a_vf_becomes_a_vgpu_and_a_plain_vf_again)
{
	struct gpu_order none = { 0 };
	struct viod_step clear = step_of(0, &none);
	struct bench b;

	machine(&b, "0");
	ck_assert_int_eq(set(&b, 0, "NVIDIA A16-2Q"), 0);
	expect_current(&b, "711");
	ck_assert_uint_eq(b.pf.n_marks, 0);
	/* It is one already, and another one only after it is none. */
	ck_assert_int_eq(set(&b, 0, "NVIDIA A16-2Q"), 0);
	ck_assert_int_eq(set(&b, 0, "NVIDIA A16-1Q"), -EBUSY);
	expect_current(&b, "711");
	assert_no_diags(&b.pf.diags);
	/* The file keeps what is behind the text, and "0" is not what was written. */
	ck_assert_int_eq(gpu_profile_clear(&b.pf, &clear), -EIO);
	expect_current(&b, "011");
	fake_text(&b.root, VF(0), "nvidia/current_vgpu_type", "0");
	ck_assert_int_eq(gpu_profile_clear(&b.pf, &clear), 0);
	clear.vf = 1;
	ck_assert_int_eq(gpu_profile_clear(&b.pf, &clear), 0);
	machine_clear(&b);
}
END_TEST

START_TEST(another_spelling_is_marked)
{
	struct bench b;

	machine(&b, "0");
	ck_assert_int_eq(set(&b, 0, "a16-2q"), 0);
	expect_current(&b, "711");
	ck_assert_uint_eq(b.pf.n_marks, 1);
	machine_clear(&b);
}
END_TEST

START_TEST(what_cannot_become_a_vgpu)
{
	struct bench b;

	machine(&b, "0");
	ck_assert_int_eq(set(&b, 1, "NVIDIA A16-2Q"), -EOPNOTSUPP);
	expect_report(&b, 1, "mdev_supported_types");
	ck_assert_int_lt(set(&b, 0, "NVIDIA A16-9Q"), 0);
	expect_report(&b, 2, "NVIDIA A16-9Q");
	expect_current(&b, "0");
	machine_clear(&b);
}
END_TEST

/* A VF that fails each time, although its driver offers the type, is left alone in the end. */
START_TEST(a_vf_that_fails_is_quarantined)
{
	unsigned times = 0;
	struct bench b;

	machine(&b, "0000000");
	for (; times < 20 && !gpu_is_quarantined(&b.pf, 0, "NVIDIA A16-2Q", &(unsigned){ 0 });
	     times++) {
		fake_text(&b.root, VF(0), "nvidia/current_vgpu_type", "0000000");
		ck_assert_int_eq(set(&b, 0, "NVIDIA A16-2Q"), -EIO);
		/* Half a vGPU is none. */
		expect_current(&b, "0110000");
	}
	ck_assert_uint_ge(times, 2);
	ck_assert_uint_lt(times, 20);
	fake_text(&b.root, VF(0), "nvidia/current_vgpu_type", "0000000");
	ck_assert_int_eq(set(&b, 0, "NVIDIA A16-2Q"), -EIO);
	expect_current(&b, "0000000");
	ck_assert_ptr_nonnull(strstr(b.pf.diags.items[b.pf.diags.count - 1].text, "quarantine"));
	/* Another profile is tried. */
	ck_assert(!gpu_is_quarantined(&b.pf, 0, "NVIDIA A16-1Q", &times));
	ck_assert(!gpu_is_quarantined(&b.pf, 1, "NVIDIA A16-2Q", &times));
	machine_clear(&b);
}
END_TEST

/* --- who uses the mdev of a VF ---------------------------------------------------------------- */

static void expect_holder(struct bench *b, int vf, size_t count, const char *part)
{
	struct viod_holders holders = { 0 };

	ck_assert_int_eq(gpu_holders(&b->pf, vf, &holders), 0);
	ck_assert_uint_eq(holders.count, count);
	if (count)
		ck_assert_msg(strstr(holders.items[0].what, part), "'%s'", holders.items[0].what);
	holders_clear(&holders);
}

START_TEST(an_mdev_is_used_for_a_while_or_for_ever)
{
	char key[64], text[128];
	struct viod_holder holder;
	struct stat status;
	struct bench b;

	machine(&b, "0");
	expect_holder(&b, 1, 0, NULL);
	fake_text(&b.root, VF(1) "/mdev_supported_types/nvidia-711", "name", "NVIDIA A16-2Q\n");
	fake_text(&b.root, VF(1) "/" UUID, "remove", "");
	fake_link(&b.root, VF(1) "/" UUID "/mdev_type", "../mdev_supported_types/nvidia-711");
	expect_holder(&b, 1, 1, "mdev " UUID);
	expect_holder(&b, VIOD_PF, 0, NULL);
	ck_assert_int_eq(gpu_mdev_user(&b.pf, "bus/pci/devices/0000:01:10.1/" UUID, &holder), 1);
	ck_assert_int_eq(gpu_mdev_user(&b.pf, "bus/pci/devices/0000:01:10.1/power", &holder), 0);
	/* One that viod created, during its grace. */
	ck_assert_int_eq(fstatat(b.root.fd, VF(1) "/" UUID, &status, 0), 0);
	snprintf(key, sizeof(key), "mdev.%s", UUID);
	snprintf(text, sizeof(text), "%lld 0000:01:10.1 %lld", (long long)gpu_seconds() + 1000,
		 (long long)status.st_ino);
	ck_assert_int_eq(viod_note(&b.pf, key, text), 0);
	expect_holder(&b, 1, 1, "mdev " UUID);
	snprintf(text, sizeof(text), "%lld 0000:01:10.1 %lld", (long long)gpu_seconds() - 1,
		 (long long)status.st_ino);
	ck_assert_int_eq(viod_note(&b.pf, key, text), 0);
	expect_holder(&b, 1, 0, NULL);
	ck_assert_int_eq(gpu_mdev_user(&b.pf, "bus/pci/devices/0000:01:10.1/" UUID, &holder), 0);
	/* Another of this name is not ours. */
	snprintf(text, sizeof(text), "%lld 0000:01:10.1 %lld", (long long)gpu_seconds() - 1,
		 (long long)status.st_ino + 1);
	ck_assert_int_eq(viod_note(&b.pf, key, text), 0);
	expect_holder(&b, 1, 1, "mdev " UUID);
	machine_clear(&b);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_vf_becomes_a_vgpu_and_a_plain_vf_again,
		another_spelling_is_marked,
		what_cannot_become_a_vgpu,
		a_vf_that_fails_is_quarantined,
		an_mdev_is_used_for_a_while_or_for_ever,
	};

	return run_tests("gpu-vendor", tests, ARRAY_SIZE(tests));
}
