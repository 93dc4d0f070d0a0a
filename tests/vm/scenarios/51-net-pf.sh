# SPDX-License-Identifier: LGPL-2.1-or-later
# Keys of the PF itself, each in both directions, across a rename; rates that wait for a carrier; all restored at the end.
# timeout: 180
pf=$(netdev_of $NIC0)
ip link set "$pf" down
ip link set "$pf" allmulticast on

pf_is() { # FILTER WANTED
	[[ $(ip -d -j link show "$(netdev_of $NIC0)" | jq -r ".[0] | $1") == "$2" ]]
}
expect_pf() {
	quiet
	wait_for 20 pf_is "$@"
}
offload_is() { ethtool -k "$(netdev_of $NIC0)" | grep -q "^rx-vlan-offload: $1" && ethtool -k "$(netdev_of $NIC0)" | grep -q "^tx-vlan-offload: $1"; }

# igb must be up for its VFs: viod sets it up and reports that. Creating VFs interrupts the carrier, and rates wait for it.
conf nic0 <<-CONF
	[pf]
	name = 01:00.0
	kind = net
	vfs = 2
	promisc = on
	allmulti = off
	mtu = 2000
	vlan-offload = off
	eswitch = legacy
	[vf*]
	max-tx-rate = 300
CONF
start_viod
wait_state $NIC0 configured
expect_log "$pf is set up: the driver needs it"
expect_pf '.flags | index("UP") != null' true
expect_pf '.flags | index("PROMISC") != null' true
expect_pf '.flags | index("ALLMULTI") != null' false
expect_pf .mtu 2000
wait_for 10 offload_is off
expect_eq "$(vf_link $NIC0 1 .rate.max_tx)" 300 "rate of VF 1"
expect_log 'rates of VFs are set when the link comes up'


# A PF that is renamed, and has an altname, is the same PF.
ip link property add dev "$pf" altname viod-altname
ip link set "$pf" down
ip link set "$pf" name renamed0
sed -i -e 's/^mtu = .*/mtu = 1900/' -e 's/^promisc = .*/promisc = off/' -e 's/^allmulti = .*/allmulti = on/' \
	-e 's/^vlan-offload = .*/vlan-offload = on\nlink = up/' /etc/vio.d/nic0.conf
expect_pf .ifname renamed0
expect_pf .mtu 1900
expect_pf '.flags | index("PROMISC") != null' false
expect_pf '.flags | index("ALLMULTI") != null' true
expect_pf '.flags | index("UP") != null' true
wait_for 10 offload_is on
wait_state $NIC0 configured

# Modes that igb does not support: reported with the line, and the rest is applied.
sed -i 's/^vlan-offload = .*/vlan-offload = rx/' /etc/vio.d/nic0.conf
wait_state $NIC0 degraded
expect_log 'nic0.conf:8:.*vlan-offload: on -> rx|nic0.conf:8:.*the value did not change'
sed -i 's/^vlan-offload = .*/vlan-offload = on/' /etc/vio.d/nic0.conf
wait_state $NIC0 configured

# By its altname and by its permanent address, with any current address.
sed -i 's/^name = .*/name = viod-altname/' /etc/vio.d/nic0.conf
restart_viod
wait_state $NIC0 configured
ip link set renamed0 address 52:54:00:00:01:99
sed -i 's/^name = .*/name = mac:52:54:00:00:01:00/' /etc/vio.d/nic0.conf
restart_viod
wait_state $NIC0 configured
ip link set renamed0 address 52:54:00:00:01:00

# The previous settings again: down, all groups, no VFs.
rm /etc/vio.d/nic0.conf
wait_for 60 eval '[[ $(vf_count $NIC0) == 0 ]]'
expect_pf '.flags | index("UP") != null' false
expect_pf .mtu 1500
expect_pf '.flags | index("ALLMULTI") != null' true
wait_for 10 offload_is on
ip link property del dev renamed0 altname "$pf" 2>/dev/null || : # udev keeps it as one
ip link set renamed0 name "$pf"
