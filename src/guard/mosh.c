/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mosh-server lives on when the sshd that started it has gone, and waits on a UDP
 * port for whoever holds its key: its socket names no peer, and the peer may
 * roam. What is known is where it logged in from, by its own environment. */
#include <stdlib.h>
#include <string.h>
#include <sallyport/addr.h>
#include <sallyport/proc.h>
#include <sallyport/text.h>
#include "finder.h"
#include "sockets.h"

/* The first word of its SSH_CONNECTION. */
static bool
find_peer(pid_t pid, struct in6_addr *peer)
{
	struct str text = { 0 };
	char *word;
	bool known;

	proc_environ(pid, "SSH_CONNECTION", &text);
	word = str_take(&text);
	if (word)
		word[strcspn(word, " ")] = '\0';
	known = word && !addr_parse(word, peer);
	free(word);
	return known;
}

static void
add_sockets(struct finder *f, const struct inodes *own, pid_t pid)
{
	for (size_t i = 0; i < f->udp.n; i++) {
		const struct ip_socket *s = f->udp.v[i];
		struct lifeline ll = {
			.origin = LIFELINE_MOSH,
			.proto = IPPROTO_UDP,
			.peer_len = 128,
			.local = s->local,
			.local_port = s->local_port,
			.ours = inodes_has(&f->ancestors, s->inode),
		};

		if (!inodes_has(own, s->inode) || !s->local_port ||
		    addr_is_loopback(&s->local))
			continue;
		ll.any_peer = !find_peer(pid, &ll.peer);
		if (ll.any_peer && addr_is_v4(&s->local))
			ll.v4 = true;
		finder_add(f, &ll, s->ifindex);
	}
}

static bool
add_process(pid_t pid, void *arg)
{
	struct finder *f = arg;
	struct inodes own = { 0 };
	struct str comm = { 0 };

	proc_comm(pid, &comm);
	if (strcmp(str_text(&comm), "mosh-server") == 0) {
		inodes_of_process(pid, &own);
		inodes_sort(&own);
		add_sockets(f, &own, pid);
	}
	inodes_done(&own);
	str_done(&comm);
	return true;
}

void
finder_add_mosh(struct finder *f)
{
	proc_each(add_process, f);
}
