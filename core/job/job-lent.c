/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the record and the file say of VFs that are lent; job-lend.c decides about them. */
#include <time.h>

#include "job/job-run.h"
#include "sriov/sriov.h"

bool job_lends(const struct job_run *run)
{
	const struct config *config = run->request->config;
	const int64_t *drift = config ? config_pf_value(config, "drift") : NULL;

	return drift && *drift == SRIOV_ON_RETURN;
}

const json_t *job_lent_entry(const struct job_run *run, int vf)
{
	const json_t *entry;
	size_t i;

	json_array_foreach(run->record ? run->record->lent : NULL, i, entry)
		if (json_integer_value(json_object_get(entry, "vf")) == vf)
			return entry;
	return NULL;
}

bool job_is_lent(const struct job_run *run, int vf)
{
	return vf >= 0 && (size_t)vf < run->n_lent && run->lent[vf];
}

void job_lent_since(const json_t *entry, char *ret_text, size_t size)
{
	time_t since = (time_t)json_integer_value(json_object_get(entry, "since"));
	struct tm tm;

	if (!localtime_r(&since, &tm) || !strftime(ret_text, size, "%Y-%m-%dT%H:%M:%S%z", &tm))
		(void)copy_text(ret_text, size, "?");
}

const char *job_lent_what(const json_t *entry)
{
	const char *what = json_string_value(json_object_get(entry, "what"));

	return what ? what : "?";
}
