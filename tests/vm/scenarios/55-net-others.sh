# SPDX-License-Identifier: LGPL-2.1-or-later
# systemd-networkd and NetworkManager do not manage the VFs of viod, from the moment that viod does; others they do.
# timeout: 120
properties_of() { udevadm info --query=property "/sys/class/net/$(netdev_of "$1")"; }
vf=0000:01:10.0 # the first of NIC0

mkdir -p /run/systemd/network
printf '[Match]\nName=*\nKind=!*\n[Network]\nDHCP=yes\n' >/run/systemd/network/90-all.network
udevadm control --reload
systemctl start systemd-networkd.service

conf nic0 <<-CONF
	[pf]
	name = 01:00.0
	kind = net
	vfs = 2
CONF
start_viod
wait_state $NIC0 configured
udevadm settle
properties_of $vf | grep -qx NM_UNMANAGED=1 || fail "NetworkManager would take the VF: $(properties_of $vf)"
properties_of $vf | grep -qx ID_VIOD=1 || fail "the VF is not marked"
unmarked() { quiet; local text; text=$(properties_of "$1") && [[ $text == *INTERFACE=* && $text != *VIOD* ]]; }
unmarked $NIC0 || fail "the PF is marked: $(properties_of $NIC0)"
wait_for 20 eval 'networkctl list --no-legend | grep -w "$(netdev_of $vf)" | grep -qw unmanaged'

# A VF that returns from a namespace is marked as well.
ip netns add viod-test
ip link set "$(netdev_of $vf)" netns viod-test
ip netns delete viod-test
wait_for 20 test -d $sys/$vf/net
wait_for 20 eval 'properties_of $vf | grep -qx NM_UNMANAGED=1'

# VFs that viod does not manage are not marked.
echo 1 >$sys/$NIC1/sriov_numvfs
udevadm settle
unmarked "$(vf_addr $NIC1 0)" || fail "a VF of another PF is marked"
expect_eq "$(find /run/viod/managed -type l | wc -l)" 2 "entries"

# Nor are the VFs of the other PF, until a file adopts them; after its deletion the marks are removed. This needs only an
# event: nothing is written to the device.
vf1=$(vf_addr $NIC1 0)
before=$(cat /sys/class/net/"$(netdev_of "$vf1")"/ifindex)
conf nic1 <<-CONF
	[pf]
	name = 02:00.0
	kind = net
CONF
wait_for 20 eval 'properties_of "$vf1" | grep -qx NM_UNMANAGED=1'
rm /etc/vio.d/nic1.conf
wait_for 20 unmarked "$vf1"
expect_eq "$(cat /sys/class/net/"$(netdev_of "$vf1")"/ifindex)" "$before" "the adopted VF's interface"

rm /etc/vio.d/nic0.conf
wait_for 60 eval '[[ $(vf_count $NIC0) == 0 ]]'
wait_for 20 eval '[[ -z $(find /run/viod/managed -type l) ]]'
systemctl stop systemd-networkd.service systemd-networkd.socket
rm /run/systemd/network/90-all.network
