# SPDX-License-Identifier: LGPL-2.1-or-later
# Eswitches of the bench: modes, representors, functions of their ports, a LAG of two PFs
# timeout: 120
mode() { quiet; devlink -j dev eswitch show "pci/$1" | jq -r '.dev[].mode'; }
representors() { quiet; devlink port show | grep -c "^pci/$1/.*flavour pcivf" || :; }
read -r first second < <(bench_pf mlx5_core ports=2 vfs=8 | xargs)
expect_eq "$(mode "$first")" legacy "mode at first"
before=$(<"$sys/$first/net/$(netdev_of "$first")/ifindex")
echo 0 >"$sys/$first/sriov_drivers_autoprobe"
echo 0 >"$sys/$second/sriov_drivers_autoprobe"
echo 4 >"$sys/$first/sriov_numvfs"
devlink dev eswitch set "pci/$first" mode switchdev
expect_eq "$(mode "$first") $(representors "$first")" "switchdev 4" "mode and representors"
udevadm settle
uplink=$(devlink -j port show | jq -r ".port[\"pci/$first/0\"].netdev")
test -e "$sys/$first/net/$uplink"
[[ $(<"$sys/$first/net/$uplink/ifindex") != "$before" ]] || fail "the PF's interface is still the same"
! ip link set "$uplink" vf 0 vlan 5 2>/dev/null || fail "a VLAN was taken in switchdev mode"
ip link set "$uplink" vf 0 vlan 0
port=$(devlink -j port show | jq -r ".port | to_entries[] | select(.value.vfnum == 2 and .value.flavour == \"pcivf\") | .key")
devlink port function set "$port" hw_addr 02:00:00:00:00:22
expect_eq "$(bench_vf "$first" 2 mac)" 02:00:00:00:00:22 "address by the port's function"
vf=$(vf_addr "$first" 2)
echo mlx5_core >"$sys/$vf/driver_override"
echo "$vf" >/sys/bus/pci/drivers_probe
expect_eq "$(driver_of "$vf")" mlx5_core "driver of a VF"
udevadm settle # it is renamed meanwhile
expect_eq "$(cat "$sys/$vf"/net/*/address)" 02:00:00:00:00:22 "its address"

# The VFs of the second PF are created after its mode is set. With a driver on a VF there is no LAG, without one there is.
devlink dev eswitch set "pci/$second" mode switchdev
echo 2 >"$sys/$second/sriov_numvfs"
expect_eq "$(representors "$second")" 2 "representors of later VFs"
udevadm settle
lag=/sys/kernel/debug/mlx5/$first/lag/state
make_bond() {
	quiet
	local pf link
	ip link add bond9 type bond mode active-backup
	for pf in "$first" "$second"; do
		link=$(devlink -j port show | jq -r ".port | to_entries[] | select(.value.flavour == \"physical\" and (.key | startswith(\"pci/$pf/\"))) | .value.netdev")
		ip link set "$link" down
		ip link set "$link" master bond9
	done
	ip link set bond9 up
}
make_bond
pause 1.2 # the time until a LAG is active
expect_eq "$(<$lag)" disabled "LAG with a VF in use"
ip link delete bond9
echo "$vf" >"$sys/$vf/driver/unbind"
make_bond
wait_for 5 grep -q active $lag
ip link delete bond9
expect_eq "$(<$lag)" disabled "LAG without a bond"
devlink dev eswitch set "pci/$first" mode legacy
expect_eq "$(mode "$first") $(representors "$first")" "legacy 0" "mode and representors at the end"

pf=$(bench_pf ice)
echo 2 >"$sys/$pf/sriov_numvfs"
! devlink dev eswitch set "pci/$pf" mode switchdev 2>/dev/null || fail "ice changed its mode with VFs"
echo 0 >"$sys/$pf/sriov_numvfs"
devlink dev eswitch set "pci/$pf" mode switchdev
echo 2 >"$sys/$pf/sriov_numvfs"
expect_eq "$(representors "$pf")" 2 "representors of ice"
bench_fault "$pf" eswitch '*' EBUSY
! devlink dev eswitch set "pci/$pf" mode legacy 2>/dev/null || fail "an injected EBUSY was no error"
