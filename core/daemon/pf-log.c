/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/pf-log.h"

struct log_about pf_log_about(const struct managed_pf *pf)
{
	static const char *const ids[PF_STATE_MAX_] = {
		[PF_INVALID] = LOG_ID_INVALID,	 [PF_CONFIGURED] = LOG_ID_CONFIGURED,
		[PF_DEGRADED] = LOG_ID_DEGRADED, [PF_FAILED] = LOG_ID_DEGRADED,
		[PF_BLOCKED] = LOG_ID_BLOCKED,	 [PF_STUCK] = LOG_ID_STUCK,
	};
	const struct config *config = pf_config(pf);

	return (struct log_about){
		.pf = pf->address ? pf->address : pf->name,
		.kind = config ? config->schema->kind : NULL,
		.state = pf_state_names[pf->shown],
		.file = pf->file.path,
		.message_id = ids[pf->shown],
		.vf = VIOD_PF,
	};
}

/* An attempt that ends as the one before it is no news, and neither is progress within a state. The
 * end of an error is news: an edit may end in the same state as the one before it. */
static bool is_news(const struct managed_pf *pf)
{
	bool at_work = pf->shown == PF_PLANNING || pf->shown == PF_APPLYING ||
		       pf->shown == PF_RELEASING;

	if (pf->shown == PF_PLANNING || (at_work && pf->retry.attempts))
		return false;
	return pf->shown != pf->logged.state || (!pf->error && pf->logged.error);
}

void pf_log_state(struct managed_pf *pf)
{
	struct log_about about = pf_log_about(pf);
	size_t vfs = pf->report.n_vfs;

	/* A file without a PF's name: its errors were logged. */
	if (!about.pf)
		return;
	pf->logged.error = pf->logged.error || pf->error;
	if (!is_news(pf))
		return;
	pf->logged.state = pf->shown;
	pf->logged.error = pf->error;
	if (pf->shown == PF_CONFIGURED)
		log_line(LOG_NOTICE, &about, "configured as in %s: %zu VF%s",
			 pf->file.path ? pf->file.path : "its file", vfs, vfs == 1 ? "" : "s");
	else if (pf->state == PF_DROPPED)
		log_line(LOG_NOTICE, &about, "released: original settings restored");
	else if (pf->shown == PF_ABSENT || pf->shown == PF_WAITING)
		log_line(LOG_NOTICE, &about, "%s: waiting for the device%s",
			 pf_state_names[pf->shown],
			 pf->shown == PF_WAITING ? " to get a driver" : "");
	else
		log_line(LOG_NOTICE, &about, "%s", pf_state_names[pf->shown]);
}
