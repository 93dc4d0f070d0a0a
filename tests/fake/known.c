/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Bugs that were reproduced and are not cured yet: each sequence says what is right, and fails.
 * They are reported apart and count neither as passed nor as failed. One that holds has been cured:
 * move it to regressions.c.
 */
#include "regression.h"

const struct regression known_failures[] = {
	{ NULL, NULL, NULL },
};
