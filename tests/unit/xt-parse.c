/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Specs into rules and back: what is good, what is refused and how, and that a
 * parse leaves nothing behind for the next one. */
#include "../tap.h"
#include <malloc.h>
#include <time.h>
#include <getopt.h>
#include <xtables.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <sallyport/mem.h>
#include <sallyport/text.h>
#include <sallyport/xt.h>

/* What is written, and what its spec is; NULL for the same. */
static const struct {
	const char *spec;
	const char *body;
} good[] = {
	{ "", NULL },
	{ "-j ACCEPT", NULL },
	{ "-j mine", NULL },
	{ "-g mine", NULL },
	{ "--goto mine", "-g mine" },
	{ "-p tcp --dport 22 -j ACCEPT",
	  "-p tcp -m tcp --dport 22 -j ACCEPT" },
	{ "-p 6 --dport 22", "-p tcp -m tcp --dport 22" },
	{ "-p TCP", "-p tcp" },
	{ "-p tcp --dport ssh", "-p tcp -m tcp --dport 22" },
	{ "-p ipv6-icmp --icmpv6-type echo-request",
	  "-p ipv6-icmp -m icmp6 --icmpv6-type 128" },
	{ "-p 253", NULL },
	{ "--proto udp --source ::1 --dst fe80::/10 --in-interface eth+",
	  "-s ::1/128 -d fe80::/10 -i eth+ -p udp" },
	{ "-mudp -p udp --dport=5", "-p udp -m udp --dport 5" },
	{ "! -i + -j DROP", NULL },
	{ "! -s 2001:db8::5/32 ! -i eth0 ! -p tcp",
	  "! -s 2001:db8::/32 ! -i eth0 ! -p tcp" },
	{ "-s 2001:db8::1/ffff::ffff", "-s 2001::1/ffff::ffff" },
	{ "-m tcp -p tcp --sport 1 -m tcp --dport 2",
	  "-p tcp -m tcp --sport 1 -m tcp --dport 2" },
	{ "-m state --state NEW", NULL },
	{ "-m conntrack ! --ctstate NEW -m conntrack --ctdir REPLY", NULL },
	{ "-m comment --comment \"two words\"", NULL },
	{ "-m comment --comment \"\"", NULL },
	{ "-m comment --comment --dport", NULL },
	{ "-j LOG --log-prefix \"a\\\"b \"", NULL },
	{ "-p tcp -j REJECT --reject-with tcp-reset", NULL },
	{ "-j MARK --set-mark 5", "-j MARK --set-xmark 0x5/0xffffffff" },
	{ "-j NOTRACK", "-j NOTRACK" },
	{ "-6 -j DROP", "-j DROP" },
	{ "-p tcp -m multiport --dports 1,2:3,4", NULL },
	{ "-m limit --limit 3/min --limit-burst 9", NULL },
};

/* What is refused, and what the message must name. */
static const struct {
	const char *spec;
	const char *names;
} bad[] = {
	{ "hello", "'hello'" },
	{ "-j DROP hello", "'hello'" },
	{ "-s ::1 -- foo", "'foo'" },
	{ "--nosuch 5", "'--nosuch'" },
	{ "-z", "'-z'" },
	{ "--dport 5", "'--dport'" },
	{ "-p tcp --nosuch 5", "'--nosuch'" },
	{ "-p udp --syn", "'--syn'" },
	{ "-p tcp --syn=3", "'--syn=3'" },
	{ "-p tcp --dport", "'--dport'" },
	{ "-s", "'-s'" },
	{ "-p tcp --dport nosuch", "nosuch" },
	{ "-p tcp --dport 65536", "65536" },
	{ "-p nosuch", "nosuch" },
	{ "-p 256", "256" },
	{ "! -p all", "all" },
	{ "-s ::1/129", "129" },
	{ "-s host.example", "host.example" },
	{ "-d 192.0.2.1", "192.0.2.1" },
	{ "! -s ::1,::2", "!" },
	{ "-s ::1 -s ::2", "-s" },
	{ "-i a -i b", "-i" },
	{ "-ieth0", "'-ieth0'" },
	{ "--source=::1", "'--source=::1'" },
	{ "-jDROP", "'-jDROP'" },
	{ "-i 0123456789abcdef", "0123456789abcdef" },
	{ "-i \"\"", "-i" },
	{ "-j NOSUCH", "'NOSUCH'" },
	{ "-j mine -j DROP", "-j" },
	{ "-j \"a b\"", "'a b'" },
	{ "-j 01234567890123456789012345678", "012345678901234567890" },
	{ "-g other", "'other'" },
	{ "-g ACCEPT", "'ACCEPT'" },
	{ "! -j DROP", "-j" },
	{ "! -m tcp", "-m" },
	{ "! ! -s ::1", "!" },
	{ "-s ::1 !", "!" },
	{ "-m nosuch", "nosuch" },
	{ "-m a/../b", "a/../b" },
	{ "-m mac --mac-source zz", "--mac-source zz" },
	{ "-m connbytes", "connbytes" },
	{ "-m conntrack --ctstate FOO", "FOO" },
	{ "-j MARK", "MARK" },
	{ "-j MARK --set-mark 1 --set-mark 2", "--set-mark" },
	{ "-j LOG --log-level foo", "foo" },
	{ "-j REJECT --reject-with foo", "foo" },
	{ "-j TEE --gateway host.example", "host.example" },
	{ "-m limit --limit 5/x", "5/x" },
	{ "-m multiport --dports 1", "--dports 1" },
	{ "-c x 4", "'x'" },
	{ "-c 3", "-c" },
	{ "-c -3 4", "'-3'" },
	{ "-f", "-f" },
	{ "-A INPUT", "'-A'" },
	{ "--table nat", "'--table'" },
	{ "-v", "'-v'" },
	{ "-h", "'-h'" },
	{ "# opaque !!!!", "base64" },
	{ "# opaque AAAA", "entry" },
};

static const char *another_chain;	/* NULL: none */

static bool
is_chain(const char *name, void *arg)
{
	return strcmp(name, "mine") == 0 ||
	       (another_chain && strcmp(name, another_chain) == 0);
}

static enum err
parse(const char *spec, struct vec *rules)
{
	struct chain_names names = { is_chain, NULL };
	size_t n;
	char **words = words_split(spec, &n);
	enum err err = xt_parse("filter", (int)n, words, &names, rules);

	words_free(words);
	return err;
}

static void
rules_free(struct vec *rules)
{
	for (size_t i = 0; i < rules->n; i++)
		rule_unref(rules->v[i]);
	vec_done(rules);
}

/* The one word for what came of it: all specs, or the message. */
static char *
outcome(const char *spec)
{
	struct vec rules = { 0 };
	struct str out = { 0 };

	if (parse(spec, &rules))
		str_addf(&out, "error: %s", err_message());
	for (size_t i = 0; i < rules.n; i++) {
		if (i)
			str_addc(&out, '\n');
		xt_spec_body(rules.v[i], &out);
	}
	rules_free(&rules);
	return str_take(&out);
}

static void
test_good(void)
{
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		char *got = outcome(good[i].spec);

		is_str(got, good[i].body ? good[i].body : good[i].spec,
		       "good: %s", good[i].spec);
		free(got);
	}
}

/* In a text for both families: told from a mistake. */
static void
test_other_family(void)
{
	struct vec rules = { 0 };

	ok(parse("-s 192.0.2.1 -4 --frob", &rules) == ERR_USAGE &&
	   strstr(err_message(), "-4"), "a rule of iptables");
	ok(parse("-m comment --comment -4 --frob", &rules) == ERR_PARSE,
	   "-4 as an argument makes none");
	rules_free(&rules);
}

static void
test_bad(void)
{
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct vec rules = { 0 };
		enum err err = parse(bad[i].spec, &rules);

		ok(err == ERR_PARSE && rules.n == 0 &&
		   strstr(err_message(), bad[i].names) &&
		   !strchr(err_message(), '\n'),
		   "bad: %s", bad[i].spec);
		diag("%s", err ? err_message() : "it was taken");
		rules_free(&rules);
	}
}

static void
test_several(void)
{
	char *got = outcome("-s ::1,::2/127 -d fe80::1,fe80::2 -c 3 4 -j mine");

	is_str(got, "-s ::1/128 -d fe80::1/128 -j mine\n"
		    "-s ::1/128 -d fe80::2/128 -j mine\n"
		    "-s ::2/127 -d fe80::1/128 -j mine\n"
		    "-s ::2/127 -d fe80::2/128 -j mine",
	       "lists of addresses make several rules");
	free(got);
}

static void
test_counters(void)
{
	struct vec rules = { 0 };
	struct str spec = { 0 };

	ok(parse("-c 18446744073709551615 7 -j DROP", &rules) == OK,
	   "counters are taken");
	xt_spec(rules.v[0], "INPUT", true, &spec);
	is_str(spec.s, "[18446744073709551615:7] -A INPUT -j DROP",
	       "and written");
	str_clear(&spec);
	xt_spec(rules.v[0], "INPUT", false, &spec);
	is_str(spec.s, "-A INPUT -j DROP", "or not");
	rules_free(&rules);
	str_done(&spec);
}

static void
test_nat(void)
{
	const char *words[] = { "-j", "DROP" };
	struct vec rules = { 0 };

	ok(xt_parse("nat", 2, (char **)words, NULL, &rules) == ERR_PARSE &&
	   strstr(err_message(), "nat"), "DROP is refused in nat");
	ok(xt_parse("raw", 2, (char **)words, NULL, &rules) == OK, "but not in raw");
	rules_free(&rules);
}

/* Strings come through byte for byte, whatever they hold. */
static void
test_hostile(void)
{
	static const char *const texts[] = {
		"\033[2J\033]0;x\007", "\" -j ACCEPT", "\\", "'", "\xff\xfe\x80",
		"\u202e", "# x", "\t", " ", "%s%n", "a\rb", "$(reboot)",
	};
	static const char *const broken[] = { "a\nb", "\n" };

	for (size_t i = 0; i < ARRAY_LEN(texts) + ARRAY_LEN(broken); i++) {
		size_t n = ARRAY_LEN(texts);
		const char *text = i < n ? texts[i] : broken[i - n];
		const char *words[] = { "-m", "comment", "--comment", text };
		struct vec rules = { 0 }, again = { 0 };
		struct str spec = { 0 };
		bool same;

		if (xt_parse("filter", 4, (char **)words, NULL, &rules))
			bail_out("%s", err_message());
		xt_spec_body(rules.v[0], &spec);
		same = parse(spec.s, &again) == OK && again.n == 1 &&
		       rule_equal(again.v[0], rules.v[0]) &&
		       !strchr(spec.s, '\n');
		ok(same, "text %zu comes through", i + 1);
		ok(xt_is_opaque(rules.v[0]) == (i >= n),
		   "as %s", i >= n ? "an opaque rule" : "text");
		rules_free(&rules);
		rules_free(&again);
		str_done(&spec);
	}
}

/* What its extension prints only in part. */
static void
test_lossy(void)
{
	static const char *const specs[] = {
		"-p tcp ! --dport 0:65535", "-p udp ! --sport :",
		"-p tcp --tcp-flags NONE ALL", "-m ah ! --ahspi 0:4294967295",
		"-m frag --fraglen 0", "-m recent --rcheck --seconds 4294967295",
		"-j CONNMARK --set-mark 1 --left-shift-mark 0",
		"-j CT --zone-orig 0",
	};

	for (size_t i = 0; i < ARRAY_LEN(specs); i++) {
		struct vec rules = { 0 }, again = { 0 };
		struct str spec = { 0 };

		if (parse(specs[i], &rules))
			bail_out("%s", err_message());
		xt_spec_body(rules.v[0], &spec);
		ok(parse(spec.s, &again) == OK &&
		   rule_equal(again.v[0], rules.v[0]),
		   "nothing is lost: %s", specs[i]);
		rules_free(&rules);
		rules_free(&again);
		str_done(&spec);
	}
}

/* Names that their extension prints without quotes. */
static void
test_unquoted(void)
{
	const char *words[] = { "-m", "recent", "--set", "--name", "a b" };
	struct vec rules = { 0 }, again = { 0 };
	struct str spec = { 0 };

	if (xt_parse("filter", 5, (char **)words, NULL, &rules))
		bail_out("%s", err_message());
	ok(xt_is_opaque(rules.v[0]), "a name that would not read back is opaque");
	xt_spec(rules.v[0], "INPUT", true, &spec);
	ok(str_starts(spec.s, "# opaque INPUT [0:0] "), "and written so");
	str_clear(&spec);
	xt_spec_body(rules.v[0], &spec);
	ok(parse(spec.s, &again) == OK && rule_equal(again.v[0], rules.v[0]),
	   "and read back");
	rules_free(&rules);
	rules_free(&again);
	str_done(&spec);
}

/* What other programs may load and no option of ip6tables can say. */
static void
odd_tos(struct ip6t_entry *e)
{
	e->ipv6.flags |= IP6T_F_TOS;
	e->ipv6.tos = 4;
}

static void
odd_proto_flag(struct ip6t_entry *e)
{
	e->ipv6.flags &= ~IP6T_F_PROTO;
}

static void
odd_fragment(struct ip6t_entry *e)
{
	e->ipv6.invflags |= IP6T_INV_FRAG;
}

static void
odd_any_iface(struct ip6t_entry *e)
{
	e->ipv6.invflags |= IP6T_INV_VIA_IN;
}

static void
odd_address(struct ip6t_entry *e)
{
	e->ipv6.src.s6_addr[15] = 1;
}

static void
odd_mask(struct ip6t_entry *e)
{
	strcpy(e->ipv6.iniface, "eth0");
	memset(e->ipv6.iniface_mask, 0xff, 2);
	e->ipv6.iniface_mask[4] = 1;
}

static void
odd_name(struct ip6t_entry *e)
{
	strcpy(e->ipv6.outiface, "a\nb");
	memset(e->ipv6.outiface_mask, 0xff, 4);
}

static void
odd_proto(struct ip6t_entry *e)
{
	e->ipv6.proto = 300;
}

static void
test_odd(void)
{
	static void (*const makers[])(struct ip6t_entry *) = {
		odd_tos, odd_proto_flag, odd_fragment, odd_any_iface,
		odd_address, odd_mask, odd_name, odd_proto,
	};

	for (size_t i = 0; i < ARRAY_LEN(makers); i++) {
		struct vec rules = { 0 }, again = { 0 };
		struct str spec = { 0 };
		struct rule *odd;

		if (parse("-p tcp -j DROP", &rules))
			bail_out("%s", err_message());
		makers[i]((struct ip6t_entry *)((struct rule *)
						rules.v[0])->entry);
		odd = rules.v[0];
		ok(xt_is_opaque(odd), "odd rule %zu is opaque", i + 1);
		xt_spec_body(odd, &spec);
		ok(parse(spec.s, &again) == OK && rule_equal(again.v[0], odd) &&
		   !strchr(spec.s, '\n'), "and comes through");
		rules_free(&rules);
		rules_free(&again);
		str_done(&spec);
	}
}

/* libxtables counts the options that it merges; a parse that was left in the
 * middle, by libxtables' longjmp, must not move the options of the next. */
static void
test_offset(void)
{
	static const char *const left[] = {
		"-p tcp -m tcp --dport 1 -m state --state NEW -m mark --mark x",
		"-m limit --limit 5/x", "-p tcp --dport 1 --nosuch -m nosuch",
		"-m conntrack --ctstate NEW -m connbytes -j LOG",
		"-j REJECT --reject-with foo", "-m comment -m comment --comment",
	};

	for (size_t i = 0; i < ARRAY_LEN(left); i++) {
		struct vec rules = { 0 };
		unsigned fresh, again;
		bool fine;

		fine = parse("-m mark --mark 5", &rules) == OK;
		fresh = xt_params->option_offset;
		fine = fine && parse(left[i], &rules) != OK &&
		       parse("-m mark --mark 5", &rules) == OK;
		again = xt_params->option_offset;
		ok(fine && rules.n == 2 && rule_equal(rules.v[0], rules.v[1]),
		   "the next parse is as the first, behind: %s", left[i]);
		is_int(again, fresh, "and its options are where they were");
		rules_free(&rules);
	}
}

/* The same answer whatever was parsed before. */
static void
test_order(void)
{
	size_t n = ARRAY_LEN(good) + ARRAY_LEN(bad);
	char **first = xcalloc(n, sizeof(*first));
	unsigned differ = 0;
	size_t before = 0;

	srand(42);
	for (size_t round = 0; round < 8000; round++) {
		size_t i = round < n ? round : (size_t)rand() % n;
		const char *spec = i < ARRAY_LEN(good)
					   ? good[i].spec
					   : bad[i - ARRAY_LEN(good)].spec;
		char *got = outcome(spec);

		if (!first[i]) {
			first[i] = got;
			continue;
		}
		if (strcmp(first[i], got) != 0 && differ++ < 5)
			diag("%s: %s, then %s", spec, first[i], got);
		free(got);
		if (round == 1000)
			before = mallinfo2().uordblks;
	}
	is_int(differ, 0, "8000 parses in any order give the same results");
	/* A failed parse may lose what the library held then: a few bytes. */
	ok(mallinfo2().uordblks < before + 7000 * 16,
	   "without growth: %zd bytes", mallinfo2().uordblks - before);
	for (size_t i = 0; i < n; i++)
		free(first[i]);
	free(first);
}

static void
test_resolver(void)
{
	struct timespec a, b;
	struct vec rules = { 0 };

	clock_gettime(CLOCK_MONOTONIC, &a);
	for (int i = 0; i < 100; i++) {
		if (parse("-s nosuch.example", &rules) == OK)
			bail_out("a host name was taken");
	}
	clock_gettime(CLOCK_MONOTONIC, &b);
	ok(b.tv_sec - a.tv_sec < 5, "no wait on a resolver");
}

/* Its text gives the very bytes back. */
static bool
comes_back(const struct rule *rule)
{
	struct vec again = { 0 };
	struct str spec = { 0 };
	bool same;

	xt_spec_body(rule, &spec);
	if (rule_has_standard_target(rule))
		another_chain = rule_target(rule);
	same = parse(str_text(&spec), &again) == OK && again.n == 1 &&
	       rule_equal(again.v[0], rule);
	if (!same)
		diag("%s", str_text(&spec));
	another_chain = NULL;
	rules_free(&again);
	str_done(&spec);
	return same;
}

/* Entries of a tampered trial record: any byte of an extension's data. */
static void
test_tampered_data(void)
{
	unsigned shown = 0, lost = 0;

	for (unsigned round = 0; round < 20000; round++) {
		const char *spec = good[(size_t)rand() % ARRAY_LEN(good)].spec;
		struct vec rules = { 0 };
		struct rule *rule = NULL, *r;
		struct str out = { 0 };
		unsigned char *bytes;

		if (parse(spec, &rules))
			bail_out("%s", err_message());
		r = rules.v[0];
		bytes = xmemdup(r->entry, r->size);
		for (int i = rand() % 8; i >= 0; i--)
			bytes[(size_t)rand() % r->size] = (unsigned char)rand();
		if (rule_new(bytes, r->size, NULL, r->counters, &rule) == OK) {
			xt_row_line(rule, 1, true, &out);
			xt_spec(rule, "INPUT", true, &out);
			if (memcmp(rule->entry, r->entry,
				   sizeof(struct ip6t_entry)) == 0)
				lost += !comes_back(rule);
			rule_unref(rule);
			shown++;
		}
		free(bytes);
		str_done(&out);
		rules_free(&rules);
	}
	ok(shown > 0, "%u tampered rules are shown", shown);
	is_int(lost, 0, "and not one is lost in its text");
}

static void
count_extension(const char *kind, const char *name, void *arg)
{
	unsigned *n = arg;

	n[strcmp(kind, "match") == 0]++;
}

static void
test_help(void)
{
	unsigned n[2] = { 0 };
	struct str out = { 0 };

	xt_each_extension(count_extension, n);
	ok(n[0] > 20 && n[1] > 40, "%u targets and %u matches", n[0], n[1]);
	xt_help("tcp", &out);
	ok(strstr(str_text(&out), "--syn"), "tcp has help");
	str_clear(&out);
	xt_help("nosuch", &out);
	is_str(str_text(&out), "", "what there is not has none");
	ok(xt_has_target("REJECT") && !xt_has_target("tcp"),
	   "targets are told from matches");
	str_done(&out);
}

int
main(void)
{
	tap_locale();
	if (xt_init(false))
		bail_out("%s", err_message());
	test_good();
	test_bad();
	test_other_family();
	test_several();
	test_counters();
	test_nat();
	test_hostile();
	test_lossy();
	test_unquoted();
	test_odd();
	test_offset();
	test_order();
	test_resolver();
	test_tampered_data();
	test_help();
	xt_done();
	return done_testing();
}
