# SPDX-License-Identifier: LGPL-2.1-or-later
# Killed in front of each write of the plugin to a QuickAssist device, of an apply and of a release: the result is the same as without the kill
# timeout: 300
arm_kill_at
# Four VFs, so that there are not too many writes.
pf=$(bench_pf 4xxx vfs=4)
look() {
	quiet
	local vf path
	cat "$sys/$1"/{sriov_numvfs,sriov_drivers_autoprobe,qat/state,qat/cfg_services}
	for vf in "$sys/$1"/virtfn*; do
		[[ -e $vf ]] || continue
		path=$(leads_to "$vf/driver") || path=none
		printf '%s %s %s\n' "${vf##*/}" "$path" "$(<"$vf/driver_override")"
	done
}
conf="[pf]
name = $pf
kind = dev
vfs = max
services = dc
[vf*]
driver = none
[vf2]
driver = 4xxxvf"
start_viod
kill_at_each "$pf" look qat <<<"$conf"
((kills >= 2)) || fail "killed $kills times only"

# The same where the device was down before.
stop_viod
echo down >"$sys/$pf/qat/state"
start_viod
kill_at_each "$pf" look qat <<<"$conf"
((kills >= 2)) || fail "killed $kills times only"
