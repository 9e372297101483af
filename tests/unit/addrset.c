/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sets of addresses cut at random, by ranges and by masks of any shape, against
 * every single address: 256 of them, in bits from both ends of an address. */
#include <string.h>
#include <sallyport/addr.h>
#include "../../src/guard/addrset.h"
#include "../tap.h"

#define PIECES 512

static uint64_t seed = 0xadd2e55;

static unsigned
draw(unsigned n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)((seed >> 20) % n);
}

/* Four bits at the top, four at the bottom: in the order of the numbers. */
static struct in6_addr
nth(unsigned n)
{
	struct in6_addr a = { 0 };

	a.s6_addr[0] = (uint8_t)(n & 0xf0);
	a.s6_addr[15] = n & 0x0f;
	return a;
}

static bool
contains(const struct addr_set *set, const struct in6_addr *a)
{
	for (int i = 0; i < 16; i++)
		if ((a->s6_addr[i] & set->mask.s6_addr[i]) !=
		    set->value.s6_addr[i])
			return false;
	return memcmp(a, &set->lo, 16) >= 0 && memcmp(a, &set->hi, 16) <= 0;
}

struct condition {
	bool range;
	struct in6_addr a;	/* min or value */
	struct in6_addr b;	/* max or mask */
};

static bool
holds(const struct condition *c, const struct in6_addr *a)
{
	if (c->range)
		return memcmp(a, &c->a, 16) >= 0 && memcmp(a, &c->b, 16) <= 0;
	for (int i = 0; i < 16; i++)
		if ((a->s6_addr[i] & c->b.s6_addr[i]) != c->a.s6_addr[i])
			return false;
	return true;
}

static struct condition
random_condition(void)
{
	struct condition c = { .range = draw(2) };

	c.a = nth(draw(256));
	c.b = nth(draw(256));
	if (draw(4) == 0)	/* what only a number between can be */
		c.a.s6_addr[8] = c.b.s6_addr[8] = (uint8_t)draw(256);
	if (!c.range && draw(8))
		for (int i = 0; i < 16; i++)
			c.a.s6_addr[i] &= c.b.s6_addr[i];
	return c;
}

static enum part
ask(const struct condition *c, struct addr_set *set, struct addr_set *rest)
{
	return c->range ? addr_set_within(set, &c->a, &c->b, rest) :
			  addr_set_masked(set, &c->a, &c->b, rest);
}

/* The pieces of one address must be one, and all in it must answer alike. */
static unsigned
check_piece(const struct addr_set *set, const struct condition *c,
	    enum part part, unsigned char seen[256])
{
	struct in6_addr first;
	unsigned wrong = !addr_set_first(set, &first) || !contains(set, &first);

	wrong += holds(c, &first) != (part == PART_ALL);
	for (unsigned n = 0; n < 256; n++) {
		struct in6_addr a = nth(n);

		if (!contains(set, &a))
			continue;
		seen[n]++;
		wrong += holds(c, &a) != (part == PART_ALL);
		wrong += memcmp(&a, &first, 16) < 0;
	}
	return wrong;
}

/* Cut everything by some conditions, one after the other. */
static unsigned
try_cuts(void)
{
	static struct addr_set pieces[PIECES];
	unsigned n = 1, wrong = 0;
	static const struct in6_addr all;

	addr_set_prefix(&pieces[0], &all, 0);
	for (int round = 0; round < 3; round++) {
		struct condition c = random_condition();
		unsigned char seen[256] = { 0 };

		for (unsigned i = 0; i < n; i++) {
			enum part part;

			do {
				struct addr_set rest;

				part = ask(&c, &pieces[i], &rest);
				if (part == PART_CUT && n == PIECES)
					return wrong;
				if (part == PART_CUT)
					pieces[n++] = rest;
			} while (part == PART_CUT);
			wrong += check_piece(&pieces[i], &c, part, seen);
		}
		for (unsigned a = 0; a < 256; a++)
			wrong += seen[a] != 1;
	}
	return wrong;
}

int
main(void)
{
	unsigned wrong = 0;
	struct in6_addr one, first;
	struct addr_set set;

	for (int i = 0; i < 2000; i++)
		wrong += try_cuts();
	is_int(wrong, 0, "no address is lost, doubled or misjudged");

	if (addr_parse("2001:db8::77", &one))
		bail_out("%s", err_message());
	addr_set_prefix(&set, &one, 128);
	ok(addr_set_first(&set, &first) && addr_equal(&first, &one),
	   "one address is a set");
	addr_set_prefix(&set, &one, 32);
	ok(addr_set_first(&set, &first) && !addr_equal(&first, &one) &&
	   addr_in_prefix(&first, &one, 32), "a prefix begins at its start");
	return done_testing();
}
