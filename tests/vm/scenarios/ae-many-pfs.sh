# SPDX-License-Identifier: LGPL-2.1-or-later
# PFs with 256 VFs each, an address and a VLAN for every VF: applied, restarted for nothing, one VF changed with one message
# timeout: 900
# 4096 VFs; with a file "many" in the payload that says 64, 16384 of them. Figures for 1, 4, ... on the way.
many=16
[[ ! -e $viod_test/many ]] || many=$(<"$viod_test/many")
udevadm control --stop-exec-queue
trap 'udevadm control --start-exec-queue' EXIT

write_conf() { # PF, number of it, VLAN of VF 7
	quiet
	local n text
	printf -v text '[pf]\nname = %s\nkind = net\nvfs = 256\ntimeout = 600\n[vf*]\ndriver = none\n' "$1"
	for ((n = 0; n < 256; n++)); do
		printf -v text '%s[vf%d]\nmac = 02:00:00:%02x:00:%02x\nvlan = %d\n' "$text" $n "$2" $n $((n == 7 ? $3 : n + 1))
	done
	mkdir -p /etc/vio.d
	printf %s "$text" >"/etc/vio.d/.new"
	mv /etc/vio.d/.new "/etc/vio.d/pf$2.conf"
}
usage() { quiet; sed -n 's/^usage_usec //p' /sys/fs/cgroup/system.slice/viod.service/cpu.stat; }
resident() { quiet; awk '/^VmRSS/ {print $2}' "/proc/$(viod_pid)/status"; }
settled() { quiet; local pf; for pf in "${pfs[@]}"; do wait_state "$pf" configured 600; done; }
msec() { quiet; echo $((${EPOCHREALTIME/./} / 1000)); }
# cost NAME: the sum over all PFs.
cost() { quiet; local pf sum=0; for pf in "${pfs[@]}"; do sum=$((sum + $(bench_count "$pf" "$1"))); done; echo $sum; }

pfs=()
for ((count = 1; count <= many; count *= 4)); do
	stop_viod
	while ((${#pfs[@]} < count)); do
		pfs+=("$(bench_load; before=$(<$bench/cards); echo plain >$bench/add; comm -13 <(sort <<<"$before") <(sort $bench/cards) | cut -d' ' -f1)")
	done
	rm -rf /etc/vio.d/*.conf /run/viod/{pf,state}
	for pf in "${pfs[@]}"; do
		[[ $(vf_count "$pf") == 0 ]] || echo 0 >"$sys/$pf/sriov_numvfs"
		bench_forget "$pf"
	done
	for i in "${!pfs[@]}"; do write_conf "${pfs[i]}" "$i" 8; done
	began=$(msec)
	start_viod # which waits until every PF has settled
	applied=$(($(msec) - began)) applied_cpu=$(usage) memory=$(resident)
	settled
	expect_eq "$(cost create) $(cost mac) $(cost vlan) $(cost numvfs-writes)" "$((count * 256)) $((count * 256)) $((count * 256)) $count" \
		"VFs, addresses, VLANs and counts of $count PFs"
	for pf in "${pfs[@]}"; do bench_forget "$pf"; done
	began=$(msec)
	restart_viod
	restarted=$(($(msec) - began)) restarted_cpu=$(usage)
	settled
	expect_eq "$(cost numvfs-writes) $(cost vf-sets) $(cost vf-resets)" "0 0 0" "what a restart costs $count PFs"
	began=$(msec)
	write_conf "${pfs[count - 1]}" $((count - 1)) 4000
	wait_for 60 eval '[[ $(bench_vf "${pfs[count - 1]}" 7 vlan) == 4000 ]]'
	changed=$(($(msec) - began))
	wait_state "${pfs[count - 1]}" configured 60
	expect_eq "$(cost vf-sets) $(bench_vf "${pfs[count - 1]}" 7 sets)" "1 1" "attributes set for one VF's VLAN"
	echo "$count PFs, $((count * 256)) VFs: applied in $applied ms ($((applied_cpu / 1000)) ms CPU), restarted in $restarted ms" \
		"($((restarted_cpu / 1000)) ms CPU), one VLAN after $changed ms, $memory KiB resident"
done
