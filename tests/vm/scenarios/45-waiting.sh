# SPDX-License-Identifier: LGPL-2.1-or-later
# 16 PFs that wait for VFs in use cost next to nothing; a VF that its process closes is noticed at once, though the process lives on.
# timeout: 400
modprobe -a vfio-pci vfio_iommu_type1 igbvf

# write_conf VFS
write_conf() {
	conf nic0 <<-CONF
		[pf]
		name = 01:00.0
		kind = dev
		vfs = $1
		[vf*]
		driver = vfio-pci
	CONF
}
write_conf 2
start_viod
wait_state $NIC0 configured
hold_vf all "$(vf_addr $NIC0 1)"
write_conf 3
wait_state $NIC0 blocked
# The looks by time are far apart by now.
pause 20
kill -USR1 "$holder"
wait_for 10 grep -q closed $viod_run/holder
closed=${EPOCHREALTIME/./}
wait_for 60 eval '[[ $(vf_count $NIC0) == 3 ]]'
spent=$(((${EPOCHREALTIME/./} - closed) / 1000))
expect_prompt "$spent" "what waited for a close"
wait_state $NIC0 configured
kill -0 "$holder" || fail "the process that had the VF has ended"
kill "$holder"
rm /etc/vio.d/nic0.conf
wait_released $NIC0 20

# 16 cards, each with a VF whose interface is in a container.
stop_udev
trap start_udev EXIT
bench_load
ip netns add box
cards=()
for n in {1..16}; do cards+=("$(bench_pf plain)"); done
for n in {0..15}; do
	printf '[pf]\nname = %s\nkind = net\nvfs = 2\n' "${cards[n]}" >"/etc/vio.d/card$n.conf"
done
for n in {0..15}; do wait_state "${cards[n]}" configured 60; done
for n in {0..15}; do ip link set "$(netdev_of "$(vf_addr "${cards[n]}" 1)")" netns box; done
for n in {0..15}; do
	printf '[pf]\nname = %s\nkind = net\nvfs = 1\n' "${cards[n]}" >/etc/vio.d/.new
	mv /etc/vio.d/.new "/etc/vio.d/card$n.conf"
done
for n in {0..15}; do wait_state "${cards[n]}" blocked 60; done
ticks() { quiet; awk '{ print $14 + $15 }' "/proc/$(viod_pid)/stat"; }
usage() { quiet; sed -n 's/^usage_usec //p' /sys/fs/cgroup/system.slice/viod.service/cpu.stat; }
# How much slower this machine is than a current one, where this loop takes 50 ms.
slowness() {
	quiet
	local i began=${EPOCHREALTIME/./} spent
	for ((i = 0; i < 20000; i++)); do :; done
	spent=$(((${EPOCHREALTIME/./} - began) / 50000))
	echo $((spent < 1 ? 1 : spent))
}
before=$(ticks) jobs=$(usage) slow=$(slowness)
pause 120
slow=$((slow + $(slowness)))
spent=$((($(ticks) - before) * 10))
echo "16 PFs blocked for 120 s: $spent ms of the daemon's CPU time, $((($(usage) - jobs) / 1000)) ms with all jobs;" \
	"this machine is $((slow / 2)) times slower"
((spent <= 250 * slow)) || fail "waiting costs too much"
for n in {0..15}; do expect_eq "$(state "${cards[n]}" .state)" blocked "card $n"; done

# The container ends: the kernel moves the interfaces back, which uevents report.
ip netns delete box
for n in {0..15}; do wait_for 60 eval '[[ $(vf_count "${cards[n]}") == 1 ]]'; done
for n in {0..15}; do wait_state "${cards[n]}" configured 60; done
rm -f /etc/vio.d/card*.conf
for n in {0..15}; do wait_released "${cards[n]}" 60; done
