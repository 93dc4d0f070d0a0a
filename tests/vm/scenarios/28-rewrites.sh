# SPDX-License-Identifier: LGPL-2.1-or-later
# 300 rewrites within seconds cause few applies, the last one is in force, no resource leaks; a lost event is compensated
# timeout: 90
asks() { printf '[pf]\nname = 03:00.0\nkind = dev\nvfs = %d\n[vf*]\ndriver = none\n# %s\n' "$1" "$2"; }
fds() { find /proc/"$pid"/fd -type l | wc -l; }
resident() { sed -n 's/^VmRSS:[^0-9]*\([0-9]*\) kB/\1/p' /proc/"$pid"/status; }
# rewrite TIMES VFS: in place and, every other time, by renaming another file.
rewrite() {
	quiet
	local i
	for ((i = 0; i < $1; i++)); do
		asks $((i % 2 + 1)) $i >/etc/vio.d/nvme.conf
		if ((i % 2)); then
			asks $((i % 3 + 1)) $i >/etc/vio.d/.new
			mv /etc/vio.d/.new /etc/vio.d/nvme.conf
		fi
	done
	asks "$2" last >/etc/vio.d/nvme.conf
}

asks 1 first >/etc/vio.d/nvme.conf
start_viod
pid=$(viod_pid)
rewrite 40 1 # allocations that are made once are made now
wait_for 20 eval '[[ $(vf_count $NVME) == 1 ]]'
wait_state $NVME configured
pause 0.5
fds=$(fds) resident=$(resident)

began=$SECONDS
rewrite 300 3
spent=$((SECONDS - began + 1))
wait_for 20 eval '[[ $(vf_count $NVME) == 3 ]]'
wait_state $NVME configured
pause 0.5
applies=$(count_log "^$NVME: applying") || :
((applies <= 4 + 2 * spent)) || fail "$applies applies in $spent s"
expect_eq "$(fds)" "$fds" "open files"
(($(resident) <= resident + 256)) || fail "$resident kB grew to $(resident) kB"
expect_eq "$(viod_pid)" "$pid" "the daemon"
expect_eq "$(state $NVME '[.state, .error] | @csv')" '"configured",' "the end"

# The queue of events overflows: there is no event for the last version.
limit=$(</proc/sys/fs/inotify/max_queued_events)
echo 4 >/proc/sys/fs/inotify/max_queued_events
restart_viod
pid=$(viod_pid)
echo "$limit" >/proc/sys/fs/inotify/max_queued_events
kill -STOP "$pid"
for ((i = 0; i < 50; i++)); do
	: >/etc/vio.d/.noise$i
done
asks 2 unseen >/etc/vio.d/nvme.conf
kill -CONT "$pid"
wait_for 20 eval '[[ $(vf_count $NVME) == 2 ]]'
