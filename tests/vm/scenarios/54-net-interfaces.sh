# SPDX-License-Identifier: LGPL-2.1-or-later
# VFs that stay on the host get their name, MTU and mode; derived addresses are stable; an interface in another namespace is not configured.
# timeout: 180
modprobe vfio-pci
conf nic0 <<-CONF
	[pf]
	name = 01:00.0
	kind = net
	vfs = 3
	[vf*]
	mac = stable
	mtu = 1400
	[vf0]
	ifname = storage0
	promisc = on
	[vf1]
	mac = legacy
	[vf2]
	driver = vfio-pci
CONF
start_viod
wait_state $NIC0 configured 60
expect_eq "$(netdev_of "$(vf_addr $NIC0 0)")" storage0 "name of VF 0"
udevadm settle
expect_eq "$(netdev_of "$(vf_addr $NIC0 0)")" storage0 "name of VF 0 when udev is done"
expect_eq "$(</sys/class/net/storage0/mtu)" 1400 "mtu of VF 0"
(($(</sys/class/net/storage0/flags) & 0x100)) || fail "VF 0 is not promiscuous"
expect_log "nic0.conf:7:.*'mtu' is for a VF whose network interface is on the host, and that of vf2 is not \\(its driver is vfio-pci\\)"
stable=$(vf_link $NIC0 0 .address)
[[ $stable == ?[26ae]:* ]] || fail "$stable is not locally administered"
expect_eq "$(</sys/class/net/storage0/address)" "$stable" "what the driver of VF 0 found"
[[ $(vf_link $NIC0 2 .address) != "$stable" ]] || fail "two VFs with one stable address"
expect_eq "$(vf_link $NIC0 1 .address)" \
	"02:$(printf '%s-1-viod' $NIC0 | sha256sum | sed 's/\(..\)\(..\)\(..\)\(..\)\(..\).*/\1:\2:\3:\4:\5/')" "legacy address"

# The same after all VFs were re-created, and nothing to do after a restart.
sed -i 's/^vfs = 3/vfs = 4/' /etc/vio.d/nic0.conf
wait_for 60 eval '[[ $(vf_count $NIC0) == 4 ]]'
wait_state $NIC0 configured 60
expect_eq "$(vf_link $NIC0 0 .address)" "$stable" "stable address of new VFs"
expect_eq "$(netdev_of "$(vf_addr $NIC0 0)")" storage0 "name of the new VF 0"
trace_viod
restart_viod
wait_state $NIC0 configured
expect_eq "$(link_writes | wc -l)" 0 "messages after a restart"
untrace_viod

# Invalid names, and one name or address for two VFs, with the line.
conf nic0 <<-CONF
	[pf]
	name = 01:00.0
	kind = net
	[vf0-1]
	ifname = both
	[vf2]
	ifname = a/b
CONF
expect_log 'nic0.conf:5:.*vf0 and vf1 would both get ifname both'
expect_log 'nic0.conf:7:.*is no name for an interface'
