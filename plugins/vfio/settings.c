/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rows owner, group and mode, which apply only to functions on a VFIO driver. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "vfio.h"

/* --- what a file says ------------------------------------------------------------------------ */

static int check_mode(struct viod_pf *pf, const struct viod_values *wanted, int vf)
{
	const struct viod_option *row = vfio_row(vf, VFIO_ROW_MODE);
	const char *text = viod_get(wanted, vf, row);
	mode_t mode;

	if (!text || vfio_parse_mode(text, &mode) == 0)
		return 0;
	viod_error(pf, wanted, vf, row, "mode '%.16s' is no octal mode; write 0600, 0660 or 0666",
		   text);
	return -EINVAL;
}

int vfio_validate(struct viod_pf *pf, const struct viod_values *wanted)
{
	int r = 0;

	for (int vf = VIOD_PF; vf < (int)viod_vf_count(wanted); vf++)
		r |= check_mode(pf, wanted, vf);
	return r ? -EINVAL : 0;
}

static const struct viod_driver *driver_of(const struct viod_values *values, int vf)
{
	const struct viod_option *row = viod_option_of(values, vf, "driver");

	return row && vf < (int)viod_vf_count(values) ? viod_get(values, vf, row) : NULL;
}

/* True if a file requests the driver; a restored baseline must not get more keys than it had.
 */
static bool is_asked_for(const struct viod_values *wanted, int vf)
{
	const struct viod_option *row = viod_option_of(wanted, vf, "driver");

	return row && viod_where(wanted, vf, row)->file;
}

static void put_text(struct viod_values *values, int vf, enum vfio_row row, const char *text)
{
	char field[64] = "";

	snprintf(field, sizeof(field), "%s", text);
	viod_put(values, vf, vfio_row(vf, row), field);
}

static int refuse_name(struct viod_pf *pf, const struct viod_values *wanted, int vf,
		       enum vfio_row row, const char *name)
{
	const struct viod_option *option = vfio_row(vf, row);
	const struct viod_where *where = viod_where(wanted, vf, option);
	bool user = row == VFIO_ROW_OWNER;

	/* A group of a baseline may have been deleted since: then the node decides. */
	if (!where->file)
		return 0;
	viod_error(pf, wanted, vf, option,
		   "this machine has no %s '%s'; make it with '%s --system %s', or write a number",
		   user ? "user" : "group", name, user ? "useradd" : "groupadd", name);
	return -EINVAL;
}

/* The name if there is one, as in the state. */
static int complete_owner(struct viod_pf *pf, struct viod_values *wanted, int vf)
{
	const char *text = viod_get(wanted, vf, vfio_row(vf, VFIO_ROW_OWNER));
	char name[64];
	uid_t id;

	if (!text)
		return 0;
	if (vfio_find_user(text, &id) < 0)
		return refuse_name(pf, wanted, vf, VFIO_ROW_OWNER, text);
	vfio_name_user(id, name, sizeof(name));
	put_text(wanted, vf, VFIO_ROW_OWNER, name);
	return 0;
}

static int complete_group(struct viod_pf *pf, struct viod_values *wanted, int vf)
{
	const char *text = viod_get(wanted, vf, vfio_row(vf, VFIO_ROW_GROUP));
	char name[64];
	gid_t id;

	if (!text)
		return 0;
	if (vfio_find_group(text, &id) < 0)
		return refuse_name(pf, wanted, vf, VFIO_ROW_GROUP, text);
	vfio_name_group(id, name, sizeof(name));
	put_text(wanted, vf, VFIO_ROW_GROUP, name);
	return 0;
}

static void complete_mode(struct viod_values *wanted, int vf)
{
	const char *text = viod_get(wanted, vf, vfio_row(vf, VFIO_ROW_MODE));
	char digits[8];
	mode_t mode;

	if (!text || vfio_parse_mode(text, &mode) < 0)
		return;
	snprintf(digits, sizeof(digits), "%04o", (unsigned)mode);
	put_text(wanted, vf, VFIO_ROW_MODE, digits);
}

static void fill_in(struct viod_values *wanted, int vf)
{
	static const char *const fallback[VFIO_NODE_ROWS_] = { "root", "root", "0600" };

	for (enum vfio_row row = 0; row < VFIO_NODE_ROWS_; row++)
		if (!viod_get(wanted, vf, vfio_row(vf, row)))
			put_text(wanted, vf, row, fallback[row]);
}

static int complete_function(struct viod_pf *pf, const struct viod_values *state,
			     struct viod_values *wanted, int vf)
{
	const struct viod_driver *driver = driver_of(wanted, vf);
	const struct viod_driver *now = driver ? driver : driver_of(state, vf);
	int r;

	if (!now || !viod_is_vfio_driver(now->name)) {
		for (enum vfio_row row = 0; row < VFIO_NODE_ROWS_; row++)
			viod_forget(wanted, vf, vfio_row(vf, row));
		return 0;
	}
	if (driver && is_asked_for(wanted, vf))
		fill_in(wanted, vf);
	complete_mode(wanted, vf);
	r = complete_owner(pf, wanted, vf);
	return complete_group(pf, wanted, vf) < 0 ? -EINVAL : r;
}

/* The VFs of a device that user space uses as a whole would belong to the same user.
 */
static int check_whole(struct viod_pf *pf, const struct viod_values *state,
		       const struct viod_values *wanted)
{
	const struct viod_driver *driver = driver_of(wanted, VIOD_PF);
	const struct viod_option *row = viod_option_of(wanted, VIOD_PF, "vfs");
	const int64_t *count = row ? viod_get(wanted, VIOD_PF, row) : NULL;

	if (!driver || !viod_is_vfio_driver(driver->name) || !is_asked_for(wanted, VIOD_PF))
		return 0;
	if (!count && row)
		count = viod_get(state, VIOD_PF, row);
	if (!count || *count == 0)
		return 0;
	viod_report(
		pf, VIOD_ERROR, VIOD_PF, NULL,
		viod_where(wanted, VIOD_PF, viod_option_of(wanted, VIOD_PF, "driver")), 0,
		"a device on a VFIO driver cannot have VFs for other users, and %s %lld; write 'vfs = 0', or 'driver = vfio' for its VFs",
		viod_get(wanted, VIOD_PF, row) ? "the file wants" : "this one has",
		(long long)*count);
	return -EINVAL;
}

int vfio_complete(struct viod_pf *pf, const struct viod_values *state, struct viod_values *wanted)
{
	int r = check_whole(pf, state, wanted);

	for (int vf = VIOD_PF; vf < (int)viod_vf_count(wanted); vf++)
		if (complete_function(pf, state, wanted, vf) < 0)
			r = -EINVAL;
	for (int vf = 0; vf < (int)viod_vf_count(wanted); vf++)
		if (vfio_check_owner(pf, wanted, vf) < 0)
			r = -EINVAL;
	return r < 0 ? r : vfio_companions_complete(pf, wanted);
}

/* --- what is --------------------------------------------------------------------------------- */

/* If two nodes of a function differ, there is no single value. */
static void observe_row(struct viod_values *state, int vf, enum vfio_row row, const char *first,
			const char *other)
{
	if (strcmp(first, other) == 0)
		put_text(state, vf, row, first);
}

static void observe_function(struct viod_pf *pf, struct viod_values *state, int vf)
{
	struct vfio_node node, last;
	struct vfio_nodes nodes;

	vfio_nodes_find(pf, vf, &nodes);
	if (!nodes.count || !vfio_node_read(pf, nodes.paths[0], &node) ||
	    !vfio_node_read(pf, nodes.paths[nodes.count - 1], &last))
		return;
	observe_row(state, vf, VFIO_ROW_OWNER, node.owner, last.owner);
	observe_row(state, vf, VFIO_ROW_GROUP, node.group, last.group);
	observe_row(state, vf, VFIO_ROW_MODE, node.mode, last.mode);
}

int vfio_observe(struct viod_pf *pf, struct viod_values *state)
{
	for (int vf = VIOD_PF; vf < (int)viod_vf_count(state); vf++)
		observe_function(pf, state, vf);
	return vfio_companions_observe(pf, state);
}

/* --- steps ----------------------------------------------------------------------------------- */

static void merge_change(const struct viod_change *change, struct vfio_node *node, char *text,
			 size_t size)
{
	char *fields[] = { node->owner, node->group, node->mode };
	const size_t sizes[] = { sizeof(node->owner), sizeof(node->group), sizeof(node->mode) };
	size_t used = strlen(text);

	for (enum vfio_row row = 0; row < VFIO_NODE_ROWS_; row++)
		if (change->option == vfio_row(change->vf, row))
			snprintf(fields[row], sizes[row], "%s", (const char *)change->wanted);
	snprintf(text + used, size - used, "%s %s %s", used ? "," : "", change->option->key,
		 (const char *)change->wanted);
}

/* Owner, group and mode of a node are set by one step. */
int vfio_plan(struct viod_pf *pf, const struct viod_values *state,
	      const struct viod_change *changes, size_t n_changes, struct viod_plan *plan)
{
	for (size_t i = 0; i < n_changes;) {
		struct vfio_node node = { 0 };
		struct viod_step step = {
			.code = VFIO_STEP_NODE,
			.phase = VIOD_PHASE_SETTLE,
			.vf = changes[i].vf,
			.where = changes[i].where,
			.change = &changes[i],
			.data = &node,
			.size = sizeof(node),
		};
		char text[160] = "", vf[16] = "";
		int r;

		if (changes[i].option == &vfio_options[VFIO_ROW_COMPANION_DRIVERS]) {
			r = vfio_companions_plan(&changes[i++], plan);
			if (r < 0)
				return r;
			continue;
		}
		for (; i < n_changes && changes[i].vf == step.vf &&
		       changes[i].option != &vfio_options[VFIO_ROW_COMPANION_DRIVERS];
		     i++)
			merge_change(&changes[i], &node, text, sizeof(text));
		if (step.vf != VIOD_PF)
			snprintf(vf, sizeof(vf), "vf%d.", step.vf);
		snprintf(step.text, sizeof(step.text), "%snode:%s", vf, text);
		r = viod_step_add(plan, &step);
		if (r < 0)
			return r;
	}
	return 0;
}

/* An open descriptor keeps what its process was allowed. Only where the node belonged to a user or
 * group of a file: a new node belongs to root, and a search reads all of /proc. */
static void warn_if_open(struct viod_pf *pf, const struct viod_step *step, const char *path,
			 const struct vfio_node *before)
{
	struct viod_holder holder;
	struct viod_node node = { 0 };
	struct stat status;
	char full[64], text[256];

	if (strcmp(before->owner, "root") == 0 && strcmp(before->group, "root") == 0)
		return;
	snprintf(full, sizeof(full), "/dev/vfio/%s", path);
	if (viod_stat_at(pf, VIOD_TREE_DEV, full + strlen("/dev"), &status) < 0)
		return;
	node.path = full;
	node.device = status.st_rdev;
	if (viod_node_user(pf, &node, &holder) != 1)
		return;
	viod_holder_text(&holder, text, sizeof(text));
	viod_report(pf, VIOD_WARNING, step->vf, NULL, &step->where, 0,
		    "the node belongs to user %s and group %s no longer, but is still open: %s",
		    before->owner, before->group, text);
}

static int write_node(struct viod_pf *pf, const struct viod_step *step, const char *path)
{
	const struct vfio_node *wanted = step->data;
	struct vfio_node before;
	bool had = vfio_node_read(pf, path, &before);
	int r = vfio_node_write(pf, path, wanted);

	if (r == 0 && had &&
	    ((wanted->owner[0] && strcmp(wanted->owner, before.owner) != 0) ||
	     (wanted->group[0] && strcmp(wanted->group, before.group) != 0)))
		warn_if_open(pf, step, path, &before);
	return r;
}

int vfio_apply(struct viod_pf *pf, const struct viod_step *step)
{
	const struct viod_function *function = viod_function(pf, step->vf);
	struct vfio_nodes nodes;
	int r = 0;

	if (step->code == VFIO_STEP_COMPANIONS)
		return vfio_companions_apply(pf, step);
	if (!function || !viod_is_vfio_driver(function->driver))
		return 0;
	vfio_nodes_find(pf, step->vf, &nodes);
	if (!nodes.count) {
		viod_report(pf, VIOD_ERROR, step->vf, NULL, &step->where, 0,
			    "%s is bound to %s, but has no node in /dev/vfio; is devtmpfs "
			    "mounted on /dev?",
			    function->address, function->driver);
		return -ENOENT;
	}
	for (size_t i = 0; i < nodes.count && r == 0; i++)
		r = write_node(pf, step, nodes.paths[i]);
	return r;
}
