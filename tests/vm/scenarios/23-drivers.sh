# SPDX-License-Identifier: LGPL-2.1-or-later
# The driver of a VF follows the file back and forth, and VFs from before viod get their previous drivers back
# timeout: 90
drivers() {
	quiet
	local n all=()
	for n in 0 1 2; do
		vf=$(vf_addr $NIC0 $n)
		all+=("$(driver_of "$vf"):$(<"$sys/$vf/driver_override")")
	done
	printf '%s\n' "${all[*]}"
}
# wanted DRIVER-OF-VF0 DRIVER-OF-VF1; VF 2 is not in the file.
wanted() {
	quiet
	printf '[pf]\nname = 01:00.0\nkind = dev\n[vf0]\ndriver = %s\n[vf1]\ndriver = %s\n' "$1" "$2" | conf nic0
	wait_for 10 eval "[[ \$(drivers) == '$3' ]]"
	wait_state $NIC0 configured
}

# A manual configuration: VF 0 native, VF 1 bound to vfio-pci, VF 2 unbound with an override.
modprobe -a igbvf vfio-pci
echo 3 >$sys/$NIC0/sriov_numvfs
vf1=$(vf_addr $NIC0 1) vf2=$(vf_addr $NIC0 2)
wait_for 10 test -e "$sys/$vf2/driver"
for vf in "$vf1" "$vf2"; do
	echo vfio-pci >"$sys/$vf/driver_override"
	echo "$vf" >"$sys/$vf/driver/unbind"
done
echo "$vf1" >/sys/bus/pci/drivers_probe
found='igbvf:(null) vfio-pci:vfio-pci none:vfio-pci'
expect_eq "$(drivers)" "$found" "before viod"
inodes=$(vf_inodes $NIC0)

start_viod
wanted vfio-pci none 'vfio-pci:vfio-pci none:none none:vfio-pci'
expect_eq "$(state $NIC0 '[.vfs[].driver] | @csv')" '"vfio-pci",,' "drivers in the state file"
expect_eq "$(state $NIC0 '.vfs[0].nodes | join(" ")')" "/dev/vfio/$(group_of "$(vf_addr $NIC0 0)")" nodes
wanted none igbvf 'none:none igbvf:igbvf none:vfio-pci'
# A VF on its native driver already satisfies "default".
wanted default default 'igbvf:(null) igbvf:igbvf none:vfio-pci'
wanted igbvf vfio-pci 'igbvf:(null) vfio-pci:vfio-pci none:vfio-pci'

# The driver of a VF does not affect other VFs.
expect_eq "$(vf_inodes $NIC0)" "$inodes" "VFs"
rm /etc/vio.d/nic0.conf
wait_released $NIC0 10
expect_eq "$(drivers)" "$found" "after the file was deleted"
expect_eq "$(vf_inodes $NIC0)" "$inodes" "VFs after the file was deleted"
expect_eq "$(<$sys/$NIC0/sriov_drivers_autoprobe)" 1 autoprobe
