# SPDX-License-Identifier: LGPL-2.1-or-later
# A change by another program is reverted (enforce), reported (report) or ignored (ignore), without a loop.
# timeout: 120
modprobe vfio-pci
ip link set "$(netdev_of $NIC0)" up

write_conf() {
	conf nic0 <<-CONF
		[pf]
		name = 01:00.0
		kind = net
		vfs = 3
		drift = $1
		[vf*]
		vlan = 9
		[vf1]
		driver = vfio-pci
		[vf2]
		driver = none
	CONF
}
drivers() { quiet; echo "$(driver_of "$(vf_addr $NIC0 0)") $(driver_of "$(vf_addr $NIC0 1)") $(driver_of "$(vf_addr $NIC0 2)")"; }
right() { [[ $(vf_count $NIC0) == 3 && $(drivers) == 'igbvf vfio-pci none' && $(state $NIC0 .state) == configured ]]; }
vlan() { vf_link $NIC0 "$1" '.vlan_list[0].vlan // 0'; }
cpu() { quiet; sed -n 's/usage_usec //p' /sys/fs/cgroup/system.slice/viod.service/cpu.stat; }
# quiet_now WHEN: viod becomes idle, and stays so.
quiet_now() {
	quiet
	local spent end=$((SECONDS + 10))
	while :; do
		spent=$(cpu)
		pause 1.5
		[[ $(cpu) != "$spent" ]] || return 0
		((SECONDS <= end)) || fail "viod does not come to rest after $1"
	done
}

write_conf enforce
start_viod
right
vf0=$(vf_addr $NIC0 0) vf1=$(vf_addr $NIC0 1) vf2=$(vf_addr $NIC0 2)
udevadm settle
quiet_now "the start"

# enforce: each in its turn.
before=$(vf_inodes $NIC0)
echo "$vf0" >"$sys/$vf0/driver/unbind"
wait_for 10 right
echo "$vf1" >"$sys/$vf1/driver/unbind"
wait_for 10 right
echo igbvf >"$sys/$vf2/driver_override"
echo "$vf2" >/sys/bus/pci/drivers_probe
expect_eq "$(vf_inodes $NIC0)" "$before" "VFs while their drivers change"
wait_for 10 right
quiet_now "drivers were restored"
echo 0 >$sys/$NIC0/sriov_numvfs
wait_for 15 right
expect_eq "$(vlan 0)" 9 "vlan of a VF that was made again"
expect_eq "$(<$sys/$NIC0/sriov_drivers_autoprobe)" 1 autoprobe
echo 0 >$sys/$NIC0/sriov_numvfs
echo 5 >$sys/$NIC0/sriov_numvfs || : # viod may have been faster
wait_for 15 right
quiet_now "the count was restored"
# Repeated changes cause no busy loop: each is reverted once.
for _ in 1 2 3 4 5 6 7 8; do
	[[ ! -e $sys/$vf0/driver ]] || echo "$vf0" >"$sys/$vf0/driver/unbind" || :
	pause 0.1
done
wait_for 15 right
quiet_now "repeated changes"

# report: reported, and not reverted. A restart does not treat the change as wanted either.
journal_mark
write_conf report
files_seen
wait_state $NIC0 configured
echo "$vf0" >"$sys/$vf0/driver/unbind"
expect_log "vf0: .*the device was changed externally; the file wants vf0.driver: none -> default"
quiet_now "a report"
expect_eq "$(drivers)" "none vfio-pci none" "drivers under drift = report"
expect_eq "$(state $NIC0 '.vfs[0].driver')" null "the driver in the state file"
error=$(state $NIC0 .error)
[[ $error == *'the device was changed externally'* ]] || fail "error in the state file: $error"
# An edit of the file applies it again.
write_conf enforce
wait_for 10 right

# ignore: not even reported.
journal_mark
write_conf ignore
files_seen
wait_state $NIC0 configured
quiet_now "drift = ignore"
spent=$(cpu)
echo "$vf1" >"$sys/$vf1/driver/unbind"
pause 1
quiet_now "a change that is ignored"
expect_eq "$(drivers)" "igbvf none none" "drivers under drift = ignore"
refute_log 'the file wants'
spent=$(($(cpu) - spent))
echo "CPU time for ignored events: $spent us"
