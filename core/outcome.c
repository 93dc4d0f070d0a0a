/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "outcome.h"

enum job_verdict outcome_verdict(const json_t *result)
{
	const char *name = json_string_value(json_object_get(result, "verdict"));

	for (int i = 0; i < JOB_VERDICT_MAX_; i++)
		if (streq(name, job_verdict_names[i]))
			return (enum job_verdict)i;
	return JOB_FAILED;
}

void outcome_diags(const json_t *result, struct diag_list *diags)
{
	const json_t *one;
	size_t i;

	json_array_foreach(json_object_get(result, "diags"), i, one)
		(void)diag_from_json(diags, one);
}

static const struct diag *first_of(const struct diag_list *diags, enum viod_severity severity)
{
	for (size_t i = 0; i < diags->count; i++)
		if (diags->items[i].severity == severity)
			return &diags->items[i];
	return NULL;
}

char *outcome_worst(const struct diag_list *diags)
{
	const struct diag *worst = diag_first_error(diags, VIOD_PF);

	if (!worst)
		worst = first_of(diags, VIOD_ERROR);
	if (!worst)
		worst = first_of(diags, VIOD_WARNING);
	return worst ? diag_text(worst) : NULL;
}
