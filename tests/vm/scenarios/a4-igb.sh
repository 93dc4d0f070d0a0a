# SPDX-License-Identifier: LGPL-2.1-or-later
# igb: 7 of 8 VFs, rates with a link and of the 82576 alone, and no unsupported setting is sent to the driver
# timeout: 180
pf=$(bench_pf igb)
write_conf() { printf '[pf]\nname = %s\nkind = net\nvfs = %s\n[vf*]\ndriver = none\n%b\n' "$pf" "$1" "${2-}" | conf nic; }
afresh "$pf" net
write_conf max
start_viod
expect_eq "$(state "$pf" .state) $(vf_count "$pf")" "failed 0" "all VFs without the quirk"
afresh "$pf" net
write_conf 3 'link-state = enable'
start_viod
(($(bench_count "$pf" vf-sets) > 0)) || fail "no link states asked for without the quirk"

afresh "$pf"
write_conf max 'vlan = 3\nlink-state = enable\nmax-tx-rate = 100'
start_viod
expect_eq "$(state "$pf" .state) $(vf_count "$pf")" "configured 7" "all VFs with the quirk, which sets the PF up"
expect_log "'link-state' cannot be set with this driver"
expect_eq "$(bench_count "$pf" vf-sets)" 14 "VLANs and rates of 7 VFs"
expect_vf "$(netdev_of "$pf")" 6 vlan=3 max=100
expect_free "$pf"
write_conf 8
expect_log 'vfs = 8 is more than this device can have; it is 0 to 7'

# Without a carrier rates wait for it, and nothing else does.
bench_knob "$pf" carrier 0
write_conf 7 'vlan = 4\nmax-tx-rate = 200'
wait_state "$pf" degraded
expect_vf "$(netdev_of "$pf")" 6 vlan=4 max=100
bench_knob "$pf" carrier 1
wait_state "$pf" configured
expect_vf "$(netdev_of "$pf")" 6 vlan=4 max=200

# The I350 has no rates: its file is refused before the card is changed.
rm /etc/vio.d/nic.conf
pf=$(bench_pf igb-i350)
afresh "$pf" net
write_conf 2 'vlan = 3\nmax-tx-rate = 100'
start_viod
expect_eq "$(state "$pf" .state) $(bench_count "$pf" numvfs-writes)" "configured 1" "rates of an I350 without the quirk"
expect_vf "$(netdev_of "$pf")" 1 vlan=3 max=0
afresh "$pf"
write_conf 2 'vlan = 3\nmax-tx-rate = 100'
start_viod
expect_log 'nic.conf:8:15: .*only the 82576 has rates; remove the key'
expect_eq "$(state "$pf" .state) $(bench_count "$pf" numvfs-writes)" "invalid 0" "rates of an I350 with the quirk"
write_conf 2 'vlan = 3'
wait_state "$pf" configured
expect_vf "$(netdev_of "$pf")" 1 vlan=3
