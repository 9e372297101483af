/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A trial that is over, in words: whose change it was, and who ended it how. */
#include <stdlib.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "internal.h"

/* "alice from 2001:db8::77"; "" where nobody is known. */
static void
add_actor(struct str *out, const struct actor *actor)
{
	if (!actor->user)
		return;
	if (actor->from)
		str_addf(out, _("%s from %s"), actor->user, actor->from);
	else
		str_add(out, actor->user);
}

static size_t
count_changes(const struct trial *trial)
{
	size_t n = 0;

	for (size_t i = 0; i < trial->parts.n; i++)
		n += trial_part(trial, i)->changes->changes.n;
	return n;
}

static void
add_tables(struct str *out, const struct trial *trial)
{
	for (size_t i = 0; i < trial->parts.n; i++)
		str_addf(out, "%s%s", i ? ", " : "",
			 trial_part(trial, i)->before->table);
}

/* "3 changes in filter, nat, by alice from 2001:db8::77" */
static void
add_what(struct str *out, const struct trial *trial)
{
	size_t n = count_changes(trial);
	struct str who = { 0 }, tables = { 0 };

	add_actor(&who, &trial->actor);
	add_tables(&tables, trial);
	str_addf(out, Q_("%zu change in %s, by %s", "%zu changes in %s, by %s",
			 n), n, str_text(&tables),
		 who.len ? str_text(&who) : _("somebody"));
	str_done(&who);
	str_done(&tables);
}

static void
add_line(struct str *out, const char *name, const struct str *value)
{
	if (value->len)
		str_addf(out, "%-10s %s\n", name, str_text(value));
}

void
cli_say_settled(const struct world *world, const struct trial *trial,
		int64_t left_ms)
{
	bool kept = trial->state == TRIAL_CONFIRMED;
	struct str what = { 0 }, by = { 0 }, left = { 0 }, proof = { 0 };
	struct str out = { 0 };
	char *why = trial_reason_text(trial->reason);

	add_what(&what, trial);
	add_actor(&by, &trial->settled_by);
	if (left_ms > 0)
		str_addf(&left, _("%lld s"), (long long)left_ms / 1000);
	if (kept)
		str_add(&proof, why);
	add_line(&out, _("what"), &what);
	add_line(&out, kept ? _("kept by") : _("undone by"), &by);
	add_line(&out, _("proof"), &proof);
	add_line(&out, _("time left"), &left);
	cli_say(world, &out);
	str_done(&what);
	str_done(&by);
	str_done(&left);
	str_done(&proof);
	free(why);
	str_done(&out);
}

enum err
cli_ended_already(const struct trial *trial)
{
	struct str who = { 0 }, when = { 0 };
	char *why = trial_reason_text(trial->reason);
	enum err err;

	add_actor(&who, &trial->settled_by);
	if (trial->settled_wall_s)
		clock_format(&when, trial->settled_wall_s);
	if (trial->state == TRIAL_REVERTED)
		err = who.len ?
		      fail(ERR_REVERTED, _("reverted already: the last change "
			   "was undone on %s by %s (%s)"), str_text(&when),
			   str_text(&who), why) :
		      fail(ERR_REVERTED, _("reverted already: the last change "
			   "was undone on %s (%s)"), str_text(&when), why);
	else if (trial->state == TRIAL_CONFIRMED && !trial->no_trial)
		err = fail(ERR_FAIL, _("no change is on trial: the last one was "
			   "confirmed on %s by %s"), str_text(&when),
			   who.len ? str_text(&who) : _("somebody"));
	else
		err = fail(ERR_FAIL, _("no change is on trial"));
	str_done(&who);
	str_done(&when);
	free(why);
	return err;
}
