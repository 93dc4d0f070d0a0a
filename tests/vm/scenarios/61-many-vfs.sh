# SPDX-License-Identifier: LGPL-2.1-or-later
# 512 VFs with six attributes each take three messages at most, and read back exactly.
# timeout: 180
pf=$(netdevsim 10 1 512)
ip link set "$pf" up # rates wait for a carrier
{
	printf '[pf]\nname = netdevsim10\nkind = net\nvfs = 512\n'
	printf '[vf*]\nspoofchk = on\ntrust = on\nlink-state = disable\nmax-tx-rate = 2500\n'
	each_vf 512 '[vf@]\nmac = 02:00:00:00:@x\nvlan = 1@\n'
} | conf many

trace_viod
start_viod
wait_state netdevsim10 configured 60
expect_eq "$(nsim_count 10)" 512 "VFs"
messages=$(link_writes | wc -l)
((messages > 0 && messages <= 3)) || fail "$messages messages, and not 1 to 3"

each_vf 512 '@ mac=02:00:00:00:@x min=0 max=2500 spoofchk=on link-state=disable query-rss=off trust=on vlan=1@ qos=0 proto=802.1q\n' \
	>wanted
vfs "$pf" >got
diff wanted got || fail "the kernel says something else"

# The state file, in the words of the configuration.
each_vf 512 '@ 02:00:00:00:@x 1@ on on disable 2500\n' >wanted
state netdevsim10 '.vfs[] | [.index, (.attributes | .mac, .vlan, .spoofchk, .trust, ."link-state", ."max-tx-rate")] | join(" ")' >got
diff wanted got || fail "the state file says something else"
