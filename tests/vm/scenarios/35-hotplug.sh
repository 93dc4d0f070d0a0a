# SPDX-License-Identifier: LGPL-2.1-or-later
# viod waits for an absent device: plugged, unplugged, plugged again, its driver unbound and bound, also without udev.
# timeout: 150
spare_conf() {
	conf spare <<-CONF
		[pf]
		name = 04:00.0
		kind = net
		vfs = $1
		[vf*]
		vlan = 5
	CONF
}
spare_done() { [[ $(vf_count $SPARE) == "$1" && $(state $SPARE .state) == configured ]]; }
vlan_of_spare() { vf_link $SPARE 0 '.vlan_list[0].vlan // 0'; }

conf nic0 <<-CONF
	[pf]
	name = 01:00.0
	kind = dev
	vfs = 2
CONF
spare_conf 3
# The same device by its MAC address: it has no PCI address until it is plugged.
conf wire <<-CONF
	[pf]
	name = mac:52:54:00:00:05:00
	kind = dev
	vfs = 1
CONF
trace_viod
start_viod
# READY does not wait for what is absent.
expect_eq "$(state $SPARE .state)" absent "state of a device that is not there"
expect_eq "$(state $NIC0 .state)" configured "state of the other"
before=$(vf_inodes $NIC0)
nic0_writes() { sys_writes | grep -c /0000:01: || :; }
writes=$(nic0_writes)
((writes > 0)) || fail "the trace shows no writes at all"

plug_nic
wait_for 30 spare_done 3
expect_eq "$(vlan_of_spare)" 5 "vlan"
expect_log "^$SPARE: configured as in /etc/vio.d/spare.conf: 3 VFs"

unplug_nic
wait_state $SPARE absent 10
expect_eq "$(state $SPARE '.vfs | length')" 0 "VFs of an unplugged device"

# Edited while it is absent: the last version is applied when it is plugged.
spare_conf 4
plug_nic
wait_for 30 spare_done 4
expect_eq "$(vlan_of_spare)" 5 "vlan after the second plug"
expect_eq "$(vf_inodes $NIC0)" "$before" "VFs of the other PF"
expect_eq "$(nic0_writes)" "$writes" "writes to the other PF"
untrace_viod
restart_viod
spare_done 4

# The PF is unbound from its driver and bound again. igb removes its VFs.
echo $SPARE >/sys/bus/pci/drivers/igb/unbind
wait_state $SPARE waiting 10
echo $SPARE >/sys/bus/pci/drivers/igb/bind
wait_for 20 spare_done 4
expect_eq "$(vlan_of_spare)" 5 "vlan after the driver came back"

# Deleted while it is absent: nothing remains to be restored, and nothing happens when it is plugged again.
unplug_nic
wait_state $SPARE absent 10
rm /etc/vio.d/spare.conf
wait_released $SPARE 10
plug_nic
pause 1
expect_eq "$(vf_count $SPARE)" 0 "VFs without a file"
unplug_nic

# No udev, as in a container: there are only the kernel's events, and no other program loads modules.
spare_conf 2
wait_for 10 test -e /run/viod/state/$SPARE.json
rm /etc/vio.d/nic0.conf
wait_for 10 eval '[[ $(vf_count $NIC0) == 0 && ! -e /run/viod/pf/$NIC0.json ]]'
udevadm settle
stop_udev
modprobe -r igbvf vfio-pci
[[ ! -e /sys/bus/pci/drivers/igbvf && ! -e /sys/module/vfio_pci ]] || fail "a driver of VFs is still there"
plug_nic
wait_for 30 spare_done 2
for n in 0 1; do
	expect_eq "$(driver_of "$(vf_addr $SPARE $n)")" igbvf "driver of VF $n without udev"
done
expect_eq "$(vlan_of_spare)" 5 "vlan without udev"
conf nic1 <<-CONF
	[pf]
	name = $(netdev_of $NIC1)
	kind = dev
	vfs = 1
	[vf0]
	driver = vfio-pci
CONF
wait_state $NIC1 configured
expect_eq "$(driver_of "$(vf_addr $NIC1 0)")" vfio-pci "driver that no other program loads"
unplug_nic
wait_state $SPARE absent 10
start_udev
