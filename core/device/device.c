/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "device/device.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "device/processes.h"
#include "loader/quirk-match.h"
#include "model/value.h"

/* 0 for an attribute that the device does not have, or not as PCI devices have it. */
static int read_id(int directory, const char *attribute, uint16_t *ret_id)
{
	uint64_t id = 0;
	int r = sysfs_read_number(directory, attribute, 0xffff, &id);

	*ret_id = (uint16_t)id;
	return r == -ENOENT || r == -EBADMSG ? 0 : r;
}

/* Read what can change while a job runs; all else is fixed as long as the device exists. The IOMMU
 * group is fixed, too, except for VFIO without an IOMMU, where the driver creates it. */
static int refresh_function(struct device_function *f, int sys)
{
	char path[160], group[16], driver[VIOD_NAME_MAX];
	bool bound;
	int r;

	snprintf(path, sizeof(path), "%s/driver", f->directory);
	r = sysfs_link_name(sys, path, driver, sizeof(driver));
	/* A link that cannot be read now does not mean that there is no driver. */
	if (r < 0 && r != -ENOENT && r != -ENODEV)
		return r;
	bound = r == 0;
	if (f->known && streq(bound ? driver : NULL, f->function.driver))
		return 0;
	f->known = true;
	if (bound)
		memcpy(f->driver, driver, sizeof(driver));
	f->function.driver = bound ? f->driver : NULL;
	snprintf(path, sizeof(path), "%s/iommu_group", f->directory);
	r = sysfs_link_name(sys, path, group, sizeof(group));
	if (r < 0 && r != -ENOENT) {
		f->known = false;
		return r;
	}
	f->function.iommu_group = r < 0 ? -1 : (int)strtol(group, NULL, 10);
	return 0;
}

/* VFs of a PF usually have the same modalias, so the values parsed for one are copied. */
static bool copy_identity(struct device_function *f, const struct device_function *alike)
{
	if (!alike || !*f->modalias || !streq(alike->modalias, f->modalias))
		return false;
	f->function.vendor = alike->function.vendor;
	f->function.device = alike->function.device;
	f->function.subvendor = alike->function.subvendor;
	f->function.subdevice = alike->function.subdevice;
	f->function.class_code = alike->function.class_code;
	return true;
}

static int read_ids(struct viod_function *function, int sys)
{
	_cleanup_close_ int directory =
		openat(sys, function->directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	uint64_t class_code = 0;
	int r;

	if (directory < 0)
		return -errno;
	r = sysfs_read_number(directory, "class", 0xffffff, &class_code);
	function->class_code = (uint32_t)class_code;
	r = r == -ENOENT || r == -EBADMSG ? 0 : r;
	if (r == 0)
		r = read_id(directory, "vendor", &function->vendor);
	if (r == 0)
		r = read_id(directory, "device", &function->device);
	if (r == 0)
		r = read_id(directory, "subsystem_vendor", &function->subvendor);
	return r < 0 ? r : read_id(directory, "subsystem_device", &function->subdevice);
}

/* The modalias holds the whole identity of a device in one file. alike: a function that may have
 * the same, or NULL. */
static int read_identity(struct device_function *f, int sys, const struct device_function *alike)
{
	unsigned vendor, device, subvendor, subdevice, base, sub, interface;
	char path[160];
	int r;

	snprintf(path, sizeof(path), "%s/modalias", f->directory);
	r = sysfs_read(sys, path, f->modalias, sizeof(f->modalias));
	if (r < 0 && r != -ENOENT)
		return r;
	if (r < 0)
		f->modalias[0] = '\0';
	if (copy_identity(f, alike))
		return 0;
	if (sscanf(f->modalias, "pci:v%8xd%8xsv%8xsd%8xbc%2xsc%2xi%2x", &vendor, &device,
		   &subvendor, &subdevice, &base, &sub, &interface) == 7) {
		f->function.vendor = (uint16_t)vendor;
		f->function.device = (uint16_t)device;
		f->function.subvendor = (uint16_t)subvendor;
		f->function.subdevice = (uint16_t)subdevice;
		f->function.class_code = base << 16 | sub << 8 | interface;
		return 0;
	}
	return read_ids(&f->function, sys);
}

static int fill_function(struct device_function *f, int sys, const char *bus, const char *address,
			 const struct device_function *alike)
{
	int n, r;

	if (copy_text(f->address, sizeof(f->address), address) < 0)
		return -ENAMETOOLONG;
	n = snprintf(f->directory, sizeof(f->directory), "bus/%s/devices/%s", bus, address);
	if (n < 0 || (size_t)n >= sizeof(f->directory))
		return -ENAMETOOLONG;
	f->function = (struct viod_function){ .address = f->address,
					      .directory = f->directory,
					      .iommu_group = -1 };
	r = read_identity(f, sys, alike);
	if (r < 0)
		return r;
	f->known = false;
	return refresh_function(f, sys);
}

/* Each function points into its own slot, and the array may move when it grows. */
static void repoint(struct viod_pf *pf)
{
	for (size_t i = 0; i < pf->n_vfs; i++) {
		struct device_function *f = &pf->vfs[i];

		f->function.address = f->address;
		f->function.directory = f->directory;
		f->function.driver = f->function.driver ? f->driver : NULL;
	}
}

static int count_vfs(struct viod_pf *pf, int directory)
{
	uint64_t count;
	int r;

	r = sysfs_read_number(directory, "sriov_numvfs", VIOD_VF_MAX, &count);
	if (r < 0)
		return r;
	pf->vfs = calloc(count + 1, sizeof(*pf->vfs));
	if (!pf->vfs)
		return -ENOMEM;
	pf->n_vfs = count;
	return 0;
}

const char *device_path(const struct viod_pf *pf, int vf)
{
	const struct device_function *f;

	if (vf != VIOD_PF && (vf < 0 || (size_t)vf >= pf->n_vfs))
		return NULL;
	f = vf == VIOD_PF ? &pf->self : &pf->vfs[vf];
	return pf->present && f->directory[0] ? f->directory : NULL;
}

/* A VF that is removed meanwhile keeps its slot, because indices must not shift. */
static int add_vf(struct viod_pf *pf, const char *address)
{
	struct device_function *f = array_append((void **)&pf->vfs, &pf->n_vfs, sizeof(*pf->vfs));
	int r;

	if (!f)
		return -ENOMEM;
	r = fill_function(f, pf->roots->trees[VIOD_TREE_SYS], "pci", address,
			  pf->n_vfs > 1 ? f - 1 : NULL);
	f->look = pf->look;
	return r == -ENOENT || r == -ENODEV ? 0 : r;
}

int device_scan_vfs(struct viod_pf *pf)
{
	const char *path = device_path(pf, VIOD_PF);
	int sys = pf->roots->trees[VIOD_TREE_SYS];
	char link[32], address[DEVICE_NAME_MAX];
	_cleanup_close_ int directory = -1;
	int r = 0;

	free(pf->vfs);
	pf->vfs = NULL;
	pf->n_vfs = 0;
	if (!path)
		return -ENODEV;
	directory = openat(sys, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (directory < 0)
		return -errno;
	if (!pf->vfs_are_devices)
		return count_vfs(pf, directory);
	for (unsigned i = 0; r == 0 && i <= VIOD_VF_MAX; i++) {
		snprintf(link, sizeof(link), "virtfn%u", i);
		r = sysfs_link_name(directory, link, address, sizeof(address));
		if (r == 0)
			r = add_vf(pf, address);
		else if (r == -ENOENT)
			break;
	}
	repoint(pf);
	return r == -ENOENT ? 0 : r;
}

int device_recall_vfs(struct viod_pf *pf, const char *const *addresses, size_t count)
{
	struct device_function *vfs = calloc(count + 1, sizeof(*vfs));

	if (!vfs)
		return -ENOMEM;
	free(pf->vfs);
	pf->vfs = vfs;
	pf->n_vfs = count;
	for (size_t i = 0; i < count; i++)
		if (addresses[i])
			(void)fill_function(&vfs[i], pf->roots->trees[VIOD_TREE_SYS], "pci",
					    addresses[i], NULL);
	repoint(pf);
	return 0;
}

struct device_function *device_slot(struct viod_pf *pf, int vf)
{
	if (vf != VIOD_PF && (vf < 0 || (size_t)vf >= pf->n_vfs))
		return NULL;
	return vf == VIOD_PF ? &pf->self : &pf->vfs[vf];
}

static const struct viod_function *read_function(struct viod_pf *pf, int vf, bool again)
{
	struct device_function *f = device_slot(pf, vf);

	if (!f || !f->directory[0])
		return NULL;
	if (!again && f->known && f->look == pf->look)
		return &f->function;
	if (refresh_function(f, pf->roots->trees[VIOD_TREE_SYS]) == 0)
		f->look = pf->look;
	return &f->function;
}

const struct viod_function *device_function(struct viod_pf *pf, int vf)
{
	return read_function(pf, vf, !pf->looking);
}

const struct viod_function *device_known(struct viod_pf *pf, int vf)
{
	return read_function(pf, vf, false);
}

uint64_t device_identity(struct viod_pf *pf, int vf)
{
	struct device_function *f = device_slot(pf, vf);
	struct stat status;

	if (f && !f->identity && f->directory[0] &&
	    fstatat(pf->roots->trees[VIOD_TREE_SYS], f->directory, &status, 0) == 0)
		f->identity = status.st_ino;
	return f ? f->identity : 0;
}

void device_look_again(struct viod_pf *pf)
{
	pf->look++;
}

bool device_concerns(const struct viod_pf *pf, const struct viod_plugin *plugin)
{
	return plugin->role != VIOD_ROLE_QUIRK || plugin == pf->quirk_plugin;
}

static bool is_in_schema(const struct viod_pf *pf, const struct viod_plugin *plugin)
{
	for (size_t i = 0; pf->schema && i < pf->schema->n_plugins; i++)
		if (pf->schema->plugins[i] == plugin)
			return true;
	return false;
}

static bool is_guard(const struct viod_plugin *plugin)
{
	return plugin->ops && (plugin->ops->nodes || plugin->ops->holders);
}

const struct viod_plugin **device_guards(const struct viod_pf *pf)
{
	size_t n = pf->schema ? pf->schema->n_plugins : 0, count = 0;
	const struct viod_plugin **guards = calloc(n + pf->loader->n_plugins + 1, sizeof(*guards));

	for (size_t i = 0; guards && i < n; i++)
		if (is_guard(pf->schema->plugins[i]))
			guards[count++] = pf->schema->plugins[i];
	for (size_t i = 0; guards && i < pf->loader->n_plugins; i++)
		if (is_guard(pf->loader->plugins[i].plugin) &&
		    !is_in_schema(pf, pf->loader->plugins[i].plugin))
			guards[count++] = pf->loader->plugins[i].plugin;
	return guards;
}

bool device_guarded_by(const struct viod_pf *pf, int vf, const struct viod_plugin *plugin)
{
	const struct device_function *f = vf == VIOD_PF ? &pf->self : &pf->vfs[vf];

	if (!f->directory[0])
		return false;
	if (plugin->role == VIOD_ROLE_DRIVER)
		return true;
	if (is_in_schema(pf, plugin))
		return device_concerns(pf, plugin);
	return plugin->match && quirk_score(plugin->match, &f->function) >= 0;
}

int device_choose_quirk(struct viod_pf *pf)
{
	const struct viod_quirk *quirk;
	int r;

	r = quirk_best(pf->schema->plugins, pf->schema->n_plugins, VIOD_ROLE_QUIRK,
		       &pf->self.function, &pf->diags, &pf->quirk_plugin);
	if (r < 0)
		return r;
	loader_choose_quirk(pf->loader, pf->schema->kind, pf->quirk_plugin);
	quirk = pf->quirk_plugin ? pf->quirk_plugin->quirk : NULL;
	if (quirk)
		memcpy(&pf->quirk, quirk, MIN(sizeof(pf->quirk), (size_t)quirk->size));
	return 0;
}

/* Every other errno says nothing of whether it is there. */
static bool is_absence(int error)
{
	return error == ENOENT || error == ENOTDIR || error == ENAMETOOLONG;
}

int device_find_bus(const struct roots *roots, const char *name, char *ret_bus, size_t size)
{
	_cleanup_closedir_ DIR *buses = NULL;
	int sys = roots->trees[VIOD_TREE_SYS];
	const struct dirent *bus;
	char path[512];
	int r;

	if (!*name || name[0] == '.' || strchr(name, '/'))
		return -ENODEV;
	snprintf(path, sizeof(path), "bus/pci/devices/%s", name);
	if (faccessat(sys, path, F_OK, 0) == 0)
		return copy_text(ret_bus, size, "pci");
	if (!is_absence(errno))
		return -errno;
	r = open_directory(sys, "bus", &buses);
	if (r < 0)
		return r == -ENOENT ? -ENODEV : r;
	for (;;) {
		errno = 0;
		bus = readdir(buses);
		if (!bus)
			return errno ? -errno : -ENODEV;
		if (bus->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "bus/%s/devices/%s/sriov_numvfs", bus->d_name, name);
		if (faccessat(sys, path, F_OK, 0) == 0)
			return copy_text(ret_bus, size, bus->d_name);
		if (!is_absence(errno))
			return -errno;
	}
}

int device_look(const struct roots *roots, const struct loader *loader, const char *address,
		struct viod_pf *ret_pf)
{
	char bus[32];
	int r;

	*ret_pf = (struct viod_pf){ .roots = roots, .loader = loader };
	ret_pf->progress = &ret_pf->own_progress;
	(void)copy_text(ret_pf->self.address, sizeof(ret_pf->self.address), address);
	ret_pf->self.function.address = ret_pf->self.address;
	r = device_find_bus(roots, address, bus, sizeof(bus));
	if (r < 0)
		return r == -ENODEV ? 0 : r;
	ret_pf->vfs_are_devices = streq(bus, "pci");
	r = fill_function(&ret_pf->self, roots->trees[VIOD_TREE_SYS], bus, address, NULL);
	if (r == -ENOENT || r == -ENAMETOOLONG)
		return 0;
	if (r < 0)
		return r;
	ret_pf->present = true;
	return 0;
}

int device_open(const struct roots *roots, const struct loader *loader, const char *address,
		struct viod_pf *ret_pf)
{
	int r = device_look(roots, loader, address, ret_pf);

	return r < 0 || !ret_pf->present ? r : device_scan_vfs(ret_pf);
}

void device_close(struct viod_pf *pf)
{
	free(pf->vfs);
	pf->vfs = NULL;
	pf->n_vfs = 0;
	pf->processes = processes_free(pf->processes);
	free(pf->marks);
	pf->marks = NULL;
	pf->n_marks = 0;
	free(pf->resolved);
	pf->resolved = NULL;
	pf->n_resolved = 0;
	free(pf->reported);
	pf->reported = NULL;
	pf->n_reported = 0;
	for (size_t i = 0; i < pf->n_scratch; i++)
		free(pf->scratch[i].data);
	free(pf->scratch);
	pf->scratch = NULL;
	pf->n_scratch = 0;
	json_decref(pf->facts);
	pf->facts = NULL;
	diag_list_clear(&pf->diags);
}
