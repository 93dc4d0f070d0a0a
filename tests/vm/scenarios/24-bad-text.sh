# SPDX-License-Identifier: LGPL-2.1-or-later
# Each error in a file is reported with its place, and the last valid version stays in force
# timeout: 90
good() {
	conf nvme <<-CONF
		[pf]
		name = 03:00.0
		kind = dev
		vfs = 2
		drift = enforce
		[vf*]
		driver = none
	CONF
}
# bad REGEX <<EOF: this version is refused with such a line in the journal.
bad() {
	quiet
	journal_mark
	conf nvme
	expect_log "$1"
	expect_eq "$(vf_inodes $NVME)" "$before" "VFs after a mistake"
}

good
conf nic0 <<-CONF
	[pf]
	name = 01:00.0
	kind = net
	vfs = 1
	[vf0]
	driver = none
	vlan = 5
CONF
start_viod
wait_state $NVME configured
wait_state $NIC0 configured
before=$(vf_inodes $NVME)
nic_before=$(vf_inodes $NIC0)
file=/etc/vio.d/nvme.conf

# All errors are reported at once, in the order of the lines.
bad "^$file:9:1: unknown key 'colour' in \[vf1\]; valid keys of kind 'dev' here are: driver" <<-CONF
	[pf]
	name = 03:00.0
	kind = dev
	vsf = 3
	timeout = 0
	[vf0]
	on-remove = keep
	[vf1]
	colour = red
CONF
expect_log "^$file:4:1: unknown key 'vsf' in \[pf\]; did you mean 'vfs'\?"
expect_log "^$file:5:11: .*'?timeout.* 1 to 86400"
expect_log "^$file:7:1: 'on-remove' belongs in the \[pf\] section"
expect_eq "$(state $NVME '[.state, (.vfs | length)] | @csv')" '"configured",2' "the PF of a refused file"
error=$(state $NVME .error)
[[ $error == "$file:4:1: "* ]] || fail "error in the state file: $error"
# The journal has fields for file and line.
journalctl -q -u viod.service -o json --output-fields=CONFIG_FILE,CONFIG_LINE,PRIORITY,MESSAGE_ID,MESSAGE |
	jq -es --arg file $file 'any(.[]; .CONFIG_FILE == $file and .CONFIG_LINE == "4" and .PRIORITY == "3" and
		(.MESSAGE_ID | length) == 32 and (.MESSAGE | contains("vsf")))' >/dev/null || fail "no CONFIG_FILE and CONFIG_LINE"

# An incomplete file, a key of another kind, no kind, an unknown kind.
printf '[pf]\nname = 03:00.0\nkind = dev\nvf' | bad "^$file:4:1: 'vf' is neither"
bad "^$file:5:1: 'promisc' is a key of kind 'net', and this file has kind = dev" <<-CONF
	[pf]
	name = 03:00.0
	kind = dev
	vfs = 2
	promisc = on
CONF
bad "^$file:1:1: \[pf\] has no 'kind'" <<-CONF
	[pf]
	name = 03:00.0
	vfs = 5
CONF
bad "^$file:3:8: kind 'fpga' needs plugin 'fpga', which is not loaded" <<-CONF
	[pf]
	name = 03:00.0
	kind = fpga
	vfs = 5
CONF
bad "^$file:4:7: .*'many'" <<-CONF
	[pf]
	name = 03:00.0
	kind = dev
	vfs = many
CONF
bad "^$file:5:4: '3-x' is not a VF index" <<-CONF
	[pf]
	name = 03:00.0
	kind = dev
	vfs = 5
	[vf3-x]
	driver = none
CONF
# An error that only the device reveals.
bad "^$NVME: $file:4:7: vfs = 17 is more than this device can have; it is 0 to 16" <<-CONF
	[pf]
	name = 03:00.0
	kind = dev
	vfs = 17
	[vf*]
	driver = none
CONF
wait_for 5 eval '[[ $(state $NVME "[.state, (.vfs | length)] | @csv") == "\"configured\",2" ]]'
error=$(state $NVME .error)
[[ $error == *"vfs = 17"* ]] || fail "error in the state file: $error"
journalctl -q -u viod.service -o json --output-fields=VIOD_PF,CONFIG_LINE,VIOD_KIND,MESSAGE |
	jq -es --arg pf $NVME 'any(.[]; .VIOD_PF == $pf and .CONFIG_LINE == "4" and .VIOD_KIND == "dev" and
		(.MESSAGE | contains("vfs = 17")))' >/dev/null || fail "no VIOD_PF, VIOD_KIND and CONFIG_LINE"

# The last valid version is in force: a setting that another program changes is restored.
vf=$(vf_addr $NVME 0)
echo vfio-pci >"$sys/$vf/driver_override"
modprobe vfio-pci
echo "$vf" >/sys/bus/pci/drivers_probe
wait_for 10 eval '[[ $(driver_of "$vf") == none && $(<$sys/$vf/driver_override) == none ]]'
wait_state $NVME configured 5
error=$(state $NVME .error)
[[ $error == *"vfs = 17"* ]] || fail "the file is still refused, and the state file forgot why: $error"

# Corrected while a job still checks the bad version: its result does not apply to the new one.
sed -i 's/^vfs.*/vfs = 18/' $file
pause 0.2
good
wait_for 10 eval '[[ $(state $NVME "[.state, .error] | @csv") == "\"configured\"," ]]'

# The valid version changes nothing and ends the error; another number is applied.
expect_eq "$(vf_inodes $NVME)" "$before" "VFs of the mended file"
sed -i 's/^vfs.*/vfs = 3/' $file
wait_for 10 eval '[[ $(vf_count $NVME) == 3 ]]'
expect_eq "$(vf_inodes $NIC0)" "$nic_before" "VFs of the other PF"
