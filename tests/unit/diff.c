/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Differences: diff(a, b) applied to a is b, it says no more than needs to be
 * said, and of rules that are alike it finds the right ones. */
#include <stdlib.h>
#include <string.h>
#include <sallyport/mem.h>
#include "../tap.h"
#include "random-changes.h"

#define ROUNDS 2000

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

static struct ruleset *
alike(unsigned n)
{
	struct ruleset *rs = ruleset_of("");

	while (n--)
		chain_push_take(ruleset_chain(rs, "INPUT"),
				random_rule(1, "ACCEPT"));
	return rs;
}

static void
test_alike(void)
{
	struct ruleset *a = alike(10000), *b = alike(9999);
	struct changeset *less = changeset_diff(a, b, false);
	struct changeset *more = changeset_diff(b, a, false);

	is_str(kinds_of(less), "D", "10,000 rules alike, and one less");
	is_str(kinds_of(more), "I", "and one more");
	changeset_free(less);
	changeset_free(more);
	ruleset_free(a);
	ruleset_free(b);
}

/* The same rules by other ids: as if both had been read. */
static struct ruleset *
read_again(const struct ruleset *rs)
{
	struct ruleset *copy = ruleset_copy(rs);

	for (size_t i = 0; i < copy->chains.n; i++) {
		struct chain *chain = copy->chains.v[i];

		for (size_t r = 0; r < chain->rules.n; r++) {
			struct rule *rule = chain->rules.v[r];
			struct counters none = { 0 };

			if (rule_new(rule->entry, rule->size, NULL, none,
				     (struct rule **)&chain->rules.v[r]))
				die("no rule: %s", err_message());
			rule_unref(rule);
		}
	}
	return copy;
}

/* One edit of INPUT, which is no shorter way to say another. */
static struct change *
small_edit(const struct ruleset *rs, unsigned kinds)
{
	size_t n = ruleset_chain(rs, "INPUT")->rules.n;
	struct rule *rule = random_rule(rnd(kinds), "ACCEPT");
	struct change *change;

	switch (rnd(n ? 3 : 1)) {
	case 0:
		change = change_insert("INPUT", rnd(n + 1), rule);
		break;
	case 1:
		change = change_delete("INPUT", rnd(n));
		break;
	default:
		change = change_move("INPUT", rnd(n), rnd(n));
	}
	rule_unref(rule);
	return change;
}

/* Whatever repeats, a difference is never longer than the edits that made it. */
static void
test_no_longer_than_edits(void)
{
	unsigned longer = 0, wrong = 0;
	size_t changes = 0;

	for (unsigned i = 0; i < 2000; i++) {
		unsigned kinds = 1 + rnd(i % 2 ? 4 : 200), edits = rnd(6);
		struct ruleset *a = ruleset_of(""), *b, *c;
		struct changeset *cs = changeset_new("filter"), *found;

		for (unsigned k = rnd(100); k > 0; k--)
			chain_push_take(ruleset_chain(a, "INPUT"),
					random_rule(rnd(kinds), "ACCEPT"));
		b = ruleset_copy(a);
		for (unsigned k = 0; k < edits; k++)
			if (changeset_push_take(cs, b, small_edit(b, kinds)))
				die("no edit: %s", err_message());
		c = i % 3 ? read_again(b) : ruleset_copy(b);
		found = changeset_diff(a, c, i % 5 == 0);
		longer += found->changes.n > edits;
		diff_once(a, c, true, &wrong, &changes);
		changeset_free(found);
		changeset_free(cs);
		ruleset_free(a);
		ruleset_free(b);
		ruleset_free(c);
	}
	is_int(longer, 0, "no difference is longer than the edits, 2000 times");
	is_int(wrong, 0, "and each leads there");
}

/* Rules of few kinds, too many for pair by pair. */
static void
test_many_alike(void)
{
	struct ruleset *a = ruleset_of(""), *b;
	struct changeset *edit = changeset_new("filter");
	struct changeset *cs;
	unsigned wrong = 0;
	size_t changes = 0;

	for (unsigned i = 0; i < 10000; i++)
		chain_push_take(ruleset_chain(a, "INPUT"),
				random_rule(rnd(3), "ACCEPT"));
	b = ruleset_copy(a);
	for (unsigned i = 0; i < 5; i++)
		if (changeset_push_take(edit, b, change_move("INPUT", rnd(10000),
							     rnd(10000))))
			die("no edit: %s", err_message());
	ruleset_free(a);
	a = read_again(b);
	while (edit->changes.n)
		change_free(changeset_pop(edit, a));
	cs = changeset_diff(a, b, true);
	ok(cs->changes.n <= 5, "five moves in 10,000 rules of three kinds are"
	   " %zu changes", cs->changes.n);
	changeset_free(cs);
	while (ruleset_chain(a, "INPUT")->rules.n > 3000)
		rule_unref(vec_remove(&ruleset_chain(a, "INPUT")->rules,
				      rnd(3000)));
	diff_once(a, b, true, &wrong, &changes);
	is_int(wrong, 0, "little in common, and right all the same");
	ok(changes < 7500, "the third that is left is found: %zu changes",
	   changes);
	changeset_free(edit);
	ruleset_free(a);
	ruleset_free(b);
}

/* Too much for the exact methods: longer than need be, but right. */
static void
test_last_resort(void)
{
	struct ruleset *a = ruleset_of(""), *b = ruleset_of("");
	unsigned wrong = 0;
	size_t changes = 0;

	for (unsigned i = 0; i < 24000; i++) {
		chain_push_take(ruleset_chain(a, "INPUT"),
				random_rule(rnd(2), "ACCEPT"));
		chain_push_take(ruleset_chain(b, "INPUT"),
				random_rule(rnd(2), "ACCEPT"));
	}
	diff_once(a, b, true, &wrong, &changes);
	is_int(wrong, 0, "24,000 rules of two kinds, twice at random");
	ok(changes < 12000, "are %zu changes", changes);
	ruleset_free(a);
	ruleset_free(b);
}

/* Chains: "NAME:LETTERS" each, a capital letter jumping to the chain whose name
 * begins with it. */
static struct ruleset *
chains_of(const char *text)
{
	struct ruleset *rs = ruleset_of("");

	while (*text) {
		const char *colon = strchr(text, ':');
		size_t n = strcspn(colon, " ");
		char name[CHAIN_NAME_SIZE];
		struct chain *chain;

		snprintf(name, sizeof(name), "%.*s", (int)(colon - text), text);
		chain = ruleset_chain(rs, name);
		if (!chain)
			chain = ruleset_add_chain(rs, name, POLICY_NONE);
		for (size_t i = 1; i < n; i++) {
			char to[2] = { colon[i], '\0' };
			bool jump = colon[i] >= 'A' && colon[i] <= 'Z';

			chain_push_take(chain, jump ? random_rule(7, to) :
				random_rule((unsigned char)*to, "ACCEPT"));
		}
		text = colon + n + (colon[n] == ' ');
	}
	return rs;
}

static void
test_chains(const char *what, const char *from, const char *to,
	    const char *kinds)
{
	struct ruleset *a = chains_of(from), *b = chains_of(to);
	struct changeset *cs = changeset_diff(a, b, true);
	unsigned wrong = 0;
	size_t changes = 0;

	is_str(kinds_of(cs), kinds, "%s", what);
	diff_once(a, b, true, &wrong, &changes);
	is_int(wrong, 0, "... which leads there");
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

static const struct {
	const char *what;
	const char *from;
	const char *to;
	const char *kinds;
} rows[] = {
	{ "nothing", "abc", "abc", "" },
	{ "one deleted", "abcdef", "abdef", "D" },
	{ "the first deleted", "abcdef", "bcdef", "D" },
	{ "one added", "abcdef", "abcxdef", "I" },
	{ "one for another", "abcdef", "abxdef", "R" },
	{ "two for two", "abcdef", "abxyef", "RR" },
	{ "one for another, and one more", "abcdef", "abxydef", "RI" },
	{ "one moved down", "abcdef", "bcdefa", "M" },
	{ "one moved up", "abcdef", "fabcde", "M" },
	{ "two exchanged", "abcdef", "abdcef", "M" },
	{ "one deleted among repeated ones", "aabaab", "abaab", "D" },
	{ "one more of a block", "xaaaay", "xaaaaay", "I" },
	{ "one less of a block", "xaaaay", "xaaay", "D" },
	{ "one moved over repeated ones", "uaaaabbbbz", "aaaabbbbuz", "M" },
	{ "one moved up over repeated ones", "aaaabbbbuz", "uaaaabbbbz", "M" },
	{ "one of a block moved over another block", "aaaabbbbcccc",
	  "aaabbbbacccc", "M" },
	{ "one more and one moved among repeated ones", "aabbccaabbcc",
	  "aabbbccaabcbc", "MI" },
};

static const struct {
	const char *what;
	const char *from;
	const char *to;
	const char *kinds;
} chain_rows[] = {
	{ "chains in another order", "A:ab B:cd C:", "C: B:cd A:ab", "" },
	{ "a renamed chain", "A:abc", "B:abc", "E" },
	{ "two that change names", "A:abc B:xyz", "B:abc A:xyz", "RRRRRR" },
	{ "renamed, and one rule edited", "A:abcd", "B:abxd", "ER" },
	{ "renamed, and one rule added", "A:abc", "B:abcx", "EI" },
	{ "renamed with its jump", "INPUT:A A:ab", "INPUT:B B:ab", "E" },
	{ "two renamed, one jumping to the other", "A:aB B:xy", "C:aD D:xy",
	  "EE" },
	{ "another chain", "A:abcd", "B:wxyz", "NFIIIIX" },
	{ "empty ones", "A: B:", "C:", "NXX" },
};

int
main(void)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		test_least(rows[i].what, rows[i].from, rows[i].to,
			   rows[i].kinds);
	for (size_t i = 0; i < ARRAY_LEN(chain_rows); i++)
		test_chains(chain_rows[i].what, chain_rows[i].from,
			    chain_rows[i].to, chain_rows[i].kinds);
	test_diff();
	test_alike();
	test_no_longer_than_edits();
	test_many_alike();
	test_last_resort();
	test_identity();
	test_large();
	return done_testing();
}
