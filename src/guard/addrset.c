/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sets of IPv6 addresses that can be cut. In network byte order memcmp()
 * compares addresses as numbers, so no 128-bit integer is needed. */
#include <string.h>
#include <sallyport/addr.h>
#include "addrset.h"

#define BITS 128

static int
compare(const struct in6_addr *a, const struct in6_addr *b)
{
	return memcmp(a, b, sizeof(*a));
}

static bool
get_bit(const struct in6_addr *a, int bit)
{
	return a->s6_addr[bit / 8] & (0x80 >> bit % 8);
}

static void
set_bit(struct in6_addr *a, int bit, bool on)
{
	uint8_t mask = (uint8_t)(0x80 >> bit % 8);

	if (on)
		a->s6_addr[bit / 8] |= mask;
	else
		a->s6_addr[bit / 8] &= (uint8_t)~mask;
}

/* a + 1; a is not the last address. */
static struct in6_addr
next(struct in6_addr a)
{
	for (int i = 15; i >= 0; i--)
		if (++a.s6_addr[i])
			break;
	return a;
}

/* a - 1; a is not ::. */
static struct in6_addr
previous(struct in6_addr a)
{
	for (int i = 15; i >= 0; i--)
		if (a.s6_addr[i]--)
			break;
	return a;
}

/* (a & mask) == value, in two words. */
static bool
masked_equal(const struct in6_addr *a, const struct in6_addr *mask,
	     const struct in6_addr *value)
{
	uint64_t x[2], m[2], v[2];

	memcpy(x, a, sizeof(x));
	memcpy(m, mask, sizeof(m));
	memcpy(v, value, sizeof(v));
	return (x[0] & m[0]) == v[0] && (x[1] & m[1]) == v[1];
}

void
addr_set_prefix(struct addr_set *set, const struct in6_addr *addr, unsigned len)
{
	struct in6_addr mask = addr_mask(len);

	memset(set, 0, sizeof(*set));
	for (int i = 0; i < 16; i++) {
		set->lo.s6_addr[i] = addr->s6_addr[i] & mask.s6_addr[i];
		set->hi.s6_addr[i] = addr->s6_addr[i] |
				     (uint8_t)~mask.s6_addr[i];
	}
}

/* The bit above bit which can be raised from 0 in a: not fixed. -1: none. */
static int
raisable_bit(const struct addr_set *set, const struct in6_addr *a, int bit)
{
	for (bit--; bit >= 0; bit--)
		if (!get_bit(&set->mask, bit) && !get_bit(a, bit))
			return bit;
	return -1;
}

/* From lo up, the first address that agrees with the fixed bits: where lo first
 * disagrees it has to grow, at that bit or, if that bit must fall, at a free
 * bit above; all free bits below are then 0. */
bool
addr_set_first(const struct addr_set *set, struct in6_addr *first)
{
	int bit = 0;

	*first = set->lo;
	while (bit < BITS && (!get_bit(&set->mask, bit) ||
			      get_bit(&set->value, bit) == get_bit(first, bit)))
		bit++;
	if (bit < BITS) {
		if (get_bit(first, bit))
			bit = raisable_bit(set, first, bit);
		if (bit < 0)
			return false;
		set_bit(first, bit, true);
		for (bit++; bit < BITS; bit++)
			set_bit(first, bit, get_bit(&set->value, bit));
	}
	return compare(first, &set->hi) <= 0;
}

/* Keep what is not empty of the two halves: PART_CUT when both are there. */
static bool
halves(struct addr_set *set, const struct addr_set *other,
       struct addr_set *rest)
{
	struct in6_addr first;

	if (!addr_set_first(other, &first))
		return false;
	if (!addr_set_first(set, &first)) {
		*set = *other;
		return false;
	}
	*rest = *other;
	return true;
}

enum part
addr_set_within(struct addr_set *set, const struct in6_addr *min,
		const struct in6_addr *max, struct addr_set *rest)
{
	struct addr_set other;

	if (compare(min, max) > 0)
		return PART_NONE;
	for (;;) {
		if (compare(&set->hi, min) < 0 || compare(&set->lo, max) > 0)
			return PART_NONE;
		other = *set;
		if (compare(&set->lo, min) < 0) {
			other.hi = previous(*min);
			set->lo = *min;
		} else if (compare(&set->hi, max) > 0) {
			other.lo = next(*max);
			set->hi = *max;
		} else {
			return PART_ALL;
		}
		if (halves(set, &other, rest))
			return PART_CUT;
	}
}

/* A mask with holes: one bit is fixed after the other. */
static enum part
cut_bits(struct addr_set *set, const struct in6_addr *value,
	 const struct in6_addr *mask, struct addr_set *rest)
{
	for (int bit = 0; bit < BITS; bit++) {
		struct addr_set other;
		bool want = get_bit(value, bit);

		if (!get_bit(mask, bit))
			continue;
		if (get_bit(&set->mask, bit)) {
			if (get_bit(&set->value, bit) != want)
				return PART_NONE;
			continue;
		}
		set_bit(&set->mask, bit, true);
		other = *set;
		set_bit(&set->value, bit, want);
		set_bit(&other.value, bit, !want);
		if (halves(set, &other, rest))
			return PART_CUT;
		bit--;	/* one half is all there is: look at it again */
	}
	return PART_ALL;
}

/* The last address with these leading bits; false where mask is no prefix. */
static bool
prefix_end(const struct in6_addr *value, const struct in6_addr *mask,
	   struct in6_addr *end)
{
	struct in6_addr host;

	for (int i = 0; i < 16; i++) {
		host.s6_addr[i] = (uint8_t)~mask->s6_addr[i];
		end->s6_addr[i] = value->s6_addr[i] | host.s6_addr[i];
	}
	for (int i = 0; i < 15; i++) {
		if (host.s6_addr[i] & (host.s6_addr[i] + 1))
			return false;
		if (host.s6_addr[i] && host.s6_addr[i + 1] != 0xff)
			return false;
	}
	return !(host.s6_addr[15] & (host.s6_addr[15] + 1));
}

enum part
addr_set_masked(struct addr_set *set, const struct in6_addr *value,
		const struct in6_addr *mask, struct addr_set *rest)
{
	struct in6_addr end;

	if (compare(&set->lo, &set->hi) == 0)
		return masked_equal(&set->lo, mask, value) ? PART_ALL :
							     PART_NONE;
	if (!masked_equal(value, mask, value))
		return PART_NONE;
	if (prefix_end(value, mask, &end))
		return addr_set_within(set, value, &end, rest);
	return cut_bits(set, value, mask, rest);
}
