# SPDX-License-Identifier: LGPL-2.1-or-later
# Address and VLAN of 7 VFs are sent in one message, an edit sends the differences, a restart nothing, a VF in use is kept.
# timeout: 180
pf=$(netdev_of $NIC0)
ip link set "$pf" up # igbvf gets its address only from a PF that is up
write_conf() {
	conf nic0 <<-CONF
		[pf]
		name = 01:00.0
		kind = net
		vfs = 7
		promisc = on

		[vf*]
		vlan = $1

		$(for n in 0 1 2 3 4 5 6; do printf '[vf%d]\nmac = 52:54:00:aa:00:0%d\n\n' $n $n; done)
	CONF
}
vlan_is() { [[ $(vf_link $NIC0 "$1" '.vlan_list[0].vlan // 0') == "$2" ]]; }
promisc_is() { [[ $(ip -d -j link show "$pf" | jq '.[0].flags | index("PROMISC") != null') == "$1" ]]; }

trace_viod
write_conf 100
start_viod
wait_state $NIC0 configured
for n in 0 1 2 3 4 5 6; do
	expect_eq "$(vf_link $NIC0 $n .address)" "52:54:00:aa:00:0$n" "mac of VF $n"
	expect_eq "$(<$sys/"$(vf_addr $NIC0 $n)"/net/*/address)" "52:54:00:aa:00:0$n" "what its driver found"
	vlan_is $n 100 || fail "vlan of VF $n"
done
promisc_is true || fail "the PF is not promiscuous"
expect_eq "$(link_writes | wc -l)" 2 "messages: flags, and all VFs"

write_conf 200
wait_for 20 vlan_is 6 200
wait_state $NIC0 configured
expect_eq "$(link_writes | wc -l)" 3 "messages, after one for a VLAN that changes"

restart_viod # begins a new trace
wait_state $NIC0 configured
expect_eq "$(link_writes | wc -l)" 0 "messages after a restart"
untrace_viod

# Refused with the line, and nothing changes.
conf nic0 <<-CONF
	[pf]
	name = 01:00.0
	kind = net
	[vf0-1]
	mac = 52:54:00:aa:00:01
	[vf2]
	mac = 01:00:5e:00:00:01
CONF
expect_log 'nic0.conf:5:.*vf0 and vf1 would both get mac 52:54:00:aa:00:01'
expect_log 'nic0.conf:7:.*is a group address'
expect_eq "$(vf_count $NIC0)" 7 "VFs under a bad file"

# Each way to use a VF keeps all of them.
write_conf 200
vf=$(netdev_of "$(vf_addr $NIC0 2)")
wait_state $NIC0 configured
ip netns add viod-test
ip link set "$vf" netns viod-test
rm /etc/vio.d/nic0.conf
wait_state $NIC0 blocked
expect_log 'another network namespace'
expect_eq "$(vf_count $NIC0)" 7 "VFs while one is in a namespace"
ip -n viod-test link set "$vf" netns 1
ip link set "$vf" up
ip address add 192.0.2.1/24 dev "$vf"
expect_log "$vf is up with address 192.0.2.1" 60
ip address flush dev "$vf"
ip link set "$vf" down
wait_for 60 eval '[[ $(vf_count $NIC0) == 0 ]]'
wait_for 20 promisc_is false
