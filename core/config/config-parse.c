/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Errors of the parser, and how they name sections and lines. */
#include <stdarg.h>
#include <stdio.h>

#include "config/config-private.h"

void parse_error(struct config_parse *parse, const struct viod_where *where, const char *format,
		 ...)
{
	va_list arguments;

	if (++parse->errors > CONFIG_ERRORS_MAX)
		return;
	va_start(arguments, format);
	diag_add_v(&parse->diags, VIOD_ERROR, VIOD_PF, where, 0, format, arguments);
	va_end(arguments);
}

const char *section_text(const struct ini_section *section, char ret_text[static SECTION_TEXT_MAX])
{
	size_t used = (size_t)snprintf(ret_text, SECTION_TEXT_MAX, "[%.32s%s", section->name,
				       section->all ? "*" : "");

	for (size_t i = 0; i < section->n_ranges; i++) {
		const struct ini_range *range = &section->ranges[i];
		const char *comma = i > 0 ? "," : "";
		char *end = ret_text + used;
		size_t room = SECTION_TEXT_MAX - used;

		/* Room for ",65534-65534" and what follows it. */
		if (room < 12 + sizeof(",...]")) {
			used += (size_t)snprintf(end, room, ",...");
			break;
		}
		if (range->first == range->last)
			used += (size_t)snprintf(end, room, "%s%u", comma, range->first);
		else
			used += (size_t)snprintf(end, room, "%s%u-%u", comma, range->first,
						 range->last);
	}
	ret_text[used] = ']';
	ret_text[used + 1] = '\0';
	return ret_text;
}

const char *place_text(const struct viod_where *place, const struct viod_where *from,
		       char ret_text[static PLACE_TEXT_MAX])
{
	if (streq(place->file, from->file))
		(void)snprintf(ret_text, PLACE_TEXT_MAX, "line %u", place->line);
	else
		(void)snprintf(ret_text, PLACE_TEXT_MAX, "line %u of %s", place->line, place->file);
	return ret_text;
}
