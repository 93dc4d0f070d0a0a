/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/link-table.h"

#include <errno.h>
#include <string.h>

static void clear_entry(struct link_entry *entry)
{
	words_free(entry->altnames);
	*entry = (struct link_entry){ 0 };
}

void link_table_clear(struct link_table *table)
{
	for (size_t i = 0; i < table->count; i++)
		clear_entry(&table->items[i]);
	free(table->items);
	*table = (struct link_table){ 0 };
}

void link_table_retry(struct link_table *table)
{
	table->error = 0;
}

/* --- one link -------------------------------------------------------------------------------- */

static int add_altname(void *userdata, const char *name, size_t length)
{
	struct link_entry *entry = userdata;

	return words_append(&entry->altnames, &entry->n_altnames, name, length);
}

static int make_entry(const struct link_event *event, struct link_entry *ret_entry)
{
	struct link_entry entry = { .index = event->index };
	int r;

	memcpy(entry.name, event->name, sizeof(entry.name));
	memcpy(entry.address, event->address, sizeof(entry.address));
	memcpy(entry.permanent, event->permanent, sizeof(entry.permanent));
	r = link_each_altname(event, add_altname, &entry);
	if (r < 0) {
		clear_entry(&entry);
		return r;
	}
	*ret_entry = entry;
	return 0;
}

static bool same_entry(const struct link_entry *a, const struct link_entry *b)
{
	if (!streq(a->name, b->name) || memcmp(a->address, b->address, sizeof(a->address)) != 0 ||
	    memcmp(a->permanent, b->permanent, sizeof(a->permanent)) != 0 ||
	    a->n_altnames != b->n_altnames)
		return false;
	for (size_t i = 0; i < a->n_altnames; i++)
		if (!streq(a->altnames[i], b->altnames[i]))
			return false;
	return true;
}

static struct link_entry *find_index(const struct link_table *table, int index)
{
	for (size_t i = 0; i < table->count; i++)
		if (table->items[i].index == index)
			return &table->items[i];
	return NULL;
}

/* --- all of them ----------------------------------------------------------------------------- */

static int add_link(void *userdata, const struct link_event *event)
{
	struct link_table *table = userdata;
	struct link_entry entry, *slot;
	int r = make_entry(event, &entry);

	if (r < 0)
		return r;
	slot = array_append((void **)&table->items, &table->count, sizeof(*slot));
	if (!slot) {
		clear_entry(&entry);
		return -ENOMEM;
	}
	*slot = entry;
	return 0;
}

int link_table_read(struct link_table *table)
{
	int r = table->error;

	if (table->known || r < 0)
		return table->known ? 0 : r;
	link_table_clear(table);
	r = link_for_each(add_link, table);
	if (r < 0)
		link_table_clear(table);
	table->known = r == 0;
	table->error = r;
	return r;
}

static void remove_entry(struct link_table *table, struct link_entry *entry)
{
	clear_entry(entry);
	*entry = table->items[--table->count];
}

bool link_table_update(struct link_table *table, const struct link_event *event)
{
	struct link_entry entry, *slot;

	if (!event)
		table->known = false;
	if (!table->known)
		return !event || !event->port;
	/* That a link is no port any more is a message of its removal, too. */
	if (event->port)
		return false;
	slot = find_index(table, event->index);
	if (event->removed) {
		if (slot)
			remove_entry(table, slot);
		return false;
	}
	if (make_entry(event, &entry) < 0) {
		table->known = false;
		return true;
	}
	if (slot && same_entry(slot, &entry)) {
		clear_entry(&entry);
		return false;
	}
	if (!slot)
		slot = array_append((void **)&table->items, &table->count, sizeof(*slot));
	else
		clear_entry(slot);
	table->known = slot != NULL;
	if (slot)
		*slot = entry;
	else
		clear_entry(&entry);
	return true;
}

const struct link_entry *link_table_altname(const struct link_table *table, const char *altname)
{
	for (size_t i = 0; i < table->count; i++)
		for (size_t j = 0; j < table->items[i].n_altnames; j++)
			if (streq(table->items[i].altnames[j], altname))
				return &table->items[i];
	return NULL;
}
