# SPDX-License-Identifier: LGPL-2.1-or-later
# A file is followed, whether it is written slowly, by sed, by vim, by mv, through links, or in a directory that is replaced
# timeout: 90
file=/etc/vio.d/x.conf
target=/run/elsewhere/x

# A slow writer: the incomplete file between two writes does not affect the VFs.
printf '[pf]\nname = 03:00.0\nkind = dev\nvfs = 1\n[vf0]\ndriver = none\n' | conf nvme
start_viod
before=$(vf_inodes $NVME)
: >/etc/vio.d/nvme.conf
for line in '[pf]' 'name = 03:00.0' 'kind = dev' 'vfs = 1' '[vf0]' 'driver = none'; do
	pause 0.15
	printf '%s\n' "$line" >>/etc/vio.d/nvme.conf
done
expect_log '/etc/vio.d/nvme.conf:1:1: '
wait_for 10 eval '[[ $(state $NVME "[.state, .error] | @csv") == "\"configured\"," ]]'
expect_eq "$(vf_inodes $NVME)" "$before" "VFs after a slow writer"
refute_log "restoring the original settings"
rm /etc/vio.d/nvme.conf
wait_released $NVME 10

# From here on the file names devices that do not exist: their names in /run/viod/state show which version is in force.
asks() { printf '[pf]\nname = 0f:00.%d\nkind = dev\nvfs = 1\n' "$1"; }
became() {
	quiet
	wait_for 10 eval "[[ \$(echo /run/viod/state/*) == /run/viod/state/0000:0f:00.$1.json ]]"
}
absent() {
	quiet
	wait_for 10 eval '[[ ! $(ls /run/viod/state) ]]'
}

rm -r /etc/vio.d
pause 0.2
mkdir /etc/vio.d
asks 1 >$file
became 1
asks 2 >$file # the shell truncates, then writes
became 2
sed -i 's/00\.2/00.1/' $file
became 1
# vim with backupcopy=no: the old file is renamed, a new one is written, the backup is removed.
mv $file $file~
asks 2 >$file
rm $file~
became 2
asks 1 >/etc/vio.d/4913
mv /etc/vio.d/4913 $file
became 1

# A link whose target is edited in place, replaced, deleted and created again.
mkdir ${target%/*}
asks 2 >$target
ln -sf $target $file
became 2
asks 1 >$target
became 1
asks 2 >$target.new
mv $target.new $target
became 2
rm -r ${target%/*}
expect_log "$file: this symbolic link points to a file that does not exist"
mkdir ${target%/*}
pause 0.2
asks 1 >$target
became 1

# A ConfigMap: files are links into ..data, which is a link that is swapped.
mkdir /etc/vio.d/..1 /etc/vio.d/..2
asks 2 >/etc/vio.d/..1/x.conf
asks 1 >/etc/vio.d/..2/x.conf
ln -s ..1 /etc/vio.d/..data
ln -sf ..data/x.conf $file
became 2
ln -s ..2 /etc/vio.d/..data_tmp
mv -T /etc/vio.d/..data_tmp /etc/vio.d/..data
became 1
rm -r /etc/vio.d/..1

# The directory is renamed, renamed back, removed, replaced by a link, and the link is changed.
mv /etc/vio.d /etc/vio.d.aside
absent
mv /etc/vio.d.aside /etc/vio.d
became 1
rm -r /etc/vio.d
absent
mkdir /run/elsewhere/{1,2}
asks 1 >/run/elsewhere/1/x.conf
asks 2 >/run/elsewhere/2/x.conf
ln -s /run/elsewhere/1 /etc/vio.d
became 1
ln -sfn /run/elsewhere/2 /etc/vio.d
became 2
rm /etc/vio.d
absent
mkdir /etc/vio.d
asks 1 >$file
became 1
rm -r /run/elsewhere
