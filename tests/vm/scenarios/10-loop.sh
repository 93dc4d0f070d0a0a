# SPDX-License-Identifier: LGPL-2.1-or-later
# A file creates 7 igb VFs, an edit changes their number, its deletion restores everything.
start_viod
conf nic0 <<-CONF
	[pf]
	name = 01:00.0
	kind = dev
	vfs = 7
CONF
wait_state $NIC0 configured
expect_eq "$(vf_count $NIC0)" 7 "VFs after the file was added"
for n in 0 1 2 3 4 5 6; do
	expect_eq "$(driver_of "$(vf_addr $NIC0 $n)")" igbvf "driver of VF $n"
done
expect_eq "$(<$sys/$NIC0/sriov_drivers_autoprobe)" 1 "autoprobe afterwards"

conf nic0 <<-CONF
	[pf]
	name = 0000:01:00.0
	kind = dev
	vfs = 3
CONF
wait_for 20 eval '[[ $(vf_count $NIC0) == 3 ]]'
wait_state $NIC0 configured
conf nic0 <<-CONF
	[pf]
	name = 01:00.0
	kind = dev
	vfs = 7
CONF
wait_for 20 eval '[[ $(vf_count $NIC0) == 7 ]]'
wait_state $NIC0 configured

rm /etc/vio.d/nic0.conf
wait_released $NIC0 20
expect_eq "$(vf_count $NIC0)" 0 "VFs after the file was deleted"
expect_eq "$(<$sys/$NIC0/sriov_drivers_autoprobe)" 1 "autoprobe after the file was deleted"
expect_log 'original settings restored'
