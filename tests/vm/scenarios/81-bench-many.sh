# SPDX-License-Identifier: LGPL-2.1-or-later
# The bench is loaded and unloaded: cards in all states with VFs, and 256 VFs repeatedly, without a memory leak
# timeout: 400
cycle() {
	quiet
	local pf
	pf=$(bench_pf "$1" ports=2 vfs=8 | head -n 1)
	echo 6 >"$sys/$pf/sriov_numvfs"
	case $2 in
	unload) bench_unload ;;
	remove) bench_remove "$pf" ;;
	pull)   bench_knob "$pf" present 0; bench_remove "$pf" ;;
	unbind) echo "$pf" >"$sys/$pf/driver/unbind"; expect_eq "$(vf_count "$pf")" 0 "VFs without their driver"; bench_unload ;;
	*)      echo 0 >"$sys/$pf/sriov_numvfs"; bench_unload ;;
	esac
}
for kind in plain mlx5_core i40e ice; do
	for how in unload remove pull unbind count; do
		cycle $kind $how
	done
done
bench_unload
left() { quiet; echo "$sys"/00[1-9]*; }
expect_eq "$(left)" "$sys/00[1-9]*" "devices that are left"

stop_udev
trap start_udev EXIT
dmesg -n 1

# KiB of the kernel's own structures, caches excepted. Memory as a whole is not a measure: it grew by 9 MiB in a guest that
# had just booted.
taken() { quiet; awk '/^SUnreclaim:/ { print $2 }' /proc/meminfo; }
many() {
	quiet
	bench_load
	echo plain >$bench/add
	echo 0 >"$sys/0010:00:00.0/sriov_drivers_autoprobe"
	echo 256 >"$sys/0010:00:00.0/sriov_numvfs"
	bench_unload
}
many
many
before=$(taken)
for _ in {1..8}; do
	many
done
echo "256 VFs created and removed eight times: $(($(taken) - before)) KiB"
wait_for 20 eval '(($(taken) - before < 4096))'
