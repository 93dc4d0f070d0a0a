/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which files are in force, and which may be read. */
#include <errno.h>

#include "../fixture.h"
#include "config/config.h"

/* --- reading ------------------------------------------------------------------------------------
 */

static void assert_refused(const struct root *root, const char *path, const char *part)
{
	_cleanup_diags_ struct diag_list diags = { 0 };
	char *text = NULL;
	size_t size;

	ck_assert_int_eq(config_read(root->fd, path, &diags, &text, &size), -EINVAL);
	ck_assert_ptr_null(text);
	assert_diag(&diags, path, part);
}

START_TEST(odd_files_are_refused_with_a_reason)
{
	_cleanup_root_ struct root root;
	_cleanup_free_ char *large = calloc(1, CONFIG_FILE_MAX + 1);
	char path[128];

	root_new(&root);
	ck_assert_int_eq(make_directories_at(root.fd, "etc/dir.conf", 0755), 0);
	assert_refused(&root, "/etc/none.conf", "the file does not exist");
	assert_refused(&root, "/etc/dir.conf", "this is a directory; a configuration is a regular");
	ck_assert_int_eq(mkfifoat(root.fd, "etc/fifo.conf", 0644), 0);
	assert_refused(&root, "/etc/fifo.conf", "this is a named pipe");
	ck_assert_int_eq(symlinkat("loop.conf", root.fd, "etc/loop.conf"), 0);
	assert_refused(&root, "/etc/loop.conf", "this symbolic link leads back to itself");
	ck_assert_int_eq(symlinkat("missing", root.fd, "etc/dangling.conf"), 0);
	assert_refused(&root, "/etc/dangling.conf", "points to a file that does not exist");
	root_write_bytes(&root, "etc/large.conf", large, CONFIG_FILE_MAX + 1);
	assert_refused(&root, "/etc/large.conf",
		       "the file has 1048577 bytes; a configuration has at");
	root_write(&root, "etc/open.conf", "");
	(void)snprintf(path, sizeof(path), "%s/etc/open.conf", root.path);
	ck_assert_int_eq(chmod(path, 0666), 0);
	assert_refused(
		&root, "/etc/open.conf",
		"every user may write to the file (mode 0666); run: chmod go-w /etc/open.conf");
	ck_assert_int_eq(chmod(path, 0664), 0);
	assert_refused(&root, "/etc/open.conf", "its group may write to the file (mode 0664)");
}
END_TEST

/* Only root can change the owner of a file, and only as root is the owner checked. */
START_TEST(a_file_of_another_user_is_refused)
{
	_cleanup_root_ struct root root;
	char path[128];

	root_new(&root);
	root_write(&root, "etc/open.conf", "");
	(void)snprintf(path, sizeof(path), "%s/etc/open.conf", root.path);
	ck_assert_int_eq(chmod(path, 0664), 0);
	ck_assert_int_eq(chown(path, 1234, 0), 0);
	assert_refused(&root, "/etc/open.conf",
		       "the file belongs to user 1234, who could control viod through it; run: "
		       "chown root /etc/open.conf");
	assert_refused(&root, "/etc/open.conf", "may write");
}
END_TEST

START_TEST(a_device_is_refused_unopened)
{
	_cleanup_root_ struct root root = { .fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC) };

	strcpy(root.path, "/nowhere");
	assert_refused(&root, "/dev/zero", "this is a device");
	assert_refused(&root, "/dev/null", "this is a device");
}
END_TEST

START_TEST(links_to_files_are_followed_below_the_root)
{
	_cleanup_root_ struct root root;
	_cleanup_diags_ struct diag_list diags = { 0 };
	_cleanup_free_ char *relative = NULL, *absolute = NULL, *escaping = NULL, *largest = NULL,
			    *zeros = calloc(1, CONFIG_FILE_MAX);
	size_t size;

	root_new(&root);
	root_write(&root, "etc/vio.d/..2024/a.conf", "x");
	ck_assert_int_eq(symlinkat("..2024", root.fd, "etc/vio.d/..data"), 0);
	ck_assert_int_eq(symlinkat("..data/a.conf", root.fd, "etc/vio.d/a.conf"), 0);
	ck_assert_int_eq(config_read(root.fd, "/etc/vio.d/a.conf", &diags, &relative, &size), 0);
	ck_assert_uint_eq(size, 1);
	ck_assert_int_eq(symlinkat("/etc/vio.d/..2024/a.conf", root.fd, "etc/vio.d/b.conf"), 0);
	ck_assert_int_eq(config_read(root.fd, "/etc/vio.d/b.conf", &diags, &absolute, &size), 0);
	ck_assert_int_eq(symlinkat("../../../../../../etc/vio.d/a.conf", root.fd, "etc/c.conf"), 0);
	ck_assert_int_eq(config_read(root.fd, "/etc/c.conf", &diags, &escaping, &size), 0);
	root_write_bytes(&root, "etc/largest.conf", zeros, CONFIG_FILE_MAX);
	ck_assert_int_eq(config_read(root.fd, "/etc/largest.conf", &diags, &largest, &size), 0);
	ck_assert_uint_eq(size, CONFIG_FILE_MAX);
	assert_no_diags(&diags);
}
END_TEST

/* --- listing ------------------------------------------------------------------------------------
 */

static void list(const struct root *root, struct config_files *ret_files)
{
	_cleanup_diags_ struct diag_list diags = { 0 };

	ck_assert_int_eq(config_list(root->fd, "vio.d", &diags, ret_files), 0);
	assert_no_diags(&diags);
}

START_TEST(etc_wins_over_run_over_usr)
{
	_cleanup_(config_files_clear) struct config_files files = { 0 };
	_cleanup_root_ struct root root;
	static const char *const paths[] = { "/etc/vio.d/a.conf", "/run/vio.d/b.conf",
					     "/usr/lib/vio.d/c.conf", "/etc/vio.d/z.conf" };

	root_new(&root);
	root_write(&root, "etc/vio.d/z.conf", "");
	root_write(&root, "etc/vio.d/a.conf", "");
	root_write(&root, "run/vio.d/a.conf", "");
	root_write(&root, "run/vio.d/b.conf", "");
	root_write(&root, "usr/lib/vio.d/a.conf", "");
	root_write(&root, "usr/lib/vio.d/b.conf", "");
	root_write(&root, "usr/lib/vio.d/c.conf", "");
	/* Not ours. */
	root_write(&root, "etc/vio.d/README", "");
	root_write(&root, "etc/vio.d/a.conf~", "");
	root_write(&root, "etc/vio.d/.hidden.conf", "");
	root_write(&root, "etc/vio.d/.conf", "");
	root_write(&root, "etc/vio.d/d.conf.d/1.conf", "");
	list(&root, &files);
	ck_assert_uint_eq(files.count, ARRAY_SIZE(paths));
	for (size_t i = 0; i < files.count; i++) {
		ck_assert_str_eq(files.items[i].path, paths[i]);
		ck_assert_str_eq(files.items[i].name, strrchr(paths[i], '/') + 1);
		ck_assert_ptr_null(files.items[i].drop_ins[0]);
	}
}
END_TEST

START_TEST(links_to_dev_null_mask)
{
	_cleanup_(config_files_clear) struct config_files files = { 0 };
	_cleanup_root_ struct root root;

	root_new(&root);
	root_write(&root, "usr/lib/vio.d/a.conf", "");
	root_write(&root, "usr/lib/vio.d/b.conf", "");
	root_write(&root, "run/vio.d/a.conf", "");
	root_write(&root, "usr/lib/vio.d/b.conf.d/1.conf", "");
	root_write(&root, "usr/lib/vio.d/b.conf.d/2.conf", "");
	root_write(&root, "etc/vio.d/b.conf.d/3.conf", "");
	ck_assert_int_eq(symlinkat("/dev/null", root.fd, "etc/vio.d/a.conf"), 0);
	ck_assert_int_eq(symlinkat("/dev/null", root.fd, "etc/vio.d/b.conf.d/1.conf"), 0);
	/* A dangling link is a mistake, not a mask: it is read, and refused there. */
	ck_assert_int_eq(symlinkat("/dev/nul", root.fd, "etc/vio.d/c.conf"), 0);
	list(&root, &files);
	ck_assert_uint_eq(files.count, 2);
	ck_assert_str_eq(files.items[0].name, "b.conf");
	ck_assert_str_eq(files.items[0].drop_ins[0], "/usr/lib/vio.d/b.conf.d/2.conf");
	ck_assert_str_eq(files.items[0].drop_ins[1], "/etc/vio.d/b.conf.d/3.conf");
	ck_assert_ptr_null(files.items[0].drop_ins[2]);
	ck_assert_str_eq(files.items[1].name, "c.conf");
}
END_TEST

START_TEST(links_to_links_to_dev_null_mask)
{
	_cleanup_(config_files_clear) struct config_files files = { 0 };
	_cleanup_diags_ struct diag_list diags = { 0 };
	_cleanup_root_ struct root root;
	_cleanup_close_ int slash = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	_cleanup_free_ char *name = NULL;

	/* With the real root, as in operation: /tmp/… stands for the name below /etc. */
	root_new(&root);
	ck_assert_int_eq(make_directories_at(root.fd, "dir", 0755), 0);
	ck_assert_int_eq(symlinkat("/dev/null", root.fd, "dir/x"), 0);
	ck_assert_int_eq(symlinkat("x", root.fd, "dir/a.conf"), 0);
	root_write(&root, "dir/b.conf", "");
	ck_assert_int_ge(asprintf(&name, "..%s/dir", root.path), 0);
	ck_assert_int_eq(config_list(slash, name, &diags, &files), 0);
	ck_assert_uint_ge(files.count, 1);
	for (size_t i = 0; i < files.count; i++)
		ck_assert_str_eq(files.items[i].name, "b.conf");
}
END_TEST

/* Names that may be meant as those of configurations. */
START_TEST(names_that_nearly_count_are_reported)
{
	static const char *const names[] = { "a.cfg", "b.CONF", "c.ini", "d.conf.txt" };
	_cleanup_(config_files_clear) struct config_files files = { 0 };
	_cleanup_diags_ struct diag_list diags = { 0 };
	_cleanup_root_ struct root root;

	root_new(&root);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char path[64];

		(void)snprintf(path, sizeof(path), "etc/vio.d/%s", names[i]);
		root_write(&root, path, "");
	}
	ck_assert_int_eq(config_list(root.fd, "vio.d", &diags, &files), 0);
	ck_assert_uint_eq(files.count, 0);
	assert_diag_count(&diags, ARRAY_SIZE(names));
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		assert_diag(&diags, "/etc/vio.d", names[i]);
	assert_diag(&diags, "/etc/vio.d",
		    "b.CONF is not read; the name of a configuration ends in "
		    ".conf: rename it to b.conf");
}
END_TEST

START_TEST(directories_that_are_none_are_reported)
{
	_cleanup_(config_files_clear) struct config_files files = { 0 };
	_cleanup_diags_ struct diag_list diags = { 0 };
	_cleanup_root_ struct root root;

	root_new(&root);
	/* The file may be masked by one that cannot be seen. */
	root_write(&root, "run/vio.d", "");
	root_write(&root, "etc/vio.d/a.conf", "");
	root_write(&root, "usr/lib/vio.d/b.conf", "");
	ck_assert_int_eq(config_list(root.fd, "vio.d", &diags, &files), -ENOTDIR);
	assert_diag(&diags, "/run/vio.d", "the directory cannot be read: Not a directory");
	ck_assert_uint_eq(files.count, 1);
	ck_assert_str_eq(files.items[0].path, "/etc/vio.d/a.conf");
	/* It may have a drop-in that cannot be seen, either. */
	ck_assert_int_eq(files.items[0].error, -ENOTDIR);
}
END_TEST

START_TEST(drop_ins_that_cannot_be_listed_are_an_error_of_their_file)
{
	_cleanup_(config_files_clear) struct config_files files = { 0 };
	_cleanup_diags_ struct diag_list diags = { 0 };
	_cleanup_root_ struct root root;

	root_new(&root);
	root_write(&root, "etc/vio.d/a.conf", "");
	root_write(&root, "etc/vio.d/b.conf", "");
	root_write(&root, "run/vio.d/a.conf.d", "");
	ck_assert_int_eq(config_list(root.fd, "vio.d", &diags, &files), 0);
	ck_assert_uint_eq(files.count, 2);
	ck_assert_int_eq(files.items[0].error, -ENOTDIR);
	ck_assert_int_eq(files.items[1].error, 0);
}
END_TEST

START_TEST(directories_of_others_are_not_listed)
{
	_cleanup_root_ struct root root;
	static const struct {
		const char *path;
		mode_t mode;
		const char *text;
	} cases[] = {
		{ "etc/vio.d", 0777, "every user may write to the directory (mode 0777)" },
		{ "etc/vio.d", 0775, "its group may write to the directory (mode 0775)" },
		{ "etc/vio.d/a.conf.d", 0757, "run: chmod go-w /etc/vio.d/a.conf.d" },
	};

	root_new(&root);
	root_write(&root, "etc/vio.d/a.conf.d/b.conf", "");
	root_write(&root, "etc/vio.d/a.conf", "");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(config_files_clear) struct config_files files = { 0 };
		_cleanup_diags_ struct diag_list diags = { 0 };
		bool drop_in = cases[i].mode == 0757;
		char path[128];

		(void)snprintf(path, sizeof(path), "/%s", cases[i].path);
		ck_assert_int_eq(fchmodat(root.fd, cases[i].path, cases[i].mode, 0), 0);
		ck_assert_int_eq(config_list(root.fd, "vio.d", &diags, &files),
				 drop_in ? 0 : -EPERM);
		assert_diag(&diags, path, cases[i].text);
		ck_assert_uint_eq(files.count, drop_in);
		if (drop_in)
			ck_assert_int_eq(files.items[0].error, -EPERM);
		ck_assert_int_eq(fchmodat(root.fd, cases[i].path, 0755, 0), 0);
	}
}
END_TEST

static char *identity_now(const struct root *root)
{
	_cleanup_(config_files_clear) struct config_files files = { 0 };

	list(root, &files);
	ck_assert_uint_eq(files.count, 1);
	return TAKE_PTR(files.items[0].identity);
}

/* A file that was just written has another identity at each look, until its stamp is some ticks
 * old. This is the one that stays. */
static char *identity(const struct root *root)
{
	uint64_t limit = now_usec() + 30000000;
	char *before = identity_now(root);

	for (;;) {
		char *now = identity_now(root);

		if (strcmp(before, now) == 0) {
			free(now);
			return before;
		}
		ck_assert_msg(now_usec() < limit, "it still changes: %s", now);
		free(before);
		before = now;
	}
}

/* Another identity than before, which is replaced. */
static void assert_changed(const struct root *root, char **before, const char *what)
{
	_cleanup_free_ char *now = identity(root);

	ck_assert_msg(strcmp(now, *before) != 0, "%s changed nothing", what);
	free(*before);
	*before = TAKE_PTR(now);
}

START_TEST(the_identity_changes_with_the_files)
{
	_cleanup_root_ struct root root;
	_cleanup_free_ char *before = NULL;

	root_new(&root);
	root_write(&root, "etc/vio.d/..1/a.conf", "x");
	root_write(&root, "etc/vio.d/..2/a.conf", "x");
	ck_assert_int_eq(symlinkat("..1", root.fd, "etc/vio.d/..data"), 0);
	ck_assert_int_eq(symlinkat("..data/a.conf", root.fd, "etc/vio.d/a.conf"), 0);
	before = identity(&root);
	root_write(&root, "etc/vio.d/..1/a.conf", "xy");
	assert_changed(&root, &before, "an edit");
	ck_assert_int_eq(symlinkat("..2", root.fd, "etc/vio.d/..new"), 0);
	ck_assert_int_eq(renameat(root.fd, "etc/vio.d/..new", root.fd, "etc/vio.d/..data"), 0);
	assert_changed(&root, &before, "a link swap");
	root_write(&root, "etc/vio.d/new", "x");
	ck_assert_int_eq(renameat(root.fd, "etc/vio.d/new", root.fd, "etc/vio.d/..2/a.conf"), 0);
	assert_changed(&root, &before, "a rename over it");
	root_write(&root, "etc/vio.d/a.conf.d/1.conf", "x");
	assert_changed(&root, &before, "a drop-in");
	root_write(&root, "etc/vio.d/a.conf.d/1.conf", "xy");
	assert_changed(&root, &before, "an edit of a drop-in");
	ck_assert_int_eq(symlinkat("/dev/null", root.fd, "etc/vio.d/a.conf.d/x"), 0);
	ck_assert_int_eq(
		renameat(root.fd, "etc/vio.d/a.conf.d/x", root.fd, "etc/vio.d/a.conf.d/1.conf"), 0);
	assert_changed(&root, &before, "a mask of a drop-in");
	ck_assert_int_eq(fchmodat(root.fd, "etc/vio.d/..2/a.conf", 0600, 0), 0);
	assert_changed(&root, &before, "a chmod");
	ck_assert_int_eq(unlinkat(root.fd, "etc/vio.d/..2/a.conf", 0), 0);
	assert_changed(&root, &before, "a removal");
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		odd_files_are_refused_with_a_reason,
		a_device_is_refused_unopened,
		links_to_files_are_followed_below_the_root,
		etc_wins_over_run_over_usr,
		links_to_dev_null_mask,
		links_to_links_to_dev_null_mask,
		names_that_nearly_count_are_reported,
		directories_that_are_none_are_reported,
		drop_ins_that_cannot_be_listed_are_an_error_of_their_file,
		directories_of_others_are_not_listed,
		the_identity_changes_with_the_files,
		a_file_of_another_user_is_refused, /* the last: only root runs it */
	};

	return run_tests("config-files", tests, ARRAY_SIZE(tests) - left_out_unless_root(1));
}
