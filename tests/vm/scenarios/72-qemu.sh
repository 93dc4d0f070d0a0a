# SPDX-License-Identifier: LGPL-2.1-or-later
# The QEMU of an unprivileged user has a VF: it keeps it, whatever happens to the file or to viod; then all changes are applied
# timeout: 240
add_consumer

trap 'systemctl kill -s KILL machine-web1.scope 2>/dev/null || :' EXIT # it is not part of the scenario's own unit

# write_conf VFS [DRIVER-OF-VF1]
write_conf() {
	conf nic0 <<-CONF
		[pf]
		name = 01:00.0
		kind = dev
		vfs = $1
		[vf*]
		driver = vfio
		group = kvm
		mode = 0660
		[vf1]
		driver = ${2:-vfio}
	CONF
}

# vmm COMMAND: a command for the monitor of the machine.
vmm() {
	quiet
	python3 - "$1" <<-'END'
		import json, socket, sys
		s = socket.socket(socket.AF_UNIX)
		s.settimeout(20)
		s.connect("/run/viod-machine/qmp")
		lines = s.makefile()
		lines.readline()
		for message in ({"execute": "qmp_capabilities"},
		                {"execute": "human-monitor-command", "arguments": {"command-line": sys.argv[1]}, "id": "last"}):
		    s.sendall(json.dumps(message).encode() + b"\n")
		while True:
		    answer = json.loads(lines.readline() or '{"id": "last", "return": "closed"}')
		    if answer.get("id") == "last":
		        print(answer.get("return", answer))
		        break
	END
}
start_machine() {
	quiet
	rm -rf /run/viod-machine
	install -d -o consumer -g kvm /run/viod-machine
	systemd-run --quiet --scope --unit=machine-web1 -- prlimit --memlock=unlimited -- \
		setpriv --reuid=consumer --regid=kvm --clear-groups -- \
		qemu-system-x86_64 -nodefaults -no-user-config -display none -M q35,accel=tcg -cpu max -m 64 \
		-device "vfio-pci,host=$vf,id=nic" -qmp unix:/run/viod-machine/qmp,server=on,wait=off 2>&1 &
	wait_for 60 test -S /run/viod-machine/qmp
	machine=$(pgrep -x qemu-system-x86)
	wait_for 30 eval '[[ $(vmm "info pci") == *8086:10ca* ]]'
	expect_eq "$(stat -c %U "/proc/$machine")" consumer "user of the machine"
}
# The machine has its device: according to its own bus, its descriptors, and the driver.
expect_kept() {
	quiet
	[[ $(vmm 'info pci') == *8086:10ca* ]] || fail "the machine has lost its NIC, $1: $(vmm 'info pci')"
	expect_eq "$(find "/proc/$machine/fd" -lname '*vfio-device*' | wc -l)" 1 "its descriptor of the device, $1"
	expect_eq "$(driver_of "$vf"):$(vf_inodes $NIC0)" "vfio-pci:$before" "driver and VFs, $1"
	wait_for 5 eval '! grep -qs "^State:.D" /proc/[0-9]*/status' # a process may be there for a moment
}
expect_blocked() {
	quiet
	wait_state $NIC0 blocked
	[[ $(state $NIC0 .error) == *"VF 1 ($vf) is used by qemu-system-x86 (pid $machine, machine-web1.scope)"* ]] ||
		fail "error in the state file, $1: $(state $NIC0 .error)"
	expect_kept "$1"
}

write_conf 3
start_viod
wait_state $NIC0 configured
vf=$(vf_addr $NIC0 1)
before=$(vf_inodes $NIC0)
start_machine
vmm 'info pci' | grep -A 8 -B 1 8086:10ca

write_conf 5
expect_blocked "count"
expect_log "VF 1 \($vf\) is used by qemu-system-x86 \(pid $machine, machine-web1.scope\): /dev/vfio/"
write_conf 3 igbvf
expect_blocked "driver"
expect_eq "$(driver_of "$(vf_addr $NIC0 0)")" vfio-pci "driver of another VF"
write_conf 3
wait_state $NIC0 configured
expect_kept "as it was"
rm /etc/vio.d/nic0.conf
expect_blocked "deletion"
restart_viod
expect_blocked "restart"
write_conf 3
wait_state $NIC0 configured
write_conf 4
expect_blocked "count again"
old=$(viod_pid)
kill -KILL "$old"
wait_for 20 eval '[[ $(viod_pid) != 0 && $(viod_pid) != "$old" ]]'
wait_for 20 eval '[[ $(state $NIC0 .state) == blocked && $(systemctl is-active viod) == active ]]'
expect_blocked "kill -9"

# viod checks at most once a second.
strace -e trace=clone,clone3,fork,vfork -o $viod_run/forks -p "$(viod_pid)" 2>/dev/null &
tracer=$!
began=$SECONDS
pause 5
wait_for 60 grep -qE '^(clone|clone3|v?fork)\(' $viod_run/forks
kill -INT $tracer
wait $tracer || :
jobs=$(grep -cE '^(clone|clone3|v?fork)\(' $viod_run/forks || :)
((jobs <= SECONDS - began + 2)) || fail "$jobs jobs in $((SECONDS - began)) s: $(<$viod_run/forks)"

# The machine ends, and the pending driver is bound at once.
write_conf 3 igbvf
expect_blocked "driver again"
vmm quit
wait_for 20 test ! -e "/proc/$machine"
ended=${EPOCHREALTIME/./}
wait_for 10 eval '[[ $(driver_of "$vf") == igbvf ]]'
spent=$(((${EPOCHREALTIME/./} - ended) / 1000))
expect_prompt "$spent" "the driver after the end of the machine"
wait_state $NIC0 configured
expect_eq "$(vf_inodes $NIC0)" "$before" "VFs afterwards"

# The same with a count.
write_conf 3
wait_for 20 eval '[[ $(driver_of "$vf") == vfio-pci ]]'
wait_state $NIC0 configured
start_machine
write_conf 4
expect_blocked "count of the second machine"
vmm quit
wait_for 20 eval '[[ $(vf_count $NIC0) == 4 ]]'
wait_state $NIC0 configured
vf=$(vf_addr $NIC0 1)
expect_eq "$(driver_of "$vf") $(stat -c '%G %a' "/dev/vfio/$(group_of "$vf")")" "vfio-pci kvm 660" "VF 1 afterwards"
