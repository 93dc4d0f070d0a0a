/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Refused: a shared object that is no plugin. */
extern int viod_something_else __attribute__((visibility("default")));

int viod_something_else = 1;
