/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "job/job-result.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum job_verdict job_result_verdict(const json_t *result)
{
	const char *name = json_string_value(json_object_get(result, "verdict"));

	for (int i = 0; i < JOB_VERDICT_MAX_; i++)
		if (streq(name, job_verdict_names[i]))
			return (enum job_verdict)i;
	return JOB_FAILED;
}

void job_result_diags(const json_t *result, struct diag_list *diags)
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

void job_result_line_errors(const json_t *result, struct diag_list *errors)
{
	_cleanup_diags_ struct diag_list diags = { 0 };

	job_result_diags(result, &diags);
	for (size_t i = 0; i < diags.count; i++) {
		const struct diag *diag = &diags.items[i];
		const struct viod_where where = { diag->file, diag->line, diag->column };

		if (diag->severity == VIOD_ERROR && diag->file && diag->line)
			diag_add(errors, VIOD_ERROR, diag->vf, &where, diag->error, "%s",
				 diag->text);
	}
}

char *job_result_worst(const struct diag_list *diags)
{
	const struct diag *worst = diag_first_error(diags, VIOD_PF);

	if (!worst)
		worst = first_of(diags, VIOD_ERROR);
	if (!worst)
		worst = first_of(diags, VIOD_WARNING);
	return worst ? diag_text(worst) : NULL;
}

/* --- what is new ----------------------------------------------------------------------------- */

static void write_line(const struct diag *diag, FILE *stream)
{
	_cleanup_free_ char *text = diag_text(diag);

	for (char *at = text; at && (at = strchr(at, '\n'));)
		*at = ' ';
	fprintf(stream, "%d %d %s\n", (int)diag->severity, diag->vf, text ? text : "");
}

static bool has_line(const char *lines, const char *line, size_t length)
{
	for (const char *at = lines; (at = memmem(at, strlen(at), line, length)); at++)
		if (at == lines || at[-1] == '\n')
			return true;
	return false;
}

static void add_copy(const struct diag *diag, struct diag_list *list)
{
	json_t *copy = diag_to_json(diag);

	(void)diag_from_json(list, copy);
	json_decref(copy);
}

void job_result_news(const struct diag_list *diags, char **reported, struct diag_list *ret_news)
{
	char *all = NULL, *line, *end;
	size_t size = 0, i = 0;
	FILE *stream = open_memstream(&all, &size);

	for (i = 0; stream && i < diags->count; i++)
		write_line(&diags->items[i], stream);
	if (stream)
		(void)fclose(stream);
	line = all;
	/* Usually nothing has changed, which is one comparison. */
	for (i = 0; i < diags->count && !(all && streq(all, *reported)); i++) {
		end = line ? strchr(line, '\n') : NULL;
		if (!end || !*reported || !has_line(*reported, line, (size_t)(end + 1 - line)))
			add_copy(&diags->items[i], ret_news);
		line = end ? end + 1 : NULL;
	}
	free(*reported);
	*reported = all;
}
