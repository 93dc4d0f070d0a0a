/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bytes that are constant for this machine and reveal nothing about it. */
#ifndef VIOD_MACHINE_H
#define VIOD_MACHINE_H

#include <stddef.h>

/** HMAC-SHA256 of "viod PURPOSE TEXT", keyed with machine-id, which lies below the directory etc.
 * size: up to 32. 0; -EUCLEAN if machine-id(5) would not accept its text; -EINVAL; or another
 * -errno where it cannot be read. */
int machine_derive(int etc, const char *purpose, const char *text, void *ret_bytes, size_t size);

#endif
