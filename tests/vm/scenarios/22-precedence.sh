# SPDX-License-Identifier: LGPL-2.1-or-later
# A file in /etc/vio.d wins over its namesake in /run/vio.d, that over /usr/lib/vio.d; a link to /dev/null masks both
asks() {
	mkdir -p "$1"
	printf '[pf]\nname = 03:00.0\nkind = dev\nvfs = %d\n[vf*]\ndriver = none\n' "$2" >"$1/nvme.conf"
}
has() { [[ $(vf_count $NVME) == "$1" && $(state $NVME '[.state, .config] | @csv') == "\"configured\",\"$2\"" ]]; }

# The directory of the distribution does not exist yet, nor does the one of this boot.
rm -rf /usr/lib/vio.d
start_viod
asks /usr/lib/vio.d 1
wait_for 10 has 1 /usr/lib/vio.d/nvme.conf
asks /run/vio.d 2
wait_for 10 has 2 /run/vio.d/nvme.conf
asks /etc/vio.d 3
wait_for 10 has 3 /etc/vio.d/nvme.conf

# A file that is not in force is not read.
echo rubbish >/run/vio.d/nvme.conf
files_seen
has 3 /etc/vio.d/nvme.conf
refute_log rubbish
asks /run/vio.d 2

ln -sf /dev/null /etc/vio.d/nvme.conf
wait_released $NVME 10
expect_eq "$(vf_count $NVME)" 0 "VFs of a masked file"
rm /etc/vio.d/nvme.conf
wait_for 10 has 2 /run/vio.d/nvme.conf

# A mask in the middle hides what is below it, and is itself hidden from above.
ln -sf /dev/null /run/vio.d/nvme.conf
wait_released $NVME 10
asks /etc/vio.d 3
wait_for 10 has 3 /etc/vio.d/nvme.conf
rm /etc/vio.d/nvme.conf /run/vio.d/nvme.conf
wait_for 10 has 1 /usr/lib/vio.d/nvme.conf
rm -r /usr/lib/vio.d
wait_released $NVME 10
