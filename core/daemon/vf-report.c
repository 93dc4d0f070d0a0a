/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/vf-report.h"

#include <errno.h>
#include <string.h>

void report_clear(struct report *report)
{
	for (size_t i = 0; report->addresses && i < report->n_vfs; i++)
		free(report->addresses[i]);
	free(report->addresses);
	free(report->sorted);
	free(report->pf);
	free(report->facts);
	free(report->vfs);
	*report = (struct report){ 0 };
}

static char *vfs_text(const json_t *vfs)
{
	char *text = NULL;
	const json_t *vf;
	size_t size, i;
	FILE *out = open_memstream(&text, &size);
	int r = 0;

	if (!out)
		return NULL;
	fputc('[', out);
	json_array_foreach(vfs, i, vf) {
		fputs(i ? ",\n  " : "\n  ", out);
		r |= json_dumpf(vf, out, JSON_COMPACT | JSON_ENCODE_ANY);
	}
	fputs(i ? "\n ]" : "]", out);
	if (fclose(out) == 0 && r == 0)
		return text;
	free(text);
	return NULL;
}

static int compare_addresses(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int take_vfs(struct report *report, const json_t *vfs)
{
	size_t count = json_array_size(vfs), i;
	const json_t *vf;

	report->vfs = vfs_text(vfs);
	report->addresses = calloc(count + 1, sizeof(*report->addresses));
	report->sorted = calloc(count + 1, sizeof(*report->sorted));
	if (!report->vfs || !report->addresses || !report->sorted)
		return -ENOMEM;
	report->n_vfs = count;
	json_array_foreach(vfs, i, vf) {
		const char *address = json_string_value(json_object_get(vf, "address"));

		report->n_held += json_is_string(json_object_get(vf, "held_by"));
		report->n_failed += json_is_string(json_object_get(vf, "error"));
		if (!address)
			continue;
		report->addresses[i] = strdup(address);
		if (!report->addresses[i])
			return -ENOMEM;
		report->sorted[report->n_sorted++] = report->addresses[i];
	}
	qsort(report->sorted, report->n_sorted, sizeof(*report->sorted), compare_addresses);
	return 0;
}

static char *object_text(const json_t *result, const char *key)
{
	const json_t *object = json_object_get(result, key);

	return json_is_object(object) ? json_dumps(object, JSON_COMPACT) : strdup("{}");
}

int report_take(struct report *report, const json_t *result)
{
	struct report new = { 0 };
	int r;

	new.pf = object_text(result, "pf");
	new.facts = object_text(result, "facts");
	r = new.pf &&new.facts ? take_vfs(&new, json_object_get(result, "vfs")) : -ENOMEM;
	if (r < 0) {
		report_clear(&new);
		return r;
	}
	report_clear(report);
	*report = new;
	return 0;
}

bool report_has_vf(const struct report *report, const char *address)
{
	/* Nearly all that is asked for is another PF's. */
	return report->n_sorted && strcmp(address, report->sorted[0]) >= 0 &&
	       strcmp(address, report->sorted[report->n_sorted - 1]) <= 0 &&
	       bsearch(&address, report->sorted, report->n_sorted, sizeof(*report->sorted),
		       compare_addresses);
}
