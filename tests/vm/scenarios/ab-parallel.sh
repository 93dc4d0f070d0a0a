# SPDX-License-Identifier: LGPL-2.1-or-later
# 256 VFs whose driver takes 50 ms each to probe are bound at the same time: in at most a quarter of one after the other
# timeout: 240
pf=$(bench_pf plain)
bench_fault "$pf" probe '*' delay=50
udevadm control --stop-exec-queue # 256 interfaces keep it busy for minutes, and are not what is measured
trap 'udevadm control --start-exec-queue' EXIT
usec() { quiet; echo "${EPOCHREALTIME/./}"; }

# One after the other, as a script does it.
began=$(usec)
echo 0 >"$sys/$pf/sriov_drivers_autoprobe"
echo 256 >"$sys/$pf/sriov_numvfs"
echo 1 >"$sys/$pf/sriov_drivers_autoprobe"
probe_each() {
	quiet
	local vf
	for vf in "$sys/${pf%%:*}:01:"*; do
		echo "${vf##*/}" >/sys/bus/pci/drivers_probe
	done
}
probe_each
serial=$(($(usec) - began))
expect_eq "$(bench_count "$pf" probe)" 256 "probes of a script"
echo 0 >"$sys/$pf/sriov_numvfs"
bench_forget "$pf"

conf plain <<-CONF
	[pf]
	name = $pf
	kind = dev
	vfs = 256
CONF
began=$(usec)
start_viod
spent=$(($(usec) - began))
expect_eq "$(state "$pf" .state)" configured "state"
expect_eq "$(bench_count "$pf" probe)" 256 "probes of viod"
echo "one after the other $((serial / 1000)) ms, with viod $((spent / 1000)) ms"
((spent * 4 <= serial)) || fail "256 VFs took $((spent / 1000)) ms; one after the other it is $((serial / 1000)) ms"

# What fails in one of them is told of that one, and the rest is bound.
rm /etc/vio.d/plain.conf
wait_for 60 eval '[[ $(vf_count $pf) == 0 ]]'
bench_clear "$pf"
bench_fault "$pf" probe 7 EIO
bench_fault "$pf" probe 200 ENOMEM
conf plain <<-CONF
	[pf]
	name = $pf
	kind = dev
	vfs = 256
CONF
wait_state "$pf" degraded 60
expect_eq "$(state "$pf" '[.vfs[] | select(.error != null) | .index] | tojson')" '[7,200]' "VFs with an error"
expect_eq "$(state "$pf" '[.vfs[] | select(.driver == "plain_nicvf")] | length')" 254 "VFs with a driver"
bench_clear "$pf"
wait_state "$pf" configured 60
expect_eq "$(state "$pf" '[.vfs[] | select(.driver == "plain_nicvf")] | length')" 256 "VFs with a driver in the end"

# A worker that is killed is a job that died; the next one does the rest.
rm /etc/vio.d/plain.conf
wait_for 60 eval '[[ $(vf_count $pf) == 0 ]]'
bench_fault "$pf" probe '*' delay=200
conf plain <<-CONF
	[pf]
	name = $pf
	kind = dev
	vfs = 64
CONF
wait_for 30 pgrep -x viod-worker
pkill -KILL -x -n viod-worker
expect_log 'the job crashed \(SIGKILL\)' 30
wait_state "$pf" configured 60
expect_eq "$(state "$pf" '[.vfs[] | select(.driver == "plain_nicvf")] | length')" 64 "VFs with a driver after a worker died"
