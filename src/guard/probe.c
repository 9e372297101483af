/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The answer to a probe: what becomes of the packets, and every rule that any
 * of them met. */
#include <netinet/in.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sallyport/addr.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include <sallyport/xt.h>
#include "probe-words.h"

/* --- The path --- */

static int
compare_steps(const void *left, const void *right)
{
	const struct probe_step *a = left, *b = right;
	int order = strcmp(a->chain, b->chain);

	if (order == 0)
		order = strcmp(a->table, b->table);
	if (order == 0)
		order = (a->rule > b->rule) - (a->rule < b->rule);
	return order;
}

static struct probe_step
step_of(const char *table, const char *chain, size_t rule)
{
	struct probe_step step = { .rule = rule };

	str_copy(step.table, sizeof(step.table), table);
	str_copy(step.chain, sizeof(step.chain), chain);
	return step;
}

static void
met(const char *table, const char *chain, size_t rule, void *arg)
{
	struct probe_answer *answer = arg;
	const struct probe_step step = step_of(table, chain, rule);
	struct probe_step *kept;

	if (tfind(&step, &answer->seen, compare_steps))
		return;
	kept = xmemdup(&step, sizeof(step));
	if (!tsearch(kept, &answer->seen, compare_steps))
		die(_("out of memory"));
	vec_push(&answer->path, kept);
}

struct probe_answer *
probe_walk(const struct tables *tables, const struct probe_question *question)
{
	struct probe_answer *answer = xcalloc(1, sizeof(*answer));

	answer->question = *question;
	walk_path(tables, question->way, &question->packet, &answer->walk, met,
		  answer);
	return answer;
}

void
probe_answer_free(struct probe_answer *answer)
{
	if (!answer)
		return;
	for (size_t i = 0; i < answer->path.n; i++) {
		tdelete(answer->path.v[i], &answer->seen, compare_steps);
		free(answer->path.v[i]);
	}
	vec_done(&answer->path);
	probe_rehearse_done(answer);
	free(answer);
}

bool
probe_met(const struct probe_answer *answer, const char *table,
	  const char *chain, size_t rule)
{
	const struct probe_step step = step_of(table, chain, rule);

	return tfind(&step, &answer->seen, compare_steps) != NULL;
}

bool
probe_decided(const struct probe_answer *answer, const char *table,
	      const char *chain, size_t rule)
{
	const struct walk_result *walk = &answer->walk;

	return walk->rule == rule && strcmp(walk->chain, chain) == 0 &&
	       strcmp(walk->table, table) == 0;
}

/* --- In words --- */

void
probe_step_name(const struct probe_step *step, struct str *out)
{
	if (strcmp(step->table, "filter") != 0)
		str_addf(out, "%s ", step->table);
	str_addf(out, "%s %zu", step->chain, step->rule);
}

/* Of many senders one is named that does not get through. */
static void
add_sender(const struct probe_answer *answer, struct str *out)
{
	struct str addr = { 0 };

	if (answer->walk.verdict != VERDICT_DROP ||
	    answer->question.packet.src_len == 128)
		return;
	addr_format(&addr, &answer->walk.src);
	str_addf(out, _(", from %s for one"), str_text(&addr));
	str_done(&addr);
}

void
probe_verdict(const struct probe_answer *answer, struct str *out)
{
	const struct walk_result *walk = &answer->walk;
	const char *verdict = verdict_name(walk->verdict);
	const char *why = walk->why;
	struct str rule = { 0 };

	if (why && strcmp(why, "too many cases") == 0)
		why = _("too many cases");
	walk_result_rule(walk, &rule);
	if (walk->loss == LOSS_DIVERTED)
		str_addf(out, _("%s by %s, which sends it elsewhere (%s)"),
			 verdict, str_text(&rule), why);
	else if (walk->loss == LOSS_HOP_LIMIT)
		str_addf(out, _("%s by %s, which changes the hop limit (%s)"),
			 verdict, str_text(&rule), why);
	else if (walk->verdict == VERDICT_UNKNOWN && why)
		str_addf(out, _("%s by %s, which hangs on %s"), verdict,
			 str_text(&rule), why);
	else
		str_addf(out, _("%s by %s"), verdict, str_text(&rule));
	str_done(&rule);
	add_sender(answer, out);
}

static void
add_end(struct str *out, const struct in6_addr *addr, unsigned len,
	const struct range *ports, bool with_port)
{
	if (len == 0)
		str_add(out, "any");
	else
		addr_format(out, addr);
	if (len > 0 && len < 128)
		str_addf(out, "/%u", len);
	if (with_port && ports->lo == ports->hi)
		str_addf(out, " port %u", ports->lo);
}

static void
add_link(struct str *out, const char *word, const char *ifname, bool by_route)
{
	if (!ifname[0])
		return;
	str_addf(out, ", %s %s", word, ifname);
	if (by_route)
		str_addf(out, " (%s)", _("by route"));
}

void
probe_describe(const struct probe_question *question, struct str *out)
{
	const struct packet *p = &question->packet;
	bool ports = probe_has_ports(p->proto);

	xt_proto_name(p->proto, out);
	str_addc(out, ' ');
	if (p->proto == IPPROTO_ICMPV6)
		str_addf(out, "type %u ", p->icmp_type);
	add_end(out, &p->src, p->src_len, &p->sport, ports);
	str_add(out, " -> ");
	add_end(out, &p->dst, p->dst_len, &p->dport, ports);
	str_addf(out, ", %s", probe_state_name(p->ct));
	add_link(out, "in", p->in, question->in_by_route);
	add_link(out, "out", p->out, question->out_by_route);
	str_addf(out, ", %s", question->way);
}
