/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What viod must not forget while the hardware state lives: /run/viod/pf/ADDRESS.json. Written
 * before the first write to a PF, gone when the PF is given back, and with the reboot.
 */
#ifndef VIOD_RECORD_H
#define VIOD_RECORD_H

#include "kernel/sysfs.h"
#include "model/value-set.h"

struct record {
	char *address;
	char *kind;	  /* whose rows the values are */
	char *config;	  /* path of the file that asked for it */
	bool created;	  /* viod made the VFs: rows without a wanted value fall back */
	bool keep;	  /* on-remove = keep */
	json_t *baseline; /* values_to_json() of the state before the first write */
	json_t *set;	  /* the same, of what viod has set since */
	json_t *lacks;	  /* mark_to_json(): rows that the driver turned out not to have */
	json_t *notes;	  /* by plugin, then by its key: text */
	json_t *rounded;  /* rounded_remember(): values that the device made others of */
	json_t *managed;  /* addresses of the VFs that managed.h made links of */
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
 * Read the record of a PF. -ENOENT: none. One that cannot be read is renamed to NAME.corrupt with a
 * warning, and counts as none.
 */
int record_load(const struct roots *roots, const char *address, struct diag_list *diags,
		struct record **ret_record);

/** Write it, atomically; nothing is written when the file holds the same already. */
int record_save(const struct roots *roots, const struct record *record);

/** Remove it; 0 also where there is none. */
int record_remove(const struct roots *roots, const char *address);

/** Addresses that have a record, sorted; NULL-terminated. The caller frees words and array. */
int record_list(const struct roots *roots, char ***ret_addresses);

/** Add what the state knows and the baseline does not: rows of a plugin that came later. */
int record_extend_baseline(struct record *record, const struct viod_values *state);

/**
 * What to put back: the baseline's values of each row that viod has set; all of them for VFs that
 * viod re-created, or tried to, and then their number. -ENOMEM, or -EBADMSG.
 */
int record_wanted(const struct record *record, const struct schema *schema,
		  struct viod_values **ret_wanted);

/** Add to what viod has set; for re-created VFs it replaces what was set before. -ENOMEM. */
int record_remember(struct record *record, const struct viod_values *wanted, bool recreated);

#endif
