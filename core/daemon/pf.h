/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A PF that the daemon manages, as the manager and the list of PFs use it: what they learn of its
 * file, its name and its device becomes events of its table (pf-state.c). Each of these functions
 * but pf_pump() only says what is wanted; pf_pump() starts it.
 */
#ifndef VIOD_PF_H
#define VIOD_PF_H

#include "daemon/pf-job.h"
#include "daemon/pf-state.h"
#include "kernel/uevent.h"

/** file: its name ("nic0.conf"), or NULL for a PF that is to be released. NULL without memory. */
struct managed_pf *pf_new(const struct pf_environment *environment, const char *file);
struct managed_pf *pf_free(struct managed_pf *pf);

/** The version that counts for what is shown: in force, or asked for; NULL: none was read. */
const struct config *pf_config(const struct managed_pf *pf);

/** True if no start or reload waits for the PF: it has settled, or failed once. */
bool pf_is_settled(const struct managed_pf *pf);

/** A version of the file without errors. Ownership of config passes to the PF, also on -ENOMEM.
 *  address: what the name in it stands for, or NULL. */
int pf_configure(struct managed_pf *pf, struct config *config, const char *address);

/** The file as it is now cannot be in force; the last good version stays. why is shown. */
void pf_refuse(struct managed_pf *pf, enum pf_refusal refusal, const char *why);

/** The file is no longer in conflict with another one. */
void pf_allow(struct managed_pf *pf);

/** A PF without a file: restore what its record says. -ENOMEM. */
int pf_release(struct managed_pf *pf, const char *address);

/** Before the file has had a version without errors: what it calls its PF. -ENOMEM. */
int pf_set_name(struct managed_pf *pf, const char *name, const char *address);

/** The kernel knows the name by now. -ENOMEM. */
int pf_found(struct managed_pf *pf, const char *address);

/** A uevent, or NULL: events were lost, and anything may have happened. */
void pf_uevent(struct managed_pf *pf, const struct uevent *event);

/** The PF's interface has changed. The kernel does not say how. */
void pf_link_changed(struct managed_pf *pf, bool carrier);

/** The interface of one of its VFs has changed: it may be out of its bridge, or down. */
void pf_vf_link_changed(struct managed_pf *pf);

/** A person asks for a reload: the next job restores the VFs that are lent and not in use. */
void pf_reclaim(struct managed_pf *pf);

/** Let the running step end, and start nothing more. */
void pf_stop(struct managed_pf *pf);

#endif
