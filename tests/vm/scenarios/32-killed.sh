# SPDX-License-Identifier: LGPL-2.1-or-later
# Killed at every single write of an apply and of a release, the job or the daemon with it: the result is the same as without the kill.
# timeout: 600
modprobe -a igbvf vfio-pci
netdev=$(netdev_of $NIC0)
ip link set "$netdev" up
arm_kill_at

# The compared state, read with few processes: there are many rounds, and the guest is slow.
look() {
	quiet
	local vf driver
	printf 'autoprobe %s\n' "$(<$sys/$NIC0/sriov_drivers_autoprobe)"
	for vf in $sys/$NIC0/virtfn*; do
		[[ -e $vf ]] || continue
		driver=$(leads_to "$vf/driver") || driver=none
		printf '%s %s %s\n' "${vf##*/}" "$driver" "$(<"$vf/driver_override")"
	done
	# VF 2 has no address: igbvf chooses a random one whenever it is bound.
	ip -d link show "$netdev" | sed -nE '/ vf 2 /s/ether [^ ]*//; s/.*(promiscuity [0-9]+).*/\1/p; s/^ *(vf .*)/\1/p'
}

state=/run/viod/state/$NIC0.json record=/run/viod/pf/$NIC0.json
state_is() { local state_now; read_state $NIC0 && [[ $state_now == "$1" ]]; }
configured() { state_is configured; }
# await CONDITION: after a killed job viod retries within a second; with $hurry set, at once.
await() {
	quiet
	local end=$((SECONDS + 30)) left=$((30 * looks)) pid
	until $1 $NIC0; do
		((--left > 0 || SECONDS <= end)) || { cat $state $record >&2; fail "$round: not $1"; }
		if [[ $hurry && ! -e $KILL_AT ]] && state_is failed; then
			pid=$(viod_pid)
			kill -HUP "$pid"
		fi
		pause 0.02
	done
	passed
}

apply() {
	cat >/etc/vio.d/.new <<-CONF
		[pf]
		name = 01:00.0
		kind = net
		vfs = 3
		promisc = on
		[vf0]
		driver = default
		mac = 52:54:00:aa:02:00
		vlan = 40
		[vf1]
		mac = 52:54:00:aa:02:01
		vlan = 41
		driver = vfio-pci
		[vf2]
		driver = none
	CONF
	mv /etc/vio.d/.new /etc/vio.d/nic0.conf
	await configured
}
release() {
	rm /etc/vio.d/nic0.conf
	await released
}
expect_look() {
	quiet
	local now
	now=$(look)
	[[ $now == "$1" ]] || { diff <(printf '%s\n' "$1") <(printf '%s\n' "$now") >&2 || :; fail "$round: $2"; }
	passed
}

# rounds VICTIM: at write 1, 2, ... of the apply and then of the release, until neither has so many.
rounds() {
	quiet
	local victim=$1 n applied='' given_back=''
	for ((n = 1; ; n++)); do
		round="$victim killed at write $n of the apply"
		[[ $applied ]] || echo "$n $victim" >"$KILL_AT"
		apply
		[[ ! -e $KILL_AT ]] || applied=$((n - 1))
		rm -f "$KILL_AT"
		expect_look "$wanted" "the device"

		round="$victim killed at write $n of the release"
		[[ $given_back ]] || echo "$n $victim" >"$KILL_AT"
		release
		[[ ! -e $KILL_AT ]] || given_back=$((n - 1))
		rm -f "$KILL_AT"
		expect_look "$baseline" "the restored state"
		[[ ! $applied || ! $given_back ]] || break
		((n < 40)) || fail "no end of writes"
	done
	printf '%s: %s writes of an apply, %s of a release\n' "$victim" "$applied" "$given_back"
	((applied >= 9 && given_back >= 3)) || fail "that is too few to be all"
}

# once: an apply and a release without interruption.
once() {
	quiet
	round="no kill" hurry=''
	baseline=$(look)
	start_viod
	rm -f "$KILL_AT.log"
	apply
	wanted=$(look)
	[[ $wanted == *'vf 0 '*52:54:00:aa:02:00*'vlan 40'*'vf 1 '*52:54:00:aa:02:01*'vlan 41'* &&
		$wanted == *'promiscuity 1'* && $wanted == *'virtfn0 igbvf (null)'*'virtfn1 vfio-pci vfio-pci'*'virtfn2 none none'* ]] ||
		fail "an apply without a kill: $wanted"
	release
	cat "$KILL_AT.log"
	expect_look "$baseline" "the restored state"
}

# No VFs before viod.
mkdir -p /etc/vio.d
once
hurry=yes
rounds job
stop_viod

# Existing VFs stay the same and change their drivers, so that re-creation does not hide errors.
echo 3 >$sys/$NIC0/sriov_numvfs
for n in 0 2; do
	vf=$(vf_addr $NIC0 $n)
	echo $((n == 0)) | sed 's/1/vfio-pci/; s/0/igbvf/' >"$sys/$vf/driver_override"
	[[ ! -e $sys/$vf/driver ]] || echo "$vf" >"$sys/$vf/driver/unbind"
	echo "$vf" >/sys/bus/pci/drivers_probe
done
once
rounds job
stop_viod

# Before viod there was another count, a VF for a virtual machine, and autoprobe off.
echo 0 >$sys/$NIC0/sriov_numvfs
echo 0 >$sys/$NIC0/sriov_drivers_autoprobe
echo 1 >$sys/$NIC0/sriov_numvfs
vf=$(vf_addr $NIC0 0)
echo vfio-pci >"$sys/$vf/driver_override"
echo "$vf" >/sys/bus/pci/drivers_probe
once
rounds daemon
