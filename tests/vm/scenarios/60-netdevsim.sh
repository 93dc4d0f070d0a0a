# SPDX-License-Identifier: LGPL-2.1-or-later
# The guest's NIC without hardware: 512 VFs, each attribute set and read back by the tests' own programs.
read -r first second < <(netdevsim 10 2 512 | xargs)
[[ $first && $second ]] || fail "no two interfaces: '$first' '$second'"
echo 512 >/sys/bus/netdevsim/devices/netdevsim10/sriov_numvfs
expect_eq "$(nsim_count 10)" 512 "VFs"

ip link set "$first" vf 511 mac 02:00:00:00:01:ff vlan 4094 qos 7 proto 802.1ad spoofchk on state disable trust on \
	query_rss on min_tx_rate 100 max_tx_rate 2500
expect_eq "$(vfs "$first" | wc -l)" 512 "lines of vfs"
expect_eq "$(vfs "$first" | tail -n 1)" "511 mac=02:00:00:00:01:ff min=100 max=2500 spoofchk=on\
 link-state=disable query-rss=on trust=on vlan=4094 qos=7 proto=802.1ad" "the last VF"

# A change for the tests: like real cards it refuses rates above the speed of their link.
ip link set "$first" vf 0 max_tx_rate 100000
! ip link set "$first" vf 0 max_tx_rate 100001 2>/dev/null || fail "a rate above 100 Gbit/s was taken"
