// SPDX-License-Identifier: GPL-2.0-only
/*
 * viod_bench: PCI devices with SR-IOV that exist in software only, under the names of drivers that
 * real cards have.
 *
 * Everything above the card is the kernel's own: PCI core, sysfs, uevents, driver core, rtnetlink,
 * devlink. The card is memory that answers configuration cycles (config.c), and its driver
 * (driver.c) does what the real one is known to do where that can be seen from outside. There are
 * no BARs, no interrupts and no traffic. Each function has an IOMMU group of its own (iommu.c), so
 * that VFIO takes it.
 *
 * All is done by files in /sys/kernel/debug/viod-bench; tests/vm/guest/lib.sh has functions.
 *
 *   add      "NAME [domain=HEX] [ports=1..8] [vfs=0..256] [limit=N] [initial=N]" plugs a card in.
 *            NAME is a personality (nics.c, gpus.c, qat.c); ports is the number of its PFs, vfs
 *            what their SR-IOV capability offers (0: none, as some firmware has it), limit the most
 *            that the driver makes, initial what it makes by itself when it probes. Without a
 *            domain it is the first free one from 0010 on. The PFs are DOMAIN:00:00.PORT; VF n of
 *            port p is function n of bus p + 1. The driver is registered with the first card that
 *            has its name; EBUSY: somebody else has that name.
 *   remove   "0xDOMAIN" takes the card away for good.
 *   cards    the PFs that there are.
 *
 * In a directory for each PF, ADDRESS, which outlives the PF's coming and going on the bus:
 *
 *   faults
 *       each line that is written is a rule: "OPERATION VF ACTION [TIMES]". OPERATION is a name of
 *       fault.c; VF a number or *; TIMES how often, for ever without. ACTION is an errno, by name
 *       or number; or delay=MILLISECONDS; or hang, until the rules are taken back, whatever signals
 *       come; or, of create, short: the driver makes the VFs before that one, and says that all is
 *       well. Of several errors the newest counts. "clear" takes all rules back. Reading tells how
 *       often each was met.
 *
 *   counters
 *       numvfs-writes: counts that reached the driver, which an equal one does not; vf-sets:
 *       attributes asked for by netlink, refused ones too; vf-resets, pf-resets, flrs (function
 *       level resets); and each operation by its name. Writing sets all of them to 0.
 *
 *   vfs
 *       each VF: resets, probes, sets, and its attributes as the card has them.
 *
 *   limit
 *       the most VFs that the driver makes.
 *
 *   present
 *       0 pulls the PF without a warning, 1 puts one like it into its place.
 *
 *   reset
 *       writing resets the PF as its firmware would, and with it all VFs.
 *
 *   carrier, speed, reset-ms
 *       of NICs: the link, its Mbit/s, and how long the reset of a VF takes.
 *
 *   mixed, mig
 *       of NVIDIA's GPUs: whether vGPUs may have different sizes, and whether there are parts of it
 *       for those that need one.
 *
 * mlx5_core has /sys/kernel/debug/mlx5/ADDRESS/lag/state too (lag.c).
 *
 * A new personality is a row in a table like that of nics.c, and a file of its own if it is no NIC;
 * struct bench_personality in bench.h is all that the rest knows of it.
 */
#include "nic.h"

#include <linux/module.h>

const struct bench_personality *bench_personality_at(int n)
{
	static const struct bench_personality *const tables[] = { bench_nics, bench_gpus,
								  bench_accelerators };
	const struct bench_personality *is;
	int i;

	for (i = 0; i < ARRAY_SIZE(tables); i++)
		for (is = tables[i]; is->name; is++)
			if (n-- == 0)
				return is;
	return NULL;
}

const struct bench_personality *bench_personality(const char *name)
{
	const struct bench_personality *is;
	int n;

	for (n = 0; (is = bench_personality_at(n)); n++)
		if (!strcmp(is->name, name))
			return is;
	return NULL;
}

static int __init bench_init(void)
{
	int err = bench_iommu_init();

	if (err)
		return err;
	err = bench_knobs_init();
	if (err)
		bench_iommu_exit();
	return err;
}

static void __exit bench_exit(void)
{
	mutex_lock(&bench_lock);
	bench_cards_remove();
	mutex_unlock(&bench_lock);
	bench_drivers_unregister();
	nic_lag_exit();
	bench_knobs_exit();
	bench_iommu_exit();
	bench_gpus_exit();
}

module_init(bench_init);
module_exit(bench_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("PCI devices with SR-IOV, in software");
