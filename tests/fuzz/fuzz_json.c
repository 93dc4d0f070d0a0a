/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* JSON that a job sends to the daemon: a plugin that is broken may have written anything. */
#include <stdlib.h>
#include <string.h>

#include "base/json-text.h"
#include "daemon/vf-report.h"
#include "job/job-result.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_diags(const json_t *result)
{
	struct diag_list diags = { 0 }, news = { 0 }, again = { 0 };
	char *reported = NULL;

	job_result_diags(result, &diags);
	for (size_t i = 0; i < diags.count; i++) {
		char *text = diag_text(&diags.items[i]);

		if (text && printable_prefix(text, strlen(text)) != strlen(text))
			abort();
		free(text);
	}
	free(job_result_worst(&diags));
	job_result_news(&diags, &reported, &news);
	job_result_news(&diags, &reported, &again);
	/* What was reported is no news. */
	if (again.count)
		abort();
	diag_list_clear(&diags);
	diag_list_clear(&news);
	diag_list_clear(&again);
	free(reported);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t *result = json_loadb((const char *)data, size, JSON_DECODE_ANY, NULL);
	struct report report = { 0 };
	json_t *again;

	if (json_text_is_object((const char *)data, size)) {
		again = json_loadb((const char *)data, size, 0, NULL);
		if (!json_is_object(again))
			abort();
		json_decref(again);
	}
	if (!result)
		return 0;
	(void)job_result_verdict(result);
	read_diags(result);
	(void)report_replace(&report, result, NULL);
	(void)report_has_vf(&report, "0000:01:10.0");
	report_clear(&report);
	json_decref(result);
	return 0;
}
