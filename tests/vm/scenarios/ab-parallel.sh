# SPDX-License-Identifier: LGPL-2.1-or-later
# 256 VFs with probes of 50 ms each are created and bound in at most a quarter of the time of a sequential run
# timeout: 240
# alone: other guests take from viod's processors, and nothing from a script that sleeps
pf=$(bench_pf plain)
bench_fault "$pf" probe '*' delay=50
bench_fault "$pf" netdev '*' delay=60000 # the time of the kernel for 256 interfaces is not measured
stop_udev
trap start_udev EXIT
write_conf() { # COUNT
	quiet
	printf '[pf]\nname = %s\nkind = dev\nvfs = %d\n[vf*]\ndriver = plain_nicvf\n' "$pf" "$1" | conf plain
}
usec() { quiet; echo "${EPOCHREALTIME/./}"; }

# Sequentially, as by a script.
echo 0 >"$sys/$pf/sriov_drivers_autoprobe"
probe_each() {
	quiet
	local vf
	for vf in "$sys/${pf%%:*}:01:"*; do
		echo "${vf##*/}" >/sys/bus/pci/drivers_probe
	done
}
began=$(usec)
echo 256 >"$sys/$pf/sriov_numvfs"
echo 1 >"$sys/$pf/sriov_drivers_autoprobe"
probe_each
serial=$(($(usec) - began))
expect_eq "$(bench_count "$pf" probe)" 256 "probes of a script"

# until_count OPERATION NUMBER: without starting a process, which would disturb the measurement.
exec {never}<> <(:)
until_count() {
	local name value now=0
	while ((now < $2)); do
		while read -r name value; do
			[[ $name != "$1" ]] || now=$value
		done <"$bench/$pf/counters"
		read -rt 0.02 -u "$never" || :
	done
}
# From the first VF that exists until the last one has its driver.
watch_vfs() {
	quiet
	local from
	until_count create 1
	from=${EPOCHREALTIME/./}
	until_count probe 256
	echo $((${EPOCHREALTIME/./} - from)) >$viod_run/spent
}
by_viod() {
	local watcher
	rm -f /etc/vio.d/plain.conf
	stop_viod
	echo 0 >"$sys/$pf/sriov_numvfs"
	bench_forget "$pf"
	write_conf 256
	watch_vfs &
	watcher=$!
	start_viod
	wait $watcher
	spent=$(<$viod_run/spent)
	expect_eq "$(state "$pf" .state) $(bench_count "$pf" probe)" "configured 256" "state and probes of viod"
	echo "256 VFs made and bound: one after the other in $((serial / 1000)) ms, with viod in $((spent / 1000)) ms"
}
# Other programs on the machine can only increase the measured time.
for try in 1 2 3; do
	by_viod
	((spent * 4 > serial)) || break
done
((spent * 4 <= serial)) || fail "in $try tries 256 VFs were never bound in a quarter of the sequential time"

# A failure of one VF is reported for that VF, and the rest is bound.
rm /etc/vio.d/plain.conf
wait_for 60 eval '[[ $(vf_count $pf) == 0 ]]'
bench_clear "$pf"
bench_fault "$pf" probe 7 EIO
bench_fault "$pf" probe 200 ENOMEM
write_conf 256
snapshot "$pf" degraded 60
expect_eq "$(jq -r '[.vfs[] | select(.error != null) | .index] | tojson' <<<"$snapshot")" '[7,200]' "VFs with an error"
expect_eq "$(jq -r '[.vfs[] | select(.driver == "plain_nicvf")] | length' <<<"$snapshot")" 254 "VFs with a driver"
bench_clear "$pf"
wait_state "$pf" configured 60
expect_eq "$(state "$pf" '[.vfs[] | select(.driver == "plain_nicvf")] | length')" 256 "VFs with a driver in the end"

# If a worker is killed, the job fails; the next one completes the work.
rm /etc/vio.d/plain.conf
wait_for 60 eval '[[ $(vf_count $pf) == 0 ]]'
bench_fault "$pf" probe '*' delay=200
write_conf 64
wait_for 30 pgrep -x viod-worker
pkill -KILL -x -n viod-worker
expect_log 'the job crashed \(SIGKILL\)' 30
wait_state "$pf" configured 60
expect_eq "$(state "$pf" '[.vfs[] | select(.driver == "plain_nicvf")] | length')" 64 "VFs with a driver after a worker died"
