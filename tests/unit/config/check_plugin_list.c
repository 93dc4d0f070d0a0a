/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* viod.conf and its drop-ins. */
#include "../fixture.h"
#include "config/config.h"

static void assert_plugins(const struct root *root, struct diag_list *diags, bool set,
			   const char *expected)
{
	char **names = NULL;
	char text[256] = "";
	bool is_set;

	ck_assert_int_eq(config_plugins(root->fd, diags, &names, &is_set), 0);
	for (char **name = names; *name; name++) {
		strcat(text, *name);
		strcat(text, " ");
	}
	words_free(names);
	ck_assert(is_set == set);
	ck_assert_str_eq(text, expected);
}

START_TEST(plugins_add_up)
{
	_cleanup_root_ struct root root;
	_cleanup_diags_ struct diag_list diags = { 0 };

	root_new(&root);
	assert_plugins(&root, &diags, false, "");
	root_write(&root, "usr/lib/viod.conf", "plugins = gpu\n");
	assert_plugins(&root, &diags, true, "gpu ");
	root_write(&root, "etc/viod.conf",
		   "# x\nplugins = net, dev,vfio net # and\nplugins = a-b_9\n");
	assert_plugins(&root, &diags, true, "net dev vfio a-b_9 ");
	root_write(&root, "usr/lib/viod.conf.d/vendor.conf", "plugins = vendor\n");
	assert_plugins(&root, &diags, true, "net dev vfio a-b_9 vendor ");
	root_write(&root, "etc/viod.conf.d/10.conf", "plugins =\nplugins = only\n");
	assert_plugins(&root, &diags, true, "only vendor ");
	root_write(&root, "etc/viod.conf.d/zz.conf", "plugins =\n");
	assert_plugins(&root, &diags, false, "");
	assert_no_diags(&diags);
	/* A mask also hides files of the other directories. */
	ck_assert_int_eq(unlinkat(root.fd, "etc/viod.conf.d/zz.conf", 0), 0);
	ck_assert_int_eq(unlinkat(root.fd, "etc/viod.conf.d/10.conf", 0), 0);
	ck_assert_int_eq(unlinkat(root.fd, "etc/viod.conf", 0), 0);
	ck_assert_int_eq(symlinkat("/dev/null", root.fd, "etc/viod.conf"), 0);
	assert_plugins(&root, &diags, true, "vendor ");
}
END_TEST

START_TEST(mistakes_in_viod_conf_leave_the_rest)
{
	_cleanup_root_ struct root root;
	_cleanup_diags_ struct diag_list diags = { 0 };

	root_new(&root);
	root_write(&root, "etc/viod.conf",
		   "[Manager]\nplugin = net\nspeed = 9\nplugins = net, ../x, dev\noops\n");
	root_write(&root, "etc/viod.conf.d/0.conf", "plugins = Net, -x, a.b\n");
	root_write(&root, "etc/viod.conf.d/1.conf", "plugins = gpu\n");
	ck_assert_int_eq(fchmodat(root.fd, "etc/viod.conf.d/1.conf", 0666, 0), 0);
	assert_plugins(&root, &diags, true, "net dev ");
	assert_diag(&diags, "/etc/viod.conf:1:1", "this file has no sections");
	assert_diag(&diags, "/etc/viod.conf:2:1", "unknown key 'plugin'; did you mean 'plugins'");
	assert_diag(&diags, "/etc/viod.conf:3:1", "unknown key 'speed'; the only key here is");
	assert_diag(&diags, "/etc/viod.conf:4:16", "'../x' is not a plugin name");
	assert_diag(&diags, "/etc/viod.conf:5:1", "'oops' is neither");
	assert_diag(&diags, "/etc/viod.conf.d/1.conf", "every user may write");
	assert_diag(&diags, "/etc/viod.conf.d/0.conf:1:11",
		    "'Net' is not a plugin name; write lower-case");
	assert_diag(&diags, "/etc/viod.conf.d/0.conf:1:16", "'-x' is not a plugin name");
	assert_diag(&diags, "/etc/viod.conf.d/0.conf:1:20", "'a.b' is not a plugin name");
	assert_diag_count(&diags, 9);
}
END_TEST

START_TEST(many_plugins_are_too_many)
{
	_cleanup_root_ struct root root;
	_cleanup_diags_ struct diag_list diags = { 0 };
	_cleanup_free_ char *text = malloc(200000);
	char **names = NULL;
	size_t used = 0;
	bool set;

	root_new(&root);
	used += (size_t)sprintf(text, "plugins =");
	for (size_t i = 0; i < 20000; i++)
		used += (size_t)sprintf(text + used, " p%zu", i);
	root_write(&root, "etc/viod.conf", text);
	ck_assert_int_eq(config_plugins(root.fd, &diags, &names, &set), 0);
	ck_assert_str_eq(names[255], "p255");
	ck_assert_ptr_null(names[256]);
	ck_assert_uint_eq(diags.count, CONFIG_ERRORS_MAX);
	assert_diag(&diags, "/etc/viod.conf:1:1181", "more than 256 plugins are listed");
	words_free(names);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		plugins_add_up,
		mistakes_in_viod_conf_leave_the_rest,
		many_plugins_are_too_many,
	};

	return run_tests("config-plugins", tests, ARRAY_SIZE(tests));
}
