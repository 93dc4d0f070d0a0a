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

static int compare_addresses(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static char *vfs_text(const char *vfs)
{
	char *text;

	if (!vfs)
		return strdup("[]");
	return asprintf(&text, "[\n  %s\n ]", vfs) < 0 ? NULL : text;
}

static int copy_addresses(struct report *report, const json_t *addresses)
{
	size_t count = json_array_size(addresses), i;
	const json_t *one;

	report->addresses = calloc(count + 1, sizeof(*report->addresses));
	report->sorted = calloc(count + 1, sizeof(*report->sorted));
	if (!report->addresses || !report->sorted)
		return -ENOMEM;
	report->n_vfs = count;
	json_array_foreach(addresses, i, one) {
		const char *address = json_string_value(one);

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

/* Not more than there are, whatever the job says. */
static size_t count_of(const struct report *report, const json_t *vfs, const char *key)
{
	json_int_t count = json_integer_value(json_object_get(vfs, key));

	return count > 0 ? MIN((size_t)count, report->n_vfs) : 0;
}

static char *object_text(const json_t *result, const char *key)
{
	const json_t *object = json_object_get(result, key);

	return json_is_object(object) ? json_dumps(object, JSON_COMPACT) : strdup("{}");
}

/* Addresses are part of the text of each VF. */
static bool same_report(const struct report *a, const struct report *b)
{
	return streq(a->pf, b->pf) && streq(a->facts, b->facts) && streq(a->vfs, b->vfs) &&
	       a->n_held == b->n_held && a->n_failed == b->n_failed && a->n_vfs == b->n_vfs;
}

int report_replace(struct report *report, const json_t *result, const char *vf_lines)
{
	const json_t *vfs = json_object_get(result, "vfs");
	struct report new = { 0 };
	int r;

	new.pf = object_text(result, "pf");
	new.facts = object_text(result, "facts");
	new.vfs = vfs_text(vf_lines);
	r = new.pf &&new.facts &&new.vfs ? copy_addresses(&new, json_object_get(vfs, "addresses"))
					 : -ENOMEM;
	new.n_held = count_of(&new, vfs, "held");
	new.n_lent = count_of(&new, vfs, "lent");
	new.n_failed = count_of(&new, vfs, "failed");
	if (r < 0) {
		report_clear(&new);
		return r;
	}
	r = !same_report(report, &new);
	report_clear(report);
	*report = new;
	return r;
}

bool report_has_vf(const struct report *report, const char *address)
{
	/* Nearly all addresses asked for are of other PFs. */
	return report->n_sorted && strcmp(address, report->sorted[0]) >= 0 &&
	       strcmp(address, report->sorted[report->n_sorted - 1]) <= 0 &&
	       bsearch(&address, report->sorted, report->n_sorted, sizeof(*report->sorted),
		       compare_addresses);
}
