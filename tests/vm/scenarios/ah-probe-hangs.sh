# SPDX-License-Identifier: LGPL-2.1-or-later
# A driver that never returns from probing a VF: its PF is stuck, all other VFs and PFs continue, and it ends with the hang
# timeout: 180
pf=$(bench_pf plain)
other=$(bench_pf plain)
write_conf() { # NAME PF VFS
	printf '[pf]\nname = %s\nkind = dev\nvfs = %s\ntimeout = 10\n[vf*]\ndriver = plain_nicvf\n' "$2" "$3" | conf "$1"
}
bound() { # PF: how many VFs have an interface of their driver; sysfs names the driver while it still probes
	quiet
	compgen -G "$sys/${1%%:*}:01:*/net/*" | wc -l
}
start_viod

# Two of sixteen, each in a process of its own: the others are bound at once, and not after the timeout.
bench_fault "$pf" probe 3 hang
bench_fault "$pf" probe 9 hang
began=$SECONDS
write_conf nic "$pf" 16
write_conf other "$other" 4
wait_for 20 eval '[[ $(bound $pf) == 14 ]]'
wait_state "$other" configured
wait_state "$pf" stuck 40
((SECONDS - began >= 10)) || fail "stuck before the time was up"
expect_log "^$pf: job [0-9]+ did not end in time, it is in apply\(\) of plugin .*, step 'vf(3|9).driver: plain_nicvf'; the kernel has not answered a write yet"
expect_eq "$(bound "$pf")" 14 "VFs with a driver beside two that hang"
pgrep -x viod-worker >/dev/null || fail "the processes inside the kernel have ended"

# The daemon responds, and the file of the other PF is applied: other VFs are bound meanwhile, by the same driver.
expect_eq "$(systemctl is-active viod)" active viod
write_conf other "$other" 6
wait_for 20 eval '[[ $(bound $other) == 6 ]]'
wait_state "$other" configured
expect_eq "$(state "$pf" .state) $(bound "$pf")" "stuck 14" "the PF that waits"

bench_clear "$pf"
wait_state "$pf" configured
expect_eq "$(bound "$pf") $(bench_count "$pf" probe)" "16 16" "VFs with a driver, and probes"
wait_for 10 eval '! pgrep -x viod-worker'

# If its file is deleted meanwhile, its VFs are removed once that is possible.
bench_fault "$pf" probe 17 hang
write_conf nic "$pf" 20
wait_for 20 eval '[[ $(bound $pf) == 19 ]]'
rm /etc/vio.d/nic.conf
wait_for 40 eval '[[ $(count_log "^$pf: job .* did not end in time") == 2 ]]'
expect_eq "$(vf_count "$pf")" 20 "VFs of a job that still hangs"
bench_clear "$pf"
wait_for 30 eval '! test -e /run/viod/pf/$pf.json'
expect_eq "$(vf_count "$pf") $(bound "$other")" "0 6" "VFs in the end"
