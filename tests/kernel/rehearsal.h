/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A host with one link to a gateway, and logins over it to be rehearsed. */
#ifndef TESTS_REHEARSAL_H
#define TESTS_REHEARSAL_H

#include <sys/wait.h>
#include <sallyport/mem.h>
#include <sallyport/rehearsal.h>
#include "../ns.h"
#include "../unit/rules.h"

#define LIMIT_MS 20000		/* busy machines are no failure */

#define RELATED "-A INPUT -m state --state RELATED,ESTABLISHED -j ACCEPT\n"
#define NDP "-A INPUT -p ipv6-icmp -j ACCEPT\n"
#define GOOD "-P INPUT DROP\n" RELATED NDP \
	"-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n"
#define SYN_ONLY "-P INPUT DROP\n" RELATED NDP "-A INPUT -p tcp -m tcp " \
	"--dport 22 --syn -m state --state NEW -j ACCEPT\n"

static void TAP_UNUSED
run(const char *command)
{
	if (system(command) != 0)
		bail_out("cannot: %s", command);
}

static void TAP_UNUSED
rehearsal_set_up(void)
{
	ns_or_skip();
	if (xt_init(false))
		bail_out("%s", err_message());
	run("ip link add eth0 type veth peer name out0");
	run("ip link set eth0 addrgenmode none");
	run("ip link set out0 up");
	run("ip link set eth0 up");
	run("ip -6 addr add fe80::2/64 dev eth0 nodad");
	run("ip -6 addr add 2001:db8:1::2/64 dev eth0 nodad");
	run("ip -6 route add default via fe80::1 dev eth0");
}

static struct lifeline TAP_UNUSED
login(void)
{
	struct lifeline ll = {
		.origin = LIFELINE_ESTABLISHED,
		.way = LIFELINE_IN,
		.ssh = true,
		.proto = IPPROTO_TCP,
		.running = true,
		.peer = address("2001:db8::77"),
		.peer_len = 128,
		.local = address("2001:db8:1::2"),
		.peer_port = 50123,
		.local_port = 22,
		.link.gateway = address("fe80::1"),
	};

	strcpy(ll.link.ifname, "eth0");
	return ll;
}

/* What was said of one lifeline. */
struct outcome {
	enum rehearsed candidate;
	enum rehearsed live;
	char *account;		/* or the reason, or the refusal */
	unsigned setup_us;
	unsigned answer_us;
};

static void TAP_UNUSED
outcome_done(struct outcome *o)
{
	free(o->account);
}

static struct outcome TAP_UNUSED
rehearse_lifeline(struct lifeline *ll, const char *live, const char *candidate)
{
	struct tables *a = firewall(live), *b = firewall(candidate);
	struct vec lifelines = { 0 };
	struct rehearsal_report *report;
	struct outcome o = { .account = NULL };

	vec_push(&lifelines, ll);
	report = rehearsal_run(&lifelines, a, b, LIMIT_MS);
	if (report->usable && !report->refused) {
		struct rehearsed_lifeline *rl = report->lifelines.v[0];

		o.candidate = rl->candidate;
		o.live = rl->live;
		o.account = xstrdup(rl->account);
	} else {
		o.account = xstrdup(report->usable ? report->refused :
						     report->reason);
	}
	o.setup_us = report->setup_us;
	o.answer_us = report->answer_us;
	rehearsal_report_free(report);
	vec_done(&lifelines);
	tables_free(a);
	tables_free(b);
	return o;
}

static struct outcome TAP_UNUSED
rehearse(const char *live, const char *candidate)
{
	struct lifeline ll = login();

	return rehearse_lifeline(&ll, live, candidate);
}

#endif
