/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Answers of the kernel about a device, a region or an IOMMU: a fixed struct, followed by a chain
 * of capabilities. Neither offsets nor sizes in them are trusted. */
#ifndef VIOD_VFIO_CAPS_H
#define VIOD_VFIO_CAPS_H

#include <stdbool.h>

#include "error.h"

/** An answer: size bytes that were filled, of which the first fixed are the struct. */
struct vfio_answer {
	void *data;
	size_t size, fixed;
	uint32_t first; /* offset of the first capability; 0 = none */
};

/** One capability: the data after its header. The size extends to the next one, or to the end. */
struct vfio_cap {
	uint16_t id, version;
	const uint8_t *data;
	size_t size;
	uint32_t next; /* offset of the next one; 0 = none */
};

/** Read the capability at an offset, 0 included; 1, 0 at the end of the chain, -EPROTO where it
 *  points outside the answer or backwards. */
int vfio_cap_at(const struct vfio_answer *answer, uint32_t offset, struct vfio_cap *ret_cap);

/** Whether the whole chain is sound; 0 or -EPROTO. */
int vfio_caps_check(const struct vfio_answer *answer);

/** Find a capability by its id, of any version; 0 or -ENOENT (also behind a defect). */
int vfio_cap_find(const struct vfio_answer *answer, uint16_t id, struct vfio_cap *ret_cap);

/** Where the struct of an answer describes its capabilities. */
struct vfio_answer_shape {
	const char *call;
	unsigned long request;
	size_t fixed;
	size_t cap_offset;  /* where the offset of the first capability stands */
	uint32_t caps_flag; /* of the flags, which are the second word of all of these structs */
};

/** Query a descriptor, and repeat the query with a larger buffer as long as the answer needs it.
 *
 *  request: the struct, fixed bytes, with its input fields set; its first word will be the size.
 *  what: the object of the query, for errors.
 *  ret_answer: the caller frees its data. Chain and struct are as the kernel gave them; the chain
 * has been checked.
 *
 *  Errors: -EPROTO the chain is broken, or the size never settles or is absurd; -ENOMEM; those of
 * the ioctl. */
int vfio_ask(int fd, const struct vfio_answer_shape *shape, const void *request, const char *what,
	     struct vfio_answer *ret_answer, struct viod_vfio_error *error);

#endif
