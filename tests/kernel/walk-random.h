/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Random rules in all tables and random packets, for a way of packets through
 * them, and what the kernel does with those packets. */
#ifndef TESTS_WALK_RANDOM_H
#define TESTS_WALK_RANDOM_H

#include <sallyport/mem.h>
#include <sallyport/tables.h>
#include <sallyport/walk.h>

#define HOST "2001:db8::1"
#define BEHIND "2001:db8:e::1"	/* FORWARD leads there */
#define GATEWAY_MAC "02:00:00:00:00:fe"	/* of all that comes in */

extern uint64_t seed;

unsigned draw(unsigned n);	/* below n */
#define PICK(list) ((list)[draw(ARRAY_LEN(list))])

struct list {
	const char *const *v;
	unsigned n;
};

/* A chain with rules of its own: where, which of its targets, what of links. */
struct hook {
	const char *table;
	const char *name;
	unsigned rules;		/* at most */
	bool may_drop;		/* by its policy */
	struct list targets[3];
	struct list links;
};

struct way_rules {
	const char *name;
	const char *probe;	/* the table that is asked for ctstate DNAT */
	struct hook hooks[9];
};

const struct way_rules *random_way(void);

/* plain: no option that the walk does not model. */
void random_rules(struct str *out, const struct way_rules *way, bool plain,
		  bool security);

/* A packet as the kernel sees it, and what must be there before it comes. */
struct sending {
	struct packet p;
	bool entry;		/* a connection that conntrack knows: */
	bool half_open;		/* no answer came yet */
	bool error;		/* it quotes a packet of that connection */
	const char *name;
};

void random_packet(struct sending *s, const char *way);

/* Which kinds were drawn how often, as one line. */
void packet_kinds(struct str *out);

/* In its connection's zone it is known; in another it is what? false: that
 * cannot be told. */
bool packet_in_zone(struct sending *s, const struct tracking *tracking);

/* Two links of this namespace, with a host between. */
void links_up(void);
bool command(const char *line);
bool entry_make(const struct sending *s);	/* false: there is one already */
void entries_flush(void);	/* ports may come again */
void packet_send(const struct sending *s);

/* One ip6tables-legacy-restore that loads all rulesets. */
struct loader;
struct loader *loader_new(void);
void loader_free(struct loader *loader);
/* Tables in the text, each with its COMMIT; back when the last one is in. */
void loader_load(struct loader *loader, const char *last_table,
		 const char *text);

/* What the kernel counts, of one load of its tables. */
struct counts;
struct counts *counts_new(const struct tables *tables);
void counts_free(struct counts *counts);

/* What the kernel did with a packet. */
struct account {
	struct walk_result result;
	int decided;		/* rules and policies that did */
	bool diverted;
};

/* Begin to count. */
void counts_start(struct counts *counts);
/* Look what was counted since; account starts anew. */
void counts_look(struct counts *counts, const struct way_rules *way,
		 struct account *account);
/* Call each with each rule on the way that counted. */
void counts_each(const struct counts *counts, const struct way_rules *way,
		 void (*each)(const char *table, const char *chain, size_t rule,
			      void *arg), void *arg);

#endif
