/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lifelines found on a real kernel: a client in a namespace of its own behind a
 * veth, first on the link, then behind a gateway; a listener whose process is
 * called sshd. */
#include <arpa/inet.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <sallyport/addr.h>
#include <sallyport/lifeline.h>
#include "../ns.h"

#define HOST "2001:db8::1"
#define NEAR "2001:db8::77"
#define FAR "2001:db8:77::77"

static pid_t client_ns;	/* a process that keeps the client's namespace */
static pid_t server;
static uint16_t server_port;

/* A command in our namespace, or in the client's. */
static void __attribute__((format(printf, 2, 3)))
run(bool in_client, const char *fmt, ...)
{
	char words[256], prefix[64] = "";
	char *argv[32];
	int n = 0, status;
	pid_t pid;
	va_list ap;

	if (in_client)
		snprintf(prefix, sizeof(prefix), "nsenter -t %d -n ",
			 (int)client_ns);
	n = snprintf(words, sizeof(words), "%s", prefix);
	va_start(ap, fmt);
	vsnprintf(words + n, sizeof(words) - (size_t)n, fmt, ap);
	va_end(ap);
	n = 0;
	for (char *w = strtok(words, " "); w && n < 31; w = strtok(NULL, " "))
		argv[n++] = w;
	argv[n] = NULL;
	pid = fork();
	if (pid == 0) {
		execvp(argv[0], argv);
		_exit(127);
	}
	if (waitpid(pid, &status, 0) < 0 || status)
		bail_out("%s failed", argv[0]);
}

/* A child that lives until it is killed; its pid once it is ready. */
static pid_t
child(void (*prepare)(void))
{
	int ready[2];
	char c;
	pid_t pid;

	if (pipe(ready) < 0)
		bail_out("pipe: %s", strerror(errno));
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		prepare();
		close(ready[0]);
		if (write(ready[1], "r", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(ready[1]);
	if (read(ready[0], &c, 1) != 1)
		bail_out("a child did not start");
	close(ready[0]);
	return pid;
}

static void
own_namespace(void)
{
	if (unshare(CLONE_NEWNET) < 0)
		_exit(1);
}

static int
tcp_socket(const char *addr, uint16_t port, struct sockaddr_in6 *sa)
{
	int on = 1, fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memset(sa, 0, sizeof(*sa));
	sa->sin6_family = AF_INET6;
	sa->sin6_port = htons(port);
	if (fd < 0 || inet_pton(AF_INET6, addr, &sa->sin6_addr) != 1 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0)
		_exit(1);
	return fd;
}

static void
listen_on(const char *addr, uint16_t port)
{
	struct sockaddr_in6 sa;
	int fd = tcp_socket(addr, port, &sa);

	if (bind(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0 ||
	    listen(fd, 8) < 0)
		_exit(1);
}

static void
sshd(void)
{
	prctl(PR_SET_NAME, "sshd");
	listen_on("::", server_port);
	listen_on("::1", 6010);	/* a forwarded port of a session */
}

static void
other_server(void)
{
	prctl(PR_SET_NAME, "nginx");
	listen_on("::", 443);
}

/* What the client connects to and from where. */
static struct {
	const char *from;
	const char *to;
	uint16_t from_port;
	uint16_t port;
} dial;

static void
client(void)
{
	struct sockaddr_in6 sa;
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)client_ns);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET) < 0)
		_exit(1);
	fd = tcp_socket(dial.from, dial.from_port, &sa);
	if (bind(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0)
		_exit(1);
	sa.sin6_port = htons(dial.port);
	if (inet_pton(AF_INET6, dial.to, &sa.sin6_addr) != 1 ||
	    connect(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0)
		_exit(1);
}

static pid_t
connect_client(const char *from, uint16_t from_port, const char *to,
	       uint16_t port)
{
	dial.from = from;
	dial.from_port = from_port;
	dial.to = to;
	dial.port = port;
	return child(client);
}

static void
stop(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void
set_up(void)
{
	client_ns = child(own_namespace);
	run(false, "ip link add up0 type veth peer name cl0 netns %d",
	    (int)client_ns);
	run(false, "ip -6 addr add " HOST "/64 dev up0 nodad");
	run(false, "ip addr add 192.0.2.1/24 dev up0");
	run(false, "ip link set up0 up");
	run(true, "ip link set lo up");
	run(true, "ip -6 addr add " NEAR "/64 dev cl0 nodad");
	run(true, "ip -6 addr add " FAR "/128 dev cl0 nodad");
	run(true, "ip -6 addr add fe80::77/64 dev cl0 nodad");
	run(true, "ip addr add 192.0.2.77/24 dev cl0");
	run(true, "ip link set cl0 up");
	run(false, "ip -6 route add default via fe80::77 dev up0");
}

/* The lifelines as lines of text. */
static void
account(const char *ssh_connection, pid_t self, struct str *out)
{
	struct lifeline_sources src = { ssh_connection, self };
	struct vec found = { 0 };

	str_clear(out);
	if (lifelines_find(&src, &found))
		bail_out("%s", err_message());
	for (size_t i = 0; i < found.n; i++) {
		const struct lifeline *ll = found.v[i];

		lifeline_describe(ll, out);
		str_addf(out, " | %s | %s%s%s%s%s%s via ",
			 lifeline_origin_text(ll), ll->link.ifname,
			 ll->running ? " running" : "",
			 ll->stale ? " stale" : "",
			 ll->link.on_link ? " on-link" : "",
			 ll->link.no_ndp ? " no-ndp" : "",
			 ll->strict ? " strict" : "");
		addr_format(out, &ll->link.gateway);
		str_addc(out, '\n');
	}
	lifelines_free(&found);
}

#define PORT22 "ssh port 22 | the SSH server listens | up0 via fe80::77\n"

static void
expect(const char *ssh_connection, pid_t self, const char *expected,
       const char *what)
{
	struct str got = { 0 };

	account(ssh_connection, self, &got);
	is_str(str_text(&got), expected, "%s", what);
	str_done(&got);
}

static void
test_connections(void)
{
	pid_t near = connect_client(NEAR, 40001, HOST, 22);
	pid_t far, old;

	expect(NULL, getpid(),
	       "ssh " NEAR " -> :22 | a connection to the SSH server |"
	       " up0 running on-link via ::\n" PORT22,
	       "a peer on the link");
	expect(NEAR " 40001 " HOST " 22", getpid(),
	       "ssh " NEAR " -> :22 | this session (SSH_CONNECTION) |"
	       " up0 running on-link via ::\n" PORT22,
	       "named by SSH_CONNECTION: once, and running");
	expect(NEAR " 40009 " HOST " 22", getpid(),
	       "ssh " NEAR " -> :22 | SSH_CONNECTION, no such connection now |"
	       " up0 stale on-link via ::\n"
	       "ssh " NEAR " -> :22 | a connection to the SSH server |"
	       " up0 running on-link via ::\n" PORT22,
	       "a stale SSH_CONNECTION counts too");
	stop(near);

	far = connect_client(FAR, 40002, HOST, 22);
	expect(NULL, getpid(),
	       "ssh " FAR " -> :22 | a connection to the SSH server |"
	       " up0 running via fe80::77\n" PORT22, "a peer behind a gateway");
	stop(far);

	old = connect_client("::ffff:192.0.2.77", 40003, "::ffff:192.0.2.1",
			     22);
	expect(NULL, getpid(),
	       "ssh 192.0.2.77 -> :22 (IPv4) | a connection to the SSH server |"
	       "  running via ::\n" PORT22, "an IPv4 session");
	stop(old);
}

static void
test_ancestor(void)
{
	pid_t near;
	int fd;

	/* The server's side of the connection, held by this very process. */
	struct sockaddr_in6 sa;

	stop(server);
	fd = tcp_socket("::", 22, &sa);
	if (bind(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0 ||
	    listen(fd, 8) < 0)
		bail_out("listen: %s", strerror(errno));
	near = connect_client(NEAR, 40004, HOST, 22);
	if (accept4(fd, NULL, NULL, SOCK_CLOEXEC) < 0)
		bail_out("accept: %s", strerror(errno));
	expect(NULL, near,
	       "ssh " NEAR " -> :22 | this session (a process above us) |"
	       " up0 running on-link via ::\n" PORT22,
	       "the socket of a process above us");
	stop(near);
	close(fd);
}

static void
test_ports(void)
{
	pid_t near;

	stop(server);
	server_port = 2222;
	server = child(sshd);
	expect(NULL, getpid(),
	       "ssh port 2222 | the SSH server listens | up0 via fe80::77\n",
	       "another port, told by who listens");
	near = connect_client(NEAR, 40005, HOST, 2222);
	expect(NULL, getpid(),
	       "ssh " NEAR " -> :2222 | a connection to the SSH server |"
	       " up0 running on-link via ::\n"
	       "ssh port 2222 | the SSH server listens | up0 via fe80::77\n",
	       "and its connections");
	stop(near);
}

static void
test_links(void)
{
	run(false, "ip link set up0 arp off");
	expect(NEAR " 40001 " HOST " 22", getpid(),
	       "ssh " NEAR " -> :22 | SSH_CONNECTION, no such connection now |"
	       " up0 stale on-link no-ndp via ::\n"
	       "ssh port 2222 | the SSH server listens | up0 no-ndp via"
	       " fe80::77\n", "a link without neighbour discovery");
	run(false, "ip link set up0 arp on");
	expect("::1 40001 ::1 22", getpid(),
	       "ssh ::1 -> :22 | SSH_CONNECTION, no such connection now |"
	       " lo stale on-link no-ndp via ::\n"
	       "ssh port 2222 | the SSH server listens | up0 via fe80::77\n",
	       "loopback");
	expect("fe80::77%up0 40001 fe80::1%up0 22", getpid(),
	       "ssh fe80::77 -> :22 | SSH_CONNECTION, no such connection now |"
	       " up0 stale on-link via ::\n"
	       "ssh port 2222 | the SSH server listens | up0 via fe80::77\n",
	       "a zone");
	run(false, "ip link del up0");
	expect(FAR " 40001 " HOST " 22", getpid(),
	       "ssh " FAR " -> :22 | SSH_CONNECTION, no such connection now |"
	       "  stale via ::\n"
	       "ssh port 2222 | the SSH server listens |  via ::\n",
	       "no route: the link is not known");
}

/* Conntrack's setting, where it is loaded. */
static void
test_strict(void)
{
	static const char path[] =
		"/proc/sys/net/netfilter/nf_conntrack_tcp_loose";

	if (ns_write(path, "0") < 0)
		return;
	expect(NULL, getpid(), "ssh port 22 | the SSH server listens |"
	       " up0 strict via fe80::77\n", "nf_conntrack_tcp_loose is 0");
	if (ns_write(path, "1") < 0)
		bail_out("%s: %s", path, strerror(errno));
	expect(NULL, getpid(), PORT22, "and 1");
}

int
main(void)
{
	static const char *const bad[] = {
		"", "x", "::1 1 ::1", "::1 0 ::1 22", "::1 1 ::1 99999",
		"::1 1 ::1 22 x", "300.1.1.1 1 ::1 22",
	};
	pid_t other;

	ns_or_skip();
	set_up();
	server_port = 22;
	server = child(sshd);
	other = child(other_server);
	expect(NULL, getpid(), PORT22, "the port; not a web server's, not a"
	       " forwarded one");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		expect(bad[i], getpid(), PORT22, bad[i]);
	test_strict();
	test_connections();
	test_ancestor();
	test_ports();
	test_links();
	stop(server);
	stop(other);
	stop(client_ns);
	return done_testing();
}
