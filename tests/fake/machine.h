/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One sequence's machine with the daemon on it, as the test plays it. */
#ifndef VIOD_FAKE_MACHINE_H
#define VIOD_FAKE_MACHINE_H

#include "kernel.h"
#include "sim.h"

/** Once in each runner: its directory, and the plugins, loaded here so that no daemon has to. */
void machine_open(const char *plugin_directory);
void machine_close(void);
/** A new machine, without a daemon. */
void machine_reset(uint64_t seed);
/** End all that runs. */
void machine_end(void);

void daemon_start(void);
/** SIGTERM, and its end; SIGKILL. */
void daemon_stop(void);
void daemon_kill(void);
void daemon_reload(void);
bool daemon_runs(void);

/** Run viod with these arguments, NULL at the end, to its end. Its exit status, or -1 where it has
 * none. ret_output: what it wrote to stdout. */
int command_run(const char *const *more, char *ret_output, size_t size);

/** How often the daemon and its jobs have written this text to stderr or the service manager, or
 * the test to the trace. */
unsigned said(const char *text);

/** Write a file of /etc/vio.d as editors do, with a rename; or remove it. */
void file_write(const char *name, const char *text);
void file_remove(const char *name);

/** Let it run for so long. A daemon that ends by itself is started again, as systemd does. */
void machine_run(uint64_t ns);
/** Until the call with this number, counted from now, or so long. True if it came. */
bool machine_run_to_call(uint64_t calls, uint64_t ns);

/** Until a job has made so many calls; false where none is started in a minute. */
bool machine_run_to_job(uint64_t calls);

/** The state that the state file of this PF has; "" without one. */
const char *state_of(int pf);
bool has_record(int pf);

/** Lock, and unlock, what the daemon's jobs lock before they change a count. */
int lock_pci(void);
void unlock_pci(int lock);
void tree_rename(const char *from, const char *to);
/** The interface of a PF gets another name. */
void rename_interface(int pf, const char *name);

/** What has been traced so far, to stdout. */
void machine_print_trace(void);

#endif
