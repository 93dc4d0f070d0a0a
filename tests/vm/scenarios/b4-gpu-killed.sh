# SPDX-License-Identifier: LGPL-2.1-or-later
# Killed in front of each write of the plugin to a GPU, of an apply and of a release: shares, vGPUs and mdevs end up as without the kill
# timeout: 300
arm_kill_at

print_file() { # starts no process: there are hundreds of looks
	local word words
	while read -ra words; do
		for word in "${words[@]}"; do
			[[ $word == @(resets|probes|sets|users)=* ]] || printf '%s ' "$word"
		done
		echo
	done 2>/dev/null <"$1" || :
}
# look PF: the whole state of the card, except its counters.
look() {
	quiet
	local vf file
	for file in "$sys/$1"/sriov_{numvfs,drivers_autoprobe} "$sys/$1"/sriov_admin/pf/profile/*; do
		print_file "$file"
	done
	print_file "$bench/$1/vfs"
	for vf in "$sys/$1"/virtfn*; do
		[[ -e $vf ]] || continue
		printf '%s ' "${vf##*/}"
		leads_to "$vf/driver" || echo none
		print_file "$vf/driver_override"
		for file in "$vf"/*-*-*-*-*; do printf 'mdev %s\n' "${file##*/}"; done
	done
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
kill_at_each "$pf" look gpu <<<"$conf"
((kills >= 6)) || fail "killed $kills times only"
bench_remove "$pf"

# The types of a full GPU are known to a job that has never seen them offered. No module of the guest has these VFs'
# alias, so that the native driver must be named.
pf=$(bench_pf nvidia)
conf="[pf]
name = $pf
kind = gpu
vfs = 2
[vf*]
driver = nvidia
profile = NVIDIA A16-8Q"
kill_at_each "$pf" look gpu <<<"$conf"
((kills >= 3)) || fail "killed $kills times only"
bench_remove "$pf"

# An mdev of a job that died belongs to viod, and is kept or removed.
pf=$(bench_pf nvidia-mdev)
conf="[pf]
name = $pf
kind = gpu
vfs = 2
mdev-grace = 0
[vf*]
driver = nvidia
profile = NVIDIA A16-8Q"
kill_at_each "$pf" look gpu <<<"$conf"
((kills >= 3)) || fail "killed $kills times only"
