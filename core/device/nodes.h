/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The device nodes that belong to functions: what a consumer opens, and what shows a holder. */
#ifndef VIOD_NODES_H
#define VIOD_NODES_H

#include "device/device.h"

/** A character or block device that some VF (or the PF) owns. */
struct device_node {
	dev_t device;
	bool block;
	int vf;	       /* VIOD_PF, or an index */
	char path[96]; /* "/dev/nvme1" */
};

struct device_nodes {
	struct device_node *items;
	size_t count;
};

/** What viod_node_add() collects. */
struct viod_nodes {
	char **items;
	size_t count;
};

/** All nodes of the PF and its VFs, the VFIO group's among them, in one pass. -errno. */
int device_nodes_find(struct viod_pf *pf, struct device_nodes *ret_nodes);
void device_nodes_clear(struct device_nodes *nodes);

int nodes_add(struct viod_nodes *nodes, const char *path);
void nodes_clear(struct viod_nodes *nodes);

/** The nodes of one function: its own from the table, then what its plugins name. -errno. */
int nodes_of(struct viod_pf *pf, int vf, const struct device_nodes *table,
	     struct viod_nodes *ret_nodes);

#endif
