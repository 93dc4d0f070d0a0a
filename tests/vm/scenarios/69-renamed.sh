# SPDX-License-Identifier: LGPL-2.1-or-later
# A PF whose interface gets new names all the while jobs run is followed by its number: every VF has its settings each time.
# timeout: 120
netdevsim 10 1 256 >/dev/null
folder=/sys/bus/netdevsim/devices/netdevsim10/net
name() { quiet; local names=("$folder"/*); printf '%s\n' "${names[0]##*/}"; }
ip link set "$(name)" up

number=$(<"$folder/$(name)/ifindex")

rename_forever() {
	quiet
	local n
	for ((n = 0; ; n++)); do
		pause 0.02 # or there is little left for viod
		ip link set "$(name)" name "port$((n % 7))n" 2>/dev/null || continue
		printf '%d\n' $n >$viod_run/renames
	done
}
write_conf() {
	{
		printf '[pf]\nname = netdevsim10\nkind = net\nvfs = 256\n[vf*]\nvlan = %d\ntrust = on\n' "$1"
		each_vf 256 '[vf@]\nmac = 02:00:00:00:@x\n'
	} | conf many
}
everywhere() { [[ $(vfs "#$number") == "$expected" ]]; }

rename_forever &
renamer=$!
wait_for 20 test -s $viod_run/renames
write_conf 100
start_viod
renamed=0
for ((vlan = 101; vlan <= 108; vlan++)); do
	before=$(<$viod_run/renames)
	write_conf $vlan
	expected=$(each_vf 256 "@ mac=02:00:00:00:@x min=0 max=0 spoofchk=off link-state=auto query-rss=off trust=on vlan=$vlan qos=0 proto=802.1q\\n")
	wait_for 30 everywhere
	if (($(<$viod_run/renames) > before)); then ((++renamed)); fi
done
((renamed > 0)) || fail "the interface was never renamed while a VLAN was set"
wait_state netdevsim10 configured
kill $renamer
refute_log "No such device|no network interface|refused"
