/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tryouts against the kernel: what it refuses is refused when it is typed, with
 * the reason; what it takes is not. */
#include <time.h>
#include "tryout.h"

/* --- Refusals by name --- */

struct refusal {
	const char *table;
	const char *rules;
	const char *said;	/* in the sentence; NULL: it is accepted */
};

static const struct refusal refusals[] = {
	{ "filter", "-A INPUT -j REJECT --reject-with tcp-reset\n",
	  "the kernel refuses INPUT 1: REJECT with tcp-reset needs -p tcp" },
	{ "filter", "-A INPUT -p tcp -j REJECT --reject-with tcp-reset\n", NULL },
	{ "filter", "-A INPUT ! -p tcp -j REJECT --reject-with tcp-reset\n",
	  "needs -p tcp" },
	{ "filter", "-A INPUT -m rpfilter -j ACCEPT\n",
	  "rpfilter works only in PREROUTING of mangle, raw" },
	{ "mangle", "-A FORWARD -m rpfilter -j ACCEPT\n",
	  "the kernel refuses mangle FORWARD 1: rpfilter works only in "
	  "PREROUTING of mangle, raw" },
	{ "raw", "-A PREROUTING -m rpfilter -j ACCEPT\n", NULL },
	{ "filter", "-A OUTPUT -m owner --uid-owner 0 -j ACCEPT\n", NULL },
	{ "filter", "-A INPUT -m owner --uid-owner 0 -j ACCEPT\n",
	  "owner works only in OUTPUT, POSTROUTING" },
	{ "filter", "-A OUTPUT -m mac --mac-source 02:00:00:00:00:01\n",
	  "mac works only in PREROUTING, INPUT, FORWARD" },
	{ "filter", "-A OUTPUT -m socket\n", "socket works only in" },
	{ "filter", "-A INPUT -m policy --dir out --pol ipsec\n",
	  "policy --dir in" },
	{ "filter", "-A OUTPUT -m physdev --physdev-out eth0\n",
	  "--physdev-is-bridged" },
	{ "filter", "-A FORWARD -m physdev --physdev-is-bridged "
	  "--physdev-out eth0\n", NULL },
	{ "filter", "-A OUTPUT -m addrtype --src-type LOCAL "
	  "--limit-iface-in\n", "addrtype" },
	{ "nat", "-A PREROUTING -j DNAT --to-destination 2001:db8::1\n", NULL },
	{ "nat", "-A POSTROUTING -j DNAT --to-destination 2001:db8::1\n",
	  "nat POSTROUTING 1: DNAT works only in PREROUTING, OUTPUT of nat" },
	{ "nat", "-A PREROUTING -j SNAT --to-source 2001:db8::1\n",
	  "SNAT works only in INPUT, POSTROUTING of nat" },
	{ "nat", "-A PREROUTING -j MASQUERADE\n",
	  "MASQUERADE works only in POSTROUTING of nat" },
	{ "nat", "-A POSTROUTING -j MASQUERADE\n", NULL },
	{ "nat", "-A POSTROUTING -p tcp -j REDIRECT --to-ports 80\n",
	  "REDIRECT works only in" },
	{ "mangle", "-A PREROUTING -p tcp -j TPROXY --on-port 80\n", NULL },
	{ "mangle", "-A INPUT -p tcp -j TPROXY --on-port 80\n",
	  "TPROXY works only in PREROUTING of mangle" },
	{ "mangle", "-A PREROUTING -j TPROXY --on-port 80\n",
	  "TPROXY needs -p tcp or -p udp" },
	{ "filter", "-A INPUT -j SYNPROXY --mss 1460\n",
	  "SYNPROXY needs -p tcp" },
	{ "mangle", "-A FORWARD -p tcp -j TCPMSS --set-mss 1400\n",
	  "TCPMSS needs -m tcp --syn" },
	{ "mangle", "-A FORWARD -p tcp -m tcp --syn -j TCPMSS "
	  "--clamp-mss-to-pmtu\n", NULL },
	{ "mangle", "-A INPUT -p tcp -m tcp --syn -j TCPMSS "
	  "--clamp-mss-to-pmtu\n", "FORWARD, OUTPUT and POSTROUTING" },
	{ "filter", "-A INPUT -j CLASSIFY --set-class 1:1\n",
	  "CLASSIFY works only in FORWARD, OUTPUT, POSTROUTING" },
	{ "mangle", "-A PREROUTING -j MARK --set-mark 5\n", NULL },
	{ "mangle", "-A PREROUTING -m connmark --mark 1 -j CONNMARK "
	  "--save-mark\n", NULL },
	{ "raw", "-A PREROUTING -j CT --notrack\n", NULL },
	{ "filter", "-A INPUT -m recent --rcheck --hitcount 70000\n",
	  "recent does not count so many packets" },
	/* Through chains. */
	{ "mangle", ":a - [0:0]\n:b - [0:0]\n-A INPUT -j a\n"
	  "-A a -p tcp -j b\n-A b -s 2001:db8::1 -m rpfilter\n",
	  "mangle b 1, which is reached from INPUT: rpfilter" },
	{ "mangle", ":a - [0:0]\n:b - [0:0]\n-A PREROUTING -j a\n"
	  "-A a -p tcp -j b\n-A b -m rpfilter\n", NULL },
	{ "mangle", ":a - [0:0]\n:b - [0:0]\n-A a -j b\n-A b -m rpfilter\n",
	  NULL },
	{ "mangle", "-A INPUT -j ACCEPT\n-A INPUT -m rpfilter\n", NULL },
	{ "mangle", ":a - [0:0]\n-A INPUT -j RETURN\n-A INPUT -g a\n"
	  "-A a -m rpfilter\n", NULL },
	{ "mangle", ":a - [0:0]\n-A INPUT -p tcp -j RETURN\n-A INPUT -g a\n"
	  "-A a -m rpfilter\n", "mangle a 1" },
	{ "filter", ":a - [0:0]\n:b - [0:0]\n-A INPUT -j a\n-A a -p tcp -j b\n"
	  "-A b -g a\n", "makes a circle" },
	{ "filter", ":a - [0:0]\n:b - [0:0]\n-A a -p tcp -j b\n-A b -g a\n",
	  NULL },
	{ "filter", ":a - [0:0]\n:b - [0:0]\n-A INPUT -j a\n-A a -j DROP\n"
	  "-A a -j b\n-A b -j a\n", NULL },
};

static void
test_refusal(struct tryout_box *box, const struct refusal *r)
{
	struct ruleset *rs = must_load(r->table, r->rules);
	struct tryout_report report;
	bool taken = stock_takes(r->table, r->rules);
	char *name = xstrdup(r->rules);

	for (char *s = name; (s = strchr(s, '\n')) != NULL;)
		*s = ' ';
	tryout_rules(box, NULL, rs, &report);
	is_int(report.verdict, r->said ? TRYOUT_REFUSED : TRYOUT_ACCEPTED,
	       "%s: %s", r->table, name);
	if (r->said && !ok(strstr(first_text(&report.refused), r->said) != NULL,
			   "... with the reason"))
		diag("'%s', not '%s'", first_text(&report.refused), r->said);
	ok(taken == !r->said, "... and so says the stock tool");
	free(name);
	tryout_report_done(&report);
	ruleset_free(rs);
}

/* --- What was there before is not looked at again --- */

/* candidate is before with one change. */
static void
test_change_take(struct tryout_box *box, const struct ruleset *before,
		 struct change *change, const char *said, const char *what)
{
	struct ruleset *candidate = ruleset_copy(before);
	struct changeset *cs = changeset_new(before->table);
	struct tryout_report report;

	if (changeset_push_take(cs, candidate, change))
		bail_out("%s: %s", what, err_message());
	tryout_rules(box, before, candidate, &report);
	is_int(report.verdict, said ? TRYOUT_REFUSED : TRYOUT_ACCEPTED, "%s",
	       what);
	if (said && !ok(strstr(first_text(&report.refused), said) != NULL,
			"... with the reason"))
		diag("'%s', not '%s'", first_text(&report.refused), said);
	tryout_report_done(&report);
	changeset_free(cs);
	ruleset_free(candidate);
}

static const char before_text[] =
	":deep - [0:0]\n:mine - [0:0]\n:round - [0:0]\n"
	"-A INPUT -p tcp -j ACCEPT\n"
	"-A INPUT -j ACCEPT\n"
	"-A INPUT -m rpfilter -j DROP\n"
	"-A PREROUTING -j mine\n"
	"-A mine -j deep\n"
	"-A deep -p tcp -m rpfilter -j DROP\n"
	"-A deep -p udp -j DROP\n"
	"-A round -j round\n";

static void
test_changes(struct tryout_box *box)
{
	struct ruleset *rs = must_load("mangle", before_text);
	struct ruleset *jumps = must_load("mangle", ":mine - [0:0]\n"
					  ":round - [0:0]\n-A INPUT -j mine\n"
					  "-A INPUT -j round\n");
	const struct chain *model = ruleset_chain(jumps, "INPUT");

	test_change_take(box, rs, change_insert("INPUT", 0, chain_rule(model, 0)),
			 "mangle deep 1, which is reached from PREROUTING, INPUT: "
			 "rpfilter", "a new jump makes an old rule reachable");
	test_change_take(box, rs, change_insert("INPUT", 2, chain_rule(model, 0)),
			 NULL, "the same jump where nothing gets");
	test_change_take(box, rs, change_insert("FORWARD", 0,
						chain_rule(model, 1)),
			 "its jump to 'round' makes a circle",
			 "a new jump makes an old circle reachable");
	test_change_take(box, rs, change_insert("deep", 0, chain_rule(model, 0)),
			 "mangle deep 1, which is reached from PREROUTING: its "
			 "jump to 'mine' makes a circle",
			 "a new jump makes a circle");
	test_change_take(box, rs, change_delete("INPUT", 1), "mangle INPUT 2: "
			 "rpfilter", "a verdict that goes uncovers a rule");
	test_change_take(box, rs, change_move("INPUT", 2, 0), "mangle INPUT 1: "
			 "rpfilter", "a rule that moves before the verdict");
	test_change_take(box, rs, change_move("deep", 1, 0), NULL,
			 "a harmless move");
	test_change_take(box, rs, change_chain_rename("mine", "yours"), NULL,
			 "a chain gets another name");
	ruleset_free(jumps);
	ruleset_free(rs);
}

/* --- Exempt --- */

/* The plugin for sets asks the kernel for the set while it parses: the rules have
 * the match mark or the target MARK, which become set and SET here. */
static void
mark_becomes_set(struct ruleset *rs)
{
	for (size_t c = 0; c < rs->chains.n; c++) {
		struct vec *rules = &((struct chain *)rs->chains.v[c])->rules;

		for (size_t i = 0; i < rules->n; i++) {
			struct rule *rule = rules->v[i];
			char *raw = xmemdup(rule->entry, rule->size);
			const char *label = rule->standard ?
				rule_target(rule) : NULL;
			char *mark = memmem(raw, rule->size, "mark", 5);
			char *MARK = memmem(raw, rule->size, "MARK", 5);

			if (mark)
				memcpy(mark, "set", 4);
			if (MARK)
				memcpy(MARK, "SET", 4);
			if (label)
				memset(memmem(raw, rule->size, label,
					      strlen(label)), 0, strlen(label));
			if (rule_new(raw, rule->size, label, rule->counters,
				     (struct rule **)&rules->v[i]))
				bail_out("%s", err_message());
			rule_unref(rule);
			free(raw);
		}
	}
}

static const struct {
	const char *table, *spec, *name;
} exempt[] = {
	{ "filter", "-m mark --mark 1 -j DROP", "set" },
	{ "mangle", "-j MARK --set-mark 1", "SET" },
	{ "filter", "-m nfacct --nfacct-name x", "nfacct" },
	{ "filter", "-j IDLETIMER --timeout 5 --label x", "IDLETIMER" },
	{ "filter", "-j LED --led-trigger-id x", "LED" },
	{ "filter", "-m rateest --rateest x --rateest-gt --rateest-pps 5",
	  "rateest" },
	{ "filter", "-j RATEEST --rateest-name x --rateest-interval 250ms "
	  "--rateest-ewmalog 500ms", "RATEEST" },
	{ "raw", "-p tcp -j CT --helper ftp", "CT" },
	{ "raw", "-p tcp -j CT --timeout x", "CT" },
	{ "mangle", "-j SECMARK --selctx system_u:object_r:x:s0", "SECMARK" },
};

static void
test_exempt(struct tryout_box *box)
{
	for (size_t i = 0; i < ARRAY_LEN(exempt); i++) {
		bool raw = strcmp(exempt[i].table, "raw") == 0;
		char *rules = xasprintf("-A %s %s\n", raw ? "PREROUTING" : "INPUT",
					exempt[i].spec);
		struct ruleset *rs = must_load(exempt[i].table, rules);
		struct tryout_report report;

		if (strcasecmp(exempt[i].name, "set") == 0)
			mark_becomes_set(rs);
		tryout_rules(box, NULL, rs, &report);
		ok(report.verdict == TRYOUT_ACCEPTED && report.untried.n == 1 &&
		   str_starts(first_text(&report.untried), exempt[i].name),
		   "untried: %s", first_text(&report.untried));
		tryout_report_done(&report);
		ruleset_free(rs);
		free(rules);
	}
}

/* The rest of such a rule is tried, its jump above all. */
static void
test_rest_of_exempt(struct tryout_box *box)
{
	struct ruleset *rs = must_load("filter", ":a - [0:0]\n-A INPUT -j a\n"
		"-A a -m mark --mark 1 -j a\n");
	struct tryout_report report;

	mark_becomes_set(rs);
	tryout_rules(box, NULL, rs, &report);
	ok(report.verdict == TRYOUT_REFUSED && report.untried.n == 1 &&
	   strstr(first_text(&report.refused), "circle"),
	   "an exempt rule cannot make a circle");
	tryout_report_done(&report);
	ruleset_free(rs);
	rs = must_load("filter", "-A INPUT -m mark --mark 1 -j REJECT "
		       "--reject-with tcp-reset\n-A INPUT -m mark --mark 1 "
		       "-j DROP\n-A INPUT -m rpfilter\n");
	mark_becomes_set(rs);
	tryout_rules(box, NULL, rs, &report);
	ok(report.refused.n == 2 && report.untried.n == 2,
	   "what is beside and behind the exempt match is tried");
	tryout_report_done(&report);
	ruleset_free(rs);
}

/* --- Many --- */

static int64_t
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* An import of n rules; each one at a place in bad, which ends in 0, is refused. */
static struct ruleset *
import_of(size_t n, const size_t *bad)
{
	struct str text = { 0 };
	struct ruleset *rs;

	for (size_t i = 1; i <= n; i++) {
		bool is_bad = *bad == i;

		bad += is_bad;
		str_addf(&text, "-A FORWARD -d 2001:db8::%zx/128 -p tcp -m tcp "
			 "--dport 4001 -m conntrack --ctstate NEW -j %s\n", i,
			 is_bad ? "CLASSIFY --set-class 1:1" : "ACCEPT");
		if (is_bad)
			str_add(&text, "-A INPUT -m owner --uid-owner 5\n");
	}
	rs = must_load("filter", str_text(&text));
	str_done(&text);
	return rs;
}

static void
test_many(struct tryout_box *box)
{
	static const size_t none[] = { 0 }, three[] = { 1, 500, 1000, 0 };
	struct ruleset *good = import_of(1000, none);
	struct ruleset *bad = import_of(1000, three);
	struct tryout_report report;
	int64_t start = now_us();

	tryout_rules(box, NULL, good, &report);
	diag("1000 rules at once: %lld us", (long long)(now_us() - start));
	is_int(report.verdict, TRYOUT_ACCEPTED, "1000 rules are tried");
	tryout_report_done(&report);
	start = now_us();
	tryout_rules(box, NULL, bad, &report);
	diag("1000 rules with 3 culprits: %lld us",
	     (long long)(now_us() - start));
	is_int(report.refused.n, 3, "all culprits among 1000 are named");
	tryout_report_done(&report);
	ruleset_free(good);
	ruleset_free(bad);
}

static void
print_cost(struct tryout_box *kept, const char *what, const char *spec)
{
	char *rules = xasprintf("-A INPUT %s\n", spec);
	struct ruleset *rs = must_load("filter", rules);
	int64_t start = now_us();
	const int n = 200;

	for (int i = 0; i < n; i++) {
		struct tryout_box *box = kept ? kept : tryout_box_new(LIMIT_MS);
		struct tryout_report report;

		tryout_rules(box, NULL, rs, &report);
		tryout_report_done(&report);
		if (!kept)
			tryout_box_free(box);
	}
	diag("%s: %lld us a rule (%s)", what,
	     (long long)(now_us() - start) / n, spec);
	ruleset_free(rs);
	free(rules);
}

static void
print_costs(struct tryout_box *box)
{
	print_cost(box, "one helper for all", "-p tcp --dport 22 -j ACCEPT");
	print_cost(box, "one helper for all", "-m conntrack --ctstate NEW");
	print_cost(box, "one helper for all, refused", "-m rpfilter");
	print_cost(NULL, "a helper a rule", "-p tcp --dport 22 -j ACCEPT");
}

int
main(void)
{
	struct tryout_box *box;

	setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
	ns_or_skip();
	if (xt_init(false))
		bail_out("%s", err_message());
	box = tryout_box_new(LIMIT_MS);
	test_exempt(box);
	test_rest_of_exempt(box);
	test_changes(box);
	test_many(box);
	print_costs(box);
	if (system("command -v ip6tables-legacy-restore >/dev/null") == 0) {
		for (size_t i = 0; i < ARRAY_LEN(refusals); i++)
			test_refusal(box, &refusals[i]);
	} else {
		skip("no ip6tables-legacy: the oracle is not here");
	}
	tryout_box_free(box);
	xt_done();
	return done_testing();
}
