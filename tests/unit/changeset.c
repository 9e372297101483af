/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changesets on random rulesets: apply then invert is the identity, diff(a, b)
 * applied to a is b, and what is stored is read back. */
#include <stdlib.h>
#include <string.h>
#include <sallyport/changeset.h>
#include <sallyport/mem.h>
#include <sallyport/weave.h>
#include "../tap.h"
#include "random-rules.h"

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

/* A change that may or may not fit. */
static struct change *
random_change(struct ruleset *rs)
{
	struct chain *chain = rs->chains.v[rnd(rs->chains.n)];
	size_t n = chain->rules.n;
	struct change *change;
	struct rule *rule;
	char name[CHAIN_NAME_SIZE];

	snprintf(name, sizeof(name), "U%u", rnd(6));
	switch (rnd(10)) {
	case 0:
		return change_delete(chain->name, rnd(n + 1));
	case 1:
		return change_move(chain->name, rnd(n + 1), rnd(n + 1));
	case 2:
		return change_policy(chain->name, POLICY_ACCEPT + rnd(2));
	case 3:
		return change_chain_new(name);
	case 4:
		return change_chain_delete(name);
	case 5:
		return change_chain_rename(name, chain->name);
	case 6:
		return change_chain_flush(chain->name);
	default:
		rule = random_rule(rnd(12), rnd(2) ? "ACCEPT" : name);
		change = rnd(2) ? change_insert(chain->name, rnd(n + 1), rule) :
				  change_replace(chain->name, rnd(n + 1), rule);
		rule_unref(rule);
		return change;
	}
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
diff_once(const struct ruleset *a, const struct ruleset *b, bool bytes,
	  unsigned *bad, size_t *changes)
{
	struct changeset *cs = changeset_diff(a, b, bytes);
	struct ruleset *c = ruleset_copy(a);

	if (changeset_apply(cs, c) || !ruleset_equal(c, b))
		++*bad;
	*changes += cs->changes.n;
	changeset_free(cs);
	ruleset_free(c);
}

static void
test_diff(void)
{
	unsigned bad = 0, bad_edit = 0, bad_self = 0;
	size_t changes = 0, none = 0;

	for (unsigned i = 0; i < ROUNDS; i++) {
		struct ruleset *a = random_ruleset();
		struct ruleset *b = random_ruleset();
		struct ruleset *c = ruleset_copy(a);
		struct changeset *edits = changeset_new("filter");

		diff_once(a, b, i % 2, &bad, &changes);
		for (unsigned k = rnd(12); k > 0; k--)
			if (changeset_push_take(edits, c, random_change(c)))
				continue;
		diff_once(a, c, true, &bad_edit, &changes);
		diff_once(a, a, true, &bad_self, &none);
		changeset_free(edits);
		ruleset_free(a);
		ruleset_free(b);
		ruleset_free(c);
	}
	is_int(bad, 0, "diff(a, b) applied to a is b, %d times", ROUNDS);
	is_int(bad_edit, 0, "the same where b is an edit of a");
	is_int(bad_self, 0, "a differs from itself");
	is_int(none, 0, "in nothing");
}

static const char *
kinds_of(const struct changeset *cs)
{
	static const char letters[] = "IDRMPNXEFG";
	static char kinds[64];

	memset(kinds, 0, sizeof(kinds));
	for (size_t i = 0; i < cs->changes.n && i < 63; i++)
		kinds[i] = letters[((struct change *)cs->changes.v[i])->kind];
	return kinds;
}

/* What is read as "a rule moved" is one move, and so on. */
static void
test_least(const char *what, const char *from, const char *to,
	   const char *kinds)
{
	struct ruleset *a = ruleset_of(from);
	struct ruleset *b = ruleset_of(to);
	struct changeset *cs = changeset_diff(a, b, true);

	is_str(kinds_of(cs), kinds, "%s", what);
	changeset_free(cs);
	ruleset_free(a);
	ruleset_free(b);
}

/* Of two rules that read alike the right one goes, since each has its own
 * counters. */
static void
test_identity(void)
{
	struct ruleset *a = ruleset_of("aab");
	struct ruleset *b = ruleset_copy(a);
	struct changeset *edit = changeset_new("filter");
	struct changeset *cs;
	struct change *change;
	struct rule *rule;

	ok(changeset_push_take(edit, b, change_delete("INPUT", 0)) == OK,
	   "delete the first of two equal rules");
	cs = changeset_diff(a, b, true);
	change = cs->changes.n ? cs->changes.v[0] : NULL;
	ok(change && change->kind == CHANGE_DELETE && change->pos == 0,
	   "the difference deletes the first");
	changeset_free(cs);
	rule = random_rule(50, "DROP");
	ok(changeset_push_take(edit, b, change_replace("INPUT", 1, rule)) == OK,
	   "replace the last");
	cs = changeset_diff(a, b, true);
	is_str(kinds_of(cs), "DR", "the difference replaces it");
	rule_unref(rule);
	changeset_free(cs);
	changeset_free(edit);
	ruleset_free(a);
	ruleset_free(b);
}

/* Five differences in ten thousand rules are five changes. */
static void
test_large(void)
{
	struct ruleset *a = ruleset_of("");
	struct ruleset *b;
	struct changeset *edit = changeset_new("filter");
	struct changeset *cs;
	struct rule *rule = random_rule(77777, "DROP");

	for (unsigned i = 0; i < 10000; i++)
		chain_push_take(ruleset_chain(a, "INPUT"),
				random_rule(i, "ACCEPT"));
	b = ruleset_copy(a);
	ok(!changeset_push_take(edit, b, change_delete("INPUT", 17)) &&
	   !changeset_push_take(edit, b, change_move("INPUT", 9000, 40)) &&
	   !changeset_push_take(edit, b, change_insert("INPUT", 500, rule)) &&
	   !changeset_push_take(edit, b, change_replace("INPUT", 7000, rule)) &&
	   !changeset_push_take(edit, b, change_policy("INPUT", POLICY_DROP)),
	   "five edits");
	cs = changeset_diff(a, b, true);
	is_int(cs->changes.n, 5, "are five changes");
	rule_unref(rule);
	changeset_free(cs);
	changeset_free(edit);
	ruleset_free(a);
	ruleset_free(b);
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
	test_diff();
	test_least("nothing", "abc", "abc", "");
	test_least("one deleted", "abcdef", "abdef", "D");
	test_least("the first deleted", "abcdef", "bcdef", "D");
	test_least("one added", "abcdef", "abcxdef", "I");
	test_least("one for another", "abcdef", "abxdef", "DI");
	test_least("one moved down", "abcdef", "bcdefa", "M");
	test_least("one moved up", "abcdef", "fabcde", "M");
	test_least("two exchanged", "abcdef", "abdcef", "M");
	test_least("one deleted among repeated ones", "aabaab", "abaab", "D");
	test_identity();
	test_large();
	test_restore();
	test_fingerprint();
	return done_testing();
}
