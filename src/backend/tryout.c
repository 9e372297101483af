/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules are tried all at once. Where the kernel refuses, which it does without
 * saying what, the culprits are found by halving. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "tryout-internal.h"

struct tryout_work {
	struct tryout_box *box;
	const struct ruleset *candidate;
	struct reach *reach;
	struct vec suspects;
	struct tryout_report *report;
};

void
tryout_report_done(struct tryout_report *report)
{
	tryout_notes_done(&report->refused);
	tryout_notes_done(&report->untried);
	free(report->reason);
	*report = (struct tryout_report){ 0 };
}

static void
note_untried(const struct vec *suspects, const char *table, struct vec *notes)
{
	for (size_t i = 0; i < suspects->n; i++) {
		const struct suspect *s = suspects->v[i];

		if (s->untried)
			note_take(notes, table, s->chain->name, s->pos, false,
				  xstrdup(s->untried));
	}
}

/* --- Trying --- */

static struct box_answer
try_some(struct tryout_work *t, void *const *suspects, size_t n)
{
	struct box_answer answer;
	struct str items = { 0 };

	scratch_write(t->candidate, t->reach, suspects, n, &items);
	answer = box_load(t->box, t->candidate->table, &items);
	str_done(&items);
	return answer;
}

/* The suspect alone, with another rule in its place. */
static struct box_answer
try_part_take(struct tryout_work *t, struct suspect *s, struct rule *part)
{
	struct rule *whole = s->tried;
	bool refused = s->refused;
	struct box_answer answer;
	void *alone = s;

	s->tried = part;
	s->refused = false;
	answer = try_some(t, &alone, 1);
	s->tried = whole;
	s->refused = refused;
	rule_unref(part);
	return answer;
}

static bool
keep_one(const struct xt_entry_match *m, const void *arg)
{
	return m == arg;
}

/* Which of its extensions the kernel refuses: the first match that it refuses
 * alone, else the target. Matches may be needed by the target, not by each
 * other. */
static struct culprit
find_culprit(struct tryout_work *t, struct suspect *s)
{
	struct culprit culprit = { 0 };

	for (const struct xt_entry_match *m = NULL;
	     (m = rule_next_match(s->tried, m)) != NULL;) {
		struct rule *part = rule_part(s->tried, keep_one, m, false);

		if (try_part_take(t, s, part).kind != BOX_REFUSED)
			continue;
		culprit.match = m;
		return culprit;
	}
	culprit.target = rule_extension(s->tried);
	return culprit;
}

/* A missing object is ENOENT as well as a missing extension. */
static void
find_lack(struct tryout_work *t, struct culprit *c, int error)
{
	if (error != ENOENT && error != EPROTOTYPE && error != EPROTONOSUPPORT)
		return;
	if (c->match)
		c->lacks = box_has(t->box, c->match->u.user.name,
				   c->match->u.user.revision, false);
	else if (c->target)
		c->lacks = box_has(t->box, c->target->u.user.name,
				   c->target->u.user.revision, true);
}

static void
refuse(struct tryout_work *t, struct suspect *s, int error)
{
	struct culprit culprit = { 0 };
	const char *table = t->candidate->table;

	if (error != ELOOP)
		culprit = find_culprit(t, s);
	find_lack(t, &culprit, error);
	if (t->report->verdict == TRYOUT_ACCEPTED && culprit.lacks > 0)
		t->report->verdict = TRYOUT_LACKING;
	else if (culprit.lacks <= 0)
		t->report->verdict = TRYOUT_REFUSED;
	note_take(&t->report->refused, table, s->chain->name, s->pos, true,
		  refusal_text(table, s, &culprit, error));
	s->refused = true;
}

/* The first `good` suspects are accepted, the first `*bad` are refused: the
 * number at which that turns, and its errno. False: no answer. */
static bool
halve(struct tryout_work *t, size_t good, size_t *bad, int *error)
{
	while (*bad - good > 1) {
		size_t middle = good + (*bad - good) / 2;
		struct box_answer answer = try_some(t, t->suspects.v, middle);

		if (answer.kind == BOX_ACCEPTED) {
			good = middle;
		} else if (answer.kind == BOX_REFUSED) {
			*bad = middle;
			*error = answer.error;
		} else {
			return false;
		}
	}
	return true;
}

static struct box_answer
find_refused(struct tryout_work *t, struct box_answer answer)
{
	size_t good = 0;

	while (answer.kind == BOX_REFUSED) {
		size_t bad = t->suspects.n;

		if (!halve(t, good, &bad, &answer.error)) {
			answer.kind = BOX_UNAVAILABLE;
			break;
		}
		refuse(t, t->suspects.v[bad - 1], answer.error);
		good = bad;
		if (good == t->suspects.n ||
		    t->report->refused.n == TRYOUT_REFUSALS_MAX)
			break;
		answer = try_some(t, t->suspects.v, t->suspects.n);
	}
	return answer;
}

static void
no_table(struct tryout_work *t)
{
	const struct suspect *s = t->suspects.v[0];
	const char *table = t->candidate->table;

	t->report->verdict = TRYOUT_LACKING;
	note_take(&t->report->refused, table, s->chain->name, s->pos, true,
		  xasprintf(_("this kernel has no table '%s'"), table));
}

static void
try_all(struct tryout_work *t)
{
	struct box_answer answer = try_some(t, t->suspects.v, t->suspects.n);

	if (answer.kind == BOX_REFUSED)
		answer = find_refused(t, answer);
	if (answer.kind == BOX_NO_TABLE) {
		no_table(t);
	} else if (answer.kind == BOX_UNAVAILABLE) {
		t->report->verdict = TRYOUT_UNAVAILABLE;
		t->report->reason = xstrdup(box_reason(t->box));
	}
}

void
tryout_rules(struct tryout_box *box, const struct ruleset *before,
	     const struct ruleset *candidate, struct tryout_report *report)
{
	struct tryout_work t = { .box = box, .candidate = candidate,
				 .reach = reach_new(candidate),
				 .report = report };

	*report = (struct tryout_report){ 0 };
	suspects_find(before, candidate, t.reach, box_in_user_ns(box),
		      &t.suspects);
	if (t.suspects.n > 0 && !box_start(box)) {
		report->verdict = TRYOUT_UNAVAILABLE;
		report->reason = xstrdup(box_reason(box));
	} else if (t.suspects.n > 0) {
		try_all(&t);
	}
	note_untried(&t.suspects, candidate->table, &report->untried);
	suspects_done(&t.suspects);
	reach_free(t.reach);
}

void
tryout_untried(const struct tryout_box *box, const struct tables *before,
	       const struct tables *candidate, struct vec *notes)
{
	size_t suspected = 0;

	for (size_t i = 0; i < candidate->v.n; i++) {
		const struct ruleset *rs = candidate->v.v[i];
		struct reach *reach = reach_new(rs);
		struct vec suspects = { 0 };

		suspects_find(before ? tables_get(before, rs->table) : NULL,
			      rs, reach, box_in_user_ns(box), &suspects);
		note_untried(&suspects, rs->table, notes);
		suspected += suspects.n;
		suspects_done(&suspects);
		reach_free(reach);
	}
	if (suspected > 0 && box_gave_up(box))
		note_take(notes, "", "", 0, false, xstrdup(box_reason(box)));
}
