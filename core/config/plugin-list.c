/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* viod.conf: the list of enabled plugins. */
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "base/suggest.h"
#include "config/config-private.h"

#define PLUGIN_WORDS ", \t"

static const char *const keys[] = { "plugins" };

/* Far more than are ever installed; the words are compared one by one. */
#define PLUGINS_MAX 256

struct words {
	char **items; /* NULL-terminated; NULL while empty */
	size_t count;
};

struct plugin_list {
	struct words names, without;
	bool reset;
	struct diag_list *diags;
	size_t errors;
};

static void words_clear(struct words *words)
{
	words_free(words->items);
	*words = (struct words){ 0 };
}

static void plugin_list_clear(struct plugin_list *list)
{
	words_clear(&list->names);
	words_clear(&list->without);
}

PRINTF_LIKE(3, 4)
static void plugin_list_error(struct plugin_list *list, const struct viod_where *where,
			      const char *format, ...)
{
	va_list arguments;

	if (++list->errors > CONFIG_ERRORS_MAX)
		return;
	va_start(arguments, format);
	diag_add_v(list->diags, VIOD_ERROR, VIOD_PF, where, 0, format, arguments);
	va_end(arguments);
}

static void remove_word(struct words *words, const char *word, size_t length)
{
	for (size_t i = 0; i < words->count; i++) {
		if (strlen(words->items[i]) != length || memcmp(words->items[i], word, length) != 0)
			continue;
		free(words->items[i]);
		/* With the NULL at the end. */
		memmove(&words->items[i], &words->items[i + 1],
			(words->count - i) * sizeof(*words->items));
		words->count--;
		return;
	}
}

static int add_word(struct words *words, const char *word, size_t length)
{
	for (size_t i = 0; i < words->count; i++)
		if (strlen(words->items[i]) == length && !memcmp(words->items[i], word, length))
			return 0;
	return words_append(&words->items, &words->count, word, length);
}

/* "net" enables, "-net" leaves out; the last one counts. */
static int add_plugin(struct plugin_list *list, const char *word, size_t length)
{
	bool leaves_out = word[0] == '-';

	word += leaves_out;
	length -= leaves_out;
	remove_word(leaves_out ? &list->names : &list->without, word, length);
	return add_word(leaves_out ? &list->without : &list->names, word, length);
}

static int add_plugins(struct plugin_list *list, const struct ini_statement *statement)
{
	const char *word = statement->value;
	int r = 0;

	for (word += strspn(word, PLUGIN_WORDS); r == 0 && *word;
	     word += strspn(word, PLUGIN_WORDS)) {
		size_t length = strcspn(word, PLUGIN_WORDS), sign = word[0] == '-';
		struct viod_where where = statement->value_where;

		where.column += (uint32_t)(word - statement->value);
		if (!plugin_name_valid(word + sign, length - sign))
			plugin_list_error(list, &where,
					  "'%.*s' is not a plugin name; write lower-case names "
					  "such as net, dev, vfio, or -net to leave one out",
					  (int)MIN(length, 60u), word);
		else if (list->names.count + list->without.count == PLUGINS_MAX)
			plugin_list_error(list, &where,
					  "more than %d plugins are listed; remove some",
					  PLUGINS_MAX);
		else
			r = add_plugin(list, word, length);
		word += length;
	}
	return r;
}

static int read_statement(struct plugin_list *list, const struct ini_statement *statement)
{
	if (!streq(statement->key, keys[0])) {
		plugin_list_error(list, &statement->where, "unknown key '%.60s'; %s '%s'",
				  statement->key,
				  nearest_word(statement->key, keys, ARRAY_SIZE(keys))
					  ? "did you mean"
					  : "the only key here is",
				  keys[0]);
		return 0;
	}
	if (*statement->value)
		return add_plugins(list, statement);
	plugin_list_clear(list);
	list->reset = true;
	return 0;
}

static int read_plugin_list(struct plugin_list *list, int root, const char *path)
{
	_cleanup_free_ char *text = NULL;
	struct ini_file *scan = NULL;
	size_t size;
	int r = config_read(root, path, list->diags, &text, &size);

	if (r < 0)
		return r == -EINVAL ? 0 : r;
	r = ini_scan(path, text, size, false, list->diags, &scan);
	if (r == -EBADMSG)
		r = 0;
	for (size_t i = 0; r == 0 && i < scan->n_statements; i++)
		r = read_statement(list, &scan->statements[i]);
	ini_free(scan);
	return r;
}

/* An empty list for NULL. */
static char **take_words(struct words *words)
{
	char **items = words->items ? words->items : calloc(1, sizeof(*items));

	*words = (struct words){ 0 };
	return items;
}

int config_plugins(int root, struct diag_list *diags, struct config_plugins *ret_plugins)
{
	_cleanup_(config_files_clear) struct config_files drop_ins = { 0 };
	_cleanup_(plugin_list_clear) struct plugin_list list = { .diags = diags };
	struct config_plugins plugins;
	_cleanup_free_ char *path = NULL;
	int r = config_tree_file(root, "viod.conf", &path);

	if (r == 0 && path)
		r = read_plugin_list(&list, root, path);
	if (r == 0)
		r = config_list(root, "viod.conf.d", diags, &drop_ins);
	/* Others may write to the directory. */
	if (r == -EPERM)
		r = 0;
	for (size_t i = 0; r == 0 && i < drop_ins.count; i++)
		r = read_plugin_list(&list, root, drop_ins.items[i].path);
	if (r < 0)
		return r;
	plugins = (struct config_plugins){ .names = take_words(&list.names),
					   .without = take_words(&list.without),
					   .reset = list.reset };
	if (!plugins.names || !plugins.without) {
		config_plugins_clear(&plugins);
		return -ENOMEM;
	}
	*ret_plugins = plugins;
	return 0;
}

void config_plugins_clear(struct config_plugins *plugins)
{
	words_free(plugins->names);
	words_free(plugins->without);
	*plugins = (struct config_plugins){ 0 };
}
