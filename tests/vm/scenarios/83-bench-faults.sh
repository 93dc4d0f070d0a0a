# SPDX-License-Identifier: LGPL-2.1-or-later
# A card that refuses, creates too few VFs or hangs: its PF reports it, everything else is applied, and it converges once the card works
# timeout: 240
pf=$(bench_pf plain)
other=$(bench_pf plain)
link=$(netdev_of "$pf")
write_conf() {
	conf nic <<-CONF
		[pf]
		name = $pf
		kind = net
		vfs = $1
		timeout = 6
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
[[ $(state "$pf" '.vfs[2].error') == *vlan* ]] || fail "the VF's error does not name its VLAN"
bench_clear "$pf"
wait_for 20 vf_is "$link" 2 vlan=7
wait_state "$pf" configured

# The driver creates fewer VFs than it reports.
bench_fault "$pf" create 4 short
write_conf 6
wait_state "$pf" failed
expect_log "6 VFs were requested, the driver created 4 and reported success"
bench_clear "$pf"
wait_state "$pf" configured 40
expect_eq "$(vf_count "$pf")" 6 "VFs once the driver makes all"

# It never creates all: after three attempts the existing VFs are configured; only another number is a reason to remove them
# again.
bench_fault "$pf" create 4 short
write_conf 7
wait_state "$pf" failed
wait_state "$pf" degraded 60
expect_log "7 VFs were requested, the driver created 4, 3 times; these are kept"
for n in {0..3}; do expect_vf "$link" "$n" vlan=7 trust=on; done
before=$(vf_inodes "$pf")
bench_forget "$pf"
sed -i 's/vlan = 7/vlan = 8/' /etc/vio.d/nic.conf
wait_for 20 vf_is "$link" 3 vlan=8
restart_viod
wait_state "$pf" degraded
kill -HUP "$(viod_pid)"
wait_state "$pf" degraded
out=$(viod --check 2>&1) || fail "--check would change it: $out"
[[ $out == *'7 VFs were requested'* ]] || fail "--check does not report it: $out"
expect_eq "$(bench_count "$pf" numvfs-writes) $(vf_inodes "$pf")" "0 $before" "attempts afterwards, and the VFs"
# Another number of VFs on the device is a reason, too.
bench_clear "$pf"
echo 0 >"$sys/$pf/sriov_numvfs"
systemctl reload viod.service
wait_for 40 eval '[[ $(vf_count "$pf") == 7 ]]'
wait_state "$pf" configured

# A write that hangs: stuck, and the other PF is configured meanwhile. No signal ends the job, only the card.
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
