/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* "2 x NVIDIA A16-2Q, 1 x NVIDIA A16-4Q": how many mdevs of which types. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mdev.h"

static bool is_none(const char *text)
{
	return !*text || strcmp(text, "none") == 0;
}

/* "2 x NAME", "2x NAME", or a name alone. */
static int parse_item(const char *text, size_t length, struct gpu_batch *ret_batch)
{
	struct gpu_batch batch = { .count = 1 };
	char item[GPU_PROFILE_MAX + 8], *rest;
	unsigned long count;

	while (length && isspace((unsigned char)text[length - 1]))
		length--;
	if (!length || length >= sizeof(item))
		return -EINVAL;
	memcpy(item, text, length);
	item[length] = '\0';
	count = strtoul(item, &rest, 10);
	rest += strspn(rest, " ");
	if (isdigit((unsigned char)*item) && *rest == 'x' && rest[1] == ' ') {
		if (count < 1 || count > GPU_MDEVS_OF_TYPE)
			return -ERANGE;
		batch.count = (unsigned)count;
		rest += 1 + strspn(rest + 1, " ");
	} else {
		rest = item;
	}
	if (!*rest || strlen(rest) >= sizeof(batch.profile) || is_none(rest))
		return -EINVAL;
	memcpy(batch.profile, rest, strlen(rest) + 1);
	*ret_batch = batch;
	return 0;
}

int gpu_batches_add(struct gpu_batches *batches, const char *profile, unsigned count)
{
	size_t at = 0;

	while (at < batches->count && strcmp(batches->items[at].profile, profile) < 0)
		at++;
	if (at < batches->count && strcmp(batches->items[at].profile, profile) == 0) {
		count += batches->items[at].count;
		if (count > GPU_MDEVS_OF_TYPE)
			return -ERANGE;
		batches->items[at].count = count;
		return 0;
	}
	if (batches->count == GPU_BATCHES_MAX)
		return -E2BIG;
	memmove(&batches->items[at + 1], &batches->items[at],
		(batches->count - at) * sizeof(*batches->items));
	batches->items[at] = (struct gpu_batch){ .count = count };
	snprintf(batches->items[at].profile, sizeof(batches->items[at].profile), "%s", profile);
	batches->count++;
	return 0;
}

int gpu_batches_parse(const char *text, struct gpu_batches *ret_batches)
{
	struct gpu_batches batches = { 0 };

	if (is_none(text)) {
		*ret_batches = batches;
		return 0;
	}
	for (;;) {
		size_t length;
		struct gpu_batch batch;
		int r;

		text += strspn(text, " ");
		length = strcspn(text, ",");
		r = parse_item(text, length, &batch);
		if (r == 0)
			r = gpu_batches_add(&batches, batch.profile, batch.count);
		if (r < 0)
			return r;
		if (!text[length])
			break;
		text += length + 1;
	}
	*ret_batches = batches;
	return 0;
}

int gpu_batches_format(const struct gpu_batches *batches, char ret_text[static GPU_MDEVS_TEXT])
{
	char text[GPU_MDEVS_TEXT] = "none";
	size_t used = 0;

	for (size_t i = 0; i < batches->count; i++) {
		int n = snprintf(text + used, sizeof(text) - used, "%s%u x %s", used ? ", " : "",
				 batches->items[i].count, batches->items[i].profile);

		if (n < 0 || (size_t)n >= sizeof(text) - used)
			return -EMSGSIZE;
		used += (size_t)n;
	}
	memset(ret_text, 0, GPU_MDEVS_TEXT);
	memcpy(ret_text, text, strlen(text));
	return 0;
}

unsigned gpu_batches_count(const struct gpu_batches *batches, const char *profile)
{
	for (size_t i = 0; i < batches->count; i++)
		if (strcmp(batches->items[i].profile, profile) == 0)
			return batches->items[i].count;
	return 0;
}

bool gpu_batches_within(const struct gpu_batches *batches, const struct gpu_batches *others)
{
	for (size_t i = 0; i < batches->count; i++)
		if (gpu_batches_count(others, batches->items[i].profile) < batches->items[i].count)
			return false;
	return true;
}
