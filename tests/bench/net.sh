# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# The attributes of VFs, for tests/vm/guest/bench, which reads this file: existing VFs are changed from one set of values to
# another (see links.c), by the floor program, by viod, by one "ip link set ... vf ..." for each VF, and by systemd-networkd,
# which does not support rates. tap.c counts the messages of each, and measures the time from the first message that sets
# something to the kernel's last answer: "netlink". The wall time of viod excludes its quiet time; that of networkd ends with
# the last answer.
#
# shellcheck disable=SC2154  # what tests/vm/guest/bench and lib.sh have set

# net_values N SEED: links.c's values of VF N, in the order of their names there.
net_values() {
	local flag=(off on) state=(auto disable)
	printf '02:00:00:%02x:%02x:%02x %d %s %s %s %d\n' "$2" $(($1 >> 8)) $(($1 & 255)) $((1000 + 1000 * $2 + $1)) \
		"${flag[$2]}" "${flag[$2]}" "${state[$2]}" $((1000 + 1000 * $2))
}

# net_text SEED: the configuration of each contender: $net/conf, $net/ip, $net/networkd.
net_text() {
	local n mac vlan spoofchk trust state rate has=",$net_attributes,"
	printf '[pf]\nname = %s\nkind = net\n' "$net_name" >"$net/conf"
	printf '[Match]\nName=%s\n[Link]\nRequiredForOnline=no\n[Network]\nLinkLocalAddressing=no\nIPv6AcceptRA=no\n%s\n' \
		"$net_interface" ConfigureWithoutCarrier=yes >"$net/networkd"
	: >"$net/ip"
	for ((n = 0; n < net_count; n++)); do
		read -r mac vlan spoofchk trust state rate < <(net_values $n "$1")
		printf '[vf%d]\nmac = %s\nvlan = %s\nspoofchk = %s\ntrust = %s\n' $n "$mac" "$vlan" "$spoofchk" "$trust"
		[[ $has != *,link-state,* ]] || printf 'link-state = %s\nmax-tx-rate = %s\n' "$state" "$rate"
		printf '[SR-IOV]\nVirtualFunction=%d\nMACAddress=%s\nVLANId=%s\nMACSpoofCheck=%s\nTrust=%s\n' \
			$n "$mac" "$vlan" "$spoofchk" "$trust" >&3
		[[ $has != *,link-state,* ]] || printf 'LinkState=no\n' >&3
		printf 'link set %s vf %d mac %s vlan %s spoofchk %s trust %s' "$net_interface" $n "$mac" "$vlan" "$spoofchk" "$trust" >&4
		[[ $has != *,link-state,* ]] || printf ' state %s min_tx_rate 0 max_tx_rate %s' "$state" "$rate" >&4
		printf '\n' >&4
	done >>"$net/conf" 3>>"$net/networkd" 4>>"$net/ip"
}

by_floor() {
	read -r wall used < <("$viod_test/bin/links" "$net_interface" "$net_count" 1 "$net_attributes")
}

by_viod() {
	local text began_usage
	began_usage=$(cpu usage_usec)
	cp "$net/conf" /etc/vio.d/.new
	text=$("$viod_test/bin/land" /etc/vio.d/.new bench.conf "$net_device" -) ||
		fail "$net_device is not configured: $(state "$net_device" .error)"
	wall=$((${text##* } - quiet_usec))
	settled
	used=$(($(cpu usage_usec) - began_usage))
}

by_ip() {
	local line began=${EPOCHREALTIME/./} user system TIMEFORMAT='%U %S'
	: >"$net/failed"
	read -r user system < <({ time while read -r line; do
		# shellcheck disable=SC2086
		ip $line 2>>"$net/failed" || :
	done <"$net/ip"; } 2>&1)
	wall=$((${EPOCHREALTIME/./} - began))
	used=$(((10#${user/./} + 10#${system/./}) * 1000))
	[[ ! -s $net/failed ]] || say "  ip says $(wc -l <"$net/failed") times: $(head -n 1 "$net/failed")"
}

by_networkd() {
	local began index
	index=$(<"/sys/class/net/$net_interface/ifindex")
	mkdir -p /run/systemd/network
	cp "$net/networkd" /run/systemd/network/00-bench.network
	began=${EPOCHREALTIME/./}
	systemctl start systemd-networkd.service
	until grep -qsE '^ADMIN_STATE=(configured|failed)' "/run/systemd/netif/links/$index"; do
		sleep 0.05
		((${EPOCHREALTIME/./} - began < 120000000)) || fail "networkd does not come to an end"
	done
	wall=$((${EPOCHREALTIME/./} - began))
	used=$(sed -n 's/^usage_usec //p' /sys/fs/cgroup/system.slice/systemd-networkd.service/cpu.stat)
}

# net_run WHO: once, from the first values to the second. Sets wall, used, sets, bytes, gets and wire.
net_run() {
	local tap ready pid
	"$viod_test/bin/links" "$net_interface" "$net_count" 0 "$net_attributes" >/dev/null
	settled
	exec {tap}< <(exec "$viod_test/bin/tap" nlmon0)
	pid=$!
	read -r ready <&"$tap"
	[[ $ready == ready ]] || fail "no tap"
	"by_$1"
	sleep 0.3
	kill "$pid"
	read -r sets bytes gets wire <&"$tap"
	exec {tap}<&-
	vfs "$net_interface" >"$net/state-$1"
	case $1 in
	viod)
		rm /etc/vio.d/bench.conf
		wait_for 60 test ! -e "/run/viod/pf/$net_device.json"
		;;
	networkd)
		systemctl stop systemd-networkd.service systemd-networkd.socket
		rm /run/systemd/network/00-bench.network
		sed -i 's/max=[0-9]*/max=2000/' "$net/state-networkd" # what it cannot set
		[[ $net_attributes == *rate* ]] || sed -i 's/max=2000/max=0/' "$net/state-networkd"
		;;
	esac
	diff "$net/state-floor" "$net/state-$1" >"$net/diff" ||
		say "  $1 did not make what the floor program made: $(grep -c '^>' "$net/diff") VFs differ, as in $(grep -m 1 '^>' "$net/diff")"
}

# net_measure WHO RUNS
net_measure() {
	local run wall used sets bytes gets wire walls=() useds=() wires=()
	for ((run = 0; run <= $2; run++)); do # the first one warms up
		((run > 0 || $2 > 1)) || continue
		net_run "$1"
		((run == 0)) || walls+=("$wall") useds+=("$used") wires+=("$wire")
	done
	wall=$(median "${walls[@]}") used=$(median "${useds[@]}") wire=$(median "${wires[@]}")
	((wire > 0)) || fail "$1 sent nothing, or the tap saw nothing"
	[[ $1 != floor ]] || net_floor=$wire
	say "$(printf '  %-10s %9s ms %9s ms %9s ms %6d.%d x %6d %6d %8d' "$1" "$(ms "$wall")" "$(ms "$used")" "$(ms "$wire")" \
		$((wire / net_floor)) $((wire * 10 / net_floor % 10)) "$sets" "$gets" $(((bytes + 1023) / 1024)))"
}

# net_profile: one more run of viod's, under perf, and the functions with most samples. A guest has no counters of the processor:
# what is counted is time. Only viod's own control group is looked at.
net_profile() {
	local perf=("$viod_test/perf/perf") data=$net/perf.data pid
	[[ -x ${perf[0]} ]] || return 0
	LD_LIBRARY_PATH=$viod_test/perf "${perf[@]}" record -q -a -e cpu-clock -F 5000 -g -G system.slice/viod.service \
		-o "$data" >"$net/perf.log" 2>&1 &
	pid=$!
	sleep 2
	net_run viod
	kill -INT $pid
	wait $pid || :
	perf=(env "LD_LIBRARY_PATH=$viod_test/perf" "${perf[@]}" report -q --stdio -i "$data" -g none --percent-limit 0.4)
	say "" "  of viod's CPU time, % by process" "$("${perf[@]}" --no-children -s comm)" \
		"  by function: with what it calls, alone" "$("${perf[@]}" --children -s comm,dso,symbol)" \
		"  by function: alone" "$("${perf[@]}" --no-children -s dso,symbol)"
}

# net_compare TITLE NAME DEVICE INTERFACE COUNT ATTRIBUTES
net_compare() {
	local title=$1 net_name=$2 net_device=$3 net_interface=$4 net_count=$5 net_attributes=$6 net_floor=1 net=/root/bench/net
	mkdir -p "$net"
	net_text 1
	say "" "$title (viod waits for $(ms "$quiet_usec") ms of quiet before)" \
		"$(printf '  %-10s %12s %12s %12s %10s %6s %6s %8s' '' wall CPU netlink 'to floor' sets gets 'KiB set')"
	net_measure floor "$runs"
	net_measure viod "$runs"
	if [[ -d $viod_test/perf ]]; then
		net_profile
		return
	fi
	net_measure ip 1
	net_measure networkd 1
}

net_bench() {
	local pf interface
	modprobe -a nlmon igbvf
	ip link add nlmon0 type nlmon
	ip link set nlmon0 up

	interface=$(netdevsim 10 1 512)
	echo 512 >/sys/bus/netdevsim/devices/netdevsim10/sriov_numvfs
	net_compare "512 VFs of netdevsim, 6 attributes" netdevsim10 netdevsim10 "$interface" 512 \
		mac,vlan,spoofchk,trust,link-state,max-tx-rate

	pf=$(netdev_of "$NIC0")
	ip link set "$pf" up
	echo 0 >"$sys/$NIC0/sriov_drivers_autoprobe"
	echo 7 >"$sys/$NIC0/sriov_numvfs"
	net_compare "7 VFs of igb, 4 attributes" "$NIC0" "$NIC0" "$pf" 7 mac,vlan,spoofchk,trust
	echo 0 >"$sys/$NIC0/sriov_numvfs"
	echo 1 >"$sys/$NIC0/sriov_drivers_autoprobe"
	ip link set "$pf" down
	echo 10 >/sys/bus/netdevsim/del_device
	ip link delete nlmon0
}
