/* SPDX-License-Identifier: GPL-2.0-or-later */
/* probe: would this packet get through, and which rules did it meet? */
#include <stdlib.h>
#include <string.h>
#include <jansson.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "probe-packet.h"

/* What is asked, and the path that was found. */
struct probe_answer {
	const struct tables *tables;
	struct packet packet;
	const char *way;
	struct walk_result result;
	struct str path;	/* for people: a rule a line */
	json_t *json;		/* for programs: the same */
};

static void
met(const char *table, const char *chain, size_t number, void *arg)
{
	struct probe_answer *answer = arg;
	const struct ruleset *rs = tables_get(answer->tables, table);
	const struct chain *at = ruleset_chain(rs, chain);
	struct str spec = {0};

	xt_spec_body(chain_rule(at, number - 1), &spec);
	str_add(&answer->path, "  ");
	if (strcmp(table, "filter"))
		str_addf(&answer->path, "%s ", table);
	str_addf(&answer->path, "%s %zu: %s\n", chain, number,
		 str_text(&spec));
	json_array_append_new(answer->json, json_pack("{s:s, s:o, s:I, s:o}",
		"table", table, "chain", json_text(chain),
		"number", (json_int_t)number,
		"spec", json_text(str_text(&spec))));
	str_done(&spec);
}

static void
add_verdict(const struct walk_result *result, struct str *out)
{
	const char *verdict = verdict_name(result->verdict);
	struct str rule = {0};

	walk_result_rule(result, &rule);
	if (result->loss == LOSS_DIVERTED)
		str_addf(out, _("%s by %s, which sends it elsewhere (%s) "
				"(walked)\n"), verdict, str_text(&rule),
			 result->why);
	else if (result->verdict == VERDICT_UNKNOWN && result->why)
		str_addf(out, _("%s by %s, which hangs on %s (walked)\n"),
			 verdict, str_text(&rule), result->why);
	else
		str_addf(out, _("%s by %s (walked)\n"), verdict,
			 str_text(&rule));
	str_done(&rule);
}

static enum err
print_answer(const struct world *world, const struct probe_answer *answer)
{
	struct str out = {0};
	enum err err;

	probe_describe(&answer->packet, answer->way, &out);
	str_addc(&out, '\n');
	str_add(&out, str_text(&answer->path));
	add_verdict(&answer->result, &out);
	err = cli_print(world, &out);
	str_done(&out);
	return err;
}

static enum err
print_json(const struct world *world, const struct probe_answer *answer)
{
	const struct walk_result *result = &answer->result;
	struct str packet = {0}, out = {0};
	json_t *json;
	char *text;
	enum err err;

	probe_describe(&answer->packet, answer->way, &packet);
	json = json_pack("{s:o, s:s, s:s, s:s, s:b, s:s, s:o, s:I, s:s?, s:O}",
		"packet", json_text(str_text(&packet)), "way", answer->way,
		"verdict", verdict_name(result->verdict), "judge", "walk",
		"diverted", result->loss == LOSS_DIVERTED,
		"table", result->table ? result->table : "filter",
		"chain", json_text(result->chain),
		"number", (json_int_t)result->rule, "why", result->why,
		"path", answer->json);
	text = json_dumps(json, JSON_INDENT(2));
	json_decref(json);
	str_addf(&out, "%s\n", text ? text : "");
	err = cli_print(world, &out);
	str_done(&out);
	str_done(&packet);
	free(text);
	return err;
}

enum err
cmd_probe(struct world *world, const struct cli_call *call)
{
	struct probe_answer answer = {0};
	struct tables *live = NULL;
	bool other_world;
	enum err err;

	err = probe_packet(&call->opt, &answer.packet, &answer.way);
	if (!err)
		err = cli_read_live(world, &live, &other_world);
	if (err)
		return err;
	answer.tables = live;
	answer.json = json_array();
	walk_path(live, answer.way, &answer.packet, &answer.result, met,
		  &answer);
	err = call->opt.json ? print_json(world, &answer) :
			       print_answer(world, &answer);
	json_decref(answer.json);
	str_done(&answer.path);
	tables_free(live);
	return err;
}
