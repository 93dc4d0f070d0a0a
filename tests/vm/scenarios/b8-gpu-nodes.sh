# SPDX-License-Identifier: LGPL-2.1-or-later
# The nodes of a GPU's VF: its own card and render node, and their holders; accelerators are distinguished from GPUs
# timeout: 90
pf=$(bench_pf xe)
conf gpu <<-CONF
	[pf]
	name = $pf
	kind = gpu
	vfs = 3
	[vf*]
	driver = xe
	[vf2]
	driver = none
CONF
start_viod
wait_state "$pf" configured
own() { (cd "$sys/$1/drm" 2>/dev/null && printf '/dev/dri/%s\n' *) | xargs; }
for n in 0 1; do
	expect_eq "$(state "$pf" ".vfs[$n].nodes | sort | join(\" \")")" "$(own "$(vf_addr "$pf" $n)")" "nodes of VF $n"
	expect_eq "$(own "$(vf_addr "$pf" $n)" | wc -w)" 2 "how many"
done
expect_eq "$(state "$pf" '.vfs[2].nodes | length')" 0 "nodes of a VF without a driver"
expect_eq "$(state "$pf" '[.vfs[].nodes[]] | unique | length')" 4 "nodes of all VFs"
[[ "$(state "$pf" '[.vfs[].nodes[]] | join(" ")') " != *"$(own "$pf" | cut -d' ' -f1) "* ]] || fail "a VF has the PF's card"

# A VF is kept while a program renders on it.
read -r _ render < <(own "$(vf_addr "$pf" 1)")
exec {held}<"$render"
sed -i 's/^vfs = 3/vfs = 2/; /\[vf2\]/,$d' /etc/vio.d/gpu.conf
wait_state "$pf" blocked
expect_log "VF 1 .* is used by .*: $render"
exec {held}>&-
wait_state "$pf" configured 60
expect_eq "$(vf_count "$pf")" 2 "VFs when it was free"
rm /etc/vio.d/gpu.conf
wait_for 30 test ! -e "/run/viod/pf/$pf.json"
bench_remove "$pf"

# A processing accelerator is managed; settings of GPUs are refused with the kind that fits.
pf=$(bench_pf accel)
conf gpu <<-CONF
	[pf]
	name = $pf
	kind = gpu
	vfs = 2
CONF
wait_state "$pf" configured
expect_log "/etc/vio.d/gpu.conf:3:.*$pf is a processing accelerator \(PCI class 12\); 'kind = dev' serves those without vGPUs"
printf '[vf0]\ndriver = accel\nprofile = A16-1Q\n' >>/etc/vio.d/gpu.conf
expect_log "offers no vGPUs: .*This is a processing accelerator \(PCI class 12\); 'kind = dev' serves those without vGPUs"
