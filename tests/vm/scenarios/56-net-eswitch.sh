# SPDX-License-Identifier: LGPL-2.1-or-later
# The eswitch changes its mode through devlink, both ways; settings that the host controls in switchdev mode are refused with the line.
# timeout: 120
netdevsim 20 1 8 >/dev/null
mode_is() { [[ $(devlink -j dev eswitch show netdevsim/netdevsim20 | jq -r '.[][].mode') == "$1" ]]; }
write_conf() { # MODE, and lines of [vf0]
	conf sim <<-CONF
		[pf]
		name = netdevsim20
		kind = net
		vfs = 4
		eswitch = $1
		[vf0]
		${2-mac = stable}
	CONF
}

write_conf legacy
start_viod
wait_state netdevsim20 configured
mode_is legacy || fail "not in legacy mode"
mac=$(jq -r '.vfs[0].attributes.mac' /run/viod/state/netdevsim20.json)
[[ $mac == ?[26ae]:* ]] || fail "no stable address: $mac"

write_conf switchdev
wait_for 20 mode_is switchdev
wait_state netdevsim20 configured

write_conf switchdev 'vlan = 5'
expect_log 'sim.conf:7:.*in switchdev mode the host forwards'
mode_is switchdev || fail "a bad file changed the mode"

write_conf legacy
wait_for 20 mode_is legacy
wait_state netdevsim20 configured

# A NIC without an eswitch is in legacy mode, and cannot have another.
conf nic0 <<-CONF
	[pf]
	name = 01:00.0
	kind = net
	eswitch = legacy
CONF
wait_state $NIC0 configured
sed -i 's/legacy/switchdev/' /etc/vio.d/nic0.conf
wait_state $NIC0 failed
expect_log 'nic0.conf:4:.*igb does not offer this through devlink'
