/* SPDX-License-Identifier: GPL-2.0-or-later */
/* P3 on the kernel's own table: one atomic replacement, nothing but the change
 * changes, and no packet goes uncounted. */
#include <signal.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <time.h>
#include "commit.h"

#define PACKETS 60000
#define COMMITS 200
#define MANY 3000	/* rules */

/* Commit what makes live into want. */
static enum err
commit_to(const struct ruleset *want)
{
	struct ruleset *live = must_read();
	struct changeset *cs = changeset_diff(live, want, true);
	enum err err = be->ops->commit(be, live, cs);

	changeset_free(cs);
	ruleset_free(live);
	return err;
}

/* The rule "-s ::1" with no target: it counts and goes on. */
static struct rule *
counting_rule(void)
{
	struct rule *model = random_rule(1, "");
	unsigned char *raw = xmemdup(model->entry, model->size);
	struct counters none = { 0 };
	struct rule *rule;

	((struct ip6t_entry *)raw)->ipv6.src = in6addr_loopback;
	if (rule_new(raw, model->size, "", none, &rule) != OK)
		bail_out("no rule: %s", err_message());
	free(raw);
	rule_unref(model);
	return rule;
}

/* A socket that takes every datagram and never reads: no answer is sent. */
static struct sockaddr_in6
silent_receiver(int *fd)
{
	struct sockaddr_in6 addr = { .sin6_family = AF_INET6,
				     .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	socklen_t len = sizeof(addr);

	*fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (*fd < 0 || bind(*fd, (struct sockaddr *)&addr, len) < 0 ||
	    getsockname(*fd, (struct sockaddr *)&addr, &len) < 0)
		bail_out("no receiver");
	return addr;
}

static pid_t
start_traffic(const struct sockaddr_in6 *to)
{
	pid_t pid = fork();
	int fd;

	if (pid)
		return pid;
	fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	for (unsigned sent = 0; sent < PACKETS;)
		sent += sendto(fd, "x", 1, 0, (const void *)to,
			       sizeof(*to)) == 1;
	_exit(0);
}

/* A rule moves, and the policy that counts as well is set. */
static void
move_to_and_fro(unsigned *failed)
{
	for (unsigned i = 0; i < COMMITS; i++) {
		struct ruleset *live = must_read();
		struct ruleset *want = ruleset_copy(live);
		struct changeset *cs = changeset_new("filter");
		size_t at = i % 2 ? 2 : 0;

		if (changeset_push_take(cs, want, change_move("INPUT", at,
							      2 - at)) ||
		    changeset_push_take(cs, want,
					change_policy("INPUT", i % 2 ?
						      POLICY_ACCEPT :
						      POLICY_DROP)) ||
		    be->ops->commit(be, live, cs))
			++*failed;
		changeset_free(cs);
		ruleset_free(want);
		ruleset_free(live);
	}
}

static uint64_t
counted(const char *name, bool policy)
{
	struct ruleset *rs = must_read();
	const struct chain *chain = ruleset_chain(rs, name);
	uint64_t n = chain->counters.packets;

	if (!policy) {
		n = 0;
		for (size_t i = 0; i < chain->rules.n; i++)
			n += chain_rule(chain, i)->counters.packets;
	}
	ruleset_free(rs);
	return n;
}

static void
poll_until(uint64_t want, const char *chain, bool policy)
{
	const struct timespec pause = { .tv_nsec = 10000000 };

	for (int i = 0; i < 2000 && counted(chain, policy) != want; i++)
		nanosleep(&pause, NULL);
}

static void
test_counters(void)
{
	struct ruleset *want = ruleset_of("");
	struct chain *input = ruleset_chain(want, "INPUT");
	unsigned failed = 0;
	struct sockaddr_in6 to;
	pid_t pid;
	int fd;

	chain_push_take(input, counting_rule());
	chain_push_take(input, random_rule(2, "ACCEPT"));
	chain_push_take(input, random_rule(3, "DROP"));
	if (!ok(commit_to(want) == OK, "three rules are committed"))
		diag("%s", err_message());
	to = silent_receiver(&fd);
	pid = start_traffic(&to);
	move_to_and_fro(&failed);
	waitpid(pid, NULL, 0);
	is_int(failed, 0, "%d commits under traffic", COMMITS);
	poll_until(PACKETS, "INPUT", false);
	is_int(counted("INPUT", false), PACKETS, "the moved rule counted all");
	is_int(counted("INPUT", true), PACKETS, "INPUT's policy counted all");
	is_int(counted("OUTPUT", true), PACKETS, "OUTPUT's policy counted all");
	close(fd);
	ruleset_free(want);
}

/* So many of its rules are replaced at once that the chain is made anew in the
 * handle: the rules that stay go on counting, and what is read back is what was
 * wanted. */
static void
replace_many(unsigned round, unsigned *failed)
{
	struct ruleset *live = must_read();
	struct ruleset *want = ruleset_copy(live), *back;
	struct chain *input = ruleset_chain(want, "INPUT");

	for (size_t i = 1; i < MANY; i++) {
		rule_unref(input->rules.v[i]);
		input->rules.v[i] = random_rule((unsigned)i + round * MANY,
						"ACCEPT");
	}
	*failed += commit_to(want) != OK;
	back = must_read();
	*failed += !ruleset_equal(back, want);
	ruleset_free(back);
	ruleset_free(want);
	ruleset_free(live);
}

static void
test_made_anew(void)
{
	struct ruleset *want = ruleset_of("");
	struct chain *input = ruleset_chain(want, "INPUT");
	struct sockaddr_in6 to;
	unsigned failed = 0;
	uint64_t policy = counted("INPUT", true), first;
	pid_t pid;
	int fd;

	chain_push_take(input, counting_rule());
	for (unsigned i = 1; i < MANY; i++)
		chain_push_take(input, random_rule(i, "ACCEPT"));
	is_int(commit_to(want), OK, "%d rules are committed", MANY);
	first = counted("INPUT", false);
	to = silent_receiver(&fd);
	pid = start_traffic(&to);
	for (unsigned i = 1; i <= 12; i++)
		replace_many(i, &failed);
	waitpid(pid, NULL, 0);
	is_int(failed, 0, "and nearly all replaced, a dozen times");
	poll_until(first + PACKETS, "INPUT", false);
	is_int(counted("INPUT", false), first + PACKETS, "the one that stays "
	       "counted all");
	poll_until(policy + PACKETS, "INPUT", true);
	is_int(counted("INPUT", true), policy + PACKETS, "and so did the policy");
	close(fd);
	ruleset_free(want);
}

/* Random tables, each made of the one before; what is read back is what was
 * wanted. */
static void
test_random(void)
{
	unsigned bad = 0;

	for (unsigned i = 0; i < 150; i++) {
		struct ruleset *want = random_ruleset();
		struct ruleset *back;

		if (commit_to(want) != OK) {
			/* A circle of jumps is refused, and nothing changes. */
			bad += strstr(err_message(), "circle") == NULL;
			ruleset_free(want);
			continue;
		}
		back = must_read();
		bad += !ruleset_equal(want, back);
		ruleset_free(back);
		ruleset_free(want);
	}
	is_int(bad, 0, "150 random tables are what was committed");
}

static void
test_conflict(void)
{
	struct ruleset *live = must_read();
	struct ruleset *want = ruleset_copy(live);
	struct changeset *cs = changeset_new("filter");
	struct rule *rule = random_rule(5, "DROP");
	struct changeset *other = changeset_new("filter");
	struct ruleset *now = ruleset_copy(live), *after;

	ok(!changeset_push_take(cs, want, change_insert("INPUT", 0, rule)) &&
	   !changeset_push_take(other, now, change_insert("OUTPUT", 0, rule)),
	   "two changes of one table");
	is_int(be->ops->commit(be, live, other), OK, "another's comes first");
	is_int(be->ops->commit(be, live, cs), ERR_CONFLICT,
	       "ours is refused then");
	after = must_read();
	ok(ruleset_equal(after, now), "and the table is theirs");
	rule_unref(rule);
	changeset_free(cs);
	changeset_free(other);
	ruleset_free(live);
	ruleset_free(want);
	ruleset_free(now);
	ruleset_free(after);
}

static void
test_refused(void)
{
	struct ruleset *live = must_read();
	struct ruleset *want = ruleset_copy(live);
	struct ruleset *after;
	struct chain *a = ruleset_add_chain(want, "circle-a", POLICY_NONE);
	struct chain *b = ruleset_add_chain(want, "circle-b", POLICY_NONE);

	chain_push_take(a, random_rule(1, "circle-b"));
	chain_push_take(b, random_rule(1, "circle-a"));
	chain_push_take(ruleset_chain(want, "INPUT"), random_rule(1, "circle-a"));
	is_int(commit_to(want), ERR_FAIL, "the kernel refuses a circle");
	ok(strstr(err_message(), "circle") != NULL, "it is said: %s",
	   err_message());
	after = must_read();
	ok(ruleset_equal(after, live), "the table is whole");
	ruleset_free(live);
	ruleset_free(want);
	ruleset_free(after);
}

static void
test_lock(void)
{
	int fd = open(ns_lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	ok(flock(fd, LOCK_EX) == 0, "another holds the xtables lock");
	is_int(be->ops->lock(be, &clock_system, 0), ERR_BUSY,
	       "it is not waited for for ever");
	ok(strstr(err_message(), "(pid ") != NULL, "the holder is named: %s",
	   err_message());
	close(fd);
	is_int(be->ops->lock(be, &clock_system, 0), OK, "it is free again");
	be->ops->unlock(be);
}

int
main(void)
{
	struct probe probe;

	ns_or_skip();
	be = backend_ip6tc(ns_lock_path);
	ok(be->ops->probe(be, "filter", &probe) == OK && probe.can_read &&
	   !probe.nft_rules, "the probe finds an empty world");
	ok(!probe.legacy_rules, "and registers no table in it");
	test_counters();
	test_made_anew();
	test_random();
	test_conflict();
	test_refused();
	test_lock();
	backend_free(be);
	return done_testing();
}
