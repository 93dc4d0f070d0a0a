# SPDX-License-Identifier: LGPL-2.1-or-later
# mlx5_core: the firmware's limit is explained; switchdev after the VFs are created and before drivers; addresses by ports; GUIDs before drivers
# timeout: 240
mode() { quiet; devlink -j dev eswitch show "pci/$1" | jq -r ".dev[].${2:-mode}"; }
representors() { quiet; devlink port show | grep -c "^pci/$1/.*flavour pcivf" || :; }

# ---- firmware
none=$(bench_pf mlx5_core vfs=0)
few=$(bench_pf mlx5_core vfs=8)
write_limits() {
	printf '[pf]\nname = %s\nkind = net\nvfs = 4\n' "$none" | conf none
	printf '[pf]\nname = %s\nkind = net\nvfs = 16\n' "$few" | conf few
}
afresh "$few" net
write_limits
start_viod
expect_eq "$(state "$none" .state) $(state "$few" .state)" "invalid invalid" "without the quirk"
refute_log mlxconfig
afresh "$few"
write_limits
start_viod
expect_eq "$(state "$none" .state) $(state "$few" .state)" "invalid invalid" "with the quirk"
expect_log "few.conf:4:.*it is 0 to 8; the card's firmware limits this: 'mlxconfig -d ADDRESS set SRIOV_EN=1 NUM_OF_VFS=N'"
expect_log "none.conf:4:.*this device has no SR-IOV capability.*mlxconfig"

# ---- InfiniBand: a VF's driver reads the GUIDs when it probes
ib=$(bench_pf mlx5_core-ib vfs=4)
write_ib() { # last octet of VF 1's GUIDs
	printf '[pf]\nname = %s\nkind = net\nvfs = 2\n%b' "$ib" "${1:+[vf1]\nnode-guid = 00:11:22:33:44:55:66:$1\nport-guid = 00:11:22:33:44:55:77:$1\n}" | conf ib
}
guids() { quiet; echo "$(bench_vf "$ib" 1 node-guid) $(bench_vf "$ib" 1 port-guid)"; }
probes() { quiet; echo "$(bench_vf "$ib" 0 probes) $(bench_vf "$ib" 1 probes)"; }
for quirk in without with; do
	if [[ $quirk == with ]]; then afresh "$ib"; else afresh "$ib" net; fi
	write_ib 01
	start_viod
	wait_state "$ib" configured
	expect_eq "$(guids)" "0011223344556601 0011223344557701" "GUIDs, $quirk the quirk"
	before=$(bench_count "$ib" probe)
	write_ib 02
	wait_for 20 eval '[[ $(guids) == "0011223344556602 0011223344557702" ]]'
	wait_state "$ib" configured
	expect_eq "$(($(bench_count "$ib" probe) - before))" "$([[ $quirk == with ]] && echo 1 || echo 0)" "probes for other GUIDs, $quirk the quirk"
	[[ $quirk != with ]] || expect_free "$ib"
done
rm /etc/vio.d/ib.conf
wait_for 20 eval '! test -e /run/viod/pf/$ib.json'

# ---- the eswitch
read -r pf other < <(bench_pf mlx5_core ports=2 vfs=8 | xargs)
write_switch() { # PF, LINES
	{
		printf '[pf]\nname = %s\nkind = net\nvfs = 4\nlink = up\nmtu = 4000\n%b\n' "$1" "${2-}"
		each_vf 4 '[vf@]\nmac = 02:00:00:00:@x\n'
	} | conf switch
}
afresh "$pf" net
write_switch "$pf" 'inline-mode = transport\nencap = none'
start_viod
wait_state "$pf" configured
expect_eq "$(mode "$pf" '"inline-mode"') $(mode "$pf" '"encap-mode"')" "transport none" "inline-mode and encap"
write_switch "$pf" 'inline-mode = link\nencap = basic'
wait_for 20 eval '[[ "$(mode "$pf" "\"inline-mode\"") $(mode "$pf" "\"encap-mode\"")" == "link basic" ]]'
wait_state "$pf" configured
write_switch "$pf" 'eswitch = switchdev'
wait_for 20 eval '[[ $(mode "$pf") == switchdev ]]'
wait_state "$pf" configured
before=$(bench_count "$pf" probe)
expect_eq "$(bench_count "$pf" function)" 0 "addresses set by ports without the quirk"

afresh "$pf"
devlink dev eswitch set "pci/$pf" mode legacy
udevadm settle # it names the new interface
before=$(<"$sys/$pf/net/$(netdev_of "$pf")/ifindex")
write_switch "$pf" 'eswitch = switchdev'
start_viod
expect_eq "$(state "$pf" .state) $(mode "$pf") $(representors "$pf")" "configured switchdev 4" "with the quirk"
expect_eq "$(bench_count "$pf" function) $(bench_count "$pf" mac) $(bench_count "$pf" probe)" "4 0 4" "addresses by ports, by the PF, and probes"
expect_eq "$(bench_vf "$pf" 3 mac)" 02:00:00:00:00:03 "address of a VF"
expect_eq "$(cat "$sys/$(vf_addr "$pf" 3)"/net/*/address)" 02:00:00:00:00:03 "that its driver has found"
uplink=$(devlink -j port show | jq -r ".port[\"pci/$pf/0\"].netdev")
[[ $(<"$sys/$pf/net/$uplink/ifindex") != "$before" ]] || fail "the PF's interface is still the old one"
expect_eq "$(<"$sys/$pf/net/$uplink/mtu") $(($(<"$sys/$pf/net/$uplink/flags") & 1))" "4000 1" "MTU and link of the new interface"
expect_free "$pf"
write_switch "$pf" 'eswitch = switchdev\n[vf*]\nroce = off'
wait_for 20 eval '[[ $(state "$pf" "[.vfs[].attributes.roce] | unique | tojson") == "[\"off\"]" ]]'
wait_state "$pf" configured
expect_eq "$(bench_count "$pf" probe)" 4 "probes for another ability"
# The mode changes with VFs that have drivers, too: these are unbound and bound again.
bench_forget "$pf"
write_switch "$pf" 'eswitch = legacy'
wait_for 20 eval '[[ $(mode "$pf") == legacy ]]'
wait_state "$pf" configured
expect_eq "$(bench_count "$pf" probe) $(bench_count "$pf" numvfs-writes)" "4 0" "probes, and counts, for another mode"
bench_fault "$pf" eswitch '*' EPERM
write_switch "$pf" 'eswitch = switchdev'
expect_log 'eswitch: legacy -> switchdev: Operation not permitted; a card with Socket Direct' 20
bench_clear "$pf"
wait_for 60 eval '[[ $(mode "$pf") == switchdev ]]'
wait_state "$pf" configured
rm /etc/vio.d/switch.conf
wait_for 20 eval '! test -e /run/viod/pf/$pf.json'
expect_eq "$(mode "$pf") $(vf_count "$pf")" "legacy 0" "what is left of it"

# ---- VF LAG
for one in "$pf" "$other"; do
	printf '[pf]\nname = %s\nkind = net\nvfs = 2\neswitch = switchdev\nvf-lag = yes\n' "$one" | conf "lag${one##*.}"
done
wait_state "$pf" degraded
wait_state "$other" degraded
expect_log '2 VFs are bound to their drivers when the card.s LAG is active'
expect_eq "$(driver_of "$(vf_addr "$pf" 0)") $(driver_of "$(vf_addr "$other" 1)")" "none none" "drivers before the bond"
ip link add bond9 type bond mode active-backup
for one in "$pf" "$other"; do
	uplink=$(devlink -j port show | jq -r ".port | to_entries[] | select(.value.flavour == \"physical\" and (.key | startswith(\"pci/$one/\"))) | .value.netdev")
	ip link set "$uplink" down
	ip link set "$uplink" master bond9
done
ip link set bond9 up
wait_state "$pf" configured 60
wait_state "$other" configured 60
expect_eq "$(</sys/kernel/debug/mlx5/"$pf"/lag/state)" active "LAG"
expect_eq "$(driver_of "$(vf_addr "$pf" 0)") $(driver_of "$(vf_addr "$other" 1)")" "mlx5_core mlx5_core" "drivers with the bond"
ip link delete bond9
sed -i s/switchdev/legacy/ /etc/vio.d/lag0.conf
expect_log "lag0.conf:6:.*set 'eswitch = switchdev' in the files of both"
