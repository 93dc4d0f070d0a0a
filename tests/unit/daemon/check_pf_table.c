/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of a PF's life: every event in every state, and events in any order. */
#include "fakepf.h"

/* --- the table, and what holds in any order of events ----------------------------------------- */

START_TEST(every_state_has_an_answer_to_every_event)
{
	for (int state = 0; state < PF_STATE_MAX_; state++)
		for (int event = 0; event < PF_EVENT_MAX_; event++)
			ck_assert_msg(pf_table_has((enum pf_state)state, (enum pf_event)event),
				      "nothing is said of event %d in state %d", event, state);
}
END_TEST

/* What can happen to a PF, each by the way it happens. */
enum act {
	ACT_EDIT,
	ACT_MOVE,
	ACT_NAME_LOST,
	ACT_NAME_FOUND,
	ACT_BAD_TEXT,
	ACT_CONFLICT,
	ACT_TAKEN,
	ACT_ALLOW,
	ACT_DELETE,
	ACT_CLAIMED,
	ACT_REMOVE,
	ACT_UNBIND,
	ACT_CHANGE,
	ACT_LOST,
	ACT_DRIVER,
	ACT_VF,
	ACT_BELOW,
	ACT_UNRELATED,
	ACT_LINK,
	ACT_CARRIER,
	ACT_TIME,
	ACT_HOLDER,
	ACT_NODE,
	ACT_FULL,
	ACT_NO_START,
	ACT_STOP,
	ACT_WRITES,
	ACT_OVERDUE,
	ACT_LOOKER,
	ACT_DIES,
	ACT_VERDICT, /* and the others, to ACT_VERDICT + JOB_VERDICT_MAX_ - 1 */
	ACT_LATE_VERDICT = ACT_VERDICT + JOB_VERDICT_MAX_, /* it looked before the last event */
	ACT_MAX_ = ACT_LATE_VERDICT + JOB_VERDICT_MAX_
};

/* What must come, whatever pf-state.c thinks. */
struct model {
	bool apply_owed; /* the next job of a file must apply, not only look for drift */
	bool drift_only; /* nothing has asked for more than to look for drift */
};

static uint64_t running_seed;

/* CHECK_SEED=N in the environment runs one sequence alone, and prints its steps. */
#define HOLDS(condition_)                                                  \
	ck_assert_msg(condition_, "CHECK_SEED=%llu: not so: " #condition_, \
		      (unsigned long long)running_seed)

static bool is_in_conflict(const struct managed_pf *pf)
{
	return pf->versions.refusal == REFUSED_CONFLICT || pf->versions.refusal == REFUSED_PF_TAKEN;
}

static void act_on_file(struct world *world, enum act act)
{
	static const char *const addresses[] = { ADDRESS, "0000:02:00.0", NULL };
	struct managed_pf *pf = world->pf;

	if (!pf->file.name) {
		if (act == ACT_CLAIMED)
			pf_happens(pf, PF_EVENT_CLAIMED, NULL);
		return;
	}
	if (act == ACT_EDIT || act == ACT_MOVE || act == ACT_NAME_LOST)
		ck_assert_int_eq(pf_configure(pf, version(world), addresses[act - ACT_EDIT]), 0);
	else if (act == ACT_NAME_FOUND && !pf->address && pf->versions.asked)
		ck_assert_int_eq(pf_found(pf, ADDRESS), 0);
	else if (act == ACT_BAD_TEXT)
		pf_refuse(pf, REFUSED_TEXT, "unknown key");
	else if (act == ACT_CONFLICT && pf->versions.asked)
		pf_refuse(pf, REFUSED_CONFLICT, "used twice");
	else if (act == ACT_TAKEN && pf->versions.asked)
		pf_refuse(pf, REFUSED_PF_TAKEN, "has it");
	else if (act == ACT_ALLOW && is_in_conflict(pf))
		pf_allow(pf);
	else if (act == ACT_DELETE)
		pf_happens(pf, PF_EVENT_FILE_DELETED, NULL);
}

static void act_on_device(struct world *world, enum act act)
{
	static const char *const vf = VF_DEVPATH;

	if (act == ACT_REMOVE)
		uevent(world, "remove", DEVPATH);
	else if (act == ACT_UNBIND)
		uevent(world, "unbind", DEVPATH);
	else if (act == ACT_CHANGE)
		uevent(world, "change", DEVPATH);
	else if (act == ACT_LOST)
		pf_uevent(world->pf, NULL);
	else if (act == ACT_DRIVER)
		driver_loaded(world);
	else if (act == ACT_VF)
		uevent(world, "bind", vf);
	else if (act == ACT_BELOW)
		uevent(world, "add", VF_DEVPATH "/net/eth0");
	else if (act == ACT_UNRELATED)
		uevent(world, "add", "/devices/virtual/net/lo");
	else if (act == ACT_LINK || act == ACT_CARRIER)
		pf_link_changed(world->pf, act == ACT_CARRIER);
}

static void act_on_job(struct world *world, enum act act)
{
	const struct job_outcome none = { 0 };
	enum job_verdict verdict = (enum job_verdict)((act - ACT_VERDICT) % JOB_VERDICT_MAX_);

	if (act == ACT_LOOKER && looking)
		looking->handlers->done(looking->userdata, &none);
	if (!running)
		return;
	if (act == ACT_WRITES)
		job_writes(world);
	else if (act == ACT_OVERDUE)
		running->handlers->overdue(running->userdata, "in a write", false);
	else if (act == ACT_DIES)
		job_dies(world);
	else if (act >= ACT_VERDICT && (world->pf->goal == JOB_RELEASE || verdict != JOB_RELEASED))
		job_ends_seen(world, verdict, verdict == JOB_CONFIGURED ? NULL : "not now",
			      world->seqnum - (act >= ACT_LATE_VERDICT));
}

static void act_on(struct world *world, enum act act)
{
	if (act <= ACT_CLAIMED)
		act_on_file(world, act);
	else if (act <= ACT_CARRIER)
		act_on_device(world, act);
	else if (act == ACT_TIME)
		time_is_over(world);
	else if (act == ACT_HOLDER)
		world->pf->retry.again(world->pf, RETRY_HOLDER_ENDED);
	else if (act == ACT_NODE)
		world->pf->retry.again(world->pf, RETRY_NODE_CLOSED);
	else if (act == ACT_FULL)
		world->full = !world->full;
	else if (act == ACT_NO_START)
		start_result = start_result ? 0 : -EAGAIN;
	else if (act == ACT_STOP)
		pf_stop(world->pf);
	else
		act_on_job(world, act);
	pf_pump(world->pf);
}

/* What holds after every event. */
static void check_always(const struct world *world)
{
	const struct managed_pf *pf = world->pf;
	bool at_work = pf->state >= PF_PLANNING && pf->state <= PF_STUCK;
	enum job_goal goal;

	/* A job runs in the states that say so, and in no other. */
	if (pf->state != PF_DROPPED)
		HOLDS(at_work == (pf->job != NULL));
	HOLDS(pf_state_names[pf->shown]);
	/* What is wanted is waited for, or runs, or has no room. */
	HOLDS(!pf_next_goal(pf, &goal) || world->full || !pf->address);
	/* What failed is tried again. */
	if (!world->full &&
	    (pf->state == PF_DEGRADED || pf->state == PF_BLOCKED || pf->state == PF_FAILED)) {
		HOLDS(retry_pending(&pf->retry) || !pf->address);
		HOLDS(pf->want != WANT_NOTHING);
	}
	if (!pf->file.name && pf->state != PF_DROPPED && !pf->job && !world->full)
		HOLDS(retry_pending(&pf->retry));
	/* A file is shown as settled while no job of its newest version is under way. */
	if (!at_work && pf->want < WANT_APPLY)
		HOLDS(pf_is_settled(pf));
}

/* A job that has just been started got the version in force, and the goal that is due. */
static void check_start(const struct world *world, struct model *model)
{
	const struct managed_pf *pf = world->pf;
	const struct job_request *request = &running->request;

	HOLDS(request->config == (pf->file.name ? versions_in_force(&pf->versions) : NULL));
	HOLDS(streq(request->address, pf->address));
	if (!pf->file.name) {
		HOLDS(request->goal == JOB_RELEASE);
		return;
	}
	HOLDS(pf->versions.refusal != REFUSED_PF_TAKEN);
	if (pf->versions.refusal == REFUSED_CONFLICT)
		HOLDS(request->config != pf->versions.asked);
	if (model->apply_owed)
		HOLDS(request->goal == JOB_APPLY);
	if (model->drift_only)
		HOLDS(request->goal == JOB_DRIFT);
	model->apply_owed = false;
	model->drift_only = request->goal == JOB_DRIFT;
}

/* What an event makes of what is due; before is the PF's state before it. */
static void model_on(struct model *model, const struct world *world, enum act act,
		     enum pf_state before, bool ran, enum job_goal goal)
{
	const struct managed_pf *pf = world->pf;
	bool ended = act >= ACT_VERDICT && ran;
	enum job_verdict verdict = (enum job_verdict)((act - ACT_VERDICT) % JOB_VERDICT_MAX_);

	/* With a refused version there are two to be tried: the tests above say which goes first.
	 */
	if (act <= ACT_CLAIMED || pf->versions.refusal != REFUSED_NOT || before == PF_DROPPED)
		model->apply_owed = model->drift_only = false;
	/* The job has seen the device that it has applied the file to. */
	if (ended && act < ACT_LATE_VERDICT && goal == JOB_APPLY)
		model->apply_owed = false;
	if (act == ACT_EDIT && pf->state != PF_DROPPED)
		model->apply_owed = true;
	if ((act == ACT_REMOVE && streq(pf->address, ADDRESS)) ||
	    (ended && (verdict == JOB_ABSENT || verdict == JOB_WAITING))) {
		model->apply_owed = pf->versions.refusal == REFUSED_NOT;
		model->drift_only = false;
	}
	/* These say nothing of the device that "unbind" does not. */
	if (act == ACT_UNBIND || act == ACT_NAME_FOUND || (ended && verdict == JOB_INVALID) ||
	    before == PF_INVALID || before == PF_ABSENT || before == PF_WAITING)
		model->drift_only = false;
	if (ended && (verdict == JOB_CONFIGURED || verdict == JOB_CHANGED))
		model->drift_only = false;
}

static void step(struct world *world, struct model *model, enum act act)
{
	enum pf_state before = world->pf->state;
	unsigned before_started = started;
	enum job_goal goal = world->pf->goal;
	bool ran = running;

	if (getenv("CHECK_SEED"))
		fprintf(stderr, "state %d want %d act %d\n", before, world->pf->want, act);
	act_on(world, act);
	model_on(model, world, act, before, ran, goal);
	check_always(world);
	if (started != before_started && running)
		check_start(world, model);
}

/* From any state: once the file is valid and the device works, it is configured.
 */
static void check_end(struct world *world)
{
	struct managed_pf *pf = world->pf;

	if (pf->state == PF_DROPPED)
		return;
	world->full = false;
	start_result = 0;
	if (pf->file.name)
		HOLDS(pf_configure(pf, version(world), ADDRESS) == 0);
	pf_pump(pf);
	for (int i = 0; i < 8 && (running || retry_pending(&pf->retry)); i++) {
		time_is_over(world);
		if (running)
			job_ends(world, pf->goal == JOB_RELEASE ? JOB_RELEASED : JOB_CONFIGURED,
				 NULL);
	}
	HOLDS(!running);
	HOLDS(!retry_pending(&pf->retry));
	HOLDS(pf->want == WANT_NOTHING);
	HOLDS(pf->state == (pf->file.name ? PF_CONFIGURED : PF_DROPPED));
	if (!pf->file.name)
		return;
	HOLDS(pf->versions.agreed == pf->versions.asked);
	HOLDS(pf->versions.refusal == REFUSED_NOT);
	HOLDS(!pf->error);
	assert_shown(world, PF_CONFIGURED);
}

/* Ways to each state of a PF with a file: NULL is the end. */
static const struct way {
	enum pf_state state;
	enum act acts[4];
	size_t n_acts;
} ways[] = {
	{ PF_WAITING, { 0 }, 0 },
	{ PF_ABSENT, { ACT_EDIT, ACT_VERDICT + JOB_ABSENT }, 2 },
	{ PF_ABSENT, { ACT_NAME_LOST }, 1 },
	{ PF_INVALID, { ACT_EDIT, ACT_VERDICT + JOB_INVALID }, 2 },
	{ PF_INVALID, { ACT_BAD_TEXT }, 1 },
	{ PF_INVALID, { ACT_FULL, ACT_EDIT, ACT_TAKEN }, 3 },
	{ PF_WAITING, { ACT_EDIT, ACT_VERDICT + JOB_WAITING }, 2 },
	{ PF_CONFIGURED, { ACT_EDIT, ACT_VERDICT + JOB_CONFIGURED }, 2 },
	{ PF_CONFIGURED, { ACT_EDIT, ACT_VERDICT + JOB_CHANGED, ACT_BAD_TEXT }, 3 },
	{ PF_DEGRADED, { ACT_EDIT, ACT_VERDICT + JOB_DEGRADED }, 2 },
	{ PF_BLOCKED, { ACT_EDIT, ACT_VERDICT + JOB_BLOCKED }, 2 },
	{ PF_FAILED, { ACT_EDIT, ACT_VERDICT + JOB_FAILED }, 2 },
	{ PF_FAILED, { ACT_EDIT, ACT_DIES }, 2 },
	{ PF_PLANNING, { ACT_EDIT }, 1 },
	{ PF_PLANNING, { ACT_EDIT, ACT_VERDICT + JOB_CONFIGURED, ACT_VF, ACT_TIME }, 4 },
	{ PF_APPLYING, { ACT_EDIT, ACT_WRITES }, 2 },
	{ PF_STUCK, { ACT_EDIT, ACT_OVERDUE }, 2 },
	{ PF_DROPPED, { ACT_EDIT, ACT_DELETE }, 2 },
	{ PF_DROPPED, { ACT_EDIT, ACT_VERDICT + JOB_CONFIGURED, ACT_DELETE }, 3 },
};

START_TEST(in_every_state_every_event_keeps_what_holds)
{
	bool seen[PF_STATE_MAX_] = { [PF_RELEASING] = true };
	_cleanup_world_ struct world world;

	world_new(&world, "a.conf");
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		for (int act = 0; act < ACT_MAX_; act++) {
			struct model model = { 0 };

			world_reset(&world, "a.conf");
			for (size_t j = 0; j < ways[i].n_acts; j++)
				step(&world, &model, ways[i].acts[j]);
			ck_assert_int_eq(world.pf->state, ways[i].state);
			seen[ways[i].state] = true;
			step(&world, &model, (enum act)act);
			check_end(&world);
		}
	}
	for (int state = 0; state < PF_STATE_MAX_; state++)
		ck_assert_msg(seen[state], "no way to state %d", state);
}
END_TEST

static uint64_t next_random(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

/* Most of the time a job ends, or there is time: otherwise nearly all events meet a running job. */
static enum act random_act(uint64_t *seed)
{
	uint64_t random = next_random(seed) % (ACT_MAX_ + 30);

	if (random < ACT_MAX_)
		return random == ACT_DELETE && next_random(seed) % 8 ? ACT_EDIT : (enum act)random;
	return random % 3 ? (enum act)(ACT_VERDICT + random % JOB_VERDICT_MAX_) : ACT_TIME;
}

static void random_sequences(const char *file, uint64_t sequences)
{
	const char *wanted = getenv("CHECK_SEED");
	uint64_t first = wanted ? strtoull(wanted, NULL, 10) : 1;
	_cleanup_world_ struct world world;

	world_new(&world, file);
	for (uint64_t i = first; i < first + (wanted ? 1 : sequences); i++) {
		uint64_t seed = i * 0x9e3779b97f4a7c15;
		struct model model = { 0 };

		running_seed = i;
		world_reset(&world, file);
		if (!file)
			ck_assert_int_eq(pf_release(world.pf, ADDRESS), 0);
		for (int j = 0; j < 60; j++)
			step(&world, &model, random_act(&seed));
		check_end(&world);
	}
	running_seed = 0;
}

START_TEST(in_any_order_of_events_a_file_keeps_what_holds)
{
	random_sequences("a.conf", 3000);
}
END_TEST

START_TEST(in_any_order_of_events_a_release_keeps_what_holds)
{
	random_sequences(NULL, 1000);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		every_state_has_an_answer_to_every_event,
		in_every_state_every_event_keeps_what_holds,
		in_any_order_of_events_a_file_keeps_what_holds,
		in_any_order_of_events_a_release_keeps_what_holds,
	};

	return run_tests("pf-table", tests, ARRAY_SIZE(tests));
}
