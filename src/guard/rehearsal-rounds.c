/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The three rounds: without any rule, under the live tables, and under the
 * candidate. What fails in the first one says nothing about the rules. */
#include <string.h>
#include <stdlib.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include <sallyport/tryout.h>
#include "rehearsal-internal.h"

/* What an answer may take: what the control took, many times over. */
#define WAIT_FIRST_US 1000000
#define WAIT_MIN_US 200000
#define WAIT_MAX_US 500000
#define WAIT_FACTOR 20
#define HURRY 4		/* the first try has so much less */

void
board_text(char to[BOARD_TEXT], const char *text)
{
	str_copy(to, BOARD_TEXT, text);
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

bool
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
