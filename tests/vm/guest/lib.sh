# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Functions for scenarios. The runner reads this file before each scenario, under "set -euo pipefail" and xtrace; helpers do
# not trace their own commands (quiet).
#
# A scenario begins clean: viod stopped, no configuration, no records, no VFs, autoprobe on, every PF on its driver and as it
# was at boot. It may change all of that, and add network namespaces and virtual links; its processes are
# killed when it ends. It must remove only files that it creates elsewhere.
#
# shellcheck disable=SC2034  # variables for scenarios

# ---- the devices (see tests/vm/run)
NIC0=0000:01:00.0      # igb, 7 VFs: 0000:01:10.0, .2, .4, .6, 0000:01:11.0, .2, .4
NIC1=0000:02:00.0      # the same; the wire between the two gives both a carrier
NVME=0000:03:00.0      # 16 VFs: 0000:03:00.1 to 0000:03:02.0
SPARE=0000:04:00.0     # empty, until plug_nic

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

# passed: counts a successful check. The functions below call it; the runner fails a scenario without any.
passed() { printf . >>$viod_run/checks; }

# expect_eq GOT WANTED WHAT
expect_eq() {
	quiet
	[[ $1 == "$2" ]] || fail "$3: '$1', and not '$2'"
	passed
}

# expect COMMAND...: it succeeds.
expect() {
	quiet
	"$@" || fail "not so: $*"
	passed
}

# pause SECONDS: without a process; each costs a guest 10 ms and more.
exec {never}<> <(:)
pause() { read -rt "$1" -u "$never" || :; }

# A wait has failed when its time is over and it has looked so often a second. A guest that gets little of a busy host looks
# less
# often, and has more time therefore: what it waits for is as slow.
looks=8

# wait_for SECONDS COMMAND...: until it succeeds. The pauses are as long as the command runs, so that the awaited work gets at
# least
# half of the processor.
wait_for() {
	quiet
	local end=$((SECONDS + $1)) left=$(($1 * looks)) began spent
	shift
	while began=${EPOCHREALTIME/./}; ! "$@" 2>/dev/null; do
		((--left > 0 || SECONDS <= end)) || fail "waited too long for: $*"
		spent=$((${EPOCHREALTIME/./} - began))
		((spent > 20000)) || spent=20000
		((spent < 500000)) || spent=500000
		printf -v spent '0.%06d' $spent
		pause "$spent"
	done
	passed
}

# The same language, with a fifth of the start-up time in an emulated machine.
jq() { command gojq "$@"; }

# ---- configuration

# conf NAME <<EOF: /etc/vio.d/NAME.conf, replaced in one step.
conf() {
	quiet
	mkdir -p /etc/vio.d
	cat >"/etc/vio.d/.$1.new"
	mv "/etc/vio.d/.$1.new" "/etc/vio.d/$1.conf"
}

# files_seen: viod has read the current version of all files, since it has read a later one, which was removed again.
files_seen() {
	quiet
	printf '[pf]\nname = 0f:1f.7\nkind = dev\nvfs = 1\n' | conf zz-seen
	wait_for 10 test -e /run/viod/state/0000:0f:1f.7.json
	rm /etc/vio.d/zz-seen.conf
	wait_for 10 test ! -e /run/viod/state/0000:0f:1f.7.json
}

# viod_quiet: viod has processed whatever happened so far, the events of its own work included, and no job of it runs. What it
# would do about that has been done: a job begins at the latest 100 ms after its cause, as long as a new file is left alone.
viod_quiet() {
	quiet
	udevadm settle
	files_seen
	wait_for 30 no_job
}
no_job() {
	local pid name
	while read -r pid; do
		read -r _ name _ 2>/dev/null <"/proc/$pid/stat" || continue
		[[ $name != '(viod-job)' && $name != '(viod-worker)' ]] || return 1
	done 2>/dev/null </sys/fs/cgroup/system.slice/viod.service/cgroup.procs
}
# viod_looks: viod has looked at all PFs again, and done about them what it had to do.
viod_looks() {
	quiet
	systemctl reload viod.service
	viod_quiet
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
# viod_pid: the child of PID 1 in its unit that is called viod; 0 without one. "systemctl show" needs ten times as long.
viod_pid() {
	quiet
	local pid name parent
	while read -r pid; do
		read -r _ name _ parent _ 2>/dev/null <"/proc/$pid/stat" || continue
		if [[ $name == '(viod)' && $parent == 1 ]]; then
			printf '%s\n' "$pid"
			return
		fi
	done 2>/dev/null </sys/fs/cgroup/system.slice/viod.service/cgroup.procs || :
	echo 0
}

# state PF FILTER: of the PF's state file, by jq. While a job looks at a PF that is blocked or degraded the file says little, so
# that anything but the state is read after it, or after three seconds.
state() {
	quiet
	local state_now tries text
	if [[ $2 == .state ]]; then
		read_state "$1" || return
		printf '%s\n' "$state_now"
	else
		# State and answer come from one version of the file.
		for ((tries = 0; tries < 60; tries++)); do
			text=$(<"/run/viod/state/$1.json") || return
			[[ $text == *$'\n "state": "'@(planning|applying|releasing)'"'* ]] || break
			pause 0.05
		done
		jq -r "$2" <<<"$text"
	fi
}
# read_state PF: $state_now is the state in its state file; starts no process. The line is near the beginning.
read_state() {
	local line
	state_now=
	while IFS= read -r line; do
		if [[ $line == ' "state": '* ]]; then
			line=${line#*: \"} state_now=${line%%\"*}
			return
		fi
	done 2>/dev/null <"/run/viod/state/$1.json"
	return 1
}

# wait_state PF STATE [SECONDS]
wait_state() {
	quiet
	local state_now end=$((SECONDS + ${3:-30})) left=$((${3:-30} * looks))
	until read_state "$1" && [[ $state_now == "$2" ]]; do
		if ((--left <= 0 && SECONDS > end)); then
			cat "/run/viod/state/$1.json" >&2 || :
			fail "$1 is '${state_now:-without a state file}', and not '$2' within ${3:-30} s"
		fi
		pause 0.03
	done
	passed
}

# snapshot PF STATE [SECONDS]: $snapshot is the text of a state file in which it is in that state. A retry may follow at once.
snapshot() {
	quiet
	while :; do
		wait_state "$@"
		snapshot=$(cat "/run/viod/state/$1.json")
		[[ $snapshot != *$'\n "state": "'"$2"'"'* ]] || return 0
	done
}

# wait_released PF [SECONDS]: it has neither a record nor a state file any more.
wait_released() {
	quiet
	wait_for "${2:-20}" released "$1"
}
released() { [[ ! -e /run/viod/pf/$1.json && ! -e /run/viod/state/$1.json ]]; }

# expect_finished: viod --check finds nothing to do.
expect_finished() {
	quiet
	local out
	out=$(viod --check 2>&1) || fail "changes are left: $out"
	passed
}

# expect_prompt MS WHAT: viod has done something at once: within seconds of polling and ten times what "viod --check", which
# looks at the same devices, takes right now. A busy machine makes both longer.
expect_prompt() {
	quiet
	local look began=${EPOCHREALTIME/./}
	viod --check >/dev/null 2>&1 || :
	look=$(((${EPOCHREALTIME/./} - began) / 1000))
	echo "$2: $1 ms, where one look takes $look ms"
	(($1 <= 3000 + 10 * look)) || fail "$2: too slow: $1 ms, and $look ms for one check"
	passed
}

# ---- the journal

# journal_mark: from here on, until the next mark, is what the functions below look at. The runner sets one before each
# scenario.
journal_mark() {
	quiet
	journalctl --sync
	printf '@%s' "$EPOCHREALTIME" >$viod_run/mark
}

# journal_of_viod [JOURNALCTL-OPTION...]: what viod's unit logged since the mark.
journal_of_viod() {
	journalctl -q -u viod.service --since="$(<$viod_run/mark)" "$@"
}

# viod_log: messages only. An empty journal is no error; one that cannot be read is.
viod_log() {
	quiet
	journalctl --sync && journal_of_viod -o cat
}

# count_log REGEX: how many lines of viod_log match.
count_log() {
	quiet
	local text
	text=$(viod_log) || fail "the journal cannot be read"
	grep -Ec -- "$1" <<<"$text" || (($? == 1)) || fail "grep: $1"
}

# expect_log REGEX [SECONDS]: in viod_log, now or soon. One process waits for the line, and starts with what is there.
expect_log() {
	quiet
	local line part='' follower log left=$((${2:-10} * looks)) end=$((SECONDS + ${2:-10})) found=''
	exec {log}< <(exec journalctl -q -f --no-tail -u viod.service --since="$(<$viod_run/mark)" -o cat)
	follower=$!
	while ((left > 0 || SECONDS <= end)); do
		if ! IFS= read -r -t 0.1 line <&"$log"; then # it has not come yet, or not as a whole
			part+=$line
			left=$((left - 1))
		elif [[ $part$line =~ $1 ]]; then
			found=yes
			break
		else
			part=
		fi
	done
	kill "$follower" 2>/dev/null || :
	exec {log}<&-
	[[ $found ]] || fail "not logged: $1"
	passed
}

# refute_log REGEX: not in viod_log so far.
refute_log() {
	quiet
	local text line status=0
	text=$(viod_log) || fail "the journal cannot be read"
	line=$(grep -Em1 -- "$1" <<<"$text") || status=$?
	((status == 1)) || fail "logged: $line (grep: $status)"
	passed
}

# expect_state_logged PF STATE: it was in that state since the mark, be it for a moment only.
expect_state_logged() {
	quiet
	local text
	journalctl --sync
	text=$(journalctl -q --since="$(<$viod_run/mark)" VIOD_PF="$1" VIOD_STATE="$2" -o cat) || fail "the journal cannot be read"
	[[ $text ]] || fail "$1 was not $2: $(state "$1" .state)"
	passed
}

# ---- udev

# stop_udev, start_udev: udev does not see events in between. Thousands of new devices would keep it busy for minutes.
stop_udev() { quiet; systemctl stop systemd-udevd{,-control.socket,-kernel.socket}; }
start_udev() { quiet; systemctl start systemd-udevd{-control.socket,-kernel.socket,}; }

# ---- what the kernel says

vf_count() {
	quiet
	local count
	read -r count <"$sys/$1/sriov_numvfs"
	printf '%s\n' "$count"
}

# leads_to LINK: the last part of the name of the directory that a link leads to; starts no process.
leads_to() {
	local here=$PWD
	cd -P "$1" 2>/dev/null || return
	printf '%s\n' "${PWD##*/}"
	cd "$here" 2>/dev/null || :
}

# vf_addr PF N: the address of VF N.
vf_addr() {
	quiet
	leads_to "$sys/$1/virtfn$2"
}

# vf_inodes PF: the inode of each VF's directory; a re-created VF has another one, even with the same address.
vf_inodes() {
	quiet
	local ids
	ids=$(stat -Lc %i "$sys/$1"/virtfn* 2>/dev/null) || :
	printf '%s\n' "${ids//$'\n'/ }"
}

# driver_of ADDRESS: its name, or "none".
driver_of() {
	quiet
	leads_to "$sys/$1/driver" || echo none
}

# netdev_of ADDRESS: the name of its (first) network interface.
netdev_of() {
	quiet
	local name=("$sys/$1"/net/*)
	printf '%s\n' "${name[0]##*/}"
}

# group_of ADDRESS: the number of its IOMMU group.
group_of() {
	quiet
	leads_to "$sys/$1/iommu_group"
}

# vf_link PF N FILTER: what "ip" says about VF N of a NIC, by jq: vf_link $NIC0 3 '.vlan_list[0].vlan // 0'.
vf_link() {
	quiet
	ip -d -j link show "$(netdev_of "$1")" | jq -r ".[0].vfinfo_list[] | select(.vf == $2) | $3"
}

# ---- who uses VFs

# add_consumer: the user "consumer" without privileges, and the group of KVM's users. The runner removes them.
add_consumer() {
	quiet
	getent group kvm >/dev/null || groupadd --system kvm
	getent passwd consumer >/dev/null || useradd --system --no-create-home consumer
}

# load_vfio: with devices that cannot remap their interrupts, such as those of the software bench.
load_vfio() {
	quiet
	modprobe -a vfio-pci vfio_iommu_type1
	echo 1 >/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts
}

# hold_vf HOW ADDRESS [SECONDS]: a process, $holder, that has the VF open by VFIO (tests/vm/programs/vfio-hold.c).
hold_vf() {
	quiet
	: >$viod_run/holder
	"$viod_test/bin/vfio-hold" "$@" >$viod_run/holder &
	holder=$!
	wait_for 10 grep -q holding $viod_run/holder
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
	passed
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
	"$viod_test/bin/nvme-look" "$nvme" secondaries
}

# attached NSID: the identifiers of the controllers it is attached to.
attached() {
	quiet
	"$viod_test/bin/nvme-look" "$nvme" attached "$1"
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

# shellcheck source=tests/vm/guest/cards.sh
. "$viod_test/cards.sh"
# shellcheck source=tests/vm/guest/accidents.sh
. "$viod_test/accidents.sh"

# ---- programs (tests/vm/guest/runner, demo)

# open_report: from here on $port is the descriptor of what the host reads; it has read BOOTED.
open_report() {
	local tries
	for ((tries = 0; tries < 100; tries++)); do
		[[ ! -e /dev/virtio-ports/viod.report ]] || break
		pause 0.1
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
