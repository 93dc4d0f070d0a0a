# SPDX-License-Identifier: LGPL-2.1-or-later
# An invalid configuration file is refused by name, does not affect others, and is applied once it is corrected
# timeout: 120
dir=/etc/vio.d
good() { printf '[pf]\nname = 03:00.0\nkind = dev\nvfs = 1\n[vf0]\ndriver = none\n'; }
nic() { printf '[pf]\nname = 01:00.0\nkind = dev\nvfs = %s\n[vf*]\ndriver = none\n' "$1"; }
refused() {
	quiet
	expect_log "$1"
	expect_eq "$(vf_count $NIC0)" 0 "VFs of a refused file"
}

good | conf good
# All exist at the start: the valid file is applied, each of the others is reported.
mkdir $dir/directory.conf
truncate -s 2M $dir/huge.conf
head -c 4096 /dev/urandom >$dir/junk.conf
ln -s loop.conf $dir/loop.conf
ln -s /nowhere/x.conf $dir/dangling.conf
mkfifo $dir/fifo.conf
ln -s /dev/zero $dir/device.conf
ln -s . $dir/self.conf
nic 1 >$dir/foreign.conf
chown nobody $dir/foreign.conf
nic 1 >$dir/writable.conf
chmod 666 $dir/writable.conf
nic 1 >$dir/.hidden.conf
nic 1 >$dir/backup.conf~
nic 1 >$dir/utf16.conf
sed -i 's/./&\x00/g' $dir/utf16.conf
start_viod
expect_eq "$(state $NVME .state)" configured "the sound file"
before=$(vf_inodes $NVME)
refused "^$dir/directory.conf: this is a directory"
refused "^$dir/huge.conf: the file has 2097152 bytes; a configuration has at most 1048576"
refused "^$dir/junk.conf:[0-9]+:[0-9]+: "
refused "^$dir/utf16.conf:1:2: byte 0x00 is not text"
refused "^$dir/loop.conf: this symbolic link leads back to itself"
refused "^$dir/dangling.conf: this symbolic link points to a file that does not exist"
refused "^$dir/fifo.conf: this is a named pipe"
refused "^$dir/device.conf: this is a device"
refused "^$dir/self.conf: this is a directory"
refused "^$dir/foreign.conf: the file belongs to user [0-9]+, .*chown root"
refused "^$dir/writable.conf: every user may write to the file \(mode 0666\); run: chmod go-w"
refute_log 'hidden|backup'
# A file causes only a few messages, however many errors it has.
(($(count_log junk.conf) < 40)) || fail "junk.conf fills the journal"

# One that is added later is reported too, and the link did not end the watch.
mkdir $dir/late.conf
refused "^$dir/late.conf: this is a directory"
rm -rf $dir/{late,directory,huge,junk,utf16,loop,self,fifo,device}.conf

# Corrected, each is applied.
chown root $dir/foreign.conf
wait_for 10 eval '[[ $(vf_count $NIC0) == 1 ]]'
rm $dir/foreign.conf
wait_for 10 eval '[[ $(vf_count $NIC0) == 0 ]]'
chmod 644 $dir/writable.conf
wait_for 10 eval '[[ $(vf_count $NIC0) == 1 ]]'
wait_state $NIC0 configured

# A valid file that becomes invalid stays in force, and a directory without valid files does not affect others.
nic_before=$(vf_inodes $NIC0)
chmod 664 $dir/writable.conf
expect_log "its group may write to the file \(mode 0664\)"
chmod 644 $dir/writable.conf
mkdir -p /etc/vio.d.elsewhere
mv $dir/writable.conf /etc/vio.d.elsewhere/
ln -s /etc/vio.d.elsewhere/writable.conf $dir/writable.conf
wait_for 10 eval '[[ $(vf_inodes $NIC0) == "$nic_before" && $(state $NIC0 .state) == configured ]]'
rm -r /etc/vio.d.elsewhere
expect_log "^$dir/writable.conf: this symbolic link points to a file that does not exist"
expect_eq "$(vf_inodes $NIC0)" "$nic_before" "VFs of a file whose link dangles"
expect_eq "$(vf_inodes $NVME)" "$before" "VFs of the sound file"

# The target of a link may be created later.
mkdir -p /etc/vio.d.elsewhere
nic 2 >/etc/vio.d.elsewhere/writable.conf
wait_for 10 eval '[[ $(vf_count $NIC0) == 2 ]]'
rm -r /etc/vio.d.elsewhere
