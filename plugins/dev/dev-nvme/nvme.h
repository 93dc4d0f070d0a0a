/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NVMe controllers with SR-IOV. A VF is the secondary controller of a primary one, the PF, which
 * owns a pool of queues and interrupts ("flexible resources"): a VF does not work until it has some
 * and was set online.
 */
#ifndef DEV_NVME_H
#define DEV_NVME_H

#include <viod/plugin.h>

#include "identify.h"

/** A VF's namespaces as text: "none", "attach 1, 2" or "create 10G". */
#define NVME_TEXT_MAX 256

/** The most secondary controllers with a VF. */
#define NVME_VFS_MAX 1024

/** The resources of a secondary controller: a record of nvme_pf.secondaries, in the order of VFs.
 */
struct nvme_share {
	int64_t queues, interrupts;
};

/** A namespace, and the VF that it is attached to: a record of nvme_pf.attachments. */
struct nvme_attachment {
	int64_t nsid, vf;
};

struct nvme_pf {
	struct viod_table secondaries, attachments;
};

struct nvme_vf {
	int64_t queues, interrupts;
	char namespaces[NVME_TEXT_MAX];
	bool online;
};

/** Places in nvme_rows. */
enum nvme_row {
	NVME_ROW_SECONDARIES,
	NVME_ROW_ATTACHMENTS,
	NVME_ROW_QUEUES,
	NVME_ROW_INTERRUPTS,
	NVME_ROW_NAMESPACES,
	NVME_ROW_ONLINE,
	NVME_ROW_END,
};
extern const struct viod_option nvme_rows[];

/** What a step does; its data is a struct nvme_order. */
enum nvme_code {
	NVME_SET_QUEUES,
	NVME_SET_INTERRUPTS,
	NVME_SET_NAMESPACES,
	NVME_SET_ONLINE,
};

struct nvme_order {
	uint32_t vf;
	int64_t value;
	char namespaces[NVME_TEXT_MAX];
};

/* --- text (text.c) --------------------------------------------------------------------------- */

/** The parsed value of "namespaces". */
struct nvme_wish {
	uint64_t create; /* bytes; 0: do not create one */
	uint32_t nsids[64];
	size_t n_nsids;
};

/** Parse it; nsids are sorted. -EINVAL if it is invalid. */
int nvme_wish_parse(const char *text, struct nvme_wish *ret_wish);
/** The canonical text. -ENOSPC. */
int nvme_wish_format(const struct nvme_wish *wish, char ret_text[static NVME_TEXT_MAX]);

/* --- commands (command.c) -------------------------------------------------------------------- */

struct nvme_device;
struct nvme_passthru_cmd;

/** How commands are sent; tests replace it by a simulated controller. */
struct nvme_gate {
	int (*reach)(struct viod_pf *pf);
	int (*submit)(struct viod_pf *pf, int fd, struct nvme_passthru_cmd *command);
};
extern struct nvme_gate nvme_gate;

/** Open the character device of the PF's controller. A descriptor, or -errno: -ENODEV if the nvme
 * driver is not bound. */
int nvme_open(struct viod_pf *pf);

/** Identify, into NVME_IDENTIFY_SIZE bytes. 0, -errno, or the status of the controller. */
int nvme_identify(const struct nvme_device *device, enum nvme_cns cns, uint32_t nsid,
		  uint16_t controller, uint8_t *ret_data);

enum nvme_action { NVME_OFFLINE = 7, NVME_ASSIGN = 8, NVME_ONLINE = 9 };
enum nvme_resource { NVME_QUEUES = 0, NVME_INTERRUPTS = 1 };

/** Virtualization Management. As nvme_identify(). */
int nvme_virtualize(const struct nvme_device *device, uint16_t controller, enum nvme_action action,
		    enum nvme_resource resource, uint16_t count);
/** Namespace Attachment. As nvme_identify(). */
int nvme_attach(const struct nvme_device *device, uint32_t nsid, uint16_t controller, bool attach);

/** Namespace Management: one for a single controller, attached to none. As nvme_identify(). */
int nvme_create(const struct nvme_device *device, uint64_t blocks, unsigned format,
		uint32_t *ret_nsid);
int nvme_delete(const struct nvme_device *device, uint32_t nsid);

/** The meaning of a status, with advice; for an errno of the kernel, its own text. */
const char *nvme_status_text(int status);
/** The errno that fits a status best: -EIO where none does; -errno stays. */
int nvme_status_errno(int status);

/* --- the controller (controller.c) ----------------------------------------------------------- */

/** The PF's controller: an open descriptor, and its answers. */
struct nvme_device {
	struct viod_pf *pf;
	int fd;
	struct nvme_controller controller;
	struct nvme_primary primary;
	struct nvme_secondary *vfs; /* by VF index; vf is 0 for a controller without a VF */
	size_t n_vfs;
	struct nvme_attachment *attachments; /* of VFs, by NSID */
	size_t n_attachments;
	uint32_t *nsids; /* all of the subsystem, ascending */
	size_t n_nsids;
	uint32_t *shared; /* those of attachments that are also attached to the primary */
	size_t n_shared;
};

/** Query all of it. 0, or -errno: -EOPNOTSUPP if the controller does not support virtualization. */
int nvme_look(struct viod_pf *pf, struct nvme_device *ret_device);
/** Secondary controllers only. */
int nvme_look_at_vfs(struct viod_pf *pf, struct nvme_device *ret_device);
void nvme_device_clear(struct nvme_device *device);

/** The secondary controller of a VF, or NULL. */
const struct nvme_secondary *nvme_vf_of(const struct nvme_device *device, size_t vf);

/** The namespaces of a VF. */
void nvme_wish_of(const struct nvme_device *device, size_t vf, struct nvme_wish *ret_wish);

/** Whether the primary controller has the namespace. */
bool nvme_is_shared(const struct nvme_device *device, uint32_t nsid);

/** Whether the host uses the block device of a namespace of the PF: mounted, part of an array,
 *  swap. 1 with its name, 0, or -errno. */
int nvme_in_use(struct viod_pf *pf, uint32_t nsid, char *ret_name, size_t size);

/* --- namespaces that viod made (own.c) ------------------------------------------------------- */

/** The namespace that viod created for a VF, and its size in bytes as the file requested it. False
 * if there is none, or if its number now belongs to another namespace. */
bool nvme_own(struct viod_pf *pf, const struct nvme_device *device, size_t vf, uint32_t *ret_nsid,
	      uint64_t *ret_bytes);

/** Create one, if there is none of this size yet. 0, -errno, or a status. */
int nvme_own_make(struct viod_pf *pf, const struct nvme_device *device, size_t vf, uint64_t bytes,
		  uint32_t *ret_nsid);

/** Delete it; it must not be attached to any controller. 0 also if there is none; otherwise as
 * above. */
int nvme_own_delete(struct viod_pf *pf, const struct nvme_device *device, size_t vf);

/** True if the only namespace of a VF has this size and is not attached to another controller. */
bool nvme_has_one_of(const struct nvme_device *device, size_t vf, uint64_t bytes);

/* --- ops ------------------------------------------------------------------------------------- */

int nvme_validate(struct viod_pf *pf, const struct viod_values *wanted);
int nvme_observe(struct viod_pf *pf, struct viod_values *state);
int nvme_complete(struct viod_pf *pf, const struct viod_values *state, struct viod_values *wanted);
/** Of complete(): no driver for VFs that it would wait for in vain. */
int nvme_complete_drivers(struct viod_pf *pf, const struct viod_values *state,
			  struct viod_values *wanted);
int nvme_plan(struct viod_pf *pf, const struct viod_values *state,
	      const struct viod_change *changes, size_t n_changes, struct viod_plan *plan);
int nvme_apply(struct viod_pf *pf, const struct viod_step *step);
int nvme_nodes(struct viod_pf *pf, int vf, struct viod_nodes *nodes);

#endif
