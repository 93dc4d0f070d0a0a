# SPDX-License-Identifier: LGPL-2.1-or-later
# Each plugin that is bad in one way is refused by name with its reason, PFs of its kind are invalid, the rest runs.
# timeout: 90
lib=/usr/lib/viod
cp $viod_test/plugins/{bad-*,cycle-*,good,also-good}.so $lib/
cp $viod_test/plugins/crash.so $lib/unsafe.so
chmod 0666 $lib/unsafe.so
cp $viod_test/plugins/crash.so $lib/foreign.so
chown 65534 $lib/foreign.so
ln -s $lib/nowhere.so $lib/dangling.so
head -c 5000 /dev/urandom >$lib/noise.so
chmod 0644 $lib/noise.so
: >$lib/empty.so
mkdir $lib/directory.so
# A package enables its plugin with a drop-in.
mkdir -p /usr/lib/viod.conf.d
for file in $lib/{bad-,cycle-}*.so $lib/{good,also-good,unsafe,foreign,dangling,noise,empty,directory}.so; do
	printf 'plugins = %s\n' "$(basename "$file" .so)"
done >/usr/lib/viod.conf.d/test.conf
conf nvme <<-CONF
	[pf]
	name = 03:00.0
	kind = dev
	vfs = 2
	[vf*]
	driver = none
CONF
conf nic0 <<-CONF
	[pf]
	name = 01:00.0
	kind = bad-magic
	vfs = 2
CONF
start_viod
log=$(viod_log)
printf '%s\n' "$log"
wait_state $NVME configured
wait_state $NIC0 invalid
expect_eq "$(vf_count $NIC0)" 0 "VFs of a kind whose plugin was refused"
error=$(state $NIC0 .error)
[[ $error == *"kind 'bad-magic' needs plugin 'bad-magic', which is not loaded: "* ]] || fail "the error: $error"
maps=$(<"/proc/$(viod_pid)/maps")
[[ $maps == *$lib/dev.so* ]] || fail "no plugin is mapped: $maps"
for file in $lib/*.so; do
	name=$(basename "$file" .so)
	case $name in
	bad-* | cycle-* | unsafe | foreign | dangling | noise | empty | directory)
		[[ $(grep -E "$name(\.so)?['/: ]" <<<"$log" | grep -Ev '^0000') ]] || fail "nothing is said about $name"
		[[ $maps != *"$file"* ]] || fail "$name is still mapped"
		;;
	esac
done
expect_log "unsafe.*(writable|written)"
expect_log "foreign.*(owner|owned|belong)"
expect_log "bad-magic.*magic"
expect_log "bad-major.*(major|version)"
expect_log "bad-size.*size"
expect_log "cycle-[abc].*cycle"
systemctl is-active viod.service

# The directory itself is checked, too: no plugin is loaded then, and all are once it is corrected.
rm $lib/{bad-*,cycle-*,unsafe,foreign,dangling,noise,empty}.so
rmdir $lib/directory.so
rm /usr/lib/viod.conf.d/test.conf
chmod 0777 $lib
restart_viod
viod_log | tail -n 20
wait_state $NVME invalid
expect_log "$lib.*(writable|written)"
expect_eq "$(vf_count $NVME)" 2 "VFs of a file whose plugin is refused all at once"
chmod 0755 $lib
restart_viod
wait_state $NVME configured
