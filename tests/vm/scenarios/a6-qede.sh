# SPDX-License-Identifier: LGPL-2.1-or-later
# qede: too many VFs and a missing address are explained; unsupported settings are not sent
# timeout: 120
pf=$(bench_pf qede limit=4)
write_conf() { printf '[pf]\nname = %s\nkind = net\nvfs = %s\n[vf*]\nvlan = 5\nquery-rss = on\n%b\n' "$pf" "$1" "${2-}" | conf nic; }
afresh "$pf" net
write_conf 2
start_viod
(($(bench_count "$pf" vf-sets) > 2)) || fail "no more asked for than it has, without the quirk"
write_conf 5
wait_state "$pf" failed
refute_log 'qede has not enough ports'

afresh "$pf"
write_conf 2
start_viod
wait_state "$pf" configured
expect_eq "$(bench_count "$pf" vf-sets)" 2 "VLANs of two VFs"
expect_vf "$(netdev_of "$pf")" 1 vlan=5
expect_free "$pf"
write_conf 2 'mac = 02:00:00:00:00:09\n[vf1]\nmac = 02:00:00:00:00:08'
wait_for 30 vf_is "$(netdev_of "$pf")" 1 mac=02:00:00:00:00:08
wait_state "$pf" configured
write_conf 2 'mac = none'
wait_state "$pf" degraded
expect_log 'mac was refused by qede.*qede cannot clear an address'
write_conf 2 'vlan-proto = 802.1ad'
expect_log 'qede only has 802.1Q'
write_conf 5
wait_state "$pf" failed
expect_log 'qede has not enough ports in its switch'
