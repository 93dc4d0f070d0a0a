/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A root with one file, and the result of parsing it. */
#ifndef TESTS_PARSED_H
#define TESTS_PARSED_H

#include "config/config.h"
#include "fixture.h"

/* A root, the kinds, and the result of parsing a.conf. */
struct parsed {
	struct root root;
	struct kinds kinds;
	struct config_files files;
	struct diag_list diags;
	struct config *config;
	int r;
};

static inline void parsed_clear(struct parsed *parsed)
{
	config_free(parsed->config);
	config_files_clear(&parsed->files);
	diag_list_clear(&parsed->diags);
	kinds_clear(&parsed->kinds);
	root_clear(&parsed->root);
}

#define _cleanup_parsed_ _cleanup_(parsed_clear)

static inline void parse_root(struct parsed *parsed)
{
	ck_assert_int_eq(kinds_new(&parsed->kinds), 0);
	ck_assert_int_eq(config_list(parsed->root.fd, "vio.d", &parsed->diags, &parsed->files), 0);
	ck_assert_uint_eq(parsed->files.count, 1);
	parsed->r = config_parse(parsed->root.fd, &parsed->files.items[0], kinds_schema,
				 &parsed->kinds, &parsed->diags, &parsed->config);
	ck_assert((parsed->r == 0) == (parsed->config != NULL));
	ck_assert((parsed->r == 0) == (diag_errors(&parsed->diags) == 0));
}

/* Drop-ins 1.conf and 2.conf may be NULL. */
static inline struct parsed parse_drop_ins(const char *text, const char *one, const char *two)
{
	struct parsed parsed = { 0 };

	root_new(&parsed.root);
	root_write(&parsed.root, "etc/vio.d/a.conf", text);
	if (one)
		root_write(&parsed.root, "etc/vio.d/a.conf.d/1.conf", one);
	if (two)
		root_write(&parsed.root, "etc/vio.d/a.conf.d/2.conf", two);
	parse_root(&parsed);
	return parsed;
}

#endif
