/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config/config.h"

#include <errno.h>
#include <string.h>

#include "config/config-private.h"

static const struct viod_where nowhere;

struct config *config_free(struct config *config)
{
	if (!config)
		return NULL;
	for (size_t i = 0; i < config->n_values; i++)
		free(config->values[i].data);
	for (size_t i = 0; i < config->n_scans; i++)
		ini_free(config->scans[i]);
	free(config->values);
	free(config->sections);
	free(config->scans);
	object_free(config->pf);
	object_free(config->defaults);
	free(config->path);
	free(config->name);
	free(config);
	return NULL;
}

static void config_freep(struct config **config)
{
	config_free(*config);
}

static void parse_clear(struct config_parse *parse)
{
	for (size_t i = 0; parse->sections_of && i < parse->config->n_scans; i++)
		free(parse->sections_of[i]);
	free(parse->sections_of);
	diag_list_clear(&parse->diags);
}

/* --- the files -------------------------------------------------------------------------------- */

/* Errors are added to the list; only -ENOMEM is returned. */
static int scan_file(struct config_parse *parse, int root, const char *path)
{
	struct config *config = parse->config;
	_cleanup_free_ char *text = NULL;
	struct ini_file **slot;
	size_t size;
	int r = config_read(root, path, &parse->diags, &text, &size);

	if (r < 0) {
		parse->errors++;
		parse->unread = r == -EINVAL ? parse->unread : r;
		return r == -ENOMEM ? r : 0;
	}
	slot = array_append((void **)&config->scans, &config->n_scans, sizeof(*slot));
	if (!slot)
		return -ENOMEM;
	r = ini_scan(path, text, size, true, &parse->diags, slot);
	if (r == -ENOMEM) {
		config->n_scans--;
		return r;
	}
	parse->errors += r < 0;
	return 0;
}

static int scan_files(struct config_parse *parse, int root, const struct config_file *file)
{
	struct config *config = parse->config;
	int r = scan_file(parse, root, file->path);

	for (char **drop_in = file->drop_ins; r == 0 && drop_in && *drop_in; drop_in++)
		r = scan_file(parse, root, *drop_in);
	if (r < 0)
		return r;
	parse->sections_of = calloc(config->n_scans + 1, sizeof(size_t *));
	for (size_t i = 0; parse->sections_of && i < config->n_scans; i++) {
		parse->sections_of[i] = calloc(config->scans[i]->n_sections + 1, sizeof(size_t));
		if (!parse->sections_of[i])
			return -ENOMEM;
	}
	return parse->sections_of ? 0 : -ENOMEM;
}

/* --- one parse -------------------------------------------------------------------------------- */

static const struct ini_statement *kind_statement(const struct config_parse *parse)
{
	const struct config *config = parse->config;

	for (size_t i = 0; i < config->n_values; i++)
		if (config->values[i].statement->value == parse->kind)
			return config->values[i].statement;
	return NULL;
}

static void choose_schema(struct config_parse *parse, const char *path, config_schema_fn schema_of,
			  void *userdata)
{
	struct config *config = parse->config;
	const struct config_section *pf = &config->sections[0];
	const struct viod_where top = { .file = path, .line = 1, .column = 1 };

	if (parse->kind) {
		config->schema = schema_of(userdata, parse->kind,
					   &kind_statement(parse)->value_where, &parse->diags);
		/* schema_of() has reported the reason. */
		parse->errors += !config->schema;
	} else if (!pf->header) {
		parse_error(parse, &top,
			    "there is no [pf] section; begin with [pf], name = ... and kind = ...");
	} else if (!pf->broken) {
		parse_error(parse, &pf->header->where,
			    "[pf] has no 'kind'; add kind = net, gpu or dev, or that of a vendor, "
			    "below [pf]");
	}
}

static int compare_widths(const void *a, const void *b)
{
	const struct config_section *left = a, *right = b;

	if (left->width != right->width)
		return left->width > right->width ? -1 : 1;
	return left->first_value < right->first_value ? -1 : left->first_value > right->first_value;
}

/* Sort the sections after [pf], and update the section index of their values. */
static void sort_sections(struct config *config)
{
	qsort(config->sections + 1, config->n_sections - 1, sizeof(*config->sections),
	      compare_widths);
	for (size_t i = 1; i < config->n_sections; i++)
		for (size_t j = 0; j < config->sections[i].n_values; j++)
			config->values[config->sections[i].first_value + j].section = i;
}

static int fill_pf(struct config *config)
{
	const struct schema_scope *scope = &config->schema->scopes[VIOD_SCOPE_PF];
	const struct config_section *section = &config->sections[0];
	struct viod_values pf = { .schema = config->schema }, defaults = pf;

	config->pf = pf.pf = object_new(config->schema, VIOD_SCOPE_PF);
	config->defaults = defaults.pf = object_new(config->schema, VIOD_SCOPE_PF);
	if (!pf.pf || !defaults.pf)
		return -ENOMEM;
	for (size_t i = 0; i < section->n_values; i++) {
		const struct config_value *value = &config->values[section->first_value + i];

		if (value->data)
			values_put(&pf, VIOD_PF, value->row, value->data,
				   &value->statement->value_where);
	}
	for (size_t i = 0; i < scope->n_rows; i++) {
		_Alignas(max_align_t) unsigned char data[VALUE_TEXT_MAX];
		const struct viod_option *option = scope->rows[i].option;
		_cleanup_free_ char *why = NULL;

		if (option->unset && (option->flags & VIOD_OPTION_POLICY) &&
		    value_parse(option, option->unset, data, &why) == 0)
			values_put(&defaults, VIOD_PF, &scope->rows[i], data, NULL);
	}
	return 0;
}

static int parse(struct config_parse *parse, int root, const struct config_file *file,
		 config_schema_fn schema_of, void *userdata)
{
	struct config *config = parse->config;
	int r = scan_files(parse, root, file);

	if (r == 0)
		r = parse_sections(parse);
	if (r == 0)
		r = parse_statements(parse);
	if (r < 0)
		return r;
	/* If the main file is unreadable, do not report missing keys; errors of the drop-ins are
	 * already recorded. */
	if (config->n_scans > 0 && streq(config->scans[0]->file, file->path))
		choose_schema(parse, file->path, schema_of, userdata);
	if (config->schema) {
		parse_rows(parse);
		r = parse_values(parse);
		if (r < 0)
			return r;
	}
	parse_duplicates(parse);
	sort_sections(config);
	return config->schema ? parse_checks(parse) : 0;
}

/* --- order of errors ---------------------------------------------------------------------------
 */

struct ranked {
	struct diag diag;
	size_t file, order;
};

static int compare_ranked(const void *a, const void *b)
{
	const struct ranked *left = a, *right = b;

	if (left->file != right->file)
		return left->file < right->file ? -1 : 1;
	if (left->diag.line != right->diag.line)
		return left->diag.line < right->diag.line ? -1 : 1;
	if (left->diag.column != right->diag.column)
		return left->diag.column < right->diag.column ? -1 : 1;
	return left->order < right->order ? -1 : left->order > right->order;
}

static size_t file_rank(const struct config_file *file, const struct diag *diag)
{
	size_t rank = 0;

	if (streq(diag->file, file->path))
		return rank;
	for (char **drop_in = file->drop_ins; drop_in && *drop_in; drop_in++, rank++)
		if (streq(diag->file, *drop_in))
			return rank + 1;
	return SIZE_MAX;
}

/* Sort errors by file and line, because the checks find them in another order. */
static void sort_diags(struct diag_list *diags, const struct config_file *file)
{
	struct ranked *ranked = calloc(diags->count + 1, sizeof(*ranked));

	if (!ranked)
		return;
	for (size_t i = 0; i < diags->count; i++)
		ranked[i] =
			(struct ranked){ diags->items[i], file_rank(file, &diags->items[i]), i };
	qsort(ranked, diags->count, sizeof(*ranked), compare_ranked);
	for (size_t i = 0; i < diags->count; i++)
		diags->items[i] = ranked[i].diag;
	free(ranked);
}

static void pass_diags_on(struct config_parse *parse, const struct config_file *file,
			  struct diag_list *diags)
{
	const struct viod_where where = { .file = file->path };

	sort_diags(&parse->diags, file);
	diag_list_move(diags, &parse->diags);
	if (parse->errors > CONFIG_ERRORS_MAX)
		diag_add(diags, VIOD_ERROR, VIOD_PF, &where, 0,
			 "more errors are not shown; correct these first");
}

int config_parse(int root, const struct config_file *file, config_schema_fn schema_of,
		 void *userdata, struct diag_list *diags, struct config **ret_config)
{
	struct config *rest;
	int r = config_parse_rest(root, file, schema_of, userdata, diags, ret_config, &rest);

	if (r < 0)
		config_free(rest);
	return r;
}

int config_parse_rest(int root, const struct config_file *file, config_schema_fn schema_of,
		      void *userdata, struct diag_list *diags, struct config **ret_config,
		      struct config **ret_rest)
{
	_cleanup_(config_freep) struct config *config = calloc(1, sizeof(*config));
	struct config_parse state = { .config = config };
	int r;

	*ret_rest = NULL;
	if (!config)
		return -ENOMEM;
	config->name = strdup(file->name);
	config->path = strdup(file->path);
	r = config->name && config->path ? parse(&state, root, file, schema_of, userdata) : -ENOMEM;
	if (r == 0 && state.errors > 0)
		r = state.unread < 0 ? state.unread : -EINVAL;
	if (r == 0)
		r = fill_pf(config);
	else if (r == -EINVAL && config->schema && fill_pf(config) == 0)
		*ret_rest = TAKE_PTR(config);
	pass_diags_on(&state, file, diags);
	parse_clear(&state);
	if (r < 0)
		return r;
	*ret_config = TAKE_PTR(config);
	return 0;
}

/* --- a parsed file -----------------------------------------------------------------------------
 */

const void *config_pf_value(const struct config *config, const char *key)
{
	const struct schema_row *row = schema_find(config->schema, VIOD_SCOPE_PF, key);
	const struct viod_values pf = { .schema = config->schema, .pf = config->pf };
	const struct viod_values defaults = { .schema = config->schema, .pf = config->defaults };
	const void *value = row ? values_get(&pf, VIOD_PF, row) : NULL;

	return value || !row ? value : values_get(&defaults, VIOD_PF, row);
}

const struct viod_where *config_pf_where(const struct config *config, const char *key)
{
	const struct schema_row *row = schema_find(config->schema, VIOD_SCOPE_PF, key);
	const struct viod_values pf = { .schema = config->schema, .pf = config->pf };

	return row ? values_where(&pf, VIOD_PF, row) : &nowhere;
}

/* "key =" cancels the value of a less specific section. */
static void apply_value(struct viod_values *values, int vf, const struct config_value *value)
{
	if (value->data)
		values_put(values, vf, value->row, value->data, &value->statement->value_where);
	else
		values_forget(values, vf, value->row);
}

static void apply_range(const struct config *config, const struct config_section *section,
			size_t first, size_t end, struct viod_values *values)
{
	for (size_t vf = first; vf < end; vf++)
		for (size_t i = 0; i < section->n_values; i++)
			apply_value(values, (int)vf, &config->values[section->first_value + i]);
}

int config_expand(const struct config *config, size_t n_vfs, struct viod_values **ret_values)
{
	_cleanup_values_ struct viod_values *values = NULL;
	const struct config_section *pf = &config->sections[0];
	int r = values_new(config->schema, n_vfs, &values);

	if (r < 0)
		return r;
	for (size_t i = 0; i < pf->n_values; i++)
		apply_value(values, VIOD_PF, &config->values[pf->first_value + i]);
	/* The widest first, so that the most specific one wins. */
	for (size_t i = 1; i < config->n_sections; i++) {
		const struct ini_section *header = config->sections[i].header;

		if (header->all)
			apply_range(config, &config->sections[i], 0, n_vfs, values);
		for (size_t j = 0; j < header->n_ranges && header->ranges[j].first < n_vfs; j++)
			apply_range(config, &config->sections[i], header->ranges[j].first,
				    MIN((size_t)header->ranges[j].last + 1, n_vfs), values);
	}
	*ret_values = TAKE_PTR(values);
	return 0;
}

size_t config_vfs_named(const struct config *config)
{
	size_t named = 0;

	for (size_t i = 1; i < config->n_sections; i++) {
		const struct ini_section *header = config->sections[i].header;

		if (header->n_ranges > 0)
			named = MAX(named, (size_t)header->ranges[header->n_ranges - 1].last + 1);
	}
	return named;
}
