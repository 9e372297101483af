/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packets for tests of the walk, and its answer as one line. */
#ifndef TESTS_PACKETS_H
#define TESTS_PACKETS_H

#include <sallyport/walk.h>
#include "rules.h"

#define DROP ":INPUT DROP [0:0]\n"
#define SSH "-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n"

/* A login: SYN from 2001:db8::77 port 40000 to 2001:db8::1 port 22 on eth0. */
static TAP_UNUSED struct packet
login(void)
{
	struct packet p = {
		.in = "eth0",
		.src = address("2001:db8::77"), .src_len = 128,
		.dst = address("2001:db8::1"), .dst_len = 128,
		.proto = IPPROTO_TCP,
		.sport = { 40000, 40000 }, .dport = { 22, 22 },
		.tcp_flags = 2,
		.hop_limit = { 64, 64 }, .length = { 40, 40 },
		.ct = CT_NEW,
	};

	return p;
}

static TAP_UNUSED struct packet
any_port(void)
{
	struct packet p = login();

	p.sport = (struct range){ 1024, 65535 };
	return p;
}

static TAP_UNUSED struct packet
any_source(void)
{
	struct packet p = login();

	p.src_len = 0;
	return p;
}

static TAP_UNUSED struct packet
site(void)
{
	struct packet p = login();

	p.src = address("2001:db8::");
	p.src_len = 32;
	return p;
}

static TAP_UNUSED struct packet
running(void)
{
	struct packet p = login();

	p.ct = CT_ESTABLISHED;
	p.tcp_flags = 16;
	p.tcp_flags_any = 8;
	return p;
}

static TAP_UNUSED struct packet
reply(void)
{
	struct packet p = running();

	p.ct_reply = true;
	return p;
}

static TAP_UNUSED struct packet
solicitation(void)
{
	struct packet p = login();

	p.proto = IPPROTO_ICMPV6;
	p.icmp_type = 135;
	p.ct = CT_UNTRACKED;
	p.hop_limit = (struct range){ 255, 255 };
	return p;
}

static TAP_UNUSED struct packet
invalid(void)
{
	struct packet p = running();

	p.ct = CT_INVALID;
	return p;
}

static TAP_UNUSED struct packet
datagram(void)
{
	struct packet p = login();

	p.proto = IPPROTO_UDP;
	p.dport = (struct range){ 443, 443 };
	return p;
}

static TAP_UNUSED struct packet
related(void)
{
	struct packet p = login();

	p.ct = CT_RELATED;
	return p;
}

static TAP_UNUSED struct packet
by_lo(void)
{
	struct packet p = login();

	strcpy(p.in, "lo");
	return p;
}

/* Verdict, deciding rule, hook_rule, why. */
static TAP_UNUSED void
account(const struct walk_result *r, struct str *out)
{
	str_addf(out, "%s ", verdict_name(r->verdict));
	walk_result_rule(r, out);
	str_addf(out, " %zu", r->hook_rule);
	if (r->verdict != VERDICT_ACCEPT && r->why)
		str_addf(out, " %s", r->why);
	if (r->loss)
		str_addf(out, " %s", r->loss == LOSS_DIVERTED ? "diverted" :
								"hop limit");
}

#endif
