/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Merging: by hand, a letter a rule, and at random: nothing of either side is
 * lost without a conflict (P7). */
#include <ctype.h>
#include <stdlib.h>
#include <sallyport/mem.h>
#include <sallyport/merge.h>
#include <sallyport/xt.h>
#include "../tap.h"
#include "random-changes.h"

#define RUNS 4000

/* A capital drops what the letter accepts. */
static struct ruleset *
input_of(const char *letters)
{
	struct ruleset *rs = ruleset_of("");
	struct chain *chain = ruleset_chain(rs, "INPUT");

	for (; *letters; letters++)
		chain_push_take(chain, random_rule((unsigned)tolower(*letters),
				isupper(*letters) ? "DROP" : "ACCEPT"));
	return rs;
}

static void
letters_of(const struct chain *chain, char *out)
{
	for (size_t i = 0; i < chain->rules.n; i++) {
		const struct rule *rule = chain_rule(chain, i);
		const struct ip6t_entry *e = (const void *)rule->entry;
		int letter = (int)ntohl(e->ipv6.src.s6_addr32[3]);

		*out++ = (char)(strcmp(rule_target(rule), "DROP") == 0 ?
				toupper(letter) : letter);
	}
	*out = '\0';
}

/* base becomes ours and theirs; want has the merged letters. */
static void
merges(const char *base, const char *ours, const char *theirs,
       enum merge_side side, size_t conflicts, const char *want)
{
	struct ruleset *b = input_of(base), *t = input_of(theirs);
	struct ruleset *o = ruleset_copy(b), *m, *target = input_of(ours);
	struct changeset *cs = changeset_diff(b, target, true);
	struct vec found = { 0 };
	char letters[64];
	enum err err;

	if (changeset_apply(cs, o))
		bail_out("%s", err_message());
	err = ruleset_merge(b, o, t, side, &m, &found);
	letters_of(ruleset_chain(m, "INPUT"), letters);
	is_str(letters, want, "%s: ours %s, theirs %s", base, ours, theirs);
	is_int(found.n, conflicts, "conflicts");
	is_int(err, conflicts ? ERR_CONFLICT : OK, "and said so");
	conflicts_done(&found);
	changeset_free(cs);
	ruleset_free(target);
	ruleset_free(b);
	ruleset_free(o);
	ruleset_free(t);
	ruleset_free(m);
}

static void
test_rules(void)
{
	merges("abc", "abc", "abc", MERGE_THEIRS, 0, "abc");
	merges("abc", "axbc", "abcy", MERGE_THEIRS, 0, "axbcy");
	merges("abc", "bc", "abcy", MERGE_THEIRS, 0, "bcy");
	merges("abc", "bc", "ac", MERGE_THEIRS, 0, "c");
	merges("abc", "ac", "ac", MERGE_THEIRS, 0, "ac");
	/* One gap: theirs in front. */
	merges("abc", "xabc", "yabc", MERGE_THEIRS, 0, "yxabc");
	merges("abc", "abcx", "abcy", MERGE_THEIRS, 0, "abcyx");
	/* The same thing done twice is done once; two are two. */
	merges("abc", "axbc", "axbc", MERGE_THEIRS, 0, "axbc");
	merges("abc", "axxbc", "axbc", MERGE_THEIRS, 0, "axxbc");
	merges("abc", "axxbc", "abc", MERGE_THEIRS, 0, "axxbc");
	/* Moves. */
	merges("abcd", "bcda", "abcdy", MERGE_THEIRS, 0, "bcdya");
	merges("abcd", "abcd", "bcda", MERGE_THEIRS, 0, "bcda");
	merges("abcd", "bcda", "bcda", MERGE_THEIRS, 0, "bcda");
	merges("abcd", "xbcd", "bcda", MERGE_THEIRS, 0, "bcdx");
	/* What others did to a rule while we changed it. */
	merges("abc", "axc", "ac", MERGE_THEIRS, 1, "ac");
	merges("abc", "axc", "ac", MERGE_OURS, 1, "axc");
	merges("abc", "axc", "ayc", MERGE_THEIRS, 1, "ayc");
	merges("abc", "axc", "ayc", MERGE_OURS, 1, "ayxc");
	merges("abc", "axc", "axc", MERGE_THEIRS, 0, "axc");
	merges("abc", "ac", "axc", MERGE_THEIRS, 1, "axc");
	merges("abc", "ac", "axc", MERGE_OURS, 1, "ac");
	merges("abc", "ac", "axbc", MERGE_THEIRS, 0, "axc");
	merges("abc", "ac", "acx", MERGE_THEIRS, 0, "acx");
	merges("abc", "ac", "axc", MERGE_CAUTIOUS, 0, "axc");
	merges("abcde", "bcdea", "bcde", MERGE_THEIRS, 1, "bcde");
	merges("abcde", "bcdea", "bcde", MERGE_OURS, 1, "bcdea");
	/* Put back, where others appended. */
	merges("ab", "abc", "aby", MERGE_CAUTIOUS, 0, "abcy");
	merges("bc", "abc", "ybc", MERGE_CAUTIOUS, 0, "yabc");
	merges("", "Dd", "Dy", MERGE_CAUTIOUS, 0, "Ddy");
	merges("", "xDd", "yD", MERGE_CAUTIOUS, 0, "xyDd");
}

/* What both did is no conflict, and neither is what is done already. */
static void
test_cautious_rules(void)
{
	merges("DEa", "Ea", "Da", MERGE_CAUTIOUS, 1, "a");
	merges("DEa", "Ea", "Eay", MERGE_CAUTIOUS, 0, "Eay");
	merges("DEab", "Ea", "EabY", MERGE_CAUTIOUS, 0, "EaY");
	merges("DEx", "DEd", "xDE", MERGE_CAUTIOUS, 1, "dDE");
}

/* A rule that drops goes on our side: what others do beside it. */
static void
opens(const char *target, bool behind, bool delete, size_t conflicts)
{
	struct ruleset *b = ruleset_of("ab"), *o = ruleset_copy(b), *t, *m;
	struct chain *chain = ruleset_chain(b, "INPUT");
	struct vec found = { 0 };
	struct rule *rule = random_rule('y', target);

	ruleset_add_chain(b, "bans", POLICY_NONE);
	chain_push_take(ruleset_chain(b, "bans"), random_rule('z', "DROP"));
	chain_push_take(ruleset_chain(b, "bans"), random_rule('z', "RETURN"));
	vec_insert(&chain->rules, 1, random_rule('d', "DROP"));
	ruleset_free(o);
	o = ruleset_copy(b);
	t = ruleset_copy(b);
	rule_unref(vec_remove(&ruleset_chain(o, "INPUT")->rules, 1));
	chain = ruleset_chain(t, "INPUT");
	if (delete)
		rule_unref(vec_remove(&chain->rules, 1));
	else
		vec_insert(&chain->rules, behind ? 3 : 0, rule_ref(rule));
	if (ruleset_merge(b, o, t, MERGE_CAUTIOUS, &m, &found))
		diag("a conflict");
	is_int(found.n, conflicts, "%s of others %s", target,
	       delete ? "deleted as well" : behind ? "behind" : "in front");
	conflicts_done(&found);
	rule_unref(rule);
	ruleset_free(b);
	ruleset_free(o);
	ruleset_free(t);
	ruleset_free(m);
}

static void
test_cautious(void)
{
	opens("ACCEPT", true, false, 1);
	opens("ACCEPT", false, false, 0);
	opens("DROP", true, false, 0);
	opens("bans", true, false, 0);
	opens("RETURN", true, false, 1);
	opens("DROP", false, true, 0);
}

static void
add_letters(struct chain *chain, const char *letters)
{
	for (; *letters; letters++)
		chain_push_take(chain, random_rule((unsigned)tolower(*letters),
				*letters == 'j' ? "g" :
				isupper(*letters) ? "DROP" : "ACCEPT"));
}

/* INPUT with these rules, of which j jumps to g, which has those. */
static struct ruleset *
ways_of(const char *input, enum policy policy, const char *g)
{
	struct ruleset *rs = ruleset_of("");

	add_letters(ruleset_add_chain(rs, "g", POLICY_NONE), g);
	add_letters(ruleset_chain(rs, "INPUT"), input);
	ruleset_chain(rs, "INPUT")->policy = policy;
	return rs;
}

static const struct way {
	const char *what;
	const char *after;	/* INPUT on trial */
	const char *before;
	enum policy policy;	/* before; on trial it drops */
	const char *g;
	const char *theirs;	/* g, as others leave it */
	bool opens;
} ways[] = {
	{ "a way in comes back, and they let in there", "", "j", POLICY_DROP,
	  "a", "ab", true },
	{ "it comes back for a rule that drops, and they let that go there",
	  "D", "j", POLICY_DROP, "D", "", true },
	{ "the policy lets in again what they let go", "j", "j",
	  POLICY_ACCEPT, "D", "", true },
	{ "a way comes back, and they drop more", "a", "ja", POLICY_DROP,
	  "D", "ED", false },
	{ "and they drop less", "a", "ja", POLICY_DROP, "DE", "E", false },
	{ "the policy comes back, and they drop more", "j", "j",
	  POLICY_ACCEPT, "D", "ED", false },
	{ "nothing comes back", "j", "jD", POLICY_DROP, "D", "", false },
};

/* Others change the chain that a rule of ours leads to once it is back. */
static void
test_ways(void)
{
	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		const struct way *w = &ways[i];
		struct ruleset *after = ways_of(w->after, POLICY_DROP, w->g);
		struct ruleset *before = ways_of(w->before, w->policy, w->g);
		struct ruleset *live = ways_of(w->after, POLICY_DROP, w->theirs);
		struct changeset *cs = changeset_diff(before, after, true);
		struct changeset *back;
		struct vec found = { 0 };
		struct str lost = { 0 };
		struct ruleset *m;

		is_int(ruleset_merge(after, before, live, MERGE_CAUTIOUS, &m,
				     &found), w->opens ? ERR_CONFLICT : OK,
		       "%s", w->what);
		back = changeset_restore_chains(cs, live, before, after, &lost);
		ok(changeset_apply(back, live) == OK &&
		   (!w->opens || ruleset_equal(live, before)),
		   "the chain is put back with what it leads to");
		ok(!w->opens || lost.len, "and that is told");
		conflicts_done(&found);
		str_done(&lost);
		changeset_free(back);
		changeset_free(cs);
		ruleset_free(m);
		ruleset_free(after);
		ruleset_free(before);
		ruleset_free(live);
	}
}

/* Chains L0, L1 ... which each jump to the next one so often; the last one
 * drops. */
static void
add_layers(struct ruleset *rs, int layers, int jumps)
{
	struct chain *chain = NULL;
	char name[CHAIN_NAME_SIZE];

	for (int i = 0; i < layers; i++) {
		snprintf(name, sizeof(name), "L%d", i);
		for (int j = 0; chain && j < jumps; j++)
			chain_push_take(chain, random_rule(j, name));
		chain = ruleset_add_chain(rs, name, POLICY_NONE);
	}
	chain_push_take(chain, random_rule(0, "DROP"));
}

/* A jump into them goes, and others append one: both close, whatever way is
 * taken, and there are more ways than can be looked at one by one. */
static void
test_many_ways(void)
{
	struct ruleset *b = ruleset_of(""), *o, *t, *m;
	struct vec found = { 0 };

	add_layers(b, 100, 6);
	o = ruleset_copy(b);
	chain_push_take(ruleset_chain(b, "INPUT"), random_rule('d', "L0"));
	t = ruleset_copy(b);
	chain_push_take(ruleset_chain(t, "INPUT"), random_rule('y', "L1"));
	is_int(ruleset_merge(b, o, t, MERGE_CAUTIOUS, &m, &found), OK,
	       "many ways through chains that only drop open nothing");
	is_int(ruleset_chain(m, "INPUT")->rules.n, 1, "theirs stays");
	conflicts_done(&found);
	ruleset_free(b);
	ruleset_free(o);
	ruleset_free(t);
	ruleset_free(m);
}

static size_t
count(const struct chain *chain, const struct rule *rule)
{
	size_t n = 0;

	for (size_t i = 0; chain && i < chain->rules.n; i++)
		n += rule_equal(chain_rule(chain, i), rule);
	return n;
}

static long
least(long a, long b)
{
	return a < b ? a : b;
}

static long
most(long a, long b)
{
	return a > b ? a : b;
}

/* So often as a rule is there after what ours and theirs did to it: both may
 * have done the same. */
static bool
is_kept(const struct ruleset *all[4], const char *name,
	const struct rule *rule)
{
	long n[4], ours, theirs;

	for (int i = 0; i < 4; i++)
		n[i] = (long)count(ruleset_chain(all[i], name), rule);
	ours = n[1] - n[0];
	theirs = n[2] - n[0];
	if (ours >= 0 && theirs >= 0)
		return n[3] >= n[0] + most(ours, theirs) &&
		       n[3] <= n[0] + ours + theirs;
	if (ours <= 0 && theirs <= 0)
		return n[3] >= n[0] + ours + theirs &&
		       n[3] <= n[0] + least(ours, theirs);
	return n[3] == n[0] + ours + theirs;
}

static bool
all_kept(const struct ruleset *base, const struct ruleset *ours,
	 const struct ruleset *theirs, const struct ruleset *merged)
{
	const struct ruleset *all[] = { base, ours, theirs, merged };

	for (int i = 0; i < 4; i++)
		for (size_t c = 0; c < all[i]->chains.n; c++) {
			const struct chain *chain = all[i]->chains.v[c];

			for (size_t r = 0; r < chain->rules.n; r++)
				if (!is_kept(all, chain->name,
					     chain_rule(chain, r)))
					return false;
		}
	return true;
}

/* A ruleset as it is read anew: no rule is known by its id. */
static struct ruleset *
reread(const struct ruleset *rs)
{
	struct ruleset *copy = ruleset_new(rs->table);

	for (size_t c = 0; c < rs->chains.n; c++) {
		const struct chain *from = rs->chains.v[c];
		struct chain *to = ruleset_add_chain(copy, from->name,
						     from->policy);

		for (size_t r = 0; r < from->rules.n; r++) {
			const struct rule *rule = chain_rule(from, r);
			struct rule *anew;

			if (rule_new(rule->entry, rule->size, NULL,
				     rule->counters, &anew))
				bail_out("%s", err_message());
			chain_push_take(to, anew);
		}
	}
	return copy;
}

static struct changeset *
random_edits(struct ruleset *rs, unsigned n, bool renames)
{
	struct changeset *cs = changeset_new(rs->table);

	for (unsigned i = 0; i < n; i++) {
		struct change *change = random_change(rs);

		if ((change->kind == CHANGE_CHAIN_RENAME && !renames) ||
		    (change->kind == CHANGE_MOVE && random_next))
			change_free(change);
		else if (changeset_push_take(cs, rs, change))
			continue;
	}
	return cs;
}

static bool
same(struct ruleset *a, const struct ruleset *b)
{
	bool equal = ruleset_equal(a, b);

	ruleset_free(a);
	return equal;
}

static struct ruleset *
merged_of(const struct ruleset *b, const struct ruleset *o,
	  const struct ruleset *t)
{
	struct vec found = { 0 };
	struct ruleset *m;

	if (ruleset_merge(b, o, t, MERGE_THEIRS, &m, &found))
		conflicts_done(&found);
	vec_done(&found);
	return m;
}

/* What a run found: the sum must be nought of the first four. */
struct findings {
	int lost;
	int misfits;		/* what is carried over does not fit live */
	int idle;		/* who did nothing has an effect */
	int silent;		/* an error without a conflict, or the reverse */
	int merged;		/* without a conflict */
};

static void
try_sides(const struct changeset *cs, const struct ruleset *b,
	  const struct ruleset *o, const struct ruleset *t, bool renames,
	  struct findings *f)
{
	for (enum merge_side side = MERGE_THEIRS; side <= MERGE_CAUTIOUS; side++) {
		struct ruleset *live = ruleset_copy(t);
		struct vec found = { 0 };
		struct changeset *rebased;
		enum err err = changeset_rebase(cs, b, t, side, &rebased,
						&found);

		f->silent += (err == ERR_CONFLICT) != (found.n > 0);
		f->merged += !err;
		f->misfits += changeset_apply(rebased, live) != OK;
		if (!err && !renames)
			f->lost += !all_kept(b, o, t, live);
		conflicts_done(&found);
		changeset_free(rebased);
		ruleset_free(live);
	}
}

static void
one_run(bool renames, struct findings *f)
{
	struct ruleset *b = random_ruleset();
	struct ruleset *o = ruleset_copy(b), *work = ruleset_copy(b), *t;
	struct changeset *cs = random_edits(o, 1 + rnd(6), renames);

	changeset_free(random_edits(work, 1 + rnd(6), renames));
	t = reread(work);
	try_sides(cs, b, o, t, renames, f);
	f->idle += !same(merged_of(b, b, t), t);
	f->idle += !same(merged_of(b, o, b), o);
	f->idle += !same(merged_of(b, o, o), o);
	changeset_free(cs);
	ruleset_free(b);
	ruleset_free(o);
	ruleset_free(work);
	ruleset_free(t);
}

static void
test_random(bool renames)
{
	struct findings f = { 0 };

	for (int i = 0; i < RUNS; i++)
		one_run(renames, &f);
	is_int(f.lost, 0, "nothing of either side is lost silently");
	is_int(f.misfits, 0, "what is carried over fits live");
	is_int(f.idle, 0, "who did nothing changes nothing");
	is_int(f.silent, 0, "an error is a conflict");
	ok(f.merged > RUNS / 2, "many merge: %d of %d", f.merged, 3 * RUNS);
}

/* What becomes of a packet from number in a chain of random rules. */
enum end { END_NONE, END_ACCEPT, END_DROP };

static enum end
walk_chain(const struct ruleset *rs, const struct chain *chain,
	   unsigned number)
{
	for (size_t i = 0; i < chain->rules.n; i++) {
		const struct rule *rule = chain_rule(chain, i);
		const struct ip6t_entry *e = (const void *)rule->entry;
		const char *target = rule_target(rule);
		enum end end;

		if (ntohl(e->ipv6.src.s6_addr32[3]) != number)
			continue;
		if (strcmp(target, "ACCEPT") == 0)
			return END_ACCEPT;
		if (strcmp(target, "DROP") == 0)
			return END_DROP;
		if (strcmp(target, "RETURN") == 0)
			return END_NONE;
		end = walk_chain(rs, ruleset_chain(rs, target), number);
		if (end != END_NONE)
			return end;
	}
	return END_NONE;
}

static bool
lets_in(const struct ruleset *rs, unsigned number)
{
	const struct chain *chain = ruleset_chain(rs, "INPUT");
	enum end end = walk_chain(rs, chain, number);

	return end == END_NONE ? chain->policy == POLICY_ACCEPT :
				 end == END_ACCEPT;
}

static struct rule *
random_verdict(void)
{
	static const char *const targets[] = { "ACCEPT", "DROP", "RETURN",
					       "bans", "opens" };

	return random_rule(random_number(4),
			   targets[rnd(ARRAY_LEN(targets))]);
}

static struct ruleset *
random_input(void)
{
	struct ruleset *rs = ruleset_of("");
	struct chain *chain;

	chain = ruleset_add_chain(rs, "bans", POLICY_NONE);
	chain_push_take(chain, random_rule(1, "DROP"));
	chain = ruleset_add_chain(rs, "opens", POLICY_NONE);
	chain_push_take(chain, random_rule(2, "ACCEPT"));
	chain = ruleset_chain(rs, "INPUT");
	chain->policy = rnd(2) ? POLICY_DROP : POLICY_ACCEPT;
	for (unsigned n = rnd(6); n > 0; n--)
		chain_push_take(chain, random_verdict());
	return rs;
}

static void
edit_input(struct ruleset *rs)
{
	struct chain *chain = ruleset_chain(rs, "INPUT");
	struct vec *rules = &chain->rules;

	for (unsigned n = 1 + rnd(2); n > 0; n--) {
		unsigned kind = rnd(random_next ? 4 : 5);

		if (kind == 0)
			chain->policy = rnd(2) ? POLICY_DROP : POLICY_ACCEPT;
		else if (kind < 3 || !rules->n)
			vec_insert(rules, rnd(rules->n + 1), random_verdict());
		else if (kind == 3)
			rule_unref(vec_remove(rules, rnd(rules->n)));
		else
			vec_insert(rules, rnd(rules->n),
				   vec_remove(rules, rnd(rules->n)));
	}
}

static void
test_never_more_open(void)
{
	int merged = 0, open = 0;

	for (int i = 0; i < 20 * RUNS; i++) {
		struct ruleset *b = random_input(), *o = ruleset_copy(b);
		struct ruleset *t = ruleset_copy(b), *m;
		struct vec found = { 0 };

		edit_input(o);
		edit_input(t);
		if (!ruleset_merge(b, o, t, MERGE_CAUTIOUS, &m, &found)) {
			merged++;
			for (unsigned n = 0; n < 4; n++)
				open += lets_in(m, n) && !lets_in(o, n) &&
					!lets_in(t, n);
		}
		conflicts_done(&found);
		ruleset_free(b);
		ruleset_free(o);
		ruleset_free(t);
		ruleset_free(m);
	}
	is_int(open, 0, "what neither side lets in stays out");
	ok(merged > 4 * RUNS, "of %d that merge", merged);
}

/* What a guardian makes of live where others were at work. */
static struct ruleset *
undone(const struct changeset *cs, const struct ruleset *before,
       const struct ruleset *after, const struct ruleset *live, bool *whole)
{
	struct vec found = { 0 };
	struct str lost = { 0 };
	struct ruleset *to;
	struct changeset *back;

	*whole = ruleset_merge(after, before, live, MERGE_CAUTIOUS, &to,
			       &found) != OK;
	if (*whole) {
		ruleset_free(to);
		to = ruleset_copy(live);
		back = changeset_restore_chains(cs, live, before, after, &lost);
		if (changeset_apply(back, to))
			bail_out("%s", err_message());
		changeset_free(back);
	}
	conflicts_done(&found);
	str_done(&lost);
	return to;
}

struct twice {
	int merged;	/* the first time */
	int whole;	/* the second time, though not the first */
	int other;	/* another table the second time */
};

/* A guardian that was killed once the old rules were in begins anew. */
static void
undo_twice(const struct changeset *cs, const struct ruleset *before,
	   const struct ruleset *after, const struct ruleset *live,
	   struct twice *n)
{
	bool whole[2];
	struct ruleset *once = undone(cs, before, after, live, &whole[0]);
	struct ruleset *read = reread(once);
	struct ruleset *twice = undone(cs, before, after, read, &whole[1]);

	n->merged += !whole[0];
	n->whole += whole[1] && !whole[0];
	n->other += !ruleset_equal(once, twice);
	ruleset_free(once);
	ruleset_free(read);
	ruleset_free(twice);
}

static void
twice_run(struct ruleset *before, bool input, struct twice *n)
{
	struct ruleset *after = ruleset_copy(before), *work, *live;
	struct changeset *cs;

	if (input) {
		edit_input(after);
		cs = changeset_diff(before, after, true);
	} else {
		cs = random_edits(after, 1 + rnd(6), true);
	}
	work = ruleset_copy(after);
	if (input)
		edit_input(work);
	else
		changeset_free(random_edits(work, 1 + rnd(6), true));
	live = reread(work);
	undo_twice(cs, before, after, live, n);
	changeset_free(cs);
	ruleset_free(before);
	ruleset_free(after);
	ruleset_free(work);
	ruleset_free(live);
}

/* Of two rules that read alike ours took one: put back twice it is back once. */
static void
test_alike_twice(void)
{
	struct ruleset *before = input_of("bbD"), *after = ruleset_copy(before);
	struct ruleset *live;
	struct changeset *cs = changeset_new("filter");
	struct twice n = { 0 };

	ok(!changeset_push_take(cs, after, change_delete("INPUT", 0)),
	   "one of two goes");
	live = reread(after);
	undo_twice(cs, before, after, live, &n);
	is_int(n.other, 0, "and comes back once");
	changeset_free(cs);
	ruleset_free(before);
	ruleset_free(after);
	ruleset_free(live);
}

static void
test_undone_twice(bool input)
{
	struct twice n = { 0 };

	random_next = 1;
	for (int i = 0; i < RUNS; i++)
		twice_run(input ? random_input() : random_ruleset(), input, &n);
	random_next = 0;
	is_int(n.other, 0, "undone twice is undone once");
	is_int(n.whole, 0, "what merged is not a conflict the next time");
	ok(n.merged > RUNS / 3, "of %d that merge", n.merged);
}

static void
rename_one(struct ruleset *rs, const char *from, const char *to)
{
	struct changeset *cs = changeset_new(rs->table);

	if (changeset_push_take(cs, rs, change_chain_rename(from, to)))
		bail_out("%s", err_message());
	changeset_free(cs);
}

/* The kernel takes no such chain. */
static bool
leads_to_itself(const struct chain *chain)
{
	for (size_t i = 0; i < chain->rules.n; i++)
		if (rule_jumps_to(chain_rule(chain, i), chain->name))
			return true;
	return false;
}

/* One of before's own chains that after still has, or NULL. */
static const char *
any_chain(const struct ruleset *before, const struct ruleset *after)
{
	for (size_t i = 0; i < before->chains.n; i++) {
		const struct chain *chain = before->chains.v[i];
		const struct chain *left = ruleset_chain(after, chain->name);

		if (!chain_is_builtin(chain) && left && !leads_to_itself(left))
			return chain->name;
	}
	return NULL;
}

/* One that had no rules, and that none led to, cannot be known again. */
static void
name_back(struct ruleset *rs, const char *from, const char *to)
{
	const struct chain *chain = ruleset_chain(rs, from);
	struct changeset *cs = changeset_new(rs->table);

	if (!chain)
		;
	else if (!ruleset_chain(rs, to))
		rename_one(rs, from, to);
	else if (!chain->rules.n &&
		 changeset_push_take(cs, rs, change_chain_delete(from)))
		diag("%s", err_message());
	changeset_free(cs);
}

/* Others only gave a chain another name: undone, all else is as it was. */
static void
rename_run(int *open, int *tried)
{
	struct ruleset *before = random_ruleset(), *now, *live;
	struct ruleset *after = ruleset_copy(before);
	struct changeset *cs = random_edits(after, 1 + rnd(6), false);
	const char *name = any_chain(before, after);
	bool whole;

	if (name) {
		now = ruleset_copy(after);
		rename_one(now, name, "elsewhere");
		live = reread(now);
		ruleset_free(now);
		now = undone(cs, before, after, live, &whole);
		name_back(now, "elsewhere", name);
		*open += !ruleset_equal(now, before);
		*tried += 1;
		ruleset_free(now);
		ruleset_free(live);
	}
	changeset_free(cs);
	ruleset_free(before);
	ruleset_free(after);
}

static void
test_renamed_by_others(void)
{
	int open = 0, tried = 0;

	random_next = 1;
	for (int i = 0; i < RUNS; i++)
		rename_run(&open, &tried);
	random_next = 0;
	is_int(open, 0, "a chain that others renamed is undone like any other");
	ok(tried > RUNS / 3, "in %d tables", tried);
}

static void
test_chains(void)
{
	struct ruleset *b = ruleset_of("a"), *o, *t, *m;
	struct vec found = { 0 };
	struct str text = { 0 };

	ruleset_add_chain(b, "ours", POLICY_NONE);
	o = ruleset_copy(b);
	t = ruleset_copy(b);
	ruleset_drop_chain(o, "ours");
	chain_push_take(ruleset_chain(t, "INPUT"), random_rule('j', "ours"));
	is_int(ruleset_merge(b, o, t, MERGE_OURS, &m, &found), ERR_CONFLICT,
	       "a chain that others lead to is not deleted");
	ok(ruleset_chain(m, "ours") != NULL, "it stays");
	conflict_describe(found.v[0], &text);
	is_str(str_text(&text), "you delete chain ours, which others changed "
	       "or lead to", "which is said");
	conflicts_done(&found);
	ruleset_free(m);
	is_int(ruleset_merge(b, t, o, MERGE_THEIRS, &m, &found), ERR_CONFLICT,
	       "no rule is led to a chain that others deleted");
	ok(!ruleset_chain(m, "ours") &&
	   ruleset_chain(m, "INPUT")->rules.n == 1, "our rule is left out");
	conflicts_done(&found);
	ruleset_free(m);
	is_int(ruleset_merge(b, t, o, MERGE_OURS, &m, &found), ERR_CONFLICT,
	       "or the chain comes back");
	ok(ruleset_chain(m, "ours") &&
	   ruleset_chain(m, "INPUT")->rules.n == 2, "with our rule");
	conflicts_done(&found);
	ruleset_free(m);
	ruleset_free(b);
	ruleset_free(o);
	ruleset_free(t);
	str_done(&text);
}

int
main(void)
{
	if (xt_init(false))
		bail_out("%s", err_message());
	test_rules();
	test_cautious();
	test_ways();
	test_cautious_rules();
	test_many_ways();
	test_alike_twice();
	test_undone_twice(true);
	test_undone_twice(false);
	test_renamed_by_others();
	test_never_more_open();
	test_chains();
	test_random(false);
	test_random(true);
	return done_testing();
}
