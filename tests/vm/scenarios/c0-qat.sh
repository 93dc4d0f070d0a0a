# SPDX-License-Identifier: LGPL-2.1-or-later
# QuickAssist: services are chosen while it is down, then it has all of its VFs or none; killed at any write it converges
# timeout: 400
modprobe vfio-pci
pf=$(bench_pf 4xxx)
qat=$sys/$pf/qat
write_conf() {
	quiet
	conf qat <<-CONF
		[pf]
		name = $pf
		kind = dev
		vfs = ${vfs-max}
		$*
		[vf*]
		driver = vfio-pci
		[vf3]
		driver = 4xxxvf
		[vf4]
		driver = none
	CONF
}
drivers() { quiet; local vf; for vf in "$sys/$pf"/virtfn*; do driver_of "$(basename "$(readlink "$vf")")"; done | sort | uniq -c | xargs; }
order_of_writes() {
	quiet
	sys_writes | sed -nE 's|.*/qat/state>, "([a-z]*).*|\1|p; s|.*/cfg_services>, "([a-z;]*).*|\1|p; s|.*/sriov_numvfs>, "([0-9]*).*|\1|p' | xargs
}
# what: of the device as a whole.
what() { quiet; echo "$(<"$qat/state") $(<"$qat/cfg_services") $(vf_count "$pf")"; }
baseline=$(what)
expect_eq "$baseline" "up sym;asym 0" "an unchanged device"

# The device itself: services only while it is down, all VFs at once, and they are removed when it goes down.
{ echo dc >"$qat/cfg_services"; } 2>/dev/null && fail "services were changed while it was up"
echo 5 >"$sys/$pf/sriov_numvfs"
expect_eq "$(what)" "up sym;asym 16" "a device that was asked for 5 VFs"
echo down >"$qat/state"
expect_eq "$(what)" "down sym;asym 0" "a device that is down"
{ echo 'sym;asym;dc' >"$qat/cfg_services"; } 2>/dev/null && fail "three services at a time"
echo up >"$qat/state"

# Without the quirk: no such key, and a number that is never reached.
afresh "$pf" dev,vfio
vfs=8 write_conf
start_viod
wait_state "$pf" failed
expect_log "8 VFs were requested, the driver created 16"

# With it such a number is refused before anything is changed, and so are unsupported services.
afresh "$pf"
refused() { # REGEX VFS KEY...
	quiet
	vfs=$2 write_conf "${@:3}"
	expect_log "$1" 20
	wait_state "$pf" invalid
	expect_eq "$(what) $(bench_count "$pf" numvfs-writes)" "$baseline 0" "the device after a refused file"
}
vfs=8 write_conf
start_viod
refused "qat.conf:4:.*creates all of its VFs or none; write vfs = 16, or max" 8
refused "qat.conf:5:.*'asymm' is no service; did you mean 'asym'\?" max 'services = dc;asymm'
refused "qat.conf:5:.*this device cannot do 'sym;asym;dc'; it has dcc alone, or one or two of" max 'services = sym;asym;dc'
refused "qat.conf:5:.*cannot do 'decomp'" 16 'services = decomp'

# Down, the services, up, and then the VFs.
stop_viod
trace_viod
vfs=16 write_conf 'services = dc, sym'
start_viod
wait_state "$pf" configured 60
expect_eq "$(what)" "up sym;dc 16" "the device with services"
expect_eq "$(drivers)" "1 4xxxvf 1 none 14 vfio-pci" "drivers"
order=$(order_of_writes)
expect_eq "$order" "down sym;dc up 16" "order of the writes"

# A restart writes nothing, in any spelling; for other services the VFs are removed first, since the device would remove them
# anyway.
before=$(vf_inodes "$pf")
forget_trace
restart_viod
wait_state "$pf" configured
write_conf 'services = sym;dc'
expect_finished
expect_eq "$(sys_writes | wc -l) $(vf_inodes "$pf")" "0 $before" "writes of a restart, and the VFs"
forget_trace
write_conf 'services = asym'
wait_for 30 eval '[[ $(what) == "up asym 16" ]]'
wait_state "$pf" configured
order=$(order_of_writes)
expect_eq "$order" "0 down asym up 16" "order of the writes of other services"
untrace_viod
restart_viod

# While a VF is in use the change waits; then it is applied.
load_vfio
wait_state "$pf" configured
before=$(vf_inodes "$pf")
hold_vf all "$(vf_addr "$pf" 7)"
write_conf 'services = dc'
wait_state "$pf" blocked
expect_eq "$(what) $(vf_inodes "$pf")" "up asym 16 $before" "the device while a VF is in use"
kill $holder
wait_for 60 eval '[[ $(what) == "up dc 16" ]]'
wait_state "$pf" configured 60

# The firmware refuses the services: the device is up with the previous ones, and has its VFs again once they are accepted.
bench_fault "$pf" attribute '*' EIO 2
write_conf 'services = sym'
wait_for 60 eval '[[ $(what) == "up sym 16" ]]'
wait_state "$pf" configured 60

# The previous services are restored.
rm /etc/vio.d/qat.conf
wait_for 30 test ! -e "/run/viod/pf/$pf.json"
expect_eq "$(what)" "$baseline" "the device afterwards"
echo down >"$qat/state"
vfs=max write_conf 'services = dc'
wait_for 30 eval '[[ $(what) == "up dc 16" ]]'
wait_state "$pf" configured 60
rm /etc/vio.d/qat.conf
wait_for 30 test ! -e "/run/viod/pf/$pf.json"
expect_eq "$(what)" "down sym;asym 0" "a device that was down before"
