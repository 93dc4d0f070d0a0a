# SPDX-License-Identifier: LGPL-2.1-or-later
# viod.conf names the plugins: drop-ins add to it, an empty value resets it, a kind without a plugin is reported
# timeout: 90
printf '[pf]\nname = 01:00.0\nkind = net\nvfs = 1\n[vf0]\nvlan = 7\ndriver = none\n' | conf nic0
printf '[pf]\nname = 03:00.0\nkind = dev\nvfs = 1\n[vf0]\ndriver = none\n' | conf nvme
states() { printf '%s %s\n' "$(state $NIC0 .state)" "$(state $NVME .state)"; }
echo 'plugins = dev' >/etc/viod.conf
start_viod
expect_eq "$(states)" "invalid configured" "with dev alone"
expect_eq "$(vf_count $NIC0)" 0 "VFs of a kind without plugin"
expect_log "^/etc/vio.d/nic0.conf:3:8: kind 'net' needs plugin 'net', which is not loaded"
error=$(state $NIC0 .error)
[[ $error == *"needs plugin 'net'"* ]] || fail "error in the state file: $error"
grep -q '/net\.so' "/proc/$(viod_pid)/maps" && fail "net.so is loaded nevertheless"

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

# An empty list at the end is no list: all plugins are loaded.
echo 'plugins =' >/etc/viod.conf.d/99-all.conf
restart_viod
expect_eq "$(states)" "configured configured" "with all plugins"

# An error in viod.conf is reported with its place, and the rest is applied.
rm /etc/viod.conf.d/*
printf 'plugins = dev, nte\nplugin = net\n[pf]\n' >/etc/viod.conf
restart_viod
expect_log "^/etc/viod.conf:2:1: unknown key 'plugin'; did you mean 'plugins'"
expect_log "^/etc/viod.conf:3:1: this file has no sections"
expect_log "(^|[^a-z])'?nte'?([^a-z]|$)"
expect_eq "$(states)" "invalid configured" "with a broken viod.conf"
