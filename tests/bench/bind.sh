# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# Creating and binding VFs whose driver takes 50 ms to probe each, for tests/vm/guest/bench, which reads this file: by a script,
# one after the other, and by viod, with kind net and with kind dev on the same software card, in turns. From the empty card to
# the last VF's driver, and for viod to the state "configured".
#
# shellcheck disable=SC2154  # what tests/vm/guest/bench and lib.sh have set

bind_empty() {
	rm -f /etc/vio.d/bench.conf
	wait_for 60 test ! -e "/run/viod/pf/$bind_pf.json"
	echo 0 >"$sys/$bind_pf/sriov_numvfs"
	settled
}

bind_by_script() {
	local vf
	echo 0 >"$sys/$bind_pf/sriov_drivers_autoprobe"
	echo "$bind_count" >"$sys/$bind_pf/sriov_numvfs"
	echo 1 >"$sys/$bind_pf/sriov_drivers_autoprobe"
	for vf in "$sys/$bind_pf"/virtfn*; do
		vf=$(readlink "$vf")
		echo "${vf##*/}" >/sys/bus/pci/drivers_probe
	done
}

bind_by_viod() {
	printf '[pf]\nname = %s\nkind = %s\nvfs = %d\n[vf*]\ndriver = plain_nicvf\n' "$bind_pf" "$1" "$bind_count" >/etc/vio.d/.new
	mv /etc/vio.d/.new /etc/vio.d/bench.conf
	wait_state "$bind_pf" configured 120
}

bind_bench() {
	local bind_pf bind_count=64 who run began used walls useds
	bind_pf=$(bench_pf plain)
	bench_fault "$bind_pf" probe '*' delay=50
	stop_udev
	say "" "$bind_count VFs whose driver takes 50 ms to probe (ms)" "$(printf '  %-24s %9s %9s' '' wall CPU)"
	for who in script net dev; do
		walls=() useds=()
		for ((run = 0; run <= runs; run++)); do # the first one warms up
			bind_empty
			began=${EPOCHREALTIME/./} used=$(cpu usage_usec)
			if [[ $who == script ]]; then bind_by_script; else bind_by_viod "$who"; fi
			((run == 0)) || walls+=($((${EPOCHREALTIME/./} - began))) useds+=($(($(cpu usage_usec) - used)))
		done
		say "$(printf '  %-24s %9s %9s' "${who/script/one after the other}" "$(ms "$(median "${walls[@]}")")" \
			"$(ms "$(median "${useds[@]}")")")"
	done
	bind_empty
	bench_unload
	start_udev
}
