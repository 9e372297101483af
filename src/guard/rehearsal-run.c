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
