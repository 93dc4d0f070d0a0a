/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The capabilities of this process. Without any, none of these does anything. */
#ifndef VIOD_CAPABILITIES_H
#define VIOD_CAPABILITIES_H

#include <linux/capability.h>
#include <stdint.h>

#define CAPABILITY(name_) (1ULL << (name_))

/** Give up all others for good. */
void capabilities_keep(uint64_t keep);

/** Use none until capabilities_use(): a mistake of this process cannot use them either. Processes
 * that it forks can use them again. */
void capabilities_rest(void);
/** Use all that this process has. */
void capabilities_use(void);

#endif
