/* SPDX-License-Identifier: GPL-2.0-or-later */
/* flows: which connections outlive the rule that let them in, and their end. */
#include <stdlib.h>
#include <string.h>
#include <jansson.h>
#include <sallyport/addr.h>
#include <sallyport/flows.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "internal.h"

/* --- The rules of before --- */

static enum err
before_of_trial(const struct world *world, const struct tables *live,
		struct tables **before)
{
	enum err err = apply_before(world, live, before);

	if (err != ERR_NOT_FOUND)
		return err;
	return fail(ERR_FAIL, _("no change is known since this machine started; "
				"name the revision whose rules let them in: "
				"sallyport flows REV"));
}

static enum err
before_of_revision(const struct world *world, const char *what,
		   const struct tables *live, struct tables **before)
{
	struct tables *old = NULL;
	enum err err = cli_load(world, what, &old);

	if (err)
		return err;
	*before = tables_copy(live);
	for (size_t i = 0; i < old->v.n; i++)
		tables_put_take(*before, ruleset_copy(old->v.v[i]));
	tables_free(old);
	return OK;
}

/* --- What is told --- */

static void
add_flow(const struct flow *flow, struct str *out)
{
	flow_describe(flow, out);
	if (*flow->state)
		str_addf(out, "  %s", flow->state);
	str_addf(out, "  %s", flow->rule);
	if (flow->lifeline)
		str_addf(out, "  (%s)", _("a lifeline: it is kept"));
	str_addc(out, '\n');
}

static void
add_summary(const struct flows *flows, struct str *out)
{
	size_t n = flows->v.n + flows->more;

	str_addf(out, Q_("%zu connection lives on that these rules would not "
			 "let begin, of %zu\n",
			 "%zu connections live on that these rules would not "
			 "let begin, of %zu\n", n), n, flows->seen);
	if (flows->unsure)
		str_addf(out, Q_("of %zu more that is not certain: it is left "
				 "alone\n", "of %zu more that is not certain: "
				 "they are left alone\n", flows->unsure),
			 flows->unsure);
	if (flows->more)
		str_addf(out, _("%zu more are not listed yet\n"), flows->more);
	if (flows->unlooked)
		str_addf(out, _("%zu were not looked at: they are too many "
				"different ones\n"), flows->unlooked);
}

static void
add_end(const struct flows_end *end, struct str *out)
{
	str_addf(out, Q_("%zu deleted\n", "%zu deleted\n", end->deleted),
		 end->deleted);
	if (end->gone)
		str_addf(out, Q_("%zu had gone by itself\n",
				 "%zu had gone by themselves\n", end->gone),
			 end->gone);
	if (end->back)
		str_addf(out, Q_("%zu is there again: an end that these rules "
				 "let send went on\n", "%zu are there again: an "
				 "end that these rules let send went on\n",
				 end->back), end->back);
}

static enum err
print_text(const struct world *world, const struct flows *flows,
	   const struct flows_end *end)
{
	struct str out = {0};
	enum err err;

	for (size_t i = 0; i < flows->v.n; i++)
		add_flow(flows->v.v[i], &out);
	add_summary(flows, &out);
	if (end)
		add_end(end, &out);
	else if (flows->v.n > flows->lifelines)
		str_add(&out, _("sallyport flows --delete ends them\n"));
	err = cli_print(world, &out);
	str_done(&out);
	return err;
}

static json_t *
address_json(const struct in6_addr *addr)
{
	struct str text = {0};
	json_t *json;

	addr_format(&text, addr);
	json = cli_json_text(str_text(&text));
	str_done(&text);
	return json;
}

static json_t *
flow_json(const struct flow *flow)
{
	struct str proto = {0};
	json_t *json;

	xt_proto_name(flow->proto, &proto);
	json = json_pack("{s:s, s:s, s:o, s:i, s:o, s:i, s:o, s:i, s:s, s:I, "
			 "s:I, s:o, s:b}",
		"way", flow->way, "protocol", str_text(&proto),
		"from", address_json(&flow->src), "sport", flow->sport,
		"to", address_json(&flow->dst), "dport", flow->dport,
		"end", address_json(&flow->end), "end_port", flow->end_port,
		"state", flow->state,
		"timeout_s", (json_int_t)flow->timeout_s,
		"packets", (json_int_t)flow->packets,
		"rule", cli_json_text(flow->rule),
		"lifeline", flow->lifeline);
	str_done(&proto);
	return json;
}

static enum err
print_json(const struct world *world, const struct flows *flows,
	   const struct flows_end *end)
{
	json_t *list = json_array(), *json;

	for (size_t i = 0; i < flows->v.n; i++)
		json_array_append_new(list, flow_json(flows->v.v[i]));
	json = json_pack("{s:I, s:I, s:I, s:I, s:o, s:o*}",
		"seen", (json_int_t)flows->seen,
		"unsure", (json_int_t)flows->unsure,
		"more", (json_int_t)flows->more,
		"unlooked", (json_int_t)flows->unlooked, "flows", list, "end",
		end ? json_pack("{s:I, s:I, s:I}",
				"deleted", (json_int_t)end->deleted,
				"gone", (json_int_t)end->gone,
				"back", (json_int_t)end->back) : NULL);
	return cli_json_print_take(world, json);
}

/* --- */

static enum err
find(const struct world *world, const char *revision, struct flows *flows)
{
	struct tables *live = NULL, *before = NULL;
	struct vec lifelines = {0};
	bool other_world;
	enum err err = cli_read_live(world, &live, &other_world);

	if (!err)
		err = revision ?
			before_of_revision(world, revision, live, &before) :
			before_of_trial(world, live, &before);
	if (!err)
		err = apply_sessions(world, &lifelines);
	if (!err)
		err = flows_find(before, live, &lifelines, flows);
	lifelines_free(&lifelines);
	tables_free(before);
	tables_free(live);
	return err;
}

/* The same where only the newest change is asked about, and nothing is told. */
static enum err
find_quietly(const struct world *world, struct flows *flows)
{
	struct tables *live = NULL, *before = NULL;
	struct vec lifelines = {0};
	bool other_world;
	enum err err = apply_read(world, &live, &other_world);

	if (!err)
		err = apply_before(world, live, &before);
	if (!err)
		err = apply_sessions(world, &lifelines);
	if (!err)
		err = flows_find(before, live, &lifelines, flows);
	lifelines_free(&lifelines);
	tables_free(before);
	tables_free(live);
	return err;
}

void
cli_tell_flows(const struct world *world)
{
	struct flows flows = {0};
	size_t n;

	if (find_quietly(world, &flows))
		return;
	n = flows.v.n - flows.lifelines + flows.more;
	if (n > 0)
		cli_warn(world, Q_("%zu connection lives on that only the "
				   "removed rules allowed: sallyport flows "
				   "lists it", "%zu connections live on that "
				   "only the removed rules allowed: sallyport "
				   "flows lists them", n), n);
	flows_done(&flows);
}

enum err
cmd_flows(struct world *world, const struct cli_call *call)
{
	const char *revision = call->argc ? call->argv[0] : NULL;
	struct flows_end end = {0}, *ended = NULL;
	struct flows flows = {0};
	enum err err;

	if (call->opt.delete && world->read_only)
		return fail(ERR_USAGE, _("--read-only deletes nothing"));
	err = find(world, revision, &flows);
	if (!err && call->opt.delete) {
		ended = &end;
		err = flows_delete(&flows, NULL, ended);
	}
	if (!err)
		err = call->opt.json ? print_json(world, &flows, ended) :
				       print_text(world, &flows, ended);
	flows_done(&flows);
	return err;
}
