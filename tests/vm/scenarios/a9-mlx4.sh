# SPDX-License-Identifier: LGPL-2.1-or-later
# mlx4_core: the count is an option of its module, which is reported before any attempt; the existing VFs are configured
# timeout: 90
pf=$(bench_pf mlx4_core initial=3)
write_conf() { printf '[pf]\nname = %s\nkind = net\n%b\n' "$pf" "$1" | conf nic; }
afresh "$pf" net
write_conf 'vfs = 2'
start_viod
expect_eq "$(state "$pf" .state) $(vf_count "$pf")" "failed 3" "another count without the quirk"
refute_log modprobe

afresh "$pf"
before=$(vf_inodes "$pf")
write_conf 'vfs = 2'
start_viod
expect_eq "$(state "$pf" .state) $(vf_count "$pf")" "invalid 3" "another count with the quirk"
expect_log "nic.conf:4:.*this device has 3 VFs, and its driver does not support another number; write 'options mlx4_core num_vfs"
for count in 3 max; do
	write_conf "vfs = $count\n[vf*]\nvlan = 5"
	wait_state "$pf" configured
done
expect_vf "$(netdev_of "$pf")" 2 vlan=5
expect_free "$pf"
write_conf '[vf0-2]\nspoofchk = on'
wait_state "$pf" degraded
expect_log 'spoofchk was refused by mlx4_core.*mlx4 checks only VFs that have an address'
write_conf '[vf0]\nspoofchk = on\nmac = 02:00:00:00:00:01\ntrust = on'
wait_state "$pf" configured
expect_vf "$(netdev_of "$pf")" 0 spoofchk=on mac=02:00:00:00:00:01
expect_log "'trust' cannot be set with this driver"
expect_eq "$(vf_inodes "$pf")" "$before" "VFs"
rm /etc/vio.d/nic.conf
wait_for 10 eval '! test -e /run/viod/pf/$pf.json'
expect_eq "$(bench_vf "$pf" 0 vlan) $(vf_count "$pf")" "0 3" "what is left of it"
