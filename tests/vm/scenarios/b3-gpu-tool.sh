# SPDX-License-Identifier: LGPL-2.1-or-later
# VFs created by NVIDIA's tool if the driver accepts no count: run without a shell, its PF bound again, its result checked
# timeout: 120
tool=/usr/lib/nvidia/sriov-manage
trap 'rm -rf /usr/lib/nvidia' EXIT
mkdir -p /usr/lib/nvidia
# Like the real one sometimes, it fails at first and leaves the PF without its driver.
cat >$tool <<END
#!/bin/bash
echo "\$*" >>$viod_run/tool
if [[ \$1 == -e && \$(grep -c -e -e $viod_run/tool) == 1 ]]; then
	echo "\$2" >$sys/\$2/driver/unbind
	exit 1
fi
cat $sys/\$2/sriov_totalvfs >$sys/\$2/sriov_numvfs
END
chmod 755 $tool
# It writes where only tests do.
mkdir -p /run/systemd/system/viod.service.d
printf '[Service]\nReadWritePaths=%s\n' $viod_run >/run/systemd/system/viod.service.d/tool.conf
systemctl daemon-reload

pf=$(bench_pf nvidia vfs=4)
bench_fault "$pf" create '*' EPERM 1
conf gpu <<-CONF
	[pf]
	name = $pf
	kind = gpu
	vfs = max
	[vf*]
	profile = A16-1Q
CONF
start_viod
wait_state "$pf" configured
expect_eq "$(<$viod_run/tool)" "-e $pf"$'\n'"-e $pf" "how the tool was run"
expect_eq "$(vf_count "$pf") $(driver_of "$pf") $(driver_of "$(vf_addr "$pf" 3)")" "4 nvidia nvidia" "what it made"
expect_eq "$(bench_vf "$pf" 3 type)" 710 "the vGPU on it"
expect_log "left the PF without its driver; it is bound to 'nvidia' again"

# It has no parameter for a count.
rm /etc/vio.d/gpu.conf
wait_for 30 test ! -e "/run/viod/pf/$pf.json"
bench_fault "$pf" create '*' EPERM 1
conf gpu <<-CONF
	[pf]
	name = $pf
	kind = gpu
	vfs = 2
CONF
expect_log "created all VFs, 4; write 'vfs = max'" 30

# A driver that accepts the count is used without the tool. Nothing remains of the failure.
rm /etc/vio.d/gpu.conf
wait_for 30 test ! -e "/run/viod/pf/$pf.json"
expect_eq "$(vf_count "$pf")" 0 "VFs that the tool made too many"
: >$viod_run/tool
conf gpu <<-CONF
	[pf]
	name = $pf
	kind = gpu
	vfs = 2
CONF
wait_state "$pf" configured
expect_eq "$(vf_count "$pf")/$(<$viod_run/tool)" "2/" "VFs that the driver made"

# Neither the tool nor its children ever end: they are killed after half of 'timeout', and the PF is bound to its driver.
rm /etc/vio.d/gpu.conf
wait_for 30 test ! -e "/run/viod/pf/$pf.json"
: >$viod_run/tool
cat >$tool <<END
#!/bin/bash
echo "\$*" >>$viod_run/tool
echo "\$2" >$sys/\$2/driver/unbind
sleep 100000 &
echo \$! >$viod_run/child
wait
END
bench_fault "$pf" create '*' EPERM 1
conf gpu <<-CONF
	[pf]
	name = $pf
	kind = gpu
	vfs = max
	timeout = 8
CONF
expect_log "sriov-manage -e $pf did not end within 4 s and was killed" 30
expect_eq "$(sort -u $viod_run/tool)" "-e $pf" "how the tool was run"
wait_for 10 eval '[[ ! -e /proc/$(<$viod_run/child) ]]'
wait_for 10 eval '[[ $(driver_of "$pf") == nvidia ]]'
