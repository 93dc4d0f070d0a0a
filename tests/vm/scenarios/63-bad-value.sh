# SPDX-License-Identifier: LGPL-2.1-or-later
# If the driver refuses a value of one among 512 VFs, all others are set, and the line is reported.
# timeout: 240
pf=$(netdevsim 10 1 512)
ip link set "$pf" up # without a carrier a rate would have to wait
write_conf() {
	{
		printf '[pf]\nname = netdevsim10\nkind = net\nvfs = 512\n'
		each_vf 300 '[vf@]\nmac = 02:00:00:00:@x\nvlan = 1@\ntrust = on\nmax-tx-rate = 1000\n'
		printf '[vf300]\nmac = 02:00:00:00:01:2c\nvlan = 1300\nmax-tx-rate = %s\ntrust = on\n' "$1"
		printf '[vf301-511]\nvlan = 7\ntrust = on\nmax-tx-rate = 1000\n'
	} | conf many
}
write_conf 100001 # netdevsim refuses more than 100 Gbit/s
line=$(grep -n 100001 /etc/vio.d/many.conf)

trace_viod
start_viod
wait_state netdevsim10 degraded 60
expect_log "many\\.conf:${line%%:*}:.*vf300\\.max-tx-rate"
expect_eq "$(count_log 'was refused')" 1 "complaints"
{
	each_vf 300 '@ mac=02:00:00:00:@x min=0 max=1000 spoofchk=off link-state=auto query-rss=off trust=on vlan=1@ qos=0 proto=802.1q\n'
	printf '300 mac=02:00:00:00:01:2c min=0 max=0 spoofchk=off link-state=auto query-rss=off trust=on vlan=1300 qos=0 proto=802.1q\n'
	each_vf 512 '@ mac=00:00:00:00:00:00 min=0 max=1000 spoofchk=off link-state=auto query-rss=off trust=on vlan=7 qos=0 proto=802.1q\n' |
		sed 1,301d
} >wanted
vfs "$pf" >got
diff wanted got || fail "not all of the rest is set"
expect_eq "$(state netdevsim10 '[.vfs[] | select(.error) | .index] | join(" ")')" 300 "VFs with an error in the state file"
state netdevsim10 '.vfs[300].error | tostring' | grep -q max-tx-rate || fail "the VF's error does not name the key"

# Including the count, halving and attempts per attribute: a few messages, not hundreds.
messages=$(link_writes | wc -l)
((messages <= 16)) || fail "$messages messages to find the one at fault"

# Once it is right, that VF alone is written.
forget_trace
write_conf 10000
wait_state netdevsim10 configured 60
expect_vf "$pf" 300 max=10000
expect_eq "$(link_write_vfs)" 300 "VFs in the message that mends it"
