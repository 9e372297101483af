/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The search for connections that outlive a rule among a quarter of a million
 * of them, from as many sources, and the end of those that are found. */
#include <arpa/inet.h>
#include <time.h>
#include <libnetfilter_conntrack/libnetfilter_conntrack.h>
#include <libnetfilter_conntrack/libnetfilter_conntrack_tcp.h>
#include <sallyport/flows.h>
#include "../ns.h"
#include "../unit/rules.h"

#define FLOWS 250000
#define CLOSED 250	/* one of so many is to the closed port */
#define BANS 1000
#define LIMIT_MS 10000	/* what flows_find() waits */

#define BASE ":INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n" \
	"-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n"
#define WEB "-A INPUT -p tcp -m tcp --dport 443 -j ACCEPT\n"
#define OPEN "-A INPUT -p tcp -m tcp --dport 4001 -j ACCEPT\n"

static double
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

static void
set_ends(struct nf_conntrack *ct, const struct in6_addr *src, uint16_t sport,
	 const struct in6_addr *dst, uint16_t dport)
{
	nfct_set_attr(ct, ATTR_ORIG_IPV6_SRC, src);
	nfct_set_attr(ct, ATTR_ORIG_IPV6_DST, dst);
	nfct_set_attr_u16(ct, ATTR_ORIG_PORT_SRC, htons(sport));
	nfct_set_attr_u16(ct, ATTR_ORIG_PORT_DST, htons(dport));
	nfct_setobjopt(ct, NFCT_SOPT_SETUP_REPLY);
}

/* Connections to this host from everywhere. */
static void
fill(void)
{
	struct nfct_handle *h = nfct_open(CONNTRACK, 0);
	struct nf_conntrack *ct = nfct_new();
	struct in6_addr src = address("2001:db8:5::"), dst = address("::1");

	if (!h || !ct)
		skip_all("no conntrack: %s", strerror(errno));
	nfct_set_attr_u8(ct, ATTR_L3PROTO, AF_INET6);
	nfct_set_attr_u8(ct, ATTR_L4PROTO, IPPROTO_TCP);
	nfct_set_attr_u8(ct, ATTR_TCP_STATE, TCP_CONNTRACK_ESTABLISHED);
	nfct_set_attr_u32(ct, ATTR_TIMEOUT, 3600);
	for (uint32_t i = 0; i < FLOWS; i++) {
		const uint32_t n = htonl(i);

		memcpy(&src.s6_addr[12], &n, sizeof(n));
		set_ends(ct, &src, (uint16_t)(1024 + i % 60000), &dst,
			 i % CLOSED ? 443 : 4001);
		if (nfct_query(h, NFCT_Q_CREATE, ct) < 0)
			bail_out("entry %u: %s", i, strerror(errno));
	}
	nfct_destroy(ct);
	nfct_close(h);
}

static void
bench(const char *what, const char *before_lines, const char *now_lines)
{
	struct tables *before = firewall(before_lines);
	struct tables *now = firewall(now_lines);
	struct flows flows;
	double start = now_ms(), took;

	is_int(flows_find(before, now, NULL, &flows), OK, "%s: found (%s)",
	       what, err_message());
	took = now_ms() - start;
	diag("%s: %zu of %zu connections in %.0f ms", what, flows.v.n,
	     flows.seen, took);
	ok(took < LIMIT_MS, "%s: in time", what);
	is_int(flows.v.n, FLOWS / CLOSED, "%s: those alone", what);
	flows_done(&flows);
	tables_free(before);
	tables_free(now);
}

static void
bench_end(void)
{
	struct tables *before = firewall(BASE WEB OPEN);
	struct tables *now = firewall(BASE WEB);
	struct flows_end end;
	struct flows flows;
	double start;

	if (flows_find(before, now, NULL, &flows))
		bail_out("%s", err_message());
	start = now_ms();
	is_int(flows_delete(&flows, NULL, &end), OK, "deleted");
	diag("%zu deleted, and a second look, in %.0f ms", end.deleted,
	     now_ms() - start);
	is_int(end.deleted, FLOWS / CLOSED, "all of them");
	flows_done(&flows);
	tables_free(before);
	tables_free(now);
}

/* The same below bans of single sources: each source is one of its own. */
static void
bench_bans(void)
{
	struct str bans = { 0 }, before = { 0 }, now = { 0 };

	for (unsigned i = 0; i < BANS; i++)
		str_addf(&bans, "-A INPUT -s 2001:db8:6::%x/128 -j DROP\n", i);
	str_addf(&before, BASE "%s" WEB OPEN, str_text(&bans));
	str_addf(&now, BASE "%s" WEB, str_text(&bans));
	bench("below 1000 bans", str_text(&before), str_text(&now));
	str_done(&bans);
	str_done(&before);
	str_done(&now);
}

int
main(void)
{
	ns_or_skip();
	rules_start();
	if (system("ip6tables-legacy -A INPUT -m conntrack --ctstate NEW") != 0)
		skip_all("no ip6tables-legacy");
	fill();
	bench("few rules", BASE WEB OPEN, BASE WEB);
	bench_bans();
	bench_end();
	xt_done();
	return done_testing();
}
