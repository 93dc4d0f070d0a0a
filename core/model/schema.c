/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/schema.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "model/value.h"

#define KEY_MAX 64
#define ALL_FLAGS                                                                                \
	(VIOD_OPTION_REQUIRED | VIOD_OPTION_DISRUPTIVE | VIOD_OPTION_RECREATES |                 \
	 VIOD_OPTION_POLICY | VIOD_OPTION_INTERNAL | VIOD_OPTION_UNIQUE | VIOD_OPTION_VOLATILE | \
	 VIOD_OPTION_UNBOUND | VIOD_OPTION_RETURNS)

static const char *const scope_words[VIOD_SCOPE_MAX_] = {
	[VIOD_SCOPE_PF] = "[pf]",
	[VIOD_SCOPE_VF] = "[vfN]",
};

/* The C types of the contract, for their alignment: plugins read the fields through pointers. */
static size_t type_alignment(enum viod_type type)
{
	switch (type) {
	case VIOD_TYPE_INT:
	case VIOD_TYPE_ENUM:
		return _Alignof(int64_t);
	case VIOD_TYPE_RATE:
	case VIOD_TYPE_SIZE:
	case VIOD_TYPE_GUID:
		return _Alignof(uint64_t);
	case VIOD_TYPE_MAC:
		return _Alignof(struct viod_mac);
	case VIOD_TYPE_TABLE:
		return _Alignof(struct viod_table);
	case VIOD_TYPE_BOOL:
	case VIOD_TYPE_STRING:
	case VIOD_TYPE_LIST:
	case VIOD_TYPE_DRIVER:
	case VIOD_TYPE_MAX_:
		break;
	}
	return 1;
}

static size_t block_size(const struct viod_plugin *plugin, enum viod_scope scope)
{
	return scope == VIOD_SCOPE_PF ? plugin->pf_size : plugin->vf_size;
}

/* --- rows of one plugin ---------------------------------------------------------------------- */

bool plugin_name_valid(const char *name, size_t length)
{
	if (length == 0 || length >= VIOD_NAME_MAX || strchr("-_", name[0]))
		return false;
	for (size_t i = 0; i < length; i++)
		if (!islower((unsigned char)name[i]) && !isdigit((unsigned char)name[i]) &&
		    !strchr("-_", name[i]))
			return false;
	return true;
}

/* Lower-case words joined by single dashes, the first one starting with a letter. */
static bool key_is_well_formed(const char *key)
{
	size_t length = strnlen(key, KEY_MAX);

	if (length == 0 || length == KEY_MAX || !islower((unsigned char)key[0]))
		return false;
	for (size_t i = 0; i < length; i++) {
		bool dash = key[i] == '-' && key[i - 1] != '-' && key[i + 1] != '\0';

		if (!islower((unsigned char)key[i]) && !isdigit((unsigned char)key[i]) && !dash)
			return false;
	}
	return true;
}

/* What is wrong with the offset and size of the field of a row or column in a struct of this many
 * bytes, or NULL. */
static const char *field_fault(size_t block, const struct viod_option *option)
{
	size_t fixed = value_type_size(option->type);

	if (fixed && option->size != fixed)
		return "its size is not that of its type";
	if (!fixed && (option->size < 2 || option->size > VALUE_TEXT_MAX))
		return "its size is not between 2 and 1024 bytes";
	if (option->size > block || option->offset > block - option->size)
		return "its field lies outside the plugin's struct";
	if (option->offset % type_alignment(option->type) != 0)
		return "its field is not aligned for its type";
	return NULL;
}

static const char *names_fault(const struct viod_option *option)
{
	if (option->type == VIOD_TYPE_ENUM && (!option->names || !option->names[0].word))
		return "it has no words to choose from";
	for (const struct viod_name *name = option->names; name && name->word; name++) {
		if (!*name->word || strpbrk(name->word, " \t\n,;#='\""))
			return "one of its words cannot be written in a file";
		if (option->type == VIOD_TYPE_MAC && (name->value < 1 || name->value > UINT16_MAX))
			return "one of its words has a value that is not between 1 and 65535";
	}
	return NULL;
}

/* What is wrong with the type and the bounds of a row or column, or NULL. */
static const char *type_fault(size_t block, const struct viod_option *option)
{
	const char *fault = field_fault(block, option);

	if (!fault)
		fault = names_fault(option);
	if (!fault && option->type == VIOD_TYPE_INT && option->min > option->max)
		fault = "its lower bound is above its upper bound";
	return fault;
}

static const char *column_fault(const struct viod_option *row, const struct viod_option *column)
{
	if (!key_is_well_formed(column->key))
		return "the key of one of its columns does not consist of lower-case words";
	if (column->type >= VIOD_TYPE_MAX_ || column->type == VIOD_TYPE_DRIVER ||
	    column->type == VIOD_TYPE_TABLE)
		return "one of its columns has a type that no column can have";
	for (const struct viod_option *other = row->columns; other != column; other++)
		if (streq(other->key, column->key))
			return "two of its columns have the same key";
	if (type_fault(row->record_size, column))
		return "the field of one of its columns does not fit its type and the record";
	return NULL;
}

static const char *table_fault(const struct viod_option *option)
{
	size_t count = 0;

	if (!(option->flags & VIOD_OPTION_INTERNAL) || option->new_vf || option->unset)
		return "it is a table, which no file can set, and not an internal row without values";
	if (!option->columns || !option->columns[0].key || !option->record_size ||
	    option->record_size > SCHEMA_BLOCK_MAX)
		return "it is a table without columns, or its records have no bytes or too many";
	for (const struct viod_option *column = option->columns; column->key; column++) {
		const char *fault = count++ < SCHEMA_ROWS_MAX
					    ? column_fault(option, column)
					    : "it has too many columns, or they do not end";

		if (fault)
			return fault;
	}
	return NULL;
}

/* What is wrong with a single row, or NULL. The order matters: later tests rely on earlier ones. */
static const char *row_fault(const struct viod_plugin *plugin, const struct viod_option *option)
{
	const char *fault;

	if (!key_is_well_formed(option->key))
		return "its key does not consist of lower-case words joined by '-'";
	if (option->scope >= VIOD_SCOPE_MAX_)
		return "its scope is unknown";
	if (option->type >= VIOD_TYPE_MAX_)
		return "its type is unknown";
	if (option->phase >= VIOD_PHASE_MAX_)
		return "its phase is unknown";
	if (option->flags & ~(uint32_t)ALL_FLAGS)
		return "it has unknown flags";
	fault = type_fault(block_size(plugin, option->scope), option);
	if (!fault && option->type == VIOD_TYPE_TABLE)
		fault = table_fault(option);
	if (fault)
		return fault;
	if ((option->flags & VIOD_OPTION_REQUIRED) && (option->flags & VIOD_OPTION_INTERNAL))
		return "it is required, but internal rows cannot be written in a file";
	return NULL;
}

static int check_default(const struct viod_option *option, const char *text, const char *when,
			 struct diag_list *diags)
{
	_Alignas(max_align_t) unsigned char value[VALUE_TEXT_MAX];
	_cleanup_free_ char *why = NULL;

	if (!text || value_parse(option, text, value, &why) == 0)
		return 0;
	diag_add(diags, VIOD_ERROR, VIOD_PF, NULL, 0, "the value of row '%s' %s is wrong: %s",
		 option->key, when, why ? why : "out of memory");
	return -EINVAL;
}

static int check_defaults(const struct viod_option *option, struct diag_list *diags)
{
	int r = check_default(option, option->new_vf, "for new VFs", diags);
	int other = check_default(option, option->unset, "where it is not set", diags);

	return r < 0 ? r : other;
}

/* Refuse two rows of one scope that share a key or a byte. */
static int check_pair(const struct viod_option *row, const struct viod_option *other,
		      struct diag_list *diags)
{
	if (row->scope != other->scope)
		return 0;
	if (streq(row->key, other->key)) {
		diag_add(diags, VIOD_ERROR, VIOD_PF, NULL, 0, "key '%s' of %s is declared twice",
			 row->key, scope_words[row->scope]);
		return -EINVAL;
	}
	if (row->offset < other->offset + other->size && other->offset < row->offset + row->size) {
		diag_add(diags, VIOD_ERROR, VIOD_PF, NULL, 0,
			 "rows '%s' and '%s' of %s share the same field", other->key, row->key,
			 scope_words[row->scope]);
		return -EINVAL;
	}
	return 0;
}

int schema_check_rows(const struct viod_plugin *plugin, struct diag_list *diags)
{
	const struct viod_option *rows = plugin->options;
	const struct viod_option *good[SCHEMA_ROWS_MAX * VIOD_SCOPE_MAX_];
	size_t n_good = 0;
	int r = 0;

	if (plugin->pf_size > SCHEMA_BLOCK_MAX || plugin->vf_size > SCHEMA_BLOCK_MAX) {
		diag_add(diags, VIOD_ERROR, VIOD_PF, NULL, 0,
			 "its struct is larger than %u bytes; keep large data out of the rows",
			 SCHEMA_BLOCK_MAX);
		r = -EINVAL;
	}
	for (size_t i = 0; rows && rows[i].key; i++) {
		const char *fault;

		if (i == ARRAY_SIZE(good)) {
			diag_add(
				diags, VIOD_ERROR, VIOD_PF, NULL, 0,
				"it has more than %zu rows, or its rows do not end with a NULL key",
				i);
			return -EINVAL;
		}
		fault = row_fault(plugin, &rows[i]);
		if (fault) {
			diag_add(diags, VIOD_ERROR, VIOD_PF, NULL, 0, "row %zu ('%.64s'): %s",
				 i + 1, rows[i].key, fault);
			r = -EINVAL;
			continue;
		}
		if (check_defaults(&rows[i], diags) < 0)
			r = -EINVAL;
		for (size_t j = 0; j < n_good; j++)
			if (check_pair(&rows[i], good[j], diags) < 0)
				r = -EINVAL;
		good[n_good++] = &rows[i];
	}
	return r;
}

/* --- rows of all plugins ---------------------------------------------------------------------- */

struct schema *schema_free(struct schema *schema)
{
	if (!schema)
		return NULL;
	for (size_t i = 0; i < VIOD_SCOPE_MAX_; i++) {
		free(schema->scopes[i].rows);
		free(schema->scopes[i].blocks);
		free(schema->scopes[i].aliases);
	}
	free(schema->plugins);
	free(schema->kind);
	free(schema);
	return NULL;
}

static void schema_freep(struct schema **schema)
{
	schema_free(*schema);
}

static const struct schema_row *schema_scope_find(const struct schema_scope *scope, const char *key)
{
	for (size_t i = 0; i < scope->n_rows; i++) {
		const char *own = scope->rows[i].option->key;

		if (*own == *key && streq(own, key))
			return &scope->rows[i];
	}
	return NULL;
}

static bool same_words(const struct viod_name *a, const struct viod_name *b)
{
	if (!a || !b)
		return a == b;
	for (; a->word && b->word; a++, b++)
		if (!streq(a->word, b->word) || a->value != b->value)
			return false;
	return !a->word && !b->word;
}

/* True if a value of one row can be stored in the field of the other with the same meaning. Flags,
 * phase and help may differ, except for the flags that are evaluated before the device is known. */
static bool may_share(const struct schema_row *row, const struct viod_plugin *plugin,
		      const struct viod_option *option)
{
	const uint32_t early = VIOD_OPTION_REQUIRED | VIOD_OPTION_POLICY | VIOD_OPTION_INTERNAL |
			       VIOD_OPTION_UNIQUE;
	const struct viod_option *other = row->option;

	return plugin->role == VIOD_ROLE_QUIRK &&
	       (row->owner->role == VIOD_ROLE_QUIRK || row->owner->role == VIOD_ROLE_KIND) &&
	       option->type == other->type && option->type != VIOD_TYPE_TABLE &&
	       option->size == other->size && option->min == other->min &&
	       option->max == other->max && (option->flags & early) == (other->flags & early) &&
	       same_words(option->names, other->names);
}

static int add_alias(struct schema_scope *scope, const struct viod_plugin *plugin,
		     const struct viod_option *option, size_t index)
{
	struct schema_alias *alias =
		array_append((void **)&scope->aliases, &scope->n_aliases, sizeof(*alias));

	if (!alias)
		return -ENOMEM;
	*alias = (struct schema_alias){ .option = option, .owner = plugin, .index = index };
	return 0;
}

static int share_row(struct schema_scope *scope, const struct schema_row *row,
		     const struct viod_plugin *plugin, const struct viod_option *option)
{
	bool first = true;
	int r = 0;

	for (size_t i = 0; i < scope->n_aliases; i++)
		first = first && scope->aliases[i].index != row->index;
	if (first)
		r = add_alias(scope, row->owner, row->option, row->index);
	return r < 0 ? r : add_alias(scope, plugin, option, row->index);
}

static int add_row(struct schema_scope *scope, const struct viod_plugin *plugin,
		   const struct viod_option *option, size_t block_offset, struct diag_list *diags)
{
	const struct schema_row *other = schema_scope_find(scope, option->key);
	struct schema_row *row;

	if (other && may_share(other, plugin, option))
		return share_row(scope, other, plugin, option);
	if (other) {
		diag_add(diags, VIOD_ERROR, VIOD_PF, NULL, EEXIST,
			 "key '%s' of %s is declared by plugin '%s' and by plugin '%s'; enable one "
			 "of the two",
			 option->key, scope_words[option->scope], other->owner->name, plugin->name);
		return -EEXIST;
	}
	if (scope->n_rows == SCHEMA_ROWS_MAX) {
		diag_add(diags, VIOD_ERROR, VIOD_PF, NULL, E2BIG,
			 "key '%s' of plugin '%s' is one too many: %s has at most %u keys",
			 option->key, plugin->name, scope_words[option->scope], SCHEMA_ROWS_MAX);
		return -E2BIG;
	}
	row = array_append((void **)&scope->rows, &scope->n_rows, sizeof(*row));
	if (!row)
		return -ENOMEM;
	*row = (struct schema_row){ .option = option,
				    .owner = plugin,
				    .offset = block_offset + option->offset,
				    .index = scope->n_rows - 1 };
	return 0;
}

static int add_block(struct schema *schema, enum viod_scope which, const struct viod_plugin *plugin,
		     struct diag_list *diags)
{
	struct schema_scope *scope = &schema->scopes[which];
	struct schema_block *block;
	size_t align = _Alignof(max_align_t);
	int failed = 0;

	block = array_append((void **)&scope->blocks, &scope->n_blocks, sizeof(*block));
	if (!block)
		return -ENOMEM;
	block->owner = plugin;
	block->offset = scope->size;
	block->size = block_size(plugin, which);
	block->first_row = scope->n_rows;
	/* Each block is aligned as malloc() aligns. */
	scope->size += (block->size + align - 1) / align * align;
	for (const struct viod_option *option = plugin->options; option && option->key; option++) {
		int r = option->scope == which
				? add_row(scope, plugin, option, block->offset, diags)
				: 0;

		if (r == -ENOMEM || r == -E2BIG)
			return r;
		if (r < 0)
			failed = r;
	}
	block->n_rows = scope->n_rows - block->first_row;
	return failed;
}

int schema_new(const char *kind, const struct viod_plugin *const *plugins, size_t n_plugins,
	       struct diag_list *diags, struct schema **ret_schema)
{
	_cleanup_(schema_freep) struct schema *schema = calloc(1, sizeof(*schema));
	int failed = 0;

	if (!schema)
		return -ENOMEM;
	schema->kind = strdup(kind);
	schema->plugins = calloc(MAX(n_plugins, 1u), sizeof(*schema->plugins));
	if (!schema->kind || !schema->plugins)
		return -ENOMEM;
	for (size_t i = 0; i < n_plugins; i++) {
		/* The loader has refused such plugins already, but memory safety here depends on
		 * the check. */
		int r = schema_check_rows(plugins[i], diags);

		schema->plugins[schema->n_plugins++] = plugins[i];
		for (enum viod_scope scope = 0; r == 0 && scope < VIOD_SCOPE_MAX_; scope++)
			r = add_block(schema, scope, plugins[i], diags);
		if (r == -ENOMEM || r == -E2BIG)
			return r;
		if (r < 0 && !failed)
			failed = r;
	}
	if (failed)
		return failed;
	schema_index(schema);
	*ret_schema = TAKE_PTR(schema);
	return 0;
}

void schema_choose(struct schema *schema, const struct viod_plugin *quirk)
{
	for (enum viod_scope which = 0; which < VIOD_SCOPE_MAX_; which++) {
		const struct schema_scope *scope = &schema->scopes[which];

		/* Backwards, so that the first plugin to declare a row owns it unless the quirk
		 * declares it later. */
		for (size_t i = scope->n_aliases; i-- > 0;) {
			const struct schema_alias *alias = &scope->aliases[i];
			struct schema_row *row = &scope->rows[alias->index];
			bool first = true;

			for (size_t j = 0; j < i; j++)
				first = first && scope->aliases[j].index != alias->index;
			if (alias->owner != quirk && !(first && row->owner != quirk))
				continue;
			row->option = alias->option;
			row->owner = alias->owner;
		}
	}
	schema_index(schema);
}

const struct schema_row *schema_find(const struct schema *schema, enum viod_scope scope,
				     const char *key)
{
	char dashed[KEY_MAX];

	/* No plugin has a longer key. */
	if (copy_text(dashed, sizeof(dashed), key) < 0)
		return NULL;
	for (char *c = dashed; *c; c++)
		if (*c == '_')
			*c = '-';
	return schema_scope_find(&schema->scopes[scope], dashed);
}
