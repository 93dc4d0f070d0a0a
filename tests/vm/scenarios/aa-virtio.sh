# SPDX-License-Identifier: LGPL-2.1-or-later
# virtio: no settings are sent to a device without settings of VFs, and its errors for the count are explained
# timeout: 120
pf=$(bench_pf virtio)
write_conf() { printf '[pf]\nname = %s\nkind = net\nvfs = %s\nlink = up\n[vf*]\nvlan = %s\ntrust = on\n' "$pf" "$1" "$2" | conf nic; }
trace_viod
for quirk in without with; do
	if [[ $quirk == with ]]; then afresh "$pf"; else afresh "$pf" net; fi
	: >$viod_run/trace
	bench_fault "$pf" create '*' EBUSY
	write_conf 3 5
	start_viod
	wait_for 10 eval '[[ $(state $pf .error) == *"Device or resource busy"* ]]'
	explained=$(state "$pf" .error | grep -c 'the device is not ready; its driver must be bound first' || :)
	bench_clear "$pf"
	wait_state "$pf" configured
	expect_eq "$(vf_count "$pf") $(driver_of "$(vf_addr "$pf" 2)")" "3 virtio_nicvf" "VFs and their driver, $quirk the quirk"
	expect_log "'vlan' cannot be set with this driver"
	asked=$(link_write_vfs | xargs) || : # there may be none
	case $quirk in
	without) expect_eq "$explained, $asked" "0, 0 1 2" "explanations, and VFs that were asked for, without the quirk" ;;
	with)    expect_eq "$explained, $asked" "1, " "explanations, and VFs that were asked for, with the quirk" ;;
	esac
done
untrace_viod
expect_free "$pf"
