/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guard on the rules that other firewalls make (tests/peers), in all their
 * tables: who is let in by them is called safe, unless they count logins, and a
 * commit that locks out is refused. */
#include <fcntl.h>
#include <sallyport/file.h>
#include <sallyport/mem.h>
#include "lifelines.h"

static struct tables *
peer_tables(const char *name)
{
	const char *top = getenv("top_srcdir");
	struct tables *tables = tables_new();
	struct str path = { 0 }, text = { 0 };

	str_addf(&path, "%s/tests/peers/%s.rules", top ? top : ".", name);
	if (file_read(AT_FDCWD, path.s, 1 << 20, &text))
		bail_out("%s", err_message());
	for (size_t i = 0; i < TABLE_COUNT; i++) {
		struct ruleset *rs;

		if (!ruleset_load(text.s, text.len, name, table_names[i], &rs))
			tables_put_take(tables, rs);
	}
	str_done(&path);
	str_done(&text);
	return tables;
}

static const struct peer_case {
	const char *name;
	const char *summary;
} peers[] = {
	{ "docker-20", LINE "  safe (walked)" },
	{ "docker-28", LINE "  safe (walked)" },
	{ "docker-29", LINE "  safe (walked)" },
	{ "fail2ban", LINE "  safe (walked), 1 warning" },
	{ "firewalld", LINE "  safe (walked)" },
	{ "shorewall6", LINE "  unknown: a new connection in: net-fw 5 cannot be"
	  " judged (hashlimit)" },
	/* In these, ufw6-user-limit-accept is empty. */
	{ "ufw", LINE "  unknown: a new connection in: ufw6-user-input 2 cannot"
	  " be judged (recent)" },
};

/* Under these rules as they are, and when INPUT is emptied and drops. */
static void
test_peer(const struct peer_case *peer)
{
	struct tables *live = peer_tables(peer->name);
	struct tables *closed = tables_copy(live);
	struct chain *input = ruleset_chain(tables_get(closed, "filter"),
					    "INPUT");
	struct lifeline ll = session();
	struct vec lifelines = { 0 };
	struct guard_report *report;
	struct str got = { 0 };

	vec_push(&lifelines, &ll);
	report = guard_judge(&lifelines, live, live, false);
	summary(report, &got);
	is_str(str_text(&got), peer->summary, "%s", peer->name);
	guard_report_free(report);
	rules_done(&input->rules);
	input->policy = POLICY_DROP;
	report = guard_judge(&lifelines, live, closed, false);
	is_int(report->judgement, JUDGED_REFUSED, "%s, closed", peer->name);
	guard_report_free(report);
	str_done(&got);
	vec_done(&lifelines);
	tables_free(live);
	tables_free(closed);
}

int
main(void)
{
	rules_start();
	for (size_t i = 0; i < ARRAY_LEN(peers); i++)
		test_peer(&peers[i]);
	xt_done();
	return done_testing();
}
