# SPDX-License-Identifier: LGPL-2.1-or-later
# A namespace that the host has mounted is not attached to a VF; once it is unmounted, it is. A private one has one owner.
# timeout: 120
# To VF 1 first: QEMU's controller does not share a namespace that is attached to itself.
nvme attach-ns $nvme -n 5 -c 2
nvme attach-ns $nvme -n 5 -c 0
host_disk() { grep -lx 5 /sys/class/nvme-subsystem/*/nvme*n*/nsid 2>/dev/null | sed -nE 's|.*/(nvme[0-9]+n[0-9]+)/nsid|/dev/\1|p'; }
wait_for 20 eval '[[ $(host_disk) && -b $(host_disk) ]]'
disk=$(host_disk)
mkfs.ext4 -q "$disk"
mkdir -p /root/mounted
mount "$disk" /root/mounted
trap 'umount /root/mounted 2>/dev/null || :; nvme detach-ns $nvme -n 5 -c 0' EXIT

conf nvme <<-CONF
	[pf]
	name = 03:00.0
	kind = dev
	vfs = 3
	[vf*]
	queues = 2
	interrupts = 1
	driver = none
	[vf0]
	namespaces = attach 2
	driver = default
	[vf1]
	namespaces = attach 5
	driver = default
CONF
start_viod
wait_state $NVME degraded
error=$(state $NVME '.vfs[1].error')
[[ $error == *"namespace 5 is the host's own $disk, which is mounted or in use; give the VF another"* ]] || fail "error of VF 1: $error"
expect_eq "$(driver_of "$(vf_addr $NVME 0)") $(driver_of "$(vf_addr $NVME 1)")" "nvme none" "drivers"
expect_eq "$(state $NVME '[.vfs[0, 2].error] | tojson')" '[null,null]' "errors of the others"
expect_eq "$(secondaries)" "1:Online:2:1 2:Offline:2:1 3:Online:2:1" "secondary controllers"

# Once it is unmounted, it is shared by the next attempt.
umount /root/mounted
wait_state $NVME configured
expect_eq "$(attached 5 | xargs) $(driver_of "$(vf_addr $NVME 1)")" "0x0 0x2 nvme" "controllers of the shared namespace"

# VF 0 has namespace 2; another VF that requests it does not get it.
sed -i 's/attach 5/attach 2/' /etc/vio.d/nvme.conf
wait_for 20 eval '[[ $(state $NVME ".error") == *"namespace 2"* ]]'
expect_eq "$(attached 2)" 0x1 "the owner of namespace 2"
