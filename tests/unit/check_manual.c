/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every key in a plugin's rows has an entry in the manual page of that plugin. */
#include <errno.h>

#include "fakesys.h"
#include "loader/loader.h"
#include "plan/host-table.h"
#include "sriov/sriov.h"

static char *page_of(const struct viod_plugin *plugin)
{
	char path[256], *text;
	size_t size;
	int fd;

	if (streq(plugin->name, "core"))
		snprintf(path, sizeof(path), "core/config/vio.d.5");
	else
		snprintf(path, sizeof(path), "plugins/%s/viod-%s.5",
			 plugin->kind ? plugin->kind : plugin->name, plugin->name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	ck_assert_msg(fd >= 0, "no page %s", path);
	ck_assert_int_eq(read_fd(fd, 1 << 20, &text, &size), 0);
	close(fd);
	return text;
}

/* ".It Ic vlan-proto" is not an entry for vlan; ".It Ic vlan No = Ar number" is. */
static bool has_entry(const char *page, const char *key)
{
	char entry[128];
	size_t length = (size_t)snprintf(entry, sizeof(entry), "\n.It Ic %s", key);

	ck_assert_uint_lt(length, sizeof(entry));
	for (const char *found = page; (found = strstr(found, entry)); found += length)
		if (found[length] == '\n' || found[length] == ' ')
			return true;
	return false;
}

START_TEST(every_key_is_in_its_page)
{
	_cleanup_diags_ struct diag_list diags = { 0 };
	struct loader *loader = NULL;
	char directory[256];
	size_t keys = 0;

	snprintf(directory, sizeof(directory), "%s/plugins", getenv("VIOD_TEST_BUILD"));
	ck_assert_int_eq(loader_new(directory, NULL, &sriov_plugin, &host_table, &diags, &loader),
			 0);
	assert_no_diags(&diags);
	for (size_t i = 0; i < loader->n_plugins; i++) {
		const struct viod_plugin *plugin = loader->plugins[i].plugin;
		_cleanup_free_ char *page = NULL;

		/* Quirks without rows are described in the page of their kind. */
		if (plugin->role == VIOD_ROLE_QUIRK && !plugin->options)
			continue;
		page = page_of(plugin);
		for (const struct viod_option *row = plugin->options; row && row->key; row++) {
			if (row->flags & VIOD_OPTION_INTERNAL)
				continue;
			ck_assert_msg(has_entry(page, row->key), "plugin '%s': no '%s' in its page",
				      plugin->name, row->key);
			ck_assert_msg(row->help && *row->help, "'%s' has no help", row->key);
			keys++;
		}
	}
	ck_assert_uint_ge(keys, 10);
	loader_free(loader);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = { every_key_is_in_its_page };

	return run_tests("manual", tests, ARRAY_SIZE(tests));
}
