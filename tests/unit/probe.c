/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The probe's question from words, its path through all tables, and what the
 * walk and the kernel say together. */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sallyport/mem.h>
#include <sallyport/probe.h>
#include "rules.h"

static struct probe_question
question(struct probe_words words)
{
	struct probe_question q;

	if (probe_ask(&words, false, &q))
		bail_out("%s", err_message());
	return q;
}

#define ASK(...) question((struct probe_words){ .v = { __VA_ARGS__ } })
#define FROM [PROBE_FROM] = "2001:db8::77"

/* --- Words --- */

static const struct {
	struct probe_words words;
	const char *told;
} described[] = {
	{ { { FROM, [PROBE_DPORT] = "22" } },
	  "tcp 2001:db8::77 -> any port 22, NEW, INPUT" },
	{ { { FROM, [PROBE_DPORT] = "" } },
	  "tcp 2001:db8::77 -> any, NEW, INPUT" },
	{ { { [PROBE_FROM] = "any", [PROBE_PROTOCOL] = "UDP" } },
	  "udp any -> any, NEW, INPUT" },
	{ { { [PROBE_FROM] = "2001:db8::/32", [PROBE_STATE] = "established" } },
	  "tcp 2001:db8::/32 -> any, ESTABLISHED, INPUT" },
	{ { { [PROBE_FROM] = "fe80::1%eth0", [PROBE_ICMP_TYPE] = "135" } },
	  "ipv6-icmp type 135 fe80::1 -> any, UNTRACKED, in eth0, INPUT" },
	{ { { FROM, [PROBE_TO] = "2001:db8:c::1", [PROBE_PROTOCOL] = "50" } },
	  "esp 2001:db8::77 -> 2001:db8:c::1, NEW, FORWARD" },
	{ { { [PROBE_TO] = "2001:db8:c::1", [PROBE_SPORT] = "7" } },
	  "tcp any port 7 -> 2001:db8:c::1, NEW, OUTPUT" },
	{ { { [PROBE_IN] = "eth0", [PROBE_OUT] = "br0" } },
	  "tcp any -> any, NEW, in eth0, out br0, FORWARD" },
	{ { { [PROBE_IN] = "eth0", [PROBE_TO] = "2001:db8:c::1" } },
	  "tcp any -> 2001:db8:c::1, NEW, in eth0, FORWARD" },
	{ { { FROM, [PROBE_OUT] = "eth0" } },
	  "tcp 2001:db8::77 -> any, NEW, out eth0, OUTPUT" },
};

static const struct {
	struct probe_words words;
	const char *told;
} refused[] = {
	{ { { [PROBE_DPORT] = "22" } },
	  "where does the packet come from, or where does it go?" },
	{ { { [PROBE_FROM] = "x" } }, "'x' is no IPv6 address" },
	{ { { [PROBE_FROM] = "192.0.2.1" } },
	  "'192.0.2.1' is IPv4: these rules do not see it" },
	{ { { FROM, [PROBE_DPORT] = "65536" } },
	  "'65536' is no port: 0 to 65535" },
	{ { { FROM, [PROBE_PROTOCOL] = "esp", [PROBE_DPORT] = "1" } },
	  "protocol 'esp' has no ports" },
	{ { { FROM, [PROBE_PROTOCOL] = "tcp", [PROBE_ICMP_TYPE] = "1" } },
	  "protocol 'tcp' has no ICMPv6 type" },
	{ { { FROM, [PROBE_PROTOCOL] = "256" } },
	  "'256' is no protocol: tcp, udp, icmpv6 ... or a number up to 255" },
	{ { { FROM, [PROBE_STATE] = "OLD" } }, "'OLD' is no state: NEW, "
	  "ESTABLISHED, RELATED, INVALID or UNTRACKED" },
	{ { { FROM, [PROBE_IN] = "1234567890123456" } },
	  "'1234567890123456' is no name of an interface" },
};

static void
test_words(void)
{
	struct probe_question q;

	for (size_t i = 0; i < ARRAY_LEN(described); i++) {
		struct str text = { 0 };

		q = question(described[i].words);
		probe_describe(&q, &text);
		is_str(str_text(&text), described[i].told, "asked");
		str_done(&text);
	}
	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		is_int(probe_ask(&refused[i].words, false, &q), ERR_USAGE,
		       "refused");
		is_str(err_message(), refused[i].told, "with the reason");
	}
	q = ASK(FROM, [PROBE_DPORT] = "22");
	ok(q.packet.in_unknown && !q.packet.in[0], "no interface is made up");
	is_int(q.packet.tcp_flags, TH_SYN, "what is new is a SYN");
}

/* --- The path --- */

static void
test_path(void)
{
	struct tables *tables = firewall(
		":INPUT DROP [0:0]\n:WEB - [0:0]\n"
		"-A INPUT -p tcp -j WEB\n"
		"-A INPUT -p tcp -j WEB\n"
		"-A INPUT -p tcp -j LOG\n"
		"-A WEB -p tcp -m tcp --dport 80 -j LOG\n"
		"*mangle\n"
		"-A PREROUTING -p tcp -j MARK --set-mark 7\n");
	struct probe_question q = ASK(FROM, [PROBE_DPORT] = "80");
	struct probe_answer *answer = probe_walk(tables, &q);
	struct str path = { 0 };

	for (size_t i = 0; i < answer->path.n; i++) {
		probe_step_name(answer->path.v[i], &path);
		str_add(&path, "; ");
	}
	is_str(str_text(&path), "mangle PREROUTING 1; INPUT 1; WEB 1; INPUT 2; "
	       "INPUT 3; ", "each rule once, as it is met first");
	str_clear(&path);
	probe_verdict(answer, &path);
	is_str(str_text(&path), "DROP by INPUT policy", "the policy decides");
	ok(probe_decided(answer, "filter", "INPUT", 0) &&
	   !probe_decided(answer, "filter", "INPUT", 3), "and no rule does");
	ok(probe_met(answer, "mangle", "PREROUTING", 1) &&
	   !probe_met(answer, "filter", "PREROUTING", 1) &&
	   !probe_met(answer, "filter", "WEB", 2), "rules can be asked for");
	probe_answer_free(answer);
	q = ASK([PROBE_FROM] = "2001:db8::/64");
	answer = probe_walk(tables, &q);
	str_clear(&path);
	probe_verdict(answer, &path);
	is_str(str_text(&path), "DROP by INPUT policy, from 2001:db8:: for one",
	       "of many senders one is named");
	probe_answer_free(answer);
	str_done(&path);
	tables_free(tables);
}

/* --- Two judges --- */

static const struct cell {
	const char *rules;
	enum rehearsed kernel;
	enum verdict judgement;
	bool by_kernel;
	const char *account;
} cells[] = {
	{ "-A INPUT -j ACCEPT\n", REHEARSED_PASS, VERDICT_ACCEPT, true, "" },
	{ "-A INPUT -j ACCEPT\n", REHEARSED_FAIL, VERDICT_DROP, true,
	  "rehearsed: lost" },
	{ "-A INPUT -j ACCEPT\n", REHEARSED_NOT, VERDICT_ACCEPT, false,
	  "not rehearsed: lost" },
	{ "-A INPUT -j DROP\n", REHEARSED_PASS, VERDICT_ACCEPT, true,
	  "rehearsed: the connection came about" },
	{ "-A INPUT -j DROP\n", REHEARSED_FAIL, VERDICT_DROP, true, "" },
	{ "-A INPUT -j DROP\n", REHEARSED_NOT, VERDICT_DROP, false,
	  "not rehearsed: lost" },
	{ "-A INPUT -m helper --helper ftp -j DROP\n", REHEARSED_PASS,
	  VERDICT_ACCEPT, true, "rehearsed: the connection came about" },
	{ "-A INPUT -m helper --helper ftp -j DROP\n", REHEARSED_FAIL,
	  VERDICT_DROP, true, "rehearsed: lost" },
	{ "-A INPUT -m helper --helper ftp -j DROP\n", REHEARSED_NOT,
	  VERDICT_UNKNOWN, false, "not rehearsed: lost" },
};

/* The answer with what a kernel might say. */
static struct probe_answer *
told(const struct tables *tables, enum rehearsed kernel)
{
	struct probe_question q = ASK(FROM, [PROBE_DPORT] = "22");
	struct probe_answer *answer = probe_walk(tables, &q);
	struct rehearsed_lifeline *one = xcalloc(1, sizeof(*one));

	one->candidate = kernel;
	if (kernel != REHEARSED_PASS)
		one->account = xstrdup("lost");
	answer->rehearsal = xcalloc(1, sizeof(*answer->rehearsal));
	answer->rehearsal->usable = true;
	vec_push(&answer->rehearsal->lifelines, one);
	return answer;
}

static void
test_judges(void)
{
	for (size_t i = 0; i < ARRAY_LEN(cells); i++) {
		const struct cell *cell = &cells[i];
		struct tables *tables = firewall(cell->rules);
		struct probe_answer *answer = told(tables, cell->kernel);
		struct str account = { 0 };

		is_int(probe_judgement(answer), cell->judgement, "judged");
		is_int(probe_by_kernel(answer), cell->by_kernel, "by whom");
		probe_account(answer, &account);
		is_str(str_text(&account), cell->account, "the account");
		str_done(&account);
		probe_answer_free(answer);
		tables_free(tables);
	}
}

/* One packet that got through a rate says nothing of the next one. */
static void
test_fickle(void)
{
	struct tables *tables = firewall("-A INPUT -m limit --limit 1/sec "
					 "-j DROP\n");
	struct probe_answer *answer = told(tables, REHEARSED_PASS);
	struct str account = { 0 };

	answer->fickle = "limit";
	is_int(probe_judgement(answer), VERDICT_UNKNOWN, "unknown it stays");
	probe_account(answer, &account);
	is_str(str_text(&account), "rehearsed: one packet got through, and the "
	       "next may not (limit)", "and says why");
	str_done(&account);
	probe_answer_free(answer);
	tables_free(tables);
}

/* What has no connection, or more than one, is not asked about. */
static void
test_unasked(void)
{
	static const struct {
		struct probe_words words;
		const char *why;
	} rows[] = {
		{ { { FROM, [PROBE_ICMP_TYPE] = "128" } },
		  "not rehearsed: only TCP and UDP are" },
		{ { { FROM, [PROBE_DPORT] = "1", [PROBE_STATE] = "INVALID" } },
		  "not rehearsed: only new connections are" },
		{ { { FROM } }, "not rehearsed: only one port at a time is" },
		{ { { [PROBE_FROM] = "2001:db8::/64", [PROBE_DPORT] = "1" } },
		  "not rehearsed: only one address at a time is" },
	};
	struct tables *tables = firewall("");

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct probe_question q = question(rows[i].words);
		struct probe_answer *answer = probe_walk(tables, &q);
		struct str account = { 0 };

		probe_rehearse(answer, tables, 1000);
		probe_account(answer, &account);
		is_str(str_text(&account), rows[i].why, "not asked");
		ok(!answer->rehearsal && !probe_by_kernel(answer),
		   "the walk stands alone");
		str_done(&account);
		probe_answer_free(answer);
	}
	tables_free(tables);
}

int
main(void)
{
	rules_start();
	test_words();
	test_path();
	test_judges();
	test_fickle();
	test_unasked();
	return done_testing();
}
