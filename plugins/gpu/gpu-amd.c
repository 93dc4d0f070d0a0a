/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* AMD GPUs with the host driver GIM, which creates VFs only when it is loaded, as many as its
 * parameter vf_num requests for each GPU. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/tree.h"

/* vf_num is a list with a number for each GPU, in the order of their addresses. */
struct line {
	const char *address;
	int64_t count;
	char text[256];
};

static int add_gpu(struct viod_pf *pf, const char *path, void *data)
{
	struct line *line = data;
	const char *address = strrchr(path, '/') + 1;
	char file[GPU_PATH_MAX], now[16] = "1";
	size_t used = strlen(line->text);

	if (strcmp(address, line->address) == 0)
		snprintf(now, sizeof(now), "%" PRId64, line->count);
	else if (snprintf(file, sizeof(file), "%s/sriov_numvfs", path) >= (int)sizeof(file) ||
		 viod_read_at(pf, VIOD_TREE_SYS, file, now, sizeof(now)) < 0)
		return 0;
	snprintf(line->text + used, sizeof(line->text) - used, "%s%s", used ? "," : "", now);
	return 0;
}

static int complete(struct viod_pf *pf, const struct viod_values *state, struct viod_values *wanted)
{
	const struct viod_option *row = viod_option_of(wanted, VIOD_PF, "vfs");
	const int64_t *vfs = row ? viod_get(wanted, VIOD_PF, row) : NULL;
	const struct viod_function *self = viod_function(pf, VIOD_PF);
	struct line line = { 0 };

	if (!vfs || *vfs < 0 || !self || !viod_where(wanted, VIOD_PF, row)->file ||
	    *vfs == (int64_t)viod_vf_count(state))
		return 0;
	line.address = self->address;
	line.count = *vfs;
	(void)gpu_glob(pf, "bus/pci/drivers/gim/*:*:*.*", add_gpu, &line);
	viod_report(
		pf, VIOD_ERROR, VIOD_PF, row, viod_where(wanted, VIOD_PF, row), 0,
		"the GIM driver creates VFs only when it is loaded, and created %u; with the line "
		"'options gim vf_num=%s' in /etc/modprobe.d/gim.conf it creates %" PRId64
		" the next time",
		viod_vf_count(state), *line.text ? line.text : "COUNT", *vfs);
	return -EPERM;
}

static const struct viod_ops ops = { .size = sizeof(ops), .complete = complete };

static const struct viod_match match[] = {
	VIOD_MATCH_DRIVER("gim"),
	{ 0 },
};

static const struct viod_quirk quirk = {
	.size = sizeof(quirk),
	.flags = VIOD_QUIRK_COUNT_READ_ONLY,
};

VIOD_PLUGIN_DEFINE(.role = VIOD_ROLE_QUIRK, .name = "gpu-amd", .kind = "gpu", .version = "1",
		   .summary = "AMD GPUs with the GIM driver", .ops = &ops, .match = match,
		   .quirk = &quirk);
