/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What viod must remember as long as the hardware keeps its state: /run/viod/pf/ADDRESS.json. It is
 * written before the first write to a PF and removed when the PF is released; a reboot removes it,
 * too.
 */
#ifndef VIOD_RECORD_H
#define VIOD_RECORD_H

#include "kernel/sysfs.h"
#include "model/value-set.h"

struct record {
	char *address;
	char *identity;	    /* job_identity() of the device; "" in records of earlier versions */
	char *kind;	    /* whose rows the values are */
	char *config;	    /* path of the file that configures the PF */
	char *name;	    /* what that file calls the PF; "" if it is not known */
	bool created;	    /* viod created the VFs: rows that are not set get their new_vf */
	bool creating;	    /* a job was about to, and has not recorded whether it did */
	bool keep;	    /* on-remove = keep */
	bool changed;	    /* since the last record_save() */
	json_t *baseline;   /* values_to_json() of the state before the first write */
	json_t *set;	    /* the same, of the values that viod has set since */
	json_t *about;	    /* of values that a job was about to set, and has not recorded as set */
	json_t *row_states; /* row_marks_to_json(): rows that the driver does not support */
	json_t *notes;	    /* by plugin, then by its key: text */
	json_t *rounded;    /* rounded_remember(): values that the device rounded */
	json_t *managed;    /* addresses of the VFs that have a link of udev-links.h */
	bool unfinished;    /* a job has begun to write, and has not come to its end */
	json_t *left;	    /* by VF: how viod left it; see job-left.c */
	json_t *lent;	    /* VFs that another program has changed; see job-lend.c */
};

#define _cleanup_record_ _cleanup_(record_freep)

/** True if the VFs are, or may be, those that viod created. */
static inline bool record_may_have_created(const struct record *record)
{
	return record->created || record->creating;
}

/** A new, empty record. */
struct record *record_new(const char *address, const char *kind, const char *config);
struct record *record_free(struct record *record);
static inline void record_freep(struct record **record)
{
	record_free(*record);
}

/**
 * Read the record of a PF. -ENOENT if there is none. One whose text is no record counts as none,
 * with a warning, and is renamed to NAME.corrupt if set_aside. Another -errno: it cannot be read
 * now.
 */
int record_load(const struct roots *roots, const char *address, bool set_aside,
		struct diag_list *diags, struct record **ret_record);

/** Write the record atomically; nothing is written if the file is up to date. */
int record_save(const struct roots *roots, struct record *record);

/** Remove the record; 0 also if there is none. */
int record_remove(const struct roots *roots, const char *address);

/** Addresses that have a record, sorted; NULL-terminated. The caller frees them with
 * words_free(). -errno: they are not known now. */
int record_list(const struct roots *roots, char ***ret_addresses);

/** True if a job has ended before it recorded what it did. */
bool record_is_unfinished(const struct record *record);

/** Name the file that configures the PF, what it calls the PF, and what is to happen when it is
 * deleted. -ENOMEM. */
int record_follow(struct record *record, const char *config, const char *name, bool keep);

/**
 * Add what the state knows and the baseline does not: rows of a plugin that was enabled later, and
 * VFs that another program created since. What viod has set is no baseline, and neither is a VF
 * that it created. -ENOMEM.
 */
int record_extend_baseline(struct record *record, const struct viod_values *state);

/**
 * What to restore: the baseline's value of each row that viod has set, or was about to set; if it
 * re-created the VFs, or was about to, their number and all values of them. With next, only rows
 * that this kind lacks, where viod has set them. -ENOMEM, or -EBADMSG.
 */
int record_wanted(const struct record *record, const struct schema *schema,
		  const struct schema *next, struct viod_values **ret_wanted);

/** The values that viod is known to have set: without those that a job was about to set, and
 * without VFs that may be others by now. -ENOMEM, or -EBADMSG. */
int record_known(const struct record *record, const struct schema *schema,
		 struct viod_values **ret_known);

/** Before the first write: values that are about to be set. -ENOMEM. */
int record_intend(struct record *record, const struct viod_values *about);

/** After the last write. done: values that are set; doubtful: values of which that is not known, or
 * NULL. recreated: what was set on the VFs before is lost. -ENOMEM. */
int record_remember(struct record *record, const struct viod_values *done,
		    const struct viod_values *doubtful, bool recreated);

/** The device is another one, as it is without VFs: nothing is known to be set. */
void record_forget_vfs(struct record *record);

/** The rows of one kind were restored, and those of another follow: forget all rows that schema
 * has and next lacks. -ENOMEM. */
int record_change_kind(struct record *record, const struct schema *schema,
		       const struct schema *next);

#endif
