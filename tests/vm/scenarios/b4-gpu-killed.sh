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
kill_at_each "$pf" look gpu <<<"$conf"
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
kill_at_each "$pf" look gpu <<<"$conf"
