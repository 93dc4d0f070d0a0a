# SPDX-License-Identifier: LGPL-2.1-or-later
# A VF that a virtual machine has open is not touched: blocked, with its holder named; applied within a second after it ends.
# timeout: 150
modprobe -a vfio-pci vfio_iommu_type1

# write_conf VFS DRIVER-OF-VF0 DRIVER-OF-VF1 DRIVER-OF-VF2
write_conf() {
	conf nic0 <<-CONF
		[pf]
		name = 01:00.0
		kind = dev
		vfs = $1
		[vf0]
		driver = $2
		[vf1]
		driver = $3
		[vf2]
		driver = ${4:-none}
	CONF
}
drivers() { quiet; local n; for n in 0 1 2; do driver_of "$(vf_addr $NIC0 $n)"; done | xargs; }
# start_holder HOW N [SECONDS]: of VF N.
start_holder() { quiet; hold_vf "$1" "$(vf_addr $NIC0 "$2")" "${@:3}"; }
end_holder() {
	quiet
	kill "$holder"
	wait "$holder" 2>/dev/null || :
	ended=${EPOCHREALTIME/./}
}
# soon CONDITION...: $spent is the milliseconds from end_holder until then.
soon() {
	quiet
	wait_for 10 "$@"
	spent=$(((${EPOCHREALTIME/./} - ended) / 1000))
}
# held N WHAT: VF N is reported as held.
held() {
	quiet
	local text
	text=$(state $NIC0 ".vfs[$1].held_by")
	[[ $text == "vfio-hold (pid $holder"*": "*"$2"* ]] || fail "held_by of VF $1: $text"
}
# expect_blocked WHAT: nothing happens, now and while time passes.
expect_blocked() {
	quiet
	wait_state $NIC0 blocked
	held 1 ''
	[[ $(state $NIC0 .error) == *"VF 1 ($(vf_addr $NIC0 1)) is used by vfio-hold (pid $holder"* ]] ||
		fail "error in the state file: $(state $NIC0 .error)"
	pause 2
	expect_eq "$(vf_inodes $NIC0)" "$before" "VFs, held, $1"
	expect_eq "$(drivers)" "$drivers" "drivers, held, $1"
	expect_eq "$(state $NIC0 .state)" blocked "state after a while, $1"
	# No process of viod blocks in the kernel for it; other processes may do so for a moment.
	wait_for 5 eval '! grep -qs "^State:.D" /proc/[0-9]*/status'
}

write_conf 3 default vfio-pci
start_viod
expect_eq "$(drivers)" "igbvf vfio-pci none" drivers
expect_eq "$(state $NIC0 '[.vfs[].held_by] | unique | tojson')" '[null]' "holders of nothing"
before=$(vf_inodes $NIC0)
drivers=$(drivers)

# A count, with all descriptors of a virtual machine.
start_holder all 1
write_conf 5 default vfio-pci
expect_blocked "count change"
expect_log "VF 1 \($(vf_addr $NIC0 1)\) is used by vfio-hold \(pid $holder, viod-scenario.service\): /dev/vfio/"
n=$(count_log 'is used by')
((n == 1)) || fail "the same holder is reported $n times"
# Back to the current state: nothing is blocked any more.
write_conf 3 default vfio-pci
wait_state $NIC0 configured
held 1 /dev/vfio/
write_conf 5 default vfio-pci
wait_state $NIC0 blocked
end_holder
soon test ! -e $sys/$NIC0/virtfn2
expect_prompt "$spent" "what waited for the holder"
wait_for 10 eval '[[ $(vf_count $NIC0) == 5 ]]'
wait_state $NIC0 configured
write_conf 3 default vfio-pci
wait_for 10 eval '[[ $(vf_count $NIC0) == 3 ]]'
wait_state $NIC0 configured
before=$(vf_inodes $NIC0)

# The driver of the VF itself; then those of other VFs, which are changed.
start_holder all 1
write_conf 3 default igbvf
expect_blocked "driver change"
write_conf 3 vfio-pci igbvf vfio-pci
wait_for 10 eval '[[ $(drivers) == "vfio-pci vfio-pci vfio-pci" ]]'
drivers=$(drivers)
expect_blocked "driver change beside others"
expect_eq "$(state $NIC0 '[.vfs[0, 2].error] | tojson')" '[null,null]' "errors of the others"
end_holder
soon eval '[[ $(drivers) == "vfio-pci igbvf vfio-pci" ]]'
expect_prompt "$spent" "what waited for the holder"
wait_state $NIC0 configured
write_conf 3 default vfio-pci
wait_for 10 eval '[[ $(drivers) == "igbvf vfio-pci none" ]]'
wait_state $NIC0 configured
drivers=$(drivers)

# A held VF does not block an edit that concerns only others.
start_holder all 1
write_conf 3 none vfio-pci
wait_for 10 eval '[[ $(drivers) == "none vfio-pci none" ]]'
wait_state $NIC0 configured
held 1 /dev/vfio/
write_conf 3 default vfio-pci
wait_for 10 eval '[[ $(drivers) == "igbvf vfio-pci none" ]]'
end_holder

# The holder has only the descriptor of the device, as a process that was passed it. Deletion, with a holder that ends by
# itself.
start_holder device 1 6
rm /etc/vio.d/nic0.conf
expect_blocked "deletion"
wait "$holder" || :
ended=${EPOCHREALTIME/./}
soon test ! -e $sys/$NIC0/virtfn2
expect_prompt "$spent" "what waited for the holder"
wait_for 10 eval '[[ $(vf_count $NIC0) == 0 && ! -e /run/viod/pf/$NIC0.json ]]'

# The file returns while the release is blocked: the VFs stay as they are.
write_conf 3 default vfio-pci
wait_state $NIC0 configured
before=$(vf_inodes $NIC0)
start_holder all 1
rm /etc/vio.d/nic0.conf
wait_state $NIC0 blocked
write_conf 3 default vfio-pci
wait_state $NIC0 configured
expect_eq "$(vf_inodes $NIC0)" "$before" "VFs of a file that was added again"
# A restarted daemon checks for holders, too.
write_conf 4 default vfio-pci
wait_state $NIC0 blocked
restart_viod
expect_blocked "restart"
end_holder
soon eval '[[ $(vf_count $NIC0) == 4 ]]'
