/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* VFs on which a profile failed repeatedly. */
#include <stdio.h>
#include <string.h>

#include "profile.h"

/* After this many failures viod does not retry until the file requests another profile. */
#define FAILURES_MAX 2

/* The note of a VF that failed: "TIMES PROFILE". */
static void failures_of(struct viod_pf *pf, int vf, unsigned *ret_times,
			char ret_profile[static GPU_PROFILE_MAX])
{
	char key[32], text[160];
	unsigned times;
	int used;

	*ret_times = 0;
	*ret_profile = '\0';
	snprintf(key, sizeof(key), "failed.vf%d", vf);
	if (viod_noted(pf, key, text, sizeof(text)) < 0 ||
	    sscanf(text, "%u %n", &times, &used) != 1)
		return;
	*ret_times = times;
	snprintf(ret_profile, GPU_PROFILE_MAX, "%s", text + used);
}

void gpu_note_outcome(struct viod_pf *pf, int vf, const char *profile, bool failed)
{
	char key[32], text[160], last[GPU_PROFILE_MAX];
	unsigned times;

	failures_of(pf, vf, &times, last);
	if (!failed && !times)
		return;
	snprintf(key, sizeof(key), "failed.vf%d", vf);
	snprintf(text, sizeof(text), "%u %s", times + 1, profile);
	(void)viod_note(pf, key, failed ? text : NULL);
}

bool gpu_is_quarantined(struct viod_pf *pf, int vf, const char *profile, unsigned *ret_times)
{
	char last[GPU_PROFILE_MAX];
	unsigned times;

	failures_of(pf, vf, &times, last);
	if (ret_times)
		*ret_times = times;
	return times >= FAILURES_MAX && strcmp(last, profile) == 0;
}
