/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The host of a case. It has a link eth0 to a peer who is its gateway and
 * everybody behind it; the section host tells what differs. */
#include "case.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "net.h"
#include "ra.h"

#define MAX_WORDS 24
#define HOST_ADDRESS "2001:db8:1::2"
#define FAR_ADDRESS "2001:db8:77::10"
#define NAME_SERVER "2001:db8:53::53"

static const char host_links[] =
	"link add eth0 type veth peer name eth0 netns /proc/%d/fd/%d\n"
	"link set lo up\n"
	"link set eth0 address 02:00:00:00:00:02 addrgenmode none\n"
	"link set eth0 up\n"
	"address add fe80::2/64 dev eth0 nodad\n"
	"address add " HOST_ADDRESS "/64 dev eth0 nodad\n"
	"address add 192.0.2.1/24 dev eth0\n"
	"route add default via fe80::1 dev eth0\n";

static const char peer_links[] =
	"link set lo up\n"
	"link set eth0 address 02:00:00:00:00:01 addrgenmode none\n"
	"link set eth0 up\n"
	"address add fe80::1/64 dev eth0 nodad\n"
	"address add 2001:db8:1::1/64 dev eth0 nodad\n"
	"address add 2001:db8:1::77/64 dev eth0 nodad\n"
	"address add " FAR_ADDRESS "/128 dev lo nodad\n"
	"address add 2001:db8:77::11/128 dev lo nodad\n"
	"address add 2001:db8:99::5/128 dev lo nodad\n"
	"address add " NAME_SERVER "/128 dev lo nodad\n"
	"address add 192.0.2.77/24 dev eth0\n";

struct build {
	struct host *host;
	struct str sessions;	/* lines: FROM TO */
	bool listen_told;
	bool no_session;
	bool console;
};

/* A server of one port, under that name, at one address or "" for any. */
static void
serve(int ns, const char *name, int type, const char *at, const char *port)
{
	int fd = net_listen(ns, type, at, (uint16_t)atoi(port));

	net_echo(name, fd);
	close(fd);
}

static void
on_listen(struct build *b, const char *const words[])
{
	struct host *host = b->host;

	b->listen_told = true;
	if (strcmp(words[1], "none") == 0)
		return;
	serve(host->ns, "sshd", SOCK_STREAM, "", words[1]);
	str_copy(host->port, sizeof(host->port), words[1]);
}

static void
on_session(struct build *b, const char *const words[])
{
	if (strcmp(words[1], "none") == 0)
		b->no_session = true;
	else
		str_addf(&b->sessions, "%s %s\n", words[1],
			 *words[2] ? words[2] : HOST_ADDRESS);
}

static void
on_console(struct build *b, const char *const words[])
{
	(void)words;
	b->console = true;
}

static void
on_ip(struct build *b, const char *const words[])
{
	int ns = b->host->ns;
	const char *argv[MAX_WORDS + 1] = { "ip" };

	if (strcmp(words[0], "peer") == 0)
		ns = b->host->peer;
	for (int n = 1; n < MAX_WORDS && *words[n]; n++)
		argv[n] = words[n];
	if (net_run(ns, argv, NULL, STDOUT_FILENO))
		net_die("ip %s %s", words[1], words[2]);
}

/* A second link to the peer, who is fe80::1 on it, too. */
static void
on_link(struct build *b, const char *const words[])
{
	struct str text = { 0 };

	str_addf(&text, "link add %s type veth peer name %s netns /proc/%d/fd/%d\n"
		 "link set %s addrgenmode none\n"
		 "link set %s up\n"
		 "address add fe80::2/64 dev %s nodad\n", words[1], words[1],
		 (int)getpid(), b->host->peer, words[1], words[1], words[1]);
	net_ip(b->host->ns, str_text(&text));
	str_clear(&text);
	str_addf(&text, "link set %s addrgenmode none\n"
		 "link set %s up\n"
		 "address add fe80::1/64 dev %s nodad\n", words[1], words[1],
		 words[1]);
	net_ip(b->host->peer, str_text(&text));
	str_done(&text);
}

static void
on_sysctl(struct build *b, const char *const words[])
{
	net_sysctl(b->host->ns, words[1], words[2]);
}

static void
on_ra(struct build *b, const char *const words[])
{
	ra_learn(b->host->ns, b->host->peer, "eth0", (uint16_t)atoi(words[1]),
		 *words[2] ? words[2] : NULL);
}

static void
on_serve(struct build *b, const char *const words[])
{
	serve(b->host->ns, "daemon", strcmp(words[1], "udp") == 0 ?
	      SOCK_DGRAM : SOCK_STREAM, "", words[2]);
}

/* A bridge as Docker makes it, and what is in it: its address, and ours. */
static void
on_container(struct build *b, const char *const words[])
{
	struct host *host = b->host;
	struct str text = { 0 };

	host->container = net_new();
	str_addf(&text, "link add docker0 type bridge\n"
		 "link set docker0 up\n"
		 "address add %s/64 dev docker0 nodad\n"
		 "link add veth7 type veth peer name eth0 netns /proc/%d/fd/%d\n"
		 "link set veth7 master docker0\n"
		 "link set veth7 up\n", words[2], (int)getpid(),
		 host->container);
	net_ip(host->ns, str_text(&text));
	str_clear(&text);
	str_addf(&text, "link set eth0 up\n"
		 "address add %s/64 dev eth0 nodad\n"
		 "route add default via %s dev eth0\n", words[1], words[2]);
	net_ip(host->container, str_text(&text));
	str_clear(&text);
	str_addf(&text, "route add %s/64 via fe80::2 dev eth0\n", words[2]);
	net_ip(host->peer, str_text(&text));
	str_done(&text);
	net_sysctl(host->ns, "net/ipv6/conf/all/forwarding", "1");
	serve(host->container, "ipfs", SOCK_STREAM, "", "4001");
}

static const struct {
	const char *word;
	void (*run)(struct build *b, const char *const words[]);
} host_lines[] = {
	{ "console", on_console },
	{ "container", on_container },
	{ "ip", on_ip },
	{ "link", on_link },
	{ "listen", on_listen },
	{ "peer", on_ip },
	{ "ra", on_ra },
	{ "serve", on_serve },
	{ "session", on_session },
	{ "sysctl", on_sysctl },
};

static void
run_line(struct build *b, const char *const words[])
{
	for (size_t i = 0; i < sizeof(host_lines) / sizeof(host_lines[0]); i++) {
		if (strcmp(words[0], host_lines[i].word) != 0)
			continue;
		host_lines[i].run(b, words);
		return;
	}
	net_die("unknown word '%s' in section host", words[0]);
}

static void
run_lines(struct build *b, const char *text)
{
	struct str line = { 0 };
	const char *words[MAX_WORDS];

	while (case_words(&text, words, MAX_WORDS, &line))
		run_line(b, words);
	str_done(&line);
}

static void
make_links(struct host *host)
{
	struct str text = { 0 };

	host->ns = net_new();
	host->peer = net_new();
	host->container = -1;
	str_addf(&text, host_links, (int)getpid(), host->peer);
	net_ip(host->ns, str_text(&text));
	net_ip(host->peer, peer_links);
	str_done(&text);
}

/* What is there unless the section host says otherwise. */
static void
add_defaults(struct build *b)
{
	serve(b->host->peer, "named", SOCK_DGRAM, NAME_SERVER, "53");
	if (!b->listen_told)
		on_listen(b, (const char *[]){ "listen", "22", "", "" });
	if (!b->sessions.len && !b->no_session)
		on_session(b, (const char *[]){ "session", FAR_ADDRESS, "" });
}

/* As sshd tells it to the shell of the first session. */
static void
remember_first(struct host *host, const char *from, const char *to, int fd)
{
	struct sockaddr_in6 sa;
	socklen_t len = sizeof(sa);

	if (getsockname(fd, (struct sockaddr *)&sa, &len) < 0)
		net_die("getsockname");
	str_copy(host->from, sizeof(host->from), from);
	str_copy(host->to, sizeof(host->to), to);
	if (strncmp(from, "::ffff:", 7) == 0) {
		from += 7;
		to += 7;
	}
	snprintf(host->connection, sizeof(host->connection), "%s %u %s %s",
		 from, ntohs(sa.sin6_port), to, host->port);
}

static void
log_in(struct build *b)
{
	struct host *host = b->host;
	const char *at = str_text(&b->sessions);
	struct str line = { 0 };
	const char *words[2];

	while (case_words(&at, words, 2, &line)) {
		int fd = net_connect(host->peer, words[0], words[1],
				     (uint16_t)atoi(host->port), 20000);

		if (fd < 0 || !net_ask(fd, 20000))
			net_die("no session from %s under the live rules",
				words[0]);
		if (!host->n_sessions)
			remember_first(host, words[0], words[1], fd);
		host->sessions[host->n_sessions++] = fd;
	}
	str_done(&line);
}

bool
host_load(const struct host *host, const char *rules)
{
	static const char *const restore[] = { "ip6tables-legacy-restore",
					       NULL };

	return net_run(host->ns, restore, rules, -1) == 0;
}

void
host_make(struct host *host, const struct case_file *c)
{
	struct build b = { .host = host };
	const char *live = str_text(&c->text[SECTION_LIVE]);

	*host = (struct host){ .from = FAR_ADDRESS, .to = HOST_ADDRESS,
			       .port = "22" };
	make_links(host);
	run_lines(&b, str_text(&c->text[SECTION_HOST]));
	if (c->has[SECTION_LIVE] && !host_load(host, live))
		net_die("the live rules are refused by the kernel");
	add_defaults(&b);
	log_in(&b);
	if (b.console)
		host->connection[0] = '\0';
	str_done(&b.sessions);
}
