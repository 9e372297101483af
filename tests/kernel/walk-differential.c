/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The walk against the kernel: random rulesets, loaded by ip6tables-legacy, and
 * random packets, sent into a veth. The kernel's counters tell which rule
 * decided. No false ACCEPT, no false DROP, no other rule.
 * WALK_CASES and WALK_SEED change how many and which. */
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <poll.h>
#include <sys/wait.h>
#include <time.h>
#include <sallyport/backend.h>
#include <sallyport/mem.h>
#include <sallyport/walk.h>
#include "../ns.h"
#include "../unit/rules.h"

#define HOST "2001:db8::1"
#define PACKETS 6	/* for each ruleset */
#define CHAINS 4

static uint64_t seed = 0x5a11fa57;

static unsigned
draw(unsigned n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)((seed >> 20) % n);
}

#define PICK(list) ((list)[draw(ARRAY_LEN(list))])

/* What a rule may ask: of the packet, of an extension, of its protocol. */
static const char *const core_options[] = {
	"", "", "", "", "", "", "", "", "", "", "", "",
	"-s 2001:db8:a::/48", "! -s 2001:db8:a::/48", "-s 2001:db8:a::2",
	"-s 2001:db8:b::1/ffff:ffff:ffff::1", "-s ::2/::3", "-d " HOST,
	"! -d " HOST, "-d 2001:db8::/127", "-i veth0", "! -i veth0", "-i lo",
	"-i vet+",
};

static const char *const match_options[] = {
	"", "", "", "", "", "", "", "", "", "", "", "", "", "", "",
	"-m state --state NEW",
	"-m state --state RELATED,ESTABLISHED",
	"-m conntrack --ctstate INVALID", "-m conntrack ! --ctstate INVALID",
	"-m conntrack --ctstate UNTRACKED",
	"-m conntrack --ctstate NEW,UNTRACKED",
	"-m conntrack --ctdir ORIGINAL", "-m conntrack --ctdir REPLY",
	"-m conntrack ! --ctstate ESTABLISHED --ctdir ORIGINAL",
	"-m hl --hl-eq 255", "-m hl ! --hl-eq 255", "-m hl --hl-lt 64",
	"-m hl --hl-gt 64", "-m length --length 0:80",
	"-m length ! --length 60:70", "-m comment --comment x",
	"-m iprange --src-range 2001:db8:a::1-2001:db8:a::2",
	"-m iprange ! --dst-range 2001:db8::1-2001:db8::2",
	"-m mark --mark 0", "-m mark --mark 1", "-m pkttype --pkt-type unicast",
	"-m limit --limit 1/hour --limit-burst 2",
	"-m statistic --mode nth --every 2 --packet 0",
};

static const char *const tcp_options[] = {
	"", "--dport 22", "! --dport 22", "--sport 1024:20000", "--dport 20:80",
	"! --sport 30000:40000", "--syn", "! --syn",
	"--tcp-flags SYN,ACK,FIN,RST ACK", "--tcp-flags ALL SYN",
	"--tcp-option 2", "-m multiport --dports 22,80,443",
	"-m multiport ! --dports 20:25,443", "-m multiport --sports 1024:30000",
	"-m multiport --ports 22,30000:65535", "-m multiport ! --ports 443",
};

static const char *const udp_options[] = {
	"", "--dport 443", "! --dport 443", "--sport 1024:20000",
	"-m multiport --dports 53,443", "-m multiport ! --ports 53",
};

static const char *const icmp_options[] = {
	"", "-m icmp6 --icmpv6-type 135", "-m icmp6 ! --icmpv6-type 135",
	"-m icmp6 --icmpv6-type 136", "-m icmp6 --icmpv6-type echo-request",
	"-m icmp6 --icmpv6-type 1/4", "-m icmp6 --icmpv6-type 1",
};

static const char *const targets[] = {
	"-j ACCEPT", "-j ACCEPT", "-j DROP", "-j DROP", "-j REJECT",
	"-j RETURN", "-j LOG", "",
};

static void
add_protocol(struct str *out)
{
	switch (draw(8)) {
	case 0:
	case 1:
		str_addf(out, " -p tcp -m tcp %s", PICK(tcp_options));
		break;
	case 2:
		str_addf(out, " -p udp -m udp %s", PICK(udp_options));
		break;
	case 3:
		str_addf(out, " -p icmpv6 %s", PICK(icmp_options));
		break;
	case 4:
		str_add(out, draw(2) ? " ! -p tcp" : " ! -p icmpv6");
		break;
	default:
		break;
	}
}

/* Jumps lead to later chains only: the kernel refuses loops. */
static void
add_rule(struct str *out, int chain)
{
	if (chain < 0)
		str_add(out, "-A INPUT");
	else
		str_addf(out, "-A C%d", chain);
	add_protocol(out);
	str_addf(out, " %s %s", PICK(core_options), PICK(match_options));
	if (chain + 1 < CHAINS && draw(3) == 0)
		str_addf(out, " -%c C%d\n", draw(4) ? 'j' : 'g',
			 chain + 1 + (int)draw((unsigned)(CHAINS - 1 - chain)));
	else
		str_addf(out, " %s\n", PICK(targets));
}

static void
random_rules(struct str *out)
{
	str_addf(out, "*filter\n:INPUT %s [0:0]\n:FORWARD ACCEPT [0:0]\n"
		 ":OUTPUT ACCEPT [0:0]\n", draw(2) ? "DROP" : "ACCEPT");
	for (int i = 0; i < CHAINS; i++)
		str_addf(out, ":C%d - [0:0]\n", i);
	/* Every packet is seen here. */
	str_add(out, "-A INPUT -m comment --comment seen\n");
	for (unsigned n = 3 + draw(8); n; n--)
		add_rule(out, -1);
	for (int i = 0; i < CHAINS; i++)
		for (unsigned n = draw(5); n; n--)
			add_rule(out, i);
	str_add(out, "COMMIT\n");
}

/* Run a command, text on its standard input. */
static bool
command(const char *text, const char *line)
{
	char words[256], *argv[32];
	int pipefd[2], status, n = 0;
	pid_t pid;

	snprintf(words, sizeof(words), "%s", line);
	for (char *w = strtok(words, " "); w && n < 31; w = strtok(NULL, " "))
		argv[n++] = w;
	argv[n] = NULL;
	if (pipe(pipefd) < 0)
		bail_out("pipe: %s", strerror(errno));
	pid = fork();
	if (pid == 0) {
		dup2(pipefd[0], 0);
		close(pipefd[1]);
		execvp(argv[0], argv);
		_exit(127);
	}
	close(pipefd[0]);
	if (write(pipefd[1], text, strlen(text)) != (ssize_t)strlen(text))
		bail_out("write: %s", strerror(errno));
	close(pipefd[1]);
	return waitpid(pid, &status, 0) == pid && status == 0;
}

static int out_fd;
static unsigned char host_mac[6];

static void
set_up(void)
{
	struct sockaddr_ll ll = { .sll_family = AF_PACKET };
	struct ifreq req = { .ifr_name = "veth0" };

	if (!command("", "ip link add veth0 type veth peer name out0"))
		skip_all("no veth");
	ns_write("/proc/sys/net/ipv6/conf/out0/disable_ipv6", "1");
	ns_write("/proc/sys/net/ipv6/conf/veth0/accept_ra", "0");
	if (!command("", "ip link set out0 up") ||
	    !command("", "ip link set veth0 up") ||
	    !command("", "ip -6 addr add " HOST "/64 dev veth0 nodad") ||
	    !command("", "ip -6 route add default via 2001:db8::fe dev veth0") ||
	    !command("", "ip -6 neigh add 2001:db8::fe lladdr 02:00:00:00:00:fe"
		     " dev veth0"))
		bail_out("cannot set up the link");
	out_fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_IPV6));
	ll.sll_protocol = 0;
	ll.sll_ifindex = (int)if_nametoindex("out0");
	if (out_fd < 0 || bind(out_fd, (struct sockaddr *)&ll, sizeof(ll)) < 0 ||
	    ioctl(out_fd, SIOCGIFHWADDR, &req) < 0)
		bail_out("packet socket: %s", strerror(errno));
	memcpy(host_mac, req.ifr_hwaddr.sa_data, 6);
}

static void
random_packet(struct packet *p)
{
	static const char *const sources[] = {
		"2001:db8:a::1", "2001:db8:a::2", "2001:db8:b::1",
		"2001:db8:b::2", "2001:db8:c::3",
	};
	static const uint16_t ports[] = { 22, 53, 80, 443, 4001 };
	static const struct { uint8_t flags; enum ct_state ct; } tcp[] = {
		{ 2, CT_NEW }, { 2, CT_NEW }, { 16, CT_NEW }, { 24, CT_NEW },
		{ 4, CT_INVALID }, { 18, CT_INVALID }, { 1, CT_INVALID },
	};
	static const struct { uint8_t type, code; enum ct_state ct; } icmp[] = {
		{ 135, 0, CT_UNTRACKED }, { 136, 0, CT_UNTRACKED },
		{ 128, 0, CT_NEW }, { 129, 0, CT_INVALID },
		{ 1, 4, CT_INVALID }, { 134, 0, CT_UNTRACKED },
	};
	static const uint8_t hops[] = { 255, 64, 63, 1 };
	static unsigned port;
	unsigned i;

	memset(p, 0, sizeof(*p));
	strcpy(p->in, "veth0");
	p->src = address(PICK(sources));
	p->dst = address(HOST);
	p->src_len = p->dst_len = 128;
	p->hop_limit.lo = p->hop_limit.hi = PICK(hops);
	port = (port + 1) % 64000;	/* no connection twice */
	p->sport.lo = p->sport.hi = 1024 + (port * 7919) % 64000;
	p->dport.lo = p->dport.hi = PICK(ports);
	switch (draw(3)) {
	case 0:
		i = draw(ARRAY_LEN(tcp));
		p->proto = IPPROTO_TCP;
		p->tcp_flags = tcp[i].flags;
		p->ct = tcp[i].ct;
		p->length.lo = 60 + draw(30);
		break;
	case 1:
		p->proto = IPPROTO_UDP;
		p->ct = draw(3) ? CT_NEW : CT_ESTABLISHED;
		p->ct_reply = p->ct == CT_ESTABLISHED;
		p->length.lo = 48 + draw(40);
		break;
	case 2:
		i = draw(ARRAY_LEN(icmp));
		p->proto = IPPROTO_ICMPV6;
		p->icmp_type = icmp[i].type;
		p->icmp_code = icmp[i].code;
		p->ct = icmp[i].ct;
		p->length.lo = 64 + draw(40);
		p->sport.lo = p->sport.hi = p->dport.lo = p->dport.hi = 0;
		break;
	}
	p->length.hi = p->length.lo;
}

static uint32_t
sum(const void *data, size_t n, uint32_t acc)
{
	const unsigned char *b = data;

	for (size_t i = 0; i < n; i++)
		acc += i % 2 ? b[i] : (uint32_t)b[i] << 8;
	return acc;
}

/* The frame of a packet; its length. */
static size_t
make_frame(const struct packet *p, unsigned char *f)
{
	unsigned char *ip = f + 14, *l4 = ip + 40;
	unsigned len = p->length.lo - 40, at = 2;
	uint32_t acc;

	memset(f, 0, 54 + len);
	memcpy(f, host_mac, 6);
	f[6] = 2;
	f[11] = 0xfe;
	f[12] = 0x86;
	f[13] = 0xdd;
	ip[0] = 0x60;
	ip[4] = (unsigned char)(len >> 8);
	ip[5] = (unsigned char)len;
	ip[6] = p->proto;
	ip[7] = (unsigned char)p->hop_limit.lo;
	memcpy(ip + 8, &p->src, 16);
	memcpy(ip + 24, &p->dst, 16);
	l4[0] = (unsigned char)(p->sport.lo >> 8);
	l4[1] = (unsigned char)p->sport.lo;
	l4[2] = (unsigned char)(p->dport.lo >> 8);
	l4[3] = (unsigned char)p->dport.lo;
	if (p->proto == IPPROTO_TCP) {
		l4[7] = 1;
		l4[12] = 0x50;
		l4[13] = p->tcp_flags;
		l4[14] = 0xff;
		at = 16;
	} else if (p->proto == IPPROTO_UDP) {
		l4[4] = (unsigned char)(len >> 8);
		l4[5] = (unsigned char)len;
		at = 6;
	} else {
		l4[0] = p->icmp_type;
		l4[1] = p->icmp_code;
		memcpy(l4 + 8, &p->dst, 16);	/* a target, if it has one */
		if (p->icmp_type >= 128 && p->icmp_type <= 129) {
			static uint16_t id;	/* no connection twice */

			l4[4] = (unsigned char)(++id >> 8);
			l4[5] = (unsigned char)id;
		}
	}
	acc = sum(ip + 8, 32, len + p->proto);
	acc = sum(l4, len, acc);
	acc = (acc & 0xffff) + (acc >> 16);
	acc = ~((acc & 0xffff) + (acc >> 16)) & 0xffff;
	if (!acc && p->proto == IPPROTO_UDP)
		acc = 0xffff;
	l4[at] = (unsigned char)(acc >> 8);
	l4[at + 1] = (unsigned char)acc;
	return 54 + len;
}

/* The host speaks first: what comes back is ESTABLISHED, a reply. */
static void
open_flow(const struct packet *p)
{
	struct sockaddr_in6 sa = { .sin6_family = AF_INET6,
				   .sin6_port = htons((uint16_t)p->dport.lo) };
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0)
		bail_out("udp: %s", strerror(errno));
	sa.sin6_addr = p->src;
	sa.sin6_port = htons((uint16_t)p->sport.lo);
	if (sendto(fd, "x", 1, 0, (struct sockaddr *)&sa, sizeof(sa)) < 0)
		bail_out("udp: %s", strerror(errno));
	close(fd);
}

static struct ruleset *
read_rules(struct backend *be)
{
	struct ruleset *rs;

	if (be->ops->read(be, "filter", &rs))
		bail_out("%s", err_message());
	return rs;
}

/* The rule that decided: the one with a verdict of its own that counted one
 * packet more. False where there is none or more than one. */
static bool
kernel_verdict(const struct ruleset *before, const struct ruleset *after,
	       struct walk_result *r)
{
	int found = 0;

	for (size_t i = 0; i < after->chains.n; i++) {
		const struct chain *a = before->chains.v[i];
		const struct chain *b = after->chains.v[i];

		if (strcmp(b->name, "FORWARD") == 0 ||
		    strcmp(b->name, "OUTPUT") == 0)
			continue;
		for (size_t j = 0; j <= b->rules.n; j++) {
			bool policy = j == b->rules.n;
			const char *target = policy ? policy_name(b->policy) :
					     rule_target(chain_rule(b, j));
			uint64_t more = policy ?
				b->counters.packets - a->counters.packets :
				chain_rule(b, j)->counters.packets -
				chain_rule(a, j)->counters.packets;
			bool accept = strcmp(target, "ACCEPT") == 0;

			if (!more || (!accept && strcmp(target, "DROP") &&
				      strcmp(target, "REJECT")))
				continue;
			found += (int)more;
			r->verdict = accept ? VERDICT_ACCEPT : VERDICT_DROP;
			strcpy(r->chain, b->name);
			r->rule = policy ? 0 : j + 1;
		}
	}
	return found == 1;
}

/* Send and wait until the first rule has counted it and one has decided. */
static bool
ask_kernel(struct backend *be, const struct packet *p, struct walk_result *r)
{
	struct ruleset *before, *after;
	unsigned char frame[512];
	size_t n = make_frame(p, frame);
	bool done = false;

	if (p->ct_reply)
		open_flow(p);
	before = read_rules(be);
	if (send(out_fd, frame, n, 0) != (ssize_t)n)
		bail_out("send: %s", strerror(errno));
	for (int i = 0; i < 200 && !done; i++) {
		if (i > 3)
			poll(NULL, 0, 2);
		after = read_rules(be);
		done = kernel_verdict(before, after, r);
		ruleset_free(after);
	}
	ruleset_free(before);
	return done;
}

static unsigned unknown, accepted, dropped, failed, sets;

static void
complain(const char *what, const struct ruleset *rs, const struct packet *p,
	 const struct walk_result *walked, const struct walk_result *kernel)
{
	struct str text = { 0 };

	failed++;
	str_addf(&text, "%s: walk %s ", what, verdict_name(walked->verdict));
	walk_result_rule(walked, &text);
	str_addf(&text, ", kernel %s ", verdict_name(kernel->verdict));
	walk_result_rule(kernel, &text);
	str_addf(&text, ", proto %u, type %u, ports %u %u, flags %u, state %d,"
		 " hops %u, length %u, from ", p->proto, p->icmp_type,
		 p->sport.lo, p->dport.lo, p->tcp_flags, p->ct, p->hop_limit.lo,
		 p->length.lo);
	addr_format(&text, &p->src);
	diag("%s", str_text(&text));
	str_clear(&text);
	ruleset_save(rs, false, &text);
	tap_quote("", str_text(&text));
	str_done(&text);
}

/* A set that the packet is one of. */
static struct packet
widen(const struct packet *p)
{
	static const unsigned lens[] = { 0, 16, 47, 64, 126, 128 };
	struct packet set = *p;

	set.src_len = PICK(lens);
	if (p->proto != IPPROTO_ICMPV6 && draw(2))
		set.sport = (struct range){ 1024, 65535 };
	if (draw(2))
		set.hop_limit = (struct range){ 1, 255 };
	if (p->proto == IPPROTO_TCP)
		set.tcp_flags_any = (uint8_t)(1u << draw(6));
	return set;
}

static void
compare(const struct ruleset *rs, const struct packet *p,
	const struct walk_result *kernel)
{
	struct packet set = widen(p);
	struct walk_result one, many;

	walk(rs, "INPUT", p, &one);
	if (one.verdict == VERDICT_UNKNOWN)
		unknown++;
	else if (one.verdict != kernel->verdict ||
		 (!one.why && (one.rule != kernel->rule ||
			       strcmp(one.chain, kernel->chain) != 0)))
		complain("one packet", rs, p, &one, kernel);
	else if (one.verdict == VERDICT_ACCEPT)
		accepted++;
	else
		dropped++;
	walk(rs, "INPUT", &set, &many);
	if (many.verdict == VERDICT_ACCEPT && kernel->verdict != VERDICT_ACCEPT)
		complain("a set", rs, p, &many, kernel);
	if (many.verdict == VERDICT_ACCEPT)
		sets++;
	/* The set holds the packet: whoever is dropped, somebody of it is. */
	if (one.verdict == VERDICT_DROP && many.verdict == VERDICT_ACCEPT)
		complain("a set that holds it", rs, p, &many, &one);
}

static void
try_ruleset(struct backend *be)
{
	struct str text = { 0 };
	struct ruleset *rs;

	random_rules(&text);
	if (!command(str_text(&text), "ip6tables-legacy-restore"))
		bail_out("ip6tables-legacy-restore refused:\n%s",
			 str_text(&text));
	rs = read_rules(be);
	for (int i = 0; i < PACKETS; i++) {
		struct walk_result kernel = { .verdict = VERDICT_UNKNOWN };
		struct packet p;

		random_packet(&p);
		if (ask_kernel(be, &p, &kernel))
			compare(rs, &p, &kernel);
		else
			complain("no answer", rs, &p, &kernel, &kernel);
	}
	ruleset_free(rs);
	str_done(&text);
}

int
main(void)
{
	const char *cases = getenv("WALK_CASES"), *start = getenv("WALK_SEED");
	unsigned n = cases ? (unsigned)atoi(cases) : 150;
	struct backend *be;

	if (start)
		seed = strtoull(start, NULL, 0) | 1;
	ns_or_skip();
	rules_start();
	set_up();
	be = backend_ip6tc(ns_lock_path);
	for (unsigned i = 0; i < n && failed < 5; i++)
		try_ruleset(be);
	diag("%u rulesets: %u accepted, %u dropped, %u unknown (%u%%), "
	     "%u sets accepted", n, accepted, dropped, unknown,
	     unknown * 100 / (accepted + dropped + unknown + 1), sets);
	is_int(failed, 0, "the walk and the kernel agree");
	ok(accepted > n / 2 && dropped > n / 2 && sets > n / 10,
	   "and there was something to agree on");
	backend_free(be);
	xt_done();
	return done_testing();
}
