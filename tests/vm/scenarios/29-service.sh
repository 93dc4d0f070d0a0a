# SPDX-License-Identifier: LGPL-2.1-or-later
# systemd's view: ready when configured, reload, status text, VFs that remain after a stop; the state file and metrics
# timeout: 90
conf nic0 <<-CONF
	[pf]
	name = 01:00.0
	kind = net
	vfs = 2
	on-remove = keep
	[vf1]
	driver = vfio-pci
CONF
printf '[pf]\nname = 03:00.0\nkind = dev\nvfs = 2\n[vf*]\ndriver = none\n' | conf nvme
printf '[pf]\nname = 0f:00.0\nkind = dev\nvfs = 2\n' | conf absent
start_viod
# "systemctl start" has returned: everything is configured.
expect_eq "$(vf_count $NIC0) $(vf_count $NVME)" "2 2" "VFs when the unit is started"
expect_eq "$(driver_of "$(vf_addr $NIC0 1)")" vfio-pci "driver when the unit is started"
expect_eq "$(systemctl show -P StatusText viod)" "3 PFs, 1 absent, 2 configured" "status text"
systemctl status viod | grep -q 'Status: "3 PFs' || fail "systemctl status does not show the PFs"

# The state file. udev names interfaces some time after their driver created them.
udevadm settle
wait_for 5 eval '[[ $(state $NIC0 ".vfs[0].nodes | join(\" \")") == "$(netdev_of "$(vf_addr $NIC0 0)")" ]]'
vf=$(vf_addr $NIC0 1)
jq -e --arg pf $NIC0 --arg vf "$vf" --argjson group "$(group_of "$vf")" --arg vf0 "$(vf_addr $NIC0 0)" \
	--arg netdev "$(netdev_of "$(vf_addr $NIC0 0)")" '
	.name == "01:00.0" and .address == $pf and .kind == "net" and .config == "/etc/vio.d/nic0.conf" and
	.state == "configured" and .error == null and (.vfs | length) == 2 and
	(.vfs[0] | .index == 0 and .address == $vf0 and .driver == "igbvf" and (.nodes | index($netdev)) != null) and
	(.vfs[1] | .index == 1 and .address == $vf and .driver == "vfio-pci" and .iommu_group == $group and
		.nodes == ["/dev/vfio/\($group)"] and .held_by == null and .error == null)' \
	/run/viod/state/$NIC0.json >/dev/null || { cat /run/viod/state/$NIC0.json; fail "the state file"; }
# Its device does not exist: it is identified by its name in the file.
expect_eq "$(jq -r '[.name, .address, .state] | @csv' /run/viod/state/0000:0f:00.0.json)" \
	'"0f:00.0","0000:0f:00.0","absent"' "a PF that is not there"

# The metrics: each line is a comment or a sample, each family announced before its samples.
awk '/^# (HELP|TYPE) [a-z_]+ ./ { known[$3] = 1; next }
	match($0, /^[a-z_]+/) && known[substr($0, 1, RLENGTH)] && /^[a-z_]+\{([a-z]+="[^"]*",?)*\} [0-9.]+$/ { next }
	{ print "not a metric: " $0; bad = 1 } END { exit bad }' /run/viod/metrics.prom
grep -qx "viod_pf_vfs{pf=\"$NIC0\",which=\"all\"} 2" /run/viod/metrics.prom || fail "no count of VFs in the metrics"

# reload reads the files again and returns when it is complete; without a change nothing happens to the VFs.
before="$(vf_inodes $NIC0) $(vf_inodes $NVME)"
pid=$(viod_pid)
trace_now
systemctl reload viod
trace_end
expect_eq "$(sys_writes; link_writes)" "" "writes of a reload"
expect_eq "$(viod_pid) $(systemctl is-active viod)" "$pid active" "the daemon after a reload"
expect_eq "$(vf_inodes $NIC0) $(vf_inodes $NVME)" "$before" "VFs after a reload"

# on-remove = keep: the file is deleted, the VFs stay and are no longer managed.
rm /etc/vio.d/nic0.conf
expect_log "nic0.conf was deleted: its VFs are kept \(on-remove = keep\)"
wait_released $NIC0 5

# SIGTERM keeps them, too.
stop_viod
expect_eq "$(systemctl show -P Result viod)" success "the stop"
expect_eq "$(vf_inodes $NIC0) $(vf_inodes $NVME)" "$before" "VFs after a stop"

# Deleted while viod is stopped: the next start restores the previous settings, even if no watch is available.
rm /etc/vio.d/nvme.conf
watches=$(</proc/sys/fs/inotify/max_user_watches)
echo 1 >/proc/sys/fs/inotify/max_user_watches
start_viod
echo "$watches" >/proc/sys/fs/inotify/max_user_watches
expect_log 'changes of files cannot be watched: .*max_user_watches'
wait_released $NVME 10
expect_eq "$(vf_count $NVME)" 0 "VFs of a file that was deleted while viod was stopped"
expect_eq "$(vf_inodes $NIC0)" "${before% * *}" "VFs that were kept"

# Only the reload makes viod read this file; with systemd 253 it returns when the file is in force.
printf '[pf]\nname = 03:00.0\nkind = dev\nvfs = 3\n[vf*]\ndriver = none\n' | conf nvme
pause 0.5
expect_eq "$(vf_count $NVME)" 0 "VFs before the reload"
systemctl reload viod
[[ $(systemctl show -P Type viod) == notify-reload ]] || wait_for 10 eval '[[ $(vf_count $NVME) == 3 ]]'
expect_eq "$(vf_count $NVME)" 3 "VFs after the reload"
