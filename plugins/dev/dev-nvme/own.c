/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Namespaces that viod created. A controller has no names for them, and reuses their numbers: a
 * note identifies those of viod by their NGUID. It is written before one is created and after, so
 * that it is found again after an interruption.
 *
 *	"made NSID NGUID BYTES"
 *	"making BYTES NSID,NSID,..."	the namespaces that were there before
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nvme.h"

#define GUID_TEXT_SIZE 33

static void note_key(size_t vf, char *ret_key, size_t size)
{
	snprintf(ret_key, size, "vf%zu", vf);
}

static bool has_nsid(const struct nvme_device *device, uint32_t nsid)
{
	for (size_t i = 0; i < device->n_nsids; i++)
		if (device->nsids[i] == nsid)
			return true;
	return false;
}

static int ask(const struct nvme_device *device, uint32_t nsid, struct nvme_namespace *ret)
{
	uint8_t data[NVME_IDENTIFY_SIZE];
	int r;

	r = nvme_identify(device, NVME_CNS_ALLOCATED_NAMESPACE, nsid, 0, data);
	return r != 0 ? nvme_status_errno(r) : nvme_parse_namespace(data, sizeof(data), ret);
}

static void guid_text(const uint8_t guid[16], char ret_text[static GUID_TEXT_SIZE])
{
	for (size_t i = 0; i < 16; i++)
		snprintf(ret_text + i * 2, 3, "%02x", guid[i]);
}

/* The number of controllers that it is attached to; unknown counts as many. */
static int owners(const struct nvme_device *device, uint32_t nsid)
{
	uint16_t controllers[NVME_CONTROLLERS_MAX];
	uint8_t data[NVME_IDENTIFY_SIZE];
	int r;

	if (nvme_identify(device, NVME_CNS_ATTACHED_CONTROLLERS, nsid, 0, data) != 0)
		return NVME_CONTROLLERS_MAX;
	r = nvme_parse_controllers(data, sizeof(data), controllers);
	return r < 0 ? NVME_CONTROLLERS_MAX : r;
}

static bool is_of_size(const struct nvme_namespace *namespace, uint64_t bytes)
{
	return namespace->block_size &&
	       namespace->blocks == (bytes - 1) / namespace->block_size + 1;
}

/* --- one that was being made ----------------------------------------------------------------- */

static bool is_listed(const char *list, uint32_t nsid)
{
	for (const char *at = list; at && *at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL)
		if (strtoul(at, NULL, 10) == nsid)
			return true;
	return false;
}

/* The one that was created since the note was written, of that size, and attached to no controller.
 */
static bool find_made(const struct nvme_device *device, const char *before, uint64_t bytes,
		      uint32_t *ret_nsid)
{
	struct nvme_namespace namespace;

	for (size_t i = 0; i < device->n_nsids; i++) {
		uint32_t nsid = device->nsids[i];

		if (is_listed(before, nsid) || ask(device, nsid, &namespace) < 0 ||
		    namespace.shared || !is_of_size(&namespace, bytes) || owners(device, nsid) > 0)
			continue;
		*ret_nsid = nsid;
		return true;
	}
	return false;
}

static int note_making(struct viod_pf *pf, const struct nvme_device *device, size_t vf,
		       uint64_t bytes)
{
	size_t size = 64 + device->n_nsids * 12, used;
	char key[32], *text = malloc(size);
	int r;

	if (!text)
		return -ENOMEM;
	used = (size_t)snprintf(text, size, "making %" PRIu64 " ", bytes);
	for (size_t i = 0; i < device->n_nsids; i++)
		used += (size_t)snprintf(text + used, size - used, "%s%" PRIu32, i ? "," : "",
					 device->nsids[i]);
	note_key(vf, key, sizeof(key));
	r = viod_note(pf, key, text);
	free(text);
	return r;
}

/* --- one that was made ----------------------------------------------------------------------- */

static int note_made(struct viod_pf *pf, const struct nvme_device *device, size_t vf, uint32_t nsid,
		     uint64_t bytes)
{
	char key[32], guid[GUID_TEXT_SIZE], text[128];
	struct nvme_namespace namespace;
	int r;

	r = ask(device, nsid, &namespace);
	if (r < 0)
		return r;
	guid_text(namespace.guid, guid);
	snprintf(text, sizeof(text), "made %" PRIu32 " %s %" PRIu64, nsid, guid, bytes);
	note_key(vf, key, sizeof(key));
	return viod_note(pf, key, text);
}

static bool is_still_ours(const struct nvme_device *device, uint32_t nsid, const char *guid)
{
	char now[GUID_TEXT_SIZE];
	struct nvme_namespace namespace;

	if (!has_nsid(device, nsid) || ask(device, nsid, &namespace) < 0)
		return false;
	guid_text(namespace.guid, now);
	return strcmp(now, guid) == 0;
}

bool nvme_own(struct viod_pf *pf, const struct nvme_device *device, size_t vf, uint32_t *ret_nsid,
	      uint64_t *ret_bytes)
{
	size_t size = 64 + ((size_t)NVME_NAMESPACES_MAX + device->n_nsids) * 12;
	char key[32], guid[GUID_TEXT_SIZE], *text = malloc(size);
	bool found = false;
	int before = 0;

	note_key(vf, key, sizeof(key));
	if (text && viod_noted(pf, key, text, size) == 0) {
		if (sscanf(text, "made %" SCNu32 " %32s %" SCNu64, ret_nsid, guid, ret_bytes) == 3)
			found = is_still_ours(device, *ret_nsid, guid);
		else if (sscanf(text, "making %" SCNu64 " %n", ret_bytes, &before) == 1 && before &&
			 *ret_bytes)
			found = find_made(device, text + before, *ret_bytes, ret_nsid);
	}
	free(text);
	return found;
}

bool nvme_has_one_of(const struct nvme_device *device, size_t vf, uint64_t bytes)
{
	struct nvme_namespace namespace;
	struct nvme_wish has;

	nvme_wish_of(device, vf, &has);
	return has.n_nsids == 1 && ask(device, has.nsids[0], &namespace) == 0 &&
	       !namespace.shared && is_of_size(&namespace, bytes) &&
	       owners(device, has.nsids[0]) == 1;
}

/* --- make and delete ------------------------------------------------------------------------- */

static int make(const struct nvme_device *device, uint64_t bytes, uint32_t *ret_nsid)
{
	uint8_t data[NVME_IDENTIFY_SIZE];
	uint32_t block_size;
	int r, format;

	r = nvme_identify(device, NVME_CNS_NAMESPACE, UINT32_MAX, 0, data);
	if (r != 0)
		return r;
	format = nvme_parse_best_format(data, sizeof(data), &block_size);
	if (format < 0)
		return format;
	return nvme_create(device, (bytes - 1) / block_size + 1, (unsigned)format, ret_nsid);
}

int nvme_own_make(struct viod_pf *pf, const struct nvme_device *device, size_t vf, uint64_t bytes,
		  uint32_t *ret_nsid)
{
	uint64_t now;
	int r = 0;

	if (!nvme_own(pf, device, vf, ret_nsid, &now) || now != bytes) {
		r = note_making(pf, device, vf, bytes);
		if (r == 0)
			r = make(device, bytes, ret_nsid);
	}
	return r != 0 ? r : note_made(pf, device, vf, *ret_nsid, bytes);
}

int nvme_own_delete(struct viod_pf *pf, const struct nvme_device *device, size_t vf)
{
	uint32_t nsid;
	uint64_t bytes;
	char key[32];
	int r;

	if (!nvme_own(pf, device, vf, &nsid, &bytes))
		return 0;
	/* It was attached to another controller meanwhile: it is in use, and is not deleted. */
	r = owners(device, nsid) > 0 ? -EBUSY : nvme_delete(device, nsid);
	note_key(vf, key, sizeof(key));
	return r != 0 ? r : viod_note(pf, key, NULL);
}
