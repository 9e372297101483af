/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A chain that one side renamed is the same chain: what the other side did to
 * it goes where it went. The kernel does not tell of a rename, so it is told by
 * the rules. */
#include <string.h>
#include <sallyport/mem.h>
#include "change.h"
#include "merge.h"

#define NEAR_MAX 500	/* each costs a look at every rule */

bool
merge_rename_chain(struct ruleset *rs, const char *from, const char *to)
{
	struct change *change = change_chain_rename(from, to);
	bool done = change_apply(change, rs) == OK;

	change_free(change);
	return done;
}

/* Theirs did it too, as a revert that was begun before did. */
static bool
is_renamed(const struct ruleset *rs, const char *from, const char *to)
{
	return !ruleset_chain(rs, from) && ruleset_chain(rs, to);
}

/* What ours renamed has the new name everywhere from here on. */
static void
follow_ours(struct merge *m, struct ruleset *base, struct ruleset *theirs)
{
	for (size_t i = 0; i < m->ours->chains.n; i++) {
		const struct chain *to = m->ours->chains.v[i];
		const struct chain *from = weave_renamed_from(base, m->ours,
							      to);
		char old[CHAIN_NAME_SIZE];

		if (!from)
			continue;
		str_copy(old, sizeof(old), from->name);
		if (is_renamed(theirs, old, to->name) ||
		    merge_rename_chain(theirs, old, to->name)) {
			if (!merge_rename_chain(base, old, to->name))
				die("a chain cannot be renamed");
		} else {
			str_copy(merge_conflict(m, CONFLICT_CHAIN_NAME,
						old)->name,
				 CHAIN_NAME_SIZE, to->name);
		}
	}
}

/* The tables in which what theirs renamed is followed, as far as ours has to do
 * with it. */
struct follow {
	struct ruleset *base;
	struct ruleset *ours;
	const struct ruleset *theirs;
	struct keys touched;	/* chains that ours changed, or leads to anew
				 * or no more */
	struct keys near;	/* to which rules beside a change of ours lead */
	int near_left;		/* more of these are not followed */
	bool any;		/* one was renamed in this round */
};

/* The targets of a's rules; of those that b has not too in touched. */
static void
touch_targets(struct follow *f, const struct chain *a, const struct chain *b)
{
	struct keys known;

	merge_rule_keys(&known, b);
	for (size_t i = 0; a && i < a->rules.n; i++) {
		const struct rule *rule = chain_rule(a, i);
		const char *target = rule_target(rule);

		if (!rule_has_standard_target(rule))
			continue;
		keys_add(&f->near, target, strlen(target));
		if (keys_find(&known, rule->entry, rule->size) == NO_KEY)
			keys_add(&f->touched, target, strlen(target));
	}
	keys_done(&known);
}

static void
touch_chain(struct follow *f, const struct chain *base,
	    const struct chain *ours)
{
	const char *name = base ? base->name : ours->name;

	if (base && ours && chain_same_rules(base, ours))
		return;
	keys_add(&f->touched, name, strlen(name));
	touch_targets(f, base, ours);
	touch_targets(f, ours, base);
}

/* The names are those of base and ours. */
static void
touched_init(struct follow *f, const struct ruleset *base,
	     const struct ruleset *ours)
{
	size_t most = base->chains.n + ours->chains.n +
		      ruleset_rule_count(base) + ruleset_rule_count(ours);

	keys_init(&f->touched, most);
	keys_init(&f->near, most);
	for (size_t i = 0; i < base->chains.n; i++) {
		const struct chain *chain = base->chains.v[i];

		touch_chain(f, chain, ruleset_chain(ours, chain->name));
	}
	for (size_t i = 0; i < ours->chains.n; i++) {
		const struct chain *chain = ours->chains.v[i];

		if (!ruleset_chain(base, chain->name))
			touch_chain(f, NULL, chain);
	}
}

static bool
is_among(const struct keys *names, const struct chain *chain)
{
	return keys_find(names, chain->name, strlen(chain->name)) != NO_KEY;
}

/* A chain that only theirs has. */
static bool
is_new(const struct follow *f, const struct chain *chain)
{
	return !chain_is_builtin(chain) &&
	       !ruleset_chain(f->base, chain->name) &&
	       !ruleset_chain(f->ours, chain->name);
}

/* A chain that ours has to do with and that theirs has by that name no more. */
static bool
is_gone(const struct follow *f, const struct chain *chain)
{
	return !chain_is_builtin(chain) &&
	       (is_among(&f->touched, chain) ||
		(f->near_left > 0 && is_among(&f->near, chain))) &&
	       !ruleset_chain(f->theirs, chain->name);
}

static void
went_to(struct follow *f, const struct chain *chain, const struct chain *to)
{
	char old[CHAIN_NAME_SIZE];

	if (!is_among(&f->touched, chain))
		f->near_left--;
	str_copy(old, sizeof(old), chain->name);
	if (!merge_rename_chain(f->base, old, to->name) ||
	    (ruleset_chain(f->ours, old) &&
	     !merge_rename_chain(f->ours, old, to->name)))
		die("a chain cannot be renamed");
	f->any = true;
}

/* As it was, or as ours has it, which an undo that begins anew finds. */
static const struct chain *
most_is_in(const struct follow *f, const struct chain *chain)
{
	const struct chain *same = ruleset_chain(f->ours, chain->name);

	for (size_t i = 0; i < f->theirs->chains.n; i++) {
		const struct chain *to = f->theirs->chains.v[i];

		if (is_new(f, to) && (weave_much_alike(chain, to) ||
				      (same && weave_much_alike(same, to))))
			return to;
	}
	return NULL;
}

/* Is there a rule that ours takes out of base's chain? One for every packet may
 * be anybody's. */
static bool
holds_taken(const struct chain *base, const struct keys *kept,
	    const struct chain *there)
{
	struct keys held;
	bool holds = false;

	merge_rule_keys(&held, there);
	for (size_t i = 0; i < base->rules.n && !holds; i++) {
		const struct rule *rule = chain_rule(base, i);

		holds = !rule_is_bare(rule) &&
			keys_find(kept, rule->entry, rule->size) == NO_KEY &&
			keys_find(&held, rule->entry, rule->size) != NO_KEY;
	}
	keys_done(&held);
	return holds;
}

static const struct chain *
taken_is_in(const struct follow *f, const struct chain *chain)
{
	const struct chain *same = ruleset_chain(f->ours, chain->name);
	const struct chain *found = NULL;
	struct keys kept;

	if (same && chain_same_rules(chain, same))
		return NULL;
	merge_rule_keys(&kept, same);
	for (size_t i = 0; i < f->theirs->chains.n && !found; i++) {
		const struct chain *to = f->theirs->chains.v[i];

		if (is_new(f, to) && holds_taken(chain, &kept, to))
			found = to;
	}
	keys_done(&kept);
	return found;
}

/* Where most of a chain's rules are now, or one that ours takes from it: there
 * it would outlive an undo. */
static void
follow_rules(struct follow *f)
{
	for (size_t i = 0; i < f->base->chains.n; i++) {
		const struct chain *chain = f->base->chains.v[i];
		const struct chain *to;

		if (!is_gone(f, chain))
			continue;
		to = most_is_in(f, chain);
		if (!to)
			to = taken_is_in(f, chain);
		if (to)
			went_to(f, chain, to);
	}
}

/* The chain that a rule leads to. */
static const struct chain *
led_to(const struct ruleset *rs, const struct rule *rule)
{
	return rule_has_standard_target(rule) ?
	       ruleset_chain(rs, rule_target(rule)) : NULL;
}

/* Rules of a chain that lead to chains which only theirs has, told apart by all
 * but that. */
struct jumps {
	struct keys keys;
	struct vec blank;	/* a copy of each that leads nowhere */
	struct vec to;		/* and the chain that it does lead to */
};

static void
jumps_init(struct jumps *jumps, const struct follow *f,
	   const struct chain *chain)
{
	*jumps = (struct jumps){ 0 };
	keys_init(&jumps->keys, chain->rules.n);
	for (size_t i = 0; i < chain->rules.n; i++) {
		const struct rule *rule = chain_rule(chain, i);
		const struct chain *to = led_to(f->theirs, rule);
		struct rule *blank;
		size_t known = jumps->keys.n;

		if (!to || !is_new(f, to))
			continue;
		blank = rule_retarget(rule, "");
		vec_push(&jumps->blank, blank);
		if (keys_add(&jumps->keys, blank->entry, blank->size) == known)
			vec_push(&jumps->to, (void *)to);
	}
}

static void
jumps_done(struct jumps *jumps)
{
	keys_done(&jumps->keys);
	rules_done(&jumps->blank);
	vec_done(&jumps->to);
}

static void
follow_jump(struct follow *f, const struct rule *rule,
	    const struct jumps *jumps)
{
	const struct chain *chain = led_to(f->base, rule), *to;
	struct rule *blank;
	size_t key;

	if (!chain || !is_gone(f, chain))
		return;
	blank = rule_retarget(rule, "");
	key = keys_find(&jumps->keys, blank->entry, blank->size);
	to = key == NO_KEY ? NULL : jumps->to.v[key];
	if (to && is_new(f, to))
		went_to(f, chain, to);
	rule_unref(blank);
}

/* A jump that leads elsewhere now tells of a chain with few rules, or none. */
static void
follow_jumps(struct follow *f)
{
	for (size_t c = 0; c < f->base->chains.n; c++) {
		const struct chain *chain = f->base->chains.v[c];
		const struct chain *now = ruleset_chain(f->theirs, chain->name);
		struct jumps jumps;

		if (!now)
			continue;
		jumps_init(&jumps, f, now);
		for (size_t i = 0; jumps.to.n && i < chain->rules.n; i++)
			follow_jump(f, chain_rule(chain, i), &jumps);
		jumps_done(&jumps);
	}
}

static bool
lacks_any(const struct ruleset *rs, const struct ruleset *base)
{
	for (size_t i = 0; i < base->chains.n; i++) {
		const struct chain *chain = base->chains.v[i];

		if (!ruleset_chain(rs, chain->name))
			return true;
	}
	return false;
}

/* The rules of a chain may be known again only once the chains that they lead to
 * have their names. */
static void
follow(struct ruleset *base, struct ruleset *ours, const struct ruleset *theirs)
{
	struct ruleset *old[] = { ruleset_copy(base), ruleset_copy(ours) };
	struct follow f = {
		.base = base, .ours = ours, .theirs = theirs,
		.near_left = NEAR_MAX,
	};

	touched_init(&f, old[0], old[1]);
	do {
		f.any = false;
		follow_rules(&f);
		follow_jumps(&f);
	} while (f.any);
	keys_done(&f.touched);
	keys_done(&f.near);
	ruleset_free(old[0]);
	ruleset_free(old[1]);
}

void
merge_follow_theirs(struct ruleset *base, struct ruleset *ours,
		    const struct ruleset *theirs)
{
	if (lacks_any(theirs, base))
		follow(base, ours, theirs);
}

void
merge_follow_renames(struct merge *m, struct ruleset *base,
		     struct ruleset *ours, struct ruleset *theirs)
{
	size_t conflicts = m->conflicts->n;

	follow_ours(m, base, theirs);
	if (m->conflicts->n == conflicts)
		merge_follow_theirs(base, ours, theirs);
}
