# SPDX-License-Identifier: LGPL-2.1-or-later
# viod.conf names plugins beside those that are shipped, or without them after an empty value; drop-ins add, "-NAME" leaves out
# timeout: 90
printf '[pf]\nname = 01:00.0\nkind = net\nvfs = 1\n[vf0]\nvlan = 7\ndriver = none\n' | conf nic0
printf '[pf]\nname = 03:00.0\nkind = dev\nvfs = 1\n[vf0]\ndriver = none\n' | conf nvme
states() { printf '%s %s\n' "$(state $NIC0 .state)" "$(state $NVME .state)"; }
printf 'plugins =\nplugins = dev\n' >/etc/viod.conf
start_viod
expect_eq "$(states)" "invalid configured" "with dev alone"
expect_eq "$(vf_count $NIC0)" 0 "VFs of a kind without plugin"
expect_log "^/etc/vio.d/nic0.conf:3:8: kind 'net' needs plugin 'net', which is not loaded"
error=$(state $NIC0 .error)
[[ $error == *"needs plugin 'net'"* ]] || fail "error in the state file: $error"
grep -q '/net\.so' "/proc/$(viod_pid)/maps" && fail "net.so is loaded nevertheless"
grep -q '/dev-nvme\.so' "/proc/$(viod_pid)/maps" || fail "dev has not brought dev-nvme along"
expect_log "^plugin 'net' is installed in /usr/lib/viod but not enabled; to enable it, write 'plugins = net'"

# A vendor's drop-in adds a plugin; the VFs of the other PF do not change.
mkdir -p /etc/viod.conf.d
before=$(vf_inodes $NVME)
echo 'plugins = net' >/etc/viod.conf.d/50-net.conf
restart_viod
expect_eq "$(states)" "configured configured" "with a drop-in"
expect_eq "$(vf_inodes $NVME)" "$before" "VFs of the other PF"

# Without its plugin the file is invalid, and its VFs stay.
nic_before=$(vf_inodes $NIC0)
printf 'plugins =\nplugins = gpu, dev\n' >/etc/viod.conf.d/90-reset.conf
restart_viod
expect_eq "$(states)" "invalid configured" "after a reset"
expect_eq "$(vf_inodes $NIC0)" "$nic_before" "VFs of a file without its plugin"

# An empty value at the end leaves none, but the one that finds holders.
echo 'plugins =' >/etc/viod.conf.d/99-none.conf
restart_viod
expect_eq "$(states)" "invalid invalid" "without plugins"
expect_eq "$(vf_inodes $NVME)" "$before" "VFs without any plugin"
grep -q '/vfio\.so' "/proc/$(viod_pid)/maps" || fail "vfio.so is not loaded"

# A drop-in of a package adds to what is shipped, and leaves out a single plugin.
rm /etc/viod.conf.d/* /etc/viod.conf
mkdir -p /run/viod.conf.d
echo 'plugins = -net-igb' >/run/viod.conf.d/50-package.conf
restart_viod
expect_eq "$(states)" "configured configured" "with all that is shipped"
grep -q '/net-igb\.so' "/proc/$(viod_pid)/maps" && fail "net-igb.so is loaded nevertheless"
rm -r /run/viod.conf.d

# An error in viod.conf is reported with its place, and the rest is applied.
printf 'plugins =\nplugins = dev, nte\nplugin = net\n[pf]\n' >/etc/viod.conf
restart_viod
expect_log "^/etc/viod.conf:3:1: unknown key 'plugin'; did you mean 'plugins'"
expect_log "^/etc/viod.conf:4:1: this file has no sections"
expect_log "(^|[^a-z])'?nte'?([^a-z]|$)"
expect_eq "$(states)" "invalid configured" "with a broken viod.conf"
