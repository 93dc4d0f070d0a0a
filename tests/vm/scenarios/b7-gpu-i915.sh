# SPDX-License-Identifier: LGPL-2.1-or-later
# Shares of i915 from outside the kernel tree, in "iov" and "prelim_iov" of its card: keys, order, read back, restored, PF never unbound
# timeout: 180
modprobe vfio-pci

# --- a card with memory: prelim_iov, gt0
pf=$(bench_pf i915-prelim)
iov=$(echo "$sys/$pf"/drm/card*/prelim_iov)
[[ -e $iov/pf/gt0/lmem_spare ]] || fail "no tree"
echo 2 >"$sys/$pf/sriov_numvfs"
fair=$(bench_vf "$pf" 0 vram)
echo 0 >"$sys/$pf/sriov_numvfs"
conf gpu <<-CONF
	[pf]
	name = $pf
	kind = gpu
	vfs = 2
	exec-quantum = 20
	preempt-timeout = 1000
	vram = 1G
	[vf*]
	exec-quantum = 10
	preempt-timeout = 500
	vram = 1001M
	driver = vfio-pci
	[vf1]
	exec-quantum = 40
CONF
trace_viod
start_viod
wait_state "$pf" configured
shares() {
	quiet
	local n
	for n in 0 1; do echo "$(bench_vf "$pf" $n exec-quantum)/$(bench_vf "$pf" $n preempt-timeout)/$(bench_vf "$pf" $n vram)"; done | xargs
}
expect_eq "$(shares)" "10/500/1050673152 40/500/1050673152" "shares of the VFs"
expect_eq "$(cat "$iov"/pf/gt0/{exec_quantum_ms,preempt_timeout_us,lmem_spare} | xargs)" "20 1000 1073741824" "shares of the PF"
expect_log "rounded vram = 1001M to 1002M"
expect_eq "$(driver_of "$pf") $(driver_of "$(vf_addr "$pf" 0)")" "i915 vfio-pci" drivers
order=$(sys_writes | sed -nE 's|.*/pf/gt0/exec_quantum_ms>.*|pf|p; s|.*/lmem_quota>.*|vram|p; s|.*/sriov_numvfs>.*|vfs|p
	s|.*/vf[0-9]+/gt0/exec_quantum_ms>.*|time|p; s|.*/drivers_probe>.*|driver|p' | uniq | xargs)
expect_eq "$order" "pf vram vfs time driver" "order of the writes"
expect_finished
forget_trace
restart_viod
wait_state "$pf" configured
expect_eq "$(sys_writes)" "" "writes of a restart"

# Keys that i915 lacks, and those that would remove all VFs.
sed -i 's/^vram = 1G/priority = high/' /etc/vio.d/gpu.conf
expect_log "this GPU has no 'priority' in prelim_iov"
sed -i 's/^priority = high/driver = vfio-pci/' /etc/vio.d/gpu.conf
expect_log "the PF stays on i915: without it all VFs are lost"
expect_eq "$(driver_of "$pf") $(shares)" "i915 10/500/1050673152 40/500/1050673152" "the PF after wrong files"

# Restored: no VFs, no shares, the previous values of the PF, and automatic provisioning.
sed -i 's/^driver = vfio-pci/vram = 1G/;ta;b;:a;n;ba' /etc/vio.d/gpu.conf
wait_state "$pf" configured
rm /etc/vio.d/gpu.conf
wait_for 30 test ! -e "/run/viod/pf/$pf.json"
expect_eq "$(vf_count "$pf") $(cat "$iov"/pf/auto_provisioning "$iov"/{pf,vf1,vf2}/gt0/* | xargs)" \
	"0 1 0 0 0 0 0 0 0 0 0" "the GPU after the release"
echo 2 >"$sys/$pf/sriov_numvfs"
expect_eq "$(bench_vf "$pf" 0 vram)" "$fair" "memory that the driver gives again"
echo 0 >"$sys/$pf/sriov_numvfs"
expect_eq "$(sys_writes | grep -E "/$pf/driver(/unbind|_override)" || :)" "" "writes to the PF's driver"
untrace_viod
bench_remove "$pf"

# --- one without: iov, gt
pf=$(bench_pf i915)
conf gpu <<-CONF
	[pf]
	name = $pf
	kind = gpu
	vfs = 2
	[vf*]
	driver = none
	exec-quantum = 10
CONF
wait_state "$pf" configured
expect_eq "$(cat "$sys/$pf"/drm/card*/iov/vf{1,2}/gt/exec_quantum_ms | xargs)" "10 10" "time of the VFs"
sed -i 's/^exec-quantum = 10/vram = 1G/' /etc/vio.d/gpu.conf
expect_log "this GPU has no 'vram' in iov"
rm /etc/vio.d/gpu.conf
wait_for 30 test ! -e "/run/viod/pf/$pf.json"
expect_eq "$(cat "$sys/$pf"/drm/card*/iov/vf{1,2}/gt/exec_quantum_ms | xargs)" "0 0" "time after the release"
