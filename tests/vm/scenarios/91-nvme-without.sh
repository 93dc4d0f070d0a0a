# SPDX-License-Identifier: LGPL-2.1-or-later
# NVMe VFs without queues: a warning, no driver, no probe and no wait; with the keys they work, without them no longer.
# timeout: 180
write_conf() {
	quiet
	{
		printf '[pf]\nname = 03:00.0\nkind = dev\nvfs = 8\ndrift = enforce\n'
		((! $#)) || printf '%s\n' "$@"
	} | conf accel
}
drivers() { quiet; local n; for n in {0..7}; do driver_of "$(vf_addr $NVME $n)"; done | uniq -c | xargs; }
probes() { quiet; dmesg | sed -n '/viod-test: 91-nvme-without$/,$p' | grep -c 'nvme[0-9]*: pci function 0000:03:0[0-9].[1-9]' || :; }

write_conf
began=${EPOCHREALTIME/./}
start_viod
wait_state $NVME configured
spent=$(((${EPOCHREALTIME/./} - began) / 1000))
look=${EPOCHREALTIME/./}
viod --check >/dev/null 2>&1 || :
look=$(((${EPOCHREALTIME/./} - look) / 1000))
echo "8 VFs without queues: $spent ms, where one look takes $look ms"
((spent < 10000 + 10 * look)) || fail "too slow: $spent ms, and $look ms for one check" # nvme waits for a minute
expect_eq "$(vf_count $NVME) $(drivers)" "8 8 none" "VFs and drivers"
expect_eq "$(probes)" 0 "VFs that nvme has probed"
expect_eq "$(cat $sys/$NVME/virtfn*/driver_override | sort -u)" none "what keeps a driver from them"
expect_log 'VFs without queues do not work.*\(VF 0-7\); set .queues., .interrupts. and .namespaces. in their \[vfN\]'
expect_finished

# Another driver than nvme has no requirements.
modprobe vfio-pci
write_conf '[vf3]' 'driver = vfio-pci' '[vf4]' 'driver = nvme'
wait_for 20 eval '[[ $(drivers) == "3 none 1 vfio-pci 4 none" ]]'
wait_state $NVME configured
expect_eq "$(probes)" 0 "VFs that nvme has probed when it is named"

# The warning is not repeated by a job for another reason.
vf=$(vf_addr $NVME 0)
echo vfio-pci >"$sys/$vf/driver_override"
echo "$vf" >/sys/bus/pci/drivers_probe
expect_log 'the device was changed externally and is restored: vf0.driver'
wait_for 20 eval '[[ $(drivers) == "3 none 1 vfio-pci 4 none" ]]'
wait_state $NVME configured
expect_eq "$(count_log 'VFs without queues do not work')" 1 "warnings of VFs without queues"

# Two of them get what they need.
write_conf '[vf1,6]' 'queues = 2' 'namespaces = none'
wait_for 20 eval '[[ $(drivers) == "1 none 1 nvme 4 none 1 nvme 1 none" ]]'
wait_state $NVME configured
expect_eq "$(secondaries)" "2:Online:2:1 7:Online:2:1" "secondary controllers"
expect_log 'do not work.*\(VF 0, 2-5, 7\)'

# One is unbound and bound again for a change that needs this.
inodes=$(vf_inodes $NVME)
write_conf '[vf1,6]' 'queues = 2' '[vf6]' 'online = no'
wait_for 20 eval '[[ $(drivers) == "1 none 1 nvme 6 none" ]]'
wait_state $NVME configured
expect_eq "$(secondaries)" "2:Online:2:1 7:Offline:2:1" "secondary controllers with one offline"
write_conf
wait_for 20 eval '[[ $(drivers) == "8 none" ]]'
wait_state $NVME configured
expect_eq "$(secondaries)" "" "secondary controllers without keys"
expect_eq "$(vf_inodes $NVME)" "$inodes" "VFs of these edits"

# Impossible settings are refused before anything is changed.
refused() {
	quiet
	write_conf "${@:2}"
	expect_log "$1" 20
	wait_state $NVME configured
	expect_eq "$(vf_inodes $NVME) $(secondaries)" "$inodes " "VFs after a refused file"
}
refused 'queues = 3 is more than one VF of this controller can have; it is 0 to 2' '[vf0]' 'queues = 3'
refused 'queues = 1 is an admin queue and none for data' '[vf0]' 'queues = 1'
refused 'cannot be online' '[vf0]' 'queues = 0' 'online = yes'
refused 'this device has no namespace 77' '[vf0]' 'queues = 2' 'namespaces = attach 1, 77'
refused "'one, two' names no namespaces; write 'attach 1, 2'" '[vf0]' 'namespaces = one, two'

# The keys are for NVMe alone.
conf other <<-CONF
	[pf]
	name = 01:00.0
	kind = dev
	vfs = 1
	[vf0]
	queues = 2
CONF
wait_state $NIC0 invalid
expect_eq "$(vf_count $NIC0)" 0 "VFs of a NIC with keys for NVMe"
expect_log "other.conf:6:[0-9]+: 'queues' is a key for other devices \(plugin 'dev-nvme': NVMe controllers with SR-IOV\); remove it"
