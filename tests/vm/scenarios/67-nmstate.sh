# SPDX-License-Identifier: LGPL-2.1-or-later
# nmstate's cases: more and fewer VFs, addresses in any case, 62 to 63, parameters of 62, a VF that does not exist yet.
# timeout: 240
pf=$(netdevsim 10 1 64)
ip link set "$pf" up
write_conf() {
	conf nmstate <<<"[pf]
name = netdevsim10
kind = net
vfs = $1
$2"
}
count_is() { [[ $(nsim_count 10) == "$1" ]]; }
count_writes() { sys_writes | grep -c sriov_numvfs || :; }
settle() {
	wait_for 20 "$@"
	wait_state netdevsim10 configured
}
vf1='[vf1]
mac = 00:11:22:33:44:55
spoofchk = off
trust = off
min-tx-rate = 100
max-tx-rate = 200
vlan = 100
qos = 5
vlan-proto = 802.1ad'
expect_vf1() {
	expect_vf "$pf" 1 mac=00:11:22:33:44:55 spoofchk=off trust=off min=100 max=200 vlan=100 qos=5 proto=802.1ad
}

trace_viod
write_conf 2 "$vf1"
start_viod
settle count_is 2
expect_vf1
write_conf 5 "$vf1"
settle count_is 5
expect_vf1
write_conf 1 ''
settle count_is 1

# A VF that the same edit creates.
write_conf 2 "$vf1
[vf0]
mac = 00:11:22:33:44:66"
settle count_is 2
expect_vf1
expect_vf "$pf" 0 mac=00:11:22:33:44:66

# The case of an address is not a change, and needs no write.
forget_trace
write_conf 2 "[vf0]
mac = 00:11:22:33:44:Ef"
settle vf_is "$pf" 0 mac=00:11:22:33:44:ef
expect_eq "$(link_writes | wc -l)" 1 "messages for a new address"
write_conf 2 "[vf0]
mac = 00:11:22:33:44:eF"
systemctl reload viod.service
pause 2
wait_state netdevsim10 configured
expect_eq "$(link_writes | wc -l)" 1 "messages after the same address in another case"

write_conf 62 ''
settle count_is 62
write_conf 63 ''
settle count_is 63
write_conf 62 ''
settle count_is 62

# Parameters of 62 VFs do not re-create any of them.
forget_trace
write_conf 62 "$(each_vf 62 '[vf@]\nmac = 00:24:fe:7a:@x\ntrust = on\nspoofchk = on\n')"
settle vf_is "$pf" 61 mac=00:24:fe:7a:00:3d trust=on spoofchk=on
expect_eq "$(count_writes)" 0 "writes of the count for parameters"
expect_eq "$(link_writes | wc -l)" 1 "messages for 62 VFs"
each_vf 62 '@ mac=00:24:fe:7a:@x spoofchk=on trust=on\n' >wanted
vfs "$pf" | sed -E 's/ min=.* max=[0-9]+//; s/ link-state=\S+ query-rss=\S+//; s/ vlan=.*//' >got
diff wanted got || fail "not all 62 are as they should be"
