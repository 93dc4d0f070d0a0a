# SPDX-License-Identifier: LGPL-2.1-or-later
# vfs = max, all forms of a PF's name, ranges and lists of VFs, drop-ins: the most specific section wins, not the last
# timeout: 90
vlans() { ip -d -j link show "$(netdev_of $NIC0)" | jq -c '[.[0].vfinfo_list[].vlan_list[0].vlan // 0]'; }

mkdir -p /etc/vio.d/nic0.conf.d /run/vio.d/nic0.conf.d
conf nic0 <<-CONF
	[vf2]
	vlan = 30
	[vf0-3, 6]
	vlan = 20
	[vf*]
	vlan = 10   # a comment after a value
	driver = none
	; and one that stands alone
	[pf]
	name = 01:00.0
	kind = net
	vfs = max
CONF
conf nvme <<-CONF
	[pf]
	name = 0000:03:00.0
	kind = dev
	vfs = max
	[vf*]
	driver = none
CONF
start_viod
expect_eq "$(state $NIC0 '[.state, (.vfs | length)] | @csv')" '"configured",7' "the NIC"
expect_eq "$(vlans)" '[20,20,30,20,10,10,20]' "VLANs"
expect_eq "$(state $NVME '[.state, (.vfs | length), ([.vfs[].driver] | unique[0])] | @csv')" '"configured",16,' "the NVMe"
expect_eq "$(vf_addr $NVME 15)" 0000:03:02.0 "the last VF of the NVMe"
before=$(vf_inodes $NIC0)

# A drop-in changes single keys; those of /etc and /run are merged by name, and sections precede files.
cat >/run/vio.d/nic0.conf.d/10-run.conf <<-CONF
	[vf*]
	vlan = 11
	[vf5]
	vlan = 51
CONF
cat >/etc/vio.d/nic0.conf.d/50-etc.conf <<-CONF
	[vf4-5]
	vlan = 40
CONF
cat >/run/vio.d/nic0.conf.d/50-etc.conf <<-CONF
	[vf6]
	vlan = 99
CONF
wait_for 10 eval '[[ $(vlans) == "[20,20,30,20,40,51,20]" ]]'
ln -s /dev/null /etc/vio.d/nic0.conf.d/10-run.conf
wait_for 10 eval '[[ $(vlans) == "[20,20,30,20,40,40,20]" ]]'
rm -r /etc/vio.d/nic0.conf.d /run/vio.d/nic0.conf.d
wait_for 10 eval '[[ $(vlans) == "[20,20,30,20,10,10,20]" ]]'
wait_state $NIC0 configured

# One PF by any name.
trace_now
for name in 0000:01:00.0 00000000:01:00.0 "$(netdev_of $NIC0)" mac:52:54:00:00:01:00; do
	sed -i "s/^name = .*/name = $name/" /etc/vio.d/nic0.conf
	wait_for 10 eval '[[ $(state $NIC0 "[.name, .state] | @csv") == "\"$name\",\"configured\"" ]]'
done
trace_end
expect_eq "$(sys_writes; link_writes)" "" "writes for the same PF by another name"
expect_eq "$(vf_inodes $NIC0)" "$before" "VFs of the NIC"
