# SPDX-License-Identifier: LGPL-2.1-or-later
# sfc: no rates, no trust, no priorities; a VF that is in use keeps its address and VLAN until it is free
# timeout: 120
pf=$(bench_pf sfc)
write_conf() { printf '[pf]\nname = %s\nkind = net\nvfs = 2\n[vf*]\n%b\n' "$pf" "$1" | conf nic; }
afresh "$pf" net
write_conf 'vlan = 5\nqos = 3'
start_viod
expect_state_logged "$pf" degraded
# A container gets the interface of VF 0.
use() {
	quiet
	wait_for 10 test -d "$sys/$(vf_addr "$pf" 0)/net"
	udevadm settle
	ip netns add box
	ip link set "$(netdev_of "$(vf_addr "$pf" 0)")" netns box
}
write_conf 'vlan = 5'
wait_state "$pf" configured 60
use
write_conf 'vlan = 6'
wait_for 10 eval '[[ $(bench_vf $pf 0 vlan) == 6 ]]' # in the middle of its work
ip netns delete box

afresh "$pf"
write_conf 'vlan = 5\nqos = 3'
start_viod
expect_eq "$(state "$pf" .state) $(vf_count "$pf")" "invalid 0" "a priority with the quirk"
expect_log "nic.conf:7:.*this device cannot do 'qos = 3': sfc does not support a priority in VLAN tags"
write_conf 'vlan = 5\ntrust = on\nmax-tx-rate = 100'
wait_state "$pf" configured
expect_eq "$(bench_count "$pf" vf-sets)" 2 "VLANs of two VFs"
expect_log "'trust' cannot be set with this driver"
expect_log "'max-tx-rate' cannot be set with this driver"
expect_free "$pf"
use
write_conf 'vlan = 6'
wait_state "$pf" blocked
expect_eq "$(bench_vf "$pf" 0 vlan) $(bench_vf "$pf" 1 vlan)" "5 6" "VLANs of a VF in use, and of one that is not"
expect_eq "$(bench_vf "$pf" 0 resets)" 0 "resets of the VF in use"
ip netns delete box
wait_state "$pf" configured
expect_eq "$(bench_vf "$pf" 0 vlan)" 6 "its VLAN when it is not in use any more"
