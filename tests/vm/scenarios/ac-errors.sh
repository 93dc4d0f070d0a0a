# SPDX-License-Identifier: LGPL-2.1-or-later
# Every error of every operation, on each VF in turn: told with its text, all else applied, mended without help when it ends
# timeout: 240
# kernel-log: probe with driver .* failed with error|A link change request failed
began=$SECONDS
pf=$(bench_pf plain)
link=$(netdev_of "$pf")
declare -A says=(
	[EPERM]='Operation not permitted' [ENOENT]='No such file or directory' [EIO]='Input/output error'
	[EAGAIN]='Resource temporarily unavailable' [ENOMEM]='Cannot allocate memory' [EBUSY]='Device or resource busy'
	[ENODEV]='No such device' [EINVAL]='Invalid argument' [ENOSPC]='No space left on device'
	[ERANGE]='Numerical result out of range' [EPROTONOSUPPORT]='Protocol not supported'
)
errors=(EPERM ENOENT EIO EAGAIN ENOMEM EBUSY ENODEV EINVAL ENOSPC ERANGE EPROTONOSUPPORT)
vfs=$((${#errors[@]} + 1)) # the last one is spared

# All attributes of all VFs are others with each round.
write_conf() { # COUNT, ROUND
	local switch=on other=off
	(($2 % 2)) && switch=off other=on
	{
		printf '[pf]\nname = %s\nkind = net\nvfs = %s\nlink = up\n[vf*]\ndriver = plain_nicvf\nvlan = 10%s\ntrust = %s\nspoofchk = %s\n' "$pf" "$1" "$2" $switch $other
		printf 'link-state = %s\nmax-tx-rate = 10%s\n' "$( (($2 % 2)) && echo enable || echo disable)" "$2"
		each_vf "$1" "[vf@]\nmac = 02:00:00:0$2:@x\n"
	} | conf nic
}
# What VF N has of a round, without the attribute of an operation: to the array wants.
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
declare -A told=([mac]=mac [vlan]=vlan [rate]=max [spoofchk]=spoofchk [link-state]=link-state [trust]=trust)

# The count: nothing is there, and the PF says why.
for error in "${errors[@]}"; do
	bench_fault "$pf" create $((RANDOM % vfs)) "$error"
	write_conf $vfs 0
	echo "# $error" >>/etc/vio.d/nic.conf
	[[ -e /run/viod/state/$pf.json ]] || start_viod
	wait_for 10 eval '[[ $(state $pf .error) == *"${says[$error]}"* ]]'
	expect_eq "$(state "$pf" .state) $(vf_count "$pf")" "failed 0" "state after $error of a count"
	bench_clear "$pf"
done
write_conf $vfs 0
wait_state "$pf" configured

# Attributes: one operation a round, another error on each VF but the last.
round=0
for operation in mac vlan rate spoofchk link-state trust; do
	round=$((round + 1))
	set +x
	for n in "${!errors[@]}"; do
		bench_fault "$pf" "$operation" "$n" "${errors[(n + round) % ${#errors[@]}]}"
	done
	write_conf $vfs $round
	wait_state "$pf" degraded
	mapfile -t said < <(state "$pf" '.vfs[] | .error // "null"')
	mapfile -t got < <(vfs "$link")
	for n in "${!errors[@]}"; do
		error=${errors[(n + round) % ${#errors[@]}]}
		[[ ${said[n]} == *"/etc/vio.d/nic.conf:"*"vf$n.${key[$operation]}"*"${says[$error]}"* ]] ||
			fail "VF $n, $operation, $error: '${said[n]}'"
		want $round "$n" "${told[$operation]}"
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

# What the driver says it has not is left out, and that is no failure.
bench_fault "$pf" trust '*' EOPNOTSUPP
write_conf $vfs $((round + 1))
wait_for 10 vf_is "$link" 0 vlan=10$((round + 1))
wait_state "$pf" configured
expect_log "'trust' cannot be set with this driver"
bench_clear "$pf"

# Who cannot be read counts as being what it was set to.
for n in "${!errors[@]}"; do bench_fault "$pf" get "$n" "${errors[n]}"; done
bench_forget "$pf"
restart_viod
wait_state "$pf" configured
expect_eq "$(bench_cost "$pf")" "0 0 0 0" "a restart while VFs cannot be read"
bench_clear "$pf"

# Drivers: each of these VFs is without one, all others have it.
bench_fault "$pf" destroy '*' EBUSY 1
for n in "${!errors[@]}"; do
	operations=(probe netdev)
	bench_fault "$pf" "${operations[n % 2]}" "$n" "${errors[n]}"
done
write_conf $((vfs + 4)) 0
expect_log "nic.conf:4:7: vfs: $vfs -> 0: Device or resource busy"
wait_state "$pf" degraded
report=$(<"/run/viod/state/$pf.json")
expect_eq "$(jq -c '[.vfs[] | select(.driver == null) | .index]' <<<"$report")" '[0,1,2,3,4,5,6,7,8,9,10]' "VFs without a driver"
expect_eq "$(jq -c '[.vfs[] | select(.error != null) | .index]' <<<"$report")" '[0,1,2,3,4,5,6,7,8,9,10]' "VFs with an error"
bench_clear "$pf"
wait_state "$pf" configured
expect_eq "$(state "$pf" '[.vfs[] | select(.driver != "plain_nicvf")] | length')" 0 "VFs without a driver in the end"
echo "$((SECONDS - began)) s"
