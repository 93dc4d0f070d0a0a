# SPDX-License-Identifier: LGPL-2.1-or-later
# The guest itself: igb and NVMe VFs, IOMMU groups, igbvf and vfio-pci, a NIC that is plugged and unplugged
# timeout: 120

echo 7 >"$sys/$NIC0/sriov_numvfs"
expect_eq "$(vf_count "$NIC0")" 7 "VFs of the NIC"
groups=$(for n in {0..6}; do group_of "$(vf_addr "$NIC0" "$n")"; done | sort -u | wc -l)
expect_eq "$groups" 7 "IOMMU groups of 7 VFs"
vf=$(vf_addr "$NIC0" 6)
wait_for 10 test -e "$sys/$vf/driver/unbind" # which comes after the interface
expect_eq "$(driver_of "$vf")" igbvf "driver of $vf"
ip link set "$(netdev_of "$NIC0")" up
wait_for 10 grep -q 1 "$sys/$NIC0/net/$(netdev_of "$NIC0")/carrier"

modprobe vfio-pci
echo vfio-pci >"$sys/$vf/driver_override"
echo "$vf" >"$sys/$vf/driver/unbind"
echo "$vf" >/sys/bus/pci/drivers_probe
expect_eq "$(driver_of "$vf")" vfio-pci "driver of $vf"
test -c "/dev/vfio/$(group_of "$vf")"

echo 0 >"$sys/$NVME/sriov_drivers_autoprobe"
echo 16 >"$sys/$NVME/sriov_numvfs"
expect_eq "$(vf_count "$NVME")" 16 "VFs of the NVMe controller"
expect_eq "$(vf_addr "$NVME" 15)" 0000:03:02.0 "the last of them"
expect_eq "$(driver_of "$(vf_addr "$NVME" 15)")" none "its driver"

plug_nic
expect_eq "$(driver_of "$SPARE")" igb "driver of the plugged NIC"
echo 7 >"$sys/$SPARE/sriov_numvfs"
expect_eq "$(driver_of "$(vf_addr "$SPARE" 0)")" igbvf "driver of its first VF"
unplug_nic
