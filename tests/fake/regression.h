/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sequences written by hand: bugs that were found, each with what must be there in the end. */
#ifndef VIOD_FAKE_REGRESSION_H
#define VIOD_FAKE_REGRESSION_H

#include "machine.h"

struct regression {
	const char *name, *what;
	void (*run)(void);
};

/** Those that must hold; and those that are known to fail, with what will cure them. */
extern const struct regression regressions[], record_regressions[], known_failures[];

/** Fail the sequence, unless the condition holds. */
#define EXPECT(condition_, ...)                                 \
	do {                                                    \
		if (!(condition_))                              \
			sim_fail(#condition_ ": " __VA_ARGS__); \
	} while (0)

#define PF0 "[pf]\nname = 0000:01:00.0\nkind = lab\n"
#define PF1 "[pf]\nname = 0000:02:00.0\nkind = lab\n"

/** Start the daemon and let it begin. */
void begin(void);
void expect_state(int pf, const char *state);
void expect_vfs(int pf, unsigned count);
/** Every VF of the PF has its native driver, and autoprobe is on. */
void expect_whole(int pf);
/** Another program's write to an attribute of this function. */
long other_write(int pf, int vf, const char *attribute, const char *text);
/** Another program makes so many VFs. */
void other_count(int pf, unsigned count);

/** regressions-files.c */
void a2(void);
void a5(void);
void a10(void);
void b5(void);
void d5(void);
void a5_restart(void);
void a5_driver(void);
void a5_edit(void);
void a10_start(void);
void d3(void);
void d4(void);
void a2_again(void);
void l4(void);
void all_errors(void);
void vf_name(void);
void other_class(void);
void in_force(void);
void in_force_with_error(void);
void in_force_unread(void);
void c3(void);
void c3_later(void);
void c3_fails(void);
/** How often the state file of this PF has this text. */
unsigned count_in_state(int pf, const char *text);
/** Whether metrics.prom has this line. */
bool in_metrics(const char *line);
/** How many descriptors the daemon has. */
unsigned daemon_descriptors(void);

/** regressions-waiting.c */
void held_for_an_hour_by_node(void);
void held_for_an_hour_by_machine(void);
void closed_at_any_call(void);
void ended_at_any_call(void);
void closed_in_a_loop(void);

/** regressions-life.c; regressions.c says what each is. */
void a7_ignore(void);
void a17(void);
void a16(void);
void a6(void);
void a7_report(void);
void a8(void);
void a12(void);
void a12_refused(void);
void a13(void);
void b1(void);
void b4_invalid(void);
void b4_fewer(void);
void b8(void);
void b10(void);
void d1(void);
void d2(void);
void c5(void);

/** regressions-lend.c */
void lend_libvirt(void);
void lend_libvirt_attributes(void);
void lend_libvirt_driver(void);
void lend_libvirt_interface(void);
void lend_proxmox(void);
void lend_not_back(void);
void lend_dra(void);
void lend_never_used(void);
void lend_attribute(void);
void lend_unseen(void);
void lend_reload_held(void);
void lend_cni(void);
void lend_enforce(void);
void lend_reset(void);
void lend_driver_unloaded(void);
void lend_count(void);
void lend_autoprobe(void);
void lend_beside_failure(void);
/** regressions-faces.c */
void command_line(void);
void checked_before_and_after(void);
void printed(void);
void second_daemon(void);
void plugins_left_out(void);
void log_of_a_life(void);
void log_of_retries(void);
void notified(void);
void long_start(void);
void stop_in_a_step(void);
void state_file_of_a_pf(void);
void old_state_files(void);

/** regressions-job.c */
void one_probe_fails(void);
void one_value_fails(void);
void count_fails(void);
void driver_refused(void);
void worker_killed(void);
void stuck_explained(void);
void pf_without_driver(void);
void no_descriptor_is_left(void);

#endif
