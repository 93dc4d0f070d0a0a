/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vGPUs: a VF (or a GPU) that is given one of the types its driver offers. Two ways exist. Mediated
 * devices, of the kernel's mdev, are made below a parent and have a UUID. NVIDIA's driver on newer
 * kernels makes the VF itself a vGPU, by a file of its own ("vendor VFIO"). In both the VF stays on
 * its driver.
 */
#ifndef GPU_PROFILE_H
#define GPU_PROFILE_H

#include "common/tree.h"

#define GPU_PROFILE_MAX 96
#define GPU_ID_MAX 48
#define GPU_UUID_MAX 37
#define GPU_TYPES_MAX 256

struct gpu_profile_pf {
	int64_t mdev_grace; /* seconds */
};

struct gpu_profile_vf {
	char profile[GPU_PROFILE_MAX]; /* a name, an id, or "none" */
	char uuid[GPU_UUID_MAX];
};

/** Places in gpu_rows. */
enum gpu_row { GPU_ROW_GRACE, GPU_ROW_PROFILE, GPU_ROW_UUID, GPU_ROW_LAST };
extern const struct viod_option gpu_rows[];

/* --- text (profile-text.c): pure ------------------------------------------------------------- */

struct gpu_type {
	char id[GPU_ID_MAX];	    /* "711", "nvidia-711" */
	char name[GPU_PROFILE_MAX]; /* "NVIDIA A16-2Q" */
	uint32_t framebuffer;	    /* MiB; 0: not known, or less than one GiB */
	int32_t available;	    /* -1: not told */
};

struct gpu_types {
	struct gpu_type items[GPU_TYPES_MAX];
	size_t count;
};

/** A line of creatable_vgpu_types: "711 : NVIDIA A16-2Q", or the two the other way round. -EINVAL
 *  for a heading or anything else. */
int gpu_catalogue_line(const char *line, struct gpu_type *ret_type);
/** All its lines; those that are none are passed over. */
void gpu_catalogue_parse(const char *text, struct gpu_types *types);

/** MiB: "A16-12Q" is 12 GiB; 0 where the name does not tell. */
uint32_t gpu_framebuffer_of_name(const char *name);
/** "…, framebuffer=2048M, …"; 0 where it is not there. */
uint32_t gpu_framebuffer_of_description(const char *text);
/** "A100-1-5C": such types need a MIG instance. */
bool gpu_is_mig(const char *name);

/** Add a type, or what is new about one of the same id. False where the table is full. */
bool gpu_types_add(struct gpu_types *types, const struct gpu_type *type);
/** By name, by id, or by the number at its end; NULL. */
const struct gpu_type *gpu_types_find(const struct gpu_types *types, const char *text);
/** The one whose name looks most like the text, or NULL. */
const struct gpu_type *gpu_types_nearest(const struct gpu_types *types, const char *text);
/** "NVIDIA A16-1Q (1024 MiB, 3 left), …", as much as fits. */
void gpu_types_list(const struct gpu_types *types, char *ret_text, size_t size);

/** "ID\tNAME\n…" and back, for the note about what was seen. */
void gpu_types_write(const struct gpu_types *types, char *ret_text, size_t size);
void gpu_types_read(const char *text, struct gpu_types *types);

/** Lower case, with dashes. -EINVAL. */
int gpu_uuid_parse(const char *text, char ret_uuid[static GPU_UUID_MAX]);
/** Always the same for the same machine and function (version 8). */
void gpu_uuid_stable(const char *machine, const char *address, char ret_uuid[static GPU_UUID_MAX]);

/* --- what is (profile-look.c) ---------------------------------------------------------------- */

enum gpu_mode { GPU_PLAIN, GPU_VENDOR, GPU_MDEV };

/** How a VF becomes a vGPU; ret_directory is the vendor's, relative to the VF. */
enum gpu_mode gpu_mode_of(struct viod_pf *pf, int vf, const char **ret_directory);

/** Add the types that a VF can be given now. */
void gpu_types_of(struct viod_pf *pf, int vf, struct gpu_types *types);

/** All types that the PF's VFs offer, or offered since viod has it: what is used up is not offered
 * any more. Looked at once in each job. */
const struct gpu_types *gpu_types_known(struct viod_pf *pf, unsigned vfs);

struct gpu_now {
	enum gpu_mode mode;
	char id[GPU_ID_MAX]; /* empty: none */
	char uuid[GPU_UUID_MAX];
};
/** -errno where it cannot be told. */
int gpu_look(struct viod_pf *pf, int vf, struct gpu_now *ret_now);

/** Call found() for each mdev of a VF; as gpu_glob(). */
int gpu_each_mdev(struct viod_pf *pf, int vf,
		  int (*found)(struct viod_pf *pf, const char *path, void *data), void *data);

/* --- ops ------------------------------------------------------------------------------------- */

/** Seconds that an mdev is left alone once it was made. Set by gpu_complete(). */
extern int64_t gpu_grace;
/** Of the clock that notes are written by. */
int64_t gpu_seconds(void);
/** The key of the note that viod made an mdev; its text is the second its grace ends. */
void gpu_mdev_note(const char *uuid, char ret_key[static 48]);

int gpu_validate(struct viod_pf *pf, const struct viod_values *wanted);
int gpu_observe(struct viod_pf *pf, struct viod_values *state);
int gpu_complete(struct viod_pf *pf, const struct viod_values *state, struct viod_values *wanted);
int gpu_plan(struct viod_pf *pf, const struct viod_values *state, const struct viod_change *changes,
	     size_t n_changes, struct viod_plan *plan);
int gpu_apply(struct viod_pf *pf, const struct viod_step *step);
/** The nodes of its mdevs' groups; those of the VF itself core finds. */
int gpu_nodes(struct viod_pf *pf, int vf, struct viod_nodes *nodes);
int gpu_holders(struct viod_pf *pf, int vf, struct viod_holders *holders);

/** What a step does; its data is a struct gpu_order. */
enum gpu_code { GPU_CLEAR, GPU_SET };
struct gpu_order {
	char profile[GPU_PROFILE_MAX];
	char uuid[GPU_UUID_MAX]; /* empty: the stable one */
};

/** The VF's own UUID where the file gives none. */
void gpu_uuid_of(struct viod_pf *pf, int vf, char ret_uuid[static GPU_UUID_MAX]);

#endif
