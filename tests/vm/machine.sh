# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# The virtual machine of tests/vm/run and tests/vm/demo, which read this file under "set -euo pipefail":
#
#   machine_prepare PROGRAM  makes the payload: viod, tests/vm/guest/PROGRAM, which the guest runs at the end of its boot, and
#                            lib.sh and many.sh beside it. Until the boot files may be added to $payload, the guest's /usr/lib/viod-test.
#                            $layer names another image than the ordinary one (tests/vm/image).
#   machine_boot             starts the guest; what PROGRAM reports can be read from the descriptor $report
#   machine_boot_here        the same with this terminal as the guest's console; returns when the guest has ended
#   machine_say LINE...      what the guest's program can read from /dev/virtio-ports/viod.queue, also before the guest is started
#   machine_death            why a guest that stopped reporting did so
#
# Environment: see tests/vm/run.
#
# shellcheck disable=SC2034  # variables for those who read this

layer='' temporary=${TMPDIR:-/tmp}
vm=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$vm/../.." && pwd)

boot_limit=${VIOD_VM_BOOT_LIMIT:-240} # seconds until a guest that does not report is taken for dead

die() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }

qemu=
machine_exit() {
	[[ ! $qemu ]] || kill "$qemu" 2>/dev/null || :
	if [[ ${VIOD_VM_LOG-} && -e $work/console ]]; then
		cp "$work/console" "$VIOD_VM_LOG"
	fi
	rm -rf "$work"
}

machine_prepare() {
	local build=${VIOD_BUILD:-$top/build} units file
	tsc=
	image=$("$vm/image" ${layer:+"$layer"})
	work=$(TMPDIR=$temporary mktemp -d)
	export TMPDIR=$work # where QEMU keeps what the guest writes to its root
	trap machine_exit EXIT
	trap 'exit 130' INT TERM

	tree=$work/tree
	mkdir "$tree"
	if [[ ${VIOD_TREE-} ]]; then
		cp -a "$VIOD_TREE/." "$tree/"
	else
		make -s -C "$top" BUILD="$build" install DESTDIR="$tree" >"$work/make" 2>&1 || { cat "$work/make" >&2; die "make install failed"; }
	fi
	payload=$tree/usr/lib/viod-test units=$tree/etc/systemd/system
	mkdir -p "$payload"/{plugins,bin} "$units/multi-user.target.wants"
	cp "$vm/guest"/*.sh "$payload/"
	mkfifo "$work"/queue.{in,out}
	exec {queue}<>"$work/queue.in"
	cp "$vm/guest/$1" "$payload/program"
	cp "$vm/guest/viod-test.service" "$units/"
	ln -s ../viod-test.service "$units/multi-user.target.wants/"
	for file in "$build"/tests/plugins/*.so; do
		[[ ! -e $file ]] || cp "$file" "$payload/plugins/"
	done
	for file in "$build"/tests/vm/*; do
		[[ ! -f $file || ! -x $file ]] || cp "$file" "$payload/bin/"
	done
	[[ ! -x $build/tests/vm/tsc-khz ]] || tsc=$("$build/tests/vm/tsc-khz")
	[[ ! -d $build/tests/vendor/package ]] || cp -r "$build/tests/vendor/package" "$payload/vendor"
	# The guest has no cards of these, and the module that plays them (tests/kmod) needs the names of their drivers.
	mkdir -p "$tree/etc/modprobe.d"
	for file in mlx4_core mlx5_core i40e iavf ice bnxt_en ixgbe ixgbevf qed qede sfc nfp xe i915 nvidia nouveau qat_4xxx; do
		printf 'blacklist %s\ninstall %s /bin/false\n' $file $file
	done >"$tree/etc/modprobe.d/viod-bench.conf"
	for file in "$build"/tests/kmod/*.ko; do
		[[ ! -e $file ]] || cp "$file" "$payload/"
	done
}

machine_say() { printf '%s\n' "$@" >&"$queue"; }

machine_pack() {
	# The names and not ".": the archive must say nothing about the root directory itself.
	(cd "$tree" && tar --owner=0 --group=0 --numeric-owner --mode=go-w -cf "$work/payload" -- *)
}

# machine_devise [KERNEL-PARAMETER...]
machine_devise() {
	# What an emulated processor is slow at: a fifth level of page tables, a clock that is a device, pages cleared twice.
	local lean="no5lvl tsc=reliable init_on_alloc=0 apparmor=0 audit=0 randomize_kstack_offset=off nokaslr rcupdate.rcu_expedited=1"
	[[ ! $tsc ]] || lean+=" tsc_early_khz=$tsc" # it would measure that itself, and wrong on a busy host
	# One processor each: in emulation a second one makes every atomic operation of the guest, and every wait for the other, dear.
	# shellcheck disable=SC2054  # the commas are QEMU's
	machine=(
		-nodefaults -no-user-config -display none -no-reboot
		-M q35,kernel-irqchip=split,sata=off,smbus=off -cpu max -accel "${VIOD_VM_ACCEL:-tcg,thread=multi}" -smp 1 -m 2048
		-kernel "$image/vmlinuz" -initrd "$image/initrd.img"
		-append "console=ttyS0 quiet log_buf_len=4M panic=1 mitigations=off rw intel_iommu=on iommu=nopt \
systemd.show_status=no systemd.log_color=no sysctl.kernel.hung_task_timeout_secs=60 \
nowatchdog rcupdate.rcu_cpu_stall_suppress=1 $lean ${1-} ${VIOD_VM_APPEND-}" # a busy host would set off the first two

		# An IOMMU group for each VF, and interrupt remapping, without which vfio opens nothing.
		-device intel-iommu,intremap=on,caching-mode=on

		-drive "if=none,id=root,file=$image/${layer:-root}.img,format=raw,snapshot=on"
		-drive "if=none,id=payload,file=$work/payload,format=raw,readonly=on"
		-device virtio-blk-pci,drive=root -device virtio-blk-pci,drive=payload

		# Three ports: for the runner's report; for what it is to do; one that is the monitor of this same QEMU, for scenarios
		# that plug devices.
		-device virtio-serial-pci
		-chardev file,id=report,path=/dev/fd/3 -device virtserialport,chardev=report,name=viod.report
		-chardev "pipe,id=queue,path=$work/queue" -device virtserialport,chardev=queue,name=viod.queue
		-chardev "socket,id=qmp,path=$work/qmp,server=on,wait=off" -mon chardev=qmp,mode=control
		-chardev "socket,id=monitor,path=$work/qmp" -device virtserialport,chardev=monitor,name=viod.monitor
		-chardev "socket,id=hmp,path=$work/hmp,server=on,wait=off" -mon chardev=hmp,mode=readline

		# Buses 1 to 5: two NICs, an NVMe controller, an empty port, and one without ACS. The NICs hang on one wire, hence have a carrier.
		-device pcie-root-port,id=port1,chassis=1,slot=1
		-device pcie-root-port,id=port2,chassis=2,slot=2
		-device pcie-root-port,id=port3,chassis=3,slot=3
		-device pcie-root-port,id=port4,chassis=4,slot=4
		-device pcie-root-port,id=port5,chassis=5,slot=5,disable-acs=on
		-netdev hubport,id=wire1,hubid=0 -device igb,bus=port1,netdev=wire1,mac=52:54:00:00:01:00,romfile=
		-netdev hubport,id=wire2,hubid=0 -device igb,bus=port2,netdev=wire2,mac=52:54:00:00:02:00,romfile=
		-netdev hubport,id=wire4,hubid=0

		# 16 VFs, with two queues and one vector to give to each. Namespaces 1 to 4 are for one controller each, 5 for many;
		# none is attached yet, and 1 and 5 keep their data.
		-device nvme-subsys,id=subsys
		-device nvme,bus=port3,subsys=subsys,serial=viod,sriov_max_vfs=16,sriov_vq_flexible=34,sriov_vi_flexible=17,max_ioqpairs=40,msix_qsize=40
		-blockdev "file,node-name=ns1,filename=$work/ns1" -device nvme-ns,drive=ns1,nsid=1,shared=off,detached=on
		-blockdev null-co,node-name=ns2,size=67108864,read-zeroes=on -device nvme-ns,drive=ns2,nsid=2,shared=off,detached=on
		-blockdev null-co,node-name=ns3,size=67108864,read-zeroes=on -device nvme-ns,drive=ns3,nsid=3,shared=off,detached=on
		-blockdev null-co,node-name=ns4,size=67108864,read-zeroes=on -device nvme-ns,drive=ns4,nsid=4,shared=off,detached=on
		-blockdev "file,node-name=ns5,filename=$work/ns5" -device nvme-ns,drive=ns5,nsid=5,shared=on,detached=on
	)
	truncate -s 64M "$work"/ns{1,5}
}

# The report begins with the line BOOTED. A guest that does not get there is started once more, after the reason has been
# printed: under load the kernel's own boot has been seen to hang in emulation.
machine_boot() {
	local try line status
	machine_pack
	for try in 1 2; do
		machine_devise "${talkative-}"
		exec {report}< <(exec timeout -k 5 "${VIOD_VM_TIMEOUT:-3600}" \
			qemu-system-x86_64 "${machine[@]}" -serial "file:$work/console" 3>&1 >"$work/qemu" 2>&1 </dev/null)
		qemu=$!
		status=0
		IFS= read -r -t "$boot_limit" line <&"$report" || status=$?
		if ((status == 0 || try == 2)); then
			return 0
		fi
		machine_hang "$status"
		machine_death
		printf 'It is started once more.\n'
		kill "$qemu" 2>/dev/null || :
		wait "$qemu" 2>/dev/null || :
		exec {report}<&-
		local talkative='loglevel=7 systemd.show_status=yes'
	done
}

# machine_hang STATUS: what a guest that does not boot is doing; STATUS is that of the read, above 128 when its time was over.
machine_hang() {
	local status=0
	if (($1 > 128)); then
		printf 'The guest has not booted within %d s; the load of this machine is %s; QEMU:\n' "$boot_limit" "$(cut -d' ' -f1-3 /proc/loadavg)"
		ps -o stat=,time=,wchan= -p "$(pgrep -P "$qemu" || echo "$qemu")" | sed 's/^/    state, CPU time and wait: /' || : # it may end just now
		printf 'info status\ninfo registers\n' | timeout 5 socat -t 2 - "UNIX-CONNECT:$work/hmp" 2>&1 |
			grep -aE 'VM status|^R?IP=|HLT|CR3' | sed 's/\r$//; s/^/    /' || :
	else
		wait "$qemu" || status=$?
		printf 'QEMU ended with status %d before the guest had booted.\n' "$status"
	fi
}

machine_boot_here() {
	machine_pack
	machine_devise
	: >"$work/report"
	qemu-system-x86_64 "${machine[@]}" -serial mon:stdio 3>>"$work/report" 2>"$work/qemu" || :
	exec {report}<"$work/report"
}

machine_death() {
	printf 'The end of its console:\n'
	tail -n 40 "$work/qemu" "$work/console" 2>/dev/null | sed 's/\r$//; s/^/    /' || : # one that ended at once has no console
}
