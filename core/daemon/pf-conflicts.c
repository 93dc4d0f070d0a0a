/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/pf-conflicts.h"

#include <errno.h>
#include <string.h>

#include "base/log.h"

struct conflict_list {
	const struct pf_environment *environment;
	struct recorded_files *recorded;
	struct managed_pf *const *pfs;
	size_t n_pfs;
};

static void refuse(struct managed_pf *pf, const struct config_conflict *conflict)
{
	enum pf_refusal refusal = conflict->same_pf ? REFUSED_PF_TAKEN : REFUSED_CONFLICT;
	struct log_about about = { .pf = pf->address,
				   .file = pf->file.path,
				   .message_id = LOG_ID_INVALID,
				   .vf = VIOD_PF };

	if (pf->versions.refusal == refusal && streq(pf->versions.why, conflict->text))
		return;
	log_line(LOG_ERR, &about, "%s", conflict->text);
	pf_refuse(pf, refusal, conflict->text);
}

/* What decides between two files, best first. */
enum claim_rank {
	CLAIM_UNCHANGED, /* in force as the file is now */
	CLAIM_IN_FORCE,	 /* the device has agreed to a version of it, or a job is about to ask it */
	CLAIM_RECORDED,	 /* it was in force before the daemon was started */
	CLAIM_NEW,	 /* the first by name counts */
	CLAIM_MAX_,
};

static bool is_alone(const struct conflict_list *list, const struct managed_pf *pf)
{
	for (size_t i = 0; i < list->n_pfs; i++)
		if (list->pfs[i] != pf && list->pfs[i]->state != PF_DROPPED &&
		    list->pfs[i]->file.name && streq(list->pfs[i]->address, pf->address))
			return false;
	return true;
}

static enum claim_rank claim_rank(struct conflict_list *list, const struct managed_pf *pf)
{
	const struct pf_versions *versions = &pf->versions;
	bool taken = versions->refusal == REFUSED_PF_TAKEN;

	if (!taken && versions->agreed && versions->agreed == versions->asked)
		return CLAIM_UNCHANGED;
	if (!taken && (versions->agreed || versions->tried))
		return CLAIM_IN_FORCE;
	/* Records are read where they decide. */
	return pf->file.name && pf->address && !is_alone(list, pf) &&
			       pf_is_recorded(list->environment, list->recorded, pf, pf->address)
		       ? CLAIM_RECORDED
		       : CLAIM_NEW;
}

/* A file that is in force stays in force, also one with errors, and over restarts. order: which PF
 * each claim is of. */
static size_t find_claims(struct conflict_list *list, const enum claim_rank *ranks,
			  struct config_claim *claims, size_t *order)
{
	size_t count = 0;

	for (enum claim_rank rank = 0; rank < CLAIM_MAX_; rank++)
		for (size_t i = 0; i < list->n_pfs; i++) {
			const struct managed_pf *pf = list->pfs[i];

			if (pf->state == PF_DROPPED || ranks[i] != rank)
				continue;
			claims[count] = (struct config_claim){ pf->versions.asked, pf->file.path,
							       pf->address,
							       rank == CLAIM_RECORDED };
			order[count++] = i;
		}
	return count;
}

/* By claim; order as above. NULL without memory. */
static struct config_conflict *find_conflicts(struct conflict_list *list, size_t *order,
					      size_t *ret_count)
{
	_cleanup_free_ enum claim_rank *ranks = calloc(list->n_pfs + 1, sizeof(*ranks));
	struct config_conflict *conflicts = calloc(list->n_pfs + 1, sizeof(*conflicts));
	struct config_claim *claims = calloc(list->n_pfs + 1, sizeof(*claims));

	if (claims && conflicts && ranks) {
		for (size_t i = 0; i < list->n_pfs; i++)
			ranks[i] = claim_rank(list, list->pfs[i]);
		*ret_count = find_claims(list, ranks, claims, order);
		(void)config_find_conflicts(claims, *ret_count, conflicts);
	}
	free(claims);
	return conflicts;
}

/* Where records cannot be read, none of the files that may be new takes the PF from another. */
static int refuse_undecided(const struct conflict_list *list, const struct managed_pf *pf,
			    struct config_conflict *conflict)
{
	if (list->recorded->error == 0 || conflict->text || !pf->file.name || !pf->address ||
	    is_alone(list, pf) || pf->versions.agreed || pf->versions.tried)
		return 0;
	conflict->same_pf = true;
	return asprintf(&conflict->text,
			"%s: another file names %s, too, and the record of which one is in force "
			"cannot be read now: %s",
			pf->file.path, pf->address, strerror(-list->recorded->error)) < 0
		       ? -ENOMEM
		       : 0;
}

void pf_conflicts_settle(const struct pf_environment *environment, struct recorded_files *recorded,
			 struct managed_pf *const *pfs, size_t n_pfs)
{
	struct conflict_list list = { environment, recorded, pfs, n_pfs };
	_cleanup_free_ size_t *order = calloc(n_pfs + 1, sizeof(*order));
	struct config_conflict *conflicts = NULL;
	size_t count = 0;

	if (order)
		conflicts = find_conflicts(&list, order, &count);
	for (size_t i = 0; i < count; i++) {
		struct managed_pf *pf = pfs[order[i]];
		enum pf_refusal refusal = pf->versions.refusal;

		(void)refuse_undecided(&list, pf, &conflicts[i]);
		if (conflicts[i].text)
			refuse(pf, &conflicts[i]);
		else if (refusal == REFUSED_CONFLICT || refusal == REFUSED_PF_TAKEN)
			pf_allow(pf);
		free(conflicts[i].text);
	}
	free(conflicts);
}
