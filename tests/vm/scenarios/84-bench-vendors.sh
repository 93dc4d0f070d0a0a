# SPDX-License-Identifier: LGPL-2.1-or-later
# Cards of the bench behave as the drivers whose names they have: what they lack, refuse, reset and round
# timeout: 240
# refused PF N WORDS...: setting that of a VF ends with an error; prints it.
refused() {
	quiet
	local text
	! text=$(ip link set "$(netdev_of "$1")" vf "$2" "${@:3}" 2>&1) || fail "$(driver_of "$1") accepted: ${*:3}"
	sed -n 's/^RTNETLINK answers: //p' <<<"$text"
}
taken() { quiet; ip link set "$(netdev_of "$1")" vf "$2" "${@:3}"; }
# count PF N: the error of writing it; empty on success.
count() { quiet; { echo "$2" >"$sys/$1/sriov_numvfs"; } 2>&1 | sed 's/.*: //' || :; }
resets() { quiet; bench_vf "$1" "$2" resets; }
up() { quiet; ip link set "$(netdev_of "$1")" up; }
NONE='Operation not supported' PROTO='Protocol not supported' VALUE='Invalid argument' PERM='Operation not permitted'

pf=$(bench_pf i40e)
expect_eq "$(count "$pf" 4)" '' "count of i40e"
expect_eq "$(bench_count "$pf" pf-resets)" 1 "resets of the PF by a count"
taken "$pf" 0 mac 02:00:00:00:00:01
taken "$pf" 0 mac 02:00:00:00:00:01
expect_eq "$(resets "$pf" 0)" 2 "resets by the same address twice"
taken "$pf" 1 vlan 5
taken "$pf" 1 vlan 5
taken "$pf" 1 trust on
expect_eq "$(resets "$pf" 1)" 2 "resets by the same VLAN twice, and by trust"
expect_eq "$(refused "$pf" 1 vlan 5 proto 802.1ad)" "$PROTO" 802.1ad
expect_eq "$(refused "$pf" 1 max_tx_rate 100 min_tx_rate 50)" "$VALUE" "a guaranteed rate"
expect_eq "$(refused "$pf" 1 query_rss on)" "$NONE" query-rss
bench_knob "$pf" reset-ms 5000
taken "$pf" 2 mac 02:00:00:00:00:02
expect_eq "$(refused "$pf" 2 vlan 6)" "Resource temporarily unavailable" "a VF in its reset"
wait_for 20 taken "$pf" 2 vlan 6

pf=$(bench_pf ice limit=8)
expect_eq "$(count "$pf" 9)" "$NONE" "count of ice above its limit"
count "$pf" 4
taken "$pf" 0 mac 02:00:00:00:00:01
taken "$pf" 0 mac 02:00:00:00:00:01
expect_eq "$(resets "$pf" 0)" 1 "resets by the same address twice"
bench_knob "$pf" reset-ms 5000
taken "$pf" 0 trust on
expect_eq "$(refused "$pf" 0 vlan 6)" "Device or resource busy" "a VF in its reset"

pf=$(bench_pf ixgbe)
expect_eq "$(count "$pf" 64)" "$PERM" "count of ixgbe above its limit"
count "$pf" 2
expect_eq "$(refused "$pf" 0 max_tx_rate 100)" "$VALUE" "a rate without a carrier"
up "$pf"
taken "$pf" 0 max_tx_rate 100
bench_knob "$pf" speed 1000
expect_eq "$(refused "$pf" 0 max_tx_rate 200)" "$VALUE" "a rate on a link of 1 Gbit/s"
taken "$pf" 0 query_rss on
taken "$pf" 0 state enable
expect_vf "$(netdev_of "$pf")" 0 link-state=auto max=100 query-rss=on

pf=$(bench_pf bnxt_en limit=3)
expect_eq "$(count "$pf" 2)$(vf_count "$pf")" 0 "count of bnxt_en while the PF is down"
up "$pf"
expect_eq "$(count "$pf" 4)$(vf_count "$pf")" 3 "count of bnxt_en above what it has"
expect_eq "$(refused "$pf" 0 vlan 0 qos 3)" "$VALUE" "a priority without a VLAN"

pf=$(bench_pf sfc)
count "$pf" 2
expect_eq "$(refused "$pf" 0 vlan 3 qos 3)" "$VALUE" "a priority on sfc"
expect_eq "$(refused "$pf" 0 max_tx_rate 10)$(refused "$pf" 0 trust on)" "$NONE$NONE" "rate and trust on sfc"
pf=$(bench_pf qede limit=3)
expect_eq "$(count "$pf" 4)" "$VALUE" "count of qede above its limit"
count "$pf" 1
expect_eq "$(refused "$pf" 0 mac 00:00:00:00:00:00)" "$VALUE" "no address on qede"
pf=$(bench_pf nfp limit=3)
expect_eq "$(count "$pf" 4)" "$VALUE" "count of nfp above its limit"

pf=$(bench_pf mlx4_core initial=3)
expect_eq "$(vf_count "$pf")" 3 "VFs that mlx4_core made by itself"
expect_eq "$(count "$pf" 0)" "No such file or directory" "a count for mlx4_core"
expect_eq "$(refused "$pf" 0 spoofchk on)" "$PERM" "a spoof check for no address"
pf=$(bench_pf mlx5_core vfs=0)
test ! -e "$sys/$pf/sriov_numvfs"
pf=$(bench_pf mlx5_core-ib vfs=4)
count "$pf" 2
taken "$pf" 1 node_guid 00:11:22:33:44:55:66:77
expect_eq "$(bench_vf "$pf" 1 node-guid)" 0011223344556677 "node GUID"
expect_eq "$(refused "$pf" 0 vlan 3)" "$NONE" "a VLAN on InfiniBand"
pf=$(bench_pf mute)
count "$pf" 2
expect_eq "$(refused "$pf" 0 mac 02:00:00:00:00:01)" "$NONE" "an address of an unknown VF"

# The guest's own igb is unregistered, and registered again.
pf=$(bench_pf igb)
expect_eq "$(driver_of "$pf") $(driver_of "$NIC0")" "igb none" "drivers"
expect_eq "$(count "$pf" 8)" "$PERM" "count of igb above 7"
count "$pf" 7
expect_eq "$(refused "$pf" 6 state enable)" "$NONE" "a link state on igb"
bench_unload
expect_eq "$(driver_of "$NIC0")" igb "the driver of the guest's NIC afterwards"
