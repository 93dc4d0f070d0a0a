# SPDX-License-Identifier: LGPL-2.1-or-later
# Every error of a count, when VFs are created and when they are removed: reported with its line, corrected automatically when it ends
# timeout: 240
began=$SECONDS
# Another error on each PF.
for _ in 1 2 3; do bench_pf plain ports=8 vfs=4; done >cards
mapfile -t pfs < <(head -n ${#bench_errors[@]} cards)
inject() { for n in "${!pfs[@]}"; do bench_fault "${pfs[n]}" "$1" "$2" "${bench_errors[n]}"; done; }
clear_all() { for pf in "${pfs[@]}"; do bench_clear "$pf"; done; }
write_confs() { # VFS
	quiet
	for n in "${!pfs[@]}"; do
		printf '[pf]\nname = %s\nkind = net\nvfs = %s\n[vf*]\ndriver = none\nvlan = 7\n' "${pfs[n]}" "$1" | conf nic$n
	done
}
expect_told() { # VFS
	quiet
	local n error
	for n in "${!pfs[@]}"; do
		# shellcheck disable=SC2034 # eval
		error=${bench_says[${bench_errors[n]}]}
		wait_for 20 eval '[[ $(state ${pfs[n]} .error) == *"/etc/vio.d/nic$n.conf:4:7: "*"$error"* ]]'
		expect_eq "$(state "${pfs[n]}" .state) $(vf_count "${pfs[n]}")" "failed $1" "state and VFs of ${bench_errors[n]}"
	done
}
expect_all() { # VFS
	quiet
	local pf
	for pf in "${pfs[@]}"; do
		wait_state "$pf" configured
		expect_eq "$(vf_count "$pf")" "$1" "VFs of $pf in the end"
		expect_vf "$(netdev_of "$pf")" $(($1 - 1)) vlan=7
	done
}

# Creation: there are none.
inject create 1
write_confs 2
start_viod
expect_told 0
clear_all
expect_all 2

# Removal: they stay as they are.
inject destroy '*'
write_confs 3
expect_told 2
clear_all
expect_all 3

# The same for a deleted file.
bench_fault "$pf" destroy '*' EIO
rm "/etc/vio.d/nic$n.conf"
wait_for 20 eval '[[ $(state $pf .error) == *"Input/output error"* ]]'
expect_eq "$(vf_count "$pf")" 3 "VFs that could not be removed"
expect_vf "$(netdev_of "$pf")" 2 vlan=7
bench_clear "$pf"
wait_for 30 eval '! test -e /run/viod/pf/$pf.json'
expect_eq "$(vf_count "$pf")" 0 "VFs without a file"
echo "$((SECONDS - began)) s"
