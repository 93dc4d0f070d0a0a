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
	char *kind;	    /* whose rows the values are */
	char *config;	    /* path of the file that configured the PF */
	char *name;	    /* what that file calls the PF; "" if it is not known */
	bool created;	    /* viod created the VFs: rows that are not set get their new_vf */
	bool keep;	    /* on-remove = keep */
	bool changed;	    /* by record_remember() since the last record_save() */
	json_t *baseline;   /* values_to_json() of the state before the first write */
	json_t *set;	    /* the same, of the values that viod has set since */
	json_t *row_states; /* row_marks_to_json(): rows that the driver does not support */
	json_t *notes;	    /* by plugin, then by its key: text */
	json_t *rounded;    /* rounded_remember(): values that the device rounded */
	json_t *managed;    /* addresses of the VFs that have a link of udev-links.h */
	bool unfinished;    /* a job has begun to write, and has not come to its end */
	json_t *left;	    /* by VF: how viod left it; see job-left.c */
	json_t *lent;	    /* VFs that another program has changed; see job-lend.c */
};

#define _cleanup_record_ _cleanup_(record_freep)

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

/** Note what the file calls the PF. -ENOMEM. */
int record_set_name(struct record *record, const char *name);

/** Write the record atomically; nothing is written if the file is up to date. */
int record_save(const struct roots *roots, struct record *record);

/** Remove the record; 0 also if there is none. */
int record_remove(const struct roots *roots, const char *address);

/** Addresses that have a record, sorted; NULL-terminated. The caller frees them with
 * words_free(). -errno: they are not known now. */
int record_list(const struct roots *roots, char ***ret_addresses);

/** Add rows that the state knows and the baseline does not: those of a plugin that was enabled
 * later. */
int record_extend_baseline(struct record *record, const struct viod_values *state);

/**
 * What to restore: the baseline's value of each row that viod has set; if viod re-created the VFs,
 * or tried to, their number and all values of them. -ENOMEM, or -EBADMSG.
 */
int record_wanted(const struct record *record, const struct schema *schema,
		  struct viod_values **ret_wanted);

/** Add to the values that viod has set; for re-created VFs, replace them. -ENOMEM. */
int record_remember(struct record *record, const struct viod_values *wanted, bool recreated);

#endif
