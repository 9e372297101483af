/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Expose: open one port, for the host or for a container, in the chain that its
 * packets meet and before the rule that drops them. What is there already is not
 * added again. */
#ifndef SALLYPORT_EXPOSE_H
#define SALLYPORT_EXPOSE_H

#include <sallyport/containers.h>
#include <sallyport/lifeline.h>
#include <sallyport/probe.h>
#include <sallyport/tables.h>

/* What is to be opened, for whom, and who listens. */
struct exposure {
	uint8_t proto;			/* IPPROTO_TCP or IPPROTO_UDP */
	uint16_t port;
	struct prefix from;		/* len 0: anybody */
	const struct container *receiver;	/* borrowed; NULL: this host */
};

struct exposed {
	struct tables *tables;		/* the candidate with what was missing */
	bool was_open;			/* the port itself was open before */
	struct probe_answer *answer;	/* for one of those who are meant whom
					 * no rule names; of tables */
	struct probe_answer *all;	/* for all of them together */
	struct lifeline way;		/* the same as the guard judges it: that
					 * one, a next hop and the receiver */
	char *trouble;			/* of way, what is still dropped, or NULL;
					 * translated */
};

/* Rules are put last but before what drops the packets, so that bans of single
 * sources above stay in force. For a container also the way out of its subnet
 * and answers, where nothing lets them through; on all links neighbour discovery.
 * The filter's rules for containers go into DOCKER-USER where that is in use.
 * ERR_USAGE where no rule of this host can do it, the message saying why. Free
 * with exposed_done(). */
enum err expose(const struct exposure *what, const struct containers *containers,
		const struct tables *candidate, struct exposed *exposed)
	must_check;
void exposed_done(struct exposed *exposed);

/* "4001", "4001/udp", "tcp/443": proto is kept where none is named. */
enum err exposure_parse_port(const char *text, struct exposure *what) must_check;
/* An address, a prefix, or "any". */
enum err exposure_parse_from(const char *text, struct exposure *what) must_check;

/* "anybody", "2001:db8::77", "2001:db8::/32". Translated. */
void exposure_format_from(const struct exposure *what, struct str *out);

/* "shop (2001:db8:c::80)", "2001:db8:c::80 on br0", "this host"; names are made
 * harmless. Translated. */
void receiver_describe(const struct container *receiver, bool utf8,
		       struct str *out);

/* Changesets that were just staged: does a rule of them accept in INPUT what only
 * a container gets? One sentence is appended to why then, and *what is what was
 * meant. Translated. */
bool expose_mistake(const struct vec *changesets,
		    const struct containers *containers, bool utf8,
		    struct exposure *what, struct str *why);

/* Is there any rule in them for which expose_mistake() wants containers? */
bool expose_may_be_mistaken(const struct vec *changesets);

#endif
