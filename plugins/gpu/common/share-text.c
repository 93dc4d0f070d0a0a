/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "share.h"

const struct viod_name gpu_priorities[] = {
	{ "low", GPU_LOW },
	{ "normal", GPU_NORMAL },
	{ "high", GPU_HIGH },
	{ NULL, 0 },
};

int gpu_number_parse(const char *text, uint64_t *ret_number)
{
	uint64_t number = 0;

	if (!*text)
		return -EINVAL;
	for (; *text >= '0' && *text <= '9'; text++)
		if (__builtin_mul_overflow(number, 10, &number) ||
		    __builtin_add_overflow(number, (uint64_t)(*text - '0'), &number))
			return -ERANGE;
	if (*text)
		return -EINVAL;
	*ret_number = number;
	return 0;
}

static bool is_word(const char *text, size_t length, const char *word)
{
	return strlen(word) == length && memcmp(text, word, length) == 0;
}

int gpu_priority_parse(const char *text, uint64_t *ret_priority)
{
	const char *open = strchr(text, '['), *word = open ? open + 1 : text;
	size_t length = open ? strcspn(word, "]") : strlen(word);
	uint64_t number;

	if (open && word[length] != ']')
		return -EINVAL;
	for (const struct viod_name *name = gpu_priorities; name->word; name++) {
		if (!is_word(word, length, name->word))
			continue;
		*ret_priority = (uint64_t)name->value;
		return 0;
	}
	if (open || gpu_number_parse(word, &number) < 0 || number > GPU_HIGH)
		return -EINVAL;
	*ret_priority = number;
	return 0;
}
