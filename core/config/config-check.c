/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is wrong between the sections of a file and its drop-ins, all keys being good. */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "config/config-private.h"

/* VFs that a section names. */
struct stretch {
	unsigned first, last;
	size_t section;
};

struct stretches {
	struct stretch *items;
	size_t count;
};

static void stretches_clear(struct stretches *stretches)
{
	free(stretches->items);
}

static bool sets_row(const struct config_section *section, const struct schema_row *row)
{
	return section->rows[row->index / 64] >> (row->index % 64) & 1;
}

static const struct config_value *value_of(const struct config *config,
					   const struct config_section *section,
					   const struct schema_row *row)
{
	for (size_t i = 0; sets_row(section, row) && i < section->n_values; i++)
		if (config->values[section->first_value + i].row == row)
			return &config->values[section->first_value + i];
	return NULL;
}

static bool is_empty(const struct config_value *value)
{
	return !*value->statement->value;
}

static int add_stretches(struct stretches *stretches, const struct config *config, size_t section)
{
	const struct scan_section *header = config->sections[section].header;

	for (size_t i = 0; i < header->n_ranges; i++) {
		struct stretch *stretch = array_append((void **)&stretches->items,
						       &stretches->count, sizeof(*stretch));

		if (!stretch)
			return -ENOMEM;
		*stretch = (struct stretch){ header->ranges[i].first, header->ranges[i].last,
					     section };
	}
	return 0;
}

static int compare_stretches(const void *a, const void *b)
{
	const struct stretch *left = a, *right = b;

	return left->first < right->first ? -1 : left->first > right->first;
}

static void sort_stretches(struct stretches *stretches)
{
	if (stretches->count > 0)
		qsort(stretches->items, stretches->count, sizeof(*stretches->items),
		      compare_stretches);
}

/* The number of VFs, where the file gives one: "max" is a word, and only the device knows it. */
static const struct config_value *vfs_number(const struct config *config, int64_t *ret_vfs)
{
	const struct schema_row *row = schema_find(config->schema, VIOD_SCOPE_PF, "vfs");
	const struct config_value *value;

	if (!row || row->option->type != VIOD_TYPE_INT)
		return NULL;
	value = value_of(config, &config->sections[0], row);
	if (!value || !value->data)
		return NULL;
	memcpy(ret_vfs, value->data, sizeof(*ret_vfs));
	for (const struct viod_name *name = row->option->names; name && name->word; name++)
		if (name->value == *ret_vfs)
			return NULL;
	return value;
}

/* --- required keys ---------------------------------------------------------------------------- */

static void complain_missing(struct config_parse *parse, const struct viod_where *where,
			     const struct viod_option *option, const char *whose,
			     const char *section)
{
	parse_error(parse, where, "%s has no '%s'%s%s%s; add %s = ... below %s", whose, option->key,
		    option->help ? " (" : "", option->help ? option->help : "",
		    option->help ? ")" : "", option->key, section);
}

static void check_pf_required(struct config_parse *parse)
{
	const struct config *config = parse->config;
	const struct config_section *pf = &config->sections[0];
	const struct schema_scope *scope = &config->schema->scopes[VIOD_SCOPE_PF];

	/* The line that could not be read may be the one that is missed. */
	if (!pf->header || pf->broken)
		return;
	for (size_t i = 0; i < scope->n_rows; i++) {
		const struct viod_option *option = scope->rows[i].option;
		const struct config_value *value = value_of(config, pf, &scope->rows[i]);

		/* Without a kind there is no schema, and that was told. */
		if (!(option->flags & VIOD_OPTION_REQUIRED) || streq(option->key, "kind"))
			continue;
		if (!value || is_empty(value))
			complain_missing(parse, &pf->header->where, option, "[pf]", "[pf]");
	}
}

/* The lowest VF of one sorted set that the other leaves out, or UINT_MAX. */
static unsigned first_gap(const struct stretches *needed, const struct stretches *covered)
{
	/* From the needed stretch at hand up to here, all is covered. */
	unsigned end = 0;
	size_t next = 0;

	for (size_t i = 0; i < needed->count; i++) {
		end = MAX(end, needed->items[i].first);
		for (; next < covered->count && covered->items[next].first <= end; next++)
			end = MAX(end, covered->items[next].last + 1);
		if (end <= needed->items[i].last)
			return end;
	}
	return UINT_MAX;
}

/* Whether each VF that is needed has a value for the row. */
static int check_vf_row(struct config_parse *parse, const struct schema_row *row,
			const struct stretches *needed)
{
	const struct config *config = parse->config;
	_cleanup_(stretches_clear) struct stretches covered = { 0 };
	char whose[32], section[32];
	bool everywhere = false;
	unsigned gap;

	for (size_t i = 1; i < config->n_sections; i++) {
		const struct config_value *value = value_of(config, &config->sections[i], row);

		if (!value)
			continue;
		if (is_empty(value)) {
			parse_error(parse, &value->statement->where,
				    "'%s' is required and cannot be left empty; give it a value",
				    row->option->key);
			return 0;
		}
		everywhere |= config->sections[i].header->all;
		if (add_stretches(&covered, config, i) < 0)
			return -ENOMEM;
	}
	sort_stretches(&covered);
	gap = first_gap(needed, &covered);
	if (everywhere || gap == UINT_MAX)
		return 0;
	(void)snprintf(whose, sizeof(whose), "VF %u", gap);
	(void)snprintf(section, sizeof(section), "[vf%u] or [vf*]", gap);
	complain_missing(parse, &config->sections[0].header->where, row->option, whose, section);
	return 0;
}

/* The VFs that exist; without a number of them, the ones with sections are all that are known. */
static int needed_vfs(const struct config *config, struct stretches *ret_needed)
{
	int64_t vfs;
	int r = 0;

	if (vfs_number(config, &vfs)) {
		struct stretch *all = vfs > 0 ? array_append((void **)&ret_needed->items,
							     &ret_needed->count, sizeof(*all))
					      : NULL;

		if (all)
			*all = (struct stretch){ .first = 0, .last = (unsigned)vfs - 1 };
		return vfs > 0 && !all ? -ENOMEM : 0;
	}
	for (size_t i = 1; r == 0 && i < config->n_sections; i++)
		r = add_stretches(ret_needed, config, i);
	sort_stretches(ret_needed);
	return r;
}

static int check_vf_required(struct config_parse *parse)
{
	const struct config *config = parse->config;
	const struct schema_scope *scope = &config->schema->scopes[VIOD_SCOPE_VF];
	_cleanup_(stretches_clear) struct stretches needed = { 0 };
	bool broken = !config->sections[0].header;
	int r = needed_vfs(config, &needed);

	for (size_t i = 0; i < config->n_sections; i++)
		broken |= config->sections[i].broken;
	for (size_t i = 0; r == 0 && !broken && i < scope->n_rows; i++)
		if (scope->rows[i].option->flags & VIOD_OPTION_REQUIRED)
			r = check_vf_row(parse, &scope->rows[i], &needed);
	return r;
}

/* --- VFs that do not exist ---------------------------------------------------------------------
 */

static void check_indices(struct config_parse *parse)
{
	const struct config *config = parse->config;
	char section[SECTION_TEXT_MAX], place[PLACE_TEXT_MAX];
	int64_t vfs;
	const struct config_value *value = vfs_number(config, &vfs);

	for (size_t i = 1; value && i < config->n_sections; i++) {
		const struct scan_section *header = config->sections[i].header;
		unsigned last = header->n_ranges ? header->ranges[header->n_ranges - 1].last : 0;

		if (header->n_ranges == 0 || last < vfs)
			continue;
		parse_error(parse, &header->where,
			    "%s names VF %u, but vfs = %lld on %s; raise vfs to %u, or remove the "
			    "VF here",
			    section_text(header, section), last, (long long)vfs,
			    place_text(&value->statement->where, &header->where, place), last + 1);
	}
}

/* --- equally specific sections -----------------------------------------------------------------
 */

/* Which of the two comes later is the one to complain about. */
static bool is_later(const struct config_value *a, const struct config_value *b)
{
	return a->scan != b->scan ? a->scan > b->scan : a->statement > b->statement;
}

static void complain_overlap(struct config_parse *parse, const struct schema_row *row, size_t a,
			     size_t b, unsigned vf)
{
	const struct config *config = parse->config;
	const struct config_value *value = value_of(config, &config->sections[a], row);
	const struct config_value *other = value_of(config, &config->sections[b], row);
	char section[SECTION_TEXT_MAX], place[PLACE_TEXT_MAX];

	if (is_later(other, value)) {
		const struct config_value *swap = value;

		value = other;
		other = swap;
	}
	parse_error(parse, &value->statement->where,
		    "'%s' of VF %u is set by the equally wide %s, too, on %s; set it in [vf%u], or "
		    "let the sections not overlap",
		    row->option->key, vf,
		    section_text(config->sections[other->section].header, section),
		    place_text(&other->statement->where, &value->statement->where, place), vf);
}

/* Stretches are sorted, and those of one section do not overlap: of the ones that set the row, each
 * is compared with the one that reached furthest so far. */
static void check_row_overlaps(struct config_parse *parse, const struct schema_row *row,
			       const struct stretches *stretches)
{
	const struct config *config = parse->config;
	const struct stretch *furthest = NULL, *reported[2] = { NULL, NULL };

	for (size_t i = 0; i < stretches->count; i++) {
		const struct stretch *stretch = &stretches->items[i];

		if (!sets_row(&config->sections[stretch->section], row))
			continue;
		if (furthest && stretch->first <= furthest->last) {
			if (!reported[0] || reported[0]->section != furthest->section ||
			    reported[1]->section != stretch->section)
				complain_overlap(parse, row, furthest->section, stretch->section,
						 stretch->first);
			reported[0] = furthest;
			reported[1] = stretch;
		}
		if (!furthest || stretch->last > furthest->last)
			furthest = stretch;
	}
}

/* The sections from first up to end are equally wide. */
static int check_overlaps_of(struct config_parse *parse, size_t first, size_t end)
{
	const struct config *config = parse->config;
	const struct schema_scope *scope = &config->schema->scopes[VIOD_SCOPE_VF];
	_cleanup_(stretches_clear) struct stretches stretches = { 0 };
	uint64_t rows[SCHEMA_ROWS_MAX / 64] = { 0 };

	for (size_t i = first; i < end; i++) {
		if (add_stretches(&stretches, config, i) < 0)
			return -ENOMEM;
		for (size_t word = 0; word < ARRAY_SIZE(rows); word++)
			rows[word] |= config->sections[i].rows[word];
	}
	sort_stretches(&stretches);
	for (size_t i = 0; i < scope->n_rows; i++)
		if (rows[i / 64] >> (i % 64) & 1)
			check_row_overlaps(parse, &scope->rows[i], &stretches);
	return 0;
}

static int check_overlaps(struct config_parse *parse)
{
	const struct config *config = parse->config;
	int r = 0;

	for (size_t first = 1, end; r == 0 && first < config->n_sections; first = end) {
		for (end = first + 1; end < config->n_sections &&
				      config->sections[end].width == config->sections[first].width;)
			end++;
		if (end > first + 1)
			r = check_overlaps_of(parse, first, end);
	}
	return r;
}

int parse_checks(struct config_parse *parse)
{
	int r;

	check_pf_required(parse);
	check_indices(parse);
	r = check_vf_required(parse);
	return r < 0 ? r : check_overlaps(parse);
}
