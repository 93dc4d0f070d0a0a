/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Preloaded into viod: stops a job right before a write to a file of /sys, after all that it checks
 * first. $PAUSE_AT is a file that holds the end of the path of that file. The job makes
 * $PAUSE_AT.reached and continues when $PAUSE_AT is removed; each pause happens once.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static bool ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	return m && n >= m && strcmp(text + n - m, end) == 0;
}

static void pause_at(const char *target)
{
	const struct timespec moment = { .tv_nsec = 10000000 };
	const char *path = getenv("PAUSE_AT");
	char wanted[256] = "", reached[256];
	FILE *file = path ? fopen(path, "re") : NULL;

	if (!file)
		return;
	if (fscanf(file, "%255s", wanted) != 1)
		wanted[0] = '\0';
	fclose(file);
	snprintf(reached, sizeof(reached), "%s.reached", path);
	if (!ends_with(target, wanted) || access(reached, F_OK) == 0)
		return;
	file = fopen(reached, "we");
	if (file)
		fclose(file);
	while (access(path, F_OK) == 0)
		(void)nanosleep(&moment, NULL);
}

ssize_t write(int fd, const void *data, size_t size)
{
	ssize_t (*real)(int, const void *, size_t) = dlsym(RTLD_NEXT, "write");
	char link[32], target[256];
	ssize_t n;

	if (!real)
		abort();
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, target, sizeof(target) - 1);
	target[n < 0 ? 0 : n] = '\0';
	if (strncmp(target, "/sys/", 5) == 0)
		pause_at(target);
	return real(fd, data, size);
}
