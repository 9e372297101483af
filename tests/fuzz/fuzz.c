/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The promises that all targets hold the program to. */
#include <dlfcn.h>
#include <execinfo.h>
#include <signal.h>
#include "../../src/rule/xt-internal.h"
#include "fuzz.h"

/* Around the program's own code where tests/fuzz/run put it apart from the
 * sanitizers', which it is linked with. */
extern const char __start_ours[] __attribute__((weak));
extern const char __stop_ours[] __attribute__((weak));

enum owner { OURS, LIBRARY, GUEST };

static struct sigaction boxed;	/* the box's handler */

static enum owner
owner_of(const char *pc)
{
	Dl_info at, self;

	if (__start_ours && pc >= __start_ours && pc < __stop_ours)
		return OURS;
	if (!dladdr(pc, &at) || !dladdr(&boxed, &self))
		return LIBRARY;
	if (at.dli_fbase == self.dli_fbase)
		return __start_ours ? LIBRARY : OURS;
	return strstr(at.dli_fname, "/libxt") ||
	       strstr(at.dli_fname, "/libip6t") ? GUEST : LIBRARY;
}

/* Whose crash is it? Libraries crash for who called them. */
static void
on_fault(int sig, siginfo_t *info, void *context)
{
	void *frames[64];
	int n = backtrace(frames, ARRAY_LEN(frames));
	enum owner owner = LIBRARY;

	for (int i = 2; i < n && owner == LIBRARY; i++)
		owner = owner_of(frames[i]);
	must(owner == GUEST, "signal %d in our own code", sig);
	boxed.sa_sigaction(sig, info, context);
}

static void
watch_faults(void)
{
	struct sigaction action = {
		.sa_sigaction = on_fault,
		.sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK,
	};
	void *frame;

	backtrace(&frame, 1);	/* loads its library */
	sigaction(SIGSEGV, &action, &boxed);
	sigaction(SIGBUS, &action, NULL);
	sigaction(SIGFPE, &action, NULL);
}

void
fuzz_start(void)
{
	static bool started;

	if (started)
		return;
	if (xt_init(false) != OK)
		abort();
	xtables_modprobe_program = "/nonexistent";
	watch_faults();
	started = true;
}

static void
check_back(const char *table, const struct rule *rule, const char *text,
	   const struct chain_names *names)
{
	struct vec rules = { 0 };
	struct str again = { 0 };
	size_t n = 0;
	char **words = words_split(text, &n);

	must(words, "'%s' cannot be split", text);
	must(xt_parse(table, (int)n, words, names, &rules) == OK, "'%s': %s",
	     text, err_message());
	must(rules.n == 1, "'%s' is %zu rules", text, rules.n);
	xt_spec_body(rules.v[0], &again);
	must(strcmp(text, str_text(&again)) == 0, "'%s' becomes '%s'", text,
	     str_text(&again));
	must(entries_agree(rules.v[0], rule), "'%s' is another rule", text);
	str_done(&again);
	rules_done(&rules);
	words_free(words);
}

void
check_rule(const char *table, const struct rule *rule,
	   const struct chain_names *names)
{
	struct str spec = { 0 }, line = { 0 };
	struct row row;

	xt_row(rule, &row);
	xt_row_line(rule, 1, true, &line);
	xt_spec_body(rule, &spec);
	check_back(table, rule, str_text(&spec), names);
	row_done(&row);
	str_done(&line);
	str_done(&spec);
}

void
check_ruleset(const struct ruleset *rs)
{
	struct chain_names names = ruleset_chain_names(rs);
	struct str text = { 0 }, again = { 0 };
	struct ruleset *back = NULL;

	for (size_t i = 0; i < rs->chains.n; i++) {
		const struct chain *chain = rs->chains.v[i];

		for (size_t r = 0; r < chain->rules.n; r++)
			check_rule(rs->table, chain->rules.v[r], &names);
	}
	ruleset_save(rs, true, &text);
	must(ruleset_load(str_text(&text), text.len, "saved", NULL, &back) ==
	     OK, "%s in\n%s", err_message(), str_text(&text));
	ruleset_save(back, true, &again);
	must(strcmp(str_text(&text), str_text(&again)) == 0, "\n%sbecomes\n%s",
	     str_text(&text), str_text(&again));
	ruleset_free(back);
	str_done(&text);
	str_done(&again);
}
