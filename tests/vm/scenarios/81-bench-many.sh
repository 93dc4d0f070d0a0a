# SPDX-License-Identifier: LGPL-2.1-or-later
# The bench at its size, and away again: cards that go in all ways with VFs on them, 256 VFs again and again, 64 PFs with 256 VFs each, whose memory comes back
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

# KiB that the kernel and programs have for good: neither free, nor a cache, nor a file in memory, as the journal is.
taken() {
	quiet
	echo 3 >/proc/sys/vm/drop_caches
	awk '/^MemTotal:/ { taken = $2 } /^(MemFree|Buffers|Cached|SReclaimable):/ { taken -= $2 } END { print taken }' /proc/meminfo
}
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
echo "eight times 256 VFs came and went: $(($(taken) - before)) KiB"
wait_for 20 eval '(($(taken) - before < 4096))'

bench_load
before=$(taken)
began=${EPOCHREALTIME/./}
for _ in {1..8}; do
	echo plain ports=8 >$bench/add
done
while read -r pf _; do
	echo 0 >"$sys/$pf/sriov_drivers_autoprobe"
	echo 256 >"$sys/$pf/sriov_numvfs"
done <$bench/cards
echo "64 PFs with 256 VFs in $(((${EPOCHREALTIME/./} - began) / 1000)) ms, $((($(taken) - before) / 1024)) MiB"
expect_eq "$(compgen -G "$sys/00[1-9]*/virtfn*" | wc -l)" 16384 VFs
began=${EPOCHREALTIME/./}
bench_unload
echo "away in $(((${EPOCHREALTIME/./} - began) / 1000)) ms"
expect_eq "$(left)" "$sys/00[1-9]*" "devices that are left"
# A VF that leaves 256 bytes behind would be too much; the last of it comes back with some delay.
wait_for 30 eval '(($(taken) - before < 4096))'
echo "and what stays of them is $(($(taken) - before)) KiB"
