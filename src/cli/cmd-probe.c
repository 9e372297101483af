/* SPDX-License-Identifier: GPL-2.0-or-later */
/* probe: would this packet get through, and which rules did it meet? */
#include <stdlib.h>
#include <string.h>
#include <jansson.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include <sallyport/probe.h>
#include "internal.h"

static struct probe_words
words_of(const struct cli_options *opt)
{
	return (struct probe_words){ .v = {
		[PROBE_FROM] = opt->from,
		[PROBE_TO] = opt->to,
		[PROBE_PROTOCOL] = opt->protocol,
		[PROBE_DPORT] = opt->dport,
		[PROBE_SPORT] = opt->sport,
		[PROBE_ICMP_TYPE] = opt->icmp_type,
		[PROBE_IN] = opt->in,
		[PROBE_OUT] = opt->out,
		[PROBE_STATE] = opt->state,
	} };
}

static void
spec_of(const struct tables *tables, const struct probe_step *step,
	struct str *spec)
{
	const struct ruleset *rs = tables_get(tables, step->table);

	xt_spec_body(chain_rule(ruleset_chain(rs, step->chain), step->rule - 1),
		     spec);
}

/* --- For people --- */

static void
add_path(const struct tables *tables, const struct probe_answer *answer,
	 struct str *out)
{
	for (size_t i = 0; i < answer->path.n; i++) {
		const struct probe_step *step = answer->path.v[i];

		str_add(out, "  ");
		probe_step_name(step, out);
		str_add(out, ": ");
		spec_of(tables, step, out);
		str_addc(out, '\n');
	}
}

/* Both accounts where they differ. */
static void
add_judgement(const struct probe_answer *answer, struct str *out)
{
	bool both = probe_by_kernel(answer) && probe_agrees(answer);
	struct str account = {0};

	probe_verdict(answer, out);
	str_addf(out, " (%s)\n", both ? _("rehearsed") : _("walked"));
	probe_account(answer, &account);
	if (account.len > 0)
		str_addf(out, "%s\n", str_text(&account));
	str_done(&account);
}

static enum err
print_answer(const struct world *world, const struct tables *tables,
	     const struct probe_answer *answer)
{
	struct str out = {0};
	enum err err;

	probe_describe(&answer->question, &out);
	str_addc(&out, '\n');
	add_path(tables, answer, &out);
	add_judgement(answer, &out);
	if (answer->question.note)
		str_addf(&out, "%s\n", answer->question.note);
	err = cli_print(world, &out);
	str_done(&out);
	return err;
}

/* --- For programs --- */

static json_t *
step_json(const struct tables *tables, const struct probe_step *step)
{
	struct str spec = {0};
	json_t *json;

	spec_of(tables, step, &spec);
	json = json_pack("{s:s, s:o, s:I, s:o}", "table", step->table,
			 "chain", cli_json_text(step->chain),
			 "number", (json_int_t)step->rule,
			 "spec", cli_json_text(str_text(&spec)));
	str_done(&spec);
	return json;
}

static json_t *
walk_json(const struct tables *tables, const struct probe_answer *answer)
{
	const struct walk_result *walk = &answer->walk;
	json_t *path = json_array();

	for (size_t i = 0; i < answer->path.n; i++)
		json_array_append_new(path, step_json(tables,
						      answer->path.v[i]));
	return json_pack("{s:s, s:s, s:o, s:I, s:b, s:o, s:o}",
		"verdict", verdict_name(walk->verdict),
		"table", walk->table, "chain", cli_json_text(walk->chain),
		"number", (json_int_t)walk->rule,
		"diverted", walk->loss == LOSS_DIVERTED,
		"why", cli_json_text(walk->why), "path", path);
}

static json_t *
rehearsal_json(const struct probe_answer *answer)
{
	static const char *const results[] = {
		[REHEARSED_NOT] = NULL,
		[REHEARSED_PASS] = "pass",
		[REHEARSED_FAIL] = "fail",
	};
	struct str account = {0};
	json_t *json;

	probe_account(answer, &account);
	json = json_pack("{s:s?, s:o, s:s?, s:b}",
		"result", results[probe_rehearsed(answer)],
		"account", account.len > 0 ? cli_json_text(str_text(&account)) :
					     json_null(),
		"fickle", answer->fickle, "agrees", probe_agrees(answer));
	str_done(&account);
	return json;
}

/* null where no interface is known. */
static json_t *
link_json(const char *ifname, bool by_route)
{
	if (!ifname[0])
		return json_null();
	return json_pack("{s:o, s:b}", "name", cli_json_text(ifname),
			 "by_route", by_route);
}

static enum err
print_json(const struct world *world, const struct tables *tables,
	   const struct probe_answer *answer)
{
	const struct probe_question *q = &answer->question;
	struct str packet = {0};
	json_t *json;

	probe_describe(q, &packet);
	json = json_pack("{s:o, s:s, s:o, s:o, s:o, s:s, s:s, s:o, s:o}",
		"packet", cli_json_text(str_text(&packet)), "way", q->way,
		"in", link_json(q->packet.in, q->in_by_route),
		"out", link_json(q->packet.out, q->out_by_route),
		"note", cli_json_text(q->note),
		"verdict", verdict_name(probe_judgement(answer)),
		"judge", probe_by_kernel(answer) ? "rehearsal" : "walk",
		"walk", walk_json(tables, answer),
		"rehearsal", rehearsal_json(answer));
	str_done(&packet);
	return cli_json_print_take(world, json);
}

static enum err
check_ends(const struct cli_options *opt)
{
	if (opt->from || opt->to || opt->in || opt->out)
		return OK;
	return fail(ERR_USAGE, _("probe needs --from ADDR or --to ADDR: where "
				 "the packet comes from, or where it goes"));
}

static void
warn_missing(const struct world *world, const struct probe_question *question)
{
	struct str text = {0};

	probe_missing_links(question, &text);
	if (text.len)
		cli_warn(world, "%s", str_text(&text));
	str_done(&text);
}

enum err
cmd_probe(struct world *world, const struct cli_call *call)
{
	const struct probe_words words = words_of(&call->opt);
	struct probe_question question;
	struct probe_answer *answer;
	struct tables *live = NULL;
	bool other_world;
	enum err err = check_ends(&call->opt);

	if (!err)
		err = probe_ask(&words, !world->file, &question);
	if (!err)
		err = cli_read_live(world, &live, &other_world);
	if (err)
		return err;
	warn_missing(world, &question);
	answer = probe_walk(live, &question);
	if (apply_rehearses(world))
		probe_rehearse(answer, live, REHEARSAL_LIMIT_MS);
	err = call->opt.json ? print_json(world, live, answer) :
			       print_answer(world, live, answer);
	probe_answer_free(answer);
	tables_free(live);
	return err;
}
