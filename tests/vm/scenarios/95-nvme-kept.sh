# SPDX-License-Identifier: LGPL-2.1-or-later
# The resources of an NVMe PF and of its other VFs do not change while one VF changes; a VF in use waits
# timeout: 240
modprobe -a vfio-pci vfio_iommu_type1
tracefs=/sys/kernel/tracing
[[ -e $tracefs/events ]] || mount -t tracefs tracefs $tracefs
echo 'qid == 0' >$tracefs/events/nvme/nvme_setup_cmd/filter
echo 1 >$tracefs/events/nvme/nvme_setup_cmd/enable
# of_pf: how many of the assignable queues the PF has itself.
of_pf() { quiet; nvme primary-ctrl-caps $nvme | sed -nE 's/^vqrfap *: *//p'; }
# They take effect at its next reset.
give_pf() { quiet; nvme virt-mgmt $nvme -c 0 -r 0 -a 1 -n "$1" >/dev/null && echo 1 >$sys/$NVME/reset; }
trap 'echo 0 >$tracefs/events/nvme/nvme_setup_cmd/enable; echo >$tracefs/trace; [[ $(of_pf) == 0 ]] || give_pf 0' EXIT
# controllers: those whose resources or state were changed by commands since "echo >trace"; 0 is the PF, N + 1 is VF N.
controllers() { quiet; sed -nE 's/.*nvme_admin_virtual_mgmt cdw10=.. .. (..) (..) .*/0x\2\1/p' $tracefs/trace | sort -u | xargs -rn1 printf '%d\n' | xargs; }
write_conf() {
	quiet
	{
		printf '[pf]\nname = 03:00.0\nkind = dev\nvfs = %s\n[vf*]\nqueues = 2\ndriver = none\n' "$1"
		((! $#)) || printf '%s\n' "${@:2}"
	} | conf nvme
}

# The PF has 30 of its 34 queues: four are left, enough for two VFs, and the others are not reassigned.
give_pf 30
expect_eq "$(of_pf)" 30 "queues of the PF"
echo >$tracefs/trace
write_conf 3
start_viod
wait_state $NVME invalid
expect_log 'with this VF the queues are used up: the controller has 4 for all VFs, and keeps others for itself'
expect_eq "$(vf_count $NVME) $(of_pf) $(controllers)" "0 30 " "a device with too few queues"
write_conf 2
wait_state $NVME configured
expect_eq "$(secondaries) $(of_pf)" "1:Online:2:1 2:Online:2:1 30" "VFs with the queues that were left"
rm /etc/vio.d/nvme.conf
wait_released $NVME 30
expect_eq "$(secondaries) $(of_pf)" " 30" "queues afterwards"
expect_eq "$(controllers)" "1 2" "controllers that got commands"
give_pf 0

# Two VFs in use: one by the host, one by a virtual machine.
write_conf 4 '[vf0]' 'driver = nvme' 'namespaces = 1' '[vf1]' 'driver = vfio-pci' 'namespaces = 2'
wait_state $NVME configured
disk=$(disk_of "$(vf_addr $NVME 0)")
load_vfio
hold_vf all "$(vf_addr $NVME 1)"
while dd if="$disk" of=/dev/null bs=4k count=256 iflag=direct 2>/dev/null; do :; done &
reader=$!
before=$(vf_inodes $NVME)

# The others lose their resources, and get them again.
write_conf 4 '[vf0]' 'driver = nvme' 'namespaces = 1' '[vf1]' 'driver = vfio-pci' 'namespaces = 2' '[vf2,3]' 'queues = 0'
echo >$tracefs/trace
wait_for 20 eval '[[ $(secondaries) == "1:Online:2:1 2:Online:2:1" ]]'
wait_state $NVME configured
sed -i '/\[vf2,3\]/,$d' /etc/vio.d/nvme.conf
wait_for 20 eval '[[ $(secondaries) == "1:Online:2:1 2:Online:2:1 3:Online:2:1 4:Online:2:1" ]]'
wait_state $NVME configured
expect_eq "$(controllers)" "3 4" "controllers that got commands"
expect_eq "$(vf_inodes $NVME)" "$before" "VFs"
kill -0 $reader || fail "the disk of VF 0 went while it was read"
kill -0 $holder || fail "the user of VF 1 has ended"

# Its own queues, while it is in use: it keeps them until it is free, and the others change meanwhile.
echo >$tracefs/trace
write_conf 4 '[vf0]' 'driver = nvme' 'namespaces = 1' '[vf1,2]' 'queues = 0' '[vf1]' 'driver = vfio-pci' 'namespaces = 2'
wait_state $NVME blocked
wait_for 20 eval '[[ $(secondaries) == "1:Online:2:1 2:Online:2:1 4:Online:2:1" ]]'
expect_eq "$(controllers)" 3 "controllers that got commands"
expect_log 'VF 1 \(0000:03:00.2\) is used by vfio-hold'
kill $holder
wait_for 20 eval '[[ $(secondaries) == "1:Online:2:1 4:Online:2:1" ]]'
wait_state $NVME configured
kill -0 $reader || fail "the disk of VF 0 went while it was read"
expect_eq "$(vf_inodes $NVME)" "$before" "VFs in the end"
kill $reader
