/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The process of a rehearsal: control, live tables, candidate, in that order. It
 * ends when all is said or its time is up, and nothing outlives it: what it
 * made are namespaces, which go with their last process. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/time.h>
#include <signal.h>
#include <unistd.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include <sallyport/walk.h>
#include "rehearsal-internal.h"

/* A packet costs the kernel some 10 ns a rule at least, and it can be stopped by
 * nobody meanwhile. */
#define VISITS_MAX 2000000u

#define BUDGET_US 3000000	/* of all lifelines together */
#define KILL_AFTER_S 20

/* What an answer may take: what the control took, many times over. */
#define WAIT_FIRST_US 1000000
#define WAIT_MIN_US 200000
#define WAIT_MAX_US 500000
#define WAIT_FACTOR 20
#define HURRY 4		/* the first try has so much less */

struct run {
	const struct play *play;
	struct scene scene;
	struct scratch_facts facts;
	struct vec lines;	/* lifelines, each with what carries it behind
				 * it: struct lifeline * */
	struct act *acts;	/* one for each */
	struct loaded_tables loaded;
	unsigned round;
	int64_t end_us;
};

static void
board_text(char *to, const char *text)
{
	str_copy(to, BOARD_TEXT, text);
}

/* --- Before anything is built --- */

static bool
costs_too_much(const struct tables *tables)
{
	static const char *const ways[] = { "INPUT", "OUTPUT", "FORWARD" };

	for (size_t i = 0; i < ARRAY_LEN(ways); i++)
		if (walk_visits(tables, ways[i]) > VISITS_MAX)
			return true;
	return false;
}

/* --- Tables --- */

static bool
holds_anything(const struct ruleset *rs)
{
	for (size_t i = 0; i < rs->chains.n; i++) {
		const struct chain *chain = rs->chains.v[i];

		if (chain->rules.n > 0 || chain->policy != POLICY_ACCEPT)
			return true;
	}
	return !rs->absent;
}

static void
unload(struct loaded_tables *loaded, size_t i)
{
	scratch_free(loaded->v[i]);
	loaded->v[i] = NULL;
}

/* 0, or the kernel's errno for *refused. */
static int
load(struct run *run, const struct tables *tables, const char **refused)
{
	for (size_t i = 0; i < TABLE_COUNT; i++) {
		const struct ruleset *rs = tables_get(tables, table_names[i]);
		struct scratch *now;
		int error;

		if (!rs || (!holds_anything(rs) && !run->loaded.v[i]) ||
		    (run->loaded.v[i] && ruleset_equal(rs, run->loaded.rs[i])))
			continue;
		*refused = rs->table;
		error = scratch_load(rs, &run->facts, &now);
		if (error)
			return error;
		unload(&run->loaded, i);
		run->loaded.v[i] = now;
		run->loaded.rs[i] = rs;
	}
	return 0;
}

/* Which rule is it? Rules are tried one by one only now. */
static void
say_refused(const struct run *run, const char *table, int error)
{
	struct tryout_box *box = tryout_box_new(TRYOUT_LIMIT_MS);
	struct vec notes = { 0 };
	struct str text = { 0 };

	if (tryout_tables(box, NULL, run->play->candidate, false, &notes))
		str_add(&text, err_message());
	else
		str_addf(&text, _("the kernel refuses table '%s': %s"), table,
			 strerror(error));
	board_text(run->play->board->refused, str_text(&text));
	str_done(&text);
	tryout_notes_done(&notes);
	tryout_box_free(box);
}

/* --- One lifeline --- */

/* A packet that is lost is tried once more, with more time, while the counters
 * are watched: a busy machine is no reason to fail. */
static enum lost
try_twice(struct run *run, struct act *act, enum lost (*try)(struct act *act),
	  struct str *rule)
{
	int64_t enough_us = act->wait_us;
	enum lost lost;

	act->wait_us = enough_us / HURRY;
	lost = try(act);
	act->wait_us = enough_us;
	if (!lost)
		return lost;
	loss_mark(&run->loaded, false);
	lost = try(act);
	if (lost)
		loss_find(&run->loaded, act->ll, lost, rule);
	return lost;
}

static enum lost
try_new(struct act *act)
{
	return act_play(act, false);
}

static void
say_lost(const struct act *act, enum lost lost, const struct str *rule,
	 char *to)
{
	struct str text = { 0 };

	if (rule->len)
		str_addf(&text, _("%s is lost at %s"), lost_name(act->ll, lost), rule->s);
	else
		str_addf(&text, _("%s is lost"), lost_name(act->ll, lost));
	board_text(to, str_text(&text));
	str_done(&text);
}

/* --- The three rounds --- */

static void
give_up(struct act *act, const char *why)
{
	free(act->not);
	act->not = xstrdup(why);
}

static void
play_control(struct run *run, struct act *act)
{
	struct str text = { 0 };
	enum lost lost;

	act->wait_us = WAIT_FIRST_US;
	lost = act_play(act, false);
	if (lost) {
		str_addf(&text, _("without any rule %s does not come through "
				  "in a scratch namespace either"),
			 lost_name(act->ll, lost));
		give_up(act, str_text(&text));
		str_done(&text);
	}
	act->wait_us = act->slowest_us * WAIT_FACTOR;
	if (act->wait_us < WAIT_MIN_US)
		act->wait_us = WAIT_MIN_US;
	if (act->wait_us > WAIT_MAX_US)
		act->wait_us = WAIT_MAX_US;
}

static void
play_live(struct run *run, struct act *act)
{
	struct board_line *line = &act->line;
	struct str why = { 0 };
	enum lost lost;

	loss_mark(&run->loaded, true);
	lost = act_play(act, act_is_running(act));
	line->live = lost ? REHEARSED_FAIL : REHEARSED_PASS;
	if (loss_is_watched(&run->loaded, &why))
		line->live = REHEARSED_NOT;
	str_done(&why);
}

static void
play_candidate(struct run *run, struct act *act)
{
	struct board_line *line = &act->line;
	struct str rule = { 0 }, watched = { 0 };
	enum lost lost = LOST_NOTHING;

	loss_mark(&run->loaded, true);
	if (act->running_fd >= 0)
		lost = try_twice(run, act, act_go_on, &rule);
	if (!lost)
		lost = try_twice(run, act, try_new, &rule);
	if (loss_is_watched(&run->loaded, &watched))
		board_text(line->account, str_text(&watched));
	else if (lost)
		say_lost(act, lost, &rule, line->account);
	else if (act_is_running(act) && act->running_fd < 0)
		board_text(line->account, _("the running connection cannot be "
			"opened under the live rules"));
	else
		line->candidate = REHEARSED_PASS;
	if (lost && !watched.len)
		line->candidate = REHEARSED_FAIL;
	str_done(&watched);
	str_done(&rule);
	if (!lost && act->answer_us > run->play->board->answer_us)
		run->play->board->answer_us = (unsigned)act->answer_us;
}

static void
each_act(struct run *run, void (*play)(struct run *run, struct act *act))
{
	run->round++;
	for (size_t i = 0; i < run->lines.n; i++) {
		struct act *act = &run->acts[i];

		if (!act->not && now_us() > run->end_us)
			give_up(act, _("there was no time to rehearse it"));
		act->round = run->round;
		if (!act->not)
			play(run, act);
	}
}

static bool
play_all(struct run *run, struct str *reason)
{
	const char *table = "";
	int error;

	each_act(run, play_control);
	error = load(run, run->play->live, &table);
	if (error) {
		str_addf(reason, _("a scratch namespace refuses the live table "
				   "'%s': %s"), table, strerror(error));
		return false;
	}
	each_act(run, play_live);
	error = load(run, run->play->candidate, &table);
	if (error)
		say_refused(run, table, error);
	else
		each_act(run, play_candidate);
	return true;
}

/* --- The process --- */

/* Those that the rules can cut. */
static void
find_lines(struct run *run)
{
	const struct vec *all = run->play->lifelines;

	for (size_t i = 0; i < all->n; i++) {
		vec_push(&run->lines, all->v[i]);
		for (struct lifeline *outer = ((struct lifeline *)all->v[i])->
					      outer;
		     outer && !outer->v4; outer = outer->outer)
			vec_push(&run->lines, outer);
	}
}

static void
prepare_acts(struct run *run)
{
	const struct lifeline *inner = NULL;

	run->acts = xcalloc(run->lines.n + 1, sizeof(*run->acts));
	for (size_t i = 0; i < run->lines.n; i++) {
		const struct lifeline *ll = run->lines.v[i];

		act_prepare(&run->acts[i], &run->scene, ll,
			    inner && inner->outer == ll, run->play, i);
		inner = ll;
	}
}

/* What is said of the lifeline: the worst of it and of what carries it. */
static void
merge(struct board_line *to, const struct board_line *from)
{
	bool worse = from->candidate == REHEARSED_FAIL ||
		     (from->candidate == REHEARSED_NOT &&
		      to->candidate == REHEARSED_PASS);

	if (worse && to->candidate != REHEARSED_FAIL) {
		to->candidate = from->candidate;
		str_copy(to->account, BOARD_TEXT, from->account);
	}
	if (from->live == REHEARSED_FAIL ||
	    (from->live == REHEARSED_NOT && to->live == REHEARSED_PASS))
		to->live = from->live;
}

static void
fill_board(struct run *run)
{
	struct board_line *line = run->play->board->lines;
	const struct lifeline *inner = NULL;

	for (size_t i = 0; i < run->lines.n; i++) {
		struct act *act = &run->acts[i];

		if (act->not)
			board_text(act->line.account, act->not);
		if (inner && inner->outer == act->ll)
			merge(line - 1, &act->line);
		else
			*line++ = act->line;
		inner = act->ll;
	}
}

static bool
rehearse(struct run *run, struct str *reason)
{
	const struct play *play = run->play;
	int64_t start = now_us();

	if (costs_too_much(play->live) || costs_too_much(play->candidate)) {
		str_addf(reason, _("a packet may meet more than %u rules, which "
				   "is not tried"), VISITS_MAX);
		return false;
	}
	if (!scene_build(&run->scene, &run->lines, reason))
		return false;
	if (policy_is_open(&run->scene.policy, play->live) ||
	    policy_is_open(&run->scene.policy, play->candidate)) {
		str_add(reason, _("rules set marks, and marks choose routes "
				  "(ip -6 rule)"));
		return false;
	}
	run->facts.user_ns = run->scene.user_ns;
	run->facts.routes_known = !run->scene.policy.other;
	run->facts.mac_known = run->scene.n > 0;
	for (size_t i = 0; i < run->scene.n; i++)
		run->facts.mac_known &= run->scene.cables[i].mac_known;
	prepare_acts(run);
	play->board->setup_us = (unsigned)(now_us() - start);
	run->end_us = now_us() + BUDGET_US;
	return play_all(run, reason);
}

static void
die_in_time(pid_t parent)
{
	const struct itimerval late = { .it_value.tv_sec = KILL_AFTER_S };

	if (!scratch_follow(parent))
		_exit(1);
	setitimer(ITIMER_REAL, &late, NULL);
}

void
rehearsal_main(const struct play *play, int fd, pid_t parent)
{
	struct run run = { .play = play };
	struct str reason = { 0 };

	scratch_detach(fd, "sallyport-play");
	die_in_time(parent);
	find_lines(&run);
	play->board->usable = rehearse(&run, &reason);
	board_text(play->board->reason, str_text(&reason));
	if (play->board->usable)
		fill_board(&run);
	play->board->done = true;
	_exit(0);
}
