# SPDX-License-Identifier: LGPL-2.1-or-later
# Of 512 VFs the one that changes is sent, alone; a restart, a reload and an edit of comments send nothing.
# timeout: 240
pf=$(netdevsim 10 1 512)
# write_conf VLAN TRUST COMMENT: of VF 300.
write_conf() {
	{
		printf '# %s\n[pf]\nname = netdevsim10\nkind = net\nvfs = 512\n[vf*]\ntrust = on\n' "$3"
		each_vf 300 '[vf@]\nmac = 02:00:00:00:@x\nvlan = 1@\n'
		printf '[vf300]\nmac = 02:00:00:00:01:2c\nvlan = %s\ntrust = %s\n' "$1" "$2"
	} | conf many
}
vlan_is() { vf_is "$pf" 300 "vlan=$1"; }

write_conf 300 on first
trace_viod
start_viod
wait_state netdevsim10 configured 60
vfs "$pf" >before

forget_trace
write_conf 3000 on second
wait_for 30 vlan_is 3000
wait_state netdevsim10 configured
expect_eq "$(link_writes | wc -l)" 1 "messages for one VLAN"
expect_eq "$(link_write_vfs)" 300 "VFs in it"
expect_eq "$(link_writes | grep -c IFLA_VF_MAC || :)" 0 "addresses in it"
expect_eq "$(sys_writes | wc -l)" 0 "writes to sysfs"
vfs "$pf" | diff before - >changes || :
expect_eq "$(grep -c '^[<>]' changes)" 2 "lines that differ, old and new"

# Two attributes of it are one message as well.
forget_trace
write_conf 300 off third
wait_for 30 vlan_is 300
wait_state netdevsim10 configured
expect_vf "$pf" 300 trust=off
expect_eq "$(link_writes | wc -l)" 1 "messages for two attributes"
expect_eq "$(link_write_vfs)" 300 "VFs in it"

forget_trace
write_conf 300 off fourth
systemctl reload viod.service
pause 3
wait_state netdevsim10 configured
restart_viod
wait_state netdevsim10 configured 60
expect_eq "$(link_writes | wc -l)" 0 "messages when nothing has changed"
expect_eq "$(sys_writes | wc -l)" 0 "writes to sysfs when nothing has changed"
