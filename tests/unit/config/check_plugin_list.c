/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* viod.conf and its drop-ins. */
#include "../fixture.h"
#include "config/config.h"

static void append_words(char *text, char *const *words, const char *sign)
{
	for (; *words; words++) {
		strcat(text, sign);
		strcat(text, *words);
		strcat(text, " ");
	}
}

/* expected: those enabled, then those left out with their sign. */
static void assert_plugins(const struct root *root, struct diag_list *diags, bool reset,
			   const char *expected)
{
	struct config_plugins plugins;
	char text[256] = "";

	ck_assert_int_eq(config_plugins(root->fd, diags, &plugins), 0);
	append_words(text, plugins.names, "");
	append_words(text, plugins.without, "-");
	ck_assert(plugins.reset == reset);
	config_plugins_clear(&plugins);
	ck_assert_str_eq(text, expected);
}

START_TEST(plugins_add_up)
{
	_cleanup_root_ struct root root;
	_cleanup_diags_ struct diag_list diags = { 0 };

	root_new(&root);
	assert_plugins(&root, &diags, false, "");
	root_write(&root, "usr/lib/viod.conf", "plugins = gpu\n");
	assert_plugins(&root, &diags, false, "gpu ");
	root_write(&root, "etc/viod.conf",
		   "# x\nplugins = net, dev,vfio net # and\nplugins = a-b_9\n");
	assert_plugins(&root, &diags, false, "net dev vfio a-b_9 ");
	root_write(&root, "usr/lib/viod.conf.d/vendor.conf", "plugins = vendor\n");
	assert_plugins(&root, &diags, false, "net dev vfio a-b_9 vendor ");
	root_write(&root, "run/viod.conf.d/w.conf", "plugins = from-run\n");
	assert_plugins(&root, &diags, false, "net dev vfio a-b_9 vendor from-run ");
	/* The last word for a plugin counts. */
	root_write(&root, "etc/viod.conf.d/x.conf", "plugins = -net, -gpu, -dev dev\n");
	assert_plugins(&root, &diags, false, "vfio a-b_9 vendor from-run dev -net -gpu ");
	root_write(&root, "etc/viod.conf.d/10.conf", "plugins =\nplugins = only\n");
	assert_plugins(&root, &diags, true, "only vendor from-run dev -net -gpu ");
	root_write(&root, "etc/viod.conf.d/zz.conf", "plugins =\n");
	assert_plugins(&root, &diags, true, "");
	assert_no_diags(&diags);
	/* A mask also hides files of the other directories. */
	ck_assert_int_eq(unlinkat(root.fd, "etc/viod.conf.d/zz.conf", 0), 0);
	ck_assert_int_eq(unlinkat(root.fd, "etc/viod.conf.d/10.conf", 0), 0);
	ck_assert_int_eq(unlinkat(root.fd, "etc/viod.conf.d/x.conf", 0), 0);
	ck_assert_int_eq(unlinkat(root.fd, "etc/viod.conf", 0), 0);
	ck_assert_int_eq(symlinkat("/dev/null", root.fd, "etc/viod.conf"), 0);
	assert_plugins(&root, &diags, false, "vendor from-run ");
}
END_TEST

START_TEST(mistakes_in_viod_conf_leave_the_rest)
{
	_cleanup_root_ struct root root;
	_cleanup_diags_ struct diag_list diags = { 0 };

	root_new(&root);
	root_write(&root, "etc/viod.conf",
		   "[Manager]\nplugin = net\nspeed = 9\nplugins = net, ../x, dev\noops\n");
	root_write(&root, "etc/viod.conf.d/0.conf", "plugins = Net, --x, a.b\n");
	root_write(&root, "etc/viod.conf.d/1.conf", "plugins = gpu\n");
	ck_assert_int_eq(fchmodat(root.fd, "etc/viod.conf.d/1.conf", 0666, 0), 0);
	assert_plugins(&root, &diags, false, "net dev ");
	assert_diag(&diags, "/etc/viod.conf:1:1", "this file has no sections");
	assert_diag(&diags, "/etc/viod.conf:2:1", "unknown key 'plugin'; did you mean 'plugins'");
	assert_diag(&diags, "/etc/viod.conf:3:1", "unknown key 'speed'; the only key here is");
	assert_diag(&diags, "/etc/viod.conf:4:16", "'../x' is not a plugin name");
	assert_diag(&diags, "/etc/viod.conf:5:1", "'oops' is neither");
	assert_diag(&diags, "/etc/viod.conf.d/1.conf", "every user may write");
	assert_diag(&diags, "/etc/viod.conf.d/0.conf:1:11",
		    "'Net' is not a plugin name; write lower-case");
	assert_diag(&diags, "/etc/viod.conf.d/0.conf:1:16", "'--x' is not a plugin name");
	assert_diag(&diags, "/etc/viod.conf.d/0.conf:1:21", "'a.b' is not a plugin name");
	assert_diag_count(&diags, 9);
}
END_TEST

START_TEST(many_plugins_are_too_many)
{
	_cleanup_root_ struct root root;
	_cleanup_diags_ struct diag_list diags = { 0 };
	_cleanup_free_ char *text = malloc(200000);
	struct config_plugins plugins;
	size_t used = 0;

	root_new(&root);
	used += (size_t)sprintf(text, "plugins =");
	for (size_t i = 0; i < 20000; i++)
		used += (size_t)sprintf(text + used, " p%zu", i);
	root_write(&root, "etc/viod.conf", text);
	ck_assert_int_eq(config_plugins(root.fd, &diags, &plugins), 0);
	ck_assert_str_eq(plugins.names[255], "p255");
	ck_assert_ptr_null(plugins.names[256]);
	ck_assert_uint_eq(diags.count, CONFIG_ERRORS_MAX);
	assert_diag(&diags, "/etc/viod.conf:1:1181", "more than 256 plugins are listed");
	config_plugins_clear(&plugins);
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
