# SPDX-License-Identifier: LGPL-2.1-or-later
# Every error of query-rss, GUIDs, functions of devlink ports and the eswitch: reported, all else applied, corrected when it ends
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
	snapshot "$1" degraded 30
	mapfile -t said < <(jq -r '.vfs[] | .error // "null"' <<<"$snapshot")
	for n in "${!bench_errors[@]}"; do
		error=${bench_errors[(n + $2) % count]}
		[[ ${said[n]} == "/etc/vio.d/nic.conf:"*"vf$n.$3"*"${bench_says[$error]}"* ]] || fail "VF $n, $3, $error: '${said[n]}'"
	done
	expect_eq "${said[vfs - 1]}" null "the VF that nothing happened to, $3"
}

# ---- query-rss
pf=$(bench_pf ixgbe)
write_rss() { # QUERY-RSS, VLAN
	printf '[pf]\nname = %s\nkind = net\nvfs = %s\n[vf*]\ndriver = none\nquery-rss = %s\nvlan = %s\n' "$pf" $vfs "$1" "$2" | conf nic
}
# expect_rss 0|1 VLAN FIRST: of all VFs from that one on, as the card has them.
expect_rss() {
	quiet
	local n got
	mapfile -t got <"$bench/$pf/vfs"
	for ((n = 0; n < vfs; n++)); do
		[[ ${got[n]} == *" vlan=$2 "* ]] || fail "VF $n has not vlan=$2: ${got[n]}"
		((n < $3)) || [[ ${got[n]} == *" query-rss=$1 "* ]] || fail "VF $n has not query-rss=$1: ${got[n]}"
	done
}
write_rss on 5
start_viod
wait_state "$pf" configured
inject "$pf" query-rss 9
write_rss off 6
expect_told "$pf" 9 query-rss
expect_rss 0 6 $((vfs - 1))
bench_clear "$pf"
wait_state "$pf" configured
expect_rss 0 6 0
rm /etc/vio.d/nic.conf
wait_for 30 eval '! test -e /run/viod/pf/$pf.json'
bench_remove "$pf"

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
	local n want got
	mapfile -t got <"$bench/$pf/vfs"
	for ((n = 0; n < vfs; n++)); do
		printf -v want ' link-state=%s *node-guid=0011223344%s%04x port-guid=0011223355%s%04x' "$3" "$1" $n "$2" $n
		[[ ! ${4-} || $n == $((vfs - 1)) ]] || want=${want/"$4=00112233"[45][45]??????/"$4=*"}
		# shellcheck disable=SC2053
		[[ ${got[n]} == *$want* ]] || fail "VF $n has not '$want': ${got[n]}"
	done
}
write_guids 01 01 enable
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

# ---- the eswitch: addresses, rates and settings of the PF continue.
pf=$(bench_pf mlx5_core vfs=$vfs)
mode() { quiet; devlink -j dev eswitch show "pci/$pf" | jq -r '.dev[].mode'; }
write_conf() { # VFS, MODE, ROUND, LINES
	quiet
	{
		printf '[pf]\nname = %s\nkind = net\nvfs = %s\neswitch = %s\nmtu = %s\n' "$pf" "$1" "$2" $((2000 + $3))
		printf '[vf*]\ndriver = none\nmax-tx-rate = %s\n%b' $((1000 + $3)) "${4-}"
		each_vf "$1" "[vf@]\nmac = 02:00:00:$(printf %02x "$3"):@x\n"
	} | conf nic
}
modes=(legacy switchdev) turn=0
for n in "${!bench_errors[@]}"; do
	error=${bench_errors[n]}
	bench_fault "$pf" eswitch '*' "$error"
	write_conf 2 "${modes[1 - turn]}" $n
	# For some seconds the request to a busy driver is repeated.
	wait_for 30 eval '[[ $(state $pf .error) == *"/etc/vio.d/nic.conf:5:11: "*"${bench_says[$error]}"* ]]'
	expect_eq "$(state "$pf" .state) $(mode)" "degraded ${modes[turn]}" "mode after $error"
	expect_eq "$(bench_vf "$pf" 1 max) $(bench_vf "$pf" 1 mac)" "$((1000 + n)) $(printf 02:00:00:%02x:00:01 "$n")" "a VF beside $error"
	expect_eq "$(cat "$sys/$pf"/net/*/mtu | sort -n | tail -n 1)" $((2000 + n)) "the PF beside $error"
	# The recovery is the same for all of them; some have their own message, or their own retries.
	case $error in
	EPERM | EBUSY | ENODEV | EOPNOTSUPP | "${bench_errors[-1]}")
		bench_clear "$pf"
		wait_state "$pf" configured 60
		turn=$((1 - turn))
		expect_eq "$(mode)" "${modes[turn]}" "mode in the end, $error"
		;;
	esac
done

# ---- functions of ports: the addresses, and the capabilities of VFs
write_conf $vfs switchdev 100
wait_state "$pf" configured 60
expect_macs() { # ROUND, FIRST
	quiet
	local n want got
	mapfile -t got <"$bench/$pf/vfs"
	for ((n = $2; n < vfs; n++)); do
		printf -v want ' mac=02:00:00:%02x:00:%02x ' "$1" $n
		[[ ${got[n]} == *"$want"*" max=$((1000 + $1)) "* ]] || fail "VF $n has not '$want': ${got[n]}"
	done
}
inject "$pf" function 3
write_conf $vfs switchdev 101
expect_told "$pf" 3 mac
expect_macs 101 $((vfs - 1))
expect_eq "$(bench_vf "$pf" 0 max)" 1101 "rate of a VF whose address failed"
bench_clear "$pf"
wait_state "$pf" configured 30
expect_macs 101 0
roce() { quiet; state "$pf" "[.vfs[] | select(.attributes.roce == \"$1\")] | length"; }
inject "$pf" function 7
write_conf $vfs switchdev 101 'roce = off\n'
expect_told "$pf" 7 roce
expect_eq "$(roce off)" 1 "VFs that have it"
bench_clear "$pf"
wait_state "$pf" configured 30
expect_eq "$(roce off)" $vfs "VFs that have it in the end"
echo "$((SECONDS - began)) s"
