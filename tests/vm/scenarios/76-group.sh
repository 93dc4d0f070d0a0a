# SPDX-License-Identifier: LGPL-2.1-or-later
# Other members of an IOMMU group are reported, and companions = bind binds them too and restores them
# timeout: 150
noacs=0000:05:00.0 # of a port without ACS
plugged=()
# plug ID DEVICE: through the monitor of the machine.
plug() {
	quiet
	local answer
	answer=$(hmp "device_add $2,id=$1,romfile=")
	[[ -z $answer ]] || fail "device_add: $answer"
	plugged+=("$1")
}
end() {
	quiet
	local id
	rm -f /etc/vio.d/*
	systemctl stop viod || :
	[[ ! -e $sys/$noacs/sriov_numvfs ]] || echo 0 >"$sys/$noacs/sriov_numvfs"
	for id in "${plugged[@]}"; do
		[[ $id == other ]] || hmp "device_del $id" # which removes the other functions too
	done
	wait_for 30 test ! -e $sys/$noacs -a ! -e $sys/$SPARE
}
trap end EXIT
expect_error() {
	quiet
	wait_for 20 has_error "$@"
}
# What a state before this one said does not count: a job may still be at work.
has_error() { quiet; [[ $(state "$1" '.state + ": " + ([.error, .vfs[].error] | map(select(.)) | join(" "))') == "$2: "*"$3"* ]]; }

# Functions of one card without ACS between them. The kernel scans the slot when function 0 is added.
companion=${SPARE%.0}.1
plug other e1000e,bus=port4,addr=0.1,multifunction=on,mac=52:54:00:00:04:01
plug spare e1000e,bus=port4,addr=0.0,multifunction=on,mac=52:54:00:00:04:00
wait_for 30 test -d "$sys/$SPARE/net" -a -d "$sys/$companion/net"
udevadm settle
expect_eq "$(group_of $SPARE)" "$(group_of "$companion")" "groups of two functions"
native="$(driver_of $SPARE) $(driver_of "$companion")"
drivers() { quiet; echo "$(driver_of $SPARE) $(driver_of "$companion")"; }

write_conf() {
	quiet
	{ printf '[pf]\nname = 04:00.0\nkind = dev\ndriver = vfio\n'; printf '%s\n' "$@"; } | conf spare
}
start_viod
write_conf
expect_error $SPARE failed ": $companion (e1000e); bind them to VFIO as well"
expect_eq "$(drivers)" "$native" "drivers of a device that is refused"
expect_eq "$(<$sys/$SPARE/driver_override)" '(null)' "override of a device that is refused"

# The companion is not unbound from the host either if its default route uses it.
other=$(netdev_of "$companion")
ip link set "$other" up
ip addr add 203.0.113.1/24 dev "$other"
ip route add default via 203.0.113.2 dev "$other"
write_conf 'companions = bind'
expect_error $SPARE failed "companion $companion (e1000e) keeps its driver: it is used by the host: its default route goes through $other"
expect_eq "$(drivers)" "$native" "drivers while the companion is in use"
ip route del default
write_conf 'companions = bind' 'group = kvm'
wait_for 30 eval '[[ $(drivers) == "vfio-pci vfio-pci" ]]'
wait_state $SPARE configured
# It is usable: the group as a whole can be opened.
timeout 20 "$viod_test/bin/vfio-hold" all $SPARE 1 || fail "the group is not viable"
# By an edit, and by deleting.
sed -i 's/^driver = vfio/driver = e1000e/' /etc/vio.d/spare.conf
wait_for 30 eval '[[ $(drivers) == "$native" ]]'
wait_state $SPARE configured
expect_eq "$(<"$sys/$companion/driver_override")" '(null)' "the companion's override"
write_conf 'companions = bind'
wait_for 30 eval '[[ $(drivers) == "vfio-pci vfio-pci" ]]'
wait_state $SPARE configured
rm /etc/vio.d/spare.conf
wait_for 30 test ! -e "/run/viod/pf/$SPARE.json"
expect_eq "$(drivers)" "$native" "drivers restored"
expect_eq "$(<"$sys/$companion/driver_override") $(<$sys/$SPARE/driver_override)" '(null) (null)' "overrides restored"

# A card behind a port without ACS is one group with all its VFs.
plug alone igb,bus=port5,mac=52:54:00:00:05:00
wait_for 30 test -d "$sys/$noacs/net"
udevadm settle
printf '[pf]\nname = 05:00.0\nkind = dev\nvfs = 2\n[vf0]\ndriver = vfio\n' | conf noacs
port=$(readlink -f "$sys/$noacs") port=${port%/*} port=${port##*/}
expect_error $noacs degraded "is the whole card, because port $port above it has no ACS: $noacs (igb)"
expect_eq "$(driver_of "$(vf_addr $noacs 0)") $(driver_of "$(vf_addr $noacs 1)")" "none igbvf" "drivers behind a port without ACS"
