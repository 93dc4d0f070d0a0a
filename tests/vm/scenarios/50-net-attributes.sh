# SPDX-License-Identifier: LGPL-2.1-or-later
# Each VF attribute of igb is set, changed, cleared and restored; those that it lacks are reported once, without other effects.
# timeout: 180
pf=$(netdev_of $NIC0)
ip link set "$pf" up

write_conf() { # VLAN QOS SPOOFCHK TRUST RATE
	conf nic0 <<-CONF
		[pf]
		name = 01:00.0
		kind = net
		vfs = 3
		[vf*]
		vlan = $1
		qos = $2
		spoofchk = $3
		trust = $4
		max-tx-rate = $5
		link-state = enable
		query-rss = on
		[vf0]
		mac = 52:54:00:aa:00:00
		[vf1]
		mac = 52:54:00:aa:00:01
	CONF
}
await_vf() { # VF FILTER WANTED
	quiet
	wait_for 20 eval '[[ $(vf_link $NIC0 '"$1 '$2'"') == '"$3"' ]]'
}
expect_all() { # VLAN QOS SPOOFCHK TRUST RATE
	for n in 0 1 2; do
		await_vf $n '.vlan_list[0].vlan // 0' "$1"
		await_vf $n '.vlan_list[0].qos // 0' "$2"
		await_vf $n '.spoofchk' "$3"
		await_vf $n '.trust' "$4"
		await_vf $n '.rate.max_tx' "$5"
	done
}

conf nic0 <<-CONF
	[pf]
	name = 01:00.0
	kind = net
	vfs = 3
CONF
trace_viod
start_viod
wait_state $NIC0 configured
wait_for 20 eval '[[ $(<$sys/$NIC0/net/$pf/carrier) == 1 ]]' # creating VFs interrupts it; rates need one
write_conf 100 3 true true 200
expect_all 100 3 true true 200
await_vf 1 .address 52:54:00:aa:00:01
wait_state $NIC0 configured
expect_eq "$(link_writes | wc -l)" 1 "messages for three VFs and all attributes"
expect_log "nic0.conf:.*'link-state' cannot be set with this driver"
expect_log "nic0.conf:.*'query-rss' cannot be set with this driver"
expect_eq "$(count_log "'link-state' cannot be set")" 1 "warnings of what igb lacks"

# One attribute of one VF: one message, and the others stay.
sed -i 's/^mac = 52:54:00:aa:00:01/mac = 52:54:00:aa:00:11/' /etc/vio.d/nic0.conf
await_vf 1 .address 52:54:00:aa:00:11
wait_state $NIC0 configured
expect_eq "$(link_writes | wc -l)" 2 "messages, with one for one address"
message=$(link_writes | tail -n 1)
[[ $message == *IFLA_VF_MAC* ]] || fail "the message has no address: $message"
! grep -qE 'IFLA_VF_(VLAN|TRUST|SPOOFCHK|RATE)' <<<"$message" || fail "the message has more than the address"

write_conf 0 0 false false 0
expect_all 0 0 false false 0
wait_state $NIC0 configured
restart_viod # begins a new trace
wait_state $NIC0 configured
expect_eq "$(link_writes | wc -l)" 0 "messages after a restart"
untrace_viod

# A setting that this card never supports is refused before anything is written. If the device refuses a value, the others are
# applied, and its line is reported.
conf nic0 <<-CONF
	[pf]
	name = 01:00.0
	kind = net
	vfs = 3
	[vf*]
	vlan = 7
	trust = on
	[vf1]
	vlan-proto = 802.1ad
CONF
expect_log 'nic0.conf:9:.*igb only has 802.1Q'
sed -i 's/^vlan-proto = .*/max-tx-rate = 2000/' /etc/vio.d/nic0.conf
wait_state $NIC0 degraded
expect_log 'nic0.conf:9:.*vf1.max-tx-rate was refused by igb.*at most the speed of the link'
for n in 0 1 2; do await_vf $n '.vlan_list[0].vlan // 0' 7; done
await_vf 1 .trust true
await_vf 1 .rate.max_tx 0
expect_eq "$(driver_of "$(vf_addr $NIC0 0)")" igbvf "driver of a VF that is well"

# A right is revoked with its line, or the next user of the VF would have it.
sed -i '/^trust = on$/d' /etc/vio.d/nic0.conf
for n in 0 1 2; do await_vf $n .trust false; done

# Invalid in itself: nothing is changed.
conf nic0 <<-CONF
	[pf]
	name = 01:00.0
	kind = net
	vfs = 3
	[vf0]
	qos = 3
	[vf1]
	min-tx-rate = 200
	max-tx-rate = 100
	[vf2]
	node-guid = 00:11:22:33:44:55:66:77
CONF
expect_log 'nic0.conf:6:.*needs a VLAN'
expect_log 'nic0.conf:8:.*above its max-tx-rate'
sed -i -e '/qos/d' -e '/min-tx/d' /etc/vio.d/nic0.conf
expect_log 'nic0.conf:9:.*only InfiniBand has GUIDs'
await_vf 2 '.vlan_list[0].vlan // 0' 7

# When the file is deleted, the previous settings are restored; VFs that the host created are kept.
rm /etc/vio.d/nic0.conf
wait_for 60 eval '[[ $(vf_count $NIC0) == 0 ]]'
