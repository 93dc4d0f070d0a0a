/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* System calls of the harness itself: they pass no interposer and are not counted. */
#ifndef VIOD_FAKE_RAW_H
#define VIOD_FAKE_RAW_H

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

extern long (*raw_syscall)(long number, ...);
/** Look the C library's own functions up; before anything else. */
void raw_init(void);
pid_t raw_fork(void);

#define raw(name_, ...) raw_syscall(SYS_##name_, ##__VA_ARGS__)

#endif
