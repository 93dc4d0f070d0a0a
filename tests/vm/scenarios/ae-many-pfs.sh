# SPDX-License-Identifier: LGPL-2.1-or-later
# 4096 VFs of 16 PFs, an address and a VLAN for each: applied, restarted without a write, one VF changed with one message
# timeout: 600
# Four times as many are "make bench": they would take a third of the time of all scenarios.
# shellcheck source=tests/vm/guest/many.sh
. "$viod_test/many.sh"
stop_udev
trap start_udev EXIT
dmesg -n 1
for count in 1 16; do
	many_round $count
	echo "$count PFs, $((count * 256)) VFs: applied in $applied ms ($applied_cpu ms CPU), restarted in $restarted ms" \
		"($restarted_cpu ms CPU), one VLAN after $changed ms, $memory KiB resident"
	((count > 1)) || one=$memory
done
links=("$sys"/00[1-9]*/virtfn*)
expect_eq ${#links[@]} 4096 VFs
many_end
expect_eq "$(compgen -G "$sys/00[1-9]*")" "" "devices that are left"
# The cost of a VF in the daemon does not grow with the number of VFs.
each=$(((memory - one) / (15 * 256 / 16)))
echo "$each/16 KiB for each VF"
((each <= 24)) || fail "a VF costs $each/16 KiB"
