/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The device nodes of functions: consumers open them, and holders have them open. */
#ifndef VIOD_NODES_H
#define VIOD_NODES_H

#include "device/device.h"

/** A node of the PF or a VF. */
struct device_node {
	dev_t device;	/* 0: not a device node */
	uint32_t flags; /* enum viod_node_flags */
	int vf;		/* VIOD_PF, or an index */
	char path[96];	/* "/dev/nvme1", or the name of a network interface */
};

struct device_nodes {
	struct device_node *items;
	size_t count;
};

/** The nodes of one function, to which viod_node_add() adds. */
struct viod_nodes {
	struct device_nodes *table;
	int vf;
};

/** All nodes of the functions from first to last, VIOD_PF or indices: their children in sysfs,
 * those that plugins name, and devices on top of disks. INT_MAX: to the last VF. -errno. */
int device_nodes_find(struct viod_pf *pf, int first, int last, struct device_nodes *ret_nodes);
void device_nodes_clear(struct device_nodes *nodes);

/** Implements host->node(). -ENOMEM. */
int nodes_add(struct viod_nodes *nodes, const struct viod_node *node);

#endif
