# SPDX-License-Identifier: LGPL-2.1-or-later
# The same shares through debugfs, in both layouts; automatic provisioning works again at the end
# timeout: 180
for name in xe-debugfs xe-old; do
	pf=$(bench_pf $name)
	dri=/sys/kernel/debug/dri/$pf
	# The automatic shares of VFs.
	echo 2 >"$sys/$pf/sriov_numvfs"
	fair=$(bench_vf "$pf" 1 vram)
	((fair > 0)) || fail "the driver gives nothing"
	echo 0 >"$sys/$pf/sriov_numvfs"
	conf gpu <<-CONF
		[pf]
		name = $pf
		kind = gpu
		vfs = 2
		exec-quantum = 20
		[vf*]
		exec-quantum = 10
		priority = normal
		vram = 1001M
		driver = none
		[vf1]
		priority = low
	CONF
	[[ $(systemctl is-active viod) == active ]] || start_viod
	wait_state "$pf" configured
	expect_eq "$(bench_vf "$pf" 0 exec-quantum) $(bench_vf "$pf" 0 priority) $(bench_vf "$pf" 1 priority) $(bench_vf "$pf" 1 vram)" \
		"10 normal low 1050673152" "shares of the VFs of $name"
	expect_finished

	# Shares that are set manually would remain when the VFs are removed.
	rm /etc/vio.d/gpu.conf
	wait_for 30 test ! -e "/run/viod/pf/$pf.json"
	expect_eq "$(cat "$dri"/*/pf/{,tile0/gt0/}exec_quantum_ms "$dri"/*/vf2/{lmem,tile0/vram}_quota 2>/dev/null | xargs)" "0 0" \
		"what is left of $name"
	if [[ $name == xe-debugfs ]]; then
		echo 2 >"$sys/$pf/sriov_numvfs"
		expect_eq "$(bench_vf "$pf" 1 vram)" "$fair" "memory that the driver gives again"
		echo 0 >"$sys/$pf/sriov_numvfs"
	fi
	bench_remove "$pf"
done
