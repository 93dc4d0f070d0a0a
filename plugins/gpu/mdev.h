/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Mediated devices that a file requests without naming a VF: a number of each type, each created on
 * the parent that has the fewest. A parent is any function with mdev_supported_types, including the
 * PF. Their UUIDs are derived from machine, PF, type and number, which also identifies them; a note
 * allows viod to remove one that it created.
 */
#ifndef GPU_MDEV_H
#define GPU_MDEV_H

#include "profile.h"

/* --- text (mdev-text.c): pure ---------------------------------------------------------------- */

#define GPU_BATCHES_MAX 16
#define GPU_MDEVS_OF_TYPE 256

/** A number of mdevs of one type; batches are sorted by the type's name. */
struct gpu_batch {
	char profile[GPU_PROFILE_MAX];
	unsigned count;
};
struct gpu_batches {
	struct gpu_batch items[GPU_BATCHES_MAX];
	size_t count;
};

/** "2 x NAME, NAME", or "none". -EINVAL, -ERANGE, -E2BIG. */
int gpu_batches_parse(const char *text, struct gpu_batches *ret_batches);
/** And back; the rest of the text is zero. -EMSGSIZE. */
int gpu_batches_format(const struct gpu_batches *batches, char ret_text[static GPU_MDEVS_TEXT]);
/** Add to the number of a type. -ERANGE, -E2BIG. */
int gpu_batches_add(struct gpu_batches *batches, const char *profile, unsigned count);
/** How many of a type. */
unsigned gpu_batches_count(const struct gpu_batches *batches, const char *profile);
/** True if others has at least as many of each type. */
bool gpu_batches_within(const struct gpu_batches *batches, const struct gpu_batches *others);

/* --- UUIDs and numbers (mdev-number.c) -------------------------------------------------------- */

/** One mdev, on any parent. */
struct gpu_mdev {
	int vf;		     /* its parent; VIOD_PF */
	const char *path;    /* of its directory below /sys */
	const char *uuid;    /* lower case */
	char id[GPU_ID_MAX]; /* of its type */
	int number;	     /* its number among those of [pf] of its type; -1: not one of those */
};

/** Call found() for each mdev of the PF and of its existing VFs; ends at the first
 *  result that is not 0, which is returned. */
int gpu_mdevs_each(struct viod_pf *pf,
		   int (*found)(struct viod_pf *pf, const struct gpu_mdev *mdev, void *data),
		   void *data);
/** The number of an mdev of [pf], by its type and UUID; -1 for any other mdev. */
int gpu_mdev_number(struct viod_pf *pf, const char *id, const char *uuid);
/** What to report where there is no UUID. */
#define GPU_NO_UUID "the UUID of an mdev is derived from /etc/machine-id, which cannot be used"

/** The UUID of the one with this number. 0, or -errno where there is no usable machine-id. */
int gpu_mdev_uuid(struct viod_pf *pf, const char *id, unsigned number,
		  char ret_uuid[static GPU_UUID_MAX]);

/** The same of a VF's own mdev where the file gives none. */
int gpu_uuid_of(struct viod_pf *pf, int vf, char ret_uuid[static GPU_UUID_MAX]);

/* --- observe (mdev-look.c) -------------------------------------------------------------------- */

/** The row "mdevs", and the facts about types and mdevs. */
int gpu_mdevs_observe(struct viod_pf *pf, struct viod_values *state, const struct gpu_types *types);

/* --- ops (mdev-plan.c, mdev-apply.c) --------------------------------------------------------- */

int gpu_mdevs_validate(struct viod_pf *pf, const struct viod_values *wanted);
int gpu_mdevs_complete(struct viod_pf *pf, struct viod_values *wanted,
		       const struct gpu_types *types);
/** @clear: the step that removes; otherwise the one that creates. */
int gpu_mdevs_plan(const struct viod_change *change, bool clear, struct viod_plan *plan);
int gpu_mdevs_clear(struct viod_pf *pf, const struct viod_step *step);
int gpu_mdevs_place(struct viod_pf *pf, const struct viod_step *step);

#endif
