/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A sock_diag dump over libnl. The kernel filters by state and local port, so
 * that a busy server's other connections cost nothing. */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <stdlib.h>
#include <string.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "sockets.h"

static void
copy_address(struct in6_addr *to, const __be32 *from, int family)
{
	memset(to, 0, sizeof(*to));
	if (family == AF_INET6) {
		memcpy(to, from, sizeof(*to));
		return;
	}
	to->s6_addr[10] = to->s6_addr[11] = 0xff;
	memcpy(&to->s6_addr[12], from, 4);
}

static int
on_socket(struct nl_msg *msg, void *arg)
{
	const struct nlmsghdr *h = nlmsg_hdr(msg);
	const struct inet_diag_msg *diag = nlmsg_data(h);
	struct ip_socket *s;

	if (h->nlmsg_type != SOCK_DIAG_BY_FAMILY ||
	    nlmsg_datalen(h) < (int)sizeof(*diag))
		return NL_SKIP;
	s = xcalloc(1, sizeof(*s));
	s->family = diag->idiag_family;
	copy_address(&s->local, diag->id.idiag_src, s->family);
	copy_address(&s->peer, diag->id.idiag_dst, s->family);
	s->local_port = ntohs(diag->id.idiag_sport);
	s->peer_port = ntohs(diag->id.idiag_dport);
	s->ifindex = diag->id.idiag_if;
	s->inode = diag->idiag_inode;
	vec_push(arg, s);
	return NL_OK;
}

static int
dump(struct nl_sock *sk, int family, const struct socket_query *query,
     struct vec *out)
{
	struct inet_diag_req_v2 req = {
		.sdiag_family = (uint8_t)family,
		.sdiag_protocol = query->proto,
		.idiag_states = query->states,
		.id.idiag_sport = htons(query->port),
	};
	int rc;

	nl_socket_modify_cb(sk, NL_CB_VALID, NL_CB_CUSTOM, on_socket, out);
	rc = nl_send_simple(sk, SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, &req,
			    sizeof(req));
	if (rc >= 0)
		rc = nl_recvmsgs_default(sk);
	return rc == -NLE_DUMP_INTR ? 0 : rc;
}

static int
dump_both(const struct socket_query *query, struct vec *out)
{
	struct nl_sock *sk = nl_socket_alloc();
	int rc;

	if (!sk)
		die(_("out of memory"));
	rc = nl_connect(sk, NETLINK_SOCK_DIAG);
	if (rc >= 0)
		rc = dump(sk, AF_INET6, query, out);
	if (rc >= 0)
		rc = dump(sk, AF_INET, query, out);
	nl_socket_free(sk);
	return rc;
}

static int
send_destroy(struct nl_sock *sk, const struct ip_socket *s)
{
	struct inet_diag_req_v2 req = {
		.sdiag_family = AF_INET6,
		.sdiag_protocol = IPPROTO_TCP,
		.idiag_states = ~0u,
		.id.idiag_sport = htons(s->local_port),
		.id.idiag_dport = htons(s->peer_port),
		.id.idiag_cookie = { INET_DIAG_NOCOOKIE, INET_DIAG_NOCOOKIE },
	};
	int rc;

	memcpy(req.id.idiag_src, &s->local, sizeof(s->local));
	memcpy(req.id.idiag_dst, &s->peer, sizeof(s->peer));
	rc = nl_send_simple(sk, SOCK_DESTROY, NLM_F_ACK, &req, sizeof(req));
	return rc < 0 ? rc : nl_wait_for_ack(sk);
}

bool
socket_destroy(const struct ip_socket *socket)
{
	struct nl_sock *sk = nl_socket_alloc();
	int rc;

	if (!sk)
		die(_("out of memory"));
	rc = nl_connect(sk, NETLINK_SOCK_DIAG);
	if (rc >= 0)
		rc = send_destroy(sk, socket);
	nl_socket_free(sk);
	return rc >= 0;
}

/* A kernel may be built without inet_diag: what there was of an answer goes. */
static enum err
list(const struct socket_query *query, struct vec *out)
{
	size_t before = out->n;
	int rc = dump_both(query, out);

	if (rc >= 0)
		return OK;
	while (out->n > before)
		free(vec_pop(out));
	if (sockets_proc(query, out) == OK)
		return OK;
	return fail(ERR_FAIL, _("cannot list the connections of this host: "
			       "%s"), nl_geterror(rc));
}

enum err
sockets_listening(struct vec *out)
{
	return list(&(struct socket_query){ .proto = IPPROTO_TCP,
					    .states = 1u << TCP_LISTEN }, out);
}

enum err
sockets_established(uint16_t local_port, struct vec *out)
{
	return list(&(struct socket_query){ .proto = IPPROTO_TCP,
					    .states = 1u << TCP_ESTABLISHED,
					    .port = local_port }, out);
}

/* One that is not connected is CLOSE to the kernel. */
enum err
sockets_udp(struct vec *out)
{
	return list(&(struct socket_query){ .proto = IPPROTO_UDP,
					    .states = 1u << TCP_CLOSE }, out);
}

void
sockets_free(struct vec *sockets)
{
	for (size_t i = 0; i < sockets->n; i++)
		free(sockets->v[i]);
	vec_done(sockets);
}
