/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A host and a client in a namespace of its own behind a veth, servers that bear
 * the names of others, and lifelines as lines of text. */
#ifndef TESTS_KERNEL_LIFELINE_H
#define TESTS_KERNEL_LIFELINE_H

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

/* A command in our namespace, or in the client's. */
static TAP_UNUSED void __attribute__((format(printf, 2, 3)))
run(bool in_client, const char *fmt, ...)
{
	char words[256], prefix[64] = "";
	va_list ap;

	if (in_client)
		snprintf(prefix, sizeof(prefix), "nsenter -t %d -n ",
			 (int)client_ns);
	va_start(ap, fmt);
	vsnprintf(words, sizeof(words), fmt, ap);
	va_end(ap);
	ns_run("%s%s", prefix, words);
}

/* A child that lives until it is killed; its pid once it is ready. */
static TAP_UNUSED pid_t
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

static TAP_UNUSED void
own_namespace(void)
{
	if (unshare(CLONE_NEWNET) < 0)
		_exit(1);
}

static TAP_UNUSED int
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

static TAP_UNUSED void
listen_on(const char *addr, uint16_t port)
{
	struct sockaddr_in6 sa;
	int fd = tcp_socket(addr, port, &sa);

	if (bind(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0 ||
	    listen(fd, 8) < 0)
		_exit(1);
}

/* What the client connects to and from where. */
static struct {
	const char *from;
	const char *to;
	uint16_t from_port;
	uint16_t port;
} dial;

static TAP_UNUSED void
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

static TAP_UNUSED pid_t
connect_client(const char *from, uint16_t from_port, const char *to,
	       uint16_t port)
{
	dial.from = from;
	dial.from_port = from_port;
	dial.to = to;
	dial.port = port;
	return child(client);
}

static TAP_UNUSED void
stop(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static TAP_UNUSED void
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
static TAP_UNUSED void
add_line(const struct lifeline *ll, struct str *out)
{
	lifeline_describe(ll, out);
	str_addf(out, " | %s | %s%s%s%s%s%s%s%s%s via ",
		 lifeline_origin_text(ll), ll->link.ifname,
		 ll->running ? " running" : "", ll->stale ? " stale" : "",
		 ll->link.on_link ? " on-link" : "",
		 ll->link.no_ndp ? " no-ndp" : "",
		 ll->link.by_ra ? " by-ra" : "",
		 ll->link.leased ? " leased" : "",
		 ll->link.bridged ? " bridged" : "",
		 ll->strict ? " strict" : "");
	addr_format(out, &ll->link.gateway);
	if (ll->way == LIFELINE_THROUGH)
		str_addf(out, " to %s%s%s", ll->inner.ifname,
			 ll->inner.on_link ? " on-link" : "",
			 ll->inner.bridged ? " bridged" : "");
	str_addc(out, '\n');
	if (ll->outer) {
		str_add(out, "  in ");
		add_line(ll->outer, out);
	}
}

static TAP_UNUSED void
account_of(const struct lifeline_sources *src, struct str *out)
{
	struct vec found = { 0 };

	str_clear(out);
	if (lifelines_find(src, &found))
		bail_out("%s", err_message());
	for (size_t i = 0; i < found.n; i++)
		add_line(found.v[i], out);
	lifelines_free(&found);
}

#endif
