/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sandbox from within: one check a process. */
#include <net/if.h>
#include <signal.h>
#include <unistd.h>
#include <sallyport/guard.h>
#include <sallyport/mem.h>
#include <sallyport/proc.h>
#include <sallyport/sandbox.h>
#include "../tap.h"
#include "sandbox-checks.h"

static struct ruleset *
read_table(void)
{
	struct backend *be = backend_ip6tc(NULL);
	struct ruleset *rs;

	if (be->ops->read(be, "filter", &rs) != OK)
		bail_out("%s", err_message());
	backend_free(be);
	return rs;
}

static bool
check_rules(void)
{
	struct ruleset *live = read_table(), *example;
	bool same;

	if (ruleset_load(sandbox_example, strlen(sandbox_example), "example",
			 "filter", &example) != OK)
		bail_out("%s", err_message());
	same = ruleset_equal(live, example);
	ruleset_free(live);
	ruleset_free(example);
	return same;
}

static const struct lifeline *
find_peer(const struct vec *lifelines)
{
	const struct lifeline *ll;
	size_t i;

	for (i = 0; i < lifelines->n; i++) {
		ll = lifelines->v[i];
		if (ll->running && !ll->stale && !strcmp(ll->link.ifname, "eth0") &&
		    ll->peer.s6_addr[15] == 0x77 && ll->local_port == 22)
			return ll;
	}
	return NULL;
}

static bool
check_lifeline(void)
{
	struct lifeline_sources sources = {
		.ssh_connection = getenv("SSH_CONNECTION"), .self = getpid(),
	};
	struct tables *live = tables_new();
	struct guard_report *report;
	struct vec lifelines = {0};
	struct str text = {0};
	bool good;

	if (lifelines_find(&sources, &lifelines) != OK)
		bail_out("%s", err_message());
	tables_put_take(live, read_table());
	report = guard_judge(&lifelines, live, live, false);
	guard_explain(report, &text);
	good = find_peer(&lifelines) && !report->none &&
	       (report->judgement == JUDGED_SAFE ||
		report->judgement == JUDGED_ADVISED);
	if (!good)
		tap_quote("guard: ", str_text(&text));
	str_done(&text);
	guard_report_free(report);
	lifelines_free(&lifelines);
	tables_free(live);
	return good;
}

static uint64_t
packets(size_t rule)
{
	struct ruleset *live = read_table();
	uint64_t n;

	n = chain_rule(ruleset_chain(live, "INPUT"), rule)->counters.packets;
	ruleset_free(live);
	return n;
}

struct counted {
	size_t rule;
	uint64_t from;
};

static bool
grows(void *arg)
{
	const struct counted *counted = arg;

	return packets(counted->rule) > counted->from;
}

static bool
check_heartbeat(void)
{
	struct counted running = { 1, packets(1) };

	return patiently(grows, &running);
}

static bool
check_login(void)
{
	struct counted ssh = { 3, packets(3) };

	return patiently(grows, &ssh);
}

static bool
check_places(void)
{
	char host[64] = "";

	gethostname(host, sizeof(host));
	return !strcmp(host, "sandbox") && if_nametoindex("eth0") &&
	       if_nametoindex("br0") && access("/run/sallyport", F_OK) < 0 &&
	       proc_same_netns(getpid()) && getpid() < 100;
}

static bool
check_stops(void)
{
	raise(SIGSTOP);
	return true;
}

static bool
check_dies(void)
{
	return raise(SIGKILL);
}

static void
on_term(int signum)
{
	(void)signum;
	_exit(42);
}

static bool
check_waits(void)
{
	while (pause() < 0)
		;
	return true;
}

const struct sandbox_check sandbox_checks[] = {
	{ "rules", check_rules, "the example's rules are in the kernel" },
	{ "lifeline", check_lifeline, "the peer is a lifeline, and safe" },
	{ "heartbeat", check_heartbeat, "its connection is alive" },
	{ "login", check_login, "new logins come in" },
	{ "places", check_places, "names, links and directories are its own" },
	{ "stops", check_stops, NULL },
	{ "dies", check_dies, NULL },
	{ "waits", check_waits, NULL },
	{ NULL, NULL, NULL },
};

int
sandbox_inside(const char *name, const char *note)
{
	const struct sandbox_check *row = sandbox_checks;
	char ns[64] = "";
	FILE *file;

	signal(SIGTERM, on_term);
	if (readlink("/proc/self/ns/net", ns, sizeof(ns) - 1) < 0)
		return 2;
	file = fopen(note, "w");
	if (file) {
		fputs(ns, file);
		fclose(file);
	}
	while (strcmp(row->name, name))
		row++;
	return row->check() ? 0 : 1;
}
