/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The time bomb: the rows that the article printed cut no session at once. Its
 * packets go on until the router has to ask again who the server is, and gets
 * no answer: then old and new SSH die for good. The guard says so before, and
 * with its own fix the session lives.
 *
 * Neighbour timers and all times here are TIMEBOMB_SCALE times as fast as they
 * are by default, ten times unless it is set; `make timebomb` takes the real
 * ones. */
#include <sallyport/mem.h>
#include <sallyport/str.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include "../ns.h"
#include "net.h"
#include "wire.h"

#define SERVER "2001:db8:1::2"
#define CLIENT "2001:db8:77::10"
#define BOMBS 3

static const char article_rows[] =
	"*filter\n"
	":INPUT DROP [0:0]\n"
	":FORWARD DROP [0:0]\n"
	":OUTPUT ACCEPT [0:0]\n"
	"-A INPUT -m state --state RELATED,ESTABLISHED -j ACCEPT\n"
	"-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n"
	"-A INPUT -p tcp -m tcp --dport 80 -j ACCEPT\n"
	"-A INPUT -p tcp -m tcp --dport 443 -j ACCEPT\n"
	"-A INPUT -p udp -m udp --dport 443 -j ACCEPT\n"
	"-A FORWARD -s 2030:abcd:ef::/64 -j ACCEPT\n"
	"-A FORWARD -m state --state RELATED,ESTABLISHED -j ACCEPT\n"
	"-A FORWARD -p tcp -m tcp --dport 4001 -j ACCEPT\n"
	"-A FORWARD -p udp -m udp --dport 4001 -j ACCEPT\n"
	"COMMIT\n";

static int scale = 10;
static char work[64];	/* a directory of ours */
static char rows[80];	/* the article's, as a file in it */

/* A client, a router and a server, and what became of them. In memory that all
 * processes share. */
struct trio {
	bool made;
	int judged;		/* exit status of check */
	bool named;		/* neighbour discovery, as what is dropped */
	int applied;		/* exit status of apply --fix and confirm */
	long lived_ms;		/* how long the session answered */
	bool still_lives;
	bool login;		/* a new one, at the end */
};

struct net {
	int client;
	int router;
	int server;
	int session;
	char dir[80];
};

/* Linux's defaults, scaled: 30 s, 1 s, 5 s. */
static void
set_timers(int ns, const char *link)
{
	struct str text = { 0 };

	str_addf(&text, "ntable change name ndisc_cache dev %s base_reachable "
		 "%d retrans %d delay_probe %d\n", link, 30000 / scale,
		 1000 / scale, 5000 / scale);
	net_ip(ns, str_text(&text));
	str_done(&text);
}

static void
set_up_links(const struct net *net)
{
	net_ip(net->server, "link set lo up\n"
	       "link set eth0 addrgenmode none\nlink set eth0 up\n"
	       "address add fe80::2/64 dev eth0 nodad\n"
	       "address add " SERVER "/64 dev eth0 nodad\n"
	       "route add default via fe80::1 dev eth0\n");
	net_ip(net->router, "link set lo up\n"
	       "link set lan addrgenmode none\nlink set lan up\n"
	       "address add fe80::1/64 dev lan nodad\n"
	       "address add 2001:db8:1::1/64 dev lan nodad\n"
	       "link set wan addrgenmode none\nlink set wan up\n"
	       "address add fe80::1/64 dev wan nodad\n"
	       "address add 2001:db8:77::1/64 dev wan nodad\n");
	net_ip(net->client, "link set lo up\n"
	       "link set eth0 addrgenmode none\nlink set eth0 up\n"
	       "address add fe80::2/64 dev eth0 nodad\n"
	       "address add " CLIENT "/64 dev eth0 nodad\n"
	       "route add default via fe80::1 dev eth0\n");
	net_sysctl(net->router, "net/ipv6/conf/all/forwarding", "1");
}

static bool
make_net(struct net *net)
{
	*net = (struct net){ net_new(), net_new(), net_new(), -1, "" };
	if (!wire_make(&(struct wire_end){ net->server, "eth0" },
		       &(struct wire_end){ net->router, "lan" }) ||
	    !wire_make(&(struct wire_end){ net->client, "eth0" },
		       &(struct wire_end){ net->router, "wan" }))
		return false;
	set_up_links(net);
	set_timers(net->server, "eth0");
	set_timers(net->router, "lan");
	set_timers(net->router, "wan");
	set_timers(net->client, "eth0");
	snprintf(net->dir, sizeof(net->dir), "%s/%d", work, (int)getpid());
	return true;
}

/* As sshd tells the shell of the session. */
static void
log_in(struct net *net)
{
	int fd = net_listen(net->server, SOCK_STREAM, "", 22);
	struct sockaddr_in6 sa = { 0 };
	socklen_t len = sizeof(sa);
	char text[128];

	net_echo("sshd", fd);
	close(fd);
	net->session = net_connect(net->client, CLIENT, SERVER, 22, 10000);
	if (net->session < 0 || !net_ask(net->session, 10000) ||
	    getsockname(net->session, (struct sockaddr *)&sa, &len) < 0)
		net_die("no session");
	snprintf(text, sizeof(text), CLIENT " %u " SERVER " 22",
		 ntohs(sa.sin6_port));
	setenv("SSH_CONNECTION", text, 1);
}

/* sallyport with these words, run on the server. */
static int
sallyport(const struct net *net, const char *const words[], struct str *said)
{
	char db[96];
	const char *argv[16] = { getenv("SALLYPORT"), "--run-dir", net->dir,
				 "--db", db };

	snprintf(db, sizeof(db), "%s.db", net->dir);
	for (int i = 0; words[i]; i++)
		argv[5 + i] = words[i];
	return net_hear(net->server, argv, said);
}

static void
judge(const struct net *net, struct trio *trio)
{
	struct str said = { 0 };

	trio->judged = sallyport(net, (const char *const[]){ "check", rows,
				 NULL }, &said);
	trio->named = strstr(str_text(&said),
			     "neighbour solicitation in would be dropped by "
			     "INPUT policy");
	str_done(&said);
}

/* Ask and ask again, until the session is silent for so long or the time is
 * over. */
static void
keep_asking(const struct net *net, long ms, struct trio *trio)
{
	int64_t start = net_now_ms();
	int silence = 20000 / scale;

	do {
		trio->still_lives = net_ask(net->session, silence);
		if (!trio->still_lives)
			break;
		trio->lived_ms = (long)(net_now_ms() - start);
		usleep(500000 / (unsigned)scale);
	} while (trio->lived_ms < ms);
	trio->login = net_connect(net->client, CLIENT, SERVER, 22,
				  trio->still_lives ? 10000 : silence) >= 0;
}

/* Whoever was asked for last is known for longest: the clock starts here. */
static void
meet_again(const struct net *net)
{
	net_ip(net->router, "neigh flush all\n");
	if (!net_ask(net->session, 10000))
		net_die("no session any more");
}

/* The kernel alone: what happens without the guard. */
static void
run_bomb(struct net *net, struct trio *trio)
{
	static const char *const restore[] = { "ip6tables-legacy-restore",
					       NULL };

	meet_again(net);
	if (net_run(net->server, restore, article_rows, -1))
		net_die("the article's rows");
	keep_asking(net, 120000 / scale, trio);
}

static void
run_fixed(struct net *net, struct trio *trio)
{
	struct str said = { 0 };

	trio->applied = sallyport(net, (const char *const[]){ "apply", "--fix",
				  "--yes", "--detach", rows, NULL }, &said);
	if (!trio->applied)
		trio->applied = sallyport(net, (const char *const[]){ "confirm",
					  NULL }, &said);
	if (trio->applied)
		printf("%s", str_text(&said));
	str_done(&said);
	keep_asking(net, 180000 / scale, trio);
}

static pid_t
start(struct trio *trio, void (*run)(struct net *net, struct trio *trio))
{
	struct net net;
	char lock[96];
	pid_t pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	snprintf(lock, sizeof(lock), "%s/%d.lock", work, (int)getpid());
	setenv("XTABLES_LOCKFILE", lock, 1);
	trio->made = make_net(&net);
	if (!trio->made)
		exit(0);
	log_in(&net);
	judge(&net, trio);
	run(&net, trio);
	exit(0);
}

/* 60 s; what a busy machine is late by is not scaled. */
static void
tell_bomb(const struct trio *trio)
{
	double s = (double)trio->lived_ms / 1000;
	long limit = scale > 1 ? 60000 / scale + 2000 : 60000;

	is_int(trio->judged, 3, "the guard refuses the article's rows");
	ok(trio->named, "and names neighbour discovery");
	ok(!trio->still_lives && trio->lived_ms <= limit,
	   "the session dies within %g s, after %.1f s", 60.0 / scale, s);
	ok(scale > 1 || trio->lived_ms >= 10000,
	   "later than a confirmation of 10 s");
	ok(!trio->login, "and nobody can log in again");
}

static void
tell_fixed(const struct trio *trio)
{
	is_int(trio->judged, 3, "the same rows, refused");
	is_int(trio->applied, 0, "are applied with the guard's own fix");
	ok(trio->still_lives, "and the session lives for %g s (%.1f s)",
	   180.0 / scale, (double)trio->lived_ms / 1000);
	ok(trio->login, "a new login gets in, too");
}

static void
remove_work(void)
{
	char words[96];

	snprintf(words, sizeof(words), "rm -rf %s", work);
	if (system(words))
		diag("%s is left", work);
}

static void
make_work(void)
{
	FILE *f;

	snprintf(work, sizeof(work), "%.40s/timebomb-XXXXXX",
		 getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	if (!mkdtemp(work))
		bail_out("%s: %s", work, strerror(errno));
	snprintf(rows, sizeof(rows), "%s/rows", work);
	f = fopen(rows, "we");
	if (!f || fputs(article_rows, f) < 0 || fclose(f))
		bail_out("%s: %s", rows, strerror(errno));
}

int
main(void)
{
	struct trio *trios = mmap(NULL, (BOMBS + 1) * sizeof(*trios),
				  PROT_READ | PROT_WRITE,
				  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	const char *wanted = getenv("TIMEBOMB_SCALE");

	ns_or_skip();
	make_work();
	setenv("SALLYPORT", "./sallyport", 0);
	if (wanted && atoi(wanted) > 0)
		scale = atoi(wanted);
	for (int i = 0; i <= BOMBS; i++)
		start(&trios[i], i < BOMBS ? run_bomb : run_fixed);
	while (wait(NULL) > 0)
		;
	remove_work();
	if (!trios[0].made)
		skip_all("no TAP interfaces");
	diag("neighbour timers %d times as fast as by default", scale);
	for (int i = 0; i < BOMBS; i++)
		tell_bomb(&trios[i]);
	tell_fixed(&trios[BOMBS]);
	return done_testing();
}
