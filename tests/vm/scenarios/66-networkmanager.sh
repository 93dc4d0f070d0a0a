# SPDX-License-Identifier: LGPL-2.1-or-later
# NetworkManager's cases: all VFs, none, 16 to 32, address and trust, a bad parameter, parameters alone, VFs that stay.
# timeout: 240
pf=$(netdevsim 10 1 64)
ip link set "$pf" up
write_conf() {
	conf nm <<<"[pf]
name = netdevsim10
kind = net
$1
[vf0]
mac = 02:11:22:33:44:AA
trust = $2
${3-}"
}
settled() { [[ $(nsim_count 10) == "$1" ]] && vf_is "$pf" 0 "${@:2}"; }
count_writes() { sys_writes | grep -c "netdevsim10/sriov_numvfs" || :; }

# The maximum: a card reports it, netdevsim does not.
ip link set "$(netdev_of $NIC0)" up
conf max <<-CONF
	[pf]
	name = $NIC0
	kind = net
	vfs = max
CONF
trace_viod
write_conf 'vfs = 16' on
start_viod
wait_state netdevsim10 configured
expect_vf "$pf" 0 mac=02:11:22:33:44:aa trust=on
wait_state $NIC0 configured
expect_eq "$(vf_count $NIC0)" 7 "VFs at most"
conf max <<-CONF
	[pf]
	name = $NIC0
	kind = net
	vfs = 0
CONF

# 16 to 32: the VF that survives has its settings, the new ones are there.
forget_trace
write_conf 'vfs = 32' on
wait_for 20 settled 32 mac=02:11:22:33:44:aa trust=on
wait_state netdevsim10 configured

# Parameters alone do not change the count.
forget_trace
write_conf 'vfs = 32' off 'vlan = 100'
wait_for 20 settled 32 trust=off vlan=100
wait_state netdevsim10 configured
expect_eq "$(sys_writes | grep -c netdevsim10 || :)" 0 "writes to sysfs for parameters alone"
expect_eq "$(link_write_vfs)" 0 "VFs in the message"

# A parameter that the driver refuses does not affect anything else, including the parameters of other VFs.
write_conf 'vfs = 32' on 'max-tx-rate = 200000
[vf31]
vlan = 31'
wait_for 20 settled 32 trust=on
wait_state netdevsim10 degraded
expect_vf "$pf" 31 vlan=31
expect_eq "$(count_writes)" 0 "writes of the count because of a bad parameter"

# None.
write_conf 'vfs = 32' on
wait_state netdevsim10 configured
conf nm <<-CONF
	[pf]
	name = netdevsim10
	kind = net
	vfs = 0
CONF
wait_for 20 eval '[[ $(nsim_count 10) == 0 ]]'
wait_state $NIC0 configured
expect_eq "$(vf_count $NIC0)" 0 "VFs of the card"

# After the file is deleted: nothing remains, or everything.
write_conf 'vfs = 5' on
wait_for 20 settled 5 trust=on
rm /etc/vio.d/nm.conf
wait_for 20 eval '[[ $(nsim_count 10) == 0 ]]'
write_conf $'vfs = 5\non-remove = keep' on
wait_for 20 settled 5 trust=on
wait_state netdevsim10 configured
rm /etc/vio.d/nm.conf
wait_for 20 test ! -e /run/viod/state/netdevsim10.json
expect_eq "$(nsim_count 10)" 5 "VFs that are kept"
expect_vf "$pf" 0 mac=02:11:22:33:44:aa trust=on
