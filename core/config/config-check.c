/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checks between the sections of a file and its drop-ins, whose keys are all valid. */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "config/config-private.h"
#include "model/pf-name.h"

/* VFs that a section names. */
struct section_range {
	unsigned first, last;
	size_t section;
};

struct section_ranges {
	struct section_range *items;
	size_t count;
};

static void section_ranges_clear(struct section_ranges *ranges)
{
	free(ranges->items);
}

static bool sets_row(const struct config_section *section, const struct schema_row *row)
{
	return section->rows[row->index / 64] >> (row->index % 64) & 1;
}

static const struct config_value *section_value(const struct config *config,
						const struct config_section *section,
						const struct schema_row *row)
{
	for (size_t i = 0; sets_row(section, row) && i < section->n_values; i++)
		if (config->values[section->first_value + i].row == row)
			return &config->values[section->first_value + i];
	return NULL;
}

static bool is_empty_value(const struct config_value *value)
{
	return !*value->statement->value;
}

static int add_ranges(struct section_ranges *ranges, const struct config *config, size_t section)
{
	const struct ini_section *header = config->sections[section].header;

	for (size_t i = 0; i < header->n_ranges; i++) {
		struct section_range *range =
			array_append((void **)&ranges->items, &ranges->count, sizeof(*range));

		if (!range)
			return -ENOMEM;
		*range = (struct section_range){ header->ranges[i].first, header->ranges[i].last,
						 section };
	}
	return 0;
}

static int compare_section_ranges(const void *a, const void *b)
{
	const struct section_range *left = a, *right = b;

	return left->first < right->first ? -1 : left->first > right->first;
}

static void sort_ranges(struct section_ranges *ranges)
{
	if (ranges->count > 0)
		qsort(ranges->items, ranges->count, sizeof(*ranges->items), compare_section_ranges);
}

/* The number of VFs, if the file has one: what the word "max" stands for depends on the device. */
static const struct config_value *vfs_number(const struct config *config, int64_t *ret_vfs)
{
	const struct schema_row *row = schema_find(config->schema, VIOD_SCOPE_PF, "vfs");
	const struct config_value *value;

	if (!row || row->option->type != VIOD_TYPE_INT)
		return NULL;
	value = section_value(config, &config->sections[0], row);
	if (!value || !value->data)
		return NULL;
	memcpy(ret_vfs, value->data, sizeof(*ret_vfs));
	for (const struct viod_name *name = row->option->names; name && name->word; name++)
		if (name->value == *ret_vfs)
			return NULL;
	return value;
}

/* --- required keys ---------------------------------------------------------------------------- */

static void report_missing(struct config_parse *parse, const struct viod_where *where,
			   const struct viod_option *option, const char *whose, const char *section)
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

	/* The missing key may be in a line that could not be read. */
	if (!pf->header || pf->broken)
		return;
	for (size_t i = 0; i < scope->n_rows; i++) {
		const struct viod_option *option = scope->rows[i].option;
		const struct config_value *value = section_value(config, pf, &scope->rows[i]);

		/* Without a kind there is no schema, which has been reported. */
		if (!(option->flags & VIOD_OPTION_REQUIRED) || streq(option->key, "kind"))
			continue;
		if (!value || is_empty_value(value))
			report_missing(parse, &pf->header->where, option, "[pf]", "[pf]");
	}
}

/* The lowest VF of needed that covered does not contain, or UINT_MAX. Both are sorted. */
static unsigned first_gap(const struct section_ranges *needed, const struct section_ranges *covered)
{
	/* All VFs from the current needed range up to here are covered. */
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

/* Check that each needed VF has a value for the row. */
static int check_vf_row(struct config_parse *parse, const struct schema_row *row,
			const struct section_ranges *needed)
{
	const struct config *config = parse->config;
	_cleanup_(section_ranges_clear) struct section_ranges covered = { 0 };
	char whose[32], section[32];
	bool everywhere = false;
	unsigned gap;

	for (size_t i = 1; i < config->n_sections; i++) {
		const struct config_value *value = section_value(config, &config->sections[i], row);

		if (!value)
			continue;
		if (is_empty_value(value)) {
			parse_error(parse, &value->statement->where,
				    "'%s' is required and cannot be left empty; give it a value",
				    row->option->key);
			return 0;
		}
		everywhere |= config->sections[i].header->all;
		if (add_ranges(&covered, config, i) < 0)
			return -ENOMEM;
	}
	sort_ranges(&covered);
	gap = first_gap(needed, &covered);
	if (everywhere || gap == UINT_MAX)
		return 0;
	(void)snprintf(whose, sizeof(whose), "VF %u", gap);
	(void)snprintf(section, sizeof(section), "[vf%u] or [vf*]", gap);
	report_missing(parse, &config->sections[0].header->where, row->option, whose, section);
	return 0;
}

/* All VFs; if the file has no number, those that sections name. */
static int needed_vfs(const struct config *config, struct section_ranges *ret_needed)
{
	int64_t vfs;
	int r = 0;

	if (vfs_number(config, &vfs)) {
		struct section_range *all = vfs > 0 ? array_append((void **)&ret_needed->items,
								   &ret_needed->count, sizeof(*all))
						    : NULL;

		if (all)
			*all = (struct section_range){ .first = 0, .last = (unsigned)vfs - 1 };
		return vfs > 0 && !all ? -ENOMEM : 0;
	}
	for (size_t i = 1; r == 0 && i < config->n_sections; i++)
		r = add_ranges(ret_needed, config, i);
	sort_ranges(ret_needed);
	return r;
}

static int check_vf_required(struct config_parse *parse)
{
	const struct config *config = parse->config;
	const struct schema_scope *scope = &config->schema->scopes[VIOD_SCOPE_VF];
	_cleanup_(section_ranges_clear) struct section_ranges needed = { 0 };
	bool broken = !config->sections[0].header;
	int r = needed_vfs(config, &needed);

	for (size_t i = 0; i < config->n_sections; i++)
		broken |= config->sections[i].broken;
	for (size_t i = 0; r == 0 && !broken && i < scope->n_rows; i++)
		if (scope->rows[i].option->flags & VIOD_OPTION_REQUIRED)
			r = check_vf_row(parse, &scope->rows[i], &needed);
	return r;
}

/* --- VF indices ---------------------------------------------------------------------
 */

static void check_indices(struct config_parse *parse)
{
	const struct config *config = parse->config;
	char section[SECTION_TEXT_MAX], place[PLACE_TEXT_MAX];
	int64_t vfs;
	const struct config_value *value = vfs_number(config, &vfs);

	for (size_t i = 1; value && i < config->n_sections; i++) {
		const struct ini_section *header = config->sections[i].header;
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

/* The error is reported for the later of two values. */
static bool is_later(const struct config_value *a, const struct config_value *b)
{
	return a->scan != b->scan ? a->scan > b->scan : a->statement > b->statement;
}

static void report_overlap(struct config_parse *parse, const struct schema_row *row, size_t a,
			   size_t b, unsigned vf)
{
	const struct config *config = parse->config;
	const struct config_value *value = section_value(config, &config->sections[a], row);
	const struct config_value *other = section_value(config, &config->sections[b], row);
	char section[SECTION_TEXT_MAX], place[PLACE_TEXT_MAX];

	if (is_later(other, value)) {
		const struct config_value *swap = value;

		value = other;
		other = swap;
	}
	parse_error(parse, &value->statement->where,
		    "'%s' of VF %u is also set by %s, which is equally specific, on %s; set it in "
		    "[vf%u], or change the sections so that they do not overlap",
		    row->option->key, vf,
		    section_text(config->sections[other->section].header, section),
		    place_text(&other->statement->where, &value->statement->where, place), vf);
}

/* Ranges are sorted, and those of one section do not overlap: each range whose section sets the row
 * is compared with the one that extends furthest so far. */
static void check_row_overlaps(struct config_parse *parse, const struct schema_row *row,
			       const struct section_ranges *ranges)
{
	const struct config *config = parse->config;
	const struct section_range *furthest = NULL, *reported[2] = { NULL, NULL };

	for (size_t i = 0; i < ranges->count; i++) {
		const struct section_range *range = &ranges->items[i];

		if (!sets_row(&config->sections[range->section], row))
			continue;
		if (furthest && range->first <= furthest->last) {
			if (!reported[0] || reported[0]->section != furthest->section ||
			    reported[1]->section != range->section)
				report_overlap(parse, row, furthest->section, range->section,
					       range->first);
			reported[0] = furthest;
			reported[1] = range;
		}
		if (!furthest || range->last > furthest->last)
			furthest = range;
	}
}

/* The sections from first up to end name equally many VFs. */
static int check_overlaps_of(struct config_parse *parse, size_t first, size_t end)
{
	const struct config *config = parse->config;
	const struct schema_scope *scope = &config->schema->scopes[VIOD_SCOPE_VF];
	_cleanup_(section_ranges_clear) struct section_ranges ranges = { 0 };
	uint64_t rows[SCHEMA_ROWS_MAX / 64] = { 0 };

	for (size_t i = first; i < end; i++) {
		if (add_ranges(&ranges, config, i) < 0)
			return -ENOMEM;
		for (size_t word = 0; word < ARRAY_SIZE(rows); word++)
			rows[word] |= config->sections[i].rows[word];
	}
	sort_ranges(&ranges);
	for (size_t i = 0; i < scope->n_rows; i++)
		if (rows[i / 64] >> (i % 64) & 1)
			check_row_overlaps(parse, &scope->rows[i], &ranges);
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

/* --- the name --------------------------------------------------------------------------------- */

/* A name that no device can have would be waited for without end. */
static void check_name(struct config_parse *parse)
{
	const struct config *config = parse->config;
	const struct schema_row *row = schema_find(config->schema, VIOD_SCOPE_PF, "name");
	const struct config_value *value = row ? section_value(config, &config->sections[0], row)
					       : NULL;
	_cleanup_free_ char *why = NULL;
	struct pf_name name;

	if (value && value->data && pf_name_parse(value->data, &name, &why) < 0)
		parse_error(parse, &value->statement->value_where, "'name': %s",
			    why ? why : "out of memory");
}

int parse_checks(struct config_parse *parse)
{
	int r;

	check_pf_required(parse);
	check_name(parse);
	check_indices(parse);
	r = check_vf_required(parse);
	return r < 0 ? r : check_overlaps(parse);
}
