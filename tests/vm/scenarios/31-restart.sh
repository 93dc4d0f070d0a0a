# SPDX-License-Identifier: LGPL-2.1-or-later
# If everything is configured, a restart, a reload and a kill -9 write nothing to the kernel, and VFs keep their identity.
# timeout: 120
modprobe vfio-pci
ip link set "$(netdev_of $NIC0)" up

inodes() {
	quiet
	stat -Lc '%i %n' $sys/{$NIC0,$NIC1,$NVME}/virtfn*/{.,net/*,driver} 2>/dev/null || :
}

# kernel_writes: everything in the trace that could have changed something: writes to sysfs, netlink requests and ioctls that
# are not queries. strace does not decode the first message of a netlink socket: 18 is RTM_GETLINK.
# Queries of NVMe look like its writes; 93-nvme-reset distinguishes them.
# Over generic netlink viod requests an acknowledgement (NLM_F_ACK) for every write, and for no query.
kernel_writes() {
	quiet
	sys_writes
	grep -E 'send(msg|to)\([0-9]+<NETLINK:' $viod_run/trace | grep -Ev 'nlmsg_type=(RTM_GET|0x12)' |
		grep -Ev 'nlmsg_type=(0x10|nlctrl|ethtool|devlink)[^,]*, nlmsg_flags=NLM_F_REQUEST,' || :
	grep -E ' ioctl\(' $viod_run/trace | grep -Ev 'TCGETS|SIOCGIF|SIOCETHTOOL|NVME_IOCTL_ADMIN_CMD' || :
}
questions() { quiet; grep -Ec 'send(msg|to)\([0-9]+<NETLINK:.*nlmsg_type=(RTM_GET|0x12)' $viod_run/trace || :; }

conf nic0 <<-CONF
	[pf]
	name = 01:00.0
	kind = net
	vfs = 4
	promisc = on
	[vf*]
	vlan = 12
	[vf1]
	mac = 52:54:00:aa:01:01
	driver = vfio-pci
	[vf2]
	driver = none
CONF
conf nic1 <<-CONF
	[pf]
	name = mac:52:54:00:00:02:00
	kind = dev
	vfs = max
CONF
conf nvme <<-CONF
	[pf]
	name = 03:00.0
	kind = dev
	vfs = 3
	[vf*]
	driver = vfio-pci
CONF
pfs=("$NIC0" "$NIC1" "$NVME")
start_viod
for pf in "${pfs[@]}"; do wait_state $pf configured; done
udevadm settle
before=$(inodes)
expect_eq "$(wc -l <<<"$before" | awk '{print ($1 > 25)}')" 1 "enough inodes to compare: $before"
records=$(sha256sum /run/viod/pf/*; stat -c %i /run/viod/pf/*)

trace_viod
restart_viod
for pf in "${pfs[@]}"; do wait_state $pf configured; done
expect_eq "$(kernel_writes)" '' "writes of a restart"
(($(questions) > 0)) || fail "the trace does not even show the questions"

expect_state_settled() {
	quiet
	for pf in "${pfs[@]}"; do wait_state $pf configured; done
	expect_eq "$(kernel_writes)" '' "writes after $1"
	expect_eq "$(inodes)" "$before" "VFs after $1"
	expect_eq "$(sha256sum /run/viod/pf/*; stat -c %i /run/viod/pf/*)" "$records" "records after $1"
}
expect_state_settled "a restart"

asked=$(questions)
more_questions() { (($(questions) > asked)); }
systemctl reload viod.service
wait_for 20 more_questions
expect_state_settled "a reload"

pid=$(viod_pid)
kill -KILL "$pid"
wait_for 20 eval '[[ $(viod_pid) != "$pid" && $(systemctl is-active viod.service) == active ]]'
expect_state_settled "kill -9"
(($(questions) > 0)) || fail "nothing was asked after kill -9"

# Stopped for a while, then started.
stop_viod
expect_eq "$(inodes)" "$before" "VFs while viod is stopped"
start_viod
expect_state_settled "a stop and a start"

# The trace works: an edit appears in it.
sed -i 's/vlan = 12/vlan = 13/' /etc/vio.d/nic0.conf
wait_for 20 eval '[[ $(vf_link $NIC0 3 ".vlan_list[0].vlan // 0") == 13 ]]'
wait_state $NIC0 configured
[[ $(kernel_writes) ]] || fail "a change is not seen by what counts the writes"
expect_eq "$(inodes)" "$before" "VFs after an edit of a VLAN"
