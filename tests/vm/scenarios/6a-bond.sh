# SPDX-License-Identifier: LGPL-2.1-or-later
# Two ports of a bond get VFs and remain in the bond when VFs are created, changed and removed.
# timeout: 120
modprobe bonding max_bonds=0
ip link add bond-test type bond mode active-backup miimon 100
for pf in $NIC0 $NIC1; do
	ip link set "$(netdev_of $pf)" down
	ip link set "$(netdev_of $pf)" master bond-test
done
ip link set bond-test up
ports() { quiet; ip -j link show master bond-test | jq -r 'map(select(.operstate == "UP").ifname) | sort | join(" ")'; }
# shellcheck disable=SC2034 # for eval
both=$(printf '%s\n' "$(netdev_of $NIC0)" "$(netdev_of $NIC1)" | sort | paste -sd ' ')
wait_for 20 eval '[[ $(ports) == "$both" ]]'
addresses=$(ip -j link show master bond-test | jq -r '.[].address')

write_conf() {
	local n
	for n in 0 1; do
		conf nic$n <<-CONF
			[pf]
			name = 0$((n + 1)):00.0
			kind = net
			vfs = $1
			[vf*]
			vlan = $2
			driver = none
			[vf1]
			mac = 52:54:00:bb:0$n:01
		CONF
	done
}
as_wanted() {
	quiet
	local n pfs=("$NIC0" "$NIC1")
	for n in 0 1; do
		[[ $(vf_count ${pfs[n]}) == "$1" && $(vf_link ${pfs[n]} 1 '.vlan_list[0].vlan // 0') == "$2" &&
			$(vf_link ${pfs[n]} 1 .address) == "52:54:00:bb:0$n:01" ]] || return
	done
}

write_conf 3 30
start_viod
wait_for 60 as_wanted 3 30
wait_for 20 eval '[[ $(ports) == "$both" ]]'

# Settings alone do not affect the bond; another count interrupts the link for a moment, and the bond uses it again.
failures=$(grep 'Link Failure Count' /proc/net/bonding/bond-test)
write_conf 3 31
wait_for 20 as_wanted 3 31
wait_state $NIC0 configured
wait_state $NIC1 configured
expect_eq "$(grep 'Link Failure Count' /proc/net/bonding/bond-test)" "$failures" "link failures by a VLAN"
write_conf 5 31
wait_for 60 as_wanted 5 31
wait_for 20 eval '[[ $(ports) == "$both" ]]'
expect_eq "$(ip -j link show master bond-test | jq -r '.[].address')" "$addresses" "the ports' addresses"

rm /etc/vio.d/nic0.conf /etc/vio.d/nic1.conf
wait_for 60 eval '[[ $(vf_count $NIC0) == 0 && $(vf_count $NIC1) == 0 ]]'
wait_for 20 eval '[[ $(ports) == "$both" ]]'
for pf in $NIC0 $NIC1; do ip link set "$(netdev_of $pf)" nomaster; done
ip link delete bond-test
