# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Tracing of writes, and fault injection, for scenarios. Read by lib.sh.
#
# shellcheck disable=SC2154  # lib.sh's variables

# ---- system calls of viod, and faults

traced=write,pwrite64,writev,sendmsg,sendto,ioctl

# trace_viod [STRACE-OPTION...]: from its next start on viod runs under strace (it stays the main process of its unit), with
# its writes in $viod_run/trace. Further options inject faults, "-e inject=write:error=EBUSY:when=3"; "when" counts the calls
# of each process by itself, and "-P PATH" limits everything to one file.
trace_viod() {
	quiet
	local command dir=/run/systemd/system/viod.service.d
	command=$(systemctl show -P ExecStart viod.service | sed -n 's/.*argv\[\]=\(.*\) ; ignore_errors.*/\1/p')
	[[ $command ]] || fail "viod.service has no ExecStart"
	[[ $command == */strace* ]] && fail "trace_viod: already traced"
	: >"$viod_run/trace"
	mkdir -p "$dir"
	# Disable those parts of the unit's sandbox that prevent strace.
	cat >"$dir/trace.conf" <<-END
		[Service]
		ExecStart=
		ExecStart=/usr/bin/strace -D -f -yy -s 256 -o $viod_run/trace -e trace=$traced $* -- $command
		SystemCallFilter=
		SystemCallArchitectures=
		CapabilityBoundingSet=~
		NoNewPrivileges=no
		ProtectProc=default
		ReadWritePaths=$viod_run
	END
	systemctl daemon-reload
}
untrace_viod() {
	quiet
	rm -f /run/systemd/system/viod.service.d/trace.conf
	systemctl daemon-reload
}

# trace_now, trace_end: the same for the viod that runs already, without a restart.
trace_now() {
	quiet
	local pid
	pid=$(viod_pid)
	: >"$viod_run/trace"
	strace -f -yy -s 256 -o "$viod_run/trace" -e trace="$traced" -p "$pid" 2>/dev/null &
	wait_for 10 grep -q '^TracerPid:.*[1-9]' "/proc/$pid/status"
}
trace_end() {
	quiet
	pkill -INT -x strace
	wait_for 10 grep -q '^TracerPid:.*[^1-9]0$' "/proc/$(viod_pid)/status"
}

# kill_viod_at N [STRACE-OPTION...]: after its next start a process of viod dies by SIGKILL just before its Nth write to a
# file. With "-P /sys/bus/pci/devices/$NIC0/sriov_numvfs" only writes to that file count, and only they are traced.
kill_viod_at() {
	quiet
	trace_viod -e "inject=write,pwrite64:signal=KILL:when=$1" "${@:2}"
}

# arm_kill_at: from its next start on a process of viod dies just before the change of the device that the file $KILL_AT
# names, "7 job" or "7 daemon" (tests/vm/programs/kill-at.c), and removes that file. viod is restarted at once, without a limit.
arm_kill_at() {
	quiet
	export KILL_AT=$viod_run/kill-at
	mkdir -p /run/systemd/system/viod.service.d
	cat >/run/systemd/system/viod.service.d/kill.conf <<-END
		[Unit]
		StartLimitIntervalSec=0
		[Service]
		Environment=LD_PRELOAD=$viod_test/bin/kill-at KILL_AT=$KILL_AT
		ReadWritePaths=$viod_run
		RestartSec=10ms
	END
	systemctl daemon-reload
}

# kill_at_each PF LOOK NAME [STEP] <<EOF: the file NAME is applied and released, first without interruption and then with SIGKILL
# in front of one change, in turns for the job and for the daemon with it: of each change that a plugin makes, and of the one
# after it; with STEP, of each STEPth change of all. The output of the function LOOK for PF must be the same as without the kill;
# what it was is in $applied_look. $kills is how often a process was killed. Changes that core makes itself, such as counts,
# drivers and records, are all interrupted on the fake kernel (tests/fake/kills.c).
kill_at_each() {
	quiet
	local pf=$1 look=$2 name=$3 step=${4-} text n at half round baseline victim=job apply=() release=()
	text=$(cat)
	kills=0
	baseline=$($look "$pf")
	for ((n = -1; n < ${#apply[@]} || n < ${#release[@]}; n++)); do
		for half in apply release; do
			local -n places=$half
			at=
			((n < 0)) || at=${places[n]-}
			round="$pf: ${at:+$victim killed at change $at of the }$half"
			rm -f "$KILL_AT" "$KILL_AT.log"
			[[ ! $at ]] || echo "$at $victim" >"$KILL_AT"
			if [[ $half == apply ]]; then
				conf "$name" <<<"$text"
				kill_at_await "$pf" kill_at_ready
			else
				rm "/etc/vio.d/$name.conf"
				kill_at_await "$pf" kill_at_gone
			fi
			((n >= 0)) || mapfile -t places < <(kill_at_places)
			[[ ! $at || -e $KILL_AT ]] || kills=$((kills + 1))
			kill_at_compare
			[[ ! $at ]] || case $victim in job) victim=daemon ;; *) victim=job ;; esac
		done
	done
	rm -f "$KILL_AT"
	echo "$pf: killed $kills times, at changes ${apply[*]} of the apply and ${release[*]} of the release"
}
kill_at_compare() {
	local now
	now=$($look "$pf")
	((n >= 0)) || [[ $half != apply ]] || applied_look=$now
	if [[ $half == apply && $now != "$applied_look" ]]; then
		diff <(echo "$applied_look") <(echo "$now") >&2 || fail "$round: applied"
	elif [[ $half == release && $now != "$baseline" ]]; then
		diff <(echo "$baseline") <(echo "$now") >&2 || fail "$round: restored"
	fi
}
# kill_at_places: of the changes in the log, the numbers of those to interrupt.
kill_at_places() {
	awk -v step="$step" -v core='/(sriov_(numvfs|drivers_autoprobe)|driver_override|drivers_probe|(un)?bind|uevent)$' '
		step {if ($2 % step == 1) print $2; next}
		{own = $3 ~ /^(netlink|nvme)$/ || $3 ~ "^/" && $3 !~ core} # what has another name is a record
		own || before {print $2}
		{before = own}' "$KILL_AT.log" | sort -nu
}
kill_at_ready() { read_state "$1" && [[ $state_now == configured ]]; }
kill_at_gone() { released "$1"; }
# kill_at_await PF CONDITION: viod retries at once after a killed job.
kill_at_await() {
	local state_now pid end=$((SECONDS + 40)) left=$((40 * looks))
	until $2 "$1" 2>/dev/null; do
		((--left > 0 || SECONDS <= end)) || { cat "/run/viod/state/$1.json" >&2 || :; fail "$round: not $2"; }
		if [[ ! -e $KILL_AT && $victim == job ]] && read_state "$1" && [[ $state_now == failed ]]; then
			pid=$(viod_pid)
			((pid == 0)) || kill -HUP "$pid"
		fi
		pause 0.03
	done
	passed
}

# forget_trace: the functions below show the trace from here, or from the next start of viod.
forget_trace() {
	quiet
	traced_from="$(head -c 32 "$viod_run/trace" | head -n 1) $(stat -c %s "$viod_run/trace")"
}
traced_from=
traced_lines() {
	local from=0
	[[ ${traced_from% *} != "$(head -c 32 "$viod_run/trace" | head -n 1)" ]] || from=${traced_from##* }
	tail -c "+$((from + 1))" "$viod_run/trace"
}

# sys_writes: the traced writes to files in /sys, one a line. "sys_writes | wc -l" counts them.
sys_writes() {
	quiet
	traced_lines | grep -E '(write|pwrite64|writev)\([0-9]+</sys/' || :
}

# link_writes: the traced netlink requests that change a link.
link_writes() {
	quiet
	traced_lines | grep -E 'send(msg|to)\(.*RTM_(SET|NEW|DEL)LINK' || :
}

# link_write_vfs: the VFs in link_writes, a number a line, each once. strace does not show all of a message with hundreds.
link_write_vfs() {
	quiet
	link_writes | grep -o '{vf=[0-9]*' | sed 's/.*=//' | sort -nu
}
