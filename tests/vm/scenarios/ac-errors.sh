# SPDX-License-Identifier: LGPL-2.1-or-later
# Every error of every operation, on each VF in turn: reported with its text, all else applied, corrected automatically when it ends
# timeout: 240
# kernel-log: probe with driver .* failed with error|A link change request failed
began=$SECONDS
pf=$(bench_pf plain)
link=$(netdev_of "$pf")
errors=("${bench_errors[@]}") count=${#bench_errors[@]}
vfs=$((count + 1)) # the last one is spared

# Each round changes all attributes of all VFs.
write_conf() { # COUNT, ROUND
	local switch=on other=off
	(($2 % 2)) && switch=off other=on
	{
		printf '[pf]\nname = %s\nkind = net\nvfs = %s\nlink = up\n[vf*]\ndriver = plain_nicvf\nvlan = 10%s\ntrust = %s\nspoofchk = %s\n' "$pf" "$1" "$2" $switch $other
		printf 'link-state = %s\nmax-tx-rate = 10%s\n' "$( (($2 % 2)) && echo enable || echo disable)" "$2"
		each_vf "$1" "[vf@]\nmac = 02:00:00:0$2:@x\n"
	} | conf nic
}
# Sets the array wants: the attributes of VF N in a round, without that of an operation.
want() { # ROUND, N, OPERATION
	local switch=on other=off state=disable want mac
	(($1 % 2)) && switch=off other=on state=enable
	printf -v mac 'mac=02:00:00:0%d:00:%02x' "$1" "$2"
	wants=()
	for want in "$mac" "vlan=10$1" trust=$switch spoofchk=$other link-state=$state "max=10$1"; do
		[[ $want == "${3:-none}="* ]] || wants+=("$want")
	done
}
# has N: VF N has them, in got, the lines of all VFs.
has() {
	local want
	for want in "${wants[@]}"; do
		[[ " ${got[$1]} " == *" $want "* ]] || fail "VF $1 has not $want: ${got[$1]}"
	done
}
declare -A key=([mac]=mac [vlan]=vlan [rate]=max-tx-rate [spoofchk]=spoofchk [link-state]=link-state [trust]=trust)
declare -A reported=([mac]=mac [vlan]=vlan [rate]=max [spoofchk]=spoofchk [link-state]=link-state [trust]=trust)

write_conf $vfs 0
start_viod
wait_state "$pf" configured

# Attributes: one operation a round, another error on each VF but the last.
round=0
for operation in mac vlan rate spoofchk link-state trust; do
	round=$((round + 1))
	set +x
	for n in "${!errors[@]}"; do
		bench_fault "$pf" "$operation" "$n" "${errors[(n + round) % count]}"
	done
	write_conf $vfs $round
	snapshot "$pf" degraded
	mapfile -t said < <(jq -r '.vfs[] | .error // "null"' <<<"$snapshot")
	mapfile -t got < <(vfs "$link")
	for n in "${!errors[@]}"; do
		error=${errors[(n + round) % count]}
		[[ ${said[n]} == *"/etc/vio.d/nic.conf:"*"vf$n.${key[$operation]}"*"${bench_says[$error]}"* ]] ||
			fail "VF $n, $operation, $error: '${said[n]}'"
		want $round "$n" "${reported[$operation]}"
		has "$n"
	done
	expect_eq "${said[vfs - 1]}" null "the VF that nothing happened to, $operation"
	bench_clear "$pf"
	wait_state "$pf" configured
	mapfile -t got < <(vfs "$link")
	for ((n = 0; n < vfs; n++)); do
		want $round $n
		has $n
	done
	set -x
done

# If a driver reports for all VFs that it lacks an attribute that it accepted before, that is an error.
bench_fault "$pf" trust '*' EOPNOTSUPP
write_conf $vfs $((round + 1))
snapshot "$pf" degraded
expect_eq "$(jq -r '[.vfs[].error | select(test("trust failed .Operation not supported"))] | length' <<<"$snapshot")" $vfs "VFs with an error"
bench_clear "$pf"
wait_state "$pf" configured
expect_vf "$link" 0 vlan=10$((round + 1)) trust=off

# An attribute that cannot be read counts as unchanged.
for n in "${!errors[@]}"; do bench_fault "$pf" get "$n" "${errors[n]}"; done
bench_forget "$pf"
restart_viod
wait_state "$pf" configured
expect_eq "$(bench_cost "$pf")" "0 0 0 0" "a restart while VFs cannot be read"
bench_clear "$pf"

# Drivers: each of these VFs is without one, all others have it.
operations=(probe netdev)
for turn in 0 1; do
	for n in "${!errors[@]}"; do
		bench_fault "$pf" "${operations[(n + turn) % 2]}" "$n" "${errors[n]}"
	done
	write_conf $((vfs + 1 + turn)) 0
	wait_for 20 eval '[[ $(vf_count $pf) == $((vfs + 1 + turn)) ]]'
	snapshot "$pf" degraded 60
	report=$snapshot
	all=$(seq -s, 0 $((count - 1)))
	expect_eq "$(jq -c '[.vfs[] | select(.driver == null) | .index]' <<<"$report")" "[$all]" "VFs without a driver"
	expect_eq "$(jq -c '[.vfs[] | select(.error != null) | .index]' <<<"$report")" "[$all]" "VFs with an error"
	bench_clear "$pf"
	wait_state "$pf" configured 60
	expect_eq "$(state "$pf" '[.vfs[] | select(.driver != "plain_nicvf")] | length')" 0 "VFs without a driver in the end"
done

# An attribute that a driver lacks for all VFs is tried once, and is not a failure; each edit, reload and start tries again.
rm /etc/vio.d/nic.conf
wait_for 30 eval '! test -e /run/viod/pf/$pf.json'
bench_fault "$pf" trust '*' EOPNOTSUPP
bench_forget "$pf"
write_lacking() { printf '[pf]\nname = %s\nkind = net\nvfs = 4\nlink = up\ndrift = enforce\n[vf*]\ndriver = none\ntrust = on\nquery-rss = on\nvlan = %s\n' "$pf" "$1" | conf nic; }
write_lacking 5
wait_state "$pf" configured
expect_log "'trust' cannot be set with this driver"
expect_log "'query-rss' cannot be set with this driver"
expect_eq "$(bench_count "$pf" trust) $(bench_count "$pf" vlan)" "4 4" "VFs that were asked"
ip link set "$link" vf 2 vlan 6
wait_for 10 vf_is "$link" 2 vlan=5
wait_state "$pf" configured
expect_eq "$(bench_count "$pf" trust)" 4 "VFs that were set, after one was restored"
for again in 'write_lacking 7' 'systemctl reload viod.service' restart_viod; do
	bench_forget "$pf"
	$again
	wait_for 10 eval '(($(bench_count "$pf" trust) == 4))'
	wait_state "$pf" configured
	expect_eq "$(bench_count "$pf" trust)" 4 "VFs that are asked by $again"
done
bench_clear "$pf"
systemctl reload viod.service
wait_for 10 vf_is "$link" 3 trust=on vlan=7
wait_state "$pf" configured
echo "$((SECONDS - began)) s"
