# SPDX-License-Identifier: LGPL-2.1-or-later
# A VF that another program binds, uses and returns, in libvirt's order of writes: viod writes nothing to it until it has returned.
# timeout: 200
modprobe -a vfio-pci vfio_iommu_type1
ip link set "$(netdev_of $NIC0)" up

write_conf() { # DRIVER...
	quiet
	{
		printf '[pf]\nname = 01:00.0\nkind = net\nvfs = 3\n[vf*]\nvlan = 9\n[vf1]\nmac = 52:54:00:aa:00:01\n'
		((! $#)) || printf 'driver = %s\n' "$1"
	} | conf nic0
}
# libvirt's order: the override, unbind, probe; and back.
detach() {
	echo vfio-pci >"$sys/$vf/driver_override"
	echo "$vf" >"$sys/$vf/driver/unbind"
	pause 0.1
	echo "$vf" >/sys/bus/pci/drivers_probe
	expect_eq "$(driver_of "$vf")" vfio-pci "driver of the other program"
}
reattach() {
	echo >"$sys/$vf/driver_override"
	echo "$vf" >"$sys/$vf/driver/unbind"
	pause 0.1
	echo "$vf" >/sys/bus/pci/drivers_probe
}
vf_is_now() { [[ $(state $NIC0 .vfs[1].state) == "$1" ]]; }
untouched() { quiet; expect_eq "$(sys_writes | grep -v '/uevent>' || :; link_writes)" "" "writes of viod $1"; }
end_use() {
	quiet
	kill "$holder"
	wait "$holder" 2>/dev/null || :
}

for driver in '' igbvf; do
	write_conf $driver
	[[ $(systemctl is-active viod) == active ]] || { trace_viod; start_viod; }
	wait_state $NIC0 configured
	vf=$(vf_addr $NIC0 1)
	wait_for 10 eval '[[ $(driver_of "$vf") == igbvf ]]'
	udevadm settle
	pause 1
	forget_trace
	for round in 1 2; do
		detach
		ip link set "$(netdev_of $NIC0)" vf 1 vlan 77
		wait_for 10 vf_is_now lent
		[[ $(state $NIC0 .vfs[1].lent) == "driver: igbvf -> "* ]] || fail "what is lent: $(state $NIC0 .vfs[1].lent)"
		pause 2
		hold_vf all "$vf"
		pause 2
		end_use
		ip link set "$(netdev_of $NIC0)" vf 1 vlan 9
		reattach
		wait_for 10 vf_is_now free
		expect_eq "$(driver_of "$vf")" igbvf "driver after it returned"
		untouched "around a use, driver '$driver', round $round"
	done
done
expect_log "VF 1 \\($vf\\) is lent: another program changed it"

# It is not returned as it was: restored when it has been free for 5 seconds.
detach
ip link set "$(netdev_of $NIC0)" vf 1 vlan 77
wait_for 10 vf_is_now lent
hold_vf all "$vf"
pause 2
end_use
pause 3
untouched "before grace is over"
wait_for 20 eval '[[ $(driver_of "$vf") == igbvf && $(vf_link $NIC0 1 ".vlan_list[0].vlan // 0") == 9 ]]'
wait_for 10 vf_is_now free

# Bound and never opened: a change of the count waits, over a restart too, until a person asks.
before=$(vf_inodes $NIC0)
detach
wait_for 10 vf_is_now lent
sed -i 's/^vfs = 3/vfs = 4/' /etc/vio.d/nic0.conf
wait_state $NIC0 blocked
[[ $(state $NIC0 .error) == *"has been lent since "*"driver: igbvf -> "*"systemctl reload viod"* ]] || fail "error: $(state $NIC0 .error)"
restart_viod
wait_state $NIC0 blocked
pause 7
expect_eq "$(vf_inodes $NIC0) $(driver_of "$vf")" "$before vfio-pci" "VFs while one is lent"
vf_is_now lent || fail "no longer lent"
grep -qx "viod_pf_vfs{pf=\"$NIC0\",which=\"lent\"} 1" /run/viod/metrics.prom || fail "no lent VF in the metrics"
systemctl reload viod.service
wait_for 20 eval '[[ $(vf_count $NIC0) == 4 ]]'
wait_state $NIC0 configured
expect_eq "$(driver_of "$(vf_addr $NIC0 1)")" igbvf "driver of the new VF"
