/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Values that VFs of two files must not share. */
#include "config.h"
#include "fixture.h"

struct parsed {
	struct root root;
	struct kinds kinds;
	struct config_files files;
	struct diag_list diags;
	struct config *config;
	int r;
};

static void parsed_clear(struct parsed *parsed)
{
	config_free(parsed->config);
	config_files_clear(&parsed->files);
	diag_list_clear(&parsed->diags);
	kinds_clear(&parsed->kinds);
	root_clear(&parsed->root);
}

#define _cleanup_parsed_ _cleanup_(parsed_clear)

static void parse_root(struct parsed *parsed)
{
	ck_assert_int_eq(kinds_new(&parsed->kinds), 0);
	ck_assert_int_eq(config_list(parsed->root.fd, "vio.d", &parsed->diags, &parsed->files), 0);
	ck_assert_uint_eq(parsed->files.count, 1);
	parsed->r = config_parse(parsed->root.fd, &parsed->files.items[0], kinds_schema,
				 &parsed->kinds, &parsed->diags, &parsed->config);
	ck_assert((parsed->r == 0) == (parsed->config != NULL));
	ck_assert((parsed->r == 0) == (diag_errors(&parsed->diags) == 0));
}

static struct parsed parse(const char *text)
{
	struct parsed parsed = { 0 };

	root_new(&parsed.root);
	root_write(&parsed.root, "etc/vio.d/a.conf", text);
	parse_root(&parsed);
	return parsed;
}

/* The later of two files is at fault; words, other rows and a file's own VFs are no matter. */
START_TEST(files_share_no_address)
{
	_cleanup_parsed_ struct parsed a = parse("[pf]\nname = 05:00.0\nkind = net\nvfs = 4\n"
						 "[vf0]\nmac = 52:54:00:00:00:01\nvlan = 5\n"
						 "[vf1]\nmac = stable\n");
	_cleanup_parsed_ struct parsed b = parse("[pf]\nname = 06:00.0\nkind = net\nvfs = max\n"
						 "[vf0]\nmac = stable\nvlan = 5\n"
						 "[vf3]\nmac = 52:54:00:00:00:01\n");
	_cleanup_parsed_ struct parsed c = parse("[pf]\nname = 07:00.0\nkind = net\n"
						 "[vf0-1]\nmac = 52:54:00:00:00:02\n");
	const struct config *configs[] = { a.config, NULL, b.config, c.config };
	char *texts[4] = { NULL };

	ck_assert_int_eq(config_find_shared(configs, 4, texts), 0);
	ck_assert_ptr_null(texts[0]);
	ck_assert_ptr_null(texts[1]);
	ck_assert_ptr_null(texts[3]);
	ck_assert_str_eq(texts[2], "/etc/vio.d/a.conf:9:7: vf3 would get mac 52:54:00:00:00:01, "
				   "which vf0 of /etc/vio.d/a.conf:6 has; give it another one");
	free(texts[2]);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = { files_share_no_address };

	return run_tests("config-unique", tests, ARRAY_SIZE(tests));
}
