/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The internal interface of this plugin. */
#ifndef VIOD_VFIO_PLUGIN_H
#define VIOD_VFIO_PLUGIN_H

#include <unistd.h>

#include <viod/plugin.h>
#include <viod/vfio-driver.h>

#define _cleanup_fd_ __attribute__((cleanup(vfio_closep)))

static inline void vfio_closep(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

/** Owner and mode of the node, as text; the same for both scopes. */
struct vfio_node {
	char owner[64], group[64], mode[8];
};

/** Another function of a whole device's group: a record of vfio_pf.companion_drivers. */
struct vfio_companion {
	char address[32];
	char driver[VIOD_NAME_MAX], override[VIOD_NAME_MAX]; /* "": none */
};

struct vfio_pf {
	struct vfio_node node;
	int64_t noiommu, companions;
	struct viod_table companion_drivers;
};
struct vfio_vf {
	struct vfio_node node;
	int64_t noiommu;
};

enum vfio_noiommu { VFIO_NOIOMMU_REFUSE, VFIO_NOIOMMU_ALLOW };
enum vfio_companions { VFIO_COMPANIONS_REFUSE, VFIO_COMPANIONS_BIND };

/** Places in vfio_options; those of [vfN] follow those of [pf]. */
enum vfio_row {
	VFIO_ROW_OWNER,
	VFIO_ROW_GROUP,
	VFIO_ROW_MODE,
	VFIO_NODE_ROWS_,
	VFIO_ROW_NOIOMMU = VFIO_NODE_ROWS_,
	VFIO_SHARED_ROWS_,
	VFIO_ROW_VF = VFIO_SHARED_ROWS_, /* the first of [vfN] */
	VFIO_ROW_COMPANIONS = VFIO_ROW_VF + VFIO_SHARED_ROWS_,
	VFIO_ROW_COMPANION_DRIVERS,
	VFIO_ROWS_,
};
extern const struct viod_option vfio_options[];

/** A row that [pf] and [vfN] have in common. */
const struct viod_option *vfio_row(int vf, enum vfio_row row);

/* driver.c */

int vfio_resolve(struct viod_pf *pf, int vf, const char *word, char ret_driver[VIOD_NAME_MAX]);
bool vfio_driver_is_loaded(struct viod_pf *pf, const char *name);

/** The driver bound to any PCI function; "" without one. -errno where that cannot be determined. */
int vfio_read_driver(struct viod_pf *pf, const char *address, char ret_driver[VIOD_NAME_MAX]);

/* check.c */
int vfio_ready(struct viod_pf *pf, int vf, const char *driver, const struct viod_values *wanted);

/* group.c: the other members of an IOMMU group */

/** Another function of a group. */
struct vfio_member {
	char address[32];
	char driver[VIOD_NAME_MAX]; /* "" without one */
	bool is_bridge;		    /* its driver, if any, does no DMA of its own */
};

/** The other members of the function's group. -errno; the caller frees *ret_members. */
int vfio_members_find(struct viod_pf *pf, int vf, struct vfio_member **ret_members,
		      size_t *ret_count);

/** True if the driver of this member prevents user space from using the group. */
bool vfio_member_hinders(const struct vfio_member *member);

/** What a step of this plugin does. */
enum vfio_step { VFIO_STEP_NODE, VFIO_STEP_COMPANIONS };

/* companions.c: the other functions of a whole device's group */

/** The drivers of all. Of a group that cannot be read they are not known. -ENOMEM. */
int vfio_companions_observe(struct viod_pf *pf, struct viod_values *state);
/** Complete the row if the file sets companions = bind. -ENOMEM. */
int vfio_companions_complete(struct viod_pf *pf, struct viod_values *wanted);
int vfio_companions_plan(const struct viod_change *change, struct viod_plan *plan);
int vfio_companions_apply(struct viod_pf *pf, const struct viod_step *step);

/* node.c: the nodes that a consumer of a function opens, all of them below /dev/vfio */

/** The nodes of one function: that of its group and, if the kernel provides it, its own. */
struct vfio_nodes {
	char paths[2][48]; /* below /dev/vfio: "12", "noiommu-3", "devices/vfio0" */
	size_t count;
};

/** The nodes that exist; none without a VFIO driver. */
void vfio_nodes_find(struct viod_pf *pf, int vf, struct vfio_nodes *ret_nodes);

/** Add the nodes of a function for those who look for its holders. */
int vfio_nodes(struct viod_pf *pf, int vf, struct viod_nodes *nodes);

/** Owner and mode as text; false if the node does not exist. */
bool vfio_node_read(struct viod_pf *pf, const char *path, struct vfio_node *ret_node);

/** Set the fields that are not empty, after udev has processed the node. -errno. */
int vfio_node_write(struct viod_pf *pf, const char *path, const struct vfio_node *node);

/** The id of a name or number; -ENOENT. */
int vfio_find_user(const char *text, uid_t *ret_id);
int vfio_find_group(const char *text, gid_t *ret_id);
/** The text for an id: its name, or the number. */
void vfio_name_user(uid_t id, char *ret_text, size_t size);
void vfio_name_group(gid_t id, char *ret_text, size_t size);
/** Octal digits up to 0777; -EINVAL. */
int vfio_parse_mode(const char *text, mode_t *ret_mode);

/* owner.c */

/** Refuse a function whose node would belong to another user or group, or have another mode, than
 *  that of an earlier function of the same IOMMU group: they have one node. 0, or -EINVAL after
 *  reporting. */
int vfio_check_owner(struct viod_pf *pf, const struct viod_values *wanted, int vf);

/* settings.c */
int vfio_validate(struct viod_pf *pf, const struct viod_values *wanted);
int vfio_observe(struct viod_pf *pf, struct viod_values *state);
int vfio_complete(struct viod_pf *pf, const struct viod_values *state, struct viod_values *wanted);
int vfio_plan(struct viod_pf *pf, const struct viod_values *state,
	      const struct viod_change *changes, size_t n_changes, struct viod_plan *plan);
int vfio_apply(struct viod_pf *pf, const struct viod_step *step);

#endif
