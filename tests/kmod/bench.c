// SPDX-License-Identifier: GPL-2.0-only
/*
 * viod_bench: PCI devices with SR-IOV that exist in software only, under the names of drivers that
 * real cards have.
 *
 * Everything above the card is the kernel's own: PCI core, sysfs, uevents, driver core, rtnetlink.
 * The card is memory that answers configuration cycles (config.c), and its driver (driver.c) does
 * what the real one is known to do where that can be seen from outside. There are no BARs, no
 * interrupts, no IOMMU groups, and no traffic.
 *
 * All is done through files in /sys/kernel/debug/viod-bench; scenarios have functions for them
 * (tests/vm/guest/lib.sh).
 *
 *   add       "NAME [domain=HEX] [ports=1..8] [vfs=0..256] [limit=N] [initial=N]" plugs a card in:
 * NAME is a personality (nics.c, gpus.c), ports the number of its PFs, vfs what their SR-IOV
 * capability offers (0: no such capability, as firmware has it that was told so), limit the most
 * that the driver makes, initial the VFs that it makes by itself when it probes. Without a domain
 * it is the first free one from 1000 on. The PFs are DOMAIN:00:00.PORT, and VF n of port p is
 * function n of bus p + 1. The driver is registered with the first card that has its name. EBUSY: a
 * real one has it. remove    "0xDOMAIN" takes the card away for good. cards     the PFs there are.
 *
 * In a directory for each PF, named by its address, which outlives the PF's coming and going on the
 * bus:
 *
 *   faults    a rule for each line that is written: "OPERATION VF ACTION [TIMES]". OPERATION is a
 * name of fault.c; VF is a number or *; ACTION is an errno as name or number, delay=MILLISECONDS,
 * hang (no signal helps; until the rules are taken back), or, of create, short: the driver makes
 * the VFs before that one only, and says that all is well. TIMES is how often; for ever without.
 * "clear" takes all rules back. Reading tells how often each one was met. counters  how often:
 * counts that reached the driver (numvfs-writes; an equal one does not), attributes set by netlink
 * (vf-sets, whether or not they could be), resets of VFs and of the PF, function level resets; and
 * every operation by its name. Writing sets all to 0. vfs       each VF: resets, probes, sets, and
 * its attributes as the card has them. limit     the most VFs that the driver makes. present   0
 * pulls the PF without a warning, 1 puts one like it into its place. reset     writing resets the
 * PF as its firmware would: all VFs are reset with it. carrier, speed, reset-ms   of NICs: the
 * link, its Mbit/s, and how long a VF's reset takes.
 *
 * A new personality is a row in a table like that of nics.c, with a file of its own if it is no
 * NIC: see struct bench_personality.
 */
#include "bench.h"

#include <linux/module.h>

const struct bench_personality *bench_personality_at(int n)
{
	static const struct bench_personality *const tables[] = { bench_nics, bench_gpus };
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
	return bench_knobs_init();
}

static void __exit bench_exit(void)
{
	mutex_lock(&bench_lock);
	bench_cards_remove();
	mutex_unlock(&bench_lock);
	bench_drivers_unregister();
	bench_knobs_exit();
}

module_init(bench_init);
module_exit(bench_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("PCI devices with SR-IOV, in software");
