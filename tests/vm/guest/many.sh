# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# Plain cards of the software bench with 256 VFs each; needs lib.sh:
#
#   many_round COUNT   this many of them, without VFs before: applied, viod restarted, one VLAN of one VF changed. It fails if
#                      there was an unnecessary write; the costs are in these variables:
#                      applied, restarted, changed (ms), applied_cpu, restarted_cpu (ms, viod and its jobs), memory (KiB)
#
#   many_end           removes the cards at once; the runner would time out
#
# shellcheck disable=SC2016,SC2034,SC2154  # lib.sh's variables, and what readers of this file use

many_cards=()

many_conf() { # PF, number of it, VLAN of VF 7
	quiet
	local n text
	printf -v text '[pf]\nname = %s\nkind = net\nvfs = 256\ntimeout = 600\n[vf*]\ndriver = none\n' "$1"
	for ((n = 0; n < 256; n++)); do
		printf -v text '%s[vf%d]\nmac = 02:00:00:%02x:00:%02x\nvlan = %d\n' "$text" $n "$2" $n $((n == 7 ? $3 : n + 1))
	done
	mkdir -p /etc/vio.d
	printf %s "$text" >/etc/vio.d/.new
	mv /etc/vio.d/.new "/etc/vio.d/many$2.conf"
}
many_usage() { quiet; echo $(($(sed -n 's/^usage_usec //p' /sys/fs/cgroup/system.slice/viod.service/cpu.stat) / 1000)); }
many_resident() { quiet; awk '/^VmRSS/ {print $2}' "/proc/$(viod_pid)/status"; }
many_msec() { quiet; echo $((${EPOCHREALTIME/./} / 1000)); }
many_end() {
	stop_viod
	rm -rf /etc/vio.d/many*.conf /run/viod/{pf,state,managed}
	many_cards=()
	bench_unload
}
# jq would take longer than viod.
many_settled() {
	quiet
	local pf
	for pf in "${many_cards[@]}"; do wait_for 600 grep -qx ' "state": "configured",' "/run/viod/state/$pf.json"; done
}
many_forget() { quiet; local pf; for pf in "${many_cards[@]}"; do bench_forget "$pf"; done; }
# many_cost NAME...: the sums of these counters over all cards.
many_cost() {
	quiet
	local name pf sums=()
	for name; do
		sums+=(0)
		for pf in "${many_cards[@]}"; do
			sums[-1]=$((sums[-1] + $(bench_count "$pf" "$name")))
		done
	done
	echo "${sums[*]}"
}

# many_clear COUNT: so many cards without VFs, that viod has never seen.
many_clear() {
	quiet
	local pf before
	stop_viod
	bench_load
	while ((${#many_cards[@]} < $1)); do
		before=$(<"$bench/cards")
		echo plain >"$bench/add"
		many_cards+=("$(comm -13 <(sort <<<"$before") <(sort "$bench/cards") | cut -d' ' -f1)")
	done
	rm -rf /etc/vio.d/*.conf /run/viod/{pf,state,managed}
	for pf in "${many_cards[@]}"; do
		[[ $(vf_count "$pf") == 0 ]] || echo 0 >"$sys/$pf/sriov_numvfs"
	done
	many_forget
}

many_round() {
	local i began last vfs=$(($1 * 256))
	many_clear "$1"
	last=$((${#many_cards[@]} - 1))
	for i in "${!many_cards[@]}"; do many_conf "${many_cards[i]}" "$i" 8; done

	began=$(many_msec)
	start_viod # which waits until every PF has settled
	applied=$(($(many_msec) - began)) applied_cpu=$(many_usage) memory=$(many_resident)
	many_settled
	expect_eq "$(many_cost create mac vlan numvfs-writes)" "$vfs $vfs $vfs $1" "VFs, addresses, VLANs and counts of $1 PFs"

	many_forget
	began=$(many_msec)
	restart_viod
	restarted=$(($(many_msec) - began)) restarted_cpu=$(many_usage)
	many_settled
	expect_eq "$(many_cost numvfs-writes vf-sets vf-resets)" "0 0 0" "what a restart costs $1 PFs"

	began=$(many_msec)
	many_conf "${many_cards[last]}" $last 4000
	wait_for 60 eval '[[ $(bench_vf "${many_cards[last]}" 7 vlan) == 4000 ]]'
	changed=$(($(many_msec) - began))
	wait_state "${many_cards[last]}" configured 60
	expect_eq "$(many_cost vf-sets) $(bench_vf "${many_cards[last]}" 7 sets)" "1 1" "attributes set for one VF's VLAN"
}
