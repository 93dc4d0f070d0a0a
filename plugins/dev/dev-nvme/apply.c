/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One command for each step, whose result is read back. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "nvme.h"

static int refuse(struct viod_pf *pf, const struct viod_step *step, int status)
{
	int r = nvme_status_errno(status);

	viod_report(pf, VIOD_ERROR, step->vf, step->change ? step->change->option : NULL,
		    &step->where, 0, "%s: %s", step->text, nvme_status_text(status));
	return r;
}

/* --- queues and interrupts ------------------------------------------------------------------- */

static int set_resource(struct viod_pf *pf, const struct viod_step *step,
			struct nvme_device *device, const struct nvme_secondary *secondary,
			enum nvme_resource resource)
{
	const struct nvme_order *order = step->data;
	uint16_t now = resource == NVME_QUEUES ? secondary->queues : secondary->interrupts;
	int r;

	if (now == order->value)
		return 0;
	r = nvme_virtualize(device, secondary->controller, NVME_ASSIGN, resource,
			    (uint16_t)order->value);
	return r == 0 ? 0 : refuse(pf, step, r);
}

/* --- online ---------------------------------------------------------------------------------- */

/* Two systems that write to one disk destroy its contents. */
static int refuse_shared(struct viod_pf *pf, const struct viod_step *step,
			 const struct nvme_device *device, const struct nvme_wish *wish)
{
	char name[32] = "";

	for (size_t i = 0; i < wish->n_nsids; i++) {
		int r;

		if (!nvme_is_shared(device, wish->nsids[i]))
			continue;
		r = nvme_in_use(pf, wish->nsids[i], name, sizeof(name));
		if (r == 0)
			continue;
		viod_report(
			pf, VIOD_ERROR, step->vf, &nvme_rows[NVME_ROW_NAMESPACES], &step->where,
			r < 0 ? -r : 0,
			"namespace %" PRIu32
			" is the host's own /dev/%s, which %s; give the VF another namespace, or release this one on the host",
			wish->nsids[i], name,
			r < 0 ? "may be mounted (its use cannot be determined)"
			      : "is mounted or in use");
		return r < 0 ? r : -EBUSY;
	}
	return 0;
}

static int set_online(struct viod_pf *pf, const struct viod_step *step, struct nvme_device *device,
		      const struct nvme_secondary *secondary)
{
	const struct nvme_order *order = step->data;
	struct nvme_wish wish;
	int r = 0;

	if (secondary->online == (order->value != 0))
		return 0;
	nvme_wish_of(device, order->vf, &wish);
	if (order->value)
		r = refuse_shared(pf, step, device, &wish);
	if (r < 0)
		return r;
	r = nvme_virtualize(device, secondary->controller,
			    order->value ? NVME_ONLINE : NVME_OFFLINE, NVME_QUEUES, 0);
	return r == 0 ? 0 : refuse(pf, step, r);
}

/* --- namespaces ------------------------------------------------------------------------------ */

static bool has(const struct nvme_wish *wish, uint32_t nsid)
{
	for (size_t i = 0; i < wish->n_nsids; i++)
		if (wish->nsids[i] == nsid)
			return true;
	return false;
}

static void drop(struct nvme_wish *wish, uint32_t nsid)
{
	size_t kept = 0;

	for (size_t i = 0; i < wish->n_nsids; i++)
		if (wish->nsids[i] != nsid)
			wish->nsids[kept++] = wish->nsids[i];
	wish->n_nsids = kept;
}

static int change_attachment(struct viod_pf *pf, const struct viod_step *step,
			     const struct nvme_device *device,
			     const struct nvme_secondary *secondary, uint32_t nsid, bool attach)
{
	int r = nvme_attach(device, nsid, secondary->controller, attach);

	if (r == 0)
		return 0;
	viod_report(pf, VIOD_ERROR, step->vf, &nvme_rows[NVME_ROW_NAMESPACES], &step->where, 0,
		    "namespace %" PRIu32 " cannot be %s VF %" PRIu32 ": %s", nsid,
		    attach ? "attached to" : "detached from",
		    ((const struct nvme_order *)step->data)->vf, nvme_status_text(r));
	return nvme_status_errno(r);
}

/* Delete the namespace that viod created for the VF if it is no longer wanted, and create one if it
 * is. On return now and wanted contain the namespaces that remain to be detached and attached. */
static int renew_own(struct viod_pf *pf, const struct viod_step *step, struct nvme_device *device,
		     const struct nvme_secondary *secondary, struct nvme_wish *now,
		     struct nvme_wish *wanted)
{
	uint32_t vf = ((const struct nvme_order *)step->data)->vf, nsid;
	uint64_t bytes;
	int r = 0;

	if (nvme_own(pf, device, vf, &nsid, &bytes) && bytes != wanted->create &&
	    !has(wanted, nsid)) {
		if (has(now, nsid))
			r = change_attachment(pf, step, device, secondary, nsid, false);
		drop(now, nsid);
		if (r == 0) {
			r = nvme_own_delete(pf, device, vf);
			if (r != 0)
				return refuse(pf, step, r);
		}
	}
	if (r < 0 || !wanted->create)
		return r;
	r = nvme_own_make(pf, device, vf, wanted->create, &nsid);
	if (r != 0)
		return refuse(pf, step, r);
	wanted->nsids[0] = nsid;
	wanted->n_nsids = 1;
	return 0;
}

static int set_namespaces(struct viod_pf *pf, const struct viod_step *step,
			  struct nvme_device *device, const struct nvme_secondary *secondary)
{
	const struct nvme_order *order = step->data;
	struct nvme_wish now, wanted;
	int r;

	r = nvme_wish_parse(order->namespaces, &wanted);
	if (r < 0)
		return r;
	nvme_wish_of(device, order->vf, &now);
	r = renew_own(pf, step, device, secondary, &now, &wanted);
	if (r == 0)
		r = refuse_shared(pf, step, device, &wanted);
	for (size_t i = 0; i < now.n_nsids && r == 0; i++)
		if (!has(&wanted, now.nsids[i]))
			r = change_attachment(pf, step, device, secondary, now.nsids[i], false);
	for (size_t i = 0; i < wanted.n_nsids && r == 0; i++)
		if (!has(&now, wanted.nsids[i]))
			r = change_attachment(pf, step, device, secondary, wanted.nsids[i], true);
	return r;
}

/* --- apply ----------------------------------------------------------------------------------- */

static int carry_out(struct viod_pf *pf, const struct viod_step *step, struct nvme_device *device,
		     const struct nvme_secondary *secondary)
{
	switch ((enum nvme_code)step->code) {
	case NVME_SET_QUEUES:
		return set_resource(pf, step, device, secondary, NVME_QUEUES);
	case NVME_SET_INTERRUPTS:
		return set_resource(pf, step, device, secondary, NVME_INTERRUPTS);
	case NVME_SET_NAMESPACES:
		return set_namespaces(pf, step, device, secondary);
	case NVME_SET_ONLINE:
		return set_online(pf, step, device, secondary);
	}
	return -EINVAL;
}

int nvme_apply(struct viod_pf *pf, const struct viod_step *step)
{
	const struct nvme_order *order = step->data;
	const struct nvme_secondary *secondary;
	struct nvme_device device;
	int r;

	if (step->size != sizeof(*order))
		return -EINVAL;
	if (step->code == NVME_SET_QUEUES || step->code == NVME_SET_INTERRUPTS)
		r = nvme_look_at_vfs(pf, &device);
	else
		r = nvme_look(pf, &device);
	if (r < 0)
		return r;
	secondary = nvme_vf_of(&device, order->vf);
	if (!secondary) {
		viod_report(pf, VIOD_ERROR, step->vf, NULL, &step->where, 0,
			    "the NVMe controller has no secondary controller for VF %" PRIu32,
			    order->vf);
		r = -ENODEV;
	} else {
		r = carry_out(pf, step, &device, secondary);
	}
	nvme_device_clear(&device);
	return r;
}
