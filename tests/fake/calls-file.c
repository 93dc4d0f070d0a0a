/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * System calls of the daemon and its jobs on files. They shadow the C library's, for core's objects
 * in this program and, since it exports them, for libsystemd; each may be made to fail.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "kernel.h"
#include "raw.h"
#include "sim.h"
#include "vfd.h"

#pragma GCC visibility push(default)
#pragma GCC diagnostic ignored "-Wmissing-prototypes"

long (*raw_syscall)(long number, ...);
static pid_t (*real_fork)(void);
static struct dirent *(*real_readdir)(DIR *);
static DIR *(*real_fdopendir)(int);

/* What each call can say beside what its arguments bring about. */
static const int open_errors[] = { EMFILE, ENFILE, ENOMEM, EACCES, EIO, EINTR, 0 };
static const int read_errors[] = { EIO, ENOMEM, EINTR, 0 };
static const int write_errors[] = { EIO, ENOSPC, ENOMEM, EBUSY, 0 };
static const int path_errors[] = { ENOMEM, EIO, EACCES, 0 };
static const int change_errors[] = { ENOSPC, EIO, EROFS, 0 };

void raw_init(void)
{
	raw_syscall = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
	real_fork = (pid_t(*)(void))dlsym(RTLD_NEXT, "fork");
	real_readdir = (struct dirent * (*)(DIR *)) dlsym(RTLD_NEXT, "readdir");
	real_fdopendir = (DIR * (*)(int)) dlsym(RTLD_NEXT, "fdopendir");
}

pid_t raw_fork(void)
{
	return real_fork();
}

/* Before main() the C library's start may come here. */
static long call(long number, long a, long b, long c, long d, long e, long f)
{
	if (!raw_syscall)
		raw_init();
	return raw_syscall(number, a, b, c, d, e, f);
}

#define CALL(name_, a_, b_, c_, d_) \
	call(SYS_##name_, (long)(a_), (long)(b_), (long)(c_), (long)(d_), 0, 0)

static int fails(const char *name, const char *detail, const int *errors)
{
	int error = sim_call(name, detail, errors);

	if (error)
		errno = error;
	return error;
}

/* What was opened, for messages. */
static char opened[SIM_FDS][48];

static const char *path_of(int fd)
{
	return fd >= 0 && fd < SIM_FDS ? opened[fd] : "";
}

/* Without snprintf(): it is called for each file that is opened or closed. */
static void note_path(int fd, const char *path)
{
	size_t length = strnlen(path, sizeof(opened[0]) - 1);

	if (fd < 0 || fd >= SIM_FDS)
		return;
	memcpy(opened[fd], path, length);
	opened[fd][length] = '\0';
}

/* --- opening --------------------------------------------------------------------------------- */

/* The path of a descriptor below the root of the sequence; NULL for others. */
static const char *real_path(int fd, char *ret_text, size_t size)
{
	size_t root = strlen(sim->root);
	char link[32];
	long n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = CALL(readlinkat, AT_FDCWD, link, ret_text, size - 1);
	if (n <= 0)
		return NULL;
	ret_text[n] = '\0';
	return strncmp(ret_text, sim->root, root) == 0 ? ret_text + root : NULL;
}

/* A look for holders: in /proc as a whole, or at the interface folder of a VF. */
static void note_look(int fd, const char *path)
{
	const char *real;
	char text[256];

	struct sim_slot *slot = &sim->slots[sim_self];
	unsigned bus, device, function;
	int length = 0;

	real = strcmp(path, ".") == 0 ? real_path(fd, text, sizeof(text)) : NULL;
	if (real && strcmp(real, "/proc") == 0)
		slot->looked_proc = sim->calls;
	if (strncmp(path, "bus/pci/devices/", 16) != 0 ||
	    sscanf(path, "bus/pci/devices/0000:%2x:%2x.%1x/net%n", &bus, &device, &function,
		   &length) != 3 ||
	    !length || path[length])
		return;
	for (int vf = 0; vf < KERNEL_VFS; vf++) {
		const struct kernel_function *f = kernel_function((int)bus - 1, vf);

		if (strncmp(f->address, path + strlen("bus/pci/devices/"), 12) == 0)
			slot->looked_net[f->pf * KERNEL_VFS + vf] = sim->calls;
	}
}

/* A file of /sys that is opened for writing: what is written goes to the fake kernel. */
static void note_sysfs(int fd)
{
	const char *path;
	struct vfd *vfd;
	char text[256];

	path = real_path(fd, text, sizeof(text));
	if (!path || strncmp(path, "/sys/", 5) != 0)
		return;
	vfd = vfd_set(fd, VFD_SYSFS);
	if (vfd)
		vfd->data = strdup(path + 5);
}

/* vfio_group_fops_open() of drivers/vfio/group.c: one user at a time. */
static bool is_taken(const char *path)
{
	int group;

	if (sscanf(path, "vfio/%d", &group) != 1)
		return false;
	for (int i = 0; i < KERNEL_HOLDERS; i++) {
		const struct kernel_holder *holder = &kernel->holders[i];

		if (holder->pid && !holder->closed && holder->kind == HOLDER_VFIO &&
		    holder->pf * 100 + holder->vf + 10 == group)
			return true;
	}
	return false;
}

int openat(int directory, const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list arguments;
	int fd;

	va_start(arguments, flags);
	if (flags & (O_CREAT | __O_TMPFILE))
		mode = va_arg(arguments, mode_t);
	va_end(arguments);
	if (sim_self > 0 && fails("openat", path, open_errors))
		return -1;
	if (sim_self > 0 && is_taken(path)) {
		errno = EBUSY;
		return -1;
	}
	fd = (int)CALL(openat, directory, path, flags, mode);
	if (sim_self <= 0 || fd < 0)
		return fd;
	note_path(fd, path);
	if (flags & O_DIRECTORY)
		note_look(fd, path);
	if ((flags & O_ACCMODE) != O_RDONLY && !(flags & (O_PATH | O_CREAT)))
		note_sysfs(fd);
	if (flags & O_CREAT)
		sim_act();
	return fd;
}

/* Core calls it by syscall(). */
long calls_openat2(int directory, const char *path, const void *how, size_t size)
{
	long fd;

	if (fails("openat2", path, open_errors))
		return -1;
	fd = CALL(openat2, directory, path, how, size);
	note_path((int)fd, path);
	return fd;
}

int open(const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list arguments;

	va_start(arguments, flags);
	if (flags & (O_CREAT | __O_TMPFILE))
		mode = va_arg(arguments, mode_t);
	va_end(arguments);
	return openat(AT_FDCWD, path, flags, mode);
}

int close(int fd)
{
	if (sim_self > 0) {
		vfd_forget(fd);
		calls_forget_pipe(fd);
		note_path(fd, "");
		sim_act();
	}
	return (int)CALL(close, fd, 0, 0, 0);
}

int close_range(unsigned first, unsigned last, int flags)
{
	if (sim_self <= 0)
		return (int)CALL(close_range, first, last, flags, 0);
	if (last >= SIM_FDS)
		last = SIM_FDS - 1;
	for (unsigned fd = first; fd <= last; fd++)
		vfd_forget((int)fd);
	sim_act();
	return first > last ? 0 : (int)CALL(close_range, first, last, flags, 0);
}

DIR *fdopendir(int fd)
{
	if (!real_fdopendir)
		raw_init();
	if (sim_self > 0 && fails("fdopendir", path_of(fd), path_errors))
		return NULL;
	return real_fdopendir(fd);
}

struct dirent *readdir(DIR *dir)
{
	if (!real_readdir)
		raw_init();
	if (sim_self > 0 && fails("readdir", path_of(dirfd(dir)), path_errors))
		return NULL;
	return real_readdir(dir);
}

/* --- reading and writing --------------------------------------------------------------------- */

ssize_t read(int fd, void *data, size_t size)
{
	if (sim_self > 0) {
		if (fails("read", path_of(fd), read_errors))
			return -1;
		return calls_read(fd, data, size);
	}
	return CALL(read, fd, data, size, 0);
}

ssize_t write(int fd, const void *data, size_t size)
{
	struct vfd *vfd = sim_self > 0 ? vfd_of(fd) : NULL;
	long r;

	if (sim_self > 0 && fd > 2 && fails("write", path_of(fd), write_errors))
		return -1;
	if (fd > 2)
		sim_change("write", vfd && vfd->data ? vfd->data : path_of(fd));
	if (vfd && vfd->type == VFD_SYSFS) {
		r = kernel_write(vfd->data, data, size);
		sim_act();
		if (r < 0)
			errno = (int)-r;
		return r < 0 ? -1 : r;
	}
	r = CALL(write, fd, data, size, 0);
	sim_act();
	return r;
}

int fsync(int fd)
{
	return sim_self > 0 && fails("fsync", path_of(fd), change_errors) ? -1 : 0;
}

int fchmod(int fd, mode_t mode)
{
	if (sim_self > 0 && fails("fchmod", path_of(fd), change_errors))
		return -1;
	return (int)CALL(fchmod, fd, mode, 0, 0);
}

/* --- paths ----------------------------------------------------------------------------------- */

/* A node of tree_node(). */
static void show_node(struct stat *status)
{
	if (!S_ISREG(status->st_mode) || status->st_mtim.tv_nsec != TREE_NODE)
		return;
	status->st_rdev = makedev((unsigned)(status->st_mtim.tv_sec / 1000000),
				  (unsigned)(status->st_mtim.tv_sec % 1000000));
	status->st_mode = (status->st_mode & ~(mode_t)S_IFMT) |
			  (status->st_atim.tv_sec ? S_IFBLK : S_IFCHR);
}

int fstatat(int directory, const char *restrict path, struct stat *restrict status, int flags)
{
	int r;

	if (sim_self > 0 && fails("fstatat", path, path_errors))
		return -1;
	r = (int)CALL(newfstatat, directory, path, status, flags);
	if (r == 0 && sim_self > 0 && status->st_mtim.tv_nsec == TREE_HUNG)
		sim_block(SIM_NEVER);
	if (r == 0 && sim_self > 0)
		show_node(status);
	return r;
}

/* What the look for holders asks of the files of other processes. Only the kernel's memory can fail
 * it: the file system is not asked. */
int statx(int directory, const char *restrict path, int flags, unsigned mask,
	  struct statx *restrict ret_status)
{
	static const int errors[] = { ENOMEM, 0 };
	struct stat status;

	if (sim_self > 0 && fails("statx", path, errors))
		return -1;
	if (sim_self <= 0 || mask != STATX_TYPE)
		return (int)call(SYS_statx, directory, (long)path, flags, mask, (long)ret_status,
				 0);
	if (CALL(newfstatat, directory, path, &status, 0) < 0)
		return -1;
	show_node(&status);
	memset(ret_status, 0, sizeof(*ret_status));
	ret_status->stx_mode = (uint16_t)status.st_mode;
	ret_status->stx_rdev_major = major(status.st_rdev);
	ret_status->stx_rdev_minor = minor(status.st_rdev);
	return 0;
}

int fstat(int fd, struct stat *status)
{
	if (sim_self > 0 && fails("fstat", path_of(fd), path_errors))
		return -1;
	return (int)CALL(fstat, fd, status, 0, 0);
}

int faccessat(int directory, const char *path, int mode, int flags)
{
	if (sim_self > 0 && fails("faccessat", path, path_errors))
		return -1;
	return (int)CALL(faccessat, directory, path, mode, 0);
}

ssize_t readlinkat(int directory, const char *restrict path, char *restrict text, size_t size)
{
	if (sim_self > 0 && fails("readlinkat", path, path_errors))
		return -1;
	return CALL(readlinkat, directory, path, text, size);
}

int mkdirat(int directory, const char *path, mode_t mode)
{
	if (sim_self > 0 && fails("mkdirat", path, change_errors))
		return -1;
	sim_change("mkdirat", path);
	return (int)CALL(mkdirat, directory, path, mode, 0);
}

int unlinkat(int directory, const char *path, int flags)
{
	if (sim_self > 0 && fails("unlinkat", path, change_errors))
		return -1;
	sim_change("unlinkat", path);
	return (int)CALL(unlinkat, directory, path, flags, 0);
}

int renameat(int from, const char *old, int to, const char *new)
{
	if (sim_self > 0 && fails("renameat", old, change_errors))
		return -1;
	sim_change("renameat", new);
	return (int)CALL(renameat, from, old, to, new);
}

int symlinkat(const char *target, int directory, const char *path)
{
	if (sim_self > 0 && fails("symlinkat", path, change_errors))
		return -1;
	sim_change("symlinkat", path);
	return (int)CALL(symlinkat, target, directory, path, 0);
}

/* --- streams --------------------------------------------------------------------------------- */

/* The C library's own streams would pass by all this. */
static ssize_t read_stream(void *cookie, char *data, size_t size)
{
	return read((int)(intptr_t)cookie, data, size);
}

static ssize_t write_stream(void *cookie, const char *data, size_t size)
{
	ssize_t n = write((int)(intptr_t)cookie, data, size);

	return n < 0 ? 0 : n;
}

static int close_stream(void *cookie)
{
	return close((int)(intptr_t)cookie);
}

FILE *fdopen(int fd, const char *mode)
{
	static const cookie_io_functions_t functions = { .read = read_stream,
							 .write = write_stream,
							 .close = close_stream };
	static FILE *(*real_fdopen)(int, const char *);

	if (sim_self > 0)
		return fails("fdopen", NULL, path_errors)
			       ? NULL
			       : fopencookie((void *)(intptr_t)fd, mode, functions);
	if (!real_fdopen)
		real_fdopen = (FILE * (*)(int, const char *)) dlsym(RTLD_NEXT, "fdopen");
	return real_fdopen(fd, mode);
}

/* --- the rest -------------------------------------------------------------------------------- */

ssize_t getrandom(void *data, size_t size, unsigned flags)
{
	if (sim_self <= 0)
		return CALL(getrandom, data, size, flags, 0);
	for (size_t i = 0; i < size; i++)
		((unsigned char *)data)[i] =
			(unsigned char)(sim->serial++ * 0x9e3779b97f4a7c15ULL >> 56);
	return (ssize_t)size;
}

/* Nothing but what processes share is mapped through here that could be missed. */
void *mmap(void *address, size_t size, int protection, int flags, int fd, off_t offset)
{
	static const int errors[] = { ENOMEM, 0 };

	if (sim_self > 0 && (flags & MAP_SHARED) && fails("mmap", NULL, errors))
		return MAP_FAILED;
	return (void *)call(SYS_mmap, (long)address, (long)size, protection, flags, fd,
			    (long)offset);
}
