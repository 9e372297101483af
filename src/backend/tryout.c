/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules are tried all at once. Where the kernel refuses, which it does without
 * saying what, the culprits are found by halving: most rules are refused alone as
 * well, and where it takes several to be refused, the last of them is named. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "tryout-internal.h"

/* When so much was sent, the culprits that were found are enough. */
#define SENT_MAX (64u << 20)

struct tryout_work {
	struct tryout_box *box;
	const struct ruleset *candidate;
	struct reach *reach;
	struct vec suspects;
	size_t sent;		/* bytes of items */
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
try_range(struct tryout_work *t, size_t from, size_t to)
{
	const struct range range = { from, to };
	struct box_answer answer;
	struct str items = { 0 };

	scratch_write(t->candidate, t->reach, &t->suspects, range, &items);
	answer = box_load(t->box, t->candidate->table, &items);
	t->sent += items.len;
	str_done(&items);
	return answer;
}

/* The suspect alone, with another rule, eaten, in its place. */
static struct box_answer
try_part_take(struct tryout_work *t, size_t at, struct rule *part)
{
	struct suspect *s = t->suspects.v[at];
	struct rule *whole = s->tried;
	struct box_answer answer;

	s->tried = part;
	answer = try_range(t, at, at + 1);
	s->tried = whole;
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
find_culprit(struct tryout_work *t, size_t at)
{
	const struct suspect *s = t->suspects.v[at];
	struct culprit culprit = { 0 };

	for (const struct xt_entry_match *m = NULL;
	     (m = rule_next_match(s->tried, m)) != NULL;) {
		struct rule *part = rule_part(s->tried, keep_one, m, false);

		if (try_part_take(t, at, part).kind != BOX_REFUSED)
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
refuse(struct tryout_work *t, size_t at, int error)
{
	struct suspect *s = t->suspects.v[at];
	struct culprit culprit = { 0 };
	const char *table = t->candidate->table;

	if (error != ELOOP)
		culprit = find_culprit(t, at);
	find_lack(t, &culprit, error);
	if (t->report->verdict == TRYOUT_ACCEPTED && culprit.lacks > 0)
		t->report->verdict = TRYOUT_LACKING;
	else if (culprit.lacks <= 0)
		t->report->verdict = TRYOUT_REFUSED;
	note_take(&t->report->refused, table, s->chain->name, s->pos, true,
		  refusal_text(table, s, &culprit, error));
	s->refused = true;
}

/* The range from..*to is refused: narrow it to one suspect that is refused alone.
 * BOX_ACCEPTED: there is none, it takes several. */
static struct box_answer
halve_alone(struct tryout_work *t, size_t *from, size_t to)
{
	while (to - *from > 1) {
		size_t middle = *from + (to - *from) / 2;
		struct box_answer answer = try_range(t, *from, middle);

		if (answer.kind == BOX_REFUSED)
			to = middle;
		else if (answer.kind == BOX_ACCEPTED)
			*from = middle;
		else
			return answer;
	}
	return try_range(t, *from, to);
}

/* All are refused together: at which does that turn? */
static struct box_answer
halve_together(struct tryout_work *t, size_t *at, struct box_answer refused)
{
	size_t good = 0, bad = t->suspects.n;

	while (bad - good > 1) {
		size_t middle = good + (bad - good) / 2;
		struct box_answer answer = try_range(t, 0, middle);

		if (answer.kind == BOX_ACCEPTED) {
			good = middle;
		} else if (answer.kind == BOX_REFUSED) {
			bad = middle;
			refused = answer;
		} else {
			return answer;
		}
	}
	*at = good;
	return refused;
}

/* The next culprit behind *at, which all together were refused for. */
static struct box_answer
find_next(struct tryout_work *t, size_t *at, struct box_answer refused)
{
	struct box_answer answer = halve_alone(t, at, t->suspects.n);

	if (answer.kind == BOX_ACCEPTED)
		answer = halve_together(t, at, refused);
	return answer;
}

static struct box_answer
find_refused(struct tryout_work *t, struct box_answer answer)
{
	size_t n = t->suspects.n, at = 0;

	while (answer.kind == BOX_REFUSED) {
		answer = find_next(t, &at, answer);
		if (answer.kind != BOX_REFUSED)
			break;
		refuse(t, at, answer.error);
		if (t->report->refused.n == TRYOUT_REFUSALS_MAX ||
		    t->report->refused.n == n || t->sent > SENT_MAX)
			break;
		answer = try_range(t, ++at, n);
		if (answer.kind != BOX_ACCEPTED)
			continue;
		at = 0;
		answer = try_range(t, at, n);
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
	struct box_answer answer = try_range(t, 0, t->suspects.n);

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
