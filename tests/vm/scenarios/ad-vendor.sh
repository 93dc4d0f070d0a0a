# SPDX-License-Identifier: LGPL-2.1-or-later
# A vendor's package, built against the installed header alone: its kind and its quirk work, and its drop-in enables them
# timeout: 120
pf=$(bench_pf plain vfs=8)
other=$(bench_pf mute)
vendor=$viod_test/vendor
find "$vendor" -type f
printf '[pf]\nname = %s\nkind = net\nvfs = max\n[vf*]\nvlan = 5\nlink-state = enable\n' "$pf" | conf card
printf '[pf]\nname = %s\nkind = acme\nvfs = 3\n[vf*]\ndriver = none\n[vf1]\npower = auto\n' "$other" | conf own
start_viod
expect_eq "$(state "$other" .state) $(vf_count "$pf")" "invalid 8" "without the package"
expect_log "own.conf:3:8: kind 'acme' needs plugin 'acme', which is not loaded"
stop_viod
rm /etc/vio.d/card.conf /run/viod/pf/"$pf".json
echo 0 >"$sys/$pf/sriov_numvfs"

mkdir -p /usr/lib/viod.conf.d
cp "$vendor"/usr/lib/viod/*.so /usr/lib/viod/
cp "$vendor"/usr/lib/viod.conf.d/* /usr/lib/viod.conf.d/
write_card() { printf '[pf]\nname = %s\nkind = net\nvfs = max\nlink = up\n[vf*]\nvlan = %s\nlink-state = enable\nmax-tx-rate = %s\n' "$pf" "$1" "$2" | conf card; }
write_card 5 100
bench_fault "$pf" vlan 3 EIO 2
start_viod
expect_eq "$(state "$other" .state) $(state "$pf" .state) $(vf_count "$pf")" "configured configured 6" "with the package"
expect_eq "$(for n in 0 1 2; do cat "$sys/$(vf_addr "$other" $n)/power/control"; done | xargs)" "on auto on" "the kind's key"
expect_vf "$(netdev_of "$pf")" 3 vlan=5 link-state=auto max=100
expect_log "'link-state' cannot be set with this driver"
write_card 5 501
expect_log "card.conf:9:.*this device cannot do 'max-tx-rate = 501': Acme's cards send 500 Mbit/s at most"
write_card 666 100
expect_log "card.conf:7:.*VLAN 666 is for Acme's own use"
bench_fault "$pf" vlan 2 ENOSPC
write_card 6 100
wait_state "$pf" degraded
expect_log 'there are 8 VLAN filters; use fewer'
bench_clear "$pf"
wait_state "$pf" configured
sed -i 's/auto/on/' /etc/vio.d/own.conf
wait_for 10 grep -q on "$sys/$(vf_addr "$other" 1)/power/control"
rm /etc/vio.d/own.conf
wait_for 20 eval '[[ $(vf_count $other) == 0 ]]'
rm /usr/lib/viod/{acme,net-acme}.so
