# SPDX-License-Identifier: LGPL-2.1-or-later
# What keeps a VF from being removed: a bridge it is part of, a container that has it, an address of the host. The holder is reported
# timeout: 200
ip link set "$(netdev_of $NIC0)" up
write_conf() {
	quiet
	printf '[pf]\nname = 01:00.0\nkind = net\nvfs = %s\n%s' "$1" "${2-}" | conf nic0
}
# expect_held WHAT: removal is blocked by VF 1, and nothing is changed.
expect_held() {
	quiet
	wait_state $NIC0 blocked
	[[ $(state $NIC0 .error) == *"VF 1 ($vf) is used by "*"$1"* ]] || fail "error: $(state $NIC0 .error)"
	pause 1.5
	expect_eq "$(vf_inodes $NIC0)" "$before" "VFs while one is in use: $1"
}
# round WHAT: the count is changed, then the file is deleted; both are blocked. Then everything as before.
round() {
	quiet
	write_conf 4
	expect_held "$1"
	rm /etc/vio.d/nic0.conf
	expect_held "$1"
	write_conf 2
	wait_state $NIC0 configured
	expect_eq "$(vf_inodes $NIC0)" "$before" "VFs after $1"
}

write_conf 2
start_viod
wait_state $NIC0 configured
udevadm settle
vf=$(vf_addr $NIC0 1)
netdev=$(netdev_of "$vf")
before=$(vf_inodes $NIC0)

ip link add br-vm type bridge
ip link set "$netdev" master br-vm
round "br-vm, which its network interface $netdev is part of"
ip link set "$netdev" nomaster

ip netns add box
ip netns exec box sleep 300 &
inside=$!
ip link set "$netdev" netns box
round "network namespace"
ip netns exec box ip link set "$netdev" netns 1
kill $inside
ip netns delete box

ip link set "$netdev" up
ip addr add 192.0.2.9/24 dev "$netdev"
round "the host: $netdev is up with address 192.0.2.9"
# An address blocks removal only: a file that names another driver unbinds the VF from the host on purpose.
write_conf 2 $'[vf1]\ndriver = vfio\n'
wait_for 20 eval '[[ $(driver_of "$vf") == vfio-pci ]]'
wait_state $NIC0 configured
# A bridge blocks that, too.
vf=$(vf_addr $NIC0 0)
netdev=$(netdev_of "$vf")
ip link set "$netdev" master br-vm
write_conf 2 $'[vf0-1]\ndriver = vfio\n'
wait_state $NIC0 blocked
[[ $(state $NIC0 .error) == *"VF 0 ($vf) is used by br-vm"* ]] || fail "error: $(state $NIC0 .error)"
expect_eq "$(driver_of "$vf")" igbvf "driver of a VF in a bridge"
ip link set "$netdev" nomaster
wait_for 20 eval '[[ $(driver_of "$vf") == vfio-pci ]]'

# A disk of the host that is an NVMe VF's.
nvme_conf() {
	quiet
	printf '[pf]\nname = 03:00.0\nkind = dev\nvfs = %s\n[vf*]\nqueues = 2\ninterrupts = 1\n[vf0]\nnamespaces = attach 1\n' "$1" | conf nvme
}
nvme_conf 2
wait_state $NVME configured 60
vf=$(vf_addr $NVME 0)
wait_for 20 eval 'disk=$(disk_of "$vf") && test -b "$disk"'
mkfs.ext4 -q "$disk"
mkdir -p /srv/disk
mount "$disk" /srv/disk
before=$(vf_inodes $NVME)
nvme_conf 3
wait_state $NVME blocked
[[ $(state $NVME .error) == *"VF 0 ($vf) is used by the host: mounted at /srv/disk"* ]] || fail "error: $(state $NVME .error)"
rm /etc/vio.d/nvme.conf
pause 1.5
wait_state $NVME blocked
expect_eq "$(vf_inodes $NVME)" "$before" "VFs while a disk is mounted"
touch /srv/disk/still-there
umount /srv/disk
# Open, by a process.
exec {open}<"$disk"
reported_open() { [[ $(state $NVME .error) == *"VF 0 ($vf) is used by "*" (pid "*"): $disk" ]]; }
wait_for 20 reported_open
expect_eq "$(vf_inodes $NVME)" "$before" "VFs while a disk is open"
exec {open}<&-
wait_released $NVME 30
expect_eq "$(vf_count $NVME)" 0 "NVMe VFs after the release"
