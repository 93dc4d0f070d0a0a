# SPDX-License-Identifier: LGPL-2.1-or-later
# One VF fails, the others are configured: degraded, retried at growing intervals, and at once when a driver appears.
# timeout: 150
# A kernel with few modules, without uio_pci_generic: the bind mount over /lib/modules ends with this scenario.
release=$(uname -r)
few=$viod_run/few/lib/modules/$release
mkdir -p "$few"
for module in igbvf vfio-pci vfio_iommu_type1 nvme igb; do
	modprobe -S "$release" --show-depends $module | sed -n 's/^insmod \([^ ]*\).*/\1/p'
done | sort -u | xargs cp -t "$few"
cp /lib/modules/"$release"/modules.{builtin*,order} "$few"
cp "$(modinfo -n uio)" "$(modinfo -n uio_pci_generic)" $viod_run/
depmod -b $viod_run/few "$release"
mount --bind "$few" "/lib/modules/$release"
trap 'umount -l "/lib/modules/$release"; rm -rf $viod_run/few' EXIT
! modprobe -qn uio_pci_generic || fail "uio_pci_generic is still known"

conf nic0 <<-CONF
	[pf]
	name = 01:00.0
	kind = dev
	vfs = 4
	[vf1]
	driver = no-such-driver
	[vf2]
	driver = uio_pci_generic
	[vf3]
	driver = vfio-pci
CONF
drivers() { quiet; local n; for n in 0 1 2 3; do driver_of "$(vf_addr $NIC0 $n)"; done | xargs; }
rmmod igbvf 2>/dev/null || : # so that it comes while VFs wait for other drivers, and takes what it can get
start_viod
expect_eq "$(state $NIC0 .state)" degraded "state when the unit is started"
expect_eq "$(drivers)" "igbvf none none vfio-pci" drivers
for n in 1 2; do
	error=$(state $NIC0 ".vfs[$n].error")
	[[ $error == *"/etc/vio.d/nic0.conf:"*" driver '"*"' is neither loaded nor a module of this kernel"* ]] || fail "error of VF $n: $error"
done
expect_eq "$(state $NIC0 '[.vfs[0, 3].error] | tojson')" '[null,null]' "errors of the others"
expect_eq "$(<$sys/$NIC0/sriov_drivers_autoprobe)" 1 autoprobe
before=$(vf_inodes $NIC0)

# Retried after 1, 2, 4, ... s, and logged once.
jobs() { quiet; grep -c '"{\\"result' $viod_run/trace || :; }
trace_now
began=$SECONDS
pause 9
tries=$(jobs) spent=$((SECONDS - began + 1))
for ((most = 1; (1 << most) - 1 <= spent; )); do most=$((most + 1)); done
echo "$tries tries in $spent s, $most at most"
((tries <= most)) || { tail -n 50 $viod_run/trace; fail "$tries tries in $spent s"; }
wait_for 40 eval '(($(jobs) >= 1))' # traced, a job takes seconds on a busy machine
trace_end
expect_eq "$(sys_writes)" '' "writes of tries that cannot succeed"
(($(count_log "driver 'no-such-driver' is neither") == 1)) || fail "each attempt is logged"
# A VF that was not configured must not be used by accident, either.
rmmod igbvf
modprobe igbvf
expect_eq "$(drivers)" "igbvf none none vfio-pci" "drivers after igbvf was loaded again"

# An administrator loads the driver.
insmod $viod_run/uio.ko*
began=${EPOCHREALTIME/./}
insmod $viod_run/uio_pci_generic.ko*
wait_for 10 eval '[[ $(driver_of "$(vf_addr $NIC0 2)") == uio_pci_generic ]]'
spent=$(((${EPOCHREALTIME/./} - began) / 1000))
expect_prompt "$spent" "the VF after its driver had come"
wait_for 10 eval '[[ $(state $NIC0 ".vfs[2].error") == null ]]'
expect_eq "$(drivers)" "igbvf none uio_pci_generic vfio-pci" "drivers afterwards"
expect_eq "$(state $NIC0 .state)" degraded "state, with one VF left"
expect_eq "$(vf_inodes $NIC0)" "$before" "VFs"

# The file is corrected.
sed -i s/no-such-driver/default/ /etc/vio.d/nic0.conf
wait_state $NIC0 configured 10
expect_eq "$(drivers)" "igbvf igbvf uio_pci_generic vfio-pci" "drivers of the mended file"
rm /etc/vio.d/nic0.conf
wait_for 10 eval '[[ $(vf_count $NIC0) == 0 ]]'
