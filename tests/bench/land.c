/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A stopwatch for viod: moves a file into /etc/vio.d and measures the time until viod has applied
 *it.
 *
 *	land FILE NAME PF	FILE becomes /etc/vio.d/NAME, until the state of PF is "configured"
 *	land FILE NAME PF -	the same if nothing is written to sysfs; prints 0 for that
 *
 * Prints microseconds: from the landing to the first write to an SR-IOV attribute of PF, to the end
 * of the last write to a VF or the PF, and to the state file that says "configured". sysfs reports
 * writes by inotify; the times are those at which this process received the event.
 */
#include <err.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_MSEC 60000

static long long now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000LL + time.tv_nsec / 1000;
}

static int watch(int notify, const char *directory, const char *name, uint32_t mask)
{
	char path[256];
	int wd;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	wd = inotify_add_watch(notify, path, mask);
	if (wd < 0)
		err(1, "%s", path);
	return wd;
}

static int configured(const char *state_file)
{
	char text[4096];
	int fd = open(state_file, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);

	if (fd >= 0)
		close(fd);
	text[n > 0 ? n : 0] = '\0';
	return strstr(text, "\"state\": \"configured\"") != NULL;
}

int main(int argc, char **argv)
{
	char buffer[8192] __attribute__((aligned(8))), pf[128], target[256], state_file[128];
	long long began, first = 0, last = 0;
	int notify, writes[3] = { -1, -1, -1 }, states, state_alone = argc == 5;

	if (argc != 4 && argc != 5)
		errx(1, "land FILE NAME PF [-]");
	notify = inotify_init1(IN_CLOEXEC);
	snprintf(pf, sizeof(pf), "/sys/bus/pci/devices/%s", argv[3]);
	if (!state_alone) {
		writes[0] = watch(notify, pf, "sriov_drivers_autoprobe", IN_MODIFY);
		writes[1] = watch(notify, pf, "sriov_numvfs", IN_MODIFY);
		writes[2] = watch(notify, "/sys/bus/pci", "drivers_probe", IN_MODIFY);
	}
	states = watch(notify, "/run/viod", "state", IN_MOVED_TO);
	snprintf(state_file, sizeof(state_file), "/run/viod/state/%s.json", argv[3]);
	snprintf(target, sizeof(target), "/etc/vio.d/%s", argv[2]);

	began = now();
	if (rename(argv[1], target) < 0)
		err(1, "%s", target);
	for (;;) {
		struct pollfd wait = { .fd = notify, .events = POLLIN };
		long long heard;
		ssize_t n;

		if (poll(&wait, 1, PATIENCE_MSEC) <= 0)
			errx(1, "%s is not configured", argv[3]);
		heard = now();
		n = read(notify, buffer, sizeof(buffer));
		for (char *at = buffer; at < buffer + n;) {
			const struct inotify_event *event = (const struct inotify_event *)at;

			at += sizeof(*event) + event->len;
			if (event->wd == states && (first || state_alone) &&
			    configured(state_file)) {
				printf("%lld %lld %lld\n", first ? first - began : 0,
				       last ? last - began : 0, heard - began);
				return 0;
			}
			if (event->wd == writes[0] || event->wd == writes[1] ||
			    event->wd == writes[2]) {
				first = first ? first : heard;
				last = heard;
			}
		}
	}
}
