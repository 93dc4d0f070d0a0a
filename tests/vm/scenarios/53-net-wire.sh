# SPDX-License-Identifier: LGPL-2.1-or-later
# Frames of a VF arrive tagged at the other end of the wire, with its VLAN and priority, and without when the VLAN is cleared.
# timeout: 120
write_conf() { # VLAN QOS
	conf nic0 <<-CONF
		[pf]
		name = 01:00.0
		kind = net
		vfs = 2
		[vf0]
		mac = 52:54:00:aa:00:00
		vlan = $1
		qos = $2
	CONF
}
cat >$viod_run/wire.py <<'END'
import socket, struct, sys
source, sink, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
rx = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
rx.bind((sink, 0))
rx.setsockopt(263, 8, 1) # SOL_PACKET, PACKET_AUXDATA: the kernel removes the tag from the frame and reports it there
tx = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
tx.bind((source, 0))
frame = b"\xff" * 6 + bytes.fromhex("525400aa0000") + b"\x88\xb5" + b"viod".ljust(60, b".")
rx.settimeout(0.5)
for i in range(count):
    tx.send(frame)
    try:
        while True:
            got, aux, _, _ = rx.recvmsg(2048, 256)
            if b"viod...." in got:
                status, tci = struct.unpack_from("=I12xH", aux[0][2])
                print("tagged %d %d" % (tci & 0xfff, tci >> 13) if status & 16 else "untagged")
                sys.exit()
    except TimeoutError: pass
print("nothing")
END
other=$(netdev_of $NIC1)
ip link set "$other" up promisc on

write_conf 100 3
start_viod
wait_state $NIC0 configured
vf=$(netdev_of "$(vf_addr $NIC0 0)")
expect_eq "$(<"$sys/$(vf_addr $NIC0 0)/net/$vf/address")" 52:54:00:aa:00:00 "what the VF's driver found"
ip link set "$vf" up
wait_for 20 eval '[[ $(<$sys/$(vf_addr $NIC0 0)/net/$vf/carrier) == 1 ]]'
expect_eq "$(python3 $viod_run/wire.py "$vf" "$other" 20)" "tagged 100 3" "the frame on the wire: VLAN 100, priority 3"

write_conf 0 0
wait_for 20 eval '[[ $(vf_link $NIC0 0 ".vlan_list[0].vlan // 0") == 0 ]]'
wait_state $NIC0 configured
expect_eq "$(python3 $viod_run/wire.py "$vf" "$other" 20)" untagged "the frame on the wire: no VLAN"
