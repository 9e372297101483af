/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who is an sshd. A process whose name begins with "sshd" (sshd-session since
 * OpenSSH 9.8) and that listens is one, unless another sshd started it: then it
 * listens for a port that its user forwards. A listener of PID 1 is one when an
 * sshd holds a connection to its port (socket activation). Without the
 * privilege to see who owns a socket, port 22 is left, and it always counts. */
#include <stdlib.h>
#include <string.h>
#include <sallyport/mem.h>
#include <sallyport/proc.h>
#include "sockets.h"
#include "sshd.h"

#define SSH_PORT 22

static bool
add_inode(uint64_t inode, void *arg)
{
	struct inodes *inodes = arg;

	if (inodes->n == inodes->cap) {
		inodes->cap = inodes->cap ? inodes->cap * 2 : 16;
		inodes->v = xreallocarray(inodes->v, inodes->cap,
					  sizeof(*inodes->v));
	}
	inodes->v[inodes->n++] = inode;
	return true;
}

static int
compare_inodes(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static void
sort_inodes(struct inodes *inodes)
{
	if (inodes->n)
		qsort(inodes->v, inodes->n, sizeof(*inodes->v),
		      compare_inodes);
}

bool
inodes_has(const struct inodes *inodes, uint64_t inode)
{
	return inodes->n && bsearch(&inode, inodes->v, inodes->n,
				    sizeof(*inodes->v), compare_inodes);
}

void
inodes_done(struct inodes *inodes)
{
	free(inodes->v);
	*inodes = (struct inodes){ 0 };
}

void
inodes_of_ancestors(pid_t self, struct inodes *inodes)
{
	/* A parent that dies meanwhile leads to PID 1: never a circle. */
	for (pid_t pid = self; pid > 1; pid = proc_parent(pid))
		proc_each_socket(pid, add_inode, inodes);
	sort_inodes(inodes);
}

static bool
is_sshd(pid_t pid)
{
	struct str comm = { 0 };
	bool yes;

	proc_comm(pid, &comm);
	yes = str_starts(str_text(&comm), "sshd");
	str_done(&comm);
	return yes;
}

/* Sockets by owner. */
struct owners {
	struct inodes servers;	/* of an sshd */
	struct inodes sessions;	/* of an sshd that an sshd started */
	struct inodes init;	/* of PID 1 */
};

static bool
add_process(pid_t pid, void *arg)
{
	struct owners *owners = arg;

	if (pid == 1)
		proc_each_socket(pid, add_inode, &owners->init);
	if (!is_sshd(pid))
		return true;
	proc_each_socket(pid, add_inode, is_sshd(proc_parent(pid)) ?
			 &owners->sessions : &owners->servers);
	return true;
}

static void
find_owners(struct owners *owners)
{
	*owners = (struct owners){ 0 };
	proc_each(add_process, owners);
	sort_inodes(&owners->servers);
	sort_inodes(&owners->sessions);
	sort_inodes(&owners->init);
}

static void
owners_done(struct owners *owners)
{
	inodes_done(&owners->servers);
	inodes_done(&owners->sessions);
	inodes_done(&owners->init);
}

static enum err
serves_sshd(const struct owners *owners, uint16_t port, bool *yes)
{
	struct vec connections = { 0 };
	enum err err = sockets_established(port, &connections);

	for (size_t i = 0; i < connections.n; i++) {
		const struct ip_socket *s = connections.v[i];

		if (inodes_has(&owners->servers, s->inode) ||
		    inodes_has(&owners->sessions, s->inode))
			*yes = true;
	}
	sockets_free(&connections);
	return err;
}

enum err
sshd_listeners(const struct vec *listening, struct vec *out)
{
	struct owners owners;
	enum err err = OK;

	find_owners(&owners);
	for (size_t i = 0; i < listening->n && !err; i++) {
		struct ip_socket *s = listening->v[i];
		bool yes = s->local_port == SSH_PORT ||
			   inodes_has(&owners.servers, s->inode);

		if (!yes && inodes_has(&owners.init, s->inode))
			err = serves_sshd(&owners, s->local_port, &yes);
		if (yes && !err)
			vec_push(out, s);
	}
	owners_done(&owners);
	return err;
}
