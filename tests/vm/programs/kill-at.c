/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Preloaded into viod: kills it just before the Nth change that one of its jobs makes. Changes are
 * writes to files in /sys, netlink requests that change a link, NVMe admin commands other than
 * Identify, and files replaced or removed (the records). strace can inject that, too, but counts
 * the calls of the daemon and of all jobs alike, and again in the job that follows; this happens
 * once, and only to a job.
 *
 * The file $KILL_AT says when, "7 job" or "7 daemon", and is removed by the job that dies. Changes
 * are counted from 1 in each job and listed in $KILL_AT.log.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/nvme_ioctl.h>
#include <linux/rtnetlink.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

static unsigned count;

static bool is_job(void)
{
	char name[17] = "";

	return prctl(PR_GET_NAME, name) == 0 && strcmp(name, "viod-job") == 0;
}

static void list(const char *path, const char *what)
{
	char name[256];
	FILE *log;

	snprintf(name, sizeof(name), "%s.log", path);
	log = fopen(name, "ae");
	if (!log)
		return;
	fprintf(log, "%d %u %s\n", (int)getpid(), count, what);
	fclose(log);
}

static void change(const char *what)
{
	const char *path = getenv("KILL_AT");
	char victim[16] = "";
	unsigned when = 0;
	FILE *file;

	if (!path || !is_job())
		return;
	count++;
	list(path, what);
	file = fopen(path, "re");
	if (!file)
		return;
	if (fscanf(file, "%u %15s", &when, victim) != 2)
		when = 0;
	fclose(file);
	if (when != count)
		return;
	remove(path);
	if (strcmp(victim, "daemon") == 0)
		kill(getppid(), SIGKILL);
	kill(getpid(), SIGKILL);
}

static void *next(const char *name)
{
	void *symbol = dlsym(RTLD_NEXT, name);

	if (!symbol)
		abort();
	return symbol;
}

ssize_t write(int fd, const void *data, size_t size)
{
	ssize_t (*real)(int, const void *, size_t) = next("write");
	char link[32], target[256];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, target, sizeof(target) - 1);
	target[n < 0 ? 0 : n] = '\0';
	if (strncmp(target, "/sys/", 5) == 0)
		change(target);
	return real(fd, data, size);
}

ssize_t send(int fd, const void *data, size_t size, int flags)
{
	ssize_t (*real)(int, const void *, size_t, int) = next("send");
	const struct nlmsghdr *header = data;
	socklen_t length = sizeof(int);
	int domain = 0;

	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &length) == 0 && domain == AF_NETLINK &&
	    size >= sizeof(*header) &&
	    (header->nlmsg_type == RTM_SETLINK || header->nlmsg_type == RTM_NEWLINK ||
	     header->nlmsg_type == RTM_DELLINK))
		change("netlink");
	return real(fd, data, size, flags);
}

int ioctl(int fd, unsigned long request, ...)
{
	int (*real)(int, unsigned long, ...) = next("ioctl");
	const struct nvme_admin_cmd *command;
	va_list arguments;
	void *argument;

	va_start(arguments, request);
	argument = va_arg(arguments, void *);
	va_end(arguments);
	command = argument;
	if (request == NVME_IOCTL_ADMIN_CMD && command->opcode != 0x06)
		change("nvme");
	return real(fd, request, argument);
}

int renameat(int from, const char *old, int to, const char *new)
{
	int (*real)(int, const char *, int, const char *) = next("renameat");

	change(new);
	return real(from, old, to, new);
}

int unlinkat(int directory, const char *name, int flags)
{
	int (*real)(int, const char *, int) = next("unlinkat");

	change(name);
	return real(directory, name, flags);
}
