/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libviod-vfio: the bytes of VFIO_DEVICE_SET_IRQS, and what is refused before it. */
#include "fakevfio.h"

enum { NONE = 1, BOOL = 2, EVENTFD = 4, MASK = 8, UNMASK = 16, TRIGGER = 32 };

static void open_vf(void)
{
	new_container(NULL);
	ck_assert_int_eq(open_device("0000:01:10.0"), 0);
	fake_forget();
}

/* The last request; size is what follows the fixed part. */
static const uint8_t *expect_set(uint32_t flags, uint32_t index, uint32_t start, uint32_t count,
				 uint32_t size)
{
	const struct fake_call *call = fake_last("VFIO_DEVICE_SET_IRQS");
	const struct vfio_irq_set *set = (const void *)call->bytes;

	ck_assert_int_eq(call->fd, viod_vfio_device_fd(device));
	ck_assert_uint_eq(set->argsz, 20 + size);
	ck_assert_uint_eq(set->flags, flags);
	ck_assert_uint_eq(set->index, index);
	ck_assert_uint_eq(set->start, start);
	ck_assert_uint_eq(set->count, count);
	return set->data;
}

START_TEST(an_index_is_described)
{
	const struct viod_vfio_irq *irq;

	kernel.irqs[1].count = 65537;
	kernel.irqs[3].index = 0;
	open_vf();
	ck_assert_uint_eq(viod_vfio_device_n_irqs(device), 5);
	ck_assert_int_eq(viod_vfio_device_irq(device, 2, &irq, &error), 0);
	ck_assert_uint_eq(irq->index, 2);
	ck_assert_uint_eq(irq->count, 3);
	ck_assert_uint_eq(irq->flags, VIOD_VFIO_IRQ_EVENTFD | VIOD_VFIO_IRQ_NORESIZE);
	/* Too many vectors, and another index than requested. */
	ck_assert_int_eq(viod_vfio_device_irq(device, 1, &irq, &error), -EPROTO);
	expect_error("VFIO_DEVICE_GET_IRQ_INFO", "interrupt 1 of 0000:01:10.0");
	ck_assert_int_eq(viod_vfio_device_irq(device, 3, &irq, &error), -EPROTO);
	ck_assert_int_eq(viod_vfio_device_irq(device, 5, &irq, &error), -EINVAL);
	expect_error("", "0000:01:10.0 has no interrupt 5; there are 5");
	close_all();
}
END_TEST

START_TEST(an_index_that_fails_keeps_its_place)
{
	const struct viod_vfio_irq *irq;

	fake_fail("VFIO_DEVICE_GET_IRQ_INFO", -EINVAL, 4);
	new_container(NULL);
	ck_assert_int_eq(open_device("0000:01:10.0"), 0);
	ck_assert_int_eq(viod_vfio_device_irq(device, 4, &irq, &error), -EINVAL);
	expect_error("VFIO_DEVICE_GET_IRQ_INFO", "interrupt 4 of 0000:01:10.0: Invalid argument");
	ck_assert_int_eq(viod_vfio_device_irq(device, 2, &irq, &error), 0);
	ck_assert_uint_eq(irq->count, 3);
	close_all();
}
END_TEST

START_TEST(the_most_vectors)
{
	kernel.irqs[4].count = 50;
	open_vf();
	ck_assert_uint_eq(viod_vfio_device_max_vectors(device), 3);
	close_all();
	device = NULL;
	kernel.device.flags = VFIO_DEVICE_FLAGS_PLATFORM;
	open_vf();
	ck_assert_uint_eq(viod_vfio_device_max_vectors(device), 50);
	close_all();
}
END_TEST

START_TEST(vectors_are_enabled)
{
	const int eventfds[] = { 40, -1, 42 };
	const uint8_t *data;

	open_vf();
	ck_assert_int_eq(viod_vfio_irq_enable(device, VIOD_VFIO_PCI_MSIX, 0, eventfds, 3, &error),
			 0);
	data = expect_set(EVENTFD | TRIGGER, 2, 0, 3, 12);
	ck_assert_mem_eq(data, eventfds, 12);
	ck_assert_int_eq(viod_vfio_irq_enable(device, VIOD_VFIO_PCI_MSIX, 2, eventfds, 1, &error),
			 0);
	expect_set(EVENTFD | TRIGGER, 2, 2, 1, 4);
	ck_assert_int_eq(viod_vfio_irq_disable(device, VIOD_VFIO_PCI_MSIX, &error), 0);
	expect_set(NONE | TRIGGER, 2, 0, 0, 0);
	ck_assert_int_eq(viod_vfio_irq_enable(device, VIOD_VFIO_PCI_INTX, 0, eventfds, 1, &error),
			 0);
	expect_set(EVENTFD | TRIGGER, 0, 0, 1, 4);
	ck_assert_int_eq(viod_vfio_irq_enable(device, VIOD_VFIO_PCI_REQ, 0, eventfds, 1, &error),
			 0);
	expect_set(EVENTFD | TRIGGER, 4, 0, 1, 4);
	close_all();
}
END_TEST

START_TEST(vectors_are_triggered)
{
	const uint8_t which[] = { 1, 0, 1 };
	const uint8_t *data;

	open_vf();
	ck_assert_int_eq(viod_vfio_irq_trigger(device, 2, 1, NULL, 2, &error), 0);
	expect_set(NONE | TRIGGER, 2, 1, 2, 0);
	ck_assert_int_eq(viod_vfio_irq_trigger(device, 2, 0, which, 3, &error), 0);
	data = expect_set(BOOL | TRIGGER, 2, 0, 3, 3);
	ck_assert_mem_eq(data, which, 3);
	close_all();
}
END_TEST

START_TEST(intx_is_masked_and_resampled)
{
	const uint8_t *data;
	int32_t eventfd;

	open_vf();
	ck_assert_int_eq(viod_vfio_irq_mask(device, VIOD_VFIO_PCI_INTX, 0, 1, &error), 0);
	expect_set(NONE | MASK, 0, 0, 1, 0);
	ck_assert_int_eq(viod_vfio_irq_unmask(device, VIOD_VFIO_PCI_INTX, 0, 1, &error), 0);
	expect_set(NONE | UNMASK, 0, 0, 1, 0);
	ck_assert_int_eq(viod_vfio_irq_resample(device, VIOD_VFIO_PCI_INTX, 0, 44, &error), 0);
	data = expect_set(EVENTFD | UNMASK, 0, 0, 1, 4);
	memcpy(&eventfd, data, 4);
	ck_assert_int_eq(eventfd, 44);
	ck_assert_int_eq(viod_vfio_irq_resample(device, VIOD_VFIO_PCI_INTX, 0, -1, &error), 0);
	data = expect_set(EVENTFD | UNMASK, 0, 0, 1, 4);
	memcpy(&eventfd, data, 4);
	ck_assert_int_eq(eventfd, -1);
	close_all();
}
END_TEST

START_TEST(vectors_outside_are_not_tried)
{
	static const struct {
		uint32_t index, first, count;
	} bad[] = {
		{ 2, 0, 0 },	      { 2, 0, 4 },	    { 2, 3, 1 },	  { 2, 2, 2 },
		{ 2, 1, UINT32_MAX }, { 2, UINT32_MAX, 1 }, { 2, UINT32_MAX, 2 }, { 1, 0, 1 },
		{ 5, 0, 1 },	      { UINT32_MAX, 0, 1 },
	};
	const int eventfds[4] = { 40, 41, 42, 43 };
	const uint8_t which[4] = { 1, 1, 1, 1 };

	open_vf();
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		uint32_t index = bad[i].index, first = bad[i].first, count = bad[i].count;

		ck_assert_int_eq(
			viod_vfio_irq_enable(device, index, first, eventfds, count, &error),
			-EINVAL);
		/* Of no vectors this would disable the index. */
		ck_assert_int_eq(viod_vfio_irq_trigger(device, index, first, NULL, count, &error),
				 -EINVAL);
		ck_assert_int_eq(viod_vfio_irq_trigger(device, index, first, which, count, &error),
				 -EINVAL);
		ck_assert_int_eq(viod_vfio_irq_mask(device, index, first, count, &error), -EINVAL);
		ck_assert_int_eq(viod_vfio_irq_unmask(device, index, first, count, &error),
				 -EINVAL);
	}
	ck_assert_int_eq(viod_vfio_irq_trigger(device, 2, 1, NULL, 3, &error), -EINVAL);
	expect_error("",
		     "cannot trigger 3 vectors from 1 of interrupt 2 of 0000:01:10.0, which has 3");
	ck_assert_int_eq(viod_vfio_irq_resample(device, 0, 1, 40, &error), -EINVAL);
	ck_assert_int_eq(viod_vfio_irq_disable(device, 5, &error), -EINVAL);
	ck_assert_str_eq(kernel.log, "");
	close_all();
}
END_TEST

START_TEST(eventfds_must_be_given)
{
	open_vf();
	ck_assert_int_eq(viod_vfio_irq_enable(device, 2, 0, NULL, 3, &error), -EINVAL);
	expect_error("", "cannot enable vectors of interrupt 2 of 0000:01:10.0 without a list of "
			 "eventfds");
	ck_assert_str_eq(kernel.log, "");
	close_all();
}
END_TEST

START_TEST(what_an_index_cannot_is_not_tried)
{
	const int eventfd = 40;

	kernel.irqs[3].count = 1;
	open_vf();
	ck_assert_int_eq(viod_vfio_irq_mask(device, 2, 0, 1, &error), -EOPNOTSUPP);
	expect_error("", "cannot mask vectors of interrupt 2 of 0000:01:10.0");
	ck_assert_int_eq(viod_vfio_irq_unmask(device, 2, 0, 1, &error), -EOPNOTSUPP);
	ck_assert_int_eq(viod_vfio_irq_resample(device, 2, 0, 40, &error), -EOPNOTSUPP);
	ck_assert_int_eq(viod_vfio_irq_enable(device, 3, 0, &eventfd, 1, &error), -EOPNOTSUPP);
	ck_assert_str_eq(kernel.log, "");
	close_all();
}
END_TEST

START_TEST(a_refusal_of_the_kernel_is_reported)
{
	const int eventfd = 40;

	open_vf();
	fake_fail("VFIO_DEVICE_SET_IRQS", -ENOSPC, 0);
	ck_assert_int_eq(viod_vfio_irq_enable(device, 2, 1, &eventfd, 1, &error), -ENOSPC);
	expect_error("VFIO_DEVICE_SET_IRQS",
		     "enable 1 vectors from 1 of interrupt 2 of 0000:01:10.0: No space left");
	ck_assert_int_eq(viod_vfio_irq_disable(device, 2, &error), -ENOSPC);
	ck_assert_int_eq(viod_vfio_irq_trigger(device, 2, 0, NULL, 1, NULL), -ENOSPC);
	close_all();
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		an_index_is_described,
		an_index_that_fails_keeps_its_place,
		the_most_vectors,
		vectors_are_enabled,
		vectors_are_triggered,
		intx_is_masked_and_resampled,
		vectors_outside_are_not_tried,
		eventfds_must_be_given,
		what_an_index_cannot_is_not_tried,
		a_refusal_of_the_kernel_is_reported,
	};

	return fake_run("libviod-vfio, interrupts", tests, ARRAY_SIZE(tests));
}
