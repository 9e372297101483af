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

/* As the guard names them: of TCP, of others; in, out, through. */
static const struct {
	const char *names[2][LIFELINE_THROUGH + 1];
	bool back;
} flows[LOST_COUNT] = {
	[LOST_FIRST] = { { { N_("a new connection in"),
			     N_("a new connection out"),
			     N_("a new connection through") },
			   { N_("a first packet in"),
			     N_("a first packet out"),
			     N_("a first packet through") } }, false },
	[LOST_ANSWER] = { { { N_("the answer to a new connection out"),
			      N_("the answer to a new connection in"),
			      N_("the answer to a new connection back "
				 "through") },
			    { N_("the answer to a first packet out"),
			      N_("the answer to a first packet in"),
			      N_("the answer to a first packet back "
				 "through") } }, true },
	[LOST_LATER] = { { { N_("an established connection in"),
			     N_("an established connection out"),
			     N_("an established connection through") },
			   { N_("later packets in"),
			     N_("later packets out"),
			     N_("later packets through") } }, false },
	[LOST_BACK] = { { { N_("an established connection out"),
			    N_("an established connection in"),
			    N_("an established connection back through") },
			  { N_("the answer to a first packet out"),
			    N_("the answer to a first packet in"),
			    N_("the answer to a first packet back "
			       "through") } }, true },
	[LOST_RUNNING] = { { { N_("the running connection in"),
			       N_("the running connection out"),
			       N_("the running connection through") },
			     { N_("the tunnel's packets in"), "", "" } },
			   false },
	[LOST_RUNNING_BACK] = { { { N_("the running connection out"),
				    N_("the running connection in"),
				    N_("the running connection back through")
				  },
				  { N_("the tunnel's packets out"), "", "" } },
				true },
};

/* On the link alone, whatever the lifeline is. */
static const struct {
	const char *name;
	bool outward;
	uint8_t proto;
} local[LOST_COUNT] = {
	[LOST_NS_IN] = { N_("neighbour solicitation in"), false,
			 IPPROTO_ICMPV6 },
	[LOST_NA_OUT] = { N_("neighbour advertisement out"), true,
			  IPPROTO_ICMPV6 },
	[LOST_NS_OUT] = { N_("neighbour solicitation out"), true,
			  IPPROTO_ICMPV6 },
	[LOST_NA_IN] = { N_("neighbour advertisement in"), false,
			 IPPROTO_ICMPV6 },
	[LOST_RA_IN] = { N_("router advertisement in"), false,
			 IPPROTO_ICMPV6 },
	[LOST_DHCP_OUT] = { N_("DHCPv6 request out"), true, IPPROTO_UDP },
	[LOST_DHCP_IN] = { N_("DHCPv6 answer in"), false, IPPROTO_UDP },
};

const char *
lost_name(const struct lifeline *ll, enum lost lost)
{
	if (local[lost].name)
		return _(local[lost].name);
	return _(flows[lost].names[ll->proto != IPPROTO_TCP][ll->way]);
}

/* By which of the kernel's ways it goes: bits 1 << NF_INET_*. */
#define WAY_IN (1u << NF_INET_PRE_ROUTING | 1u << NF_INET_LOCAL_IN)
#define WAY_OUT (1u << NF_INET_LOCAL_OUT | 1u << NF_INET_POST_ROUTING)
#define WAY_THROUGH (1u << NF_INET_PRE_ROUTING | 1u << NF_INET_FORWARD | \
		     1u << NF_INET_POST_ROUTING)

static unsigned
way_of(const struct lifeline *ll, enum lost lost)
{
	if (local[lost].name)
		return local[lost].outward ? WAY_OUT : WAY_IN;
	if (ll->way == LIFELINE_THROUGH)
		return WAY_THROUGH;
	return (ll->way == LIFELINE_OUT) == flows[lost].back ? WAY_IN : WAY_OUT;
}

struct culprit {
	struct scratch_hit *watched;	/* the first one, or none yet */
	unsigned way;
	uint8_t proto;
	size_t rank;		/* lower is surer */
	struct scratch_hit hit;
};

static void
note_watched(const struct scratch_hit *hit, void *arg)
{
	struct scratch_hit *first = arg;

	if (hit->watched && !first->watched)
		*first = *hit;
}

void
loss_mark(struct loaded_tables *loaded, bool watched_only)
{
	for (size_t i = 0; i < TABLE_COUNT; i++)
		if (loaded->v[i] &&
		    (!watched_only || scratch_is_watched(loaded->v[i])))
			scratch_hits(loaded->v[i], note_watched,
				     &loaded->watched);
	if (watched_only)
		loaded->watched = (struct scratch_hit){ .watched = NULL };
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

/* Of a user-defined chain the way is not known. */
static bool
is_on_way(unsigned way, const char *chain)
{
	static const char *const hooks[] = {
		[NF_INET_PRE_ROUTING] = "PREROUTING",
		[NF_INET_LOCAL_IN] = "INPUT",
		[NF_INET_FORWARD] = "FORWARD",
		[NF_INET_LOCAL_OUT] = "OUTPUT",
		[NF_INET_POST_ROUTING] = "POSTROUTING",
	};

	for (size_t i = 0; i < ARRAY_LEN(hooks); i++)
		if (strcmp(hooks[i], chain) == 0)
			return way & 1u << i;
	return true;
}

static bool
fits(const struct culprit *c, const struct scratch_hit *hit)
{
	const struct ip6t_entry *e = hit->rule ?
		(const void *)hit->rule->entry : NULL;

	return is_on_way(c->way, hit->chain) &&
	       (!e || !e->ipv6.proto || e->ipv6.invflags & XT_INV_PROTO ||
		e->ipv6.proto == c->proto);
}

static void
suspect(const struct scratch_hit *hit, void *arg)
{
	struct culprit *c = arg;
	size_t rank = rank_of(hit);

	note_watched(hit, c->watched);
	if (hit->watched || rank >= c->rank || !fits(c, hit))
		return;
	c->rank = rank;
	c->hit = *hit;
}

void
loss_find(struct loaded_tables *loaded, const struct lifeline *ll,
	  enum lost lost, struct str *out)
{
	struct culprit c = {
		.watched = &loaded->watched,
		.way = way_of(ll, lost),
		.proto = local[lost].name ? local[lost].proto : ll->proto,
		.rank = ARRAY_LEN(losing) + 1,
	};

	for (size_t i = 0; i < TABLE_COUNT; i++)
		if (loaded->v[i])
			scratch_hits(loaded->v[i], suspect, &c);
	if (c.rank <= ARRAY_LEN(losing))
		add_place(&c.hit, out);
}

bool
loss_is_watched(struct loaded_tables *loaded, struct str *out)
{
	struct scratch_hit first = loaded->watched;
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
		str_addf(out, _("%s (%s) cannot be tried there"),
			 str_text(&place), first.watched);
	str_done(&place);
	return true;
}
