# SPDX-License-Identifier: LGPL-2.1-or-later
# The bench of software cards: VFs are created and removed, drivers bind, knobs and counters work, without errors in the kernel log
# timeout: 120
pf=$(bench_pf plain)
expect_eq "$pf" 0010:00:00.0 "address of the first card"
expect_eq "$(driver_of "$pf")" plain_nic "its driver"
expect_eq "$(<"$sys/$pf/sriov_totalvfs")" 256 "VFs it could have"
link=$(netdev_of "$pf")
echo 4 >"$sys/$pf/sriov_numvfs"
expect_eq "$(vf_count "$pf")" 4 VFs
expect_eq "$(vf_addr "$pf" 3)" 0010:01:00.3 "the last of them"
expect_eq "$(driver_of 0010:01:00.3)" plain_nicvf "its driver"
udevadm settle
echo "interfaces: $link $(netdev_of 0010:01:00.3)"
ip link set "$link" up
ip link set "$link" vf 3 mac 02:00:00:00:00:03 vlan 7 qos 2 spoofchk off trust on state enable max_tx_rate 100 min_tx_rate 10
expect_vf "$link" 3 mac=02:00:00:00:00:03 vlan=7 qos=2 spoofchk=off trust=on link-state=enable max=100 min=10
expect_eq "$(bench_vf "$pf" 3 vlan)" 7 "VLAN as the card knows it"
expect_eq "$(bench_count "$pf" create) $(bench_count "$pf" probe) $(bench_count "$pf" numvfs-writes)" "4 4 1" counters

# Rules: one VF refuses, one does once, the count falls short, creating and probing take their time.
bench_fault "$pf" vlan 2 EIO
! ip link set "$link" vf 2 vlan 9 2>/dev/null || fail "an injected EIO was no error"
ip link set "$link" vf 1 vlan 9
bench_clear "$pf"
bench_fault "$pf" mac 2 EAGAIN 1
! ip link set "$link" vf 2 mac 02:00:00:00:00:02 2>/dev/null || fail "an injected EAGAIN was no error"
ip link set "$link" vf 2 mac 02:00:00:00:00:02
expect_vf "$link" 2 mac=02:00:00:00:00:02 vlan=0
echo 0 >"$sys/$pf/sriov_numvfs"
bench_fault "$pf" create 2 short
echo 4 >"$sys/$pf/sriov_numvfs"
expect_eq "$(vf_count "$pf")" 2 "VFs of a count that fell short"
echo 0 >"$sys/$pf/sriov_numvfs"
bench_clear "$pf"
bench_fault "$pf" create '*' ENOSPC
[[ $(LC_ALL=C bash -c "echo 4 >$sys/$pf/sriov_numvfs" 2>&1) == *"No space left"* ]] || fail "ENOSPC was lost"
bench_clear "$pf"
bench_fault "$pf" probe '*' delay=300
began=${EPOCHREALTIME/./}
echo 2 >"$sys/$pf/sriov_numvfs"
spent=$(((${EPOCHREALTIME/./} - began) / 1000))
((spent >= 600)) || fail "two VFs that need 300 ms each were there in $spent ms"
bench_clear "$pf"

# A write that hangs, regardless of signals, until the rule is removed.
echo 0 >"$sys/$pf/sriov_numvfs"
bench_fault "$pf" create 1 hang
bash -c "echo 3 >$sys/$pf/sriov_numvfs" &
writer=$!
wait_for 10 test -e "$sys/0010:01:00.1"
kill -KILL $writer
wait_for 10 grep -q '^SigPnd:.*1..$' /proc/$writer/status # SIGKILL
expect_eq "$(sed -n 's/^State:\t\(.\).*/\1/p' /proc/$writer/status)" D "state of the writer"
test ! -e "$sys/0010:01:00.2"
bench_clear "$pf"
wait $writer || :
expect_eq "$(vf_count "$pf")" 3 "VFs of the write that hung"

# Surprise removal, and plugged again.
bench_knob "$pf" present 0
test ! -e "$sys/$pf"
bench_knob "$pf" present 1
expect_eq "$(driver_of "$pf") $(vf_count "$pf")" "plain_nic 0" "the PF that is back"
echo 3 >"$sys/$pf/sriov_numvfs"
