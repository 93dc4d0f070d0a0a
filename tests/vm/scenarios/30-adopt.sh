# SPDX-License-Identifier: LGPL-2.1-or-later
# VFs from before viod are adopted, and their state is restored: count, drivers, overrides, autoprobe.
# timeout: 90
modprobe -a igbvf vfio-pci

# snapshot PF: everything that must be the same afterwards. Inodes distinguish a VF from a re-created one.
snapshot() {
	quiet
	local vf
	printf 'count %s autoprobe %s\n' "$(vf_count "$1")" "$(<"$sys/$1/sriov_drivers_autoprobe")"
	for vf in "$sys/$1"/virtfn*; do
		[[ -e $vf ]] || continue
		printf '%s inode %s driver %s override %s\n' "${vf##*/}" "$(stat -Lc %i "$vf")" \
			"$(driver_of "$(basename "$(readlink "$vf")")")" "$(<"$vf/driver_override")"
	done
}

# rebind ADDRESS DRIVER: manually.
rebind() {
	printf '%s' "$2" >"$sys/$1/driver_override"
	[[ ! -e $sys/$1/driver ]] || printf '%s' "$1" >"$sys/$1/driver/unbind"
	printf '%s' "$1" >/sys/bus/pci/drivers_probe
	expect_eq "$(driver_of "$1")" "$2" "driver of $1 before viod"
}

released() { [[ ! -e /run/viod/pf/$1.json && ! -e /run/viod/state/$1.json ]]; }

# Three PFs were configured manually: one without options; one with autoprobe off and a VF for a virtual machine; one whose
# VFs have no drivers.
echo 3 >$sys/$NIC0/sriov_numvfs
echo 0 >$sys/$NIC1/sriov_drivers_autoprobe
echo 4 >$sys/$NIC1/sriov_numvfs
rebind "$(vf_addr $NIC1 1)" vfio-pci
rebind "$(vf_addr $NIC1 2)" igbvf
echo 0 >$sys/$NVME/sriov_drivers_autoprobe
echo 2 >$sys/$NVME/sriov_numvfs
udevadm settle
for pf in $NIC0 $NIC1 $NVME; do
	declare "before_${pf//[:.]/_}=$(snapshot $pf)"
done
expect_before() {
	quiet
	local before=before_${1//[:.]/_} now
	now=$(snapshot "$1")
	[[ $now == "${!before}" ]] || { diff <(printf '%s\n' "${!before}") <(printf '%s\n' "$now") >&2 || :; fail "$1 $2"; }
}

# The files match the current state. NIC1 names a driver only for the VF with a chosen one.
conf a <<-CONF
	[pf]
	name = 01:00.0
	kind = net
	vfs = 3
CONF
conf b <<-CONF
	[pf]
	name = 02:00.0
	kind = dev
	vfs = 4
	[vf1]
	driver = vfio-pci
CONF
conf c <<-CONF
	[pf]
	name = 03:00.0
	kind = dev
	vfs = 2
	[vf0]
	driver = none
CONF
start_viod
for pf in $NIC0 $NIC1 $NVME; do
	wait_state $pf configured
	expect_before $pf "was touched by a file that asks for what is there"
done

# A second version has one difference each; the VFs stay the same, and only the VF concerned changes.
conf a <<-CONF
	[pf]
	name = 01:00.0
	kind = net
	vfs = 3
	[vf2]
	vlan = 77
	driver = vfio-pci
CONF
conf b <<-CONF
	[pf]
	name = 02:00.0
	kind = dev
	vfs = 4
	[vf0]
	driver = vfio-pci
	[vf1]
	driver = default
	[vf2]
	driver = none
CONF
conf c <<-CONF
	[pf]
	name = 03:00.0
	kind = dev
	vfs = 2
	[vf1]
	driver = vfio-pci
CONF
wait_for 20 eval '[[ $(driver_of "$(vf_addr $NVME 1)") == vfio-pci && $(driver_of "$(vf_addr $NIC0 2)") == vfio-pci &&
	$(driver_of "$(vf_addr $NIC1 0)") == vfio-pci && $(driver_of "$(vf_addr $NIC1 1)") == igbvf &&
	$(driver_of "$(vf_addr $NIC1 2)") == none ]]'
for pf in $NIC0 $NIC1 $NVME; do
	wait_state $pf configured
done
expect_eq "$(vf_link $NIC0 2 '.vlan_list[0].vlan // 0')" 77 "vlan of VF 2"
expect_eq "$(<$sys/$NIC0/sriov_drivers_autoprobe)$(<$sys/$NIC1/sriov_drivers_autoprobe)$(<$sys/$NVME/sriov_drivers_autoprobe)" \
	100 "autoprobe flags under viod"

rm /etc/vio.d/*.conf
for pf in $NIC0 $NIC1 $NVME; do
	wait_for 20 released $pf
	expect_before $pf "was not restored"
done
expect_eq "$(vf_link $NIC0 2 '.vlan_list[0].vlan // 0')" 0 "vlan of VF 2 afterwards"

# Another count re-creates the VFs; their other settings are restored nevertheless.
conf b <<-CONF
	[pf]
	name = 02:00.0
	kind = dev
	vfs = 6
	[vf*]
	driver = default
CONF
wait_for 20 eval '[[ $(vf_count $NIC1) == 6 ]]'
wait_state $NIC1 configured
for n in 0 1 2 3 4 5; do
	expect_eq "$(driver_of "$(vf_addr $NIC1 $n)")" igbvf "driver of VF $n"
done
rm /etc/vio.d/b.conf
wait_for 20 released $NIC1
expect_eq "$(snapshot $NIC1 | sed 's/inode [0-9]* //')" "$(sed 's/inode [0-9]* //' <<<"$before_0000_02_00_0")" "what came back"
