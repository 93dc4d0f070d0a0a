/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Refused: the symbol is there, but it is a function. */
extern int viod_plugin(void) __attribute__((visibility("default")));

int viod_plugin(void)
{
	return 0;
}
