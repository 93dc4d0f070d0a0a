# SPDX-License-Identifier: LGPL-2.1-or-later
# records
# timeout: 200
dir=$(mktemp -d)
pf=$(netdevsim 10 1 512)
count() { echo 0 >/sys/bus/netdevsim/devices/netdevsim10/sriov_numvfs; echo "$1" >/sys/bus/netdevsim/devices/netdevsim10/sriov_numvfs; }
count 512
{ for ((n = 0; n < 512; n++)); do
	printf 'link set %s vf %d mac 02:00:00:00:%02x:%02x vlan %d qos %d proto %s spoofchk %s state %s trust %s query_rss %s min_tx_rate %d max_tx_rate %d\n' $pf $n $((n/256)) $((n%256)) $((n%4094+1)) $((n%8)) \
	"$( ((n%2)) && echo 802.1ad || echo 802.1q)" "$( ((n%3)) && echo on || echo off)" "$( ((n%5)) && echo auto || echo disable)" "$( ((n%7)) && echo on || echo off)" "$( ((n%2)) && echo on || echo off)" $((n*3)) $((n*20))
done; } >$dir/batch 2>/dev/null
ip -batch $dir/batch
count 1; bin=$viod_test/bin/vfs
$bin $pf $dir/netdevsim-1
for n in 221 222; do count $n; $bin $pf $dir/netdevsim-$n-stats stats; done
for n in 334 335 512; do count $n; $bin $pf $dir/netdevsim-$n; done
echo 7 >$sys/$NIC0/sriov_numvfs
ip link set $(netdev_of $NIC0) vf 3 mac 02:00:00:00:00:03 vlan 100 qos 3 
$bin $(netdev_of $NIC0) $dir/igb-7
{ set +x; } 2>/dev/null
echo BEGIN; tar -C $dir -c $(ls $dir | grep -v batch) | gzip -9 | base64 -w 2000; echo END
