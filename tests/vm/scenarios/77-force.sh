# SPDX-License-Identifier: LGPL-2.1-or-later
# A whole device is bound to VFIO, but not one that the host's default route or disk depends on, unless its file forces it
# timeout: 200
add_consumer
write_conf() {
	quiet
	{
		printf '[pf]\nname = %s\nkind = dev\ndriver = vfio\ngroup = kvm\nmode = 0660\n' "${pf#0000:}"
		(($# == 0)) || printf '%s\n' "$@"
	} | conf device
}
# expect_refused HOW: blocked, and nothing has happened.
expect_refused() {
	quiet
	wait_for 20 is_refused "the device ($pf) is used by the host: $1; set 'force = yes' in [pf] to override"
	pause 1.5
	expect_eq "$(driver_of "$pf"):$(<"$sys/$pf/driver_override")" "$native:(null)" "driver of a device in use"
}
# While viod looks again there is no error for a moment.
is_refused() { quiet; [[ $(state "$pf" '.state + ": " + .error') == "blocked: "*"$1"* ]]; }
expect_taken() {
	quiet
	wait_for 20 eval '[[ $(driver_of "$pf") == vfio-pci ]]'
	wait_state "$pf" configured
	expect_eq "$(stat -c '%U:%G %a' "/dev/vfio/$(group_of "$pf")")" "root:kvm 660" "node of the device"
}
expect_given_back() {
	quiet
	rm /etc/vio.d/device.conf
	wait_for 20 test ! -e "/run/viod/pf/$pf.json"
	expect_eq "$(driver_of "$pf"):$(<"$sys/$pf/driver_override")" "$native:(null)" "restored"
}

start_viod
pf=$NIC0 native=igb
netdev=$(netdev_of $NIC0)
ip link set "$netdev" up
ip addr add 198.51.100.1/24 dev "$netdev"
# An address alone does not block it: the file requests it explicitly.
write_conf
expect_taken
expect_given_back
udevadm settle
netdev=$(netdev_of $NIC0)

ip link set "$netdev" up
ip addr add 198.51.100.1/24 dev "$netdev"
ip route add default via 198.51.100.254
write_conf
expect_refused "its default route goes through $netdev"
# As the second of several next hops, too.
rm /etc/vio.d/device.conf
wait_released $NIC0
other=$(netdev_of $NIC1)
ip link set "$other" up
ip addr add 203.0.113.1/24 dev "$other"
ip route replace default nexthop via 203.0.113.254 dev "$other" nexthop via 198.51.100.254 dev "$netdev"
expect_eq "$(ip route show default | grep -c nexthop)" 2 "next hops"
write_conf
expect_refused "its default route goes through $netdev"
# Through a bridge, by IPv6, and then no longer.
ip route del default
ip addr flush dev "$other"
ip link set "$other" down
ip addr flush dev "$netdev"
wait_for 10 eval '[[ $(driver_of $NIC0) == vfio-pci ]]'
wait_state $NIC0 configured
expect_given_back
udevadm settle
netdev=$(netdev_of $NIC0)
ip link add br-up type bridge
ip link set "$netdev" master br-up
ip link set "$netdev" up
ip link set br-up up
ip -6 addr add 2001:db8::1/64 dev br-up nodad
ip -6 route add default via 2001:db8::2
write_conf
expect_refused "its default route goes through br-up"
write_conf 'force = yes'
expect_taken
# The release waits for a virtual machine that has the device.
hold_vf all $NIC0
rm /etc/vio.d/device.conf
wait_for 20 is_refused "the device ($NIC0) is used by vfio-hold (pid $holder"
pause 1.5
expect_eq "$(driver_of $NIC0)" vfio-pci "driver while a machine has the device"
# Not even with force.
write_conf 'force = yes'
wait_state $NIC0 configured
sed -i 's/^driver = .*/driver = igb/' /etc/vio.d/device.conf
wait_state $NIC0 blocked
pause 1.5
expect_eq "$(driver_of $NIC0)" vfio-pci "driver while a machine has the device, forced"
wait_for 5 eval '! grep -qs "^State:.D" /proc/[0-9]*/status' # a process may be there for a moment
kill $holder
wait_for 10 eval '[[ $(driver_of $NIC0) == igb ]]'
wait_state $NIC0 configured
expect_given_back

# A disk of a storage controller that is mounted.
pf=$NVME native=nvme
nvme attach-ns $nvme -n 1 -c "$(nvme id-ctrl $nvme -o json | jq .cntlid)"
nvme ns-rescan $nvme
wait_for 10 eval 'disk=$(disk_of $NVME)'
mkfs.ext4 -q "$disk"
mkdir -p /srv/disk
mount "$disk" /srv/disk
write_conf
expect_refused "mounted at /srv/disk"
umount /srv/disk
expect_taken
expect_given_back
# Mounted where only another process sees it.
wait_for 20 eval 'disk=$(disk_of $NVME) && test -b "$disk"'
unshare --mount --propagation private sh -c "mount $disk /srv/disk && touch $viod_run/mounted && exec sleep 300" &
inside=$!
wait_for 10 test -e $viod_run/mounted
write_conf
expect_refused "claimed by the kernel, by a mount elsewhere or a volume"
kill $inside
expect_taken
expect_given_back
