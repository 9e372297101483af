/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changesets on random rulesets: apply then invert is the identity, and what is
 * stored is read back. */
#include <stdlib.h>
#include <string.h>
#include <sallyport/apply.h>
#include <sallyport/changeset.h>
#include <sallyport/mem.h>
#include "../tap.h"
#include "random-changes.h"

#define ROUNDS 2000

/* Rulesets come back from JSON as they went. */
static bool
survives_json(const struct ruleset *rs)
{
	json_t *json = ruleset_to_json(rs);
	struct ruleset *read = NULL;
	bool same = ruleset_from_json(json, &read) == OK &&
		    ruleset_equal(rs, read);

	json_decref(json);
	ruleset_free(read);
	return same;
}

static void
test_invert(void)
{
	unsigned bad_undo = 0, bad_invert = 0, bad_json = 0, pushed = 0;
	unsigned bad_ruleset = 0;

	for (unsigned i = 0; i < ROUNDS; i++) {
		struct ruleset *a = random_ruleset();
		struct ruleset *b = ruleset_copy(a);
		struct changeset *cs = changeset_new("filter");
		struct changeset *inverse, *read = NULL;
		json_t *json;

		for (unsigned k = rnd(12); k > 0; k--)
			pushed += changeset_push_take(cs, b,
						      random_change(b)) == OK;
		bad_ruleset += !survives_json(b);
		inverse = changeset_invert(cs);
		if (changeset_apply(inverse, b) || !ruleset_equal(a, b))
			bad_invert++;
		json = changeset_to_json(cs);
		if (changeset_from_json(json, &read) ||
		    changeset_apply(read, b) || !cs->table[0])
			bad_json++;
		json_decref(json);
		while (cs->changes.n)
			change_free(changeset_pop(cs, b));
		if (!ruleset_equal(a, b))
			bad_undo++;
		changeset_free(read);
		changeset_free(inverse);
		changeset_free(cs);
		ruleset_free(a);
		ruleset_free(b);
	}
	ok(pushed > ROUNDS, "enough of the random changes fit (%u)", pushed);
	is_int(bad_invert, 0, "the inverse leads back, %d times", ROUNDS);
	is_int(bad_undo, 0, "undo by undo leads back");
	is_int(bad_ruleset, 0, "rulesets survive JSON");
	is_int(bad_json, 0, "a changeset read from JSON applies as the first did");
}

/* One that does not fit leaves all as it was. */
static void
test_all_or_nothing(void)
{
	struct ruleset *a = random_ruleset();
	struct ruleset *b = ruleset_copy(a);
	struct changeset *cs = changeset_new("filter");
	struct rule *rule = random_rule(99, "ACCEPT");

	vec_push(&cs->changes, change_insert("INPUT", 0, rule));
	vec_push(&cs->changes, change_chain_new("fresh"));
	vec_push(&cs->changes, change_delete("OUTPUT", 4711));
	is_int(changeset_apply(cs, b), ERR_CONFLICT, "the third does not fit");
	ok(strstr(err_message(), "4712") != NULL, "the message names it: %s",
	   err_message());
	ok(ruleset_equal(a, b), "and the first two are undone");
	rule_unref(rule);
	changeset_free(cs);
	ruleset_free(a);
	ruleset_free(b);
}

/* What we did to before, what others did then, and the way back. */
struct scene {
	struct ruleset *before;
	struct ruleset *after;
	struct ruleset *live;
	struct changeset *cs;
	struct changeset *back;
	struct str lost;
};

static struct scene
scene_take(struct ruleset *before)
{
	return (struct scene){
		.before = before,
		.after = ruleset_copy(before),
		.cs = changeset_new("filter"),
	};
}

static bool
we_do_take(struct scene *s, struct change *change)
{
	return changeset_push_take(s->cs, s->after, change) == OK;
}

/* All is done; live is for others. */
static void
scene_commit(struct scene *s)
{
	s->live = ruleset_copy(s->after);
}

static void
scene_restore(struct scene *s)
{
	s->back = changeset_restore_chains(s->cs, s->live, s->before, s->after,
					   &s->lost);
}

static bool
lost_one_line(const struct scene *s, const char *head)
{
	const char *lost = str_text(&s->lost);

	return str_starts(lost, head) && strchr(lost, '\n')[1] == '\0';
}

static void
scene_done(struct scene *s)
{
	str_done(&s->lost);
	changeset_free(s->back);
	changeset_free(s->cs);
	ruleset_free(s->before);
	ruleset_free(s->after);
	ruleset_free(s->live);
}

static void
is_line(const char **text, const char *head)
{
	ok(str_starts(*text, head), "%s", head);
	*text = strchr(*text, '\n') ? strchr(*text, '\n') + 1 : "";
}

/* All that they did is told: added, deleted, set. */
static void
test_restore_tells(void)
{
	struct scene s = scene_take(ruleset_of("abc"));
	struct chain *input;
	const char *line;

	ok(we_do_take(&s, change_delete("INPUT", 1)), "our change");
	scene_commit(&s);
	input = ruleset_chain(s.live, "INPUT");
	chain_push_take(input, random_rule(4000, "DROP"));
	rule_unref(vec_remove(&input->rules, 0));
	input->policy = POLICY_DROP;
	scene_restore(&s);
	line = str_text(&s.lost);
	is_line(&line, "# opaque INPUT ");
	is_line(&line, "# deleted INPUT ");
	is_line(&line, "# policy INPUT DROP\n");
	is_str(line, "", "and nothing else");
	scene_done(&s);
}

/* Others' rules in chains that we did not touch stay; in ours they are named. */
static void
test_restore(void)
{
	struct scene s = scene_take(ruleset_of("abc"));
	struct rule *theirs = random_rule(4000, "DROP");

	ok(we_do_take(&s, change_delete("INPUT", 1)) &&
	   we_do_take(&s, change_chain_new("mine")), "our change");
	scene_commit(&s);
	chain_push_take(ruleset_chain(s.live, "FORWARD"), rule_ref(theirs));
	chain_push_take(ruleset_chain(s.live, "INPUT"), theirs);
	scene_restore(&s);
	ok(changeset_apply(s.back, s.live) == OK, "the way back fits on live");
	is_int(ruleset_chain(s.live, "INPUT")->rules.n, 3, "our chain is whole");
	is_int(ruleset_chain(s.live, "FORWARD")->rules.n, 1, "theirs is kept");
	ok(!ruleset_chain(s.live, "mine"), "our new chain is gone");
	ok(lost_one_line(&s, "# opaque INPUT "), "one lost rule is named");
	scene_done(&s);
}

/* What was lost where others did this to a table that we left alone, and it goes
 * back whole. Yours. */
static char *
lost_of(void (*others)(struct ruleset *live))
{
	struct ruleset *after = ruleset_of("abc"), *live;
	struct changeset *none = changeset_new("filter");
	struct str lost = { 0 };

	ruleset_add_chain(after, "empty", POLICY_NONE);
	live = ruleset_copy(after);
	others(live);
	ruleset_lost(none, live, after, after, after, &lost);
	changeset_free(none);
	ruleset_free(after);
	ruleset_free(live);
	return str_take(&lost);
}

static void
reorder(struct ruleset *live)
{
	struct vec *rules = &ruleset_chain(live, "INPUT")->rules;

	vec_insert(rules, 0, vec_remove(rules, 2));
}

static void
double_one(struct ruleset *live)
{
	struct chain *chain = ruleset_chain(live, "INPUT");

	chain_push_take(chain, rule_ref(chain_rule(chain, 0)));
}

static void
delete_one(struct ruleset *live)
{
	rule_unref(vec_remove(&ruleset_chain(live, "INPUT")->rules, 0));
}

static void
set_policy(struct ruleset *live)
{
	ruleset_chain(live, "INPUT")->policy = POLICY_DROP;
}

static void
make_chain(struct ruleset *live)
{
	ruleset_add_chain(live, "made", POLICY_NONE);
}

static void
delete_chain(struct ruleset *live)
{
	ruleset_drop_chain(live, "empty");
}

static void
rename_one(struct ruleset *live)
{
	ruleset_rename_chain(live, ruleset_chain(live, "empty"), "full");
}

static void
test_lost(void)
{
	static const struct {
		void (*others)(struct ruleset *live);
		const char *heads[3];
		const char *readable;
	} cases[] = {
		{ reorder, { "# moved INPUT " },
		  "# moved INPUT -s 2001:db8::63/128 -j ACCEPT\n" },
		{ double_one, { "# opaque INPUT " },
		  "-A INPUT -s 2001:db8::61/128 -j ACCEPT\n" },
		{ delete_one, { "# deleted INPUT " },
		  "-D INPUT -s 2001:db8::61/128 -j ACCEPT\n" },
		{ set_policy, { "# policy INPUT DROP\n" },
		  "-P INPUT DROP\n" },
		{ make_chain, { "# made made\n" }, "-N made\n" },
		{ delete_chain, { "# gone empty\n" }, "-X empty\n" },
		{ rename_one, { "# made full\n", "# gone empty\n" },
		  "-N full\n-X empty\n" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char *lost = lost_of(cases[i].others);
		char *readable = apply_readable_rules(lost);
		const char *line = lost;

		for (size_t k = 0; cases[i].heads[k]; k++)
			is_line(&line, cases[i].heads[k]);
		is_str(line, "", "and nothing else");
		is_str(readable, cases[i].readable, "as commands");
		free(readable);
		free(lost);
	}
}

static void
random_push(struct changeset *cs, struct ruleset *rs)
{
	for (unsigned k = rnd(6); k > 0; k--)
		if (changeset_push_take(cs, rs, random_change(rs)))
			continue;
}

static bool
loses(const struct changeset *cs, const struct ruleset *live,
      const struct ruleset *want, const struct ruleset *target,
      const struct ruleset *after)
{
	struct str lost = { 0 };
	bool any;

	ruleset_lost(cs, live, want, target, after, &lost);
	any = lost.len > 0;
	str_done(&lost);
	return any;
}

/* Whatever others did is told where it goes, and only there. */
static void
test_lost_random(void)
{
	struct changeset *none = changeset_new("filter");
	unsigned silent = 0, idle = 0, kept = 0, same = 0;

	for (unsigned i = 0; i < ROUNDS; i++) {
		struct ruleset *before = random_ruleset();
		struct ruleset *after = ruleset_copy(before), *live;
		struct changeset *cs = changeset_new("filter");
		struct changeset *theirs = changeset_new("filter");

		random_push(cs, after);
		live = ruleset_copy(after);
		random_push(theirs, live);
		silent += loses(none, live, after, after, after) ==
			  ruleset_equal(live, after);
		idle += loses(cs, after, before, before, after);
		kept += loses(none, live, live, before, after);
		same += ruleset_equal(live, after);
		changeset_free(cs);
		changeset_free(theirs);
		ruleset_free(before);
		ruleset_free(after);
		ruleset_free(live);
	}
	is_int(silent, 0, "there is a line where they did anything");
	is_int(idle, 0, "there is none where they did nothing");
	is_int(kept, 0, "and none where all of it stays");
	ok(same < ROUNDS / 2, "they did nothing %u times", same);
	changeset_free(none);
}

/* Our chains go, whichever was made first. */
static void
test_restore_drops(void)
{
	struct scene s = scene_take(ruleset_of("a"));
	struct rule *drop = random_rule(2, "DROP");
	struct rule *inner = random_rule(1, "inner");
	struct rule *outer = random_rule(3, "outer");

	ok(we_do_take(&s, change_chain_new("inner")) &&
	   we_do_take(&s, change_insert("inner", 0, drop)) &&
	   we_do_take(&s, change_chain_new("outer")) &&
	   we_do_take(&s, change_insert("outer", 0, inner)) &&
	   we_do_take(&s, change_insert("INPUT", 0, outer)),
	   "a chain that another one leads to");
	scene_commit(&s);
	scene_restore(&s);
	ok(!changeset_apply(s.back, s.live) && ruleset_equal(s.live, s.before),
	   "both are gone");
	is_str(str_text(&s.lost), "", "nothing was lost");
	rule_unref(inner);
	rule_unref(outer);
	rule_unref(drop);
	scene_done(&s);
}

/* Others put rules into a chain, and lead to it, that we renamed. */
static void
test_restore_renamed(void)
{
	struct ruleset *before = ruleset_of("a");
	struct scene s;

	chain_push_take(ruleset_add_chain(before, "old", POLICY_NONE),
			random_rule(1, "DROP"));
	s = scene_take(before);
	ok(we_do_take(&s, change_chain_rename("old", "new")),
	   "a chain gets another name");
	scene_commit(&s);
	chain_push_take(ruleset_chain(s.live, "FORWARD"), random_rule(2, "new"));
	chain_push_take(ruleset_chain(s.live, "new"), random_rule(3, "DROP"));
	scene_restore(&s);
	ok(!changeset_apply(s.back, s.live) &&
	   ruleset_references(s.live, "old") == 1, "what leads to it follows");
	ok(lost_one_line(&s, "# opaque old "),
	   "only what went is told, by the old name");
	scene_done(&s);
}

static void
test_fingerprint(void)
{
	struct ruleset *a = ruleset_of("abc");
	struct ruleset *b = ruleset_copy(a);
	char x[FINGERPRINT_SIZE], y[FINGERPRINT_SIZE];

	ruleset_chain(b, "INPUT")->counters.packets = 7;
	ruleset_fingerprint(a, x);
	ruleset_fingerprint(b, y);
	is_str(x, y, "counters are not part of the fingerprint");
	ruleset_chain(b, "INPUT")->policy = POLICY_DROP;
	ruleset_fingerprint(b, y);
	ok(strcmp(x, y) != 0, "policies are");
	ruleset_free(a);
	ruleset_free(b);
}

int
main(void)
{
	if (xt_init(false))
		bail_out("%s", err_message());
	test_invert();
	test_all_or_nothing();
	test_restore();
	test_restore_tells();
	test_restore_drops();
	test_restore_renamed();
	test_lost();
	test_lost_random();
	test_fingerprint();
	xt_done();
	return done_testing();
}
