# SPDX-License-Identifier: LGPL-2.1-or-later
# vGPU types of NVIDIA's own files: by name and number, a list that shrinks, one size at a time, VFs in use, wrong names, quarantine
# timeout: 300
pf=$(bench_pf nvidia)

# The example of the README.
conf gpu0 <<-CONF
	[pf]
	name = $pf
	kind = gpu
	vfs = 2

	[vf0]
	driver = nvidia
CONF
start_viod
wait_state "$pf" configured
expect_eq "$(vf_count "$pf") $(driver_of "$(vf_addr "$pf" 0)") $(driver_of "$(vf_addr "$pf" 1)")" "2 nvidia nvidia" "the README's VFs"
stop_viod

# The example of the README and of the installed vgpu0.conf, which use all memory; by number, and by a common name.
example=/usr/share/doc/viod/examples/vgpu0.conf
{ sed "s/^name = .*/name = $pf\ndrift = enforce/" $example && printf '[vf1]\nprofile = 712\n[vf2]\nprofile = A16-4Q\n'; } | conf gpu0
trace_viod
start_viod
wait_state "$pf" configured
types() {
	quiet
	local n all=()
	for n in 0 1 2 3; do all+=("$(<"$sys/$(vf_addr "$pf" $n)/nvidia/current_vgpu_type")"); done
	echo "${all[*]}"
}
expect_eq "$(types)" "712 712 712 712" "types"
# All memory is used: the list is empty, but the names are still known.
expect_eq "$(wc -l <"$sys/$(vf_addr "$pf" 0)/nvidia/creatable_vgpu_types")" 1 "lines of the list that shrank"
expect_eq "$(state "$pf" '[.vfs[].driver] | unique | @csv')" '"nvidia"' drivers
expect_eq "$(state "$pf" '.vfs[1].nodes | join(" ")')" "/dev/vfio/$(group_of "$(vf_addr "$pf" 1)")" "what a machine opens"
expect_eq "$(state "$pf" '.facts.profiles["NVIDIA A16-4Q"] | [.id, .framebuffer, .available] | @csv')" '"712","4096M","0"' \
	"facts of a type that is used up"
expect_finished
forget_trace
restart_viod
wait_state "$pf" configured
expect_eq "$(sys_writes)" "" "writes of a restart"

# No module of this kernel has an alias for the VFs: they are bound to the driver of the PF nevertheless, and again when it is
# lost.
echo "$(vf_addr "$pf" 3)" >"$sys/$(vf_addr "$pf" 3)/driver/unbind"
wait_for 20 eval '[[ $(types) == "712 712 712 712" ]]'
wait_state "$pf" configured

# Another size: all old ones are removed before the first new one is created.
forget_trace
sed -i '/\[vf1\]/,$d; s/A16-4Q/A16-2Q/' /etc/vio.d/gpu0.conf
wait_for 20 eval '[[ $(types) == "711 711 711 711" ]]'
wait_state "$pf" configured
expect_eq "$(sys_writes | sed -nE 's|.*current_vgpu_type>, "([0-9]+).*|\1|p' | xargs)" "0 0 0 0 711 711 711 711" "order of the writes"
untrace_viod

# A virtual machine uses one: it keeps it, whatever the file says, until it ends.
vf=$(vf_addr "$pf" 2)
load_vfio
hold_vf all "$vf"
sed -i 's/A16-2Q/A16-1Q/' /etc/vio.d/gpu0.conf
wait_state "$pf" blocked
expect_eq "$(<"$sys/$vf/nvidia/current_vgpu_type")" 711 "the type of the VF in use"
(($(bench_vf "$pf" 2 users) == 1)) || fail "VF 2 is not in use"
expect_log "vfio-hold"
kill $holder
wait_state "$pf" configured 60
expect_eq "$(types)" "710 710 710 710" "types after the virtual machine ended"

# An unknown name: nothing is changed, and the nearest one is suggested.
bench_forget "$pf"
sed -i 's/A16-1Q/A16-3Q/' /etc/vio.d/gpu0.conf
expect_log "'NVIDIA A16-3Q' is no profile of this GPU; did you mean 'NVIDIA A16-[0-9]+Q'\? It has: .*NVIDIA A16-8Q \(8192 MiB, 0 left\)"
expect_eq "$(types) $(bench_count "$pf" attribute)" "710 710 710 710 0" "types with a wrong name"

sed -i 's/A16-3Q/A16-1-4C/' /etc/vio.d/gpu0.conf
expect_log "'NVIDIA A16-1-4C' is no profile of this GPU; .*Profiles like this one need MIG mode and a GPU instance first"
sed -i 's/A16-1-4C/A16-3Q/; s/^vfs = 4/vfs = 4\nmdevs = A16-1Q/' /etc/vio.d/gpu0.conf
expect_log "with this driver a VF itself becomes a vGPU, and there are no mdevs; remove 'mdevs'"
sed -i '/^mdevs/d' /etc/vio.d/gpu0.conf

# Two sizes on one GPU.
sed -i 's/A16-3Q/A16-1Q/; $a[vf3]\nprofile = NVIDIA A16-2Q' /etc/vio.d/gpu0.conf
wait_state "$pf" degraded
expect_log "vf3: .*does not accept 'NVIDIA A16-2Q' beside 'NVIDIA A16-1Q' of VF 0: unless its heterogeneous mode is on"
bench_knob "$pf" mixed 1
systemctl reload viod
wait_state "$pf" configured
expect_eq "$(types)" "710 710 710 711" "types of two sizes"

# A VF that fails twice is quarantined, and the others continue. Another profile is tried, and its success clears the failures.
sed -i 's/A16-2Q/A16-1Q/; $a[vf1]\nprofile = none' /etc/vio.d/gpu0.conf
wait_for 20 eval '[[ $(types) == "710 0 710 710" ]]'
wait_state "$pf" configured
bench_fault "$pf" attribute 1 EIO
sed -i '/^\[vf1\]/,$d' /etc/vio.d/gpu0.conf
expect_log "vf1: .*quarantined: profile 'NVIDIA A16-1Q' failed on it 2 times" 30
bench_clear "$pf"
bench_forget "$pf"
systemctl reload viod
wait_state "$pf" degraded
expect_eq "$(types) $(bench_count "$pf" attribute)" "710 0 710 710 0" "types and tries with a VF in quarantine"
printf '[vf1]\nprofile = NVIDIA A16-2Q\n' >>/etc/vio.d/gpu0.conf
wait_state "$pf" configured
expect_eq "$(types)" "710 711 710 710" "types after the quarantine"
sed -i '/^\[vf1\]/,$d' /etc/vio.d/gpu0.conf
wait_for 20 eval '[[ $(types) == "710 710 710 710" ]]'

# Restored: no VFs.
rm /etc/vio.d/gpu0.conf
wait_for 30 test ! -e "/run/viod/pf/$pf.json"
expect_eq "$(vf_count "$pf")" 0 "VFs after the release"
