# SPDX-License-Identifier: LGPL-2.1-or-later
# Another program changes one of 512 VFs: it is restored by one message, or reported, or ignored.
# timeout: 180
pf=$(netdevsim 10 1 512)
ip link set "$pf" up # while it is down, the kernel does not announce changes
write_conf() { # DRIFT
	{
		printf '[pf]\nname = netdevsim10\nkind = net\nvfs = 512\ndrift = %s\n' "$1"
		each_vf 512 '[vf@]\nmac = 02:00:00:00:@x\nvlan = 1@\ntrust = on\n'
	} | conf many
}
calm() { # all events of viod's own work have been processed
	wait_state netdevsim10 configured 60
	pause 2
	wait_state netdevsim10 configured
	vfs "$pf" >now
	forget_trace
}
each_vf 512 '@ mac=02:00:00:00:@x min=0 max=0 spoofchk=off link-state=auto query-rss=off trust=on vlan=1@ qos=0 proto=802.1q\n' >wanted

trace_viod
write_conf enforce
start_viod
calm
diff wanted now || fail "not as in the file"
ip link set "$pf" vf 500 vlan 77 trust off
wait_for 20 vf_is "$pf" 500 vlan=1500 trust=on
expect_eq "$(link_writes | wc -l)" 1 "messages that restore it"
expect_eq "$(link_write_vfs)" 500 "VFs in them"
expect_eq "$(sys_writes | wc -l)" 0 "writes to sysfs"
calm
diff wanted now || fail "more has changed than was restored"

write_conf report
calm
ip link set "$pf" vf 400 vlan 77
expect_log 'vf400\.vlan: 77 -> 1400'
expect_eq "$(link_writes | wc -l)" 0 "messages of a viod that only reports"
expect_vf "$pf" 400 vlan=77

write_conf ignore # an edit is applied
wait_for 20 vf_is "$pf" 400 vlan=1400
calm
ip link set "$pf" vf 300 vlan 77
pause 3
expect_vf "$pf" 300 vlan=77
expect_eq "$(link_writes | wc -l)" 0 "messages of a viod that ignores drift"
refute_log 'vf300'
