/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* "Did you mean": spelling suggestions. Pure. */
#ifndef VIOD_SUGGEST_H
#define VIOD_SUGGEST_H

#include <stddef.h>

/** The word of a list that is closest to a misspelled one, or NULL if none is close. The result is
 * an element of words. */
const char *nearest_word(const char *word, const char *const *words, size_t n_words);

#endif
