# SPDX-License-Identifier: LGPL-2.1-or-later
# Every error of GUIDs, of the functions of devlink ports and of the eswitch: told, all else applied, mended when it ends
# timeout: 300
began=$SECONDS
count=${#bench_errors[@]} vfs=$((${#bench_errors[@]} + 1)) # the last VF is spared
# inject PF OPERATION ROUND: another error on each VF but the last.
inject() {
	quiet
	local n
	for n in "${!bench_errors[@]}"; do
		bench_fault "$1" "$2" "$n" "${bench_errors[(n + $3) % count]}"
	done
}
# expect_told PF ROUND KEY: each of these VFs, with its error and line, and not the last one.
expect_told() {
	quiet
	local n said error
	wait_state "$1" degraded 30
	mapfile -t said < <(state "$1" '.vfs[] | .error // "null"')
	for n in "${!bench_errors[@]}"; do
		error=${bench_errors[(n + $2) % count]}
		[[ ${said[n]} == "/etc/vio.d/nic.conf:"*"vf$n.$3"*"${bench_says[$error]}"* ]] || fail "VF $n, $3, $error: '${said[n]}'"
	done
	expect_eq "${said[vfs - 1]}" null "the VF that nothing happened to, $3"
}

# ---- GUIDs
pf=$(bench_pf mlx5_core-ib vfs=$vfs)
write_guids() { # NODE-GUIDs', PORT-GUIDs' and LINK-STATEs'
	{
		printf '[pf]\nname = %s\nkind = net\nvfs = %s\n[vf*]\ndriver = none\nlink-state = %s\n' "$pf" $vfs "$3"
		each_vf $vfs "[vf@]\nnode-guid = 00:11:22:33:44:$1:@x\nport-guid = 00:11:22:33:55:$2:@x\n"
	} | conf nic
}
# expect_guids NODE PORT LINK-STATE [KEY]: as the card has them; without that key but of the last VF.
expect_guids() {
	quiet
	local n
	for ((n = 0; n < vfs; n++)); do
		[[ ${4-} == node-guid && $n != $((vfs - 1)) ]] ||
			expect_eq "$(bench_vf "$pf" $n node-guid)" "$(printf '0011223344%s%04x' "$1" $n)" "node GUID of VF $n"
		[[ ${4-} == port-guid && $n != $((vfs - 1)) ]] ||
			expect_eq "$(bench_vf "$pf" $n port-guid)" "$(printf '0011223355%s%04x' "$2" $n)" "port GUID of VF $n"
		expect_eq "$(bench_vf "$pf" $n link-state)" "$3" "link of VF $n"
	done
}
write_guids 01 01 enable
start_viod
wait_state "$pf" configured
inject "$pf" guid 0
write_guids 02 01 disable
expect_told "$pf" 0 node-guid
expect_guids 02 01 disable node-guid
bench_clear "$pf"
wait_state "$pf" configured 30
expect_guids 02 01 disable
inject "$pf" guid 5
write_guids 02 02 enable
expect_told "$pf" 5 port-guid
expect_guids 02 02 enable port-guid
bench_clear "$pf"
wait_state "$pf" configured 30
expect_guids 02 02 enable
rm /etc/vio.d/nic.conf
wait_for 30 eval '! test -e /run/viod/pf/$pf.json'
bench_remove "$pf"

# ---- the eswitch, with another error on each PF: rates, addresses and what the PFs have go on.
mode() { quiet; devlink -j dev eswitch show "pci/$1" | jq -r '.dev[].mode'; }
write_conf() { # FILE, PF, VFS, MODE, ROUND, LINES
	quiet
	{
		printf '[pf]\nname = %s\nkind = net\nvfs = %s\neswitch = %s\nmtu = %s\n' "$2" "$3" "$4" $((2000 + $5))
		printf '[vf*]\ndriver = none\nmax-tx-rate = %s\n%b' $((1000 + $5)) "${6-}"
		each_vf "$3" "[vf@]\nmac = 02:00:$(printf %02x:%02x "$5" "${1#nic}"):@x\n"
	} | conf "$1"
}
for _ in 1 2 3; do bench_pf mlx5_core ports=8 vfs=4; done >cards
mapfile -t pfs < <(head -n $count cards)
set +x
for n in "${!pfs[@]}"; do
	bench_fault "${pfs[n]}" eswitch '*' "${bench_errors[n]}"
	write_conf nic$n "${pfs[n]}" 2 switchdev 1
done
for n in "${!pfs[@]}"; do
	error=${bench_says[${bench_errors[n]}]} pf=${pfs[n]}
	# For some seconds the driver is asked again, where it is busy.
	wait_for 30 eval '[[ $(state $pf .error) == *"/etc/vio.d/nic$n.conf:5:11: "*"$error"* ]]'
	expect_eq "$(state "$pf" .state) $(mode "$pf")" "degraded legacy" "mode after $error"
	expect_eq "$(bench_vf "$pf" 1 max) $(bench_vf "$pf" 1 mac)" "1001 $(printf 02:00:01:%02x:00:01 $n)" "a VF beside $error"
	expect_eq "$(cat "$sys/$pf"/net/*/mtu | sort -n | tail -n 1)" 2001 "the PF beside $error"
done
for pf in "${pfs[@]}"; do bench_clear "$pf"; done
for pf in "${pfs[@]}"; do
	wait_state "$pf" configured 60
	expect_eq "$(mode "$pf")" switchdev "mode of $pf in the end"
done
set -x
stop_viod
rm -r /etc/vio.d/nic*.conf /run/viod/{pf,state}
for pf in 0010:00:00.0 0011:00:00.0 0012:00:00.0; do
	bench_remove $pf
done

# ---- functions of ports: the addresses, and what VFs are able to
pf=$(bench_pf mlx5_core vfs=$vfs)
write_conf nic "$pf" $vfs switchdev 100
start_viod
wait_state "$pf" configured 60
expect_macs() { # ROUND, FIRST
	quiet
	local n
	for ((n = $2; n < vfs; n++)); do
		expect_eq "$(bench_vf "$pf" $n mac) $(bench_vf "$pf" $n max)" "$(printf 02:00:%02x:00:00:%02x "$1" $n) $((1000 + $1))" "VF $n"
	done
}
inject "$pf" function 3
write_conf nic "$pf" $vfs switchdev 101
expect_told "$pf" 3 mac
expect_macs 101 $((vfs - 1))
expect_eq "$(bench_vf "$pf" 0 max)" 1101 "rate of a VF whose address failed"
bench_clear "$pf"
wait_state "$pf" configured 30
expect_macs 101 0
roce() { quiet; state "$pf" "[.vfs[] | select(.attributes.roce == \"$1\")] | length"; }
inject "$pf" function 7
write_conf nic "$pf" $vfs switchdev 101 'roce = off\n'
expect_told "$pf" 7 roce
expect_eq "$(roce off)" 1 "VFs that have it"
bench_clear "$pf"
wait_state "$pf" configured 30
expect_eq "$(roce off)" $vfs "VFs that have it in the end"
echo "$((SECONDS - began)) s"
