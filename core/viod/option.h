/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Part of <viod/plugin.h>: option rows, and the C types of their values. */
#ifndef VIOD_OPTION_H
#define VIOD_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** The PF itself, in place of a VF index. */
#define VIOD_PF (-1)

/** Bytes of a driver or plugin name with its NUL (the kernel's MODULE_NAME_LEN is 56). */
#define VIOD_NAME_MAX 64

/** The type of a row decides the C type its offset points at, and how text becomes a value. */
enum viod_type {
	VIOD_TYPE_BOOL, /* bool: on/off, yes/no, true/false, 1/0 */
	VIOD_TYPE_INT,	/* int64_t within min..max, decimal or 0x; or a word of names */
	VIOD_TYPE_RATE, /* uint64_t in Mbit/s: a bare number, or with K, M, G, T */
	VIOD_TYPE_SIZE, /* uint64_t in bytes: a bare number, or with K, M, G, T (powers of 1024) */
	VIOD_TYPE_ENUM, /* int64_t: a word of names */
	VIOD_TYPE_MAC,	/* struct viod_mac: an address, or a word of names */
	VIOD_TYPE_GUID, /* uint64_t, written as eight hex octets with colons, or 0x… */
	VIOD_TYPE_STRING, /* char[size], NUL-terminated */
	VIOD_TYPE_LIST,	  /* char[size]: items separated by ", ", spaces trimmed */
	VIOD_TYPE_DRIVER, /* struct viod_driver */
	VIOD_TYPE_TABLE,  /* struct viod_table; VIOD_OPTION_INTERNAL rows only */
	VIOD_TYPE_MAX_
};

/** An Ethernet address; where the row has names, a word instead of it (0 = it is an address). */
struct viod_mac {
	uint8_t octets[6];
	uint16_t word;
};

/** The driver of a function. In wanted: a name, "default", "none", or a word that a driver plugin
 *  serves. In state: the name bound now, or "none"; native says that "default" is satisfied. */
struct viod_driver {
	char name[VIOD_NAME_MAX];
	bool native;
};

/** A list of records, described by the columns of the row. viod_put() copies the records; those
 * that viod_get() and a change point at exist as long as the values. */
struct viod_table {
	const void *records; /* count structs of option->record_size bytes */
	uint32_t count;	     /* at most 65536 */
};

/** A word and the value it stands for; tables end with a NULL word. */
struct viod_name {
	const char *word;
	int64_t value;
};

/** Where a wanted value was written. file is NULL for a value that no file gave (a baseline). */
struct viod_where {
	const char *file;
	uint32_t line, column;
};

enum viod_scope {
	VIOD_SCOPE_PF, /* a key of [pf] */
	VIOD_SCOPE_VF, /* a key of [vfN] */
	VIOD_SCOPE_MAX_
};

/** The order of all steps of all plugins. */
enum viod_phase {
	VIOD_PHASE_PREPARE,   /* firmware, eswitch, devlink, profiles, queue resources */
	VIOD_PHASE_DETACH,    /* unbind what must change */
	VIOD_PHASE_RESIZE,    /* the VF count */
	VIOD_PHASE_CONFIGURE, /* each VF through the PF, before any VF driver */
	VIOD_PHASE_ATTACH,    /* the driver of each VF */
	VIOD_PHASE_SETTLE,    /* what needs the bound driver or the carrier */
	VIOD_PHASE_MAX_
};

enum viod_option_flags {
	VIOD_OPTION_REQUIRED = 1 << 0,	 /* a file without it is refused */
	VIOD_OPTION_POLICY = 1 << 1,	 /* a setting of viod, not of the device */
	VIOD_OPTION_INTERNAL = 1 << 2,	 /* no key in files; only observed, recorded, restored */
	VIOD_OPTION_UNIQUE = 1 << 3,	 /* no two VFs of any files have the same value; words of
					  * names, "none" and "" do not count */
	VIOD_OPTION_DISRUPTIVE = 1 << 4, /* a change disturbs the holder of the function */
	VIOD_OPTION_RECREATES = 1 << 5,	 /* of [pf]: a change removes and re-creates every VF */
	VIOD_OPTION_UNBOUND = 1 << 6,	 /* changes only while no driver is bound; core unbinds and
					  * binds the VF, or for a row of [pf] every VF */
	VIOD_OPTION_VOLATILE = 1 << 7,	 /* lost when the function's driver changes (a row of [pf]:
					  * when its VFs are re-created), so the record of what was
					  * set is not trusted */
	VIOD_OPTION_RETURNS = 1 << 8, /* when neither the file nor a plugin wants a value any more
				       * that viod has set, the one before viod is wanted; of a VF
				       * that viod created, the value of unset */
};

/**
 * One key. Tables end with a row whose key is NULL.
 *
 * offset and size describe the field in the plugin's own struct of that scope (pf_size, vf_size);
 * VIOD_FIELD() fills both.
 *
 * Quirks of one kind may have keys in common, with each other and with their kind, if their type,
 * bounds and words are the same: on the devices of a quirk the key is the quirk's. Such a row is
 * read with viod_get(); its value lies in the struct of the first plugin that has it.
 */
struct viod_option {
	uint8_t scope; /* enum viod_scope */
	uint8_t type;  /* enum viod_type */
	uint8_t phase; /* enum viod_phase of the step core makes when there is no plan() */
	uint8_t reserved;
	uint32_t flags;
	uint32_t offset, size;
	const char *key; /* lower case, words joined by '-' */
	int64_t min, max;
	const struct viod_name *names;
	const char *new_vf; /* where the file does not set it: the value, as text, of a VF that viod
			     * created; NULL leaves the VF as it is */
	const char
		*unset;	  /* where the file does not set it: the value of a row with
			   * VIOD_OPTION_POLICY, or of [vfN] with VIOD_OPTION_RETURNS; NULL: none */
	const char *help; /* one sentence, used in the man page and in errors */
	/* Only for VIOD_TYPE_TABLE: the columns, ended as rows are, and the bytes of a record. A
	 * column has a key, a type other than VIOD_TYPE_DRIVER and VIOD_TYPE_TABLE, the offset and
	 * size of its field in the record, and what its type needs: min, max, names. */
	const struct viod_option *columns;
	uint32_t record_size;
};

#define VIOD_FIELD(type_, field_) \
	.offset = offsetof(type_, field_), .size = sizeof(((type_ *)0)->field_)

#ifdef __cplusplus
}
#endif

#endif
