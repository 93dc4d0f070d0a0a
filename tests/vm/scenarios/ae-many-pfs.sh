# SPDX-License-Identifier: LGPL-2.1-or-later
# 16384 VFs of 64 PFs, an address and a VLAN for each: applied, restarted for nothing, one VF changed with one message
# timeout: 1200
# shellcheck source=tests/vm/guest/many.sh
. "$viod_test/many.sh"
stop_udev
trap start_udev EXIT
for count in 1 64; do
	many_round $count
	echo "$count PFs, $((count * 256)) VFs: applied in $applied ms ($applied_cpu ms CPU), restarted in $restarted ms" \
		"($restarted_cpu ms CPU), one VLAN after $changed ms, $memory KiB resident"
	((count > 1)) || one=$memory
done
many_end
# A VF costs the daemon what its report and its lines of the file need, and nothing that grows with the others.
each=$(((memory - one) / (63 * 256 / 16)))
echo "$each/16 KiB for each VF"
((each <= 24)) || fail "a VF costs $each/16 KiB"
