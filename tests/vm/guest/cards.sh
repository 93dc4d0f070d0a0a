# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Cards of the software bench, for scenarios. Read by lib.sh.
#
# shellcheck disable=SC2154  # lib.sh's variables

# ---- software cards (see tests/kmod/bench.c for them and their files)

bench=/sys/kernel/debug/viod-bench

# bench_load: loads the module. bench_pf does this automatically.
bench_load() {
	quiet
	[[ ! -e $bench ]] || return 0
	modprobe -a vfio mdev # vGPUs need them
	insmod "$viod_test/viod_bench.ko" || fail "no bench"
}

# bench_unload: removes all cards and the module, and resumes what hangs. The runner does this after each scenario.
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
		echo blacklist igb >/run/modprobe.d/viod-bench.conf # since its alias includes the I350
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
# bench_fault $pf probe '*' delay=50. Of several errors the newest applies. bench_clear PF removes all rules, and
# resumes what hangs.
bench_fault() {
	quiet
	echo "${*:2}" >"$bench/$1/faults"
}
bench_clear() {
	quiet
	echo clear >"$bench/$1/faults"
}

# The errors that a rule can name, and their messages.
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

# bench_vf PF N KEY: the state of a VF in the card itself, such as resets, probes, sets, mac, vlan.
bench_vf() {
	quiet
	sed -n "s/^$2 .*\b$3=\([^ ]*\).*/\1/p" "$bench/$1/vfs"
}

# bench_knob PF NAME VALUE: carrier, speed, limit, reset-ms, present (0: unplugged), reset.
bench_knob() {
	quiet
	echo "$3" >"$bench/$1/$2"
}

# afresh PF [PLUGINS]: viod stopped, without files and records, and the PF without VFs and rules. Only those plugins are
# loaded: "net" is without quirks. "afresh PF" is with all.
afresh() {
	quiet
	stop_viod
	rm -rf /etc/vio.d/*.conf /run/viod/{pf,state}
	bench_clear "$1"
	{ echo 0 >"$sys/$1/sriov_numvfs"; } 2>/dev/null || :
	rm -f /etc/viod.conf
	[[ ! ${2-} ]] || {
		printf 'plugins =\nplugins = %s\n' "$2"
		basename -s .so /usr/lib/viod/*-*.so | sed 's/^/plugins = -/'
	} >/etc/viod.conf
	bench_forget "$1"
}

# bench_cost PF: the operations on it since bench_forget: writes of the count, attributes set, resets of VFs and probes.
bench_cost() {
	quiet
	local name
	for name in numvfs-writes vf-sets vf-resets probe; do bench_count "$1" $name; done | xargs
}

# expect_free PF: a restart, a reload and an equivalent file cause no operation on the card, and its VFs stay.
expect_free() {
	quiet
	local before
	before=$(vf_inodes "$1")
	bench_forget "$1"
	restart_viod
	wait_state "$1" configured
	echo '# nothing' | tee -a /etc/vio.d/*.conf >/dev/null
	viod_looks
	wait_state "$1" configured
	expect_eq "$(bench_cost "$1")" "0 0 0 0" "what a restart, a reload and a comment cost $1"
	expect_eq "$(vf_inodes "$1")" "$before" "VFs afterwards"
}
