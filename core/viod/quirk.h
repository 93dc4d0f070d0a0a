/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Part of <viod/plugin.h>: which devices a plugin is for, and how one driver differs from its kind.
 */
#ifndef VIOD_QUIRK_H
#define VIOD_QUIRK_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Matches a device. The score of a row is the sum of what it names and the device has: device id 8,
 * subsystem 4, vendor 2, driver or class 1. VIOD_ANY, NULL and class_mask 0 match everything and
 * score nothing. Tables end with an all-zero row; a row that is to match all has vendor VIOD_ANY.
 */
struct viod_match {
	uint16_t vendor, device, subvendor, subdevice;
	uint32_t class_code, class_mask;
	const char *driver;
};
#define VIOD_ANY 0xffffu
#define VIOD_MATCH_DRIVER(driver_)                                             \
	{                                                                      \
		.vendor = VIOD_ANY, .device = VIOD_ANY, .subvendor = VIOD_ANY, \
		.subdevice = VIOD_ANY, .driver = (driver_)                     \
	}
#define VIOD_MATCH_CLASS(code_, mask_)                                              \
	{                                                                           \
		.vendor = VIOD_ANY, .device = VIOD_ANY, .subvendor = VIOD_ANY,      \
		.subdevice = VIOD_ANY, .class_code = (code_), .class_mask = (mask_) \
	}
#define VIOD_MATCH_DEVICE(vendor_, device_)                                      \
	{                                                                        \
		.vendor = (vendor_), .device = (device_), .subvendor = VIOD_ANY, \
		.subdevice = VIOD_ANY                                            \
	}
#define VIOD_MATCH_VENDOR(vendor_) VIOD_MATCH_DEVICE(vendor_, VIOD_ANY)
#define VIOD_MATCH_ALL VIOD_MATCH_DRIVER(NULL)

/** A step of this phase that fails with this errno is retried for this time. Ends with error 0. */
struct viod_retry {
	int32_t error; /* positive errno */
	uint32_t milliseconds;
	uint8_t phase;
};

/** What an errno of this key means with this driver, and what to do. key NULL: of all keys. error 0
 *  explains why the device accepts a value and has another one afterwards; ERANGE of "vfs" is also
 *  for a device that offers too few VFs or none. Ends with a NULL text; the first row that fits
 *  counts. */
struct viod_advice {
	const char *key;
	int32_t error;
	const char *text;
};

/**
 * Values that this driver supports of an INT, RATE, SIZE or ENUM key. A file with another value is
 * refused before the first write. 0 ("none", "no limit") is always allowed, so max = 0 refuses all
 * other values. Ends with a NULL key.
 */
struct viod_limit {
	const char *key;
	int64_t min, max;
	int64_t step; /* the device rounds down to multiples, and up to the first; 0: it does not */
	const char *text;	       /* what the driver supports, for a person */
	const struct viod_match *only; /* the devices concerned; NULL: all */
};

enum viod_quirk_flags {
	VIOD_QUIRK_COUNT_READ_ONLY = 1 << 0, /* sriov_numvfs cannot be written with this driver */
	VIOD_QUIRK_COUNT_IGNORED = 1 << 1,   /* any non-zero count creates all VFs */
};

/** Limits of one driver or device; what data cannot express is done by the quirk's ops. */
struct viod_quirk {
	uint32_t size; /* sizeof(struct viod_quirk) */
	uint32_t flags;
	uint16_t max_vfs;	  /* 0: limited by sriov_totalvfs only */
	const char *const *lacks; /* keys that this driver does not support; NULL-terminated */
	const struct viod_limit *limits;
	const struct viod_advice *advice;
	const struct viod_retry *retries;
	const char *const *disruptive; /* keys whose change resets the VF; NULL-terminated */
	const char *const *recreates;  /* keys of [pf] that change only while there are no VFs: core
					* removes them, and creates them again after the change */
	const char *const *unbound;    /* keys that change only while no driver is bound: to the VF,
					* or for a key of [pf] to any of them */
	const void *kind; /* the kind's own words: struct viod_net_quirk of <viod/net.h> for net */
};

#ifdef __cplusplus
}
#endif

#endif
