# SPDX-License-Identifier: LGPL-2.1-or-later
# Three PFs are configured side by side from one start, their counts one after the other; READY comes when all have settled.
# timeout: 90
conf nic0 <<-CONF
	[pf]
	name = 01:00.0
	kind = net
	vfs = 7
CONF
conf nic1 <<-CONF
	[pf]
	name = 02:00.0
	kind = dev
	vfs = 7
	[vf*]
	driver = none
CONF
conf nvme <<-CONF
	[pf]
	name = 03:00.0
	kind = dev
	vfs = 8
	[vf*]
	driver = vfio-pci
CONF
# A PF that must fail and an absent one do not delay READY.
conf late <<-CONF
	[pf]
	name = 04:00.0
	kind = net
	vfs = 1
CONF
trace_viod -ttt -T
start_viod
for pf in $NIC0 $NIC1 $NVME; do
	expect_eq "$(state $pf .state)" configured "state of $pf when the unit is started"
done
expect_eq "$(vf_count $NIC0) $(vf_count $NIC1) $(vf_count $NVME)" "7 7 8" "VFs when the unit is started"
expect_eq "$(state $SPARE .state)" absent "state of the one that is not there"
untrace_viod

python3 - $viod_run/trace <<-'END'
	import re, sys
	open_calls, calls = {}, []
	for line in open(sys.argv[1], errors="replace"):
	    m = re.match(r"(\d+) +(\d+\.\d+) (.*)", line)
	    if not m:
	        continue
	    pid, when, text = m[1], float(m[2]), m[3]
	    if text.endswith("<unfinished ...>"):
	        open_calls[pid] = (when, text)
	        continue
	    duration = re.search(r"<(\d+\.\d+)>$", text)
	    if text.startswith("<..."):
	        began, text = open_calls.pop(pid)
	        calls.append((began, when, pid, text))
	    else:
	        calls.append((when, when + float(duration[1] if duration else 0), pid, text))
	calls.sort()
	counts = [c for c in calls if "/sriov_numvfs>" in c[3] and c[3].startswith("write")]
	for a in counts:
	    print("count %.3f to %.3f: %s" % (a[0], a[1], a[3][:100]))
	assert len(counts) == 3, "three writes of counts"
	for a, b in zip(counts, counts[1:]):
	    assert a[1] <= b[0], "two counts at a time"
	# From its first to its last call, each job must overlap with the others. The process that writes the count is the
	# job, not a worker.
	spans = {c[2]: [1e99, 0] for c in counts}
	for began, ended, pid, text in calls:
	    if pid in spans:
	        spans[pid] = [min(spans[pid][0], began), max(spans[pid][1], ended)]
	for pid, span in spans.items():
	    print("job %s from %.3f to %.3f" % (pid, *span))
	assert len(spans) == 3, "three jobs"
	latest_begin, first_end = max(s[0] for s in spans.values()), min(s[1] for s in spans.values())
	assert latest_begin < first_end, "the jobs did not run side by side"
	ready = [c for c in calls if "READY=1" in c[3]]
	states = [c for c in calls if '"state\\": \\"configured' in c[3]]
	assert len(ready) == 1 and len(states) == 3, (ready, states)
	assert max(c[0] for c in states) < ready[0][0], "READY before all had settled"
END
