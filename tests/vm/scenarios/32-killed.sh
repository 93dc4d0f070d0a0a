# SPDX-License-Identifier: LGPL-2.1-or-later
# Killed in front of writes of an apply and of a release, in turns the job and the daemon with it: the result is the same as without the kill.
# timeout: 300
modprobe -a igbvf vfio-pci
netdev=$(netdev_of $NIC0)
ip link set "$netdev" up
arm_kill_at

# The compared state, read with few processes: there are many rounds, and the guest is slow.
look() {
	quiet
	local vf driver
	printf 'autoprobe %s\n' "$(<$sys/$NIC0/sriov_drivers_autoprobe)"
	for vf in $sys/$NIC0/virtfn*; do
		[[ -e $vf ]] || continue
		driver=$(leads_to "$vf/driver") || driver=none
		printf '%s %s %s\n' "${vf##*/}" "$driver" "$(<"$vf/driver_override")"
	done
	# VF 2 has no address: igbvf chooses a random one whenever it is bound.
	ip -d link show "$netdev" | sed -nE '/ vf 2 /s/ether [^ ]*//; s/.*(promiscuity [0-9]+).*/\1/p; s/^ *(vf .*)/\1/p'
}

conf="[pf]
name = 01:00.0
kind = net
vfs = 3
promisc = on
[vf0]
driver = default
mac = 52:54:00:aa:02:00
vlan = 40
[vf1]
mac = 52:54:00:aa:02:01
vlan = 41
driver = vfio-pci
[vf2]
driver = none"
expect_applied() {
	[[ $applied_look == *'vf 0 '*52:54:00:aa:02:00*'vlan 40'*'vf 1 '*52:54:00:aa:02:01*'vlan 41'* &&
		$applied_look == *'promiscuity 1'* && $applied_look == *'virtfn0 igbvf (null)'*'virtfn1 vfio-pci vfio-pci'*'virtfn2 none none'* ]] ||
		fail "an apply without a kill: $applied_look"
}

# No VFs before viod: the attributes.
start_viod
kill_at_each $NIC0 look nic0 <<<"$conf"
expect_applied
((kills >= 4)) || fail "killed $kills times only"
stop_viod

# Existing VFs stay the same and change their drivers, so that re-creation does not hide errors.
echo 3 >$sys/$NIC0/sriov_numvfs
for n in 0 2; do
	vf=$(vf_addr $NIC0 $n)
	echo $((n == 0)) | sed 's/1/vfio-pci/; s/0/igbvf/' >"$sys/$vf/driver_override"
	[[ ! -e $sys/$vf/driver ]] || echo "$vf" >"$sys/$vf/driver/unbind"
	echo "$vf" >/sys/bus/pci/drivers_probe
done
start_viod
kill_at_each $NIC0 look nic0 3 <<<"$conf"
expect_applied
((kills >= 6)) || fail "killed $kills times only"
