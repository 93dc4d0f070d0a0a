/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NVIDIA GPUs with the vGPU host driver. VFs are created by a write of the count or, if the driver
 * does not accept that, by the vendor's tool, which creates all of them and may leave the PF
 * without its driver.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/tree.h"

#define TOOL "/usr/lib/nvidia/sriov-manage"
/* The tool waits for the lock of the GPU, and retries several times. Its limit is half of
 * 'timeout'. */
#define TOOL_SECONDS 60
/* Of its character devices (Documentation/admin-guide/devices.txt). */
#define MAJOR_NVIDIA 195

/* What complete() keeps for resize(). */
struct nvidia_scratch {
	int tool_seconds; /* 0: not known */
};

static int tool_seconds(struct viod_pf *pf)
{
	const struct nvidia_scratch *scratch = viod_scratch(pf, sizeof(*scratch));

	return scratch && scratch->tool_seconds ? scratch->tool_seconds : TOOL_SECONDS;
}

/* --- the tool -------------------------------------------------------------------------------- */

/* The tool must not inherit the signal settings of the job. */
static _Noreturn void become_tool(char *const arguments[])
{
	static char *environment[] = { (char *)"PATH=/usr/sbin:/usr/bin:/sbin:/bin",
				       (char *)"LC_ALL=C", NULL };
	sigset_t none;

	(void)setpgid(0, 0);
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)signal(SIGPIPE, SIG_DFL);
	(void)execve(arguments[0], arguments, environment);
	_exit(127);
}

/* 0 if the tool succeeded, or -errno. It runs as a child of the job, with a time limit. */
static int run_tool(const char *what, const char *address, int seconds)
{
	char *arguments[] = { (char *)TOOL, (char *)what, (char *)address, NULL };
	struct pollfd ready = { .fd = -1, .events = POLLIN };
	int status = 0, r;
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (pid == 0)
		become_tool(arguments);
	(void)setpgid(pid, pid);
	ready.fd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (ready.fd >= 0) {
		do
			r = poll(&ready, 1, seconds * 1000);
		while (r < 0 && errno == EINTR);
		close(ready.fd);
		/* Its children are in its process group. */
		if (r == 0)
			(void)kill(-pid, SIGKILL);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	if (WIFSIGNALED(status))
		return -ETIMEDOUT;
	return WEXITSTATUS(status) == 0 ? 0 : -EIO;
}

static int bind_again(struct viod_pf *pf, const char *driver)
{
	const struct viod_function *self = viod_function(pf, VIOD_PF);
	char path[128];
	int r;

	if (!self)
		return -ENODEV;
	if (self->driver)
		return 0;
	viod_report(pf, VIOD_WARNING, VIOD_PF, NULL, NULL, 0,
		    TOOL " left the PF without its driver; it is bound to '%s' again", driver);
	snprintf(path, sizeof(path), "bus/pci/drivers/%s/bind", driver);
	r = viod_write_at(pf, VIOD_TREE_SYS, path, self->address);
	return r < 0 ? r : viod_function(pf, VIOD_PF)->driver ? 0 : -ENODEV;
}

/* --- the count ------------------------------------------------------------------------------- */

static unsigned count_now(struct viod_pf *pf)
{
	char text[16];

	return viod_read(pf, VIOD_PF, "sriov_numvfs", text, sizeof(text)) == 0
		       ? (unsigned)strtoul(text, NULL, 10)
		       : 0;
}

static int by_tool(struct viod_pf *pf, unsigned count)
{
	const struct viod_function *self = viod_function(pf, VIOD_PF);
	char driver[VIOD_NAME_MAX], address[64];
	int r = -EIO;

	if (!self || !self->driver)
		return -ENODEV;
	snprintf(driver, sizeof(driver), "%s", self->driver);
	snprintf(address, sizeof(address), "%s", self->address);
	/* At boot the driver may not be ready yet. */
	for (int tries = 0; tries < 2 && r < 0 && r != -ETIMEDOUT; tries++) {
		int bound;

		r = run_tool(count ? "-e" : "-d", address, tool_seconds(pf));
		bound = bind_again(pf, driver);
		if (r == 0 && bound < 0)
			r = bound;
	}
	if (r == -ETIMEDOUT) {
		viod_report(
			pf, VIOD_ERROR, VIOD_PF, NULL, NULL, 0,
			TOOL
			" %s %s did not end within %d s and was killed; another program uses the GPU, or 'timeout' in the file is too short",
			count ? "-e" : "-d", address, tool_seconds(pf));
		return r;
	}
	if (r < 0) {
		viod_report(
			pf, VIOD_ERROR, VIOD_PF, NULL, NULL, -r,
			TOOL
			" %s %s failed; DCGM, nvidia-persistenced or a running vGPU may use the GPU",
			count ? "-e" : "-d", address);
		return r;
	}
	if (count && count_now(pf) != count) {
		viod_report(pf, VIOD_ERROR, VIOD_PF, NULL, NULL, 0,
			    "this driver accepts no count, and " TOOL
			    " created all VFs, %u; write 'vfs = max'",
			    count_now(pf));
		return -ERANGE;
	}
	return 0;
}

static int resize(struct viod_pf *pf, unsigned count)
{
	char text[16];
	int r;

	snprintf(text, sizeof(text), "%u", count);
	r = viod_write(pf, VIOD_PF, "sriov_numvfs", text);
	if (r == 0 || r == -EBUSY || r == -EAGAIN || access(TOOL, X_OK) < 0)
		return r;
	return by_tool(pf, count);
}

/* --- the driver of the VFs ------------------------------------------------------------------- */

static bool asks_for(const struct viod_values *wanted, int vf, const char *key)
{
	const struct viod_option *row = viod_option_of(wanted, vf, key);
	const char *value = row ? viod_get(wanted, vf, row) : NULL;

	return value && *value && strcmp(value, "none") != 0;
}

/* 1: the VF is bound to the driver; 0: to none, or it will be re-created; -1: to another driver,
 * from which it is not unbound unless a file requests it. */
static int has_driver(struct viod_pf *pf, const struct viod_values *state,
		      const struct viod_values *wanted, int vf, const char *driver)
{
	const struct viod_option *count = viod_option_of(wanted, VIOD_PF, "vfs");
	const int64_t *vfs = count ? viod_get(wanted, VIOD_PF, count) : NULL;
	const struct viod_function *function = viod_function(pf, vf);

	if ((unsigned)vf >= viod_vf_count(state) || (vfs && *vfs != viod_vf_count(state)) ||
	    !function || !function->driver)
		return 0;
	return strcmp(function->driver, driver) == 0 ? 1 : -1;
}

/* The driver of the PF creates the vGPUs. Its module may not list the ids of the VFs, so the kernel
 * would not bind them. */
static int complete(struct viod_pf *pf, const struct viod_values *state, struct viod_values *wanted)
{
	struct nvidia_scratch *scratch = viod_scratch(pf, sizeof(*scratch));
	const struct viod_function *self = viod_function(pf, VIOD_PF);
	bool anywhere = asks_for(wanted, VIOD_PF, "mdevs");
	const struct viod_option *limit = viod_option_of(wanted, VIOD_PF, "timeout");
	const int64_t *seconds = limit ? viod_get(wanted, VIOD_PF, limit) : NULL;
	struct viod_driver own = { 0 };

	if (seconds && scratch)
		scratch->tool_seconds = *seconds > 1 ? (int)(*seconds / 2) : 1;
	if (!self || !self->driver)
		return 0;
	snprintf(own.name, sizeof(own.name), "%s", self->driver);
	for (int vf = 0; vf < (int)viod_vf_count(wanted); vf++) {
		const struct viod_option *row = viod_option_of(wanted, vf, "driver");
		const struct viod_driver *driver = row ? viod_get(wanted, vf, row) : NULL;
		int has;

		if (!row || (driver && strcmp(driver->name, "default") != 0))
			continue;
		has = has_driver(pf, state, wanted, vf, own.name);
		if (asks_for(wanted, vf, "profile") || has > 0 || (anywhere && has == 0))
			viod_put(wanted, vf, row, &own);
	}
	return 0;
}

/* --- nodes ----------------------------------------------------------------------------------- */

/* "Device Minor: 	 0" in the driver's information about a GPU. -ENOENT where it is missing. */
static int parse_minor(const char *information, unsigned *ret_minor)
{
	const char *line = strstr(information, "Device Minor:");

	return line && sscanf(line, "Device Minor: %3u", ret_minor) == 1 ? 0 : -ENOENT;
}

/* The driver's own node is no child of the function in sysfs. Programs of the host open it: CUDA,
 * DCGM, nvidia-persistenced. */
static int nodes(struct viod_pf *pf, int vf, struct viod_nodes *table)
{
	const struct viod_function *function = viod_function(pf, vf);
	char path[128], text[4096];
	unsigned minor_;
	int r;

	if (!function)
		return 0;
	snprintf(path, sizeof(path), "driver/nvidia/gpus/%s/information", function->address);
	r = viod_read_at(pf, VIOD_TREE_PROC, path, text, sizeof(text));
	if (r == 0)
		r = parse_minor(text, &minor_);
	/* A VF that is a vGPU, or has another driver, is not listed. */
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	snprintf(path, sizeof(path), "/dev/nvidia%u", minor_);
	return viod_node_add(
		table,
		&((struct viod_node){ .path = path, .device = makedev(MAJOR_NVIDIA, minor_) }));
}

static const struct viod_ops ops = {
	.size = sizeof(ops),
	.complete = complete,
	.nodes = nodes,
	.resize = resize,
};

static const struct viod_match match[] = {
	VIOD_MATCH_DRIVER("nvidia"),
	{ 0 },
};

static const struct viod_advice advice[] = {
	{ "profile", EPERM, "a virtual machine uses the vGPU" },
	{ "vfs", ENOENT,
	  "the loaded nvidia driver does not create VFs; they need the vGPU host driver" },
	{ NULL, 0, NULL },
};

static const struct viod_quirk quirk = { .size = sizeof(quirk), .advice = advice };

VIOD_PLUGIN_DEFINE(.role = VIOD_ROLE_QUIRK, .name = "gpu-nvidia", .kind = "gpu", .version = "1",
		   .summary = "NVIDIA GPUs with the vGPU host driver", .ops = &ops, .match = match,
		   .quirk = &quirk);
