# SPDX-License-Identifier: LGPL-2.1-or-later
# ixgbe: 63 VFs of the 64 it claims; rates only at 10 Gbit/s; what it accepts without an effect is reported
# timeout: 180
pf=$(bench_pf ixgbe)
write_conf() { # LINES
	printf '[pf]\nname = %s\nkind = net\nvfs = %s\nlink = up\n[vf*]\ndriver = none\n%b\n' "$pf" "$1" "${2-}" | conf nic
}
afresh "$pf" net
write_conf max
start_viod
expect_eq "$(state "$pf" .state) $(vf_count "$pf")" "failed 0" "all VFs without the quirk"

afresh "$pf"
write_conf max
start_viod
expect_eq "$(state "$pf" .state) $(vf_count "$pf")" "configured 63" "all VFs with the quirk"
write_conf 64
expect_log 'vfs = 64 is more than this device can have; it is 0 to 63; ixgbe has 63 VFs, 31 if'
expect_eq "$(vf_count "$pf")" 63 "VFs after a file that is refused"

write_conf 2 'max-tx-rate = 100\nmin-tx-rate = 10'
expect_log "this device cannot do 'min-tx-rate = 10'"
write_conf 2 'max-tx-rate = 10'
expect_log "this device cannot do 'max-tx-rate = 10': ixgbe limits to 11 to 10000"
write_conf 2 'max-tx-rate = 100\nvlan = 5'
wait_for 30 eval '[[ $(vf_count "$pf") == 2 ]]'
wait_state "$pf" configured
expect_vf "$(netdev_of "$pf")" 1 max=100 vlan=5
expect_free "$pf"
bench_knob "$pf" speed 1000
write_conf 2 'max-tx-rate = 200\nvlan = 6'
wait_state "$pf" degraded
expect_log 'max-tx-rate was refused by ixgbe.*ixgbe accepts rates only while its link runs at exactly 10 Gbit/s'
expect_vf "$(netdev_of "$pf")" 1 max=100 vlan=6
bench_knob "$pf" speed 10000
wait_state "$pf" configured 60
expect_vf "$(netdev_of "$pf")" 1 max=200
write_conf 2 'link-state = enable'
wait_state "$pf" degraded
expect_log 'the value did not change .*ixgbe supports auto and disable'
# Trust resets a VF, and only that.
bench_forget "$pf"
write_conf 2 'link-state = disable\ntrust = on\nquery-rss = on'
wait_state "$pf" configured
expect_eq "$(bench_count "$pf" vf-resets)" 2 "resets of 2 VFs by trust"
