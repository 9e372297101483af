/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Owned chains are known by their names, and a ruleset without them keeps every
 * rule of the administrator's and loads by itself. */
#include <stdlib.h>
#include <string.h>
#include <sallyport/mem.h>
#include <sallyport/owned.h>
#include "rules.h"

static const struct {
	const char *chain;
	const char *owner;
} names[] = {
	{ "DOCKER", "Docker" },
	{ "DOCKER-FORWARD", "Docker" },
	{ "DOCKER-ISOLATION-STAGE-1", "Docker" },
	{ "DOCKER-USER", NULL },
	{ "DOCKERS", NULL },
	{ "f2b-sshd", "fail2ban" },
	{ "ufw6-user-input", "ufw" },
	{ "KUBE-FORWARD", "Kubernetes" },
	{ "INPUT", NULL },
	{ "allowed", NULL },
	{ "my-DOCKER", NULL },
	{ "", NULL },
};

static const char mixed[] =
	":DOCKER - [0:0]\n"
	":DOCKER-USER - [0:0]\n"
	":f2b-sshd - [0:0]\n"
	":mine - [0:0]\n"
	"-A INPUT -p tcp -m tcp --dport 22 -j f2b-sshd\n"
	"-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n"
	"-A INPUT -j mine\n"
	"-A FORWARD -j DOCKER-USER\n"
	"-A FORWARD -o br0 -g DOCKER\n"
	"-A DOCKER -d 2001:db8::2/128 -j ACCEPT\n"
	"-A DOCKER-USER -s 2001:db8:bad::/48 -j DROP\n"
	"-A f2b-sshd -s 2001:db8:1::1/128 -j REJECT\n"
	"-A f2b-sshd -j RETURN\n"
	"-A mine -j LOG\n";

static const char rest[] =
	":DOCKER-USER - [0:0]\n"
	":mine - [0:0]\n"
	"-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n"
	"-A INPUT -j mine\n"
	"-A FORWARD -j DOCKER-USER\n"
	"-A DOCKER-USER -s 2001:db8:bad::/48 -j DROP\n"
	"-A mine -j LOG\n";

/* Each once, whatever is done to it; a new chain holds nothing yet. */
static void
test_touched(void)
{
	struct ruleset *rs = rules(mixed);
	struct changeset *cs = changeset_new("filter");
	struct change *changes[] = {
		change_delete("f2b-sshd", 0), change_delete("f2b-sshd", 0),
		change_chain_flush("mine"), change_delete("DOCKER-USER", 0),
		change_chain_new("f2b-new"), change_chain_flush("DOCKER"),
		change_chain_rename("mine", "KUBE-mine"),
	};
	struct vec changesets = { 0 }, chains = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(changes); i++)
		if (changeset_push_take(cs, rs, changes[i]))
			bail_out("%s", err_message());
	vec_push(&changesets, cs);
	owned_touched(&changesets, &chains);
	is_int(chains.n, 3, "three chains of others are changed");
	is_str(chains.v[0], "f2b-sshd", "once each");
	is_str(chains.v[1], "DOCKER", "and flushed");
	is_str(chains.v[2], "KUBE-mine", "and by its new name");
	vec_done(&chains);
	vec_done(&changesets);
	changeset_free(cs);
	ruleset_free(rs);
}

static void
test_without(void)
{
	struct ruleset *all = rules(mixed), *want = rules(rest);
	struct ruleset *got = ruleset_without_owned(all);
	struct ruleset *again = ruleset_without_owned(got);

	ok(ruleset_equal(got, want), "owned chains and what leads to them go");
	ok(ruleset_equal(again, got), "and nothing else");
	is_int(ruleset_rule_count(all), 10, "the original stays as it was");
	ruleset_free(all);
	ruleset_free(want);
	ruleset_free(got);
	ruleset_free(again);
}

/* What real programs left behind is saved without a rule that leads nowhere. */
static void
test_peer(const char *name)
{
	char *path = xasprintf("%s/tests/peers/%s.rules",
			       getenv("top_srcdir") ? getenv("top_srcdir") : ".",
			       name);
	FILE *f = fopen(path, "re");
	char line[1024];
	struct str text = { 0 }, saved = { 0 };
	struct ruleset *rs = NULL, *without, *back = NULL;

	while (f && fgets(line, sizeof(line), f))
		str_add(&text, line);
	if (!f || ruleset_load(text.s, text.len, path, "filter", &rs))
		bail_out("%s: %s", path, f ? err_message() : "not there");
	fclose(f);
	without = ruleset_without_owned(rs);
	ok(ruleset_rule_count(without) < ruleset_rule_count(rs),
	   "%s: %zu of %zu rules stay", name, ruleset_rule_count(without),
	   ruleset_rule_count(rs));
	ruleset_save(without, false, &saved);
	is_int(ruleset_load(saved.s, saved.len, name, "filter", &back), OK,
	       "and load");
	ruleset_free(rs);
	ruleset_free(without);
	ruleset_free(back);
	str_done(&text);
	str_done(&saved);
	free(path);
}

int
main(void)
{
	if (xt_init(false))
		bail_out("%s", err_message());
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		is_str(owned_by(names[i].chain), names[i].owner, "'%s'",
		       names[i].chain);
	test_touched();
	test_without();
	test_peer("docker-20");
	test_peer("docker-28");
	test_peer("docker-29");
	test_peer("fail2ban");
	test_peer("ufw");
	xt_done();
	return done_testing();
}
