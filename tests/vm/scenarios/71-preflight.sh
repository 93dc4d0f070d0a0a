# SPDX-License-Identifier: LGPL-2.1-or-later
# What VFIO would refuse is refused before, with the reason; a variant driver is found by its alias; a failure is reverted
# timeout: 200
write_conf() {
	quiet
	{ printf '[pf]\nname = 01:00.0\nkind = dev\n[vf*]\n'; printf '%s\n' "$@"; } | conf nic0
}
# Two VFs from before viod, one of them native and one unbound.
echo 2 >$sys/$NIC0/sriov_numvfs
vf=$(vf_addr $NIC0 0) other=$(vf_addr $NIC0 1)
wait_for 20 test -d "$sys/$vf/net" -a -d "$sys/$other/net"
udevadm settle
echo "$other" >"$sys/$other/driver/unbind"
before="$(driver_of "$vf"):$(<"$sys/$vf/driver_override") $(driver_of "$other"):$(<"$sys/$other/driver_override")"
now() { quiet; echo "$(driver_of "$vf"):$(<"$sys/$vf/driver_override") $(driver_of "$other"):$(<"$sys/$other/driver_override")"; }

# A driver that this kernel does not have. Its VF has not been changed.
start_viod
write_conf 'driver = mlx5_vfio_pci'
wait_state $NIC0 degraded
expect_log "no driver 'mlx5_vfio_pci' \(CONFIG_VFIO_PCI\)"
expect_eq "$(driver_of "$vf"):$(<"$sys/$vf/driver_override")" 'igbvf:(null)' "VF 0, refused"
write_conf 'driver = default'
wait_for 20 eval '[[ $(driver_of "$other") == igbvf ]]'
wait_state $NIC0 configured
rm /etc/vio.d/nic0.conf
wait_released $NIC0 20
expect_eq "$(now)" "$before" "restored"
stop_viod

# The kernel refuses the probe: the VF is bound to its previous driver again, and the next job retries.
trace_viod -P /sys/bus/pci/drivers_probe -e inject=write:error=EINVAL:when=1
write_conf 'driver = vfio'
sed -i 's/^\[vf\*\]/[vf0]/' /etc/vio.d/nic0.conf
start_viod
wait_state $NIC0 degraded
expect_log "vf0: .*its previous driver 'igbvf' is bound again"
expect_eq "$(now)" "$before" "after a probe that failed"
[[ $(state $NIC0 .vfs[0].error) == *"Invalid argument"* ]] || fail "error of VF 0: $(state $NIC0 .vfs[0].error)"
stop_viod
untrace_viod
start_viod
wait_for 30 eval '[[ $(driver_of "$vf") == vfio-pci ]]'
wait_state $NIC0 configured
rm /etc/vio.d/nic0.conf
wait_released $NIC0 20
expect_eq "$(now)" "$before" "restored at the end"
stop_viod

# A variant: vfio-pci by another name, whose alias has one wildcard less. The same length keeps the ELF file whole.
modules=/lib/modules/$(uname -r)
module=$(modinfo -F filename vfio-pci)
mkdir -p "$modules/extra"
python3 - "$module" "$modules/extra/vfio_alt.ko" <<-'END'
	import lzma, sys
	data = open(sys.argv[1], "rb").read()
	if sys.argv[1].endswith(".xz"):
	    data = lzma.decompress(data)
	magic = b"~Module signature appended~\n" # it would not fit any more
	if data.endswith(magic):
	    end = len(data) - len(magic)
	    data = data[:end - 12 - int.from_bytes(data[end - 4:end], "big")]
	for old, new in ((b"\0vfio_pci\0", b"\0vfio_alt\0"), (b"=vfio_pci\0", b"=vfio_alt\0"), (b"\0vfio-pci\0", b"\0vfio-alt\0"),
	                 (b"vfio_pci:v*d*sv*sd*bc*sc*i*\0", b"vfio_pci:v00008086d*sv*b*\0\0\0")):
	    data = data.replace(old, new)
	data = data.replace(b"vfio_pci\0" + b"\0" * 47, b"vfio_alt\0" + b"\0" * 47) # the name in struct module
	open(sys.argv[2], "wb").write(data)
END
remove_variant() {
	quiet
	systemctl stop viod || :
	[[ ! -e $sys/$NIC0/virtfn0 ]] || echo 0 >$sys/$NIC0/sriov_numvfs
	rmmod vfio_alt 2>/dev/null || :
	rm -rf "$modules/extra"
	cp -a "$viod_run/index/." "$modules"
}
# depmod reads all modules there are, which is most of what this scenario costs.
mkdir $viod_run/index
cp -a "$modules"/modules.* $viod_run/index
trap remove_variant EXIT
depmod
modprobe vfio-pci
write_conf 'driver = vfio'
start_viod
wait_for 30 eval '[[ $(driver_of "$vf") == vfio-alt ]]'
wait_state $NIC0 configured
# By name.
write_conf 'driver = vfio-pci'
wait_for 30 eval '[[ $(driver_of "$vf") == vfio-pci ]]'
wait_state $NIC0 configured
expect_eq "$(stat -c '%U %a' "/dev/vfio/$(group_of "$vf")")" "root 600" "node of a VF that changed drivers"
rm /etc/vio.d/nic0.conf
wait_released $NIC0 20
expect_eq "$(now)" "$before" "restored"
