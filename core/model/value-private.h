/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shared by the files that implement value.h; no other file includes it. */
#ifndef VIOD_VALUE_PRIVATE_H
#define VIOD_VALUE_PRIVATE_H

#include "model/value.h"

/* How a refused text is quoted: enough bytes to recognise it, short enough for a log line. */
#define QUOTED "%.80s"

/** Store the formatted reason in *ret_why, or NULL without memory. Always returns -EINVAL. */
int value_refuse(char **ret_why, const char *format, ...) PRINTF_LIKE(2, 3);

int value_parse_rate(const struct viod_option *option, const char *text, void *ret_value,
		     char **ret_why);
int value_parse_size(const struct viod_option *option, const char *text, void *ret_value,
		     char **ret_why);
int value_format_rate(const struct viod_option *option, const void *value, char *ret_text);
int value_format_size(const struct viod_option *option, const void *value, char *ret_text);

#endif
