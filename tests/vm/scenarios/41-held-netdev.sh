# SPDX-License-Identifier: LGPL-2.1-or-later
# A VF whose interface is in a container is not removed, and is managed again when the container ends; for kinds net and dev.
# timeout: 90
ip link set "$(netdev_of $NIC0)" up
for kind in net dev; do
	write_conf() {
		conf nic0 <<-CONF
			[pf]
			name = 01:00.0
			kind = $kind
			vfs = $1
		CONF
	}
	write_conf 2
	[[ $(systemctl is-active viod) == active ]] || start_viod
	wait_state $NIC0 configured
	wait_for 10 eval '[[ $(vf_count $NIC0) == 2 ]]'
	udevadm settle
	before=$(stat -Lc %i $sys/$NIC0/virtfn*)

	ip netns add box
	ip netns exec box sleep 300 &
	inside=$!
	netdev=$(netdev_of "$(vf_addr $NIC0 1)")
	ip link set "$netdev" netns box
	write_conf 4
	wait_state $NIC0 blocked
	holder=$(state $NIC0 '.vfs[1].held_by')
	echo "$kind: $holder"
	[[ $holder == *"network namespace"* ]] || fail "held_by, kind $kind: $holder"
	[[ $(state $NIC0 .error) == *"VF 1 ($(vf_addr $NIC0 1)) is used by "* ]] || fail "error: $(state $NIC0 .error)"
	rm /etc/vio.d/nic0.conf
	viod_looks
	wait_state $NIC0 blocked
	expect_eq "$(stat -Lc %i $sys/$NIC0/virtfn*)" "$before" "VFs while one is in a container"
	ip netns exec box ip link show "$netdev" >/dev/null || fail "the container has lost its interface"

	# The container ends, and the kernel moves the interface back.
	kill $inside
	wait $inside || :
	ip netns delete box
	wait_for 10 eval '[[ $(vf_count $NIC0) == 0 && ! -e /run/viod/pf/$NIC0.json ]]'
done
