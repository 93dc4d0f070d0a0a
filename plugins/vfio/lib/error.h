/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Errors: what was done, with which arguments, and what would be right. */
#ifndef VIOD_VFIO_ERRORS_H
#define VIOD_VFIO_ERRORS_H

#include "../viod/vfio.h"

#define PRINTF_LIKE(format_, arguments_) __attribute__((format(printf, format_, arguments_)))

/** A system call failed with code, a negative errno. error may be NULL. Returns code. */
int vfio_call_failed(struct viod_vfio_error *error, int code, const char *call, const char *format,
		     ...) PRINTF_LIKE(4, 5);

/** The library itself refuses; the format is the whole text. Returns code. */
int vfio_refuse(struct viod_vfio_error *error, int code, const char *format, ...) PRINTF_LIKE(3, 4);

/** The answer of a system call is invalid. Returns -EPROTO. */
int vfio_contradiction(struct viod_vfio_error *error, const char *call, const char *format, ...)
	PRINTF_LIKE(3, 4);

/** Append "; " and advice to the text of a failure. Returns error's code, or code without one. */
int vfio_advise(struct viod_vfio_error *error, int code, const char *format, ...) PRINTF_LIKE(3, 4);

/** vfio_refuse() for a lack of memory. */
int vfio_no_memory(struct viod_vfio_error *error);

#endif
