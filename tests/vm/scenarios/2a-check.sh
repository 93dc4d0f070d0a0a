# SPDX-License-Identifier: LGPL-2.1-or-later
# --check prints the plan, with exit status 0, 2 or 1, and --print a file that plans nothing; neither writes anything
# timeout: 120
writes() { grep -E '(write|pwrite64)\([0-9]+<(/sys|/run|/etc|/proc)/|RTM_(SET|NEW|DEL)LINK|openat2?\(.*/(sys|run)[/>].*O_(WRONLY|RDWR|CREAT)' /root/trace || :; }
watched() { quiet; strace -f -yy -o /root/trace -e trace=write,pwrite64,writev,sendmsg,sendto,openat,openat2 "$@"; }
# check STATUS [COMMAND...]: "viod --check" by default; its output is in /root/out.
check() {
	quiet
	local status=0 wanted=$1
	shift
	"$@" >/root/out 2>&1 || status=$?
	expect_eq "$status" "$wanted" "exit status of $*: $(</root/out)"
}
printed() { grep -Eq -- "$1" /root/out || { cat /root/out >&2; fail "not printed: $1"; }; }
# Rows of the plan alone, as one line.
rows() { sed -n 's/^  //p' /root/out | paste -sd '|'; }

mkdir -p /root/draft
cat >/root/draft/nic0.conf <<-CONF
	[pf]
	name = 01:00.0
	kind = net
	vfs = 2
	[vf*]
	driver = none
	[vf1]
	vlan = 100
CONF
cd /root/draft || exit
# What counts writes sees them.
watched bash -c "echo 1 >$sys/$NIC1/sriov_drivers_autoprobe"
[[ $(writes) == *sriov_drivers_autoprobe* ]] || fail "a write to sysfs is not seen: $(</root/trace)"
watched ip link set "$(netdev_of $NIC1)" up
[[ $(writes) == *RTM_* ]] || fail "a change of a link is not seen: $(</root/trace)"
check 2 watched viod --check nic0.conf
expect_eq "$(writes)" "" "writes of --check"
printed "^/root/draft/nic0.conf: $NIC0: [0-9]+ steps$"
printed '^  vfs: 0 -> 2$'
printed '^  vf1.vlan: 100$'
expect_eq "$(vf_count $NIC0)" 0 "VFs after --check"
test ! -e /run/viod || fail "--check made /run/viod"

# In force: nothing to do. Edited: only the difference.
cp nic0.conf /etc/vio.d/
start_viod
check 0 viod --check
printed "^/etc/vio.d/nic0.conf: $NIC0: nothing to do$"
sed -i 's/100/200/' nic0.conf
check 2 viod --check nic0.conf
expect_eq "$(rows)" "vf1.vlan: 100 -> 200" "the plan"
# The daemon would read drop-ins with the file, so does --check.
stop_viod
mkdir /etc/vio.d/nic0.conf.d
printf '[vf1]\nvlan = 300\n' >/etc/vio.d/nic0.conf.d/vlan.conf
check 2 viod --check
expect_eq "$(rows)" "vf1.vlan: 100 -> 300" "the plan with a drop-in"
check 2 viod --check /etc/vio.d/nic0.conf
expect_eq "$(rows)" "vf1.vlan: 100 -> 300" "the plan of one file with a drop-in"
rm -r /etc/vio.d/nic0.conf.d

# Conflicts between two files are reported before the daemon would: a PF, an address. A draft may replace any of them.
sed 's/vlan = 200/mac = 52:54:00:00:00:11/' nic0.conf >/etc/vio.d/nic0.conf
sed 's/01:00.0/02:00.0/' /etc/vio.d/nic0.conf >/etc/vio.d/nic1.conf
sed 's/:11/:12/' /etc/vio.d/nic0.conf >/etc/vio.d/second.conf
check 1 viod --check
printed '^error: /etc/vio.d/nic1.conf:8:7: vf1 would get mac 52:54:00:00:00:11, which vf1 of /etc/vio.d/nic0.conf:8 has'
printed "^error: /etc/vio.d/second.conf:2:8: $NIC0 is already configured by /etc/vio.d/nic0.conf"
printed "^/etc/vio.d/nic0.conf: $NIC0: [0-9]+ steps$"
check 1 viod --check /etc/vio.d/nic1.conf
cp /etc/vio.d/nic1.conf draft1.conf
check 2 viod --check draft1.conf
rm /etc/vio.d/nic1.conf /etc/vio.d/second.conf
cp nic0.conf /etc/vio.d/
sed -i 's/vlan = 200/vlan = 100/' /etc/vio.d/nic0.conf

# Errors have precedence over changes; all of them are reported.
printf '[pf]\nname = 03:00.0\nkind = dev\nvsf = 1\ntimeout = no\n' | conf broken
check 1 viod --check
printed "^error: /etc/vio.d/broken.conf:4:1: unknown key 'vsf'"
printed "^error: /etc/vio.d/broken.conf:5:11: "
printed "^/etc/vio.d/nic0.conf: $NIC0: nothing to do$"
check 1 viod --check /root/draft/nowhere.conf
printed 'nowhere.conf: the file does not exist'
sed 's/= 2/= 8/' nic0.conf >big.conf
check 1 viod --check big.conf
printed "^error: /root/draft/big.conf:4:7: vfs = 8 is more than this device can have; it is 0 to 7"
printf '[pf]\nname = 0f:00.0\nkind = dev\nvfs = 2\n' >absent.conf
check 0 viod --check absent.conf
printed 'no such device now; viod waits for it'
rm /etc/vio.d/*.conf

# --print: the host as files; each plans nothing when it is added, without and with VFs.
round_trip() {
	quiet
	viod --print "$1" >/root/draft/printed.conf
	check 0 viod --check printed.conf
}
round_trip $NIC1
echo 0 >$sys/$NVME/sriov_drivers_autoprobe
echo 16 >$sys/$NVME/sriov_numvfs
round_trip $NVME
grep -qx 'vfs = 16' printed.conf || fail "--print of the NVMe: $(<printed.conf)"
modprobe vfio-pci
vf0=$(vf_addr $NIC0 0)
echo vfio-pci >"$sys/$vf0/driver_override"
echo "$vf0" >/sys/bus/pci/drivers_probe
ip link set "$(netdev_of $NIC0)" vf 0 mac 52:54:00:0a:0b:0c
round_trip $NIC0
watched viod --print $NIC0 >/root/out
expect_eq "$(writes)" "" "writes of --print"
for line in 'kind = net' 'vfs = 2' 'driver = vfio-pci' 'mac = 52:54:00:0a:0b:0c' 'vlan = 100' 'driver = none'; do
	grep -qx "$line" printed.conf || fail "--print lacks '$line'"
done
diff /root/out printed.conf
# Not only --check: the daemon has nothing to write either.
cp printed.conf /etc/vio.d/nic0.conf
trace_viod
start_viod
expect_eq "$(state $NIC0 .state)" configured "a printed file"
expect_eq "$(sys_writes; link_writes)" "" "writes for a printed file"
rm -r /root/draft /root/trace /root/out
