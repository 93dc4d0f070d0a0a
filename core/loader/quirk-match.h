/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which quirk fits a device, and which kind it is meant for: the match tables of plugins, scored.
 */
#ifndef VIOD_QUIRK_MATCH_H
#define VIOD_QUIRK_MATCH_H

#include "base/diagnostic.h"

/** The score of the best row for a function, 0 for a row that matches anything, -1 for no match. */
int quirk_score(const struct viod_match *rows, const struct viod_function *function);

/**
 * The plugin among these (of one role) that fits best. *ret_plugin is NULL where none matches.
 * -EEXIST, with an error naming both, where two fit equally well.
 */
int quirk_best(const struct viod_plugin *const *plugins, size_t n_plugins, enum viod_role role,
	       const struct viod_function *function, struct diag_list *diags,
	       const struct viod_plugin **ret_plugin);

/** Whether a quirk lacks a key, or resets the VF when it changes; quirk may be all-zero. */
bool quirk_lacks(const struct viod_quirk *quirk, const char *key);
bool quirk_disruptive(const struct viod_quirk *quirk, const char *key);
/** Whether a key changes only while there are no VFs, or while none has a driver. */
bool quirk_recreates(const struct viod_quirk *quirk, const char *key);
bool quirk_unbound(const struct viod_quirk *quirk, const char *key);
/** What the driver can do of a key on this device, or NULL: all. */
const struct viod_limit *quirk_limit(const struct viod_quirk *quirk,
				     const struct viod_function *function, const char *key);
/** What an errno means for a key with this quirk, or NULL. */
const char *quirk_advice(const struct viod_quirk *quirk, const char *key, int error);

/** The end of an error's format and its arguments: "; " and the advice, or nothing for NULL. */
#define ADVICE_FORMAT "%s%s"
#define ADVICE(advice_) (advice_) ? "; " : "", (advice_) ? (advice_) : ""

#endif
