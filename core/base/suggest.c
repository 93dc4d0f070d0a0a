/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/suggest.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/util.h"

/* Longest word that nearest_word() compares. */
#define WORD_MAX 64

static size_t edit_distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
	unsigned char rows[3][WORD_MAX + 1];
	unsigned char *before = rows[0], *last = rows[1], *row = rows[2];

	for (size_t j = 0; j <= b_length; j++)
		last[j] = (unsigned char)j;
	for (size_t i = 1; i <= a_length; i++) {
		unsigned char *spare = before;

		row[0] = (unsigned char)i;
		for (size_t j = 1; j <= b_length; j++) {
			bool same = tolower((unsigned char)a[i - 1]) ==
				    tolower((unsigned char)b[j - 1]);
			unsigned best = MIN(last[j] + 1u, row[j - 1] + 1u);

			best = MIN(best, last[j - 1] + (same ? 0u : 1u));
			/* Two adjacent letters that are swapped count as one error. */
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				best = MIN(best, before[j - 2] + 1u);
			row[j] = (unsigned char)best;
		}
		before = last;
		last = row;
		row = spare;
	}
	return last[b_length];
}

const char *nearest_word(const char *word, const char *const *words, size_t n_words)
{
	size_t length = strlen(word), best = SIZE_MAX;
	const char *nearest = NULL;

	if (length == 0 || length > WORD_MAX)
		return NULL;
	for (size_t i = 0; i < n_words; i++) {
		size_t other = strlen(words[i]), distance;
		/* Up to a third of the letters may be wrong, or the end may be missing. */
		size_t allowed = MAX(1, MIN(length, other) / 3);

		if (other > WORD_MAX)
			continue;
		if (length >= 3 && length < other && strncasecmp(word, words[i], length) == 0)
			distance = allowed;
		else if ((length > other ? length - other : other - length) > allowed)
			continue;
		else
			distance = edit_distance(word, length, words[i], other);
		if (distance <= allowed && distance < best) {
			best = distance;
			nearest = words[i];
		}
	}
	return nearest;
}
