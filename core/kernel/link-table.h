/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The interfaces of the machine by their names and addresses: read once by a dump, and kept by the
 * events of links, so that a look-up asks the kernel nothing.
 */
#ifndef VIOD_LINK_TABLE_H
#define VIOD_LINK_TABLE_H

#include "kernel/netif.h"

struct link_entry {
	int index;
	char name[IFNAMSIZ];
	uint8_t address[6], permanent[6]; /* zero: not reported */
	char **altnames;		  /* NULL-terminated; NULL: none */
	size_t n_altnames;
};

/** All-zero at first: not read yet. */
struct link_table {
	struct link_entry *items;
	size_t count;
	bool known; /* by a dump, and no event was lost since */
	int error;  /* -errno of the last dump: it is not tried again until link_table_retry() */
};

void link_table_clear(struct link_table *table);

/** Read the table if it is not known. 0, or -errno: nothing can be said of any name. */
int link_table_read(struct link_table *table);

/** After an error, let the next link_table_read() try again. */
void link_table_retry(struct link_table *table);

/** An event, or NULL: events were lost. True if a look-up may find another interface now than
 * before; also of a table that is not known. */
bool link_table_update(struct link_table *table, const struct link_event *event);

/** The interface with this alternative name, or NULL. */
const struct link_entry *link_table_altname(const struct link_table *table, const char *altname);

#endif
