/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A PF without a device: its jobs start nothing and end as the test says; timers run off when it
 * says so.
 */
#ifndef TESTS_FAKE_PF_H
#define TESTS_FAKE_PF_H

#include "daemon/pf.h"

#include <errno.h>

#include "../parsed.h"

#define ADDRESS "0000:01:00.0"
#define VF_ADDRESS "0000:01:10.0"
#define DEVPATH "/devices/pci0000:00/" ADDRESS
#define VF_DEVPATH "/devices/pci0000:00/" VF_ADDRESS

/* --- jobs ------------------------------------------------------------------------------------- */

struct job {
	struct job_request request;
	const struct job_handlers *handlers;
	void *userdata;
	bool stopped;
};

static struct job *running, *looking;
static int start_result;
static unsigned started;

int job_start(sd_event *event, const struct job_request *request, uint64_t timeout,
	      const struct job_handlers *handlers, void *userdata, struct job **ret_job)
{
	struct job **slot = request->goal == JOB_LOOK ? &looking : &running;
	struct job *job;

	if (start_result < 0)
		return start_result;
	/* One PF has one job. */
	ck_assert_ptr_null(*slot);
	job = calloc(1, sizeof(*job));
	job->request = *request;
	job->handlers = handlers;
	job->userdata = userdata;
	started += request->goal != JOB_LOOK;
	*ret_job = *slot = job;
	return 0;
}

struct job *job_free(struct job *job)
{
	if (running == job)
		running = NULL;
	if (looking == job)
		looking = NULL;
	free(job);
	return NULL;
}

void job_stop(struct job *job)
{
	job->stopped = true;
}

pid_t job_pid(const struct job *job)
{
	return 1;
}

/* --- a PF ------------------------------------------------------------------------------------- */

struct world {
	sd_event *event;
	struct parsed file;
	struct pf_environment environment;
	struct managed_pf *pf;
	bool full; /* no room for a job */
	unsigned reports, changes;
	uint64_t seqnum; /* of the newest uevent */
};

static inline bool may_start(void *userdata)
{
	return !((struct world *)userdata)->full;
}

static inline void on_changed(void *userdata, struct managed_pf *pf)
{
	((struct world *)userdata)->changes++;
	ck_assert_ptr_nonnull(pf_state_names[pf->shown]);
}

static inline void on_report(void *userdata, struct managed_pf *pf, const struct diag_list *diags)
{
	((struct world *)userdata)->reports++;
}

static inline void on_idle(void *userdata, struct managed_pf *pf)
{
}

/* Another PF in the same world. */
static inline void world_reset(struct world *world, const char *file)
{
	pf_free(world->pf);
	world->pf = pf_new(&world->environment, file);
	ck_assert_ptr_nonnull(world->pf);
	world->full = false;
	start_result = 0;
	started = 0;
}

static inline void world_new(struct world *world, const char *file)
{
	*world = (struct world){ .file = parse_drop_ins(
					 "[pf]\nname = 01:00.0\nkind = net\nvfs = 2\n", NULL, NULL),
				 .seqnum = 100 };
	config_free(world->file.config);
	world->file.config = NULL;
	ck_assert_int_ge(sd_event_new(&world->event), 0);
	/* Its files stand for nodes. */
	ck_assert_int_eq(waker_new(world->event, world->file.root.fd, &world->environment.waker),
			 0);
	world->environment = (struct pf_environment){
		.event = world->event,
		.waker = world->environment.waker,
		.userdata = world,
		.changed = on_changed,
		.report = on_report,
		.may_start = may_start,
		.idle = on_idle,
	};
	world_reset(world, file);
}

static inline void world_clear(struct world *world)
{
	pf_free(world->pf);
	ck_assert_ptr_null(running);
	ck_assert_ptr_null(looking);
	waker_free(world->environment.waker);
	sd_event_unref(world->event);
	parsed_clear(&world->file);
}

#define _cleanup_world_ _cleanup_(world_clear)

static inline struct config *version(struct world *world)
{
	struct config *config = NULL;

	ck_assert_int_eq(config_parse(world->file.root.fd, &world->file.files.items[0],
				      kinds_schema, &world->file.kinds, &world->file.diags,
				      &config),
			 0);
	return config;
}

/* The file was edited; what it asks for now, which the PF owns. */
static inline const struct config *edit(struct world *world)
{
	struct config *config = version(world);

	ck_assert_int_eq(pf_configure(world->pf, config, ADDRESS), 0);
	pf_pump(world->pf);
	return config;
}

static inline void uevent_as(struct world *world, const char *action, const char *devpath,
			     const char *subsystem, uint64_t seqnum)
{
	const struct uevent event = {
		.action = action, .devpath = devpath, .subsystem = subsystem, .seqnum = seqnum
	};

	pf_uevent(world->pf, &event);
}

static inline void uevent(struct world *world, const char *action, const char *devpath)
{
	uevent_as(world, action, devpath, "pci", ++world->seqnum);
}

static inline void driver_loaded(struct world *world)
{
	uevent_as(world, "add", "/module/igb", "module", ++world->seqnum);
}

static inline void time_is_over(struct world *world)
{
	if (!retry_pending(&world->pf->retry))
		return;
	retry_cancel(&world->pf->retry);
	world->pf->retry.again(world->pf, RETRY_TIME);
}

static inline void job_writes(struct world *world)
{
	json_t *progress = json_pack("{s:s, s:s, s:i, s:i}", "state",
				     world->pf->goal == JOB_RELEASE ? "releasing" : "applying",
				     "text", "step", "done", 0, "total", 2);

	running->handlers->progress(running->userdata, progress);
	json_decref(progress);
}

/* What a job that is blocked reports; not owned. */
static json_t *job_holders, *job_nodes;

/* The job's last look was before the uevent of this number. */
static inline void job_ends_seen(struct world *world, enum job_verdict verdict, const char *text,
				 uint64_t seqnum)
{
	struct job_outcome outcome = { 0 };
	json_t *diags = json_array(), *result;

	if (text) {
		struct diag_list list = { 0 };

		diag_add(&list, VIOD_ERROR, VIOD_PF, NULL, 0, "%s", text);
		json_array_append_new(diags, diag_to_json(&list.items[0]));
		diag_list_clear(&list);
	}
	result = json_pack("{s:s, s:I, s:I, s:o, s:{s:[s]}, s:O?, s:O?}", "verdict",
			   job_verdict_names[verdict], "seqnum", (json_int_t)seqnum, "looked",
			   (json_int_t)now_usec(), "diags", diags, "vfs", "addresses", VF_ADDRESS,
			   "holders", job_holders, "nodes", job_nodes);
	outcome.result = result;
	ck_assert_ptr_nonnull(running);
	running->handlers->done(running->userdata, &outcome);
	json_decref(result);
	pf_pump(world->pf);
}

static inline void job_ends(struct world *world, enum job_verdict verdict, const char *text)
{
	job_ends_seen(world, verdict, text, world->seqnum);
}

static inline void job_dies(struct world *world)
{
	const struct job_outcome outcome = { .death = "the job crashed" };

	running->handlers->done(running->userdata, &outcome);
	pf_pump(world->pf);
}

static inline void assert_job(const struct world *world, enum job_goal goal,
			      const struct config *config)
{
	ck_assert_ptr_nonnull(running);
	ck_assert_int_eq(running->request.goal, goal);
	ck_assert_ptr_eq(running->request.config, config);
}

static inline void assert_shown(const struct world *world, enum pf_state state)
{
	ck_assert_str_eq(pf_state_names[world->pf->shown], pf_state_names[state]);
}

/* A PF that is as its file says. */
static inline const struct config *configured(struct world *world)
{
	const struct config *config = edit(world);

	assert_job(world, JOB_APPLY, config);
	job_writes(world);
	job_ends(world, JOB_CONFIGURED, NULL);
	assert_shown(world, PF_CONFIGURED);
	return config;
}

#endif
