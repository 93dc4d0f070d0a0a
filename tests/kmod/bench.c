// SPDX-License-Identifier: GPL-2.0-only
/*
 * viod_bench: PCI devices with SR-IOV that exist in software only, under the names of drivers that
 * real cards have.
 *
 * Everything above the card is the kernel's own: PCI core, sysfs, uevents, driver core, rtnetlink,
 * devlink. The card is memory that answers configuration cycles (config.c), and its driver
 * (driver.c) imitates the behaviour of the real one that is visible from outside. There are no
 * BARs, no interrupts and no traffic. Each function has an IOMMU group of its own (iommu.c), so
 * that VFIO accepts it.
 *
 * The bench is controlled by files in /sys/kernel/debug/viod-bench; tests/vm/guest/lib.sh has
 * functions for them.
 *
 *   add      "NAME [domain=HEX] [ports=1..8] [vfs=0..256] [limit=N] [initial=N]" plugs a card in.
 *            NAME is a personality (nics.c, gpus.c, qat.c); ports is the number of its PFs, vfs
 *            the TotalVFs of their SR-IOV capability (0: no capability, as with some firmware),
 *            limit the most VFs that the driver creates, initial the number that it creates when
 *            it probes. The default domain is the first free one from 0010 on. The PFs are
 *            DOMAIN:00:00.PORT; VF n of port p is function n of bus p + 1. The driver is registered
 *            with the first card of its name; EBUSY: another driver has that name.
 *   remove   "0xDOMAIN" removes the card permanently.
 *   cards    lists the PFs.
 *
 * In a directory for each PF, ADDRESS, which persists while the PF is removed from the bus:
 *
 *   faults
 *       each line that is written is a rule: "OPERATION VF ACTION [TIMES]". OPERATION is a name of
 *       fault.c; VF a number or *; TIMES a number, without a limit by default. ACTION is an errno,
 *       by name or number; or delay=MILLISECONDS; or hang, until the rules are cleared, regardless
 *       of signals; or, for create, short: the driver creates only the VFs before that one, and
 *       reports success. Of several errors the newest applies. "clear" removes all rules. Reading
 *       shows how often each rule was applied.
 *
 *   counters
 *       numvfs-writes: counts that reached the driver, which an unchanged count does not; vf-sets:
 *       attributes requested by netlink, including refused ones; vf-resets, pf-resets, flrs
 *       (function level resets); and each operation by its name. Writing sets all of them to 0.
 *
 *   vfs
 *       each VF: resets, probes, sets, and its attributes as stored in the card.
 *
 *   limit
 *       the most VFs that the driver creates.
 *
 *   present
 *       0 removes the PF by surprise, 1 plugs an identical one in.
 *
 *   reset
 *       writing resets the PF and all its VFs, as its firmware would.
 *
 *   carrier, speed, reset-ms
 *       for NICs: the link, its speed in Mbit/s, and the duration of a VF's reset.
 *
 *   mixed, mig
 *       for NVIDIA's GPUs: whether vGPUs may have different sizes, and whether there are GPU
 *       instances for types that need one.
 *
 * mlx5_core also has /sys/kernel/debug/mlx5/ADDRESS/lag/state (lag.c).
 *
 * A new personality is a row in a table like that of nics.c, and a file of its own if it is not a
 * NIC; its interface is struct bench_personality in bench.h.
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
