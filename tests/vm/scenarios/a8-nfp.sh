# SPDX-License-Identifier: LGPL-2.1-or-later
# nfp: settings that the firmware lacks are explained, and those that the driver lacks are not sent
# timeout: 90
pf=$(bench_pf nfp limit=4)
write_conf() { printf '[pf]\nname = %s\nkind = net\nvfs = %s\n[vf*]\nvlan = 5\nquery-rss = on\n' "$pf" "$1" | conf nic; }
afresh "$pf" net
write_conf 2
start_viod
(($(bench_count "$pf" vf-sets) > 2)) || fail "no more asked for than it has, without the quirk"
write_conf 5
wait_state "$pf" failed
refute_log 'the loaded firmware'

afresh "$pf"
write_conf 2
start_viod
wait_state "$pf" configured
expect_eq "$(bench_count "$pf" vf-sets)" 2 "VLANs of two VFs"
expect_free "$pf"
write_conf 5
wait_state "$pf" failed
expect_log 'the loaded firmware has fewer VFs'
