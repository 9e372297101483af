/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the rehearsal share. A scene is a private copy of the links
 * that lifelines cross: the inside is a namespace that looks like this host,
 * and on the outside sits a peer of our own, who plays gateway and client. */
#ifndef GUARD_REHEARSAL_INTERNAL_H
#define GUARD_REHEARSAL_INTERNAL_H

#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <sallyport/rehearsal.h>
#include <sallyport/scratch.h>

/* --- rehearsal.c, rehearsal-run.c: the process --- */

/* What the process tells us, in memory that both have. */
#define BOARD_TEXT 400
struct board_line {
	enum rehearsed candidate;
	enum rehearsed live;
	char account[BOARD_TEXT];	/* "" is none */
};

struct board {
	bool done;
	bool usable;
	char reason[BOARD_TEXT];
	char refused[BOARD_TEXT];
	unsigned setup_us;
	unsigned answer_us;
	size_t n;
	struct board_line lines[];
};

/* What is rehearsed. */
struct play {
	const struct vec *lifelines;
	const struct tables *live;
	const struct tables *candidate;
	struct board *board;
};

/* In the child of a fork. fd is closed when all is said. */
_Noreturn void rehearsal_main(const struct play *play, int fd, pid_t parent);

int64_t now_us(void);

/* --- rehearsal-live.c: how this host looks --- */

#define LINK_ADDRS 32
struct link_addr {
	struct in6_addr addr;
	unsigned len;
	bool deprecated;
};

/* A link as it is in the live namespace. */
struct live_link {
	char ifname[IFNAMSIZ];
	unsigned mtu;
	unsigned group;
	bool noarp;
	bool ethernet;
	bool slave;		/* of another link: a VRF, a bridge */
	unsigned char mac[ETH_ALEN];
	size_t n_addrs;
	struct link_addr addrs[LINK_ADDRS];
};

/* False where there is no such link. */
bool live_link_read(const char *ifname, struct live_link *facts);

/* The link address of a neighbour, where it is known. */
bool neighbour_mac(const char *ifname, const struct in6_addr *addr,
		   unsigned char mac[ETH_ALEN]);

/* --- rehearsal-sysctl.c: below /proc/sys/net --- */

struct sysctls;
struct sysctls *sysctls_read(const char *const *ifnames, size_t n);
void sysctls_free(struct sysctls *sysctls);
/* In the namespace that is to look like this host. False, with a reason in out:
 * one that differs cannot be set. */
bool sysctls_write(const struct sysctls *sysctls, struct str *out);
/* Let neighbours be asked for every 20 ms rather than every second, for half a
 * second, as far as that can be set. */
void sysctls_hurry(const char *ifname);
/* One setting; false where it cannot be. */
bool sysctl_put(const char *name, const char *value);

/* --- rehearsal-scene.c, rehearsal-behind.c: the private links --- */

/* A link of the scene, and its outer end. */
struct cable {
	struct live_link facts;
	int ifindex;			/* inside */
	int fd;				/* AF_PACKET, outside */
	unsigned char peer_mac[ETH_ALEN];
	bool mac_known;
};

/* A link to what is behind this host, and a namespace at its other end. */
struct yard {
	struct live_link facts;
	int ifindex;			/* inside */
	int ns;
	int far_ifindex;		/* there */
};

/* Rules of policy routing in the live namespace. */
struct ip_rules {
	bool other;		/* than those that are there at first */
	bool by_mark;		/* of them, such as look at marks */
};

struct scene {
	int inside;			/* namespaces */
	int outside;
	bool user_ns;
	struct ip_rules policy;
	size_t n;
	struct cable *cables;
	size_t n_yards;
	struct yard *yards;
};

/* Leave this host's namespace. False: not possible here, why in reason. */
bool scene_build(struct scene *scene, const struct vec *lifelines,
		 struct str *reason);
bool scene_enter(int ns);
int scene_here(void);		/* the namespace that we are in, yours */
struct cable *scene_cable(struct scene *scene, const char *ifname);
struct yard *scene_yard(struct scene *scene, const char *ifname);

/* 0 or -NLE_*; we are inside before and after. */
struct nl_sock;
int yard_build(struct scene *scene, struct nl_sock *sk, struct yard *yard);

/* Somebody with this address lives there, gateway being who routes to it, or
 * NULL; and answers by way of the host. */
int yard_settle(struct scene *scene, struct yard *yard,
		const struct in6_addr *addr, const struct in6_addr *gateway);

/* The host's address that they answer by. */
const struct in6_addr *yard_host(const struct yard *yard);

/* --- rehearsal-policy.c --- */

void policy_read(struct ip_rules *policy);
/* May a packet be routed by a mark that the tables set? */
bool policy_is_open(const struct ip_rules *policy, const struct tables *tables);

/* --- rehearsal-net.c: links, addresses, routes over netlink; 0 or -NLE_* --- */

int net_open(struct nl_sock **sk);
int net_add_cable(struct nl_sock *sk, const struct live_link *facts,
		  const char *outer_name, int outer_ns);
/* With its name, MTU, addresses; the other end is up already. */
int net_dress(struct nl_sock *sk, int ifindex, const struct live_link *facts);
int net_bring_up(struct nl_sock *sk, int ifindex, bool noarp);
int net_add_address(struct nl_sock *sk, int ifindex,
		    const struct link_addr *addr);
int net_add_route(struct nl_sock *sk, int ifindex, const struct in6_addr *dst,
		  unsigned len, const struct in6_addr *gateway);

/* Forget all neighbours of the link. */
void net_forget_neighbours(int ifindex);
/* NUD_*; 0 where it is not known. */
int net_neighbour_state(int ifindex, const struct in6_addr *addr);
/* Have the kernel ask whether the neighbour is still there. */
bool net_doubt_neighbour(int ifindex, const struct in6_addr *addr);

/* --- rehearsal-counts.c: what the kernel counted --- */

enum kernel_count {
	COUNT_TCP,		/* segments in */
	COUNT_UDP,		/* datagrams in, read */
	COUNT_SOLICITATIONS,	/* of neighbours, in */
	COUNT_ADVERTISEMENTS,	/* of routers, in */
};
unsigned long kernel_count(enum kernel_count what);

/* --- rehearsal-frame.c: packets --- */

#define FRAME_MAX 9216
struct frame {
	size_t len;
	unsigned char data[FRAME_MAX];
};

/* A packet that was received: what lies behind the IPv6 header. */
struct heard {
	const struct ip6_hdr *ip;
	uint8_t proto;
	const unsigned char *l4;
	size_t len;
};

struct route_of {		/* from, to */
	struct in6_addr src;
	struct in6_addr dst;
};

/* Ethernet and IPv6 headers, payload and its checksum at offset sum (0: none).
 * For multicast addresses mac is not looked at. */
void frame_make(struct frame *f, const unsigned char from[ETH_ALEN],
		const unsigned char to[ETH_ALEN], const struct route_of *way,
		uint8_t proto, uint8_t hops, const void *payload, size_t len,
		size_t sum);
/* False: nothing that we understand. */
bool frame_read(const void *data, size_t len, struct heard *heard);

/* --- rehearsal-peer.c: who plays the outside --- */

/* Called with each packet that the inside sends on the cable. */
struct peer {
	struct cable *cable;
	struct in6_addr host;		/* whom we talk to */
	struct in6_addr hop;		/* the address by which the host knows
					 * us: gateway or on-link peer */
	bool asked;			/* a solicitation for hop was seen */
	bool answered;			/* an advertisement of the host was;
					 * whoever looks clears both */
	void (*hear)(void *arg, const struct heard *heard);
	void *arg;
};

/* Send; the outer end's queue takes it at once. */
void peer_send(const struct peer *peer, const struct route_of *way,
	       uint8_t proto, uint8_t hops, const void *payload, size_t len,
	       size_t sum);

/* Hear what there is, or comes before until_us; also_fd may be -1. False at the
 * end of that time. */
bool peer_turn(struct peer *peer, int also_fd, int64_t until_us);

/* Ask for the host's address, by multicast or directly. */
void peer_solicit(struct peer *peer, const struct in6_addr *src,
		  const struct in6_addr *target, bool multicast);

/* --- rehearsal-tcp.c: a TCP of our own --- */

struct tcp_end {
	struct peer *peer;
	struct route_of way;		/* from us to the host */
	uint16_t port;			/* ours */
	uint16_t host_port;
	uint32_t seq;			/* of the next byte that we send */
	uint32_t ack;			/* of the next one that we expect */
	uint32_t their_time;
	bool serves;			/* they begin: host_port is not known */
	bool asked;			/* their SYN came */
	bool linked;			/* SYN and SYN-ACK were exchanged */
	bool reset;
	size_t got;			/* bytes of got_data */
	unsigned char got_data[64];	/* the first ones since the last clear */
};

void tcp_syn(struct tcp_end *end);
void tcp_syn_ack(struct tcp_end *end);
void tcp_ack(struct tcp_end *end);
/* Data of a full segment that begins with len bytes; not counted as sent
 * before tcp_sent(). */
void tcp_data(struct tcp_end *end, const void *data, size_t len);
size_t tcp_segment_size(const struct tcp_end *end);
void tcp_hear(void *arg, const struct heard *heard);

/* --- One lifeline in the scene --- */

/* The packet that did not come through. */
enum lost {
	LOST_NOTHING,
	LOST_FIRST,		/* of a new conversation, from who begins it */
	LOST_ANSWER,		/* to that */
	LOST_LATER,		/* a later one of who began it */
	LOST_BACK,		/* of the other */
	LOST_RUNNING,		/* the same of the running connection */
	LOST_RUNNING_BACK,
	LOST_NS_IN,
	LOST_NA_OUT,
	LOST_NS_OUT,
	LOST_NA_IN,
	LOST_RA_IN,
	LOST_DHCP_OUT,
	LOST_DHCP_IN,
	LOST_COUNT,
};

struct act_kind;

struct act {
	const struct lifeline *ll;
	const struct act_kind *kind;
	struct scene *scene;
	struct cable *cable;
	struct yard *yard;		/* LIFELINE_THROUGH */
	int ns;				/* where its socket is */
	struct peer peer;
	struct in6_addr far;		/* who plays its peer */
	struct in6_addr near;		/* who they talk to */
	struct in6_addr host;		/* our own address on the link */
	int listener;			/* or -1 */
	bool owns_listener;
	uint16_t port;			/* of the next new conversation */
	int64_t wait_us;		/* for each answer */
	int64_t slowest_us;		/* answer of those that came */
	int64_t answer_us;		/* until the last connection was open */
	struct tcp_end running;		/* opened under the live tables */
	int running_fd;			/* -1: there is none */
	const struct act *first;	/* of all acts: those before it count */
	unsigned round;			/* control, live, candidate: a number */
	unsigned met;			/* the round in which it last met its
					 * neighbours */
	bool tunnel;			/* it carries another lifeline */
	bool began;			/* under the live rules */
	bool strangers;			/* who is no peer yet may begin there */
	bool stranger;			/* now one of them speaks */
	struct board_line line;		/* what is said of it */
	char *not;			/* why it is not rehearsed, or NULL */
};

/* Who begins, and how such packets are played. */
struct act_kind {
	bool out;
	uint8_t proto;		/* 0: any other one */
	int socket;		/* that of a listener */
	enum lost (*play)(struct act *act, bool keep);
	enum lost (*go_on)(struct act *act);	/* NULL: nothing is kept */
};

/* --- rehearsal-cast.c --- */

/* Its peer, addresses, routes and listener; inside. The acts before it stand
 * in front of it. */
void act_prepare(struct act *act, struct scene *scene,
		 const struct lifeline *ll, bool tunnel,
		 const struct play *play, size_t n_before);

/* --- rehearsal-act.c --- */

/* The lifeline's packets, both ways, with a cold neighbour cache. With keep the
 * connection stays as the running one. */
enum lost act_play(struct act *act, bool keep);

/* Has it a connection to be kept? */
bool act_is_running(const struct act *act);

/* The same of the connection that was kept. */
enum lost act_go_on(struct act *act);

/* --- rehearsal-tcp-in.c, rehearsal-tcp-out.c, rehearsal-datagram.c --- */

/* A conversation of its own; with keep it goes on later. */
enum lost tcp_in_play(struct act *act, bool keep);
enum lost tcp_in_go_on(struct act *act);
enum lost tcp_out_play(struct act *act, bool keep);
enum lost datagram_in_play(struct act *act, bool keep);
enum lost datagram_out_play(struct act *act, bool keep);
enum lost tunnel_play(struct act *act, bool keep);
enum lost tunnel_go_on(struct act *act);

/* --- rehearsal-ndp.c: neighbours --- */
enum lost ndp_play(struct act *act);
enum lost ndp_probe(struct act *act);
enum lost ndp_play_yard(struct act *act);

/* --- rehearsal-renewal.c: routers and leases --- */
enum lost renewal_play(struct act *act);

/* --- rehearsal-where.c: how far a packet came --- */

/* What was counted before it was sent. */
struct before {
	unsigned long segments;		/* TCP, at its end */
	unsigned long asked_inside;	/* solicitations */
	unsigned long asked_yard;
};
struct before where_begin(const struct act *act);
/* Did a TCP segment come in since? */
bool where_arrived(const struct act *act, const struct before *before);
/* No answer came from who was spoken to. */
enum lost where_lost(const struct act *act, const struct before *before,
		     bool arrived);

/* Nonces: what cannot be guessed was heard. */
#define NONCE_SIZE 32
void nonce_new(unsigned char nonce[NONCE_SIZE]);

/* Wait for what done() sees, at most act->wait_us; again() is called two times
 * meanwhile. */
bool act_wait(struct act *act, int also_fd, bool (*done)(void *arg),
	      void (*again)(void *arg), void *arg);
/* The same for what no descriptor tells. */
bool act_watch(struct act *act, bool (*done)(void *arg), void *arg);

/* --- rehearsal-talk.c: what is said over a connection --- */

struct talk {
	struct act *act;
	struct tcp_end *end;
	int fd;			/* the host's own end */
	unsigned char nonce[NONCE_SIZE];
	size_t got;		/* bytes that the host's end has of it */
	unsigned char got_data[NONCE_SIZE];
};

/* Whatever ends a connection of this socket, or of those that it accepts, ends it
 * at once: one that waits for its peer, who has gone, would keep the namespace
 * for minutes, also when we are killed. */
void talk_end_at_once(int fd);

/* A nonce from the peer to the host, and from the host to the peer; false: it
 * did not come through. */
bool talk_in(struct talk *talk);
bool talk_out(struct talk *talk);

/* --- rehearsal-loss.c: by which rule --- */

struct loaded_tables {
	struct scratch *v[TABLE_COUNT];
	struct scratch_hit watched;	/* the first that a packet came to */
	const struct ruleset *rs[TABLE_COUNT];	/* what v was made of */
};

/* Forget what was counted. */
void loss_mark(struct loaded_tables *loaded, bool watched_only);
/* The rule that lost the packet, as the counters tell: "INPUT 3"; "" where they
 * do not tell. */
void loss_find(struct loaded_tables *loaded, const struct lifeline *ll,
	       enum lost lost, struct str *out);
/* "a new connection in"; translated. */
const char *lost_name(const struct lifeline *ll, enum lost lost);
/* Did a packet come to a rule that is not believed? Then out says which. */
bool loss_is_watched(struct loaded_tables *loaded, struct str *out);

/* --- rehearsal-rounds.c --- */

struct run {
	const struct play *play;
	struct scene scene;
	struct scratch_facts facts;
	struct vec lines;	/* lifelines, each with what carries it behind
				 * it: struct lifeline * */
	struct act *acts;	/* one for each */
	struct loaded_tables loaded;
	unsigned round;
	int64_t end_us;
};

/* All rounds; false, with a reason: nothing can be said of any lifeline. */
bool play_all(struct run *run, struct str *reason);
void board_text(char to[BOARD_TEXT], const char *text);

#endif
