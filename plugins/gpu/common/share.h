/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Shares of the time and memory of an Intel GPU. The place of the driver's files differs between
 * releases; it is detected (share-files.c), not derived from a version.
 */
#ifndef GPU_SHARE_H
#define GPU_SHARE_H

#include "tree.h"

enum gpu_share {
	GPU_EXEC_QUANTUM,    /* milliseconds */
	GPU_PREEMPT_TIMEOUT, /* microseconds */
	GPU_PRIORITY,	     /* enum gpu_priority */
	GPU_VRAM,	     /* bytes; for the PF: its reserve */
	GPU_SHARES,
};

enum gpu_priority { GPU_LOW, GPU_NORMAL, GPU_HIGH };

/** Both of the PF and of a VF. */
struct gpu_shares {
	int64_t exec_quantum, preempt_timeout, priority;
	uint64_t vram;
	bool auto_provisioning; /* of the PF */
};

/** Places in gpu_share_rows: PF and VF have the same, in the order of enum gpu_share. */
enum gpu_share_row {
	GPU_ROW_PF = 0,
	GPU_ROW_VF = GPU_SHARES,
	GPU_ROW_AUTO = 2 * GPU_SHARES,
	GPU_ROW_END,
};
extern const struct viod_option gpu_share_rows[];
extern const struct viod_ops gpu_share_ops;
extern const struct viod_advice gpu_share_advice[];

/** Where a layout begins. */
enum gpu_share_base {
	GPU_BASE_FUNCTION, /* the PF's directory */
	GPU_BASE_DEBUGFS,  /* debugfs of its DRM device, by address or by minor */
	GPU_BASE_CARD,	   /* its drm/cardN */
};

/** A place of the files of drivers. Tables end with a NULL name. */
struct gpu_share_layout {
	const char *name; /* for messages */
	enum gpu_share_base base;
	/* Directories of a function below the base: '%' is "pf" or "vf1" (VF 0), tiles and GTs are
	 * wildcards. */
	const char *directories[3];
	const char *files[GPU_SHARES];
	const char *spare;   /* of the PF: its reserve of memory; NULL */
	const char *all;     /* directory whose files set all functions at once, or NULL */
	const char *restore; /* file that enables automatic provisioning when written 1 */
	bool by_hand;	     /* any write ends automatic provisioning */
};

/** Defined by each plugin: the possible places of its driver's files, best first. */
extern const struct gpu_share_layout gpu_share_layouts[];

/** The layout that was found, and its base. */
struct gpu_share_place {
	const struct gpu_share_layout *layout;
	char base[GPU_PATH_MAX];
};

/** -ENOENT if there is none. */
int gpu_share_find(struct viod_pf *pf, struct gpu_share_place *ret_place);

/** True if a function has the share, and if it can be written. */
bool gpu_share_has(struct viod_pf *pf, const struct gpu_share_place *place, int vf,
		   enum gpu_share share);
bool gpu_share_can_set(struct viod_pf *pf, const struct gpu_share_place *place, int vf,
		       enum gpu_share share);

/** Read and write one; on several tiles memory is the sum, and is split evenly. 0, or -errno:
 *  -ENOENT where the function has none, -EUCLEAN where tiles differ in anything else. */
int gpu_share_get(struct viod_pf *pf, const struct gpu_share_place *place, int vf,
		  enum gpu_share share, uint64_t *ret_value);
int gpu_share_set(struct viod_pf *pf, const struct gpu_share_place *place, int vf,
		  enum gpu_share share, uint64_t value);

/** Set the priority of all VFs, but not of the PF. */
int gpu_share_set_all_priorities(struct viod_pf *pf, const struct gpu_share_place *place,
				 enum gpu_priority priority);

/** Whether no VF from vfs on has a share, and enabling automatic provisioning again. */
int gpu_share_is_auto(struct viod_pf *pf, const struct gpu_share_place *place, unsigned vfs,
		      bool *ret_auto);
int gpu_share_restore(struct viod_pf *pf, const struct gpu_share_place *place);

/* --- text (share-text.c) --------------------------------------------------------------------- */

/** The words for enum gpu_priority. */
extern const struct viod_name gpu_priorities[];

/** "[low] normal high", "normal", or a number. -EINVAL. */
int gpu_priority_parse(const char *text, uint64_t *ret_priority);
/** A number of decimal digits, and nothing else. -EINVAL, -ERANGE. */
int gpu_number_parse(const char *text, uint64_t *ret_number);

/* --- ops ------------------------------------------------------------------------------------- */

int gpu_share_observe(struct viod_pf *pf, struct viod_values *state);
int gpu_share_validate(struct viod_pf *pf, const struct viod_values *wanted);
int gpu_share_complete(struct viod_pf *pf, const struct viod_values *state,
		       struct viod_values *wanted);
int gpu_share_plan(struct viod_pf *pf, const struct viod_values *state,
		   const struct viod_change *changes, size_t n_changes, struct viod_plan *plan);
int gpu_share_apply(struct viod_pf *pf, const struct viod_step *step);

#endif
