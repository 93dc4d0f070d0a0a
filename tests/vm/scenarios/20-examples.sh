# SPDX-License-Identifier: LGPL-2.1-or-later
# The three examples of the README work verbatim but for the address
# timeout: 120
# The NVMe VFs have no queues here, so that their own driver does not get them.
conf net0 <<-CONF
	[pf]
	name = 01:00.0
	kind = net
	vfs = 4
	promisc = on

	[vf0]
	driver = igbvf
	mac = 52:54:00:ab:cd:01
	vlan = 100

	[vf1]
	mac = 52:54:00:ab:cd:02
CONF
conf gpu0 <<-CONF
	[pf]
	name = 02:00.0
	kind = gpu
	vfs = 2

	[vf0]
	driver = nvidia
CONF
conf accel <<-CONF
	[pf]
	name = 03:00.0
	kind = dev
	vfs = 8
CONF
# igb passes addresses to VFs only while its interface is up.
ip link set "$(netdev_of $NIC0)" up
start_viod

# Network: everything is configured when systemd reports the unit as started.
expect_eq "$(state $NIC0 '[.state, .error, .kind, (.vfs | length)] | @csv')" '"configured",,"net",4' "net0"
pf=$(ip -d -j link show "$(netdev_of $NIC0)")
expect_eq "$(jq -r '.[0] | [(.flags | contains(["PROMISC"])), .promiscuity > 0] | @csv' <<<"$pf")" true,true promisc
expect_eq "$(jq -r '.[0].vfinfo_list[] | [.vf, .address, .vlan_list[0].vlan // 0] | @csv' <<<"$pf" | head -n 2)" \
	$'0,"52:54:00:ab:cd:01",100\n1,"52:54:00:ab:cd:02",0' "what the PF says of its VFs"
for n in 0 1; do
	vf=$(vf_addr $NIC0 $n)
	expect_eq "$(driver_of "$vf")" igbvf "driver of VF $n"
	expect_eq "$(<"$sys/$vf/net/$(netdev_of "$vf")/address")" 52:54:00:ab:cd:0$((n + 1)) "address of VF $n's interface"
done
expect_eq "$(driver_of "$(vf_addr $NIC0 3)")" igbvf "driver of a VF without a section"

# GPU: this guest has no GPU at that address, and the kind refuses the NIC that is there.
expect_eq "$(state $NIC1 '[.state, .kind] | @csv')" '"invalid","gpu"' "gpu0"
error=$(state $NIC1 .error)
[[ $error == /etc/vio.d/gpu0.conf:3:8:*"network controller"*"write kind = net" ]] || fail "error of gpu0: $error"
expect_eq "$(vf_count $NIC1)" 0 "VFs of gpu0"
expect_log "$NIC1: /etc/vio.d/gpu0.conf:3:8: .*kind 'gpu'"

# Anything else.
expect_eq "$(vf_count $NVME)" 8 "VFs of accel"
expect_eq "$(state $NVME '[.state, .kind, (.vfs | length)] | @csv')" '"configured","dev",8' accel
expect_log "$NVME: VFs without queues do not work"

# The files that are installed beside viod are the same.
for name in net0 gpu0 accel; do
	sed -i 's/^name = .*/name = ADDRESS/' /etc/vio.d/$name.conf
	diff -B <(sed -e '/^#/d' -e 's/^name = .*/name = ADDRESS/' /usr/share/doc/viod/examples/$name.conf) \
		/etc/vio.d/$name.conf || fail "the installed $name.conf is not the README's"
done
