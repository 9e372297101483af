/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What undoes one table of a trial. The work of others is kept, but never at
 * the price of a lifeline that the old rules kept: then the whole old table
 * goes in. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sallyport/mem.h>
#include <sallyport/merge.h>
#include "internal.h"

/* So long the lifelines are walked at most; a revert does not wait for more. */
#define JUDGE_MS 2000

/* What others did stays, unless it collides with what is undone, or both
 * together might let in what neither the old nor the new rules let in. */
static struct changeset *
undo_beside(const struct trial_part *part, const struct ruleset *live)
{
	struct changeset *cs = NULL;
	struct vec conflicts = { 0 };
	struct ruleset *merged;

	if (!ruleset_merge(part->after, part->before, live, MERGE_CAUTIOUS,
			   &merged, &conflicts))
		cs = changeset_diff(live, merged, true);
	ruleset_free(merged);
	conflicts_done(&conflicts);
	return cs;
}

/* The exact inverse; NULL where it does not fit. */
static struct changeset *
undo_exactly(const struct trial_part *part, const struct ruleset *live)
{
	struct changeset *cs = changeset_invert(part->changes);
	struct ruleset *undone = NULL;
	enum err err = table_expect(live, cs, &undone);

	ruleset_free(undone);
	if (!err)
		return cs;
	changeset_free(cs);
	return NULL;
}

static struct changeset *
undo_whole(struct guardian *g, const struct trial_part *part,
	   const struct ruleset *live, struct str *lost)
{
	if (!g->blind)
		ruleset_lost(part->changes, live, part->before, part->before,
			     part->after, lost);
	return changeset_diff(live, part->before, true);
}

/* As the table is when this part is undone: parts are undone from the last one
 * on, and those that are still to come can be the old ones. */
static struct ruleset *
table_then(struct guardian *g, const char *table, const struct trial_part *now)
{
	struct ruleset *rs = NULL;
	bool undone = false;

	for (size_t i = 0; i < g->trial->parts.n; i++) {
		const struct trial_part *part = trial_part(g->trial, i);

		undone = undone || part == now;
		if (!undone && strcmp(part->before->table, table) == 0)
			return ruleset_copy(part->before);
	}
	if (g->be->ops->read(g->be, table, &rs) != OK)
		return NULL;
	return rs;
}

/* All tables but that of the part. */
static struct tables *
tables_beside(struct guardian *g, const struct trial_part *now)
{
	struct tables *tables = tables_new();

	for (size_t i = 0; i < TABLE_COUNT; i++) {
		struct ruleset *rs;

		if (strcmp(table_names[i], now->before->table) == 0)
			continue;
		rs = table_then(g, table_names[i], now);
		if (rs)
			tables_put_take(tables, rs);
	}
	return tables;
}

/* What becomes of a lifeline's packets under the tables to choose from. */
struct outlook {
	const struct trial_need *need;
	enum verdict merged;
	enum verdict old;	/* asked where merged does not accept */
	enum verdict live;	/* the same */
};

/* Does merged cut what the old table keeps? What is not proven under merged, and
 * not under live either, is so by rules of others alone: those stay. */
static bool
is_cut(const struct outlook *o)
{
	return o->old == VERDICT_ACCEPT &&
	       (o->merged == VERDICT_DROP ||
		(o->merged == VERDICT_UNKNOWN && o->live != VERDICT_UNKNOWN));
}

struct judge {
	struct guardian *g;
	struct tables *tables;		/* all but the one that is judged */
	struct outlook *outlooks;
	size_t n;
	int64_t until;
};

/* Ask with rs among the tables. What there is no time for is taken for
 * accepted. */
static void
ask(struct judge *judge, const struct ruleset *rs, size_t verdict)
{
	tables_put_take(judge->tables, ruleset_copy(rs));
	for (size_t i = 0; i < judge->n; i++) {
		struct outlook *o = &judge->outlooks[i];
		enum verdict *into = (enum verdict *)(void *)
				     ((char *)o + verdict);
		struct walk_result result = { .verdict = VERDICT_ACCEPT };

		if (into != &o->merged && o->merged == VERDICT_ACCEPT)
			continue;
		if (guardian_now(judge->g) < judge->until)
			walk(judge->tables, o->need->way, &o->need->packet,
			     &result);
		*into = result.verdict;
	}
}

static bool
cuts(struct judge *judge, const struct trial_part *part,
     const struct ruleset *live, const struct ruleset *merged)
{
	bool cut = false;

	ask(judge, merged, offsetof(struct outlook, merged));
	ask(judge, part->before, offsetof(struct outlook, old));
	ask(judge, live, offsetof(struct outlook, live));
	for (size_t i = 0; i < judge->n; i++)
		cut = cut || is_cut(&judge->outlooks[i]);
	if (guardian_now(judge->g) >= judge->until)
		process_note("not all lifelines were walked before the revert: "
			     "it took too long");
	return cut;
}

/* The revert itself must not cut anybody off. */
static bool
keeps_lifelines(struct guardian *g, const struct trial_part *part,
		const struct ruleset *live, const struct changeset *cs)
{
	const struct vec *needs = &g->trial->needs;
	struct judge judge = {
		.g = g, .n = needs->n, .until = guardian_now(g) + JUDGE_MS,
	};
	struct ruleset *merged = NULL;
	bool keeps;

	if (!needs->n || table_expect(live, cs, &merged) != OK)
		return true;
	judge.tables = tables_beside(g, part);
	judge.outlooks = xcalloc(needs->n, sizeof(*judge.outlooks));
	for (size_t i = 0; i < needs->n; i++)
		judge.outlooks[i].need = needs->v[i];
	keeps = !cuts(&judge, part, live, merged);
	free(judge.outlooks);
	tables_free(judge.tables);
	ruleset_free(merged);
	return keeps;
}

static void
say_whole(struct trial *trial, const char *table)
{
	char *reason = xasprintf("%s, the whole old table '%s': beside what "
				 "others changed a lifeline would be cut",
				 trial->reason, table);

	process_note("%s", reason);
	if (strstr(trial->reason, "the whole old table")) {
		free(reason);
		return;
	}
	free(trial->reason);
	trial->reason = reason;
}

struct changeset *
undo_plan(struct guardian *g, const struct trial_part *part,
	  const struct ruleset *live, const char *print, bool whole,
	  struct str *lost)
{
	bool alone = strcmp(print, part->after_print) == 0;
	struct changeset *cs;

	if (whole)
		return undo_whole(g, part, live, lost);
	cs = alone ? undo_exactly(part, live) : undo_beside(part, live);
	if (cs && alone)
		return cs;
	if (!cs)
		cs = changeset_restore_chains(part->changes, live, part->before,
					      part->after, lost);
	if (keeps_lifelines(g, part, live, cs))
		return cs;
	changeset_free(cs);
	str_done(lost);
	say_whole(g->trial, part->before->table);
	return undo_whole(g, part, live, lost);
}
