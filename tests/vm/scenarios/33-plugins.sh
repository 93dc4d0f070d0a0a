# SPDX-License-Identifier: LGPL-2.1-or-later
# A plugin that crashes, hangs or leaks costs one job: its PF reports the op, other PFs are configured, the daemon is not affected.
# timeout: 150
# crashes: \(SIGSEGV\)
# kernel-log: viod(-job)?\[[0-9]+\]|segfault at
cp $viod_test/plugins/{crash,hang,leak}.so /usr/lib/viod/
echo 'plugins = crash, hang, leak' >/etc/viod.conf
mkdir -p /run/systemd/system/viod.service.d
printf '[Service]\nWatchdogSec=5s\nLimitCORE=0\n' >/run/systemd/system/viod.service.d/watchdog.conf
systemctl daemon-reload

# misbehave KIND LINES...: the file of NIC1.
misbehave() {
	quiet
	{
		printf '[pf]\nname = 02:00.0\nkind = %s\nvfs = 1\n' "$1"
		shift
		printf '%s\n' "$@"
	} | conf nic1
}
fds() { quiet; local all=(/proc/"$(viod_pid)"/fd/*); echo ${#all[@]}; }
# error_is STATE REGEX: of NIC1.
error_is() {
	local text
	text=$(cat /run/viod/state/$NIC1.json) || return 1
	[[ $text == *"\"state\": \"$1\""* ]] && jq -r .error <<<"$text" | grep -Eq -- "$2"
}

start_viod
pid=$(viod_pid)

# Another PF is configured beside a plugin that always crashes, with another count in each round.
n=1
for op in validate observe complete plan apply holders nodes; do
	misbehave crash "in = $op"
	n=$((n % 7 + 1))
	conf nvme <<-CONF
		[pf]
		name = 03:00.0
		kind = dev
		vfs = $n
		[vf*]
		driver = none
	CONF
	case $op in
	# At the first observe the wanted values are not known yet; the second one is after the writes.
	observe) where="in observe\(\) of plugin 'crash'" ;;
	apply)   where="in apply\(\) of plugin 'crash', step 'do what the file says'" ;;
	*)       where="in $op\(\) of plugin 'crash'" ;;
	esac
	wait_for 15 error_is failed "the job crashed \(SIGSEGV\) $where"
	wait_for 15 eval '[[ $(vf_count $NVME) == "$n" ]]'
	wait_state $NVME configured
	expect_eq "$(viod_pid)" "$pid" "viod after a crash in $op"
	[[ $op != validate ]] || fds=$(fds) # timers of the loop are made when the first one is needed
done
expect_log "^$NIC1: the job crashed \(SIGSEGV\) in validate\(\) of plugin 'crash'"

# After a crash viod retries at growing intervals as long as the crash persists.
refute_log 'viod.service: (Main process exited|Watchdog)'

# A plugin that never returns: the PF is stuck, its job is killed, the file can be corrected meanwhile.
for how in sleep spin; do
	for op in validate apply; do
		misbehave hang "timeout = 2" "in = $op" "how = $how"
		wait_for 15 error_is stuck "in $op\(\) of plugin 'hang'"
		expect_eq "$(state $NVME .state)" configured "the other PF beside one that hangs"
	done
done
expect_log "^$NIC1: job [0-9]+ did not end in time, it is in apply\(\) of plugin 'hang', step 'do what the file says'"
# ... also while it hangs: only that PF waits for the deadline.
misbehave hang "timeout = 8" "in = validate"
wait_for 10 eval 'pgrep -x viod-job'
sed -i 's/^vfs = .*/vfs = 5/' /etc/vio.d/nvme.conf
wait_for 10 eval '[[ $(vf_count $NVME) == 5 ]]'
wait_state $NVME configured
rm /etc/vio.d/nic1.conf
wait_for 15 eval '! pgrep -x viod-job'

# A leak in observe affects only the job.
for n in 1 2 3 4; do
	misbehave leak '[vf*]' "driver = $([[ $((n % 2)) == 0 ]] && echo none || echo default)"
	wait_for 15 eval "[[ \$(driver_of \"\$(vf_addr $NIC1 0)\") == $([[ $((n % 2)) == 0 ]] && echo none || echo igbvf) ]]"
	wait_state $NIC1 configured
done
rm /etc/vio.d/nic1.conf
wait_released $NIC1 15
expect_eq "$(vf_count $NIC1)" 0 "VFs after the bad files were deleted"

expect_eq "$(viod_pid)" "$pid" "viod after all that"
expect_eq "$(systemctl show -P NRestarts viod.service)" 0 "restarts by the watchdog"
expect_eq "$(fds)" "$fds" "descriptors of the daemon"
grep VmRSS "/proc/$pid/status"
(($(awk '/VmRSS/ { print $2 }' "/proc/$pid/status") < 12000)) || fail "the daemon has grown"
