# SPDX-License-Identifier: LGPL-2.1-or-later
# A holder that appears between viod's last check and its write: the job is stuck, everything else continues, and it ends with the holder
# timeout: 240
export PAUSE_AT=$viod_run/pause
mkdir -p /run/systemd/system/viod.service.d
cat >/run/systemd/system/viod.service.d/pause.conf <<-END
	[Service]
	Environment=LD_PRELOAD=$viod_test/bin/pause-at PAUSE_AT=$PAUSE_AT
	ReadWritePaths=$viod_run
END
systemctl daemon-reload
rm -f "$PAUSE_AT" "$PAUSE_AT.reached"

# write_conf NAME PF VFS DRIVER-OF-VF1
write_conf() {
	conf "$1" <<-CONF
		[pf]
		name = $2
		kind = dev
		vfs = $3
		timeout = 20
		[vf*]
		driver = vfio
		[vf1]
		driver = $4
	CONF
}
# hold_in_between SUFFIX COMMAND...: runs COMMAND, and starts a holder of VF 1 before the write to ...SUFFIX.
hold_in_between() {
	quiet
	rm -f "$PAUSE_AT.reached"
	echo "$1" >"$PAUSE_AT"
	"${@:2}"
	wait_for 20 test -e "$PAUSE_AT.reached"
	hold_vf all "$vf"
	rm "$PAUSE_AT"
}
expect_stuck() {
	quiet
	wait_state $NIC0 stuck 60
	wait_for 20 eval '[[ $(state $NIC0 .error) == *"VF 1 ($vf) is used by vfio-hold (pid $holder"* ]]'
	state $NIC0 .error
	# The daemon responds, and applies the file of another PF.
	expect_eq "$(systemctl is-active viod)" active "viod, $1"
	kill -HUP "$(viod_pid)"
	wait_for 20 eval '[[ $(systemctl is-active viod) == active && $(state $NIC0 .state) == stuck ]]'
	kill -0 $holder || fail "the holder has ended, $1"
}

write_conf nic0 01:00.0 3 vfio
write_conf nic1 02:00.0 2 vfio
start_viod
wait_state $NIC0 configured
wait_state $NIC1 configured
vf=$(vf_addr $NIC0 1)

# The driver of one VF.
hold_in_between /vfio-pci/unbind write_conf nic0 01:00.0 3 igbvf
expect_stuck "unbind"
# The VFs of another card change their driver meanwhile.
write_conf nic1 02:00.0 2 igbvf
wait_for 20 eval '[[ $(driver_of "$(vf_addr $NIC1 1)") == igbvf ]]'
wait_state $NIC1 configured
state $NIC0 .state | grep -qx stuck
kill $holder
wait_for 20 eval '[[ $(driver_of "$vf") == igbvf ]]'
wait_state $NIC0 configured
expect_eq "$(driver_of "$(vf_addr $NIC0 0)")" vfio-pci "driver of VF 0"
write_conf nic0 01:00.0 3 vfio
wait_for 20 eval '[[ $(driver_of "$vf") == vfio-pci ]]'
wait_state $NIC0 configured

# The count. Only operations that the kernel serialises for the whole machine wait.
hold_in_between "$NIC0/sriov_numvfs" write_conf nic0 01:00.0 5 vfio
expect_stuck "count"
write_conf nic1 02:00.0 2 vfio
wait_for 20 eval '[[ $(driver_of "$(vf_addr $NIC1 1)") == vfio-pci ]]'
wait_state $NIC1 configured
kill $holder
wait_for 20 eval '[[ $(vf_count $NIC0) == 5 ]]'
wait_state $NIC0 configured
n=$(count_log "did not end in time")
((n == 2)) || fail "a late job is reported $n times"
