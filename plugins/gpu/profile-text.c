/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The texts of drivers and files about vGPU types. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "profile.h"

/* --- catalogue ------------------------------------------------------------------------------- */

/* Without surrounding spaces. -EINVAL if the rest is empty or too long. */
static int copy_trimmed(const char *text, size_t length, char *ret_text, size_t size)
{
	while (length && isspace((unsigned char)*text)) {
		text++;
		length--;
	}
	while (length && isspace((unsigned char)text[length - 1]))
		length--;
	if (length == 0 || length >= size)
		return -EINVAL;
	memcpy(ret_text, text, length);
	ret_text[length] = '\0';
	return 0;
}

static bool is_number(const char *text)
{
	return *text && text[strspn(text, "0123456789")] == '\0';
}

int gpu_catalogue_line(const char *line, struct gpu_type *ret_type)
{
	struct gpu_type type = { .available = -1 };
	char first[GPU_PROFILE_MAX], second[GPU_PROFILE_MAX];
	const char *colon = strchr(line, ':'), *id, *name;

	if (!colon || copy_trimmed(line, (size_t)(colon - line), first, sizeof(first)) < 0 ||
	    copy_trimmed(colon + 1, strcspn(colon + 1, "\n"), second, sizeof(second)) < 0 ||
	    is_number(first) == is_number(second))
		return -EINVAL;
	id = is_number(first) ? first : second;
	name = is_number(first) ? second : first;
	/* 0 stands for no vGPU. */
	if (strlen(id) > 9 || strspn(id, "0") == strlen(id))
		return -EINVAL;
	snprintf(type.id, sizeof(type.id), "%s", id);
	snprintf(type.name, sizeof(type.name), "%s", name);
	type.framebuffer = gpu_framebuffer_of_name(name);
	*ret_type = type;
	return 0;
}

void gpu_catalogue_parse(const char *text, int32_t available, struct gpu_types *types)
{
	while (*text) {
		size_t length = strcspn(text, "\n");
		struct gpu_type type;
		char line[256];

		if (length < sizeof(line)) {
			memcpy(line, text, length);
			line[length] = '\0';
			if (gpu_catalogue_line(line, &type) == 0) {
				type.available = available;
				(void)gpu_types_add(types, &type);
			}
		}
		text += length + (text[length] == '\n');
	}
}

uint32_t gpu_framebuffer_of_name(const char *name)
{
	const char *dash = strrchr(name, '-');
	unsigned long gigabytes;
	char *end;

	if (!dash || !isdigit((unsigned char)dash[1]))
		return 0;
	gigabytes = strtoul(dash + 1, &end, 10);
	if (!isupper((unsigned char)*end) || gigabytes > 4096)
		return 0;
	return (uint32_t)gigabytes * 1024;
}

uint32_t gpu_framebuffer_of_description(const char *text)
{
	const char *found = strstr(text, "framebuffer=");
	unsigned long megabytes;
	char *end;

	if (!found || !isdigit((unsigned char)found[12]))
		return 0;
	megabytes = strtoul(found + 12, &end, 10);
	return *end == 'M' && megabytes <= UINT32_MAX ? (uint32_t)megabytes : 0;
}

int32_t gpu_most_of_description(const char *text)
{
	const char *found = strstr(text, "max_instance=");
	unsigned long most;

	if (!found || !isdigit((unsigned char)found[13]))
		return 0;
	most = strtoul(found + 13, NULL, 10);
	return most <= 65536 ? (int32_t)most : 0;
}

bool gpu_is_mig(const char *name)
{
	const char *last = strrchr(name, '-'), *dash;

	if (!last || last == name || !isdigit((unsigned char)last[1]))
		return false;
	for (dash = last - 1; dash > name && isdigit((unsigned char)*dash); dash--)
		;
	return *dash == '-' && dash + 1 < last;
}

/* --- tables ---------------------------------------------------------------------------------- */

bool gpu_types_add(struct gpu_types *types, const struct gpu_type *type)
{
	for (size_t i = 0; i < types->count; i++) {
		if (strcmp(types->items[i].id, type->id) != 0)
			continue;
		if (type->framebuffer)
			types->items[i].framebuffer = type->framebuffer;
		if (type->most)
			types->items[i].most = type->most;
		if (type->available >= 0)
			types->items[i].available =
				(types->items[i].available > 0 ? types->items[i].available : 0) +
				type->available;
		return true;
	}
	if (types->count == GPU_TYPES_MAX)
		return false;
	types->items[types->count++] = *type;
	return true;
}

static bool id_is(const char *id, const char *text)
{
	const char *dash = strrchr(id, '-');

	return strcmp(id, text) == 0 || (is_number(text) && dash && strcmp(dash + 1, text) == 0);
}

/* "NVIDIA A16-2Q" is also known as "A16-2Q". */
static bool name_is(const char *name, const char *text)
{
	size_t length = strlen(name), wanted = strlen(text);

	if (wanted > length || wanted == 0 || strcasecmp(name + length - wanted, text) != 0)
		return false;
	return wanted == length || name[length - wanted - 1] == ' ';
}

const struct gpu_type *gpu_types_find(const struct gpu_types *types, const char *text)
{
	for (size_t i = 0; i < types->count; i++)
		if (strcmp(types->items[i].name, text) == 0 || id_is(types->items[i].id, text))
			return &types->items[i];
	for (size_t i = 0; i < types->count; i++)
		if (name_is(types->items[i].name, text))
			return &types->items[i];
	return NULL;
}

/* The edit distance, ignoring case. */
static size_t distance(const char *a, const char *b)
{
	size_t row[GPU_PROFILE_MAX + 1], n = strnlen(b, GPU_PROFILE_MAX);

	for (size_t j = 0; j <= n; j++)
		row[j] = j;
	for (size_t i = 1; a[i - 1]; i++) {
		size_t corner = row[0];

		row[0] = i;
		for (size_t j = 1; j <= n; j++) {
			size_t above = row[j];
			bool same = tolower((unsigned char)a[i - 1]) ==
				    tolower((unsigned char)b[j - 1]);
			size_t best = corner + !same;

			if (above + 1 < best)
				best = above + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			corner = above;
			row[j] = best;
		}
	}
	return row[n];
}

const struct gpu_type *gpu_types_nearest(const struct gpu_types *types, const char *text)
{
	const struct gpu_type *nearest = NULL;
	size_t best = SIZE_MAX;

	for (size_t i = 0; i < types->count; i++) {
		const char *name = types->items[i].name, *bare = strrchr(name, ' ');
		size_t whole = distance(name, text), part = bare ? distance(bare + 1, text) : whole;

		if (part < whole)
			whole = part;
		if (whole < best) {
			best = whole;
			nearest = &types->items[i];
		}
	}
	return nearest;
}

void gpu_types_list(const struct gpu_types *types, char *ret_text, size_t size)
{
	size_t used = 0;

	*ret_text = '\0';
	for (size_t i = 0; i < types->count && used < size; i++) {
		const struct gpu_type *type = &types->items[i];
		char details[48] = "";
		int n;

		if (type->framebuffer && type->available >= 0)
			snprintf(details, sizeof(details), " (%u MiB, %d left)", type->framebuffer,
				 type->available);
		else if (type->framebuffer)
			snprintf(details, sizeof(details), " (%u MiB)", type->framebuffer);
		n = snprintf(ret_text + used, size - used, "%s%s%s", used ? ", " : "", type->name,
			     details);
		if (n < 0 || (size_t)n >= size - used) {
			ret_text[used] = '\0';
			break;
		}
		used += (size_t)n;
	}
}

void gpu_types_write(const struct gpu_types *types, char *ret_text, size_t size)
{
	size_t used = 0;

	*ret_text = '\0';
	for (size_t i = 0; i < types->count; i++) {
		int n = snprintf(ret_text + used, size - used, "%s\t%s\n", types->items[i].id,
				 types->items[i].name);

		if (n < 0 || (size_t)n >= size - used) {
			ret_text[used] = '\0';
			return;
		}
		used += (size_t)n;
	}
}

static bool has_id(const struct gpu_types *types, const char *id)
{
	for (size_t i = 0; i < types->count; i++)
		if (strcmp(types->items[i].id, id) == 0)
			return true;
	return false;
}

void gpu_types_read(const char *text, struct gpu_types *types)
{
	while (*text) {
		size_t id = strcspn(text, "\t\n"), line = strcspn(text, "\n");
		struct gpu_type type = { 0 };

		if (id < line && id < sizeof(type.id) && id > 0 &&
		    copy_trimmed(text + id, line - id, type.name, sizeof(type.name)) == 0) {
			memcpy(type.id, text, id);
			type.framebuffer = gpu_framebuffer_of_name(type.name);
			/* A type that is not offered now is used up. */
			if (!has_id(types, type.id))
				(void)gpu_types_add(types, &type);
		}
		text += line + (text[line] == '\n');
	}
}

/* --- UUIDs ----------------------------------------------------------------------------------- */

int gpu_uuid_parse(const char *text, char ret_uuid[static GPU_UUID_MAX])
{
	char uuid[GPU_UUID_MAX];

	if (strlen(text) != GPU_UUID_MAX - 1)
		return -EINVAL;
	for (size_t i = 0; i < GPU_UUID_MAX - 1; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? text[i] != '-' : !isxdigit((unsigned char)text[i]))
			return -EINVAL;
		uuid[i] = (char)tolower((unsigned char)text[i]);
	}
	uuid[GPU_UUID_MAX - 1] = '\0';
	memcpy(ret_uuid, uuid, sizeof(uuid));
	return 0;
}

void gpu_uuid_format(const uint8_t bytes[static 16], char ret_uuid[static GPU_UUID_MAX])
{
	char text[33];

	for (size_t i = 0; i < 16; i++)
		snprintf(text + 2 * i, 3, "%02x", bytes[i]);
	snprintf(ret_uuid, GPU_UUID_MAX, "%.8s-%.4s-8%.3s-%x%.3s-%.12s", text, text + 8, text + 13,
		 (bytes[8] >> 4 & 3u) | 8u, text + 17, text + 20);
}
