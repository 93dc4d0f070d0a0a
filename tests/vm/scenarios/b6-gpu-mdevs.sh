# SPDX-License-Identifier: LGPL-2.1-or-later
# Mdevs without a named VF: each on the parent with the fewest, VFs or a PF without VFs; kept while new, open or of another program
# timeout: 400
load_vfio
mdevs=/sys/bus/mdev/devices

# of PF: "PARENT TYPE" of each of its mdevs, the PF as "pf" and a VF as its number, in one line.
of() {
	quiet
	local n path all=()
	for path in $mdevs/*; do
		[[ -e $path && $(readlink -f "$path") == *"/${1%%:*}:"* ]] || continue
		path=$(readlink -f "$path")
		for n in pf {0..15}; do
			[[ $n == pf || -e $sys/$1/virtfn$n ]] || break
			if [[ $n == pf ]]; then [[ ${path%/*} == */$1 ]]; else [[ ${path%/*} == */$(vf_addr "$1" "$n") ]]; fi || continue
			all+=("$n:$(sed 's/.*-//' "$path/mdev_type/name")")
		done
	done
	printf '%s\n' "${all[@]}" | sort -V | xargs
}
# uuids PF PROFILE: of the mdevs that viod reports with this profile.
uuids() {
	quiet
	state "$1" ".facts.mdevs | to_entries[] | select(.value.profile == \"$2\") | .key" | sort
}

# --- parents that are VFs: one mdev each
pf=$(bench_pf nvidia-mdev)
bench_knob "$pf" mixed 1
conf gpu <<-CONF
	[pf]
	name = $pf
	kind = gpu
	vfs = 4
	mdevs = 2 x A16-2Q
	mdev-grace = 0
	[vf0]
	driver = none
	[vf1]
	profile = NVIDIA A16-1Q
CONF
trace_viod
start_viod
wait_state "$pf" configured 60
# VF 0 is not a parent, VF 1 has its own.
expect_eq "$(of "$pf")" "1:1Q 2:2Q 3:2Q" "the mdevs"
expect_eq "$(state "$pf" .pf.mdevs)" "2 x NVIDIA A16-2Q" "the state"
before=$(uuids "$pf" "NVIDIA A16-2Q")
uuid=$(head -n 1 <<<"$before")
expect_eq "$(state "$pf" ".facts.mdevs[\"$uuid\"] | [.node, .[\"made-by\"]] | @csv")" \
	"\"/dev/vfio/$(basename "$(readlink "$mdevs/$uuid/iommu_group")")\",\"viod\"" "facts of an mdev"
# All parents have one; exhausted types are reported too.
expect_eq "$(state "$pf" '.facts.profiles | [.["NVIDIA A16-2Q"], .["NVIDIA A16-4Q"], .["NVIDIA A16-1-4C"]] | map(.id, .framebuffer, .available) | @csv')" \
	'"nvidia-711","2048M","0","nvidia-712","4096M","0","nvidia-715","4096M","0"' "facts of types"
expect_finished
forget_trace
restart_viod
wait_state "$pf" configured 60
expect_eq "$(sys_writes)" "" "writes of a restart"
untrace_viod

# More than there is room for: the message lists what is available.
sed -i 's/^mdevs = .*/mdevs = 3 x A16-2Q/' /etc/vio.d/gpu.conf
wait_state "$pf" degraded 60
expect_log "no function of this GPU has room for 'NVIDIA A16-2Q' number 3; there is: .*2048 MiB, [0-9]+ left" 30
sed -i 's/^mdevs = .*/mdevs = 2 x A16-3Q/' /etc/vio.d/gpu.conf
expect_log "'A16-3Q' is no profile of this GPU; did you mean" 30
sed -i 's/^mdevs = .*/mdevs = 0 x A16-2Q/' /etc/vio.d/gpu.conf
expect_log "is no list of mdevs; write how many of which profile" 30
sed -i 's/^mdevs = .*/mdevs = 1 x A16-1-4C/' /etc/vio.d/gpu.conf
expect_log "does not accept 'NVIDIA A16-1-4C': such profiles need MIG mode" 30
sed -i 's/^mdevs = .*/mdevs = 2 x A16-2Q/' /etc/vio.d/gpu.conf
wait_state "$pf" configured 60
expect_eq "$(of "$pf") $(uuids "$pf" "NVIDIA A16-2Q")" "1:1Q 2:2Q 3:2Q $before" "the mdevs after wrong files"

# The line is removed, and so are they; the VF's own mdev stays.
sed -i '/^mdevs/d' /etc/vio.d/gpu.conf
wait_for 40 eval '[[ $(of "$pf") == 1:1Q ]]'
rm /etc/vio.d/gpu.conf
wait_for 30 test ! -e "/run/viod/pf/$pf.json"
expect_eq "$(of "$pf") $(vf_count "$pf")" " 0" "what is left"

# The VFs are re-created with theirs.
conf gpu <<-CONF
	[pf]
	name = $pf
	kind = gpu
	vfs = 2
	mdevs = NVIDIA A16-4Q, NVIDIA A16-1Q
	mdev-grace = 0
CONF
wait_state "$pf" configured 60
expect_eq "$(of "$pf" | tr -d 0123456789: | xargs)" "Q Q" "two mdevs"
before=$(uuids "$pf" "NVIDIA A16-4Q")
sed -i 's/^vfs = 2/vfs = 3/' /etc/vio.d/gpu.conf
wait_for 30 eval '[[ $(vf_count "$pf") == 3 ]]'
wait_state "$pf" configured 60
expect_eq "$(uuids "$pf" "NVIDIA A16-4Q")" "$before" "UUIDs after VFs were re-created"
rm /etc/vio.d/gpu.conf
wait_for 30 test ! -e "/run/viod/pf/$pf.json"
bench_remove "$pf"

# --- a parent that is a PF without VFs
pf=$(bench_pf nvidia-pf)
bench_knob "$pf" mixed 1
foreign=11111111-2222-3333-4444-555555555555
echo $foreign >"$sys/$pf/mdev_supported_types/nvidia-710/create"
conf gpu <<-CONF
	[pf]
	name = $pf
	kind = gpu
	mdevs = 2 x NVIDIA A16-1Q, NVIDIA A16-4Q
	mdev-grace = 0
CONF
wait_state "$pf" configured 60
expect_eq "$(of "$pf")" "pf:1Q pf:1Q pf:1Q pf:4Q" "mdevs of the PF, and one of another program"
expect_eq "$(state "$pf" ".facts.mdevs[\"$foreign\"][\"made-by\"]")" unknown "whose it is"
hold_vf all "$(uuids "$pf" "NVIDIA A16-4Q")"
# One is open, and stays; the idle one is removed meanwhile.
sed -i 's/^mdevs = .*/mdevs = NVIDIA A16-1Q/' /etc/vio.d/gpu.conf
wait_state "$pf" blocked 60
expect_eq "$(of "$pf")" "pf:1Q pf:1Q pf:4Q" "mdevs while one is open"
expect_log "waiting for vfio-hold .*: /dev/vfio/[0-9]+ of mdev" 30
kill $holder
wait_state "$pf" configured 60
expect_eq "$(of "$pf")" "pf:1Q pf:1Q" "mdevs when it was free"

# Just created: kept.
sed -i 's/^mdevs = .*/mdevs = NVIDIA A16-2Q/; s/^mdev-grace.*/mdev-grace = 3600/' /etc/vio.d/gpu.conf
wait_for 40 eval '[[ $(of "$pf") == "pf:1Q pf:2Q" ]]'
wait_state "$pf" configured 60
rm /etc/vio.d/gpu.conf
expect_log "waiting for mdev .*, just created and reserved [0-9]+ s for its user" 30
expect_eq "$(of "$pf")" "pf:1Q pf:2Q" "mdevs after the release"
[[ -e $mdevs/$foreign ]] || fail "the mdev of another program was removed"
