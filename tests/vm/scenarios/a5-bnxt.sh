# SPDX-License-Identifier: LGPL-2.1-or-later
# bnxt_en: its PF is set up before VFs are created, and a count that it reports as a success is read back
# timeout: 120
pf=$(bench_pf bnxt_en limit=8)
write_conf() { printf '[pf]\nname = %s\nkind = net\nvfs = %s\n[vf*]\nvlan = 5\n%b\n' "$pf" "$1" "${2-}" | conf nic; }
afresh "$pf" net
write_conf 4
start_viod
expect_eq "$(state "$pf" .state) $(vf_count "$pf")" "failed 0" "without the quirk"
expect_log '4 VFs were requested, the driver created 0 and reported success$'

afresh "$pf"
write_conf 4
start_viod
expect_eq "$(state "$pf" .state) $(vf_count "$pf")" "configured 4" "with the quirk"
expect_vf "$(netdev_of "$pf")" 3 vlan=5
expect_free "$pf"
write_conf 9
wait_state "$pf" failed
expect_log '9 VFs were requested, the driver created 8 and reported success; bnxt_en creates none while the PF is down'
write_conf 4 'max-tx-rate = 30000'
wait_state "$pf" degraded
expect_log "max-tx-rate was refused by bnxt_en.*up to the link's speed"
expect_vf "$(netdev_of "$pf")" 3 vlan=5 max=0
