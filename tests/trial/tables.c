/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Trials over two tables: committed one after the other, undone the other way
 * round, and whoever is killed in between leaves both as they were or both as
 * they were to become. */
#include "harness.h"

#define WINDOW 700

/* raw is committed before filter. */
static const char raw_rules[] =
	"*raw\n"
	":PREROUTING ACCEPT [7:700]\n"
	":OUTPUT ACCEPT [8:800]\n"
	"[9:900] -A PREROUTING -p udp -m udp --dport 53 -j NOTRACK\n"
	"COMMIT\n";

static const char new_raw[] =
	"*raw\n"
	":PREROUTING ACCEPT [0:0]\n"
	":OUTPUT ACCEPT [0:0]\n"
	"-A PREROUTING -p udp -m udp --dport 53 -j NOTRACK\n"
	"-A OUTPUT -p udp -m udp --sport 53 -j NOTRACK\n"
	"COMMIT\n";

static const char new_security[] =
	"*security\n"
	":INPUT ACCEPT [0:0]\n"
	":FORWARD ACCEPT [0:0]\n"
	":OUTPUT ACCEPT [0:0]\n"
	"-A INPUT -p udp -m udp --dport 53 -j DROP\n"
	"COMMIT\n";

static const char closing_rules[] =
	"*filter\n"
	":INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n"
	":other - [0:0]\n"
	"-A INPUT -s 2001:db8:bad::/48 -j DROP\n"
	"COMMIT\n";

/* libxtables takes it, the kernel does not: tcp-reset without tcp. */
static const char refused_rules[] =
	"*filter\n"
	":INPUT DROP [0:0]\n"
	":FORWARD DROP [0:0]\n"
	":OUTPUT ACCEPT [0:0]\n"
	"-A INPUT -p udp -j REJECT --reject-with tcp-reset\n"
	"COMMIT\n";

/* The step to die at, when it is met for the nth time. */
static const char *die_at;
static int die_nth;

static void
die_here(const char *name)
{
	if (strcmp(name, die_at) != 0 || --die_nth > 0 || unlink(marker) < 0)
		return;
	raise(SIGKILL);
}

static void
arm_death(const char *at, const char *nth)
{
	marker_make();
	if (access(marker, F_OK) < 0 || setenv("TRIAL_DIE_AT", at, 1) < 0 ||
	    setenv("TRIAL_DIE_NTH", nth, 1) < 0)
		bail_out("cannot arm");
}

static struct ruleset *
read_table(const char *table)
{
	struct backend *be = backend_ip6tc(ns_lock_path);
	struct ruleset *rs;

	if (be->ops->read(be, table, &rs) != OK)
		bail_out("cannot read %s: %s", table, err_message());
	backend_free(be);
	return rs;
}

static struct ruleset *
parsed(const char *table, const char *text)
{
	struct ruleset *rs;

	if (ruleset_load(text, strlen(text), "test", table, &rs))
		bail_out("bad rules: %s", err_message());
	return rs;
}

static bool
table_is(const char *table, const char *text)
{
	struct ruleset *is = read_table(table), *want = parsed(table, text);
	bool same = ruleset_equal(is, want);

	ruleset_free(is);
	ruleset_free(want);
	return same;
}

/* Both tables, with all counters, as the stock tool saves them. */
static char *
saved_both(void)
{
	FILE *p = popen("ip6tables-legacy-save -c -t raw | grep -v '^#';"
			"ip6tables-legacy-save -c -t filter | grep -v '^#'",
			"r");
	struct str text = { 0 };
	char line[1024];

	while (p && fgets(line, sizeof(line), p))
		str_add(&text, line);
	if (!p || pclose(p) != 0)
		bail_out("no ip6tables-legacy-save");
	return str_take(&text);
}

static void
add_part(struct trial *trial, const char *table, const char *text)
{
	struct trial_part *part = trial_add_part(trial);
	struct ruleset *target = parsed(table, text);

	part->before = read_table(table);
	part->changes = changeset_diff(part->before, target, false);
	ruleset_free(target);
}

static struct trial *
make_both(const char *raw, const char *filter, int64_t ms)
{
	struct trial *trial = trial_new();

	add_part(trial, "raw", raw);
	add_part(trial, "filter", filter);
	trial->window_ms = ms;
	trial->message = xstrdup("two tables");
	trial->origin = xstrdup("edit");
	actor_copy(&trial->actor, &somebody);
	return trial;
}

static void
fresh_both(void)
{
	fresh();
	load(raw_rules);
}

static void
start_both(struct guardian_client *client, const char *raw, const char *filter,
	   int64_t ms)
{
	struct trial *trial = make_both(raw, filter, ms);

	is_int(guardian_start(&options, trial, client), OK, "started");
	trial_free(trial);
}

static void
test_kept(void)
{
	struct guardian_client client;
	char *text;

	fresh_both();
	start_both(&client, new_raw, new_rules, 60000);
	free(expect(&client, EVENT_ON_TRIAL, 5000, "both are on trial"));
	ok(table_is("raw", new_raw) && live_is(new_rules), "and in the kernel");
	is_int(guardian_confirm(&client, &somebody), OK, "confirm");
	text = expect(&client, EVENT_CONFIRMED, 2000, "both are kept");
	free(text);
	guardian_disconnect(&client);
	ok(all_left(3000), "all leave");
	ok(table_is("raw", new_raw) && live_is(new_rules), "they stay");
	is_record(TRIAL_CONFIRMED, NULL);
}

static void
test_deadline(void)
{
	struct guardian_client client;
	char *before, *after;

	fresh_both();
	before = saved_both();
	start_both(&client, new_raw, new_rules, WINDOW);
	free(expect(&client, EVENT_ON_TRIAL, 5000, "both are on trial"));
	free(expect(&client, EVENT_REVERTED, 5000, "both are undone"));
	guardian_disconnect(&client);
	ok(all_left(3000), "all leave");
	after = saved_both();
	is_str(after, before, "with all their counters");
	is_record(TRIAL_REVERTED, "deadline");
	free(before);
	free(after);
}

/* The kernel takes the first table and not the second. */
static void
test_refused(void)
{
	struct guardian_client client;
	char *before, *after, *text;
	struct trial *trial;

	fresh_both();
	before = saved_both();
	start_both(&client, new_raw, refused_rules, 60000);
	text = expect(&client, EVENT_FAILED, 5000, "the commit fails");
	ok(text && strstr(text, "'filter'"), "naming the table");
	free(text);
	guardian_disconnect(&client);
	ok(all_left(3000), "all leave");
	after = saved_both();
	is_str(after, before, "and the first table is as it was");
	trial = record();
	ok(trial && trial->state == TRIAL_FAILED, "the record says so");
	trial_free(trial);
	free(before);
	free(after);
}

/* What was changed under us in one table is found before any is touched. */
static void
test_conflict(void)
{
	struct guardian_client client;
	struct trial *trial;
	char *text;

	fresh_both();
	trial = make_both(new_raw, new_rules, 60000);
	run("ip6tables-legacy -A INPUT -p udp -j DROP");
	is_int(guardian_start(&options, trial, &client), OK, "started");
	text = expect(&client, EVENT_FAILED, 5000, "refused");
	ok(text && strstr(text, "'filter'"), "naming the table");
	ok(table_is("raw", raw_rules), "and no table was touched");
	free(text);
	trial_free(trial);
	guardian_disconnect(&client);
	ok(all_left(3000), "all leave");
}

/* The guard looked through raw as well: what it was there must still be true. */
static void
test_judged(void)
{
	struct guardian_client client;
	struct trial *trial;
	struct ruleset *raw;
	char *text;

	fresh_both();
	trial = make_trial(new_rules, 60000);
	raw = read_table("raw");
	ruleset_fingerprint(raw, trial->judged[0]);
	ruleset_free(raw);
	run("ip6tables-legacy -t raw -A PREROUTING -p tcp -j DROP");
	is_int(guardian_start(&options, trial, &client), OK, "started");
	text = expect(&client, EVENT_FAILED, 5000, "refused");
	ok(text && strstr(text, "'raw'"), "naming the table that was judged");
	ok(live_is(base_rules), "and no table was touched");
	free(text);
	trial_free(trial);
	guardian_disconnect(&client);
	ok(all_left(3000), "all leave");
}

/* Another program's rule in one table stays when both are undone. */
static void
test_others(void)
{
	struct guardian_client client;
	char *after;

	fresh_both();
	start_both(&client, new_raw, new_rules, 60000);
	free(expect(&client, EVENT_ON_TRIAL, 5000, "both are on trial"));
	run("ip6tables-legacy -t raw -A PREROUTING -p sctp -j NOTRACK");
	is_int(guardian_revert(&client, &somebody, "asked"), OK, "revert");
	free(expect(&client, EVENT_REVERTED, 5000, "both are undone"));
	guardian_disconnect(&client);
	ok(all_left(3000), "all leave");
	ok(live_is(base_rules), "filter is as it was");
	after = saved_both();
	ok(strstr(after, "-A PREROUTING -p sctp -j NOTRACK"),
	   "what others added in raw stays");
	ok(!strstr(after, "-A OUTPUT -p udp"), "what we added goes");
	free(after);
}

/* What others lose is told table by table, also where filter is not the
 * first that is undone. */
static void
test_lost(void)
{
	struct trial *trial = trial_new();
	struct guardian_client client;
	struct guardian_event event;

	fresh();
	add_part(trial, "filter", closing_rules);
	add_part(trial, "security", new_security);
	trial->window_ms = 60000;
	actor_copy(&trial->actor, &somebody);
	is_int(guardian_start(&options, trial, &client), OK, "started");
	free(expect(&client, EVENT_ON_TRIAL, 5000, "both are on trial"));
	run("ip6tables-legacy -A INPUT -p sctp -j ACCEPT");
	run("ip6tables-legacy -t security -A INPUT -p sctp -j ACCEPT");
	is_int(guardian_revert(&client, &somebody, "asked"), OK, "revert");
	is_int(await(&client, &event, PATIENCE_MS), EVENT_REVERTED, "both are undone");
	ok(event.lost && str_starts(event.lost, "*security\n# opaque INPUT "),
	   "what is lost in security comes first: %s", event.lost);
	ok(event.lost && strstr(event.lost, "\n*filter\n# opaque INPUT "),
	   "what is lost in filter is not counted as its: %s", event.lost);
	guardian_event_done(&event);
	guardian_disconnect(&client);
	ok(all_left(3000), "all leave");
	trial_free(trial);
	run("ip6tables-legacy -t security -F");
}

static const struct cell {
	const char *at;
	const char *nth;
	enum trial_state state;
	const char *reason;
} cells[] = {
	{ "before commit", "1", TRIAL_FAILED, "interrupted before the commit" },
	{ "after commit", "1", TRIAL_FAILED, "interrupted between two tables" },
	{ "between tables", "1", TRIAL_FAILED,
	  "interrupted between two tables" },
	{ "before commit", "2", TRIAL_FAILED, "interrupted between two tables" },
	{ "after commit", "2", TRIAL_REVERTED, "deadline" },
	{ "before read back", "1", TRIAL_REVERTED, "deadline" },
	{ "before read back", "2", TRIAL_REVERTED, "deadline" },
	{ "on trial", "1", TRIAL_REVERTED, "deadline" },
	{ "before revert commit", "1", TRIAL_REVERTED, "deadline" },
	{ "after revert commit", "1", TRIAL_REVERTED, "deadline" },
	{ "between reverts", "1", TRIAL_REVERTED, "deadline" },
	{ "before revert commit", "2", TRIAL_REVERTED, "deadline" },
	{ "after revert commit", "2", TRIAL_REVERTED, "deadline" },
	{ "before outcome", "1", TRIAL_REVERTED, "deadline" },
};

static void
try_cell(const struct cell *cell)
{
	struct guardian_client client;
	char *before, *after;

	diag("killed at '%s' %s", cell->at, cell->nth);
	fresh_both();
	arm_death(cell->at, cell->nth);
	before = saved_both();
	start_both(&client, new_raw, new_rules, WINDOW);
	hear_to_the_end(&client);
	ok(access(marker, F_OK) < 0, "it was killed");
	ok(all_left(5000), "the last guardian leaves");
	after = saved_both();
	is_str(after, before, "both tables are as they were");
	is_record(cell->state, cell->reason);
	free(before);
	free(after);
}

int
main(int argc, char **argv)
{
	struct guardian_options opt;
	int fd;

	if (guardian_asked(argc, argv, &opt, &fd)) {
		die_at = getenv("TRIAL_DIE_AT");
		die_nth = (int)strtol(getenv("TRIAL_DIE_NTH"), NULL, 10);
		marker_inherit();
		opt.step = die_here;
		return guardian_main(&opt, fd);
	}
	begin_tests();
	marker_begin();
	arm_death("never", "1");
	test_kept();
	test_deadline();
	test_refused();
	test_conflict();
	test_judged();
	test_others();
	test_lost();
	for (size_t i = 0; i < ARRAY_LEN(cells); i++)
		try_cell(&cells[i]);
	xt_done();
	return done_testing();
}
