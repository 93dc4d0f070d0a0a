/* SPDX-License-Identifier: GPL-2.0-only */
/* Internal interface of the software PCI bench; bench.c describes the bench and its use. */
#ifndef VIOD_BENCH_H
#define VIOD_BENCH_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/spinlock.h>

#define BENCH_PORTS 8 /* PFs of a card: functions of one device */
#define BENCH_VFS 256 /* VFs of a PF: all functions of one bus */
#define BENCH_DOMAIN                                                                \
	0x10 /* of the first card; longer numbers make names of interfaces too long \
	      */

struct bench_card;
struct seq_file;
struct bench_pf;
struct bench_vf;

/* Operations of drivers, which can be counted, delayed, refused or blocked: see bench_fault(). */
enum bench_op {
	OP_CREATE,   /* a VF appears */
	OP_DESTROY,  /* a VF is removed */
	OP_PF_PROBE, /* without a VF */
	OP_PROBE,
	OP_NETDEV, /* a probed VF registers its interface */
	OP_MAC,
	OP_VLAN,
	OP_RATE,
	OP_SPOOFCHK,
	OP_LINK_STATE,
	OP_RSS_QUERY,
	OP_TRUST,
	OP_GUID,
	OP_GET,	      /* a VF's attributes are read */
	OP_ESWITCH,   /* the mode of the eswitch is set, without a VF */
	OP_FUNCTION,  /* the devlink port of a VF is configured */
	OP_ATTRIBUTE, /* a file of the driver in sysfs is written, of a VF or of the PF */
	BENCH_OPS,
};

enum bench_count {
	COUNT_WRITES, /* counts of VFs that reached the driver */
	COUNT_VF_SETS,
	COUNT_VF_RESETS,
	COUNT_PF_RESETS,
	COUNT_FLRS,
	BENCH_COUNTS,
};

struct bench_vf {
	struct bench_pf *pf;
	int index;
	u8 space[0x80];
	struct pci_dev *pdev; /* while a driver of the bench has it */
	atomic_t resets, probes, sets;
};

struct bench_pf {
	struct bench_card *card;
	const struct bench_personality *is;
	int port;
	u16 total_vfs; /* of the SR-IOV capability */
	u16 limit;     /* the maximum according to the driver */
	u16 initial;   /* VFs that the driver creates when it probes */
	char address[16];

	raw_spinlock_t lock; /* over space, that of VFs too, and present */
	u8 space[0x180];
	bool present; /* plugged in */

	struct pci_dev *pdev; /* while a driver of the bench has it */
	struct bench_vf *vfs;
	int num_vfs; /* what the driver has created, or is creating */

	spinlock_t fault_lock;
	struct list_head faults;
	unsigned int fault_generation; /* a hang ends with the one it began in */
	atomic_t done[BENCH_OPS], counts[BENCH_COUNTS];

	struct dentry *dir;
	void *data; /* the personality's */
};

struct bench_card {
	struct pci_sysdata sysdata;
	struct list_head node;
	struct resource buses;
	struct pci_bus *root;
	int ports;
	struct bench_pf *pf[BENCH_PORTS];
};

/*
 * A device that the bench imitates. All calls may sleep, and all but probe may be NULL; those that
 * return an int return 0 or -errno.
 */
struct bench_personality {
	const char *name;
	const char *driver, *vf_driver; /* the latter may be the same */
	u16 vendor, device, vf_device;
	u32 class;
	u16 vfs;	   /* the default of SR-IOV TotalVFs */
	u16 limit;	   /* maximum of VFs that the driver creates; 0 = all */
	bool read_only;	   /* sriov_numvfs cannot be written */
	bool hands_out;	   /* the driver of VFs creates VFIO devices for them */
	const void *table; /* data for the calls below */

	int (*init)(struct bench_pf *pf); /* before the card is plugged; sets pf->data */
	void (*exit)(struct bench_pf *pf);

	int (*pf_probe)(struct bench_pf *pf, struct pci_dev *pdev);
	void (*pf_remove)(struct bench_pf *pf);
	int (*vf_probe)(struct bench_vf *vf, struct pci_dev *pdev);
	void (*vf_remove)(struct bench_vf *vf);

	/* The number of VFs to create for a count > 0, or -errno; 0 creates none and reports
	 * success. */
	int (*admit)(struct bench_pf *pf, int count);
	void (*created)(struct bench_pf *pf);	 /* num_vfs are enabled */
	void (*destroying)(struct bench_pf *pf); /* num_vfs are still there */
	int (*begin)(struct bench_pf *pf); /* before a change of the count, which it may refuse */
	void (*finish)(struct bench_pf *pf);

	void (*reset)(struct bench_pf *pf); /* the whole PF, as by its firmware */
	void (*knobs)(struct bench_pf *pf); /* adds files to pf->dir */
	void (*show_vf)(struct bench_vf *vf, struct seq_file *out);
};

/* nics.c, gpus.c, qat.c; the last one has no name */
extern const struct bench_personality bench_nics[], bench_gpus[], bench_accelerators[];

void bench_gpus_exit(void);

/* Of all tables, one after the other; NULL after the last. */
const struct bench_personality *bench_personality_at(int n);
const struct bench_personality *bench_personality(const char *name);

/* ---- config.c: answers configuration cycles */
extern struct pci_ops bench_pci_ops;
void bench_config_pf(struct bench_pf *pf);
void bench_config_vfs(struct bench_pf *pf);
/* The PF, and the number of the VF or -1; NULL for a device that is not part of the bench. */
struct bench_pf *bench_pf_of(struct pci_dev *pdev, int *vf);

/* ---- card.c */
struct bench_card_options {
	const struct bench_personality *is;
	int domain, ports, vfs, limit, initial; /* -1: the default */
};
extern struct list_head bench_cards;
extern struct mutex bench_lock; /* over the list, and over plugging */
int bench_card_add(const struct bench_card_options *options);
int bench_card_remove(int domain);
void bench_cards_remove(void);
int bench_plug(struct bench_pf *pf, bool present);

/* ---- driver.c */
int bench_drivers_register(const struct bench_personality *is);
void bench_drivers_unregister(void);
int bench_vfs_create(struct bench_pf *pf, int count);
void bench_vfs_destroy(struct bench_pf *pf);

/* ---- fault.c */

/*
 * Counts @op and applies the rules for it: sleeps, hangs, and returns the -errno of the first rule
 * that has one. @vf is -1 for an operation on the PF alone.
 */
int bench_fault(struct bench_pf *pf, enum bench_op op, int vf);
/* The two halves of it. */
void bench_fault_wait(struct bench_pf *pf, enum bench_op op, int vf);
int bench_fault_error(struct bench_pf *pf, enum bench_op op, int vf);
/* bench_fault_error() returns this if the driver is to create fewer VFs than requested, and to
 * report success. */
#define BENCH_SHORT 1
/* The delay of @op by rules in milliseconds, for callers that must not sleep. */
unsigned int bench_fault_delay(struct bench_pf *pf, enum bench_op op, int vf);

int bench_fault_add(struct bench_pf *pf, char *text);
/* Removes all rules, and resumes what hangs. */
void bench_fault_clear(struct bench_pf *pf);
void bench_fault_show(struct bench_pf *pf, struct seq_file *out);
extern const char *const bench_op_names[BENCH_OPS];

static inline void bench_count(struct bench_pf *pf, enum bench_count which)
{
	atomic_inc(&pf->counts[which]);
}

/* ---- iommu.c */
int bench_iommu_init(void);
void bench_iommu_exit(void);
/* Must be called before the IOMMU core examines a device. */
void bench_iommu_claim(struct pci_dev *pdev);

/* ---- knobs.c */
int bench_knobs_init(void);
void bench_knobs_exit(void);
void bench_knobs_add(struct bench_pf *pf);
void bench_knobs_remove(struct bench_pf *pf);

#endif
