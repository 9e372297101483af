/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lifelines found on a real kernel: a client in a namespace of its own behind a
 * veth, first on the link, then behind a gateway; a listener whose process is
 * called sshd. */
#include "lifeline.h"

static pid_t server;
static uint16_t server_port;

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

#define PORT22 "ssh port 22 | the SSH server listens | up0 via fe80::77\n"

static void
expect(const char *ssh_connection, pid_t self, const char *expected,
       const char *what)
{
	const struct lifeline_sources src = {
		.ssh_connection = ssh_connection, .self = self,
	};
	struct str got = { 0 };

	account_of(&src, &got);
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
