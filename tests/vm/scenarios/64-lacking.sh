# SPDX-License-Identifier: LGPL-2.1-or-later
# An attribute that the driver lacks is reported once for the PF; all others are set, and there are no repeated attempts.
# timeout: 120
ip link set "$(netdev_of $NIC0)" up
conf nic0 <<-CONF
	[pf]
	name = $NIC0
	kind = net
	vfs = 7
	[vf*]
	link-state = enable
	spoofchk = off
	vlan = 42
	driver = none
CONF
trace_viod
start_viod
wait_for 60 vf_is "$(netdev_of $NIC0)" 6 vlan=42 spoofchk=off
expect_log 'nic0\.conf:6:.*link-state'
expect_eq "$(count_log 'link-state')" 1 "complaints about link-state"
each_vf 7 '@ vlan=42 spoofchk=off\n' >wanted
vfs "$(netdev_of $NIC0)" | sed -E 's/^([0-9]+) .*(spoofchk=[a-z]+).*(vlan=[0-9]+).*/\1 \3 \2/' >got
diff wanted got || fail "not all of the rest is set"
