/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Answers of Identify (NVM Express Base Specification, "Identify command") about virtualization and
 * namespaces. Pure: bytes of a device in, values out; no value of a device causes an access outside
 * its buffer.
 */
#ifndef DEV_NVME_IDENTIFY_H
#define DEV_NVME_IDENTIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NVME_IDENTIFY_SIZE 4096

/** Values of CNS. */
enum nvme_cns {
	NVME_CNS_NAMESPACE = 0x00, /* of NSID ffffffffh: the properties of a new one */
	NVME_CNS_CONTROLLER = 0x01,
	NVME_CNS_ALLOCATED_NAMESPACES = 0x10, /* NSIDs of the subsystem above the one given */
	NVME_CNS_ALLOCATED_NAMESPACE = 0x11,  /* one of them, attached to any controller */
	NVME_CNS_ATTACHED_CONTROLLERS = 0x12, /* the controllers that one of them is attached to */
	NVME_CNS_PRIMARY = 0x14,	      /* Primary Controller Capabilities */
	NVME_CNS_SECONDARIES = 0x15,	      /* Secondary Controller List */
};

/** Queues, or interrupts, that the primary controller can assign. */
struct nvme_pool {
	bool flexible;	   /* this controller supports them */
	uint32_t total;	   /* for the primary and the secondaries together */
	uint32_t assigned; /* to secondaries */
	uint16_t primary;  /* to the primary itself */
	uint16_t most;	   /* maximum of one secondary */
};

struct nvme_primary {
	uint16_t controller;
	struct nvme_pool queues, interrupts;
};

struct nvme_secondary {
	uint16_t controller;
	uint16_t vf; /* VF number, from 1; 0: no VF */
	bool online;
	uint16_t queues, interrupts;
};

/** One list has no more entries than these. */
#define NVME_SECONDARIES_MAX 127
#define NVME_CONTROLLERS_MAX 2047
#define NVME_NAMESPACES_MAX 1024

struct nvme_controller {
	bool namespace_management, virtualization; /* optional admin commands */
};

struct nvme_namespace {
	uint64_t blocks;
	uint32_t block_size; /* bytes; 0 if the format is invalid */
	bool shared;	     /* may be attached to more than one controller */
	uint8_t guid[16];    /* NGUID; all zero if it has none */
};

/* -EBADMSG if the bytes are too few for the structure, or inconsistent. */
int nvme_parse_controller(const uint8_t *data, size_t size, struct nvme_controller *ret);
int nvme_parse_primary(const uint8_t *data, size_t size, struct nvme_primary *ret);
int nvme_parse_namespace(const uint8_t *data, size_t size, struct nvme_namespace *ret);

/** The LBA format for a new namespace: the fastest one without metadata, or the first of these.
 * Returns its index, with the block size in bytes; or -EBADMSG. */
int nvme_parse_best_format(const uint8_t *data, size_t size, uint32_t *ret_block_size);

/** Into NVME_SECONDARIES_MAX entries. How many, or -EBADMSG. */
int nvme_parse_secondaries(const uint8_t *data, size_t size, struct nvme_secondary *ret);

/** Into NVME_CONTROLLERS_MAX identifiers. How many, or -EBADMSG. */
int nvme_parse_controllers(const uint8_t *data, size_t size, uint16_t *ret);

/** Into NVME_NAMESPACES_MAX identifiers, ascending. How many, or -EBADMSG. */
int nvme_parse_namespaces(const uint8_t *data, size_t size, uint32_t *ret);

#endif
