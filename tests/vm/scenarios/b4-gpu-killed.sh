# SPDX-License-Identifier: LGPL-2.1-or-later
# Killed at every single write to a GPU, of an apply and of a release: shares, vGPUs and mdevs are in the end as without it
# timeout: 900
arm_kill_at

# look PF: all that the card knows, but for how often it was asked.
look() {
	quiet
	local vf path
	cat "$sys/$1"/sriov_{numvfs,drivers_autoprobe} "$sys/$1"/sriov_admin/pf/profile/* 2>/dev/null || :
	sed -E 's/(resets|probes|sets|users)=[0-9]+//g' "$bench/$1/vfs"
	for vf in "$sys/$1"/virtfn*; do
		[[ -e $vf ]] || continue
		path=$(readlink "$vf/driver") || path=none
		printf '%s %s %s\n' "${vf##*/}" "${path##*/}" "$(<"$vf/driver_override")"
		(cd "$vf" && printf 'mdev %s\n' *-*-*-*-*)
	done
}
ready() { [[ $(state "$1" .state 2>/dev/null) == configured ]]; }
gone() { [[ ! -e /run/viod/pf/$1.json && ! -e /run/viod/state/$1.json ]]; }
# await CONDITION PF: a job that was killed is tried again at once.
await() {
	quiet
	local end=$((SECONDS + 40))
	until $1 "$2"; do
		((SECONDS <= end)) || { cat "/run/viod/state/$2.json" >&2 || :; fail "$round: not $1"; }
		[[ -e $KILL_AT || $(state "$2" .state 2>/dev/null) != failed ]] || kill -HUP "$(viod_pid)"
		sleep 0.05
	done
}

# rounds PF: $conf is applied and released, and killed at write 1, 2, ... until neither has so many.
rounds() {
	quiet
	local pf=$1 n done=() baseline wanted
	for ((n = 0; ; n++)); do
		for half in apply release; do
			round="$pf: killed at write $n of the $half"
			rm -f "$KILL_AT"
			[[ $n == 0 || ${done[*]} == *$half* ]] || echo "$n job" >"$KILL_AT"
			[[ $n != 0 || $half != apply ]] || baseline=$(look "$pf")
			if [[ $half == apply ]]; then
				conf gpu <<<"$conf"
				await ready "$pf"
			else
				rm /etc/vio.d/gpu.conf
				await gone "$pf"
			fi
			[[ ! -e $KILL_AT ]] || done+=("$half:$((n - 1))")
			[[ $n != 0 || $half != apply ]] || wanted=$(look "$pf")
			[[ $half == apply ]] || { diff <(echo "$baseline") <(look "$pf") >&2 || fail "$round: given back"; }
			[[ $half == release ]] || { diff <(echo "$wanted") <(look "$pf") >&2 || fail "$round: applied"; }
		done
		[[ ${#done[*]} != 2 ]] || break
		((n < 40)) || fail "no end of writes"
	done
	echo "$pf: writes ${done[*]}"
	((n >= 6)) || fail "that is too few to be all"
}

pf=$(bench_pf xe)
conf="[pf]
name = $pf
kind = gpu
vfs = 2
priority = high
exec-quantum = 20
[vf*]
vram = 1001M
preempt-timeout = 500
driver = none"
start_viod
rounds "$pf"
bench_remove "$pf"

# The types of a GPU that is full are known to a job that has never seen them on offer. No module of the guest has these VFs'
# alias, so that the native driver must be named.
pf=$(bench_pf nvidia)
conf="[pf]
name = $pf
kind = gpu
vfs = 2
[vf*]
driver = nvidia
profile = NVIDIA A16-8Q"
rounds "$pf"
bench_remove "$pf"

# An mdev of a job that died is viod's, and is taken over or away.
pf=$(bench_pf nvidia-mdev)
conf="[pf]
name = $pf
kind = gpu
vfs = 2
mdev-grace = 0
[vf*]
driver = nvidia
profile = NVIDIA A16-8Q"
rounds "$pf"
