/* SPDX-License-Identifier: GPL-2.0-or-later */
/* As much of TCP as a client needs on a wire that loses nothing: the handshake,
 * one full segment at a time, and the options that Linux sends (RFC 9293, RFC
 * 7323). */
#include <arpa/inet.h>
#include <string.h>
#include <sallyport/addr.h>
#include <sallyport/mem.h>
#include "rehearsal-internal.h"

#define HOPS 64
#define TIME_OPTION 12		/* with two bytes in front of it */
#define SYN_OPTIONS 20

struct segment {
	struct tcphdr tcp;
	unsigned char rest[FRAME_MAX];
};

size_t
tcp_segment_size(const struct tcp_end *end)
{
	size_t mtu = end->peer->cable->facts.mtu;
	size_t headers = sizeof(struct ip6_hdr) + sizeof(struct tcphdr) +
			 TIME_OPTION;

	if (mtu > FRAME_MAX - ETH_HLEN)
		mtu = FRAME_MAX - ETH_HLEN;
	return mtu - headers;
}

static void
put32(unsigned char *at, uint32_t n)
{
	n = htonl(n);
	memcpy(at, &n, sizeof(n));
}

/* NOP, NOP, and both times. */
static void
put_time(const struct tcp_end *end, unsigned char *at)
{
	at[0] = at[1] = TCPOPT_NOP;
	at[2] = TCPOPT_TIMESTAMP;
	at[3] = TCPOLEN_TIMESTAMP;
	put32(at + 4, (uint32_t)(now_us() / 1000));
	put32(at + 8, end->their_time);
}

static void
send_segment(struct tcp_end *end, uint8_t flags, struct segment *s,
	     size_t options, size_t len)
{
	s->tcp.th_sport = htons(end->port);
	s->tcp.th_dport = htons(end->host_port);
	s->tcp.th_seq = htonl(end->seq);
	s->tcp.th_ack = flags & TH_ACK ? htonl(end->ack) : 0;
	s->tcp.th_off = (sizeof(s->tcp) + options) / 4 & 15;
	s->tcp.th_flags = flags;
	s->tcp.th_win = htons(65535);
	peer_send(end->peer, &end->way, IPPROTO_TCP, HOPS, s,
		  sizeof(s->tcp) + options + len,
		  offsetof(struct tcphdr, th_sum));
}

/* MSS, SACK permitted, times, window scale: as Linux does. */
static void
send_syn(struct tcp_end *end, uint8_t flags)
{
	struct segment s = { .tcp.th_seq = 0 };
	size_t mss = tcp_segment_size(end) + TIME_OPTION;
	unsigned char *at = s.rest;

	*at++ = TCPOPT_MAXSEG;
	*at++ = TCPOLEN_MAXSEG;
	*at++ = (unsigned char)(mss >> 8);
	*at++ = (unsigned char)mss;
	put_time(end, at);
	at[0] = TCPOPT_SACK_PERMITTED;
	at[1] = TCPOLEN_SACK_PERMITTED;
	at += TIME_OPTION;
	*at++ = TCPOPT_NOP;
	*at++ = TCPOPT_WINDOW;
	*at++ = TCPOLEN_WINDOW;
	*at++ = 7;
	send_segment(end, flags, &s, SYN_OPTIONS, 0);
}

void
tcp_syn(struct tcp_end *end)
{
	send_syn(end, TH_SYN);
}

/* The segment that follows has the next number. */
void
tcp_syn_ack(struct tcp_end *end)
{
	send_syn(end, TH_SYN | TH_ACK);
}

void
tcp_ack(struct tcp_end *end)
{
	struct segment s = { .tcp.th_seq = 0 };

	put_time(end, s.rest);
	send_segment(end, TH_ACK, &s, TIME_OPTION, 0);
}

void
tcp_data(struct tcp_end *end, const void *data, size_t len)
{
	struct segment s = { .tcp.th_seq = 0 };

	put_time(end, s.rest);
	memcpy(s.rest + TIME_OPTION, data, len);
	send_segment(end, TH_ACK | TH_PUSH, &s, TIME_OPTION,
		     tcp_segment_size(end));
}

/* The sender's time, to be sent back. */
static void
hear_time(struct tcp_end *end, const unsigned char *at, size_t len)
{
	while (len > 1 && *at != TCPOPT_EOL) {
		size_t size = *at == TCPOPT_NOP ? 1 : at[1];

		if (size == 0 || size > len)
			return;
		if (*at == TCPOPT_TIMESTAMP && size == TCPOLEN_TIMESTAMP) {
			memcpy(&end->their_time, at + 2, 4);
			end->their_time = ntohl(end->their_time);
		}
		at += size;
		len -= size;
	}
}

static void
hear_data(struct tcp_end *end, const unsigned char *data, size_t len)
{
	size_t room = sizeof(end->got_data) - end->got;

	memcpy(end->got_data + end->got, data, len < room ? len : room);
	end->got += len < room ? len : room;
	end->ack += (uint32_t)len;
	tcp_ack(end);
}

static bool
is_ours(const struct tcp_end *end, const struct heard *heard)
{
	const struct tcphdr *tcp = (const void *)heard->l4;

	return heard->proto == IPPROTO_TCP && heard->len >= sizeof(*tcp) &&
	       tcp->th_dport == htons(end->port) &&
	       (end->serves || tcp->th_sport == htons(end->host_port)) &&
	       (end->serves ||
		addr_equal(&heard->ip->ip6_src, &end->way.dst)) &&
	       addr_equal(&heard->ip->ip6_dst, &end->way.src) &&
	       tcp->th_off * 4u >= sizeof(*tcp) &&
	       tcp->th_off * 4u <= heard->len;
}

/* The host's answer to our SYN. */
static void
hear_syn_ack(struct tcp_end *end, const struct tcphdr *tcp)
{
	end->ack = ntohl(tcp->th_seq) + 1;
	if (!end->linked)
		end->seq = ntohl(tcp->th_ack);
	end->linked = true;
}

/* Its own. From now on only this one counts. */
static void
hear_syn(struct tcp_end *end, const struct heard *heard)
{
	const struct tcphdr *tcp = (const void *)heard->l4;

	end->way.dst = heard->ip->ip6_src;
	end->host_port = ntohs(tcp->th_sport);
	end->ack = ntohl(tcp->th_seq) + 1;
	end->serves = false;
	end->asked = true;
}

void
tcp_hear(void *arg, const struct heard *heard)
{
	struct tcp_end *end = arg;
	const struct tcphdr *tcp = (const void *)heard->l4;
	size_t header;

	if (!is_ours(end, heard))
		return;
	header = tcp->th_off * 4u;
	hear_time(end, heard->l4 + sizeof(*tcp), header - sizeof(*tcp));
	if (tcp->th_flags & TH_RST) {
		end->reset = true;
		return;
	}
	if (end->serves && !(tcp->th_flags & TH_SYN))
		return;
	if (end->serves)
		hear_syn(end, heard);
	else if ((tcp->th_flags & (TH_SYN | TH_ACK)) == (TH_SYN | TH_ACK))
		hear_syn_ack(end, tcp);
	else if (heard->len > header && ntohl(tcp->th_seq) == end->ack)
		hear_data(end, heard->l4 + header, heard->len - header);
}
