/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The versions of one PF's file: the one that the file asks for, the one in force, and the last one
 * that the device has agreed to. Decides which one a job is given; starts nothing.
 */
#ifndef VIOD_PF_VERSIONS_H
#define VIOD_PF_VERSIONS_H

#include "config/config.h"

/** Why the file, as it is now, is not in force. */
enum pf_refusal {
	REFUSED_NOT,	  /* it is in force */
	REFUSED_TEXT,	  /* it has errors; "asked" is its last version without any */
	REFUSED_DEVICE,	  /* the device cannot do what it says */
	REFUSED_CONFLICT, /* another file uses a value that must be unique */
	REFUSED_PF_TAKEN, /* another file configures this PF: nothing is in force here */
};

/** The pointers may be equal; versions_clear() frees each configuration once. */
struct pf_versions {
	struct config *asked;  /* the newest version without errors; NULL: none was read yet */
	struct config *agreed; /* the last that the device has agreed to, or NULL */
	struct config *tried;  /* what the running job was given; NULL: it has no say */
	enum pf_refusal refusal;
	bool again; /* REFUSED_DEVICE: the device is asked once more, so "asked" is in force */
	char *why;  /* text of the refusal; NULL with REFUSED_NOT */
};

void versions_clear(struct pf_versions *versions);

/** The version that the next job gets, or NULL. Owned by versions. */
struct config *versions_in_force(const struct pf_versions *versions);

/** The file was read: config is what it asks for now. Ownership of config passes to versions. */
void versions_ask(struct pf_versions *versions, struct config *config);

/** The file as it is now cannot be in force. why is copied. */
void versions_refuse(struct pf_versions *versions, enum pf_refusal refusal, const char *why);

/** What REFUSED_CONFLICT or REFUSED_PF_TAKEN said is no longer so: "asked" is in force. */
void versions_allow(struct pf_versions *versions);

/** The device may have changed: put what it has refused in force once more. False where it has
 *  refused nothing. */
bool versions_try_again(struct pf_versions *versions);

/** A job gets the version in force. */
void versions_begin(struct pf_versions *versions);

/** What the device says of the version that the job was given. Both false: it has not looked at
 *  it. why: text of the refusal. */
void versions_judge(struct pf_versions *versions, bool agreed, bool refused, const char *why);

/** The job has ended. */
void versions_end(struct pf_versions *versions);

/** The PF is another device from now on: forget what the old one has said, and what its job will
 *  say. */
void versions_forget_device(struct pf_versions *versions);

#endif
