# SPDX-License-Identifier: LGPL-2.1-or-later
# DPDK uses a VF that viod prepared: dpdk-devbind.py lists it, dpdk-testpmd of an unprivileged user drives it
# timeout: 150
add_consumer
ip link set "$(netdev_of $NIC0)" up
conf nic0 <<-CONF
	[pf]
	name = 01:00.0
	kind = net
	vfs = 2
	[vf*]
	driver = vfio
	group = kvm
	mode = 0660
	[vf0]
	mac = 52:54:00:ab:cd:01
CONF
start_viod
wait_state $NIC0 configured
vf=$(vf_addr $NIC0 0)

status=$(dpdk-devbind.py --status-dev net)
printf '%s\n' "$status"
line=$(sed -n '/DPDK-compatible driver/,/kernel driver/p' <<<"$status" | grep "^$vf ")
[[ $line == *drv=vfio-pci* && $line == *unused=*igbvf* ]] || fail "dpdk-devbind.py on VF 0: $line"

# viod does not set the limits of the consumer: here memory is locked without a limit.
mkdir -p /run/viod-dpdk
chown consumer /run/viod-dpdk
printf 'show port info 0\nquit\n' | timeout 100 prlimit --memlock=unlimited -- \
	setpriv --reuid=consumer --regid=kvm --clear-groups -- env XDG_RUNTIME_DIR=/run/viod-dpdk \
	dpdk-testpmd --lcores '(0,1)@0' --no-huge -m 128 --no-shconf --no-telemetry --iova-mode=va -a "$vf" -- \
	-i --total-num-mbufs=2048 >$viod_run/testpmd 2>&1 || { cat $viod_run/testpmd; fail "dpdk-testpmd"; }
cat $viod_run/testpmd
grep -qi 'MAC address: 52:54:00:AB:CD:01' $viod_run/testpmd || fail "the port has not the address of VF 0"
grep -q 'Driver name: net_e1000_igb_vf' $viod_run/testpmd || fail "not DPDK's own driver"
expect_eq "$(state $NIC0 .state):$(driver_of "$vf")" configured:vfio-pci "afterwards"
