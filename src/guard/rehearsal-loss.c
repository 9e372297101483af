/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which rule lost a packet, and whether one met a rule that is not believed: by
 * the counters of the tables in the scene. */
#include <string.h>
#include <net/if.h>
#include <netinet/in.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "rehearsal-internal.h"

/* Targets that lose a packet, the surest first. */
static const char *const losing[] = {
	"DROP", "REJECT", "TARPIT", "SYNPROXY", "DNAT", "REDIRECT", "NETMAP",
	"DNPT", "SNPT", "TPROXY", "CT", "NOTRACK", "HL",
};

static const struct {
	const char *name;
	bool outward;
	bool ndp;
} packets[] = {
	[LOST_NOTHING] = { "", false, false },
	[LOST_SYN_IN] = { N_("a new connection in"), false, false },
	[LOST_SYN_ACK_OUT] = { N_("the answer to a new connection out"), true,
			       false },
	[LOST_DATA_IN] = { N_("an established connection in"), false, false },
	[LOST_DATA_OUT] = { N_("an established connection out"), true, false },
	[LOST_RUNNING_IN] = { N_("the running connection in"), false, false },
	[LOST_RUNNING_OUT] = { N_("the running connection out"), true, false },
	[LOST_NS_IN] = { N_("neighbour solicitation in"), false, true },
	[LOST_NA_OUT] = { N_("neighbour advertisement out"), true, true },
	[LOST_NS_OUT] = { N_("neighbour solicitation out"), true, true },
	[LOST_NA_IN] = { N_("neighbour advertisement in"), false, true },
};

const char *
lost_name(enum lost lost)
{
	return _(packets[lost].name);
}

struct culprit {
	bool outward;
	uint8_t proto;
	size_t rank;		/* lower is surer */
	struct scratch_hit hit;
};

void
loss_mark(struct loaded_tables *loaded, bool watched_only)
{
	for (size_t i = 0; i < TABLE_COUNT; i++)
		if (loaded->v[i] &&
		    (!watched_only || scratch_is_watched(loaded->v[i])))
			scratch_hits(loaded->v[i], NULL, NULL);
}

static void
add_place(const struct scratch_hit *hit, struct str *out)
{
	if (strcmp(hit->table, "filter") != 0)
		str_addf(out, "%s ", hit->table);
	str_add(out, hit->chain);
	if (hit->pos == SCRATCH_POLICY)
		str_add(out, " policy");
	else
		str_addf(out, " %zu", hit->pos + 1);
}

static size_t
rank_of(const struct scratch_hit *hit)
{
	const char *target = hit->rule ? rule_target(hit->rule) : "";

	if (!hit->rule && hit->drops)
		return 1;
	for (size_t i = 0; i < ARRAY_LEN(losing); i++)
		if (strcmp(losing[i], target) == 0)
			return i ? i + 1 : 0;
	return ARRAY_LEN(losing) + 1;
}

/* Of built-in chains the way is known. */
static bool
fits(const struct culprit *c, const struct scratch_hit *hit)
{
	const struct ip6t_entry *e = hit->rule ?
		(const void *)hit->rule->entry : NULL;
	bool in = strcmp(hit->chain, "INPUT") == 0 ||
		  strcmp(hit->chain, "PREROUTING") == 0;
	bool out = strcmp(hit->chain, "OUTPUT") == 0 ||
		   strcmp(hit->chain, "POSTROUTING") == 0;

	if ((in && c->outward) || (out && !c->outward))
		return false;
	return !e || !e->ipv6.proto || e->ipv6.invflags & XT_INV_PROTO ||
	       e->ipv6.proto == c->proto;
}

static void
suspect(const struct scratch_hit *hit, void *arg)
{
	struct culprit *c = arg;
	size_t rank = rank_of(hit);

	if (hit->watched || rank >= c->rank || !fits(c, hit))
		return;
	c->rank = rank;
	c->hit = *hit;
}

void
loss_find(struct loaded_tables *loaded, enum lost lost, uint8_t proto,
	  struct str *out)
{
	struct culprit c = {
		.outward = packets[lost].outward,
		.proto = packets[lost].ndp ? IPPROTO_ICMPV6 : proto,
		.rank = ARRAY_LEN(losing) + 1,
	};

	for (size_t i = 0; i < TABLE_COUNT; i++)
		if (loaded->v[i])
			scratch_hits(loaded->v[i], suspect, &c);
	if (c.rank <= ARRAY_LEN(losing))
		add_place(&c.hit, out);
}

static void
note_watched(const struct scratch_hit *hit, void *arg)
{
	struct scratch_hit *first = arg;

	if (hit->watched && !first->watched)
		*first = *hit;
}

bool
loss_is_watched(struct loaded_tables *loaded, struct str *out)
{
	struct scratch_hit first = { .watched = NULL };
	struct str place = { 0 };

	for (size_t i = 0; i < TABLE_COUNT; i++)
		if (loaded->v[i] && scratch_is_watched(loaded->v[i]))
			scratch_hits(loaded->v[i], note_watched, &first);
	if (!first.watched)
		return false;
	add_place(&first, &place);
	if (first.history)
		str_addf(out, _("%s (%s) hangs on time, rate or history"),
			 str_text(&place), first.watched);
	else
		str_addf(out, _("%s (%s) is not rehearsed"), str_text(&place),
			 first.watched);
	str_done(&place);
	return true;
}
