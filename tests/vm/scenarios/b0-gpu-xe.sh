# SPDX-License-Identifier: LGPL-2.1-or-later
# Shares of an Intel GPU (sriov_admin): their order, rounding, refusals, the effect of a VF in use, and all restored
# timeout: 240
modprobe vfio-pci
pf=$(bench_pf xe)
admin=$sys/$pf/sriov_admin
expect_eq "$(<"$admin/pf/profile/sched_priority")" "[low] normal high" "priority of the PF"

conf gpu <<-CONF
	[pf]
	name = $pf
	kind = gpu
	vfs = 3
	exec-quantum = 20
	preempt-timeout = 1000
	priority = high
	[vf*]
	exec-quantum = 10
	preempt-timeout = 500
	priority = normal
	vram = 2G
	driver = none
	[vf1]
	exec-quantum = 40
	vram = 1001M
CONF
trace_viod
start_viod
wait_state "$pf" configured

# The shares in the card; the quota of VF 1 is a multiple of 2 MiB now.
for n in 0 1 2; do
	shares+="$(bench_vf "$pf" $n exec-quantum)/$(bench_vf "$pf" $n preempt-timeout)/$(bench_vf "$pf" $n priority)/$(bench_vf "$pf" $n vram) "
done
expect_eq "$shares" "10/500/normal/2147483648 40/500/normal/1050673152 10/500/normal/2147483648 " "shares of the VFs"
expect_eq "$(cat "$admin"/pf/profile/{exec_quantum_ms,preempt_timeout_us,sched_priority} | xargs)" "20 1000 low normal [high]" "shares of the PF"
expect_log "rounded vram = 1001M to 1002M"

# The order: the PF's, memory, the VFs, their time.
order=$(sys_writes | sed -nE 's|.*/(pf/profile/exec_quantum_ms)>.*|pf|p; s|.*/(vram_quota)>.*|vram|p; s|.*/sriov_numvfs>.*|vfs|p
	s|.*/vf[0-9]+/profile/exec_quantum_ms>.*|time|p' | uniq | xargs)
expect_eq "$order" "pf vram vfs time" "order of the writes"

# A restart, an observe, a restart without the record: nothing is left to do.
expect_finished
forget_trace
restart_viod
wait_state "$pf" configured
expect_eq "$(sys_writes)" "" "writes of a restart"

# One value changes: one write. Memory changes with no driver bound.
forget_trace
sed -i 's/exec-quantum = 40/exec-quantum = 41/' /etc/vio.d/gpu.conf
wait_for 20 eval '[[ $(bench_vf "$pf" 1 exec-quantum) == 41 ]]'
wait_state "$pf" configured
expect_eq "$(sys_writes | wc -l)" 1 "writes for one value"
untrace_viod

# The firmware refuses: only that VF stays without a driver, and the message has advice.
bench_fault "$pf" attribute 2 EIO
sed -i 's/preempt-timeout = 500/preempt-timeout = 600/' /etc/vio.d/gpu.conf
wait_state "$pf" degraded
expect_eq "$(bench_vf "$pf" 0 preempt-timeout) $(bench_vf "$pf" 2 preempt-timeout)" "600 500" "timeouts with a fault"
expect_log "vf2: .*preempt-timeout.*firmware refuses"
bench_clear "$pf"
systemctl reload viod
wait_state "$pf" configured
expect_eq "$(bench_vf "$pf" 2 preempt-timeout)" 600 "the timeout that had failed"

# Impossible settings are reported before anything is changed.
bench_forget "$pf"
sed -i 's/^vram = 2G/vram = 9G/' /etc/vio.d/gpu.conf
wait_state "$pf" degraded
expect_log "less memory is left|together request more than the GPU has"
sed -i 's/^vram = 9G/vram = 2G/; s/^priority = normal/priority = high/' /etc/vio.d/gpu.conf
expect_log "only the PF can have the priority 'high'"
sed -i 's/^priority = high/priority = low/; s/^\[vf1\]/[vf1]\npriority = normal/' /etc/vio.d/gpu.conf
expect_log "one 'priority' for all VFs"
sed -i '/^priority/d; s/^kind = gpu/kind = gpu\nvram = 1G/' /etc/vio.d/gpu.conf
expect_log "the PF has no 'vram' of its own"

# Restored: no VFs, the previous values of the PF.
rm /etc/vio.d/gpu.conf
wait_for 30 test ! -e "/run/viod/pf/$pf.json"
expect_eq "$(vf_count "$pf") $(cat "$admin"/pf/profile/{exec_quantum_ms,preempt_timeout_us,sched_priority} | xargs)" \
	"0 0 0 [low] normal high" "the PF after the release"
expect_eq "$(cat "$admin"/vf{1,2,3}/profile/vram_quota | xargs)" "0 0 0" "quotas after the release"
