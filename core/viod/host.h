/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Part of <viod/plugin.h>: the table behind the viod_*() calls. */
#ifndef VIOD_HOST_H
#define VIOD_HOST_H

#include <viod/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Behind the calls above; core fills it. */
struct viod_host {
	uint32_t size;
	uint16_t abi_major, abi_minor;
	const void *(*get)(const struct viod_values *, int vf, const struct viod_option *);
	const struct viod_where *(*where)(const struct viod_values *, int vf,
					  const struct viod_option *);
	int (*put)(struct viod_values *, int vf, const struct viod_option *, const void *value);
	const void *(*values)(const struct viod_values *, int vf, const struct viod_plugin *);
	unsigned (*vf_count)(const struct viod_values *);
	int (*step)(struct viod_plan *, const struct viod_plugin *, const struct viod_step *);
	void (*report)(struct viod_pf *, enum viod_severity, int vf, const struct viod_option *,
		       const struct viod_where *, int error, const char *format, ...)
		__attribute__((format(printf, 7, 8)));
	const struct viod_function *(*function)(struct viod_pf *, int vf);
	const struct viod_quirk *(*quirk)(struct viod_pf *);
	int (*read)(struct viod_pf *, int vf, const char *attribute, char *ret_text, size_t size);
	int (*write)(struct viod_pf *, int vf, const char *attribute, const char *text);
	int (*open_at)(struct viod_pf *, enum viod_tree, const char *path, int flags);
	int (*holder)(struct viod_holders *, const struct viod_holder *);
	int (*node)(struct viod_nodes *, const struct viod_node *);
	int (*format)(const struct viod_option *, const void *value, char *ret_text, size_t size);
	int (*load_module)(struct viod_pf *, const char *name_or_alias);
	bool (*row_unsupported)(struct viod_pf *, int vf, const struct viod_option *);
	bool (*row_deferred)(struct viod_pf *, int vf, const struct viod_option *);
	bool (*row_rounded)(struct viod_pf *, int vf, const struct viod_option *);
	const struct viod_option *(*option)(const struct viod_values *, int vf, const char *key);
	void (*forget)(struct viod_values *, int vf, const struct viod_option *);
	int (*best_module)(struct viod_pf *, const char *alias, char *ret_name, size_t size);
	int (*note)(struct viod_pf *, const struct viod_plugin *, const char *key,
		    const char *text);
	int (*noted)(struct viod_pf *, const struct viod_plugin *, const char *key, char *ret_text,
		     size_t size);
	int (*holder_of)(struct viod_pf *, const char *address, struct viod_holder *ret_holder);
	void (*holder_text)(const struct viod_holder *, char *ret_text, size_t size);
	int (*node_user)(struct viod_pf *, const struct viod_node *,
			 struct viod_holder *ret_holder);
	int (*open_directory)(struct viod_pf *, enum viod_tree, const char *path, DIR **ret_dir);
	const char *(*nearest)(const char *word, const char *const *words, size_t n_words);
	int (*publish)(struct viod_pf *, const char *topic, const char *about, const char *what,
		       const char *text);
	int (*blocked_by)(struct viod_pf *, int vf, const struct viod_holder *);
	int (*read_at)(struct viod_pf *, enum viod_tree, const char *path, char *ret_text,
		       size_t size);
	int (*write_at)(struct viod_pf *, enum viod_tree, const char *path, const char *text);
	int (*link_at)(struct viod_pf *, enum viod_tree, const char *path, char *ret_name,
		       size_t size);
	int (*stat_at)(struct viod_pf *, enum viod_tree, const char *path, struct stat *ret_status);
	void (*kernel_enter)(struct viod_pf *);
	void (*kernel_leave)(struct viod_pf *);
	void (*change_text)(const struct viod_change *, char *ret_text, size_t size);
	void (*error)(struct viod_pf *, const struct viod_values *wanted, int vf,
		      const struct viod_option *, const char *format, ...)
		__attribute__((format(printf, 5, 6)));
	void *(*scratch)(struct viod_pf *, const struct viod_plugin *, size_t size);
	int (*udev_wait)(struct viod_pf *, const char *entry, const struct timespec *since,
			 unsigned milliseconds);
	int (*port_without_acs)(struct viod_pf *, int vf, char *ret_address, size_t size);
	int (*set_elsewhere)(struct viod_pf *, const char *address, const char *key, char *ret_text,
			     size_t size);
	int (*derive)(struct viod_pf *, const char *purpose, const char *text, void *ret_bytes,
		      size_t size);
};

#ifdef __cplusplus
}
#endif

#endif
