# SPDX-License-Identifier: LGPL-2.1-or-later
# Of two files for one PF the second is refused and both are named; a renamed or deleted file passes its VFs on unchanged
# timeout: 90
asks() { printf '[pf]\nname = %s\nkind = dev\nvfs = %d\n[vf*]\ndriver = none\n' "$1" "$2"; }
config_of() { state "$1" '[.state, .config] | @csv'; }

asks 03:00.0 2 | conf a
start_viod
before=$(vf_inodes $NVME)
asks 0000:03:00.0 2 | conf b
expect_log "^$NVME: /etc/vio.d/b.conf:2:8: $NVME is already configured by /etc/vio.d/a.conf"
expect_eq "$(config_of $NVME)" '"configured","/etc/vio.d/a.conf"' "the first file"

# The second is in force now; its content is the same, so the VFs do not change.
trace_now
rm /etc/vio.d/a.conf
wait_for 10 eval '[[ $(config_of $NVME) == "\"configured\",\"/etc/vio.d/b.conf\"" ]]'
mv /etc/vio.d/b.conf /etc/vio.d/c.conf
wait_for 10 eval '[[ $(config_of $NVME) == "\"configured\",\"/etc/vio.d/c.conf\"" ]]'
cp -p /etc/vio.d/c.conf /etc/vio.d/d.conf
expect_log "/etc/vio.d/d.conf:2:8: $NVME is already configured by /etc/vio.d/c.conf"
rm /etc/vio.d/d.conf
trace_end
expect_eq "$(sys_writes)" "" "writes by handing over"
expect_eq "$(vf_inodes $NVME)" "$before" "VFs"
test -e /run/viod/state/$NVME.json || fail "the state file was removed with the second file"

# Both at the start, each with its own number: the first by name is in force, then the other one.
stop_viod
asks 03:00.0 3 | conf d
start_viod
expect_eq "$(config_of $NVME) $(vf_count $NVME)" '"configured","/etc/vio.d/c.conf" 2' "the first file at the start"
rm /etc/vio.d/c.conf
wait_for 10 eval '[[ $(vf_count $NVME) == 3 && $(config_of $NVME) == "\"configured\",\"/etc/vio.d/d.conf\"" ]]'

# An invalid file does not claim a PF, and its deletion changes nothing.
printf '[pf]\nname = 03:00.0\nkind = dev\nvsf = 1\n' | conf e
expect_log "e.conf:4:1: unknown key 'vsf'"
rm /etc/vio.d/e.conf
files_seen
expect_eq "$(config_of $NVME) $(vf_count $NVME)" '"configured","/etc/vio.d/d.conf" 3' "after a broken second file"

# A file that is changed to another PF releases the first one.
asks 01:00.0 1 | conf d
wait_for 10 eval '[[ $(vf_count $NVME) == 0 && $(vf_count $NIC0) == 1 ]]'
wait_released $NVME 10
expect_log "^$NVME: /etc/vio.d/d.conf no longer asks for this PF: restoring the original settings"
