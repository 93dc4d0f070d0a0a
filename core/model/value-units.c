/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Numbers with a unit: rates and sizes. */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "model/value-private.h"

struct unit {
	char letter;
	uint64_t factor;
};

/* Rates are parsed in Kbit/s, so that "500K" is refused instead of rounded. */
static const struct unit rate_units[] = {
	{ '\0', 1000 }, { 'K', 1 }, { 'M', 1000 }, { 'G', 1000000 }, { 'T', 1000000000 }, { 0, 0 },
};
static const struct unit size_units[] = {
	{ '\0', 1 },	     { 'K', 1ull << 10 }, { 'M', 1ull << 20 },
	{ 'G', 1ull << 30 }, { 'T', 1ull << 40 }, { 0, 0 },
};

int value_refuse(char **ret_why, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	if (vasprintf(ret_why, format, arguments) < 0)
		*ret_why = NULL;
	va_end(arguments);
	return -EINVAL;
}

/* Parse a number with a unit, such as "2.5G", without rounding. -EINVAL if it is none, -ERANGE
 * beyond 64 bits, -EDOM for a fraction of the smallest unit. */
static int parse_amount(const char *text, const struct unit *units, uint64_t *ret_value)
{
	uint64_t whole = 0, part = 0, scale = 1, value;
	bool overflow = false;

	if (!isdigit((unsigned char)*text))
		return -EINVAL;
	for (; isdigit((unsigned char)*text); text++)
		overflow |= __builtin_mul_overflow(whole, 10, &whole) ||
			    __builtin_add_overflow(whole, (unsigned)(*text - '0'), &whole);
	if (*text == '.') {
		if (!isdigit((unsigned char)*++text))
			return -EINVAL;
		for (; isdigit((unsigned char)*text); text++) {
			if (scale >= 1000000) {
				if (*text != '0')
					return -EDOM;
				continue;
			}
			part = part * 10 + (unsigned)(*text - '0');
			scale *= 10;
		}
	}
	while (units->factor && units->letter != toupper((unsigned char)*text))
		units++;
	if (!units->factor || (*text && text[1]))
		return -EINVAL;
	overflow |= __builtin_mul_overflow(whole, units->factor, &value);
	if (part * units->factor % scale != 0)
		return -EDOM;
	if (overflow || __builtin_add_overflow(value, part * units->factor / scale, &value))
		return -ERANGE;
	*ret_value = value;
	return 0;
}

/* A row with max 0 has no bounds. */
static int check_amount(const struct viod_option *option, const char *text, uint64_t value,
			const char *unit, char **ret_why)
{
	if (option->max <= 0 ||
	    (value >= (uint64_t)MAX(option->min, 0) && value <= (uint64_t)option->max))
		return 0;
	(void)value_refuse(ret_why, "'" QUOTED "' is out of range; write %lld to %lld %s", text,
			   (long long)option->min, (long long)option->max, unit);
	return -ERANGE;
}

int value_parse_rate(const struct viod_option *option, const char *text, void *ret_value,
		     char **ret_why)
{
	uint64_t value;
	int r = parse_amount(text, rate_units, &value);

	if (r == 0 && value % 1000 != 0)
		r = -EDOM;
	if (r == 0)
		r = check_amount(option, text, value / 1000, "Mbit/s", ret_why);
	else if (r == -EDOM)
		return value_refuse(ret_why,
				    "'" QUOTED
				    "' is not a whole number of Mbit/s; write a multiple of 1M",
				    text);
	else if (r == -EINVAL)
		return value_refuse(ret_why,
				    "'" QUOTED
				    "' is not a rate; write Mbit/s as a number, or with K, M, G or "
				    "T, such as 100, 100M or 2.5G",
				    text);
	else
		(void)value_refuse(ret_why, "'" QUOTED "' is more than any link provides", text);
	if (r < 0)
		return r;
	*(uint64_t *)ret_value = value / 1000;
	return 0;
}

int value_parse_size(const struct viod_option *option, const char *text, void *ret_value,
		     char **ret_why)
{
	uint64_t value;
	int r = parse_amount(text, size_units, &value);

	if (r == 0)
		r = check_amount(option, text, value, "bytes", ret_why);
	else if (r == -EDOM)
		return value_refuse(ret_why, "'" QUOTED "' is not a whole number of bytes", text);
	else if (r == -EINVAL)
		return value_refuse(ret_why,
				    "'" QUOTED
				    "' is not a size; write bytes as a number, or with K, M, G or "
				    "T (powers of 1024), such as 512M or 4G",
				    text);
	else
		(void)value_refuse(ret_why,
				   "'" QUOTED "' is too large; write a size below 16777216T", text);
	if (r < 0)
		return r;
	*(uint64_t *)ret_value = value;
	return 0;
}

int value_hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

void value_format_digits(uint64_t number, char *ret_text)
{
	char digits[20];
	size_t n = 0;

	do
		digits[n++] = (char)('0' + number % 10);
	while (number /= 10);
	while (n)
		*ret_text++ = digits[--n];
	*ret_text = '\0';
}

int value_format_rate(const struct viod_option *option, const void *value, char *ret_text)
{
	value_format_digits(*(const uint64_t *)value, ret_text);
	return 0;
}

/* In the largest unit that divides the size. */
int value_format_size(const struct viod_option *option, const void *value, char *ret_text)
{
	uint64_t size = *(const uint64_t *)value;
	const struct unit *unit = size_units;

	while (size && unit[1].factor && size % unit[1].factor == 0)
		unit++;
	/* Without a unit the letter is a NUL, which ends the text. */
	(void)snprintf(ret_text, VALUE_TEXT_MAX, "%llu%c",
		       (unsigned long long)(size / unit->factor), unit->letter);
	return 0;
}
