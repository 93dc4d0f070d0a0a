/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Builds with --coverage: counters of processes that do not end by exit(). */
#ifndef VIOD_FAKE_COVERAGE_H
#define VIOD_FAKE_COVERAGE_H

#include <stdbool.h>

bool coverage_is_measured(void);
/** A process: write its counters, to files of the real machine. */
void coverage_write(void);

#endif
