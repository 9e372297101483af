/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules whose answer a scratch namespace does not give: by name, with the
 * reason. Those that a tryout must not load are among them (tryout-exempt.c).
 * Read in Linux 6.1 to 6.18, net/netfilter/xt_NAME.c. */
#include <stdlib.h>
#include <string.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "scratch-internal.h"

static const struct watch_row {
	const char *name;
	bool target;
	enum watch watch;
	const char *why;	/* N_(), of what is not loaded */
} rows[] = {
	/* Somebody outside answers, or hears of it. */
	{ "NFQUEUE", true, WATCH_UNLOADED,
	  N_("NFQUEUE asks a program outside the namespace") },
	{ "NFLOG", true, WATCH_UNLOADED,
	  N_("NFLOG tells a program outside the namespace") },
	{ "LOG", true, WATCH_UNLOADED,
	  N_("LOG would write to the kernel's log") },
	{ "TRACE", true, WATCH_UNLOADED,
	  N_("TRACE would write to the kernel's log") },
	{ "AUDIT", true, WATCH_UNLOADED,
	  N_("AUDIT would write to the audit log") },
	{ "TEE", true, WATCH_UNLOADED,
	  N_("TEE sends to a host that is not there") },
	{ "TPROXY", true, WATCH_UNLOADED,
	  N_("TPROXY hands to a program that is not there") },
	/* Who was seen before, or sits here, is not known there. */
	{ "recent", false, WATCH_UNLOADED,
	  N_("recent looks at who came before") },
	{ "owner", false, WATCH_UNLOADED,
	  N_("owner looks at the program that sends") },
	{ "cgroup", false, WATCH_UNLOADED,
	  N_("cgroup looks at the program that sends") },
	{ "socket", false, WATCH_UNLOADED,
	  N_("socket looks at programs that are not there") },
	{ "ipvs", false, WATCH_UNLOADED,
	  N_("ipvs looks at services that are not there") },
	/* Loaded, and not believed. */
	{ "policy", false, WATCH_WORLD, NULL },
	{ "physdev", false, WATCH_WORLD, NULL },
	{ "cpu", false, WATCH_WORLD, NULL },
	{ "dscp", false, WATCH_WORLD, NULL },
	{ "tos", false, WATCH_WORLD, NULL },
	{ "string", false, WATCH_WORLD, NULL },
	{ "u32", false, WATCH_WORLD, NULL },
	{ "bpf", false, WATCH_WORLD, NULL },
	{ "osf", false, WATCH_WORLD, NULL },
	{ "helper", false, WATCH_WORLD, NULL },
	{ "mac", false, WATCH_MAC, NULL },
	{ "rpfilter", false, WATCH_ROUTES, NULL },
};

/* The same: WATCH_HISTORY where nothing is said of them above. */
static const char *const fickle_matches[] = {
	/* rates */
	"limit", "hashlimit", "rateest",
	/* what was there before */
	"recent", "quota", "statistic", "connlimit", "connbytes",
	/* the clock */
	"time",
	/* xtables-addons */
	"quota2", "psd", "pknock", "fuzzy",
};

/* Targets behind which the packet goes on as it was: whether they are there
 * decides nothing. */
static const char *const passing[] = {
	"", "LOG", "NFLOG", "ULOG", "TRACE", "AUDIT", "TEE", "LED", "RATEEST",
	"IDLETIMER", "ACCOUNT", "SET", "CLASSIFY", "CHECKSUM",
};

static const struct watch_row *
find_row(const char *name, bool target)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].target == target && strcmp(rows[i].name, name) == 0)
			return &rows[i];
	return NULL;
}

const char *
match_fickle(const char *name)
{
	return str_find(fickle_matches, ARRAY_LEN(fickle_matches), name);
}

static bool
is_passing(const struct rule *rule)
{
	return str_find(passing, ARRAY_LEN(passing), rule_target(rule));
}

static enum watch
watch_of(const char *name, bool target, enum exempt exempt,
	 const struct scratch_facts *facts)
{
	const struct watch_row *row = find_row(name, target);

	if (exempt)
		return WATCH_UNLOADED;
	if (!row && !target && match_fickle(name))
		return WATCH_HISTORY;
	if (!row || (row->watch == WATCH_MAC && facts->mac_known) ||
	    (row->watch == WATCH_ROUTES && facts->routes_known))
		return WATCH_NOT;
	return row->watch;
}

/* The strictest reason of the rule's extensions counts. */
static void
worsen(struct watched *watched, enum watch watch, const char *name)
{
	if (watch <= watched->watch)
		return;
	watched->watch = watch;
	watched->name = name;
}

static bool
asks_a_program(const struct rule *rule)
{
	return rule->standard && strcmp(rule_target(rule), "QUEUE") == 0;
}

struct watched
rule_watched(const struct rule *rule, const struct scratch_facts *facts)
{
	const struct xt_entry_target *t = rule_extension(rule);
	struct watched watched = { .passing = is_passing(rule) };

	if (asks_a_program(rule))
		worsen(&watched, WATCH_UNLOADED, "QUEUE");
	if (t)
		worsen(&watched, watch_of(t->u.user.name, true,
			exempt_target(t, facts->user_ns), facts),
		       t->u.user.name);
	for (const struct xt_entry_match *m = NULL;
	     (m = rule_next_match(rule, m)) != NULL;)
		worsen(&watched, watch_of(m->u.user.name, false,
			exempt_match(m, facts->user_ns), facts),
		       m->u.user.name);
	return watched;
}

static bool
keep_match(const struct xt_entry_match *m, const void *facts)
{
	const struct scratch_facts *f = facts;

	return !watch_of(m->u.user.name, false, exempt_match(m, f->user_ns), f);
}

struct rule *
rule_watch(const struct rule *rule, const struct scratch_facts *facts)
{
	return rule_part(rule, keep_match, facts, false);
}

/* --- What is to be said of them --- */

static char *
unloaded_text(const char *name, bool target, enum exempt exempt)
{
	const struct watch_row *row = find_row(name, target);

	if (exempt)
		return exempt_text(exempt, name);
	return row && row->why ? xstrdup(_(row->why)) : NULL;
}

static char *
why_unloaded(const struct rule *rule, const struct scratch_facts *facts)
{
	const struct xt_entry_target *t = rule_extension(rule);
	char *text = NULL;

	if (asks_a_program(rule))
		return xstrdup(_("QUEUE asks a program outside the namespace"));
	if (t)
		text = unloaded_text(t->u.user.name, true,
				     exempt_target(t, facts->user_ns));
	for (const struct xt_entry_match *m = NULL;
	     !text && (m = rule_next_match(rule, m)) != NULL;)
		text = unloaded_text(m->u.user.name, false,
				     exempt_match(m, facts->user_ns));
	return text;
}

void
scratch_unloaded(const struct tables *tables,
		 const struct scratch_facts *facts, struct vec *notes)
{
	for (size_t i = 0; i < tables->v.n; i++) {
		const struct ruleset *rs = tables->v.v[i];

		for (size_t c = 0; c < rs->chains.n; c++) {
			const struct chain *chain = rs->chains.v[c];

			for (size_t pos = 0; pos < chain->rules.n; pos++) {
				const struct rule *rule = chain_rule(chain, pos);
				struct watched w = rule_watched(rule, facts);

				if (w.watch == WATCH_UNLOADED && !w.passing)
					note_take(notes, rs->table, chain->name,
						  pos, false,
						  why_unloaded(rule, facts));
			}
		}
	}
}
