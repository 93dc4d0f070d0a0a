/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/diag-fold.h"

#include <ctype.h>
#include <string.h>

/* Characters of numbers and addresses. */
static bool is_digit_like(char c)
{
	return isxdigit((unsigned char)c) || c == ':' || c == '.';
}

/* Equal but for words that are made of such characters in both and have a digit. */
static bool same_words(const char *a, const char *b)
{
	while (*a || *b) {
		size_t in_a = 0, in_b = 0;

		if (*a == *b && !is_digit_like(*a)) {
			a++;
			b++;
			continue;
		}
		while (is_digit_like(a[in_a]))
			in_a++;
		while (is_digit_like(b[in_b]))
			in_b++;
		if (!in_a || !in_b)
			return false;
		if ((in_a != in_b || memcmp(a, b, in_a) != 0) &&
		    (strcspn(a, "0123456789") >= in_a || strcspn(b, "0123456789") >= in_b))
			return false;
		a += in_a;
		b += in_b;
	}
	return true;
}

static bool are_alike(const struct diag *a, const struct diag *b)
{
	return a->file && a->line && a->vf != VIOD_PF && b->vf != VIOD_PF && a->vf != b->vf &&
	       a->severity == b->severity && a->line == b->line && a->column == b->column &&
	       streq(a->file, b->file) && same_words(a->text, b->text);
}

/* The first of several that are alike. */
struct fold {
	size_t index, others;
	int first, last; /* VFs of the others */
};

/* Of so many different ones, the last are compared with the next: one job may report thousands. */
#define COMPARED_MAX 64

static struct fold *find_alike(const struct diag_list *diags, size_t index, struct fold *folds,
			       size_t n_folds)
{
	for (size_t i = n_folds; i > 0 && i + COMPARED_MAX > n_folds; i--)
		if (are_alike(&diags->items[folds[i - 1].index], &diags->items[index]))
			return &folds[i - 1];
	return NULL;
}

static void add_fold(const struct diag *diag, const struct fold *fold, struct diag_list *ret_folded)
{
	const struct viod_where where = { diag->file, diag->line, diag->column };
	char more[80] = "";

	if (fold->others == 1)
		snprintf(more, sizeof(more), " (and the same for VF %d)", fold->first);
	else if (fold->others)
		snprintf(more, sizeof(more), " (and the same for %zu more VFs, %d to %d)",
			 fold->others, fold->first, fold->last);
	diag_add(ret_folded, diag->severity, diag->vf, &where, diag->error, "%s%s", diag->text,
		 more);
}

void diag_fold(const struct diag_list *diags, struct diag_list *ret_folded)
{
	_cleanup_free_ struct fold *folds = calloc(diags->count + 1, sizeof(*folds));
	size_t n_folds = 0;

	for (size_t i = 0; folds && i < diags->count; i++) {
		struct fold *fold = find_alike(diags, i, folds, n_folds);

		if (!fold) {
			folds[n_folds++] = (struct fold){ .index = i };
			continue;
		}
		fold->last = diags->items[i].vf;
		if (fold->others++ == 0)
			fold->first = fold->last;
	}
	for (size_t i = 0; i < n_folds; i++)
		add_fold(&diags->items[folds[i].index], &folds[i], ret_folded);
}
