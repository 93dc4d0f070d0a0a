/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Refused: its descriptor claims to be longer than the symbol is. */
#include <stdint.h>

extern const uint32_t viod_plugin[4] __attribute__((visibility("default")));

const uint32_t viod_plugin[4] = { 0x76696f64u, 1, 4096, 0 };
