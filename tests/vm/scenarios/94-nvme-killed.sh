# SPDX-License-Identifier: LGPL-2.1-or-later
# Killed at every change of an apply and of a release of NVMe VFs: the result is the same as without the kill.
# timeout: 600
arm_kill_at

look() {
	quiet
	printf '%s|%s|%s|%s|' "$(<$sys/$NVME/sriov_drivers_autoprobe)" "$(secondaries)" "$(attached 1)" "$(attached 5)"
	local vf
	for vf in $sys/$NVME/virtfn*; do
		[[ ! -e $vf ]] || printf ' %s' "$(leads_to "$vf/driver" || echo none)"
	done
}
apply() {
	conf nvme <<-CONF
		[pf]
		name = 03:00.0
		kind = dev
		vfs = 2
		[vf*]
		queues = 2
		interrupts = 1
		namespaces = 5
		[vf0]
		namespaces = 1, 5
		[vf1]
		driver = none
	CONF
}
state=/run/viod/state/$NVME.json
# The state first: a look at the controller takes longer.
settled() { if [[ $1 == released ]]; then released $NVME; else read_state $NVME && [[ $state_now == "$1" ]]; fi; }
await() {
	quiet
	local end=$((SECONDS + 30)) left=$((30 * looks)) pid state_now
	until settled "$2" && [[ $(look) == "$1" ]]; do
		((--left > 0 || SECONDS <= end)) || { cat $state >&2 || :; fail "$round: $(look), and not $1"; }
		if [[ ! -e $KILL_AT ]] && read_state $NVME && [[ $state_now == failed ]]; then
			pid=$(viod_pid)
			kill -HUP "$pid"
		fi
		pause 0.05
	done
	passed
}

start_viod
empty='1||||' full='1|1:Online:2:1 2:Online:2:1|0x1|0x1
0x2| nvme none'
expect_eq "$(look)" "$empty" "the device before"
for victim in job daemon; do
	applied='' given_back=''
	for ((n = 1; n < 60; n++)); do
		round="$victim killed at change $n of the apply"
		[[ $applied ]] || echo "$n $victim" >"$KILL_AT"
		apply
		await "$full" configured
		[[ ! -e $KILL_AT ]] || applied=$((n - 1))
		rm -f "$KILL_AT"

		round="$victim killed at change $n of the release"
		[[ $given_back ]] || echo "$n $victim" >"$KILL_AT"
		rm /etc/vio.d/nvme.conf
		await "$empty" released
		[[ ! -e $KILL_AT ]] || given_back=$((n - 1))
		rm -f "$KILL_AT"
		[[ ! $applied || ! $given_back ]] || break
	done
	printf '%s: %s changes of an apply, %s of a release\n' "$victim" "$applied" "$given_back"
	((applied >= 14 && given_back >= 6)) || fail "that is too few to be all"
done

# A file that is deleted while viod is not running, between the queues and the VFs.
round="killed before the VFs exist, then the file is deleted"
echo "5 daemon" >"$KILL_AT"
systemctl stop viod
rm -f /run/systemd/system/viod.service.d/restart.conf
printf '[Service]\nRestart=no\n' >/run/systemd/system/viod.service.d/restart.conf
systemctl daemon-reload
apply
systemctl start viod || :
wait_for 20 eval '[[ ! -e $KILL_AT && ! $(systemctl is-active viod) == active ]]'
echo "left behind: $(look)"
rm /etc/vio.d/nvme.conf
start_viod
await "$empty" released
