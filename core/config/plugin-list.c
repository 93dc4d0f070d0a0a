/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* viod.conf: which plugins are enabled. */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "base/suggest.h"
#include "config/config-private.h"

#define PLUGIN_WORDS ", \t"

/* Far more than anybody installs; a list is compared word by word. */
#define PLUGINS_MAX 256

static const char *const keys[] = { "plugins" };

struct words {
	char **items;
	size_t count;
	bool set;
	struct diag_list *diags;
	size_t errors;
};

static void words_clear(struct words *words)
{
	for (size_t i = 0; i < words->count; i++)
		free(words->items[i]);
	free(words->items);
	words->items = NULL;
	words->count = 0;
	words->set = false;
}

PRINTF_LIKE(3, 4)
static void complain(struct words *words, const struct viod_where *where, const char *format, ...)
{
	va_list arguments;

	if (++words->errors > SCAN_ERRORS_MAX)
		return;
	va_start(arguments, format);
	diag_add_v(words->diags, VIOD_ERROR, VIOD_PF, where, 0, format, arguments);
	va_end(arguments);
}

/* It becomes the name of a file in the plugin directory. */
static bool is_plugin_name(const char *word, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (!isalnum((unsigned char)word[i]) && (i == 0 || !strchr("-_", word[i])))
			return false;
	return length < VIOD_NAME_MAX;
}

static int add_word(struct words *words, const char *word, size_t length)
{
	char **slot;

	for (size_t i = 0; i < words->count; i++)
		if (strlen(words->items[i]) == length && !memcmp(words->items[i], word, length))
			return 0;
	slot = array_append((void **)&words->items, &words->count, sizeof(*slot));
	if (!slot)
		return -ENOMEM;
	*slot = strndup(word, length);
	if (!*slot)
		words->count--;
	return *slot ? 0 : -ENOMEM;
}

static int add_words(struct words *words, const struct scan_statement *statement)
{
	const char *word = statement->value;
	int r = 0;

	words->set = true;
	for (word += strspn(word, PLUGIN_WORDS); r == 0 && *word;
	     word += strspn(word, PLUGIN_WORDS)) {
		size_t length = strcspn(word, PLUGIN_WORDS);
		struct viod_where where = statement->value_where;

		where.column += (uint32_t)(word - statement->value);
		if (!is_plugin_name(word, length))
			complain(words, &where,
				 "'%.*s' is no name of a plugin; write plugins = net, dev, vfio",
				 (int)MIN(length, 60u), word);
		else if (words->count == PLUGINS_MAX)
			complain(words, &where, "more than %d plugins are named; leave some out",
				 PLUGINS_MAX);
		else
			r = add_word(words, word, length);
		word += length;
	}
	return r;
}

static int read_statement(struct words *words, const struct scan_statement *statement)
{
	if (!streq(statement->key, keys[0])) {
		complain(words, &statement->where, "unknown key '%.60s'; %s '%s'", statement->key,
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

static int read_file(struct words *words, int root, const char *path)
{
	_cleanup_free_ char *text = NULL;
	struct scan *scan = NULL;
	size_t size;
	int r = config_read(root, path, words->diags, &text, &size);

	if (r < 0)
		return r == -ENOMEM ? r : 0;
	r = scan_text(path, text, size, false, words->diags, &scan);
	if (r == -EBADMSG)
		r = 0;
	for (size_t i = 0; r == 0 && i < scan->n_statements; i++)
		r = read_statement(words, &scan->statements[i]);
	scan_free(scan);
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
		r = read_file(&words, root, path);
	if (r == 0)
		r = config_list(root, "viod.conf.d", diags, &drop_ins);
	for (size_t i = 0; r == 0 && i < drop_ins.count; i++)
		r = read_file(&words, root, drop_ins.items[i].path);
	if (r < 0)
		return r;
	names = calloc(words.count + 1, sizeof(*names));
	if (!names)
		return -ENOMEM;
	for (size_t i = 0; i < words.count; i++)
		names[i] = TAKE_PTR(words.items[i]);
	*ret_set = words.set;
	*ret_names = names;
	return 0;
}
