/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checks that the headers and keys of a file and its drop-ins are known, in the right place, and
 * unique. */
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "base/suggest.h"
#include "config/config-private.h"

/* A header of one of the files. */
struct header {
	struct ini_section *section;
	size_t scan, index; /* index in its file */
};

/* --- headers ---------------------------------------------------------------------------------- */

static bool is_pf(const struct ini_section *section)
{
	return streq(section->name, "pf");
}

static int compare_sizes(size_t a, size_t b)
{
	return a < b ? -1 : a > b;
}

/* Order: [pf], [vf*], then by ranges. 0 for sections that name the same VFs. */
static int compare_sections(const struct ini_section *a, const struct ini_section *b)
{
	if (is_pf(a) != is_pf(b))
		return is_pf(a) ? -1 : 1;
	if (a->all != b->all)
		return a->all ? -1 : 1;
	for (size_t i = 0; i < a->n_ranges && i < b->n_ranges; i++) {
		if (a->ranges[i].first != b->ranges[i].first)
			return a->ranges[i].first < b->ranges[i].first ? -1 : 1;
		if (a->ranges[i].last != b->ranges[i].last)
			return a->ranges[i].last < b->ranges[i].last ? -1 : 1;
	}
	return compare_sizes(a->n_ranges, b->n_ranges);
}

static int compare_headers(const void *a, const void *b)
{
	const struct header *left = a, *right = b;
	int order = compare_sections(left->section, right->section);

	if (!order)
		order = compare_sizes(left->scan, right->scan);
	return order ? order : compare_sizes(left->index, right->index);
}

/* Collect the headers of known sections, and report the others. */
static int collect_headers(struct config_parse *parse, struct header **ret_headers,
			   size_t *ret_count)
{
	_cleanup_free_ struct header *headers = NULL;
	const struct config *config = parse->config;
	size_t count = 0;

	for (size_t scan = 0; scan < config->n_scans; scan++)
		for (size_t i = 0; i < config->scans[scan]->n_sections; i++) {
			struct ini_section *section = &config->scans[scan]->sections[i];
			struct header *header;

			parse->sections_of[scan][i] = NO_SECTION;
			if (!is_pf(section) && !streq(section->name, "vf")) {
				/* The scanner has reported those without a name. */
				if (*section->name)
					parse_error(parse, &section->where,
						    "unknown section [%.60s]; write [pf], or for "
						    "VFs [vf0], [vf0-3], [vf0-3,8] or [vf*]",
						    section->name);
				continue;
			}
			header = array_append((void **)&headers, &count, sizeof(*header));
			if (!header)
				return -ENOMEM;
			*header = (struct header){ section, scan, i };
		}
	if (count > 0)
		qsort(headers, count, sizeof(*headers), compare_headers);
	*ret_headers = TAKE_PTR(headers);
	*ret_count = count;
	return 0;
}

static struct config_section *add_section(struct config *config, const struct ini_section *header)
{
	struct config_section *section =
		array_append((void **)&config->sections, &config->n_sections, sizeof(*section));

	if (section) {
		section->header = header;
		section->width = header ? ini_section_width(header) : 0;
	}
	return section;
}

/* True for a vf section whose header could not be read: the VFs that it names are unknown. */
static bool names_nothing(const struct ini_section *section)
{
	return !is_pf(section) && !section->all && section->n_ranges == 0;
}

static void report_duplicate_section(struct config_parse *parse, const struct header *header,
				     const struct header *first)
{
	char text[SECTION_TEXT_MAX], place[PLACE_TEXT_MAX];

	parse_error(parse, &header->section->where,
		    "the section %s is repeated here, after %s; write all its keys in one of the "
		    "two",
		    section_text(header->section, text),
		    place_text(&first->section->where, &header->section->where, place));
}

int parse_sections(struct config_parse *parse)
{
	struct config *config = parse->config;
	_cleanup_free_ struct header *headers = NULL;
	struct config_section *section;
	size_t count;
	int r = collect_headers(parse, &headers, &count);

	if (r < 0)
		return r;
	/* The first section is [pf], even if the file has none. */
	section = add_section(config, NULL);
	if (!section)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		const struct header *header = &headers[i], *before = i > 0 ? &headers[i - 1] : NULL;
		bool same = before && compare_sections(header->section, before->section) == 0 &&
			    !names_nothing(header->section);

		if (same && header->scan == before->scan)
			report_duplicate_section(parse, header, before);
		if (is_pf(header->section))
			section->header = section->header ? section->header : header->section;
		else if (!same)
			section = add_section(config, header->section);
		if (!section)
			return -ENOMEM;
		section->broken |= header->section->broken;
		parse->sections_of[header->scan][header->index] = config->n_sections - 1;
	}
	return 0;
}

/* --- statements ------------------------------------------------------------------------------- */

int parse_statements(struct config_parse *parse)
{
	struct config *config = parse->config;

	for (size_t scan = 0; scan < config->n_scans; scan++)
		for (size_t i = 0; i < config->scans[scan]->n_statements; i++) {
			const struct ini_statement *statement = &config->scans[scan]->statements[i];
			size_t section = parse->sections_of[scan][statement->section];
			struct config_value *value;

			if (section == NO_SECTION)
				continue;
			value = array_append((void **)&config->values, &config->n_values,
					     sizeof(*value));
			if (!value)
				return -ENOMEM;
			value->statement = statement;
			value->section = section;
			value->scan = scan;
			/* The last file that sets the kind wins, as for every key. */
			if (section == 0 && streq(statement->key, "kind"))
				parse->kind = *statement->value ? statement->value : NULL;
		}
	return 0;
}

static bool is_settable(const struct schema_row *row)
{
	return row && !(row->option->flags & VIOD_OPTION_INTERNAL);
}

/* Another kind than the file's that has this key, or NULL. */
static const char *other_kind(const struct schema *schema, enum viod_scope scope, const char *key)
{
	for (const struct schema *other = schema->next; other && other != schema;
	     other = other->next)
		if (is_settable(schema_find(other, scope, key)))
			return other->kind;
	return NULL;
}

static size_t settable_keys(const struct schema_scope *scope, const char *ret_keys[SCHEMA_ROWS_MAX])
{
	size_t n_keys = 0;

	for (size_t i = 0; i < scope->n_rows; i++)
		if (is_settable(&scope->rows[i]))
			ret_keys[n_keys++] = scope->rows[i].option->key;
	return n_keys;
}

static void report_unknown_key(struct config_parse *parse, const struct config_value *value,
			       enum viod_scope scope, const char *section)
{
	const struct schema *schema = parse->config->schema;
	const char *keys[SCHEMA_ROWS_MAX] = { NULL }, *key = value->statement->key;
	size_t n_keys = settable_keys(&schema->scopes[scope], keys), used = 0;
	const char *nearest = nearest_word(key, keys, n_keys);
	char list[240] = "none";

	if (nearest) {
		parse_error(parse, &value->statement->where,
			    "unknown key '%.60s' in %s; did you mean '%s'?", key, section, nearest);
		return;
	}
	for (size_t i = 0; i < n_keys; i++) {
		if (used + strlen(keys[i]) + sizeof(", ...") > sizeof(list)) {
			(void)snprintf(list + used, sizeof(list) - used, ", ...");
			break;
		}
		used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s", i ? ", " : "",
					 keys[i]);
	}
	parse_error(parse, &value->statement->where,
		    "unknown key '%.60s' in %s; valid keys of kind '%s' here are: %s", key, section,
		    schema->kind, list);
}

static void report_bad_key(struct config_parse *parse, const struct config_value *value)
{
	const struct schema *schema = parse->config->schema;
	enum viod_scope scope = value->section == 0 ? VIOD_SCOPE_PF : VIOD_SCOPE_VF;
	const struct viod_where *where = &value->statement->where;
	const char *key = value->statement->key, *kind;
	char section[SECTION_TEXT_MAX];

	/* The search for suggestions is slow, and these errors are not shown. */
	if (parse->errors >= CONFIG_ERRORS_MAX) {
		parse->errors++;
		return;
	}
	section_text(parse->config->sections[value->section].header, section);
	kind = other_kind(schema, scope, key);
	if (scope == VIOD_SCOPE_PF && is_settable(schema_find(schema, VIOD_SCOPE_VF, key)))
		parse_error(parse, where,
			    "'%s' belongs in a [vfN] section; put it below [vf0], or below [vf*] "
			    "for all VFs",
			    key);
	else if (scope == VIOD_SCOPE_VF && is_settable(schema_find(schema, VIOD_SCOPE_PF, key)))
		parse_error(parse, where, "'%s' belongs in the [pf] section, not in %s", key,
			    section);
	else if (kind)
		parse_error(parse, where,
			    "'%s' is a key of kind '%s', and this file has kind = %s; remove it",
			    key, kind, schema->kind);
	else
		report_unknown_key(parse, value, scope, section);
}

void parse_rows(struct config_parse *parse)
{
	struct config *config = parse->config;

	for (size_t i = 0; i < config->n_values; i++) {
		struct config_value *value = &config->values[i];
		enum viod_scope scope = value->section == 0 ? VIOD_SCOPE_PF : VIOD_SCOPE_VF;
		const struct schema_row *row =
			schema_find(config->schema, scope, value->statement->key);

		if (is_settable(row))
			value->row = row;
		/* "kind" selects the schema, which need not contain it. */
		else if (scope == VIOD_SCOPE_VF || !streq(value->statement->key, "kind"))
			report_bad_key(parse, value);
	}
}

/* --- duplicates ------------------------------------------------------------------------------- */

static int compare_values(const void *a, const void *b)
{
	const struct config_value *left = a, *right = b;
	int order = compare_sizes(left->section, right->section);

	if (!order)
		order = strcmp(left->statement->key, right->statement->key);
	if (!order)
		order = compare_sizes(left->scan, right->scan);
	/* Both are in the same file: by line. */
	if (!order)
		order = left->statement < right->statement ? -1
							   : left->statement > right->statement;
	return order;
}

/* value repeats the key of before in the same file. */
static void report_duplicate_key(struct config_parse *parse, const struct config_value *value,
				 const struct config_value *before)
{
	const struct ini_statement *statement = value->statement;
	char section[SECTION_TEXT_MAX], place[PLACE_TEXT_MAX];

	parse_error(parse, &statement->where,
		    "'%.60s' is set a second time in %s, after %s; remove one of the two",
		    statement->key,
		    section_text(parse->config->sections[value->section].header, section),
		    place_text(&before->statement->where, &statement->where, place));
}

void parse_duplicates(struct config_parse *parse)
{
	struct config *config = parse->config;
	struct config_value *values = config->values;
	size_t kept = 0;

	if (config->n_values > 0)
		qsort(values, config->n_values, sizeof(*values), compare_values);
	for (size_t i = 0; i < config->n_values; i++) {
		struct config_section *section = &config->sections[values[i].section];
		const struct config_value *next = &values[i + 1];
		bool replaced = i + 1 < config->n_values && next->section == values[i].section &&
				streq(next->statement->key, values[i].statement->key);

		if (replaced && next->scan == values[i].scan)
			report_duplicate_key(parse, next, &values[i]);
		if (replaced || !values[i].row) {
			free(values[i].data);
			continue;
		}
		if (section->n_values++ == 0)
			section->first_value = kept;
		section->rows[values[i].row->index / 64] |= 1ull << (values[i].row->index % 64);
		values[kept++] = values[i];
	}
	config->n_values = kept;
}
