/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Prints how many thousand ticks a second the time stamp counter has. In emulation the guest has
 * the counter of the host, and measures it at its boot against a timer of QEMU: on a busy host its
 * clock then runs two or three times too fast.
 */
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <x86intrin.h>

#define TRIES 20

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC_RAW, &time);
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

/* The two clocks at one moment: of several looks the one that was interrupted least. */
static uint64_t look(uint64_t *ret_ticks)
{
	uint64_t best = UINT64_MAX, when = 0;

	for (int i = 0; i < TRIES; i++) {
		uint64_t before = now(), ticks = __rdtsc(), after = now();

		if (after - before >= best)
			continue;
		best = after - before;
		when = before + best / 2;
		*ret_ticks = ticks;
	}
	return when;
}

int main(void)
{
	static const struct timespec while_counting = { .tv_nsec = 50000000 };
	uint64_t first_ticks = 0, last_ticks = 0;
	uint64_t first = look(&first_ticks), last;

	nanosleep(&while_counting, NULL);
	last = look(&last_ticks);
	printf("%.0f\n", (double)(last_ticks - first_ticks) * 1e6 / (double)(last - first));
	return 0;
}
