/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Descriptors of the fake kernel: each is an eventfd, made readable by what it stands for. */
#ifndef VIOD_FAKE_VFD_H
#define VIOD_FAKE_VFD_H

#include <stdint.h>
#include <sys/types.h>

enum vfd_type { VFD_NONE, VFD_TIMER, VFD_PIDFD, VFD_UEVENTS, VFD_ROUTE, VFD_LINKS, VFD_SYSFS };

struct vfd {
	enum vfd_type type;
	bool signaled;
	uint64_t deadline; /* VFD_TIMER, in the clock of sim->now; SIM_NEVER: not armed */
	int clock;
	pid_t pid;	   /* VFD_PIDFD */
	uint64_t patience; /* VFD_ROUTE: SO_RCVTIMEO in ns, 0: none */
	char *data;	   /* VFD_ROUTE: the answer; VFD_SYSFS: the path below /sys */
	size_t size;
};

/** NULL where it is a descriptor of the real kernel. */
struct vfd *vfd_of(int fd);
struct vfd *vfd_set(int fd, enum vfd_type type);
void vfd_forget(int fd);
/** Make readable what is ready now; the next timer's time. */
uint64_t vfd_refresh(void);

/** What the files with interposers call of each other. */
ssize_t calls_read(int fd, void *data, size_t size);
void calls_forget_pipe(int fd);
long calls_openat2(int directory, const char *path, const void *how, size_t size);

#endif
