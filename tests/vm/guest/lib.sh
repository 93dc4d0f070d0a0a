# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# What scenarios have at hand. Read by the runner before each scenario, under "set -euo pipefail" and xtrace; helpers keep
# their own inner life out of the trace (quiet).
#
# A scenario begins clean: viod stopped, no configuration, no records, no VFs, autoprobe on, every PF on its driver and as it
# was at boot. It may leave all that as it likes, network namespaces and virtual links too; processes it started are killed
# when it ends. Only files it puts elsewhere are its own to remove.
#
# shellcheck disable=SC2034  # variables for scenarios

# ---- the devices (see tests/vm/run)
NIC0=0000:01:00.0      # igb, 7 VFs: 0000:01:10.0, .2, .4, .6, 0000:01:11.0, .2, .4
NIC1=0000:02:00.0      # the same; the wire between the two gives both a carrier
NVME=0000:03:00.0      # 16 VFs: 0000:03:00.1 to 0000:03:02.0
SPARE=0000:04:00.0     # nobody, until plug_nic

viod_test=/usr/lib/viod-test       # plugins/ and bin/ hold what tests have built
viod_run=/run/viod-test            # scratch; trace is what trace_viod writes
sys=/sys/bus/pci/devices

shopt -s expand_aliases
alias quiet='{ local -; set +x; } 2>/dev/null'

# fail TEXT...: end the scenario.
fail() {
	quiet
	printf 'FAILED: %s (line %s)\n' "$*" "${BASH_LINENO[*]}" >&2
	exit 1
}

# expect_eq GOT WANTED WHAT
expect_eq() {
	quiet
	[[ $1 == "$2" ]] || fail "$3: '$1', and not '$2'"
}

# wait_for SECONDS COMMAND...: until it succeeds.
wait_for() {
	quiet
	local end=$((SECONDS + $1))
	shift
	until "$@" 2>/dev/null; do
		((SECONDS <= end)) || fail "waited too long for: $*"
		sleep 0.05
	done
}

# ---- configuration

# conf NAME <<EOF: /etc/vio.d/NAME.conf, replaced in one step.
conf() {
	quiet
	mkdir -p /etc/vio.d
	cat >"/etc/vio.d/.$1.new"
	mv "/etc/vio.d/.$1.new" "/etc/vio.d/$1.conf"
}

# ---- the daemon

start_viod() {
	quiet
	systemctl reset-failed viod.service 2>/dev/null || :
	systemctl start viod.service
}
stop_viod() {
	quiet
	systemctl stop viod.service
}
restart_viod() {
	quiet
	systemctl reset-failed viod.service 2>/dev/null || :
	systemctl restart viod.service
}
viod_pid() {
	quiet
	systemctl show -P MainPID viod.service
}

# state PF FILTER: of the PF's state file, by jq.
state() {
	quiet
	jq -r "$2" "/run/viod/state/$1.json"
}

# wait_state PF STATE [SECONDS]
wait_state() {
	quiet
	local now='' text='' old='' end=$((SECONDS + ${3:-30}))
	while :; do
		text=$(cat "/run/viod/state/$1.json" 2>/dev/null) || text=
		if [[ $text != "$old" ]]; then # jq takes its time
			now=$(jq -r .state <<<"$text") || now=
			old=$text
		fi
		[[ $now != "$2" ]] || return 0
		((SECONDS <= end)) || break
		sleep 0.05
	done
	cat "/run/viod/state/$1.json" >&2 || :
	fail "$1 is '${now:-without a state file}', and not '$2' within ${3:-30} s"
}

# viod_log: what viod's unit logged in this scenario, messages only.
viod_log() {
	quiet
	journalctl --sync && journalctl -q -u viod.service --after-cursor="$(<$viod_run/cursor)" -o cat
}

# expect_log REGEX [SECONDS]: in viod_log, now or soon.
expect_log() {
	quiet
	local end=$((SECONDS + ${2:-10}))
	until viod_log | grep -Eq -- "$1"; do
		((SECONDS <= end)) || fail "not logged: $1"
		sleep 0.1
	done
}

# refute_log REGEX: not in viod_log so far.
refute_log() {
	quiet
	local line
	line=$(viod_log | grep -Em1 -- "$1") || return 0
	fail "logged: $line"
}

# ---- udev

# stop_udev, start_udev: what happens in between it never hears of. Thousands of new devices would keep it busy for minutes.
stop_udev() { quiet; systemctl stop systemd-udevd{,-control.socket,-kernel.socket}; }
start_udev() { quiet; systemctl start systemd-udevd{-control.socket,-kernel.socket,}; }

# ---- what the kernel says

vf_count() {
	quiet
	cat "$sys/$1/sriov_numvfs"
}

# vf_addr PF N: the address of VF N.
vf_addr() {
	quiet
	basename "$(readlink -e "$sys/$1/virtfn$2")"
}

# vf_inodes PF: the inode of each VF's directory; a VF that was made anew has another one, whatever its address.
vf_inodes() {
	quiet
	local vf ids=()
	for vf in "$sys/$1"/virtfn*; do
		[[ ! -e $vf ]] || ids+=("$(stat -Lc %i "$vf")")
	done
	printf '%s\n' "${ids[*]}"
}

# driver_of ADDRESS: its name, or "none".
driver_of() {
	quiet
	local link
	link=$(readlink "$sys/$1/driver") || link=none
	basename "$link"
}

# netdev_of ADDRESS: the name of its (first) network interface.
netdev_of() {
	quiet
	local name=("$sys/$1"/net/*)
	basename "${name[0]}"
}

# group_of ADDRESS: the number of its IOMMU group.
group_of() {
	quiet
	basename "$(readlink -e "$sys/$1/iommu_group")"
}

# vf_link PF N FILTER: what "ip" says about VF N of a NIC, by jq: vf_link $NIC0 3 '.vlan_list[0].vlan // 0'.
vf_link() {
	quiet
	ip -d -j link show "$(netdev_of "$1")" | jq -r ".[0].vfinfo_list[] | select(.vf == $2) | $3"
}

# ---- the machine

# hmp COMMAND: to the monitor of the QEMU that runs this guest; prints the answer.
hmp() {
	quiet
	local line port
	exec {port}<>/dev/virtio-ports/viod.monitor
	jq -cn --arg line "$1" '{execute: "qmp_capabilities"},
		{execute: "human-monitor-command", arguments: {"command-line": $line}, id: "hmp"}' >&"$port"
	while IFS= read -r -t 20 line <&"$port"; do
		if [[ $line == *'"hmp"'* ]]; then
			exec {port}>&-
			jq -r '.return // .error.desc | select(. != "")' <<<"$line"
			return
		fi
	done
	fail "no answer from the monitor to: $1"
}

# plug_nic, unplug_nic: a third igb at $SPARE.
plug_nic() {
	quiet
	local answer
	answer=$(hmp "device_add igb,id=spare,bus=port4,netdev=wire4,mac=52:54:00:00:04:00,romfile=")
	[[ -z $answer ]] || fail "device_add: $answer"
	wait_for 30 test -d "$sys/$SPARE/net"
}
unplug_nic() {
	quiet
	local answer
	answer=$(hmp "device_del spare")
	[[ -z $answer ]] || fail "device_del: $answer"
	wait_for 30 test ! -e "$sys/$SPARE"
}

# netdevsim ID PORTS MAX_VFS: makes netdevsim$ID, a NIC of no bus that has every VF attribute but refuses rates above 100
# Gbit/s; its VFs exist in it alone. Prints the names of its interfaces.
netdevsim() {
	quiet
	local links
	modprobe netdevsim
	echo "$1 $2" >/sys/bus/netdevsim/new_device
	echo "$3" >"/sys/kernel/debug/netdevsim/netdevsim$1/max_vfs"
	udevadm settle # it gives them names
	links=("/sys/bus/netdevsim/devices/netdevsim$1"/net/*)
	printf '%s\n' "${links[@]##*/}"
}

# nsim_count ID: its VFs.
nsim_count() {
	quiet
	cat "/sys/bus/netdevsim/devices/netdevsim$1/sriov_numvfs"
}

# vfs INTERFACE: what the kernel says about its VFs, however many, a line for each; tests/vm/programs/vfs.c.
vfs() {
	quiet
	"$viod_test/bin/vfs" "$1"
}

# vf_is INTERFACE N TEXT...: each text is part of VF N's line, such as vlan=5.
vf_is() {
	quiet
	local line text
	line=" $(vfs "$1" | grep "^$2 ") "
	for text in "${@:3}"; do
		[[ $line == *" $text "* ]] || return 1
	done
}

# expect_vf INTERFACE N TEXT...: the same as a condition of the scenario.
expect_vf() {
	quiet
	vf_is "$@" || fail "VF $2 of $1 has not all of '${*:3}': $(vfs "$1" | grep "^$2 ")"
}

# each_vf N FORMAT: FORMAT for each VF from 0, where @ is its number, and @x the same as two octets.
each_vf() {
	quiet
	local n octets text
	for ((n = 0; n < $1; n++)); do
		printf -v octets %02x:%02x $((n >> 8)) $((n & 255))
		text=${2//@x/$octets}
		printf '%b' "${text//@/$n}"
	done
}

# ---- NVMe

nvme=/dev/nvme0 # the controller of $NVME

# secondaries: of each secondary controller that has anything, VF:STATE:QUEUES:INTERRUPTS in one line.
secondaries() {
	quiet
	local key value vf=0 state='' queues=0 all=()
	while IFS=: read -r key _ value _; do
		case $key in
		*SCS*) state=${value##*(} state=${state%)*} ;;
		*VFN*) vf=$((value)) ;;
		*NVQ*) queues=$((value)) ;;
		*NVI*) [[ $queues:$((value)):$state == 0:0:Offline ]] || all+=("$vf:$state:$queues:$((value))") ;;
		esac
	done < <(nvme list-secondary "$nvme")
	printf '%s\n' "${all[*]}"
}

# attached NSID: the identifiers of the controllers it is attached to.
attached() {
	quiet
	nvme list-ctrl "$nvme" -n "$1" | sed -n 's/.*\]://p'
}

# disk_of ADDRESS: the block device of the only namespace of a VF on the nvme driver.
disk_of() {
	quiet
	local path name
	for path in "$sys/$1"/nvme/nvme*/nvme*n*; do
		name=$(basename "$path")
		if [[ -e $path ]]; then
			sed -E 's|c[0-9]+n|n|; s|^|/dev/|' <<<"$name"
			return
		fi
	done
	fail "$1 has no disk"
}

# ---- cards that nobody has (tests/kmod/bench.c tells what they are, and what its files do)

bench=/sys/kernel/debug/viod-bench

# bench_load: the module. bench_pf does it by itself.
bench_load() {
	quiet
	[[ ! -e $bench ]] || return 0
	modprobe -a vfio mdev # vGPUs need them
	insmod "$viod_test/viod_bench.ko" || fail "no bench"
}

# bench_unload: cards and all. What hangs goes on. The runner does it after each scenario.
bench_unload() {
	quiet
	[[ ! -e $bench ]] || rmmod viod_bench
	rm -f /run/modprobe.d/viod-bench.conf
	[[ -e /sys/module/igb ]] || modprobe igb
}

# bench_pf NAME [KEY=VALUE...]: adds a card with a driver of that name, and prints the addresses of its PFs, a line each:
# "bench_pf mlx5_core ports=2 vfs=16". For igb, the guest's own NICs are without a driver from then on.
bench_pf() {
	quiet
	local before
	bench_load
	if [[ $1 == igb* && -e /sys/module/igb ]]; then
		rmmod igbvf 2>/dev/null || :
		rmmod igb
		mkdir -p /run/modprobe.d
		echo blacklist igb >/run/modprobe.d/viod-bench.conf # which has an alias of the I350
	fi
	before=$(<$bench/cards)
	echo "$*" >$bench/add || fail "no card '$*'"
	comm -13 <(sort <<<"$before") <(sort $bench/cards) | cut -d' ' -f1
	udevadm settle # it gives interfaces their names
}

# bench_remove PF: the card it is on.
bench_remove() {
	quiet
	echo "0x${1%%:*}" >$bench/remove
}

# bench_fault PF OPERATION VF ACTION [TIMES]: a rule: bench_fault $pf mac 3 EIO; bench_fault $pf create '*' hang;
# bench_fault $pf probe '*' delay=50. Of several errors the newest counts. bench_clear PF takes all of them back and lets go on what hangs.
bench_fault() {
	quiet
	echo "${*:2}" >"$bench/$1/faults"
}
bench_clear() {
	quiet
	echo clear >"$bench/$1/faults"
}

# The errors that a rule can name, and what people read of each.
# shellcheck disable=SC2034 # for scenarios
declare -A bench_says=(
	[EPERM]='Operation not permitted' [ENOENT]='No such file or directory' [EIO]='Input/output error'
	[ENXIO]='No such device or address' [EAGAIN]='Resource temporarily unavailable' [ENOMEM]='Cannot allocate memory'
	[EACCES]='Permission denied' [EBUSY]='Device or resource busy' [EEXIST]='File exists' [ENODEV]='No such device'
	[EINVAL]='Invalid argument' [ENOSPC]='No space left on device' [ERANGE]='Numerical result out of range'
	[ENETDOWN]='Network is down' [EMSGSIZE]='Message too long' [EPROTONOSUPPORT]='Protocol not supported'
	[EOPNOTSUPP]='Operation not supported' [ETIMEDOUT]='Connection timed out'
)
# shellcheck disable=SC2034
bench_errors=(
	EPERM ENOENT EIO ENXIO EAGAIN ENOMEM EACCES EBUSY EEXIST ENODEV EINVAL ENOSPC ERANGE ENETDOWN EMSGSIZE
	EPROTONOSUPPORT EOPNOTSUPP ETIMEDOUT
)

# bench_count PF NAME: how often that was done since bench_forget PF.
bench_count() {
	quiet
	sed -n "s/^$2 //p" "$bench/$1/counters"
}
bench_forget() {
	quiet
	echo >"$bench/$1/counters"
}

# bench_vf PF N KEY: what the card itself knows of a VF, such as resets, probes, sets, mac, vlan.
bench_vf() {
	quiet
	sed -n "s/^$2 .*\b$3=\([^ ]*\).*/\1/p" "$bench/$1/vfs"
}

# bench_knob PF NAME VALUE: carrier, speed, limit, reset-ms, present (0: unplugged), reset.
bench_knob() {
	quiet
	echo "$3" >"$bench/$1/$2"
}

# afresh PF [PLUGINS]: viod stopped, without files and records, and the PF without VFs and rules. It begins with those plugins
# only: "net" is without what is known about any vendor. "afresh PF" is with all.
afresh() {
	quiet
	stop_viod
	rm -rf /etc/vio.d/*.conf /run/viod/{pf,state}
	bench_clear "$1"
	{ echo 0 >"$sys/$1/sriov_numvfs"; } 2>/dev/null || :
	rm -f /etc/viod.conf
	[[ ! ${2-} ]] || echo "plugins = $2" >/etc/viod.conf
	bench_forget "$1"
}

# bench_cost PF: what was done to it since bench_forget: writes of the count, attributes set, resets of VFs and probes.
bench_cost() {
	quiet
	local name
	for name in numvfs-writes vf-sets vf-resets probe; do bench_count "$1" $name; done | xargs
}

# expect_free PF: a restart, a reload and a file that only looks different cost the card nothing, and its VFs stay.
expect_free() {
	quiet
	local before after
	before=$(vf_inodes "$1")
	bench_forget "$1"
	restart_viod
	wait_state "$1" configured
	echo '# nothing' | tee -a /etc/vio.d/*.conf >/dev/null
	systemctl reload viod.service
	after=$SECONDS
	wait_for 10 eval '((SECONDS > after + 1))' # what the edit alone would bring comes after 100 ms
	wait_state "$1" configured
	expect_eq "$(bench_cost "$1")" "0 0 0 0" "what a restart, a reload and a comment cost $1"
	expect_eq "$(vf_inodes "$1")" "$before" "VFs afterwards"
}

# ---- what viod asks of the kernel, and accidents

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
	# Off with the unit's own sandbox as far as it stands in strace's way.
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

# arm_kill_at: from its next start on a process of viod dies just before the change of the device that the file $KILL_AT tells,
# "7 job" or "7 daemon" (tests/vm/programs/kill-at.c); the file is gone then. Viod is started again at once, however often.
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

# kill_at_each PF LOOK NAME <<EOF: the file NAME is applied and released, first undisturbed and then with a job killed at its
# change 1, 2, ... until neither has so many. What the function LOOK prints of PF is each time as without the kill.
kill_at_each() {
	quiet
	local pf=$1 look=$2 name=$3 text n half round done=() baseline='' wanted=''
	text=$(cat)
	for ((n = 0; ; n++)); do
		for half in apply release; do
			round="$pf: killed at change $n of the $half"
			rm -f "$KILL_AT"
			[[ $n == 0 || ${done[*]} == *$half* ]] || echo "$n job" >"$KILL_AT"
			[[ $n != 0 || $half != apply ]] || baseline=$($look "$pf")
			if [[ $half == apply ]]; then
				conf "$name" <<<"$text"
				kill_at_await "$pf" kill_at_ready
			else
				rm "/etc/vio.d/$name.conf"
				kill_at_await "$pf" kill_at_gone
			fi
			[[ ! -e $KILL_AT ]] || done+=("$half:$((n - 1))")
			[[ $n != 0 || $half != apply ]] || wanted=$($look "$pf")
			[[ $half == apply ]] || { diff <(echo "$baseline") <($look "$pf") >&2 || fail "$round: given back"; }
			[[ $half == release ]] || { diff <(echo "$wanted") <($look "$pf") >&2 || fail "$round: applied"; }
		done
		[[ ${#done[*]} != 2 ]] || break
		((n < 60)) || fail "no end of changes"
	done
	echo "$pf: changes ${done[*]}"
	((n >= 6)) || fail "that is too few to be all"
}
kill_at_ready() { [[ $(state "$1" .state) == configured ]]; }
kill_at_gone() { [[ ! -e /run/viod/pf/$1.json && ! -e /run/viod/state/$1.json ]]; }
# kill_at_await PF CONDITION: a job that was killed is tried again at once.
kill_at_await() {
	local end=$((SECONDS + 40))
	until $2 "$1" 2>/dev/null; do
		((SECONDS <= end)) || { cat "/run/viod/state/$1.json" >&2 || :; fail "$round: not $2"; }
		[[ -e $KILL_AT || $(state "$1" .state 2>/dev/null) != failed ]] || kill -HUP "$(viod_pid)"
		sleep 0.05
	done
}

# forget_trace: what the functions below show begins here, or at viod's next start.
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

# ---- programs (tests/vm/guest/runner, demo)

# open_report: from here on $port is the descriptor of what the host reads; it has read BOOTED.
open_report() {
	local tries
	for ((tries = 0; tries < 100; tries++)); do
		[[ ! -e /dev/virtio-ports/viod.report ]] || break
		sleep 0.1
	done
	exec {port}>/dev/virtio-ports/viod.report
	echo BOOTED >&"$port"
}

# end_guest: power off, or leave a root shell on the console where one was asked for.
end_guest() {
	if [[ -e $viod_test/keep ]]; then
		systemd-run --quiet --unit=viod-shell -p StandardInput=tty -p StandardOutput=tty -p StandardError=tty \
			-p TTYPath=/dev/ttyS0 -p TTYReset=yes -p WorkingDirectory=/root -E HOME=/root \
			-E TERM="${TERM:-vt220}" -E PATH bash --rcfile "$viod_test/lib.sh" -i
		exit
	fi
	systemctl poweroff -ff
}
