/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The text of "namespaces". */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "nvme.h"

static const struct {
	char letter;
	unsigned shift;
} units[] = { { 'T', 40 }, { 'G', 30 }, { 'M', 20 }, { 'K', 10 } };

/* Decimal digits at *text, which moves behind them. */
static int read_number(const char **text, uint64_t limit, uint64_t *ret_number)
{
	uint64_t number = 0;

	if (!isdigit((unsigned char)**text))
		return -EINVAL;
	for (; isdigit((unsigned char)**text); (*text)++) {
		if (__builtin_mul_overflow(number, 10u, &number) ||
		    __builtin_add_overflow(number, (unsigned)(**text - '0'), &number))
			return -ERANGE;
	}
	if (number > limit)
		return -ERANGE;
	*ret_number = number;
	return 0;
}

static void skip_blanks(const char **text)
{
	while (**text == ' ' || **text == '\t')
		(*text)++;
}

/* Append, if it fits whole. */
static int __attribute__((format(printf, 4, 5)))
append(char *text, size_t size, size_t *used, const char *format, ...)
{
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = vsnprintf(text + *used, size - *used, format, arguments);
	va_end(arguments);
	if (n < 0 || (size_t)n >= size - *used)
		return -ENOSPC;
	*used += (size_t)n;
	return 0;
}

/* --- namespaces ------------------------------------------------------------------------------ */

static int parse_size(const char *text, uint64_t *ret_bytes)
{
	uint64_t bytes;
	int r;

	skip_blanks(&text);
	r = read_number(&text, UINT64_MAX, &bytes);
	if (r < 0)
		return -EINVAL;
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
		if (toupper((unsigned char)*text) != units[i].letter)
			continue;
		if (bytes > UINT64_MAX >> units[i].shift)
			return -EINVAL;
		bytes <<= units[i].shift;
		text++;
		break;
	}
	if (*text || bytes == 0)
		return -EINVAL;
	*ret_bytes = bytes;
	return 0;
}

static int compare_numbers(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static int parse_list(const char *text, struct nvme_wish *wish)
{
	for (;;) {
		uint64_t nsid;

		skip_blanks(&text);
		if (wish->n_nsids == sizeof(wish->nsids) / sizeof(*wish->nsids) ||
		    read_number(&text, UINT32_MAX - 1, &nsid) < 0 || nsid == 0)
			return -EINVAL;
		wish->nsids[wish->n_nsids++] = (uint32_t)nsid;
		skip_blanks(&text);
		if (!*text)
			break;
		if (*text++ != ',')
			return -EINVAL;
	}
	qsort(wish->nsids, wish->n_nsids, sizeof(*wish->nsids), compare_numbers);
	for (size_t i = 1; i < wish->n_nsids; i++)
		if (wish->nsids[i] == wish->nsids[i - 1])
			return -EINVAL;
	return 0;
}

int nvme_wish_parse(const char *text, struct nvme_wish *ret_wish)
{
	struct nvme_wish wish = { 0 };
	int r = 0;

	if (strncasecmp(text, "create ", 7) == 0)
		r = parse_size(text + 7, &wish.create);
	else if (strncasecmp(text, "attach ", 7) == 0)
		r = parse_list(text + 7, &wish);
	else if (strcasecmp(text, "none") != 0)
		r = parse_list(text, &wish);
	if (r == 0)
		*ret_wish = wish;
	return r;
}

int nvme_wish_format(const struct nvme_wish *wish, char ret_text[static NVME_TEXT_MAX])
{
	uint64_t number = wish->create;
	char letter[2] = "";
	size_t used = 0;
	int r = 0;

	memset(ret_text, 0, NVME_TEXT_MAX);
	if (wish->create) {
		for (size_t i = 0; i < sizeof(units) / sizeof(*units) && !*letter; i++)
			if ((number & ((1ULL << units[i].shift) - 1)) == 0) {
				number >>= units[i].shift;
				letter[0] = units[i].letter;
			}
		return append(ret_text, NVME_TEXT_MAX, &used, "create %" PRIu64 "%s", number,
			      letter);
	}
	if (!wish->n_nsids)
		return append(ret_text, NVME_TEXT_MAX, &used, "none");
	for (size_t i = 0; i < wish->n_nsids && r == 0; i++)
		r = append(ret_text, NVME_TEXT_MAX, &used, "%s%" PRIu32, i ? ", " : "attach ",
			   wish->nsids[i]);
	return r;
}
