# SPDX-License-Identifier: LGPL-2.1-or-later
# A card that refuses, falls short or hangs: its PF says so, everything else is applied, and it converges once the card does
# timeout: 150
pf=$(bench_pf plain)
other=$(bench_pf plain)
link=$(netdev_of "$pf")
write_conf() {
	conf nic <<-CONF
		[pf]
		name = $pf
		kind = net
		vfs = $1
		timeout = 3
		[vf*]
		trust = on
		vlan = 7
		driver = none
	CONF
}

# One attribute of one VF.
bench_fault "$pf" vlan 2 EIO
write_conf 4
start_viod
wait_state "$pf" degraded
for n in 0 1 3; do expect_vf "$link" $n vlan=7 trust=on; done
expect_vf "$link" 2 vlan=0 trust=on
[[ $(state "$pf" '.vfs[2].error') == *vlan* ]] || fail "the VF's error does not tell of its VLAN"
bench_clear "$pf"
wait_for 20 vf_is "$link" 2 vlan=7
wait_state "$pf" configured

# The driver makes fewer VFs than it says.
bench_fault "$pf" create 4 short
write_conf 6
wait_state "$pf" failed
expect_log "asked for 6 VFs, the driver created 4 and called it success"
bench_clear "$pf"
wait_state "$pf" configured 40
expect_eq "$(vf_count "$pf")" 6 "VFs once the driver makes all"

# A write that hangs: stuck, and the other PF is configured meanwhile. No signal ends the job; the card does.
bench_fault "$pf" create 3 hang
write_conf 5
wait_state "$pf" stuck
conf other <<-CONF
	[pf]
	name = $other
	kind = net
	link = up
CONF
wait_state "$other" configured
bench_clear "$pf"
wait_state "$pf" configured 60
expect_eq "$(vf_count "$pf")" 5 "VFs after the write that hung"
for n in {0..4}; do expect_vf "$link" "$n" vlan=7 trust=on; done
