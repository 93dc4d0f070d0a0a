# SPDX-License-Identifier: LGPL-2.1-or-later
# systemd's own cases: three VFs with all it can set, then 4 VFs, a count left alone, and 2.
# timeout: 120
pf=$(netdevsim 99 1 16)
write_conf() {
	conf sriov <<-CONF
		[pf]
		name = $pf
		kind = net
		$1
		[vf0]
		mac = 00:11:22:33:44:55
		vlan = 5
		qos = 1
		vlan-proto = 802.1ad
		spoofchk = yes
		query-rss = yes
		trust = yes
		link-state = enable
		[vf1]
		mac = 00:11:22:33:44:56
		vlan = 6
		qos = 2
		vlan-proto = 802.1Q
		spoofchk = no
		query-rss = no
		trust = no
		link-state = disable
		$2
	CONF
}
third='[vf2]
mac = 00:11:22:33:44:57
vlan = 7
qos = 3
spoofchk = no
query-rss = no
trust = no
link-state = auto'
expect_both() {
	expect_vf "$pf" 0 mac=00:11:22:33:44:55 vlan=5 qos=1 proto=802.1ad spoofchk=on query-rss=on trust=on link-state=enable
	expect_vf "$pf" 1 mac=00:11:22:33:44:56 vlan=6 qos=2 proto=802.1q spoofchk=off query-rss=off trust=off link-state=disable
}
expect_all() {
	expect_both
	expect_vf "$pf" 2 mac=00:11:22:33:44:57 vlan=7 qos=3 proto=802.1q spoofchk=off query-rss=off trust=off link-state=auto
}
count_is() { [[ $(nsim_count 99) == "$1" ]]; }

# VFs that another program created: the count is not changed.
echo 3 >/sys/bus/netdevsim/devices/netdevsim99/sriov_numvfs
write_conf '' "$third"
start_viod
wait_state netdevsim99 configured
expect_all
expect_eq "$(nsim_count 99)" 3 "VFs of another program"

write_conf 'vfs = 4' "$third"
wait_for 20 count_is 4
wait_state netdevsim99 configured
expect_all

write_conf '' "$third"
systemctl reload viod.service
wait_state netdevsim99 configured
expect_eq "$(nsim_count 99)" 4 "VFs without a word about them"
expect_all

# systemd ignores sections beyond the count; viod reports an inconsistent file, and keeps the last valid one.
write_conf 'vfs = 2' "$third"
expect_log 'sriov\.conf:[0-9]+:.*vf2'
expect_eq "$(nsim_count 99)" 4 "VFs under a file with an error"
expect_all

write_conf 'vfs = 2' ''
wait_for 20 count_is 2
wait_state netdevsim99 configured
expect_both
