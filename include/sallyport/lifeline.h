/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lifelines: traffic that must keep flowing. Found, not asked for. */
#ifndef SALLYPORT_LIFELINE_H
#define SALLYPORT_LIFELINE_H

#include <netinet/in.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>
#include <sallyport/err.h>
#include <sallyport/settings.h>
#include <sallyport/str.h>
#include <sallyport/vec.h>

/* Where a lifeline was learnt. */
enum lifeline_origin {
	LIFELINE_ENVIRONMENT,	/* $SSH_CONNECTION */
	LIFELINE_ANCESTOR,	/* the socket of a process above us */
	LIFELINE_ESTABLISHED,	/* a connection to an sshd of this host */
	LIFELINE_MOSH,		/* a mosh-server, its peer as it logged in */
	LIFELINE_LISTENING,	/* an sshd's port, no peer known */
	LIFELINE_ANNOUNCED,	/* sshd -T names the port, nobody listens yet */
	LIFELINE_CONFIGURED,	/* the settings */
	LIFELINE_OUTER,		/* the packets around those of another */
};

/* Which way its traffic goes. */
enum lifeline_way {
	LIFELINE_IN,		/* to this host, begun by the peer */
	LIFELINE_OUT,		/* from this host, begun by us: DNS, LDAP */
	LIFELINE_THROUGH,	/* to local, which is behind this host */
};

/* What conntrack, in its zone 0, has of a connection that is running. */
enum lifeline_entry {
	ENTRY_UNKNOWN,		/* it could not be asked */
	ENTRY_NONE,
	ENTRY_FOUND,
};

/* A link that its packets cross, and who is met there. */
struct lifeline_link {
	char ifname[IFNAMSIZ];		/* "" unknown */
	struct in6_addr local;		/* our address there: the one that the
					 * kernel chooses; :: unknown */
	struct in6_addr gateway;	/* next hop; :: when on-link or unknown */
	bool on_link;			/* the far end itself is the next hop */
	bool no_ndp;			/* IFF_NOARP, or loopback */
	bool by_ra;			/* the route, or our address on it, goes
					 * unless router advertisements come */
	bool leased;			/* our address goes unless DHCPv6 renews
					 * it */
	bool by_mark;			/* which route is taken hangs on marks,
					 * too (ip -6 rule fwmark) */
	bool bridged;			/* a bridge whose packets these rules
					 * see (bridge-nf-call-ip6tables) */
};

struct lifeline {
	enum lifeline_origin origin;
	enum lifeline_way way;
	bool ssh;			/* a login at an SSH server's port */
	uint8_t proto;			/* IPPROTO_TCP, IPPROTO_UDP; of a tunnel
					 * also 4, 41, 47 (GRE), 50 (ESP) */
	bool v4;			/* IPv4: IPv6 rules cannot cut it */
	bool running;			/* sock_diag found the connection */
	bool deserted;			/* running, but nobody listens there any
					 * more: nobody logs in this way */
	bool stale;			/* named, but no such connection is there */
	bool ours;			/* this very session goes over it */
	bool any_peer;			/* from somebody: peer is not known */
	struct in6_addr peer;
	unsigned peer_len;		/* prefix length: 128 but for those that
					 * are configured, all of which count */
	struct in6_addr local;		/* :: for any address of ours; of what
					 * goes out the one it would have */
	uint16_t peer_port;		/* 0: any from 1024 up; without ports 0 */
	uint16_t local_port;		/* the same */
	struct lifeline_link link;	/* towards the peer */
	struct lifeline_link inner;	/* LIFELINE_THROUGH: towards local */
	struct lifeline_link from;	/* LIFELINE_IN: what the peer sends
					 * comes in here; "": by link */
	struct in6_addr dialled;	/* to what the peer's packets are sent,
					 * which nat leads to local; while */
	uint16_t dialled_port;		/* this is not 0 */
	enum lifeline_entry entry;
	bool strict;			/* nf_conntrack_tcp_loose is 0: what
					 * conntrack did not see begin is INVALID */
	struct lifeline *outer;		/* what carries link where that is a
					 * tunnel, owned; or NULL */
};

/* What the finder looks at, for tests. */
struct lifeline_sources {
	const char *ssh_connection;	/* the variable's value or NULL */
	pid_t self;			/* whose ancestors are looked at */
	const struct settings *settings;	/* or NULL: nothing is added */
	const char *sshd;		/* whose -T is asked, or NULL */
};

/* All lifelines of this host in this network namespace, as struct lifeline *
 * pushed to out; each once, the most certain origin kept. None where the
 * settings say so. Works without privilege, then with less. */
enum err lifelines_find(const struct lifeline_sources *src, struct vec *out)
	must_check;
void lifelines_free(struct vec *lifelines);

/* Is the connection that $SSH_CONNECTION names there? Far cheaper than finding
 * all. */
bool lifeline_runs(const char *ssh_connection);

/* The sshd that may be asked, or NULL: for root, and only where the program that
 * we would run is the host's and for this network namespace. */
const char *lifelines_sshd(void);

/* "ssh 2001:db8::77 -> :22", "ssh port 22", "ssh 192.0.2.1 -> :22 (IPv4)",
 * "mosh 2001:db8::77 -> :60001", "udp ::/0 -> :51820",
 * "tcp 2001:db8::/32 -> [2001:db8:c::2]:4001", "udp -> [2001:db8::53]:53",
 * "esp 2001:db8:9::1 -> 2001:db8::1". */
void lifeline_describe(const struct lifeline *ll, struct str *out);

/* Where it was learnt, translated: "this session (SSH_CONNECTION)". */
const char *lifeline_origin_text(const struct lifeline *ll);

#endif
