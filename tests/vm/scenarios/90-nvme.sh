# SPDX-License-Identifier: LGPL-2.1-or-later
# NVMe VFs get queues and interrupts, go online before their driver is bound, and release everything; one of them transfers data.
# timeout: 180
modprobe vfio-pci
before=$(nvme list-secondary $nvme)

conf nvme <<-CONF
	[pf]
	name = 03:00.0
	kind = dev
	vfs = 4
	[vf*]
	queues = 2
	interrupts = 1
	[vf0]
	namespaces = attach 1
	[vf1]
	namespaces = attach 2
	driver = vfio-pci
	[vf2]
	driver = none
	[vf3]
	online = no
CONF
start_viod
wait_state $NVME configured 60
expect_eq "$(secondaries)" "1:Online:2:1 2:Online:2:1 3:Online:2:1 4:Offline:2:1" "secondary controllers"
expect_eq "$(attached 1) $(attached 2)" "0x1 0x2" "controllers of namespaces 1 and 2"
for n in 0 1 2 3; do drivers+=" $(driver_of "$(vf_addr $NVME $n)")"; done
expect_eq "$drivers" " nvme vfio-pci none none" "drivers"

# The first is a disk of the host now, its own and of the right size; the second can be opened.
disk=$(disk_of "$(vf_addr $NVME 0)")
expect_eq "$(blockdev --getsize64 "$disk")" 67108864 "size of the disk of VF 0"
head -c 1M /dev/urandom >/root/data
dd if=/root/data of="$disk" bs=64k oflag=direct 2>/dev/null
dd if="$disk" bs=64k count=16 iflag=direct 2>/dev/null | cmp - /root/data || fail "the disk of VF 0 does not keep what is written"
"$viod_test/bin/viod-vfio-probe" -r 0:8 "$sys/$(vf_addr $NVME 1)" || fail "VF 1 cannot be opened through libviod-vfio"

# The current state plans nothing, and the printed file is the same again.
expect_finished

rm /etc/vio.d/nvme.conf
wait_released $NVME 30
expect_eq "$(nvme list-secondary $nvme)" "$before" "secondary controllers after the release"
expect_eq "$(vf_count $NVME) $(attached 1)$(attached 2)" "0 " "VFs and namespaces after the release"

# The installed example, except for the address.
sed 's/^name = .*/name = 03:00.0/' /usr/share/doc/viod/examples/nvme.conf | conf nvme
wait_state $NVME configured 30
expect_eq "$(secondaries)" "1:Online:2:1 2:Online:2:1 3:Online:2:1 4:Online:2:1" "secondary controllers of the example"
expect_eq "$(attached 2) $(attached 3)" "0x1 0x2" "controllers of namespaces 2 and 3"
expect_eq "$(driver_of "$(vf_addr $NVME 0)") $(driver_of "$(vf_addr $NVME 1)")" "vfio-pci nvme" "drivers of the example"
rm /etc/vio.d/nvme.conf
wait_released $NVME 30

# All VFs.
conf nvme <<-CONF
	[pf]
	name = 03:00.0
	kind = dev
	vfs = 16
	[vf*]
	queues = 2
	interrupts = 1
	driver = none
	[vf12]
	driver = vfio-pci
	[vf15]
	driver = default
	namespaces = 3
CONF
wait_for 60 eval '[[ $(secondaries | tr " " "\n" | grep -c "Online:2:1") == 16 ]]'
wait_state $NVME configured 60
expect_eq "$(driver_of "$(vf_addr $NVME 15)") $(driver_of "$(vf_addr $NVME 12)") $(attached 3)" "nvme vfio-pci 0x10" "VFs 15 and 12"
expect_eq "$(blockdev --getsize64 "$(disk_of "$(vf_addr $NVME 15)")")" 67108864 "the disk of VF 15"

rm /etc/vio.d/nvme.conf
wait_released $NVME 30
expect_eq "$(nvme list-secondary $nvme)" "$before" "secondary controllers after the release of 16"
expect_eq "$(vf_count $NVME) $(attached 3)" "0 " "VFs and namespace 3 after the release"
