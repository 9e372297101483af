/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tables that dispatch, footer, help and manual read, and the columns
 * against the stock tool's rows. */
#include <stdlib.h>
#include <string.h>
#include <sallyport/mem.h>
#include <sallyport/text.h>
#include <sallyport/tui.h>
#include <sallyport/xt.h>
#include "../tap.h"
#include "../../src/tui/columns.h"
#include "../../src/tui/cursesw.h"
#include "../../src/tui/term.h"
#include "../../src/tui/ui.h"

static const struct screen *const screens[] = {
	&rules_screen, &review_screen, &trial_screen, &history_screen,
	&diff_screen, &help_screen, &probe_screen,
};

static bool
table_has(const struct action_table *table, int key)
{
	for (size_t i = 0; i < table->n; i++)
		for (size_t k = 0; k < ACTION_KEYS; k++)
			if (table->actions[i].keys[k] == key)
				return true;
	return false;
}

static size_t
count_key(const struct action_table *table, int key)
{
	size_t n = 0;

	for (size_t i = 0; i < table->n; i++)
		for (size_t k = 0; k < ACTION_KEYS; k++)
			n += table->actions[i].keys[k] == key;
	return n;
}

static bool
is_whole(const struct action *action)
{
	return action->keys[0] && action->name && action->run && action->help &&
	       *action->help;
}

static void
check_table(const char *name, const struct action_table *table)
{
	size_t partial = 0, twice = 0;

	for (size_t i = 0; i < table->n; i++) {
		partial += !is_whole(&table->actions[i]);
		for (size_t k = 0; k < ACTION_KEYS; k++)
			if (table->actions[i].keys[k])
				twice += count_key(table,
					table->actions[i].keys[k]) > 1;
	}
	is_int(partial, 0, "%s: every action has key, name, handler and help",
	       name);
	is_int(twice, 0, "%s: no key means two things", name);
}

/* While a trial runs its keys come first: no screen may have meant them for
 * something else, digits least of all. */
static void
check_trial_keys(const struct screen *screen)
{
	size_t clash = 0;

	for (size_t i = 0; i < trial_actions.n; i++)
		clash += table_has(screen->actions,
				   trial_actions.actions[i].keys[0]);
	for (int key = '0'; key <= '9'; key++)
		clash += table_has(screen->actions, key);
	is_int(clash, 0, "%s: the trial's keys are free", screen->name);
}

static bool
means_something(int key)
{
	return table_has(rules_screen.actions, key) ||
	       table_has(&common_actions, key);
}

static void
check_design_keys(void)
{
	static const int owed[] = {
		'?', FN(KEY_F(1)), 'q', FN(KEY_F(10)), FN(KEY_UP), FN(KEY_DOWN),
		FN(KEY_LEFT), FN(KEY_RIGHT), 'j', 'k', FN(KEY_PPAGE),
		FN(KEY_NPAGE), 'g', 'G', '\t', 'a', 'o', 'O', 'e', '\r',
		FN(KEY_F(4)), 'd', FN(KEY_F(8)), 'y', 'p', 'K', 'J', 'P', 'u',
		KEY_CTRL('R'), 'c', 'H', '/', 'n', 'N', FN(KEY_F(3)), 'v', ':',
		'f', 'r', 'T', 'E', 'I', 'W', 't', 'x', '\033',
		KEY_CTRL('C'),
	};
	static const int later[] = { '\\', ' ' };

	for (size_t i = 0; i < ARRAY_LEN(owed); i++)
		ok(means_something(owed[i]), "key %d has a meaning", owed[i]);
	for (size_t i = 0; i < ARRAY_LEN(later); i++)
		ok(!means_something(later[i]), "key %d has none yet", later[i]);
}

static void
count_action(const char *screen, const char *keys, const char *name,
	     const char *help, void *arg)
{
	size_t *n = arg;

	if (*screen && *keys && *name && *help)
		++*n;
}

/* --- Columns --- */

static struct rule *
parse(const char *text)
{
	static struct ruleset *rs;
	struct vec rules = { 0 };
	struct chain_names names;
	struct rule *rule;
	size_t n;
	char **words = words_split(text, &n);

	if (!rs && ruleset_new_empty("filter", &rs))
		bail_out("ruleset_new_empty: %s", err_message());
	names = ruleset_chain_names(rs);
	if (xt_parse("filter", (int)n, words, &names, &rules))
		bail_out("%s: %s", text, err_message());
	rule = rules.v[0];
	vec_done(&rules);
	words_free(words);
	return rule;
}

static struct ruleset *
one_rule(const struct rule *rule)
{
	struct ruleset *rs;

	if (ruleset_new_empty("filter", &rs))
		bail_out("ruleset_new_empty: %s", err_message());
	chain_push_take(ruleset_chain(rs, "INPUT"), rule_ref(rule));
	return rs;
}

static const char *
trimmed(struct str *s)
{
	while (s->len > 0 && s->s[s->len - 1] == ' ')
		str_cut(s, s->len - 1);
	return str_text(s);
}

/* On a wide screen a row is the stock tool's, letter for letter. */
static void
check_stock(const char *text, enum layout layout, bool verbose)
{
	struct rule *rule = parse(text);
	struct ruleset *rs = one_rule(rule);
	struct columns columns;
	struct str stock = { 0 }, head = { 0 };
	struct paint ours, our_head;

	paint_init(&ours, true);
	paint_init(&our_head, true);
	ok(columns_stock_fits(layout, rs, true, 400, 0), "a wide screen has room");
	columns_fit(&columns, layout, ruleset_chain(rs, "INPUT"), true, true,
		    400, 0);
	columns_row(&columns, rule, 7, ROLE_TEXT, &ours);
	columns_header(&columns, &our_head);
	xt_row_line(rule, 7, verbose, &stock);
	xt_row_header(verbose, &head);
	is_str(trimmed(&ours.text), trimmed(&stock), "row of %s", text);
	is_str(trimmed(&our_head.text), trimmed(&head), "its heading");
	paint_done(&ours);
	paint_done(&our_head);
	str_done(&stock);
	str_done(&head);
	ruleset_free(rs);
	rule_unref(rule);
}

static const char *const short_rules[] = {
	"-p tcp -m tcp --dport 22 -j ACCEPT",
	"-m state --state RELATED,ESTABLISHED -j ACCEPT",
	"-s 2001:db8::/32 -p udp -j DROP",
	"-s 2001:db8::/32 ! -d 2001:db8:1::1/128",
	"! -s 2001:db8::/32 ! -p tcp -j DROP",
	"-j REJECT --reject-with icmp6-adm-prohibited",
};

static void
check_narrow(void)
{
	struct rule *rule = parse("! -i br0 -o br0 -p tcp -m multiport "
				  "--dports 80,443 -j DROP");
	struct ruleset *rs = one_rule(rule);
	struct columns columns;
	struct paint paint;

	paint_init(&paint, true);
	columns_fit(&columns, LAYOUT_PLAIN, ruleset_chain(rs, "INPUT"), false,
		    true, 60, 0);
	columns_row(&columns, rule, 1, ROLE_TEXT, &paint);
	ok(strstr(str_text(&paint.text), "!io"), "a narrow row says that it "
	   "hides a negation and interfaces: %s", str_text(&paint.text));
	ok(strstr(str_text(&paint.text), "80,443"), "it has the ports");
	ok(columns_want_interfaces(rs), "interfaces are wanted");
	paint_done(&paint);
	ruleset_free(rs);
	rule_unref(rule);
}

int
main(void)
{
	size_t actions = 0;

	if (xt_init(false))
		bail_out("xt_init: %s", err_message());
	check_table("common", &common_actions);
	check_table("trial", &trial_actions);
	check_trial_keys(&(struct screen){ .name = "common",
					   .actions = &common_actions });
	for (size_t i = 0; i < ARRAY_LEN(screens); i++) {
		check_table(screens[i]->name, screens[i]->actions);
		check_trial_keys(screens[i]);
	}
	check_design_keys();
	tui_each_action(count_action, &actions);
	ok(actions > 50, "%zu actions are told to the manual's check", actions);
	for (size_t i = 0; i < ARRAY_LEN(short_rules); i++) {
		check_stock(short_rules[i], LAYOUT_PLAIN, false);
		check_stock(short_rules[i], LAYOUT_COUNTERS, true);
	}
	check_narrow();
	return done_testing();
}
