# SPDX-License-Identifier: LGPL-2.1-or-later
# Killed in front of each command to an NVMe controller, of an apply and of a release: the result is the same as without the kill.
# timeout: 300
arm_kill_at

look() {
	quiet
	printf '%s|%s|%s|%s|' "$(<$sys/$NVME/sriov_drivers_autoprobe)" "$(secondaries)" "$(attached 1)" "$(attached 5)"
	local vf
	for vf in $sys/$NVME/virtfn*; do
		[[ ! -e $vf ]] || printf ' %s' "$(leads_to "$vf/driver" || echo none)"
	done
}
conf="[pf]
name = 03:00.0
kind = dev
vfs = 2
[vf*]
queues = 2
interrupts = 1
namespaces = 5
[vf0]
namespaces = 1, 5
[vf1]
driver = none"

start_viod
empty='1||||' full='1|1:Online:2:1 2:Online:2:1|0x1|0x1
0x2| nvme none'
expect_eq "$(look)" "$empty" "the device before"
kill_at_each $NVME look nvme <<<"$conf"
expect_eq "$applied_look" "$full" "the device with the file"
((kills >= 14)) || fail "killed $kills times only"

# A file that is deleted while viod is not running, between the queues and the VFs.
echo "5 daemon" >"$KILL_AT"
systemctl stop viod
rm -f /run/systemd/system/viod.service.d/restart.conf
printf '[Service]\nRestart=no\n' >/run/systemd/system/viod.service.d/restart.conf
systemctl daemon-reload
conf nvme <<<"$conf"
systemctl start viod || :
wait_for 20 eval '[[ ! -e $KILL_AT && ! $(systemctl is-active viod) == active ]]'
echo "left behind: $(look)"
rm /etc/vio.d/nvme.conf
start_viod
wait_released $NVME
expect_eq "$(look)" "$empty" "what is left"
