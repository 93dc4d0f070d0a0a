/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "caps.h"

#include <errno.h>
#include <linux/vfio.h>
#include <stdlib.h>
#include <string.h>

#include "system.h"

#define ANSWER_MAX 65536u
#define TRIES_MAX 8

/* The kernel builds chains from the front to the back. Requiring that a link points forward
 * guarantees the end of a walk, and limits the size of a capability. */
int vfio_cap_at(const struct vfio_answer *answer, uint32_t offset, struct vfio_cap *ret_cap)
{
	struct vfio_info_cap_header header;
	size_t behind, end = answer->size;

	if (offset == 0)
		return 0;
	if (offset < answer->fixed || offset > answer->size ||
	    answer->size - offset < sizeof(header))
		return -EPROTO;
	memcpy(&header, (const uint8_t *)answer->data + offset, sizeof(header));
	behind = offset + sizeof(header);
	if (header.next) {
		if (header.next < behind || header.next > answer->size)
			return -EPROTO;
		end = header.next;
	}
	*ret_cap = (struct vfio_cap){
		.id = header.id,
		.version = header.version,
		.data = (const uint8_t *)answer->data + behind,
		.size = end - behind,
		.next = header.next,
	};
	return 1;
}

int vfio_caps_check(const struct vfio_answer *answer)
{
	struct vfio_cap cap = { .next = answer->first };
	int r;

	do
		r = vfio_cap_at(answer, cap.next, &cap);
	while (r > 0);
	return r;
}

int vfio_cap_find(const struct vfio_answer *answer, uint16_t id, struct vfio_cap *ret_cap)
{
	struct vfio_cap cap = { .next = answer->first };

	while (vfio_cap_at(answer, cap.next, &cap) > 0)
		if (cap.id == id) {
			*ret_cap = cap;
			return 0;
		}
	return -ENOENT;
}

/* Offset of the first capability, as far as the answer has it. */
static uint32_t first_capability(const struct vfio_answer_shape *shape, const uint32_t *words)
{
	if (!(words[1] & shape->caps_flag) || words[0] < shape->cap_offset + sizeof(uint32_t))
		return 0;
	return words[shape->cap_offset / sizeof(uint32_t)];
}

int vfio_ask(int fd, const struct vfio_answer_shape *shape, const void *request, const char *what,
	     struct vfio_answer *ret_answer, struct viod_vfio_error *error)
{
	uint32_t room = (uint32_t)shape->fixed;
	int r;

	for (unsigned i = 0; i < TRIES_MAX; i++) {
		struct vfio_answer answer = { .fixed = shape->fixed };
		uint32_t *words = calloc(1, room);

		if (!words)
			return vfio_no_memory(error);
		memcpy(words, request, shape->fixed);
		words[0] = room;
		r = vfio_system.ioctl(fd, shape->request, words);
		if (r < 0) {
			free(words);
			return vfio_call_failed(error, r, shape->call, "%s", what);
		}
		/* More than fits: the rest of the answer is missing. */
		if (words[0] > room) {
			room = words[0];
			free(words);
			if (room > ANSWER_MAX)
				return vfio_contradiction(error, shape->call,
							  "%s: its size is absurd", what);
			continue;
		}
		answer.data = words;
		/* An older kernel reports a shorter struct; the rest is zero. */
		answer.size = words[0] < shape->fixed ? shape->fixed : words[0];
		answer.first = first_capability(shape, words);
		if (vfio_caps_check(&answer) < 0) {
			free(words);
			return vfio_contradiction(error, shape->call,
						  "%s: its chain of capabilities is broken", what);
		}
		*ret_answer = answer;
		return 0;
	}
	return vfio_contradiction(error, shape->call, "%s: its size never settles", what);
}
