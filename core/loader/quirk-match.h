/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Scores the match tables of plugins: which quirk or kind matches a device best. */
#ifndef VIOD_QUIRK_MATCH_H
#define VIOD_QUIRK_MATCH_H

#include "base/diagnostic.h"

/** The score of the best row for a function, 0 for a row that matches anything, -1 for no match. */
int quirk_score(const struct viod_match *rows, const struct viod_function *function);

/**
 * The plugin of a role that matches best. *ret_plugin is NULL if none matches. -EEXIST after an
 * error that names both if two match equally well.
 */
int quirk_best(const struct viod_plugin *const *plugins, size_t n_plugins, enum viod_role role,
	       const struct viod_function *function, struct diag_list *diags,
	       const struct viod_plugin **ret_plugin);

/** True if a driver does not support a key, or resets the VF when it changes; quirk may be
 * all-zero. */
bool quirk_lacks(const struct viod_quirk *quirk, const char *key);
bool quirk_disruptive(const struct viod_quirk *quirk, const char *key);
/** True if a key changes only while there are no VFs, or while no driver is bound. */
bool quirk_recreates(const struct viod_quirk *quirk, const char *key);
bool quirk_unbound(const struct viod_quirk *quirk, const char *key);
/** The limit of a key on this device, or NULL. */
const struct viod_limit *quirk_limit(const struct viod_quirk *quirk,
				     const struct viod_function *function, const char *key);
/** The advice for an errno of a key, or NULL. */
const char *quirk_advice(const struct viod_quirk *quirk, const char *key, int error);

/** The end of an error's format and its arguments: "; " and the advice, or nothing for NULL. */
#define ADVICE_FORMAT "%s%s"
#define ADVICE(advice_) (advice_) ? "; " : "", (advice_) ? (advice_) : ""

#endif
