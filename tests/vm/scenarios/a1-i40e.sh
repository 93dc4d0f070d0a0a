# SPDX-License-Identifier: LGPL-2.1-or-later
# i40e: requests are repeated for a VF in reset, no address is set twice, unsupported settings are refused beforehand
# timeout: 240
pf=$(bench_pf i40e)
link=$(netdev_of "$pf")
write_conf() { # LINES of [vf*]
	{
		printf '[pf]\nname = %s\nkind = net\nvfs = 2\nlink = up\n[vf*]\ntrust = on\n%b\n' "$pf" "${1-}"
		each_vf 2 '[vf@]\nmac = 02:00:00:00:@x\nvlan = 10@\n'
	} | conf nic
}
all_set() { quiet; vf_is "$link" 0 mac=02:00:00:00:00:00 vlan=100 trust=on && vf_is "$link" 1 mac=02:00:00:00:00:01 vlan=101 trust=on; }

# Without the quirk: whatever the host does meanwhile, the VFs are in reset when they are set up.
bench_knob "$pf" reset-ms 60000
afresh "$pf" net
write_conf
start_viod
expect_state_logged "$pf" degraded

afresh "$pf"
bench_knob "$pf" reset-ms 700 # longer than the driver itself waits
write_conf
start_viod
expect_eq "$(state "$pf" .state)" configured "with the quirk"
all_set || fail "not all is set: $(vfs "$link")"
expect_eq "$(bench_vf "$pf" 0 resets) $(bench_vf "$pf" 1 resets)" "3 3" "resets, one each of trust, mac and vlan"
expect_free "$pf"
sed -i 's/vlan = 101/vlan = 7/' /etc/vio.d/nic.conf
wait_for 20 vf_is "$link" 1 vlan=7
wait_state "$pf" configured
expect_eq "$(bench_vf "$pf" 0 sets) $(bench_vf "$pf" 1 sets) $(bench_count "$pf" vf-resets)" "0 1 1" "what one VLAN costs"

# Settings that i40e does not support.
bench_forget "$pf"
write_conf 'min-tx-rate = 50'
expect_log "nic.conf:8:.*this device cannot do 'min-tx-rate = 50': i40e guarantees no rate"
write_conf 'vlan-proto = 802.1ad'
expect_log "nic.conf:8:.*this device cannot do 'vlan-proto = 802.1ad': i40e only has 802.1Q"
expect_eq "$(bench_cost "$pf")" "0 0 0 0" "what a refused file costs"
write_conf 'max-tx-rate = 120'
wait_state "$pf" configured
expect_log "nic.conf:8:.*'max-tx-rate = 120' is rounded to 100 on this device: i40e limits in steps of 50"
expect_vf "$link" 0 max=120
write_conf 'max-tx-rate = 50000'
wait_state "$pf" degraded
expect_log 'max-tx-rate was refused by i40e.*up to the speed of its link'

# The same without the quirk: the requests are sent, and VFs fail.
afresh "$pf" net
journal_mark
write_conf 'min-tx-rate = 50'
bench_knob "$pf" reset-ms 0
start_viod
expect_state_logged "$pf" degraded

# Too many, the driver's diagnostics, a reset of a count that has not ended yet.
afresh "$pf"
bench_fault "$pf" create '*' EPERM
write_conf
start_viod
expect_eq "$(state "$pf" .state)" failed "a count that is refused"
expect_log 'i40e has not enough queues or interrupts left'
bench_clear "$pf"
wait_state "$pf" configured 60
before=$(count_log degraded)
bench_fault "$pf" mac '*' EAGAIN 3
sed -i 's/02:00:00:00:00/02:00:00:00:11/' /etc/vio.d/nic.conf
wait_for 20 vf_is "$link" 1 mac=02:00:00:00:11:01
wait_state "$pf" configured
expect_eq "$(count_log degraded)" "$before" "VFs that failed where EAGAIN is for a while"
