/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vGPUs: a VF (or a GPU) with one of the types that its driver offers. There are two interfaces.
 * Mediated devices of the kernel are created below a parent and have a UUID. With NVIDIA's driver
 * on newer kernels the VF itself becomes a vGPU, by a file of the driver ("vendor VFIO"). With both
 * the VF stays bound to its driver.
 */
#ifndef GPU_PROFILE_H
#define GPU_PROFILE_H

#include "common/tree.h"

#define GPU_PROFILE_MAX 96
#define GPU_ID_MAX 48
#define GPU_UUID_MAX 37
#define GPU_TYPES_MAX 256
#define GPU_MDEVS_TEXT 512

struct gpu_profile_pf {
	int64_t mdev_grace;	    /* seconds */
	char mdevs[GPU_MDEVS_TEXT]; /* "2 x NAME, 1 x NAME", or "none"; see mdev.h */
};

struct gpu_profile_vf {
	char profile[GPU_PROFILE_MAX]; /* a name, an id, or "none" */
	char uuid[GPU_UUID_MAX];
};

/** Places in gpu_rows. */
enum gpu_row { GPU_ROW_GRACE, GPU_ROW_MDEVS, GPU_ROW_PROFILE, GPU_ROW_UUID, GPU_ROW_LAST };
extern const struct viod_option gpu_rows[];

/* --- text (profile-text.c): pure ------------------------------------------------------------- */

struct gpu_type {
	char id[GPU_ID_MAX];	    /* "711", "nvidia-711" */
	char name[GPU_PROFILE_MAX]; /* "NVIDIA A16-2Q" */
	uint32_t framebuffer;	    /* MiB; 0: not known, or less than one GiB */
	int32_t available;	    /* how many more at most; -1: not reported */
	int32_t most;		    /* on a whole GPU; 0: not reported */
};

struct gpu_types {
	struct gpu_type items[GPU_TYPES_MAX];
	size_t count;
};

/** A line of creatable_vgpu_types: "711 : NVIDIA A16-2Q", or both parts in reverse order. -EINVAL
 * for a heading or anything else. */
int gpu_catalogue_line(const char *line, struct gpu_type *ret_type);
/** All its lines; lines that are not valid are ignored. @available: how many more of each type the
 * function with this catalogue can have; -1: not reported. */
void gpu_catalogue_parse(const char *text, int32_t available, struct gpu_types *types);

/** MiB: "A16-12Q" is 12 GiB; 0 if the name does not contain it. */
uint32_t gpu_framebuffer_of_name(const char *name);
/** "…, framebuffer=2048M, …"; 0 if it is missing. */
uint32_t gpu_framebuffer_of_description(const char *text);
/** "…, max_instance=8"; 0 if it is missing. */
int32_t gpu_most_of_description(const char *text);
/** "A100-1-5C": such types need a MIG instance. */
bool gpu_is_mig(const char *name);

/** Add a type, or update the one of the same id. False if the table is full. */
bool gpu_types_add(struct gpu_types *types, const struct gpu_type *type);
/** By name, by id, or by the number at its end; NULL. */
const struct gpu_type *gpu_types_find(const struct gpu_types *types, const char *text);
/** The type with the name nearest to the text, or NULL. */
const struct gpu_type *gpu_types_nearest(const struct gpu_types *types, const char *text);
/** "NVIDIA A16-1Q (1024 MiB, 3 left), …", as much as fits. */
void gpu_types_list(const struct gpu_types *types, char *ret_text, size_t size);

/** Types as "ID\tNAME\n…" and back, for the note about known types. */
void gpu_types_write(const struct gpu_types *types, char *ret_text, size_t size);
void gpu_types_read(const char *text, struct gpu_types *types);

/** Lower case, with dashes. -EINVAL. */
int gpu_uuid_parse(const char *text, char ret_uuid[static GPU_UUID_MAX]);
/** So many bytes as a UUID of version 8, of which 122 bits are theirs. */
void gpu_uuid_format(const uint8_t bytes[static 16], char ret_uuid[static GPU_UUID_MAX]);

/* --- what is kept for a job (viod_scratch) ---------------------------------------------------- */

#define GPU_VFS_MAX 65536

struct gpu_memory {
	unsigned char reserved[GPU_VFS_MAX / 8]; /* by VF: gpu_mdev_reserve() */
	int64_t grace;				 /* seconds; valid if has_grace */
	bool has_grace, has_types;
	unsigned types_vfs; /* VFs whose types were read */
	struct gpu_types types;
};

/** All zero at first. NULL without memory. */
static inline struct gpu_memory *gpu_memory(struct viod_pf *pf)
{
	return viod_scratch(pf, sizeof(struct gpu_memory));
}

/* --- functions (function.c) ------------------------------------------------------------------- */

enum gpu_mode { GPU_PLAIN, GPU_VENDOR, GPU_MDEV };

/** How a VF, or the PF, becomes a vGPU; ret_directory is the vendor's, relative to the function. */
enum gpu_mode gpu_mode_of(struct viod_pf *pf, int vf, const char **ret_directory);

/** Call found() for each mdev of a function; as gpu_glob(). */
int gpu_each_mdev(struct viod_pf *pf, int vf,
		  int (*found)(struct viod_pf *pf, const char *path, void *data), void *data);

/** A VF with a profile of its own gets no mdev of [pf]. Set by gpu_complete(). Where that is not
 * known for lack of memory, a VF counts as reserved. */
bool gpu_mdev_reserved(struct viod_pf *pf, int vf);
/** 0 or -ENOMEM. */
int gpu_mdev_reserve(struct viod_pf *pf, int vf, bool reserved);

/* --- types and vGPUs (profile-look.c) --------------------------------------------------------- */

/** Add the types that a function can have now. */
void gpu_types_of(struct viod_pf *pf, int vf, struct gpu_types *types);

/** True if the function's driver offers this type now. */
bool gpu_offered(struct viod_pf *pf, int vf, const char *id);

/** All types that the PF and its VFs offer, or have offered since viod manages the PF: a type that
 *  is used up is no longer offered. Read once, until forgotten or until there are more VFs. None
 *  without memory. */
const struct gpu_types *gpu_types_known(struct viod_pf *pf, unsigned vfs);
void gpu_types_forget(struct viod_pf *pf);
/** The same, recorded in a note before any of them is used up. @vf: a VF that exists. */
const struct gpu_types *gpu_learn(struct viod_pf *pf, int vf);

struct gpu_now {
	enum gpu_mode mode;
	char id[GPU_ID_MAX]; /* empty: none */
	char uuid[GPU_UUID_MAX];
};
/** The vGPU that a VF is; mdevs of [pf] do not count. -errno where it cannot be read. */
int gpu_look(struct viod_pf *pf, int vf, struct gpu_now *ret_now);

/* --- one mdev (mdev-one.c) -------------------------------------------------------------------- */

/** The time by the clock that notes use. */
int64_t gpu_seconds(void);
/** True if viod created this mdev, and not another program one with the UUID of an earlier one.
 *  ret_end: the second at which its grace ends. */
bool gpu_mdev_is_own(struct viod_pf *pf, const char *path, const char *uuid, int64_t *ret_end);
/** "/dev/vfio/N"; -ENOENT where it has no group. */
int gpu_mdev_node(struct viod_pf *pf, const char *path, char *ret_name, size_t size);
/** Create one, with a note that it is viod's. -EEXIST: the UUID is in use. */
int gpu_mdev_make(struct viod_pf *pf, int vf, const struct gpu_type *type, const char *uuid);
/** Remove one, and its note. */
int gpu_mdev_remove(struct viod_pf *pf, const char *path, const char *uuid);

/* --- quarantine (quarantine.c) ---------------------------------------------------------------- */

/** True if this profile failed so often on this VF that it is not tried again. ret_times may be
 *  NULL. */
bool gpu_is_quarantined(struct viod_pf *pf, int vf, const char *profile, unsigned *ret_times);
/** Count a failure, or forget all of them after a success. */
void gpu_note_outcome(struct viod_pf *pf, int vf, const char *profile, bool failed);

/* --- users of an mdev (profile-holders.c) ----------------------------------------------------- */

/** 1: in use, younger than its grace, or not viod's; 0: free; -errno: unknown. */
int gpu_mdev_user(struct viod_pf *pf, const char *path, struct viod_holder *ret_holder);

/* --- why not (profile-explain.c) ------------------------------------------------------------- */

/** No type has this name; reports it with the nearest one. -EINVAL. */
int gpu_refuse_type(struct viod_pf *pf, int vf, const struct viod_option *row,
		    const struct viod_where *where, const struct gpu_types *types,
		    const char *profile);
/** Report the probable reason for the error of a driver that refused a type. Returns -error. */
int gpu_explain(struct viod_pf *pf, int vf, const struct viod_option *row,
		const struct viod_where *where, const struct gpu_types *types,
		const struct gpu_type *type, int error);
#define GPU_ACCELERATOR \
	"a processing accelerator (PCI class 12); 'kind = dev' serves those without vGPUs"
/** Advice for a processing accelerator that is not a GPU, as the end of a message. */
const char *gpu_hint(struct viod_pf *pf);

/* --- ops -------------------------------------------------------------------------------------- */

int gpu_validate(struct viod_pf *pf, const struct viod_values *wanted);
int gpu_observe(struct viod_pf *pf, struct viod_values *state);
int gpu_complete(struct viod_pf *pf, const struct viod_values *state, struct viod_values *wanted);
int gpu_plan(struct viod_pf *pf, const struct viod_values *state, const struct viod_change *changes,
	     size_t n_changes, struct viod_plan *plan);
int gpu_apply(struct viod_pf *pf, const struct viod_step *step);
/** The nodes of its mdevs' groups; core finds those of the VF itself. */
int gpu_nodes(struct viod_pf *pf, int vf, struct viod_nodes *nodes);
int gpu_holders(struct viod_pf *pf, int vf, struct viod_holders *holders);

/** What a step does; its data is a struct gpu_order, or for the last two the text of "mdevs". */
enum gpu_code { GPU_CLEAR, GPU_SET, GPU_MDEVS_CLEAR, GPU_MDEVS_PLACE };
struct gpu_order {
	char profile[GPU_PROFILE_MAX];
	char uuid[GPU_UUID_MAX]; /* empty: the stable one */
};

/** What gpu_apply() calls for GPU_CLEAR and GPU_SET; the size of the step's data was checked. */
int gpu_profile_clear(struct viod_pf *pf, const struct viod_step *step);
int gpu_profile_set(struct viod_pf *pf, const struct viod_step *step);

#endif
