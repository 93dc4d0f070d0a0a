# SPDX-License-Identifier: LGPL-2.1-or-later
# libviod-vfio: a process without privilege opens VFs, maps DMA, reads a register, gets MSI-X, resets; and what is refused.
# timeout: 180
probe=$viod_test/bin/viod-vfio-probe
test=$viod_test/bin/vfio-lib
memlock=65536

# as_nobody COMMAND...: without privilege, and with a low limit of locked memory. Its output is also $viod_run/out.
as_nobody() {
	quiet
	prlimit --memlock=$memlock setpriv --reuid=nobody --regid=nogroup --clear-groups --inh-caps=-all --bounding-set=-all \
		"$@" 2>&1 | tee $viod_run/out
}
# refused TEXT COMMAND...: fails, with TEXT in its output.
refused() {
	quiet
	! as_nobody "${@:2}" || fail "that succeeded: ${*:2}"
	grep -qF -- "$1" $viod_run/out || fail "not said: $1"
}
expect_out() { quiet; grep -qxE -- "$1" $viod_run/out || fail "no line: $1"; }
node_of() { quiet; echo "/dev/vfio/$(group_of "$1")"; }

conf nic0 <<-CONF
	[pf]
	name = 01:00.0
	kind = dev
	vfs = 3
	[vf0]
	driver = vfio
	owner = nobody
	[vf1]
	driver = vfio-pci
CONF
conf nvme <<-CONF
	[pf]
	name = 03:00.0
	kind = dev
	vfs = 1
	[vf0]
	driver = vfio
CONF
start_viod
vf0=$(vf_addr $NIC0 0) vf1=$(vf_addr $NIC0 1) vf2=$(vf_addr $NIC0 2) nvme0=$(vf_addr $NVME 0)
expect_eq "$(driver_of "$vf0") $(driver_of "$vf1") $(driver_of "$vf2") $(driver_of "$nvme0")" \
	"vfio-pci vfio-pci igbvf vfio-pci" drivers

# Not while the node belongs to another user; nor without a VFIO driver, nor without a device.
refused "open: $(node_of "$vf1"): Permission denied; the node must be readable and writable" $probe $sys/"$vf1"
refused "no device of this group is bound to a VFIO driver" $probe $sys/"$vf2"
refused "open: $sys/0000:77:00.0: No such file or directory" $probe $sys/0000:77:00.0
chown nobody "$(node_of "$vf1")" "$(node_of "$nvme0")"

# Everything that the example does. The status register of the VF is that of the PF, which the driver of the PF can show.
status=$(ethtool -d "$(netdev_of $NIC0)" | sed -n 's/^0x00008: STATUS .*\(0x[0-9A-Fa-f]*\) *$/\1/p')
[[ $status == 0x?* && $((status)) != 0 ]] || fail "status of the PF: '$status'"
as_nobody $probe -r 0:8 -t -R $sys/"$vf0"
expect_out "$vf0: PCI, can be reset"
expect_out "region 0: 16384 bytes, read, write, map"
expect_out "interrupt 2: 3 vectors"
expect_out "IOMMU: pages of 4096, [1-9][0-9]* ranges of IOVAs"
expect_out "DMA: 4096 bytes at IOVA 0x[0-9a-f]*"
expect_out "register 0:8: ${status,,}"
expect_out "register 0:8, mapped: ${status,,}"
expect_out "MSI-X: vector 2 of 3 has signalled 1 times"
expect_out "reset"

# Several devices of several groups in one container, one of them not a NIC.
as_nobody $probe -r 7:0 -t -R $sys/"$vf0" $sys/"$nvme0" $sys/"$vf1"
for address in "$vf0" "$nvme0" "$vf1"; do
	expect_out "$address: PCI, can be reset"
	expect_out "register 7:0: $(<$sys/"$address"/device)$(sed 's/^0x//' $sys/"$address"/vendor)"
done
expect_eq "$(grep -cx reset $viod_run/out)" 3 resets

# No more memory than may be locked.
as_nobody $probe -d $memlock $sys/"$vf0"
refused "VFIO_IOMMU_MAP_DMA: 0x11000 bytes at" $probe -d $((memlock + 4096)) $sys/"$vf0"
refused "Cannot allocate memory; RLIMIT_MEMLOCK is $memlock bytes" $probe -d $((memlock + 4096)) $sys/"$vf0"

# The device of another process.
$viod_test/bin/vfio-hold all "$vf1" >$viod_run/holder &
wait_for 10 grep -q holding $viod_run/holder
refused "open: $(node_of "$vf1"): Device or resource busy; another process" $probe $sys/"$vf0" $sys/"$vf1"
kill $!
wait $! 2>/dev/null || :
as_nobody $probe $sys/"$vf0" $sys/"$vf1"

# The kernel of this guest has no iommufd. With one that has, it must work.
if [[ -e /dev/iommu ]]; then
	chown nobody /dev/iommu /dev/vfio/devices/*
	as_nobody $probe -i -r 0:8 -t -R $sys/"$vf0"
	expect_out "register 0:8: ${status,,}"
	expect_out "MSI-X: vector 2 of 3 has signalled 1 times"
else
	refused "open: /dev/iommu: No such file or directory; this kernel has no iommufd (CONFIG_IOMMUFD)" $probe -i $sys/"$vf0"
fi

for name in dma regions interrupts reset kvm; do
	as_nobody $test $name $sys/"$vf0"
	expect_out "$name: ok"
	[[ $name != regions ]] || expect_out "ids: $(<$sys/"$vf0"/vendor) $(<$sys/"$vf0"/device)"
done

# Opened by root, used by an unprivileged process.
chown root "$(node_of "$vf1")"
$test passed $sys/"$vf1"

# Nothing remains in use: viod can remove the VFs.
rm /etc/vio.d/nic0.conf /etc/vio.d/nvme.conf
wait_for 30 eval '[[ $(vf_count $NIC0) == 0 && $(vf_count $NVME) == 0 ]]'
