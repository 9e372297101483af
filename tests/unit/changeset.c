/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changesets on random rulesets: apply then invert is the identity, and what is
 * stored is read back. */
#include <stdlib.h>
#include <string.h>
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
	struct ruleset *before = ruleset_of("abc");
	struct ruleset *after = ruleset_copy(before);
	struct ruleset *live;
	struct changeset *cs = changeset_new("filter");
	struct rule *theirs = random_rule(4000, "DROP");
	struct str lost = { 0 };
	const char *line;

	ok(!changeset_push_take(cs, after, change_delete("INPUT", 1)),
	   "our change");
	live = ruleset_copy(after);
	chain_push_take(ruleset_chain(live, "INPUT"), rule_ref(theirs));
	rule_unref(vec_remove(&ruleset_chain(live, "INPUT")->rules, 0));
	ruleset_chain(live, "INPUT")->policy = POLICY_DROP;
	changeset_free(changeset_restore_chains(cs, live, before, after,
						&lost));
	line = str_text(&lost);
	is_line(&line, "# opaque INPUT ");
	is_line(&line, "# deleted INPUT ");
	is_line(&line, "# policy INPUT DROP\n");
	is_str(line, "", "and nothing else");
	str_done(&lost);
	rule_unref(theirs);
	changeset_free(cs);
	ruleset_free(before);
	ruleset_free(after);
	ruleset_free(live);
}

/* Others' rules in chains that we did not touch stay; in ours they are named. */
static void
test_restore(void)
{
	struct ruleset *before = ruleset_of("abc");
	struct ruleset *after = ruleset_copy(before);
	struct ruleset *live;
	struct changeset *cs = changeset_new("filter");
	struct changeset *back;
	struct rule *theirs = random_rule(4000, "DROP");
	struct str lost = { 0 };

	ok(!changeset_push_take(cs, after, change_delete("INPUT", 1)) &&
	   !changeset_push_take(cs, after, change_chain_new("mine")),
	   "our change");
	live = ruleset_copy(after);
	chain_push_take(ruleset_chain(live, "FORWARD"), rule_ref(theirs));
	chain_push_take(ruleset_chain(live, "INPUT"), rule_ref(theirs));
	back = changeset_restore_chains(cs, live, before, after, &lost);
	ok(changeset_apply(back, live) == OK, "the way back fits on live");
	is_int(ruleset_chain(live, "INPUT")->rules.n, 3, "our chain is whole");
	is_int(ruleset_chain(live, "FORWARD")->rules.n, 1, "theirs is kept");
	ok(!ruleset_chain(live, "mine"), "our new chain is gone");
	ok(str_starts(str_text(&lost), "# opaque INPUT ") &&
	   strchr(str_text(&lost), '\n')[1] == '\0', "one lost rule is named");
	str_done(&lost);
	rule_unref(theirs);
	changeset_free(back);
	changeset_free(cs);
	ruleset_free(before);
	ruleset_free(after);
	ruleset_free(live);
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
	test_invert();
	test_all_or_nothing();
	test_restore();
	test_restore_tells();
	test_fingerprint();
	return done_testing();
}
