# SPDX-License-Identifier: LGPL-2.1-or-later
# A NIC with a driver without a quirk: all attributes, no needless write, one VF changed with one message
# timeout: 90
pf=$(bench_pf plain)
link=$(netdev_of "$pf")
write_conf() {
	{
		printf '[pf]\nname = %s\nkind = net\nvfs = 16\nlink = up\n' "$pf"
		each_vf 16 '[vf@]\nmac = 02:00:00:00:@x\nvlan = 10@\n' | sed "/^vlan = 103$/a qos = $1"
		printf '[vf*]\ntrust = on\nspoofchk = off\nlink-state = enable\nmax-tx-rate = 1000\nmin-tx-rate = 10\n'
		printf '[vf4-15]\ndriver = none\n'
	} | conf nic
}
write_conf 2
start_viod
wait_state "$pf" configured
for n in {0..15}; do
	expect_vf "$link" $n "mac=02:00:00:00:00:$(printf %02x "$n")" vlan=10$n trust=on spoofchk=off link-state=enable max=1000 min=10
done
expect_vf "$link" 3 qos=2
expect_eq "$(driver_of "$(vf_addr "$pf" 3)") $(driver_of "$(vf_addr "$pf" 4)")" "plain_nicvf none" drivers
expect_eq "$(bench_count "$pf" numvfs-writes) $(bench_count "$pf" create) $(bench_count "$pf" probe)" "1 16 4" \
	"counts, VFs and probes"

# A restart, a reload and a comment cause no write.
bench_forget "$pf"
restart_viod
wait_state "$pf" configured
systemctl reload viod
echo '# a comment' >>/etc/vio.d/nic.conf
expect_eq "$(bench_count "$pf" vf-sets)" 0 "attributes set by a restart"

# The next change follows all of them, and concerns one VF.
write_conf 5
wait_for 10 vf_is "$link" 3 qos=5
wait_state "$pf" configured
expect_eq "$(for n in {0..15}; do bench_vf "$pf" "$n" sets; done | xargs)" "0 0 0 1 0 0 0 0 0 0 0 0 0 0 0 0" "attributes set"

expect_eq "$(bench_count "$pf" numvfs-writes) $(bench_count "$pf" vf-resets) $(bench_count "$pf" probe)" "0 0 0" \
	"counts, resets and probes of a restart, a reload, a comment and an edit"

rm /etc/vio.d/nic.conf
wait_for 20 eval '[[ $(vf_count $pf) == 0 ]]'
