/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rulesets of raw entries for tests that need no extension. The same every run. */
#ifndef TESTS_UNIT_RANDOM_RULES_H
#define TESTS_UNIT_RANDOM_RULES_H

#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <net/if.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <sallyport/ruleset.h>

static uint32_t rnd_state = 2463534242u;

static unsigned __attribute__((unused))
rnd(size_t below)
{
	rnd_state ^= rnd_state << 13;
	rnd_state ^= rnd_state >> 17;
	rnd_state ^= rnd_state << 5;
	return below ? (unsigned)(rnd_state % below) : 0;
}

static unsigned random_next;	/* 0: rules may be alike */

static unsigned __attribute__((unused))
random_number(unsigned below)
{
	return random_next ? random_next++ : rnd(below);
}

/* The rule "-s 2001:db8::NUMBER -j TARGET". */
static __attribute__((unused)) struct rule *
random_rule(unsigned number, const char *target)
{
	struct {
		struct ip6t_entry entry;
		struct xt_standard_target target;
	} raw = { 0 };
	struct counters none = { 0 };
	struct rule *rule;

	raw.entry.ipv6.src.s6_addr32[0] = htonl(0x20010db8);
	raw.entry.ipv6.src.s6_addr32[3] = htonl(number);
	memset(&raw.entry.ipv6.smsk, 0xff, sizeof(raw.entry.ipv6.smsk));
	raw.entry.target_offset = sizeof(raw.entry);
	raw.entry.next_offset = sizeof(raw);
	raw.target.target.u.user.target_size = XT_ALIGN(sizeof(raw.target));
	if (rule_new(&raw, sizeof(raw), target, none, &rule))
		die("no rule: %s", err_message());
	return rule;
}

/* INPUT holds one rule a letter. */
static __attribute__((unused)) struct ruleset *
ruleset_of(const char *letters)
{
	struct ruleset *rs;

	if (ruleset_new_empty("filter", &rs))
		die("no ruleset: %s", err_message());
	for (; *letters; letters++)
		chain_push_take(ruleset_chain(rs, "INPUT"),
				random_rule((unsigned char)*letters, "ACCEPT"));
	return rs;
}

/* One of six, half of them no UTF-8. */
static void __attribute__((unused))
random_name(char name[CHAIN_NAME_SIZE])
{
	unsigned n = rnd(6);

	snprintf(name, CHAIN_NAME_SIZE, "U%s%u", n % 2 ? "\x9b" : "", n);
}

static __attribute__((unused)) struct ruleset *
random_ruleset(void)
{
	struct ruleset *rs = ruleset_of("");
	char name[CHAIN_NAME_SIZE];

	for (unsigned i = 0; i < 4; i++) {
		random_name(name);
		if (!ruleset_chain(rs, name))
			ruleset_add_chain(rs, name, POLICY_NONE);
	}
	for (size_t c = 0; c < rs->chains.n; c++) {
		struct chain *chain = rs->chains.v[c];

		if (chain_is_builtin(chain) && rnd(2))
			chain->policy = POLICY_DROP;
		for (unsigned k = rnd(12); k > 0; k--) {
			const struct chain *to = rs->chains.v[rnd(rs->chains.n)];
			bool jump = c < 3 && !chain_is_builtin(to);

			chain_push_take(chain, random_rule(random_number(12),
				jump ? to->name : "ACCEPT"));
		}
	}
	return rs;
}

#endif
