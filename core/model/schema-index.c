/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The row of an option: plugins name a row by its option, for each value of each VF. */
#include <string.h>

#include "model/schema.h"

/* The options of a plugin are an array: each gets the slot after that of the one before. */
static size_t option_slot(const struct viod_option *option)
{
	return (uintptr_t)option / sizeof(*option) % SCHEMA_SLOTS;
}

void schema_index(struct schema *schema)
{
	for (enum viod_scope which = 0; which < VIOD_SCOPE_MAX_; which++) {
		struct schema_scope *scope = &schema->scopes[which];

		memset(scope->slots, 0, sizeof(scope->slots));
		for (size_t i = 0; i < scope->n_rows; i++) {
			size_t slot = option_slot(scope->rows[i].option);

			while (scope->slots[slot])
				slot = (slot + 1) % SCHEMA_SLOTS;
			scope->slots[slot] = (uint8_t)(i + 1);
		}
	}
}

const struct schema_row *schema_row_of(const struct schema *schema,
				       const struct viod_option *option)
{
	const struct schema_scope *scope = &schema->scopes[option->scope];

	for (size_t slot = option_slot(option); scope->slots[slot];
	     slot = (slot + 1) % SCHEMA_SLOTS)
		if (scope->rows[scope->slots[slot] - 1].option == option)
			return &scope->rows[scope->slots[slot] - 1];
	return NULL;
}
