# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# How what viod needs grows with the number of PFs, for tests/vm/guest/bench, which reads this file: rounds of many.sh. Behind
# each figure stands what it is for a VF, as a multiple of what it was for one of the first row: 1.00 is a straight line.
#
# shellcheck disable=SC2154  # what tests/vm/guest/bench, lib.sh and many.sh have set

# many_cell VALUE VFS FIRST-VALUE FIRST-VFS
many_cell() {
	local ratio=$(($1 * $4 * 100 / ($2 * ($3 ? $3 : 1))))
	printf ' %8d %4d.%02d' "$1" $((ratio / 100)) $((ratio % 100))
}

many_bench() {
	local count vfs first=() values=() i line
	say "" "plain cards with 256 VFs each, MAC and VLAN (ms, KiB; beside it per VF, the first row being 1)" \
		"$(printf '%4s %6s %16s %16s %16s %16s %16s %9s' PFs VFs applied 'its CPU' restarted 'its CPU' resident 'one VLAN')"
	stop_udev
	for count in $(<"$viod_test/many"); do
		many_round "$count"
		vfs=$((count * 256))
		values=("$applied" "$applied_cpu" "$restarted" "$restarted_cpu" "$memory")
		((${#first[@]})) || first=("$vfs" "${values[@]}")
		line=$(printf '%4d %6d' "$count" $vfs)
		for i in "${!values[@]}"; do
			line+=$(many_cell "${values[i]}" $vfs "${first[i + 1]}" "${first[0]}")
		done
		say "$line$(printf ' %9d' "$changed")"
	done
	many_end
	start_udev
	start_viod
}
