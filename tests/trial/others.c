/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Others are at work too: what they do to the table during a trial stays, save
 * in a chain where both collide, and then it is listed. */
#include <sched.h>
#include <sys/mount.h>
#include "harness.h"

/* Trial of text while command changes the table; then it is reverted. The list
 * of what was lost, yours, may be NULL. */
static char *
revert_beside(const char *text, const char *command)
{
	struct guardian_client client;
	struct guardian_event event;
	struct trial *trial;
	char *lost;

	fresh();
	start(&client, text, 60000);
	run(command);
	is_int(guardian_revert(&client, &somebody, NULL), OK, "%s", command);
	is_int(await(&client, &event, PATIENCE_MS), EVENT_REVERTED, "reverted");
	lost = xstrdup(event.lost);
	guardian_event_done(&event);
	guardian_disconnect(&client);
	ok(all_left(3000), "the guardian leaves");
	trial = record();
	ok(trial && trial->state == TRIAL_REVERTED, "the record says so");
	is_str(trial ? trial->lost : NULL, lost, "and lists what was lost");
	trial_free(trial);
	return lost;
}

static bool
live_has_policies(void)
{
	struct ruleset *rs = live();
	bool old = ruleset_chain(rs, "INPUT")->policy == POLICY_DROP &&
		   ruleset_chain(rs, "FORWARD")->policy == POLICY_DROP &&
		   ruleset_chain(rs, "OUTPUT")->policy == POLICY_ACCEPT;

	ruleset_free(rs);
	return old;
}

/* The table is what it was, with the counters of its rules, and more behind
 * line. The stock tool itself zeroes the policies' counters. */
static void
is_base_with(const char *line, const char *more)
{
	const char *rules = strstr(base_rules, "[1:60]");
	const char *at = strstr(rules, line);
	char *now = saved(true);
	struct str want = { 0 };

	if (!at)
		bail_out("no such line: %s", line);
	str_addn(&want, rules, (size_t)(at - rules) + strlen(line));
	str_add(&want, more);
	str_add(&want, at + strlen(line));
	is_str(strstr(now, "[1:60]"), str_text(&want),
	       "the old rules, and those of others");
	ok(live_has_policies(), "the old policies");
	str_done(&want);
	free(now);
}

#define OTHER_RULE "[5:300] -A other -p tcp -m tcp --dport 4001 -j ACCEPT\n"

static void
test_untouched_chain(void)
{
	char *lost = revert_beside(new_rules, "ip6tables-legacy -A other "
				   "-p udp -m udp --dport 53 -j ACCEPT");

	is_str(lost, NULL, "nothing was lost");
	is_base_with(OTHER_RULE,
		     "[0:0] -A other -p udp -m udp --dport 53 -j ACCEPT\n");
	free(lost);
}

static void
test_new_chain(void)
{
	char *lost = revert_beside(new_rules, "ip6tables-legacy -N DOCKER && "
				   "ip6tables-legacy -A other -j DOCKER");
	char *now = saved(false);

	is_str(lost, NULL, "nothing was lost");
	ok(strstr(now, ":DOCKER -") && strstr(now, "-A other -j DOCKER"),
	   "the chain of others and the jump to it stay");
	ok(!strstr(now, "8080"), "our change is undone");
	free(now);
	free(lost);
}

#define UDP_RULE \
	"[3:180] -A INPUT -p udp -m udp --dport 443 -m comment " \
		"--comment \"a b\" -j ACCEPT\n"

static void
test_touched_chain(void)
{
	char *lost = revert_beside(new_rules, "ip6tables-legacy -A INPUT "
				   "-p tcp -m tcp --dport 9999 -j DROP");

	is_str(lost, NULL, "nothing was lost");
	is_base_with(UDP_RULE, "[0:0] -A INPUT -p tcp -m tcp --dport 9999 "
		     "-j DROP\n");
	free(lost);
}

static const char closing_rules[] =
	"*filter\n"
	":INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n"
	":other - [0:0]\n"
	"-A INPUT -s 2001:db8:bad::/48 -j DROP\n"
	"-A INPUT -i lo -j ACCEPT\n"
	"-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n"
	"-A INPUT -p udp -m udp --dport 443 -m comment "
		"--comment \"a b\" -j ACCEPT\n"
	"-A FORWARD -s 2001:db8::/64 -j other\n"
	"-A other -p tcp -m tcp --dport 4001 -j ACCEPT\n"
	"COMMIT\n";

/* The table as others had it is in the record. */
static void
is_found(const char *rule)
{
	struct trial *trial = record();
	struct trial_part *part = trial ? trial_part(trial, 0) : NULL;
	struct str text = { 0 };

	if (ok(part && part->found.n == 1, "their table is kept, once")) {
		ruleset_save(part->found.v[0], false, &text);
		ok(strstr(str_text(&text), rule), "with %s", rule);
	}
	str_done(&text);
	trial_free(trial);
}

/* Without our rule theirs would let in whom neither let in. */
static void
test_opened_together(void)
{
	char *lost = revert_beside(closing_rules, "ip6tables-legacy -A INPUT "
				   "-p tcp -m tcp --dport 9999 -j ACCEPT");

	ok(lost && strncmp(lost, "# opaque INPUT ", 15) == 0 &&
	   strchr(lost, '\n') == lost + strlen(lost) - 1,
	   "the one rule that was lost is listed: %s", lost);
	is_found("-A INPUT -p tcp -m tcp --dport 9999 -j ACCEPT\n");
	is_base_with("", "");
	free(lost);
}

static void
test_moved(void)
{
	char *lost = revert_beside(closing_rules, "ip6tables-legacy -D INPUT 3 "
				   "&& ip6tables-legacy -I INPUT 2 -p tcp "
				   "-m tcp --dport 22 -j ACCEPT && "
				   "ip6tables-legacy -A INPUT -p tcp -m tcp "
				   "--dport 9999 -j ACCEPT");

	ok(lost && strstr(lost, "\n# moved INPUT "),
	   "a rule that they moved, and that is moved back, is listed: %s", lost);
	free(lost);
}


static void
die_once(const char *step)
{
	if (strcmp(step, "after revert commit") == 0 && unlink(marker) == 0)
		kill(getpid(), SIGKILL);
}

/* Reverted by a guardian that is killed as soon as the old rules are in, and by
 * the next one, which takes nothing more. */
static void
revert_killed(struct guardian_client *client)
{
	marker_make();
	is_int(guardian_revert(client, &somebody, "asked"), OK, "revert");
	hear_to_the_end(client);
	ok(access(marker, F_OK) < 0, "the guardian is killed behind the commit");
	ok(all_left(5000), "and the next one leaves");
	is_record(TRIAL_REVERTED, "asked");
}

static void
test_killed(void)
{
	struct guardian_client client;

	fresh();
	start(&client, closing_rules, 60000);
	run("ip6tables-legacy -A INPUT -p tcp -m tcp --dport 9999 -j DROP");
	revert_killed(&client);
	is_base_with(UDP_RULE, "[0:0] -A INPUT -p tcp -m tcp --dport 9999 "
		     "-j DROP\n");
}

/* What is live, and in front of it who is turned away. Yours. */
static char *
closed_rules(void)
{
	static const char first[] = "-A INPUT -i lo";
	char *text = saved(false);
	char *at = strstr(text, first), *closed;

	if (!at)
		bail_out("no such line: %s", first);
	closed = xasprintf("%.*s-A INPUT -s 2001:db8:bad::/48 -j DROP\n%s",
			   (int)(at - text), text, at);
	free(text);
	return closed;
}

static void
fill_disk(void)
{
	static const char block[4096] = "x";
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/junk", run_dir);
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
	while (write(fd, block, sizeof(block)) > 0)
		;
	ok(errno == ENOSPC, "the disk is full");
	close(fd);
}

static void
revert_on_disk(bool full)
{
	struct guardian_client client;
	char *text = closed_rules();

	start(&client, text, 60000);
	run("ip6tables-legacy -A INPUT -p tcp -m tcp --dport 9999 -j ACCEPT");
	if (full)
		fill_disk();
	is_int(guardian_revert(&client, &somebody, "asked"), OK, "revert");
	free(expect(&client, EVENT_REVERTED, 5000, "reverted"));
	guardian_disconnect(&client);
	free(text);
	ok(all_left(3000), "the guardian leaves");
	is_record(TRIAL_REVERTED, "asked");
}

/* The outcome is written whatever there is no room for. With rules more in the
 * table than there is room for another time it is not kept. */
static void
test_disk(int more, bool full, size_t kept)
{
	char *command = xasprintf("(echo '*filter'; seq %d | sed 's/.*/-A other "
				  "-p udp --dport &/'; echo COMMIT) | "
				  "ip6tables-legacy-restore -n", more);
	struct trial *trial;

	fresh();
	run(command);
	if ((mkdir(run_dir, 0700) < 0 && errno != EEXIST) ||
	    mount("none", run_dir, "tmpfs", 0, "mode=700,size=4m") < 0)
		bail_out("no tmpfs: %s", strerror(errno));
	revert_on_disk(full);
	trial = record();
	ok(trial && trial->lost, "what was lost is listed");
	ok(trial && trial_part(trial, 0)->found.n == kept,
	   "with %d rules more their table is %s", more,
	   kept ? "kept" : "not kept");
	trial_free(trial);
	umount2(run_dir, MNT_DETACH);
	free(command);
}

/* A trial of base_rules to new_rules with what ssh lives on in the record. */
static char *
revert_with_need(const char *command)
{
	static const char way[] = "INPUT";
	struct packet ssh = {
		.in = "eth0", .proto = 6, .src = { .s6_addr = { 0x20, 1 } },
		.src_len = 128, .dst = { .s6_addr = { 0x20, 2 } },
		.dst_len = 128, .sport = { 1024, 65535 }, .dport = { 22, 22 },
		.tcp_flags = 2, .hop_limit = { 1, 255 }, .length = { 60, 80 },
	};
	struct guardian_client client;
	struct guardian_event event;
	struct trial *trial;
	char *lost;

	fresh();
	trial = make_trial(new_rules, 60000);
	trial_add_need(trial, way, &ssh);
	is_int(guardian_start(&options, trial, &client), OK, "ssh is needed");
	free(expect(&client, EVENT_ON_TRIAL, 5000, "on trial"));
	trial_free(trial);
	run(command);
	is_int(guardian_revert(&client, &somebody, "asked"), OK, "%s", command);
	is_int(await(&client, &event, PATIENCE_MS), EVENT_REVERTED, "reverted");
	lost = xasprintf("%s\n%s", event.text, event.lost ? event.lost : "");
	guardian_event_done(&event);
	guardian_disconnect(&client);
	ok(all_left(3000), "the guardian leaves");
	return lost;
}

/* What others did would cut ssh once the old rules are back: those go in whole,
 * what is undone by it is listed, and the table as they had it is kept. */
static void
test_lifeline_cut(void)
{
	static const struct {
		const char *command;
		const char *listed;
		const char *found;
	} cases[] = {
		{ "ip6tables-legacy -I INPUT 2 -p tcp -m tcp --dport 22 -j DROP",
		  "# opaque INPUT ", "-A INPUT -p tcp -m tcp --dport 22 -j DROP\n" },
		{ "ip6tables-legacy -D INPUT -p tcp -m tcp --dport 22 -j ACCEPT",
		  "# deleted INPUT ", "-A INPUT -i lo -j ACCEPT\n" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char *said = revert_with_need(cases[i].command);

		ok(strstr(said, "the whole old table 'filter'"), "said: %s",
		   said);
		ok(strstr(said, cases[i].listed), "what is undone is listed");
		is_found(cases[i].found);
		is_base_with("", "");
		free(said);
	}
}

static void
test_lifeline_kept(void)
{
	char *said = revert_with_need("ip6tables-legacy -A INPUT -p tcp "
				      "-m tcp --dport 9999 -j DROP");

	is_str(said, "asked\n", "nothing was lost");
	is_base_with(UDP_RULE, "[0:0] -A INPUT -p tcp -m tcp --dport 9999 "
		     "-j DROP\n");
	free(said);
}

/* What cannot be walked is no reason to take it from others. */
static void
test_lifeline_unknown(void)
{
	char *said = revert_with_need("ip6tables-legacy -I INPUT 2 -p tcp "
				      "-m tcp --dport 22 -m recent "
				      "--name seen --rcheck -j DROP");
	char *now = saved(false);

	is_str(said, "asked\n", "nothing was lost");
	ok(strstr(now, "--name seen"), "the rule of others stays");
	free(now);
	free(said);
}

static void
test_restored_by_others(void)
{
	struct guardian_client client;

	fresh();
	start(&client, new_rules, 600);
	load(base_rules);
	free(expect(&client, EVENT_REVERTED, 3000, "reverted at the deadline"));
	is_base_with("", "");
	guardian_disconnect(&client);
}

static const char with_chain[] =
	"*filter\n"
	":INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n"
	":other - [0:0]\n:ours - [0:0]\n"
	"-A INPUT -i lo -j ACCEPT\n"
	"-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n"
	"-A INPUT -p udp -m udp --dport 443 -m comment "
		"--comment \"a b\" -j ACCEPT\n"
	"-A INPUT -p tcp -j ours\n"
	"-A FORWARD -s 2001:db8::/64 -j other\n"
	"-A other -p tcp -m tcp --dport 4001 -j ACCEPT\n"
	"-A ours -j ACCEPT\n"
	"COMMIT\n";

/* Somebody jumps to a chain that only our change made. */
static void
test_jump_to_ours(void)
{
	char *lost = revert_beside(with_chain,
				   "ip6tables-legacy -A other -j ours");
	char *now = saved(false);

	ok(strstr(now, "-A other -j ours"), "the jump of others stays");
	ok(!strstr(now, "-A ours") && !strstr(now, "-A INPUT -p tcp -j ours"),
	   "our rules are gone");
	free(now);
	free(lost);
}

/* On trial: chains get other names, a pair each; NULL ends. */
static void
start_renames(struct guardian_client *client, const char *const *names)
{
	char *now = saved(false);
	struct trial *trial = make_trial(now, 60000);
	struct trial_part *part = trial_part(trial, 0);
	struct ruleset *rs = ruleset_copy(part->before);

	for (; *names; names += 2)
		if (changeset_push_take(part->changes, rs,
					change_chain_rename(names[0], names[1])))
			bail_out("no rename: %s", err_message());
	ruleset_free(rs);
	is_int(guardian_start(&options, trial, client), OK, "a rename");
	free(expect(client, EVENT_ON_TRIAL, 5000, "on trial"));
	trial_free(trial);
	free(now);
}

/* What follows a renamed chain is touched by it. */
static void
rename_beside(const char *command)
{
	static const char *const names[] = { "other", "renamed", NULL };
	struct guardian_client client;

	fresh();
	start_renames(&client, names);
	run(command);
	is_int(guardian_revert(&client, &somebody, NULL), OK, "%s", command);
	free(expect(&client, EVENT_REVERTED, 5000, "reverted"));
	guardian_disconnect(&client);
}

static void
test_rename(void)
{
	rename_beside("ip6tables-legacy -A OUTPUT -p udp -m udp --dport 9 "
		      "-j DROP");
	is_base_with("-A FORWARD -s 2001:db8::/64 -j other\n",
		     "[0:0] -A OUTPUT -p udp -m udp --dport 9 -j DROP\n");
}

/* The same where somebody else has a chain of the old name by now. */
static void
test_rename_squatted(void)
{
	rename_beside("ip6tables-legacy -N other && "
		      "ip6tables-legacy -A other -j DROP");
	is_base_with("", "");
}

/* closing is the rule that turns somebody away, or "". */
static char *
rules_with_9000(const char *closing)
{
	return xasprintf("*filter\n"
			 ":INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n"
			 ":OUTPUT ACCEPT [0:0]\n:other - [0:0]\n%s"
			 "-A INPUT -i lo -j ACCEPT\n"
			 "-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n"
			 "-A INPUT -p udp -m udp --dport 443 -m comment "
			 "--comment \"a b\" -j ACCEPT\n"
			 "-A FORWARD -s 2001:db8::/64 -j other\n"
			 "-A other -p tcp -m tcp --dport 4001 -j ACCEPT\n"
			 "-A other -p tcp -m tcp --dport 9000 -j ACCEPT\n"
			 "COMMIT\n", closing);
}

/* Others gave a chain another name: what we did to it is undone there. */
static void
test_renamed_by_others(const char *more)
{
	char *text = rules_with_9000("");
	char *command = xasprintf("ip6tables-legacy -E other theirs%s", more);
	char *lost = revert_beside(text, command), *now = saved(false);

	is_str(lost, NULL, "nothing was lost");
	ok(!strstr(now, "--dport 9000") && !strstr(now, "other"),
	   "our rule is gone");
	ok(strstr(now, "-A theirs -p tcp -m tcp --dport 4001 -j ACCEPT\n"),
	   "the chain keeps their name");
	ok(strstr(now, "-A FORWARD -s 2001:db8::/64 -j theirs\n"),
	   "and is led to");
	free(now);
	free(lost);
	free(command);
	free(text);
}

/* The same where the chains are put back whole. */
static void
test_renamed_and_opened(void)
{
	char *text = rules_with_9000("-A INPUT -s 2001:db8:bad::/48 -j DROP\n");
	char *lost = revert_beside(text, "ip6tables-legacy -E other theirs && "
				   "ip6tables-legacy -A INPUT -p tcp -m tcp "
				   "--dport 9999 -j ACCEPT");

	ok(lost && strstr(lost, "# renamed other theirs\n"),
	   "that they renamed it is listed: %s", lost ? lost : "nothing is");
	ok(lost && strstr(lost, "# opaque INPUT ") && !strstr(lost, "# made") &&
	   !strstr(lost, "# gone"), "and what else they did");
	is_base_with("", "");
	free(lost);
	free(text);
}

static void
test_ours_renamed(void)
{
	char *lost = revert_beside(with_chain, "ip6tables-legacy -E ours mine");

	is_str(lost, NULL, "nothing was lost");
	is_base_with("", "");
	free(lost);
}

/* A table that another guess at what others did would make another one of: the
 * next guardian has to know that the first one was through with it. */
static void
test_renames_killed(void)
{
	static const char *const names[] = {
		"one", "three", "two", "one", NULL
	};
	static const char *const kept[] = {
		"-A INPUT -s 2001:db8::1/128 -j four\n",
		"-A INPUT -s 2001:db8::2/128 -j two\n",
		"-A four -p tcp -j ACCEPT\n",
		"-A two -p udp -j ACCEPT\n",
	};
	struct guardian_client client;
	char *now;

	fresh();
	run("ip6tables-legacy -N one && ip6tables-legacy -N two && "
	    "ip6tables-legacy -A one -p tcp -j ACCEPT && "
	    "ip6tables-legacy -A two -p udp -j ACCEPT && "
	    "ip6tables-legacy -A INPUT -s 2001:db8::1 -j one && "
	    "ip6tables-legacy -A INPUT -s 2001:db8::2 -j two");
	start_renames(&client, names);
	run("ip6tables-legacy -E one four");
	revert_killed(&client);
	now = saved(false);
	for (size_t i = 0; i < ARRAY_LEN(kept); i++)
		if (!ok(strstr(now, kept[i]), "there is %.*s",
			(int)strlen(kept[i]) - 1, kept[i]))
			diag("%s", now);
	free(now);
}

int
main(int argc, char **argv)
{
	struct guardian_options opt;
	int fd;

	if (guardian_asked(argc, argv, &opt, &fd)) {
		marker_inherit();
		opt.step = die_once;
		return guardian_main(&opt, fd);
	}
	begin_tests();
	marker_begin();
	if (unshare(CLONE_NEWNS) < 0 ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		bail_out("no mount namespace: %s", strerror(errno));
	test_untouched_chain();
	test_new_chain();
	test_touched_chain();
	test_opened_together();
	test_moved();
	test_killed();
	test_disk(1, true, 1);
	test_disk(600, true, 0);
	test_disk(600, false, 1);
	test_lifeline_cut();
	test_lifeline_kept();
	test_lifeline_unknown();
	test_restored_by_others();
	test_jump_to_ours();
	test_rename();
	test_rename_squatted();
	test_renames_killed();
	test_renamed_by_others("");
	/* Hardly to be known again, but that our rule is in it. */
	test_renamed_by_others(" && ip6tables-legacy -I theirs -p sctp -j DROP"
			       " && ip6tables-legacy -A theirs -p udp -j DROP"
			       " && ip6tables-legacy -A theirs -p esp -j DROP");
	test_renamed_and_opened();
	test_ours_renamed();
	xt_done();
	return done_testing();
}
