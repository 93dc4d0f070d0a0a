# SPDX-License-Identifier: LGPL-2.1-or-later
# ice: its eswitch changes while there are no VFs, which viod ensures; requests to a VF in reset are repeated; errors are explained
# timeout: 240
pf=$(bench_pf ice limit=8)
link() { quiet; netdev_of "$pf"; }
write_conf() { # COUNT, LINES of [pf]
	{
		printf '[pf]\nname = %s\nkind = net\nvfs = %s\n%b\n' "$pf" "$1" "${2-}"
		each_vf 2 '[vf@]\nmac = 02:00:00:00:@x\nvlan = 10@\n'
	} | conf nic
}
all_set() { quiet; vf_is "$(link)" 0 mac=02:00:00:00:00:00 vlan=100 && vf_is "$(link)" 1 mac=02:00:00:00:00:01 vlan=101; }

bench_knob "$pf" reset-ms 60000
afresh "$pf" net
write_conf 2
start_viod
expect_state_logged "$pf" degraded

afresh "$pf"
bench_knob "$pf" reset-ms 1500
write_conf 2
start_viod
expect_eq "$(state "$pf" .state)" configured "with the quirk"
all_set || fail "not all is set: $(vfs "$(link)")"
expect_eq "$(bench_vf "$pf" 0 resets) $(bench_vf "$pf" 1 resets)" "2 2" "resets, one each of mac and vlan"
expect_free "$pf"

# Not ready yet, and used up.
afresh "$pf"
bench_fault "$pf" create '*' EBUSY 8
write_conf 2
start_viod
expect_eq "$(state "$pf" .state)" configured "a PF that was not ready"
afresh "$pf"
bench_fault "$pf" create '*' ENOSPC
write_conf 2
start_viod
expect_eq "$(state "$pf" .state)" failed "a PF without interrupts"
expect_log 'ice has no interrupt vectors .MSI-X. or queues left'
bench_clear "$pf"
wait_state "$pf" configured 60
write_conf 9
wait_state "$pf" failed
expect_log 'more VFs than ice supports here'

# The eswitch: existing VFs are removed and created again with their settings, unless one is in use.
write_switch() { # LINES of [pf]
	{
		printf '[pf]\nname = %s\nkind = net\nvfs = 2\n%b\n' "$pf" "${1-}"
		each_vf 2 '[vf@]\nmac = 02:00:00:00:@x\n'
	} | conf nic
}
mode() { quiet; devlink -j dev eswitch show "pci/$pf" | jq -r '.dev[].mode'; }
afresh "$pf" net
write_switch
start_viod
wait_state "$pf" configured 60
write_switch 'eswitch = switchdev'
wait_state "$pf" failed
expect_eq "$(mode) $(vf_count "$pf")" "legacy 2" "without the quirk"

afresh "$pf"
write_switch
start_viod
wait_state "$pf" configured
vf=$(vf_addr "$pf" 0)
wait_for 10 test -d "$sys/$vf/net"
udevadm settle
before=$(vf_inodes "$pf")
used=$(netdev_of "$vf")
ip address add 192.0.2.1/24 dev "$used"
ip link set "$used" up
write_switch 'eswitch = switchdev'
wait_state "$pf" blocked
expect_eq "$(mode) $(vf_inodes "$pf")" "legacy $before" "while a VF is in use"
bench_forget "$pf"
ip link set "$used" down
wait_state "$pf" configured
expect_eq "$(mode) $(vf_count "$pf") $(bench_count "$pf" numvfs-writes)" "switchdev 2 2" "afterwards"
vf_is "$(link)" 1 mac=02:00:00:00:00:01 || fail "the VFs have not got their settings again: $(vfs "$(link)")"
expect_free "$pf"
