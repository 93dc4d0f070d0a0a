# SPDX-License-Identifier: LGPL-2.1-or-later
# A reset of an NVMe PF clears the resources of its VFs; viod assigns them again. A restart of viod does not.
# timeout: 180
modprobe vfio-pci
conf nvme <<-CONF
	[pf]
	name = 03:00.0
	kind = dev
	vfs = 4
	[vf*]
	queues = 2
	interrupts = 1
	driver = none
	[vf0]
	driver = nvme
	namespaces = 1
	[vf1]
	driver = vfio-pci
	namespaces = 2
CONF
start_viod
wait_state $NVME configured
wanted="1:Online:2:1 2:Online:2:1 3:Online:2:1 4:Online:2:1"
expect_eq "$(secondaries)" "$wanted" "secondary controllers"
before=$(vf_inodes $NVME)

# commands: those that change anything, as seen by the kernel.
tracefs=/sys/kernel/tracing
[[ -e $tracefs/events ]] || mount -t tracefs tracefs $tracefs
echo 'qid == 0' >$tracefs/events/nvme/nvme_setup_cmd/filter
echo 1 >$tracefs/events/nvme/nvme_setup_cmd/enable
trap 'echo 0 >$tracefs/events/nvme/nvme_setup_cmd/enable; echo >$tracefs/trace' EXIT
commands() { quiet; grep -Eo 'nvme_admin_(virtual_mgmt|ns_attach|ns_mgmt)' $tracefs/trace | sort | uniq -c | xargs; }
identifies() { quiet; grep -c nvme_admin_identify $tracefs/trace || :; }
echo >$tracefs/trace
trace_viod
restart_viod
wait_state $NVME configured
expect_eq "$(commands)$(sys_writes)" "" "commands and writes of a restart"
(($(identifies) > 0)) || fail "the trace does not even show the questions"
untrace_viod
restart_viod
wait_state $NVME configured

all_back() {
	quiet
	[[ $(secondaries) == "$wanted" && $(driver_of "$(vf_addr $NVME 0)") == nvme &&
		$(driver_of "$(vf_addr $NVME 1)") == vfio-pci && $(state $NVME .state) == configured ]]
}
expect_all_back() {
	quiet
	wait_for 60 all_back
	expect_eq "$(vf_inodes $NVME)" "$before" "VFs after $1"
	dd if="$(disk_of "$(vf_addr $NVME 0)")" of=/dev/null bs=64k count=4 iflag=direct 2>/dev/null || fail "the disk of VF 0 cannot be read after $1"
}
nvme reset $nvme
expect_all_back "a reset of the controller"
expect_log "the device was changed externally and is restored: vf0.queues: 0 -> 2 and 11 more"
[[ $(commands) == *"12 nvme_admin_virtual_mgmt"* ]] || fail "4 VFs get two resources each and go online: $(commands)"

echo 1 >$sys/$NVME/reset
expect_all_back "a reset of the function"
