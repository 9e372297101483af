/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is a report still about the lifelines that there are? What was found anew is
 * compared, all that the judges look at. */
#include <string.h>
#include <sallyport/addr.h>
#include <sallyport/guard.h>

static bool
same_link(const struct lifeline_link *a, const struct lifeline_link *b)
{
	return strncmp(a->ifname, b->ifname, IFNAMSIZ) == 0 &&
	       addr_equal(&a->local, &b->local) &&
	       addr_equal(&a->gateway, &b->gateway) &&
	       a->on_link == b->on_link && a->no_ndp == b->no_ndp &&
	       a->by_ra == b->by_ra && a->leased == b->leased &&
	       a->bridged == b->bridged && a->by_mark == b->by_mark;
}

static bool
same_ends(const struct lifeline *a, const struct lifeline *b)
{
	return addr_equal(&a->peer, &b->peer) && a->peer_len == b->peer_len &&
	       addr_equal(&a->local, &b->local) &&
	       addr_equal(&a->dialled, &b->dialled) &&
	       a->dialled_port == b->dialled_port &&
	       a->peer_port == b->peer_port && a->local_port == b->local_port;
}

static bool
same(const struct lifeline *a, const struct lifeline *b)
{
	if (!a || !b)
		return a == b;
	return a->way == b->way && a->ssh == b->ssh && a->proto == b->proto &&
	       a->v4 == b->v4 && a->running == b->running &&
	       a->deserted == b->deserted &&
	       a->any_peer == b->any_peer && a->strict == b->strict &&
	       a->entry == b->entry &&
	       same_ends(a, b) && same_link(&a->link, &b->link) &&
	       same_link(&a->from, &b->from) &&
	       same_link(&a->inner, &b->inner) && same(a->outer, b->outer);
}

bool
guard_is_about(const struct guard_report *report, const struct vec *lifelines)
{
	if (report->verdicts.n != lifelines->n)
		return false;
	for (size_t i = 0; i < lifelines->n; i++) {
		const struct lifeline_verdict *verdict = report->verdicts.v[i];

		if (!same(verdict->lifeline, lifelines->v[i]))
			return false;
	}
	return true;
}
