/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/pf-versions.h"

#include <string.h>

static void set_version(struct pf_versions *versions, struct config **slot, struct config *config)
{
	struct config *old = *slot;

	*slot = config;
	if (old != versions->asked && old != versions->agreed && old != versions->tried)
		config_free(old);
}

static void set_refusal(struct pf_versions *versions, enum pf_refusal refusal, const char *why)
{
	char *copy = why ? strdup(why) : NULL;

	free(versions->why);
	versions->why = copy;
	versions->refusal = refusal;
	versions->again = false;
}

void versions_clear(struct pf_versions *versions)
{
	set_version(versions, &versions->tried, NULL);
	set_version(versions, &versions->agreed, NULL);
	set_version(versions, &versions->asked, NULL);
	set_refusal(versions, REFUSED_NOT, NULL);
}

static bool is_in_conflict(const struct pf_versions *versions)
{
	return versions->refusal == REFUSED_CONFLICT || versions->refusal == REFUSED_PF_TAKEN;
}

struct config *versions_in_force(const struct pf_versions *versions)
{
	switch (versions->refusal) {
	case REFUSED_NOT:
	case REFUSED_TEXT:
		return versions->asked;
	case REFUSED_DEVICE:
		return versions->again ? versions->asked : versions->agreed;
	case REFUSED_CONFLICT:
		return versions->agreed == versions->asked ? NULL : versions->agreed;
	case REFUSED_PF_TAKEN:
		break;
	}
	return NULL;
}

void versions_ask(struct pf_versions *versions, struct config *config)
{
	set_refusal(versions, REFUSED_NOT, NULL);
	set_version(versions, &versions->asked, config);
}

void versions_refuse(struct pf_versions *versions, enum pf_refusal refusal, const char *why)
{
	/* What the file said before its errors, and the device or another file refused, is in no
	 * file any more. */
	if (refusal == REFUSED_TEXT && versions->refusal != REFUSED_NOT &&
	    versions->refusal != REFUSED_TEXT)
		set_version(versions, &versions->asked, versions_in_force(versions));
	set_refusal(versions, refusal, why);
}

void versions_allow(struct pf_versions *versions)
{
	set_refusal(versions, REFUSED_NOT, NULL);
}

bool versions_try_again(struct pf_versions *versions)
{
	if (versions->refusal != REFUSED_DEVICE)
		return false;
	versions->again = true;
	return true;
}

void versions_begin(struct pf_versions *versions)
{
	set_version(versions, &versions->tried, versions_in_force(versions));
}

static void judge_refused(struct pf_versions *versions, const char *why)
{
	bool newest = versions->tried == versions->asked;

	if (versions->agreed == versions->tried)
		set_version(versions, &versions->agreed, NULL);
	if (!newest)
		return;
	if (versions->refusal == REFUSED_TEXT)
		set_version(versions, &versions->asked, versions->agreed);
	else
		set_refusal(versions, REFUSED_DEVICE, why);
}

void versions_judge(struct pf_versions *versions, bool agreed, bool refused, const char *why)
{
	if (!versions->tried)
		return;
	/* What is in conflict with another file by now is nothing to return to. */
	if (versions->tried == versions->asked && is_in_conflict(versions))
		return;
	if (refused)
		judge_refused(versions, why);
	else if (agreed)
		set_version(versions, &versions->agreed, versions->tried);
	if (agreed && versions->tried == versions->asked && versions->refusal == REFUSED_DEVICE)
		set_refusal(versions, REFUSED_NOT, NULL);
}

void versions_end(struct pf_versions *versions)
{
	set_version(versions, &versions->tried, NULL);
}

void versions_forget_device(struct pf_versions *versions)
{
	set_version(versions, &versions->agreed, NULL);
	set_version(versions, &versions->tried, NULL);
	if (versions->refusal == REFUSED_DEVICE)
		set_refusal(versions, REFUSED_NOT, NULL);
}
