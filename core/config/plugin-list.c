/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* viod.conf: the list of enabled plugins. */
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "base/suggest.h"
#include "config/config-private.h"

#define PLUGIN_WORDS ", \t"

/* Far more than are ever installed; the words are compared one by one. */
#define PLUGINS_MAX 256

static const char *const keys[] = { "plugins" };

struct words {
	char **items; /* NULL-terminated; NULL while empty */
	size_t count;
	bool set;
	struct diag_list *diags;
	size_t errors;
};

static void words_clear(struct words *words)
{
	words_free(words->items);
	words->items = NULL;
	words->count = 0;
	words->set = false;
}

PRINTF_LIKE(3, 4)
static void plugin_list_error(struct words *words, const struct viod_where *where,
			      const char *format, ...)
{
	va_list arguments;

	if (++words->errors > CONFIG_ERRORS_MAX)
		return;
	va_start(arguments, format);
	diag_add_v(words->diags, VIOD_ERROR, VIOD_PF, where, 0, format, arguments);
	va_end(arguments);
}

static int add_word(struct words *words, const char *word, size_t length)
{
	for (size_t i = 0; i < words->count; i++)
		if (strlen(words->items[i]) == length && !memcmp(words->items[i], word, length))
			return 0;
	return words_append(&words->items, &words->count, word, length);
}

static int add_words(struct words *words, const struct ini_statement *statement)
{
	const char *word = statement->value;
	int r = 0;

	words->set = true;
	for (word += strspn(word, PLUGIN_WORDS); r == 0 && *word;
	     word += strspn(word, PLUGIN_WORDS)) {
		size_t length = strcspn(word, PLUGIN_WORDS);
		struct viod_where where = statement->value_where;

		where.column += (uint32_t)(word - statement->value);
		if (!plugin_name_valid(word, length))
			plugin_list_error(words, &where,
					  "'%.*s' is not a plugin name; write lower-case names "
					  "such as net, dev, vfio",
					  (int)MIN(length, 60u), word);
		else if (words->count == PLUGINS_MAX)
			plugin_list_error(words, &where,
					  "more than %d plugins are listed; remove some",
					  PLUGINS_MAX);
		else
			r = add_word(words, word, length);
		word += length;
	}
	return r;
}

static int read_statement(struct words *words, const struct ini_statement *statement)
{
	if (!streq(statement->key, keys[0])) {
		plugin_list_error(words, &statement->where, "unknown key '%.60s'; %s '%s'",
				  statement->key,
				  nearest_word(statement->key, keys, ARRAY_SIZE(keys))
					  ? "did you mean"
					  : "the only key here is",
				  keys[0]);
		return 0;
	}
	if (*statement->value)
		return add_words(words, statement);
	words_clear(words);
	return 0;
}

static int read_plugin_list(struct words *words, int root, const char *path)
{
	_cleanup_free_ char *text = NULL;
	struct ini_file *scan = NULL;
	size_t size;
	int r = config_read(root, path, words->diags, &text, &size);

	if (r < 0)
		return r == -ENOMEM ? r : 0;
	r = ini_scan(path, text, size, false, words->diags, &scan);
	if (r == -EBADMSG)
		r = 0;
	for (size_t i = 0; r == 0 && i < scan->n_statements; i++)
		r = read_statement(words, &scan->statements[i]);
	ini_free(scan);
	return r;
}

int config_plugins(int root, struct diag_list *diags, char ***ret_names, bool *ret_set)
{
	_cleanup_(config_files_clear) struct config_files drop_ins = { 0 };
	_cleanup_(words_clear) struct words words = { .diags = diags };
	_cleanup_free_ char *path = NULL;
	char **names;
	int r = config_tree_file(root, "viod.conf", &path);

	if (r == 0 && path)
		r = read_plugin_list(&words, root, path);
	if (r == 0)
		r = config_list(root, "viod.conf.d", diags, &drop_ins);
	for (size_t i = 0; r == 0 && i < drop_ins.count; i++)
		r = read_plugin_list(&words, root, drop_ins.items[i].path);
	if (r < 0)
		return r;
	names = words.items ? TAKE_PTR(words.items) : calloc(1, sizeof(*names));
	if (!names)
		return -ENOMEM;
	*ret_set = words.set;
	*ret_names = names;
	return 0;
}
