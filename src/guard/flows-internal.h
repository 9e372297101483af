/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the files that find flows and end them. */
#ifndef GUARD_FLOWS_INTERNAL_H
#define GUARD_FLOWS_INTERNAL_H

#include <sallyport/flows.h>
#include <sallyport/lifeline.h>

/* --- conntrack-table.c --- */

/* Does conntrack have any entry here? */
bool conntrack_has_any(void);

/* Read conntrack and call each with every IPv6 entry; the flow is borrowed, its
 * way, rule and lifeline are open. *seen gets how many there were. */
enum err conntrack_each(void (*each)(struct flow *flow, void *arg), void *arg,
			size_t *seen) must_check;

/* ERR_NOT_FOUND: it is not there any more. Another entry that has its tuple is
 * left alone. */
enum err conntrack_delete(const struct flow *flow) must_check;

/* Is there any entry of these two ends, whoever began it? */
bool conntrack_has(const struct flow *flow);

/* --- flows-classes.c --- */

#define CLASS_DEPTH 8

struct source_classes;
struct source_classes *source_classes_new(const struct tables *before,
					  const struct tables *now);
void source_classes_free(struct source_classes *classes);

/* The class of a source: inside, zeroed before, is the same for those that no
 * rule tells apart. False: it is its own. */
bool source_classes_find(const struct source_classes *classes,
			 const struct in6_addr *addr,
			 uint16_t inside[CLASS_DEPTH]);

/* --- flows-judge.c --- */

enum fate {
	FATE_OPEN,		/* a new one would be let in, or never was */
	FATE_CLOSED,		/* the rules of before alone let it in */
	FATE_MIXED,		/* of a set: some so, some so; of a flow: not
				 * known for certain */
	FATE_UNLOOKED,
};

struct judge;
struct judge *judge_open(const struct tables *before, const struct tables *now);
void judge_close(struct judge *judge);

/* flow->way is set; FATE_CLOSED only where it lives on, and then flow->rule is
 * what would refuse it. */
enum fate judge_flow(struct judge *judge, struct flow *flow);

/* Does a session stand on it? */
bool judge_is_lifeline(const struct judge *judge, const struct flow *flow,
		       const struct vec *lifelines);

/* --- flows-end.c --- */

/* Close the TCP socket of this host that has this end of the flow, if any. */
void flow_close_socket(const struct flow *flow);

#endif
