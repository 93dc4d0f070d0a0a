/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "identify.h"

#include <errno.h>
#include <string.h>

/* Offsets are from the specification's figure of each structure. */

static uint16_t get16(const uint8_t *data, size_t offset)
{
	return (uint16_t)(data[offset] | data[offset + 1] << 8);
}

static uint32_t get32(const uint8_t *data, size_t offset)
{
	return get16(data, offset) | (uint32_t)get16(data, offset + 2) << 16;
}

static uint64_t get64(const uint8_t *data, size_t offset)
{
	return get32(data, offset) | (uint64_t)get32(data, offset + 4) << 32;
}

int nvme_parse_controller(const uint8_t *data, size_t size, struct nvme_controller *ret)
{
	uint16_t commands;

	if (size < 258)
		return -EBADMSG;
	commands = get16(data, 256);
	ret->namespace_management = commands & (1 << 3);
	ret->virtualization = commands & (1 << 7);
	return 0;
}

static int parse_pool(const uint8_t *data, bool flexible, struct nvme_pool *ret)
{
	struct nvme_pool pool = {
		.flexible = flexible,
		.total = get32(data, 0),
		.assigned = get32(data, 4),
		.primary = get16(data, 8),
		.most = get16(data, 12),
	};

	if (flexible && (pool.assigned > pool.total || pool.primary > pool.total - pool.assigned))
		return -EBADMSG;
	*ret = flexible ? pool : (struct nvme_pool){ 0 };
	return 0;
}

int nvme_parse_primary(const uint8_t *data, size_t size, struct nvme_primary *ret)
{
	struct nvme_primary primary;
	int r;

	if (size < 80)
		return -EBADMSG;
	primary.controller = get16(data, 0);
	r = parse_pool(data + 32, data[4] & 1, &primary.queues);
	if (r == 0)
		r = parse_pool(data + 64, data[4] & 2, &primary.interrupts);
	if (r == 0)
		*ret = primary;
	return r;
}

int nvme_parse_secondaries(const uint8_t *data, size_t size, struct nvme_secondary *ret)
{
	size_t count;

	if (size < 32)
		return -EBADMSG;
	count = data[0];
	if (count > NVME_SECONDARIES_MAX || size < 32 + count * 32)
		return -EBADMSG;
	for (size_t i = 0; i < count; i++) {
		const uint8_t *entry = data + 32 + i * 32;

		ret[i] = (struct nvme_secondary){
			.controller = get16(entry, 0),
			.online = entry[4] & 1,
			.vf = get16(entry, 8),
			.queues = get16(entry, 10),
			.interrupts = get16(entry, 12),
		};
	}
	return (int)count;
}

int nvme_parse_controllers(const uint8_t *data, size_t size, uint16_t *ret)
{
	size_t count;

	if (size < 2)
		return -EBADMSG;
	count = get16(data, 0);
	if (count > NVME_CONTROLLERS_MAX || size < 2 + count * 2)
		return -EBADMSG;
	for (size_t i = 0; i < count; i++)
		ret[i] = get16(data, 2 + i * 2);
	return (int)count;
}

int nvme_parse_namespaces(const uint8_t *data, size_t size, uint32_t *ret)
{
	uint32_t before = 0;
	int count = 0;

	for (size_t offset = 0; offset + 4 <= size && count < NVME_NAMESPACES_MAX; offset += 4) {
		uint32_t nsid = get32(data, offset);

		if (nsid == 0)
			break;
		/* The next query starts above the last entry, so the entries must be ascending. */
		if (nsid <= before)
			return -EBADMSG;
		ret[count++] = before = nsid;
	}
	return count;
}

int nvme_parse_namespace(const uint8_t *data, size_t size, struct nvme_namespace *ret)
{
	struct nvme_namespace namespace = { 0 };
	unsigned format, shift;

	if (size < 128 + 64 * 4)
		return -EBADMSG;
	/* Bits 5 and 6 are the upper ones if a namespace has more than 16 formats. */
	format = (data[26] & 0xfu) | (data[26] & 0x60u) >> 1;
	shift = data[128 + format * 4 + 2];
	namespace.blocks = get64(data, 0);
	namespace.block_size = shift >= 9 && shift < 32 ? 1u << shift : 0;
	namespace.shared = data[30] & 1;
	memcpy(namespace.guid, data + 104, sizeof(namespace.guid));
	*ret = namespace;
	return 0;
}

int nvme_parse_best_format(const uint8_t *data, size_t size, uint32_t *ret_block_size)
{
	int best = -EBADMSG, best_performance = 4;

	if (size < 128 + 64 * 4 || data[25] > 63)
		return -EBADMSG;
	for (int i = 0; i <= data[25]; i++) {
		const uint8_t *format = data + 128 + i * 4;
		int performance = format[3] & 3; /* 0 is the best */

		if (get16(format, 0) != 0 || format[2] < 9 || format[2] > 31 ||
		    performance >= best_performance)
			continue;
		best = i;
		best_performance = performance;
		*ret_block_size = 1u << format[2];
	}
	return best;
}
