# SPDX-License-Identifier: LGPL-2.1-or-later
# driver = vfio on all 7 VFs with nodes for a group; back to the native driver by editing, and to the baseline by deleting
# timeout: 120

# The group of the users of KVM: udev creates it on Debian; elsewhere it may be missing.
add_consumer

# write_conf DRIVER [LINE...]: of all VFs.
write_conf() {
	quiet
	{
		printf '[pf]\nname = 01:00.0\nkind = dev\nvfs = 7\n[vf*]\ndriver = %s\n' "$1"
		((${#@} < 2)) || printf '%s\n' "${@:2}"
	} | conf nic0
}
drivers() { quiet; local n; for n in {0..6}; do driver_of "$(vf_addr $NIC0 $n)"; done | sort | uniq -c | xargs; }
nodes() { quiet; local n; for n in {0..6}; do stat -c '%U:%G %a' "/dev/vfio/$(group_of "$(vf_addr $NIC0 $n)")"; done | sort | uniq -c | xargs; }
has() { quiet; [[ $("$1") == "$2" ]]; }

[[ ! -e /sys/module/vfio_iommu_type1 ]] || fail "vfio_iommu_type1 is there before viod"
write_conf vfio 'group = kvm' 'mode = 0660'
start_viod
wait_state $NIC0 configured 60
expect_eq "$(drivers)" "7 vfio-pci" drivers
expect_eq "$(nodes)" "7 root:kvm 660" nodes
expect_eq "$(state $NIC0 '.vfs[6] | [.driver, .attributes.owner, .attributes.group, .attributes.mode, .nodes[]] | join(" ")')" \
	"vfio-pci root kvm 0660 /dev/vfio/$(group_of "$(vf_addr $NIC0 6)")" "state file"
[[ -e /sys/module/vfio_iommu_type1 ]] || fail "vfio_iommu_type1 is not loaded"
expect_eq "$(for n in {0..6}; do group_of "$(vf_addr $NIC0 "$n")"; done | sort -u | wc -l)" 7 "IOMMU groups"

# Nothing is left to do, for this viod and for the next.
before=$(vf_inodes $NIC0)
trace_viod
restart_viod
wait_state $NIC0 configured
expect_eq "$(sys_writes)" "" "writes of a restart"
expect_eq "$(vf_inodes $NIC0)" "$before" "VFs after a restart"
untrace_viod
restart_viod
wait_state $NIC0 configured

# Another user; one node only. A removed key restores root's default.
node=/dev/vfio/$(group_of "$(vf_addr $NIC0 2)")
write_conf vfio 'group = kvm' 'mode = 0660' '[vf2]' 'owner = consumer' 'group = 0' 'mode = 600'
wait_for 10 eval '[[ $(stat -c "%U:%G %a" "$node") == "consumer:root 600" ]]'
wait_state $NIC0 configured
expect_eq "$(nodes)" "1 consumer:root 600 6 root:kvm 660" nodes
write_conf vfio 'group = kvm'
wait_for 10 eval '[[ $(nodes) == "7 root:kvm 600" ]]'
wait_state $NIC0 configured
write_conf vfio
wait_for 10 eval '[[ $(nodes) == "7 root:root 600" ]]'
wait_state $NIC0 configured
expect_eq "$(vf_inodes $NIC0)" "$before" "VFs"

# Another program binds a VF again: its node has the configured owner again.
write_conf vfio 'group = kvm' 'mode = 0660'
wait_for 10 eval '[[ $(nodes) == "7 root:kvm 660" ]]'
wait_state $NIC0 configured
vf=$(vf_addr $NIC0 4)
echo "$vf" >/sys/bus/pci/drivers/vfio-pci/unbind
echo "$vf" >/sys/bus/pci/drivers/vfio-pci/bind || :
wait_for 10 eval '[[ $(driver_of "$vf") == vfio-pci && $(nodes) == "7 root:kvm 660" ]]'
wait_state $NIC0 configured

# The count changes: the VFs are re-created, and so are their nodes.
sed -i 's/^vfs = 7/vfs = 5/' /etc/vio.d/nic0.conf
wait_for 20 eval '[[ $(vf_count $NIC0) == 5 ]]'
wait_state $NIC0 configured
for n in {0..4}; do
	expect_eq "$(stat -c '%U:%G %a' "/dev/vfio/$(group_of "$(vf_addr $NIC0 "$n")")")" "root:kvm 660" "node of VF $n"
done
sed -i 's/^vfs = 5/vfs = 7/' /etc/vio.d/nic0.conf
wait_for 20 eval '[[ $(vf_count $NIC0) == 7 ]]'
wait_state $NIC0 configured
expect_eq "$(nodes)" "7 root:kvm 660" nodes

# Back by editing. Keys for nodes do not disturb VFs that have none.
write_conf default 'group = kvm' 'mode = 0660'
wait_for 20 has drivers "7 igbvf"
wait_state $NIC0 configured
refute_log 'did not take|did not change'
trace_now
systemctl reload viod
pause 1
expect_eq "$(sys_writes)" "" "writes for a finished PF"
trace_end
write_conf vfio 'group = kvm' 'mode = 0660'
wait_for 20 has drivers "7 vfio-pci"
wait_state $NIC0 configured
expect_eq "$(nodes)" "7 root:kvm 660" "nodes after a round trip"

# To the baseline by deleting, while the kernel's own probing is off.
rm /etc/vio.d/nic0.conf
wait_for 20 eval '[[ $(vf_count $NIC0) == 0 && ! -e /run/viod/pf/$NIC0.json ]]'
expect_eq "$(<$sys/$NIC0/sriov_drivers_autoprobe)" 1 autoprobe
expect_eq "$(ls /dev/vfio)" vfio "nodes after the end"

# VFs from before viod, one with a node of its own: everything is restored, with or without autoprobe.
echo 2 >$sys/$NIC0/sriov_numvfs
vf0=$(vf_addr $NIC0 0) vf1=$(vf_addr $NIC0 1)
wait_for 10 test -e "$sys/$vf1/driver"
echo vfio-pci >"$sys/$vf1/driver_override"
echo "$vf1" >"$sys/$vf1/driver/unbind"
echo "$vf1" >/sys/bus/pci/drivers_probe
udevadm settle
echo 0 >$sys/$NIC0/sriov_drivers_autoprobe
node=/dev/vfio/$(group_of "$vf1")
chown consumer:kvm "$node"
chmod 640 "$node"
printf '[pf]\nname = 01:00.0\nkind = dev\n[vf*]\ndriver = vfio\nowner = root\nmode = 0666\n' | conf nic0
wait_state $NIC0 configured
expect_eq "$(driver_of "$vf0") $(stat -c '%U:%G %a' "$node")" "vfio-pci root:root 666" "taken over"
rm /etc/vio.d/nic0.conf
wait_released $NIC0 20
expect_eq "$(driver_of "$vf0"):$(<"$sys/$vf0/driver_override")" 'igbvf:(null)' "VF 0 restored"
expect_eq "$(driver_of "$vf1"):$(<"$sys/$vf1/driver_override") $(stat -c '%U:%G %a' "$node")" \
	'vfio-pci:vfio-pci consumer:kvm 640' "VF 1 restored"
expect_eq "$(<$sys/$NIC0/sriov_drivers_autoprobe)" 0 "autoprobe of before"

# Errors of a file are reported before anything is changed.
write_conf vfio 'group = nobodys-group'
expect_log "nic0.conf:7:.*this machine has no group 'nobodys-group'; make it with 'groupadd --system nobodys-group'"
write_conf vfio 'mode = 0888'
expect_log "nic0.conf:7:.*mode '0888' is no octal mode; write 0600, 0660 or 0666"
expect_eq "$(vf_count $NIC0)" 2 "VFs of a bad file"
