# SPDX-License-Identifier: LGPL-2.1-or-later
# Mediated devices: created with a stable UUID, kept while new, open, or of another program; removed with the file
# timeout: 400
pf=$(bench_pf nvidia-mdev)
load_vfio
bench_knob "$pf" mixed 1
mdevs=/sys/bus/mdev/devices
mine=11111111-2222-3333-4444-555555555555

conf gpu <<-CONF
	[pf]
	name = $pf
	kind = gpu
	vfs = 3
	mdev-grace = 0
	[vf0]
	profile = NVIDIA A16-2Q
	[vf1]
	profile = nvidia-711
	uuid = ${mine^^}
CONF
trace_viod
start_viod
wait_state "$pf" configured 60
mdev_of() {
	quiet
	local path=("$sys/$(vf_addr "$pf" "$1")"/*-*-*-*-*)
	[[ ! -e ${path[0]} ]] || basename "${path[0]}"
}
stable=$(mdev_of 0)
expect_eq "$(mdev_of 1)/$(mdev_of 2)" "$mine/" "UUIDs of VFs 1 and 2"
[[ $stable =~ ^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$ ]] || fail "UUID of VF 0: $stable"
expect_eq "$(cat $mdevs/{"$stable",$mine}/mdev_type/name | sort -u)" "NVIDIA A16-2Q" "types of the mdevs"
expect_eq "$(state "$pf" '.vfs[1].nodes | join(" ")')" "/dev/vfio/$(basename "$(readlink "$mdevs/$mine/iommu_group")")" "what a machine opens"
expect_finished
forget_trace
restart_viod
wait_state "$pf" configured 60
expect_eq "$(sys_writes)" "" "writes of a restart"
untrace_viod

# Opened by a virtual machine: kept, and reported.
hold_vf all "$mine"
sed -i '/^\[vf1\]/,$d' /etc/vio.d/gpu.conf
wait_state "$pf" blocked 60
expect_eq "$(mdev_of 1)" "$mine" "the mdev in use"
expect_log "VF 1 .* is used by vfio-hold .*: /dev/vfio/" 30
kill $holder
wait_state "$pf" configured 60
expect_eq "$(mdev_of 1)" "" "the mdev when it was free"

# One of another program, on a VF of which the file says nothing, is left alone and waits for nothing.
echo $mine >"$sys/$(vf_addr "$pf" 2)/mdev_supported_types/nvidia-711/create"
sed -i 's/A16-2Q/A16-1Q/; s/^mdev-grace.*/mdev-grace = 3600/' /etc/vio.d/gpu.conf
smaller() { grep -qx "NVIDIA A16-1Q" "$mdevs/$stable/mdev_type/name" 2>/dev/null; }
wait_for 60 smaller
wait_state "$pf" configured 60
expect_eq "$(mdev_of 2)" "$mine" "the mdev of another program"
expect_eq "$(state "$pf" '.vfs[2].held_by')" "mdev $mine, which viod did not make" "who uses VF 2"
echo 1 >$mdevs/$mine/remove
wait_state "$pf" configured 60
expect_eq "$(mdev_of 0) $(<$mdevs/"$stable"/mdev_type/name)" "$stable NVIDIA A16-1Q" "the mdev of VF 0"

# Just created: its user may not have opened it yet.
sed -i 's/A16-1Q/A16-4Q/' /etc/vio.d/gpu.conf
wait_state "$pf" blocked 60
expect_log "mdev $stable, just created and reserved [0-9]+ s for its user" 30
expect_eq "$(<$mdevs/"$stable"/mdev_type/name)" "NVIDIA A16-1Q" "the young mdev"
sed -i 's/A16-4Q/A16-1Q/' /etc/vio.d/gpu.conf
wait_state "$pf" configured 60

# A wrong name, an invalid UUID, a driver that would unbind the VF.
sed -i 's/A16-1Q/A16-1B/' /etc/vio.d/gpu.conf
expect_log "'NVIDIA A16-1B' is no profile of this GPU; did you mean 'NVIDIA A16-1Q'\? It has: .*1024 MiB" 30
# Offered, but not available without a GPU instance.
sed -i 's/A16-1B/A16-1Q/; $a[vf2]\nprofile = NVIDIA A16-1-4C' /etc/vio.d/gpu.conf
wait_state "$pf" degraded
expect_log "vf2: .*does not accept 'NVIDIA A16-1-4C': such profiles need MIG mode and a free GPU instance" 30
bench_knob "$pf" mig 1
systemctl reload viod
wait_state "$pf" configured 60
expect_eq "$(<"$mdevs/$(mdev_of 2)/mdev_type/name")" "NVIDIA A16-1-4C" "an mdev of a part"
sed -i '/\[vf2\]/,$d; s/A16-1Q/A16-1Q\nuuid = 12/' /etc/vio.d/gpu.conf
expect_log "'12' is no UUID" 30
sed -i 's/^uuid = 12/driver = vfio-pci/' /etc/vio.d/gpu.conf
expect_log "a VF with a profile stays on the driver that makes it a vGPU" 30
expect_eq "$(<$mdevs/"$stable"/mdev_type/name)" "NVIDIA A16-1Q" "the mdev after wrong files"
