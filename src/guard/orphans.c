/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sessions whose server has gone: sshd was started anew on another port, and
 * those who were logged in stay so on the old one, where nobody listens. Their
 * process is an sshd that no sshd is above. Of its connections, which may be
 * forwarded ones too, the session's is the oldest: inodes count up. */
#include <stdlib.h>
#include <sallyport/mem.h>
#include <sallyport/proc.h>
#include "finder.h"
#include "sockets.h"
#include "sshd.h"

struct search {
	const struct finder *f;
	struct vec orphans;	/* of struct inodes * */
};

static bool
has_any(const struct inodes *inodes, const struct vec *sockets)
{
	for (size_t i = 0; i < sockets->n; i++) {
		const struct ip_socket *s = sockets->v[i];

		if (inodes_has(inodes, s->inode))
			return true;
	}
	return false;
}

static bool
add_process(pid_t pid, void *arg)
{
	struct search *search = arg;
	struct inodes own = { 0 };

	if (!sshd_is_process(pid) || sshd_is_process(proc_parent(pid)))
		return true;
	inodes_of_process(pid, &own);
	inodes_sort(&own);
	if (own.n && !has_any(&own, &search->f->listening) &&
	    !has_any(&own, &search->f->connections))
		vec_push(&search->orphans, xmemdup(&own, sizeof(own)));
	else
		inodes_done(&own);
	return true;
}

static const struct ip_socket *
oldest(const struct inodes *own, const struct vec *connections)
{
	const struct ip_socket *found = NULL;

	for (size_t i = 0; i < connections->n; i++) {
		const struct ip_socket *s = connections->v[i];

		if (inodes_has(own, s->inode) &&
		    (!found || s->inode < found->inode))
			found = s;
	}
	return found;
}

static enum err
add_connections(struct finder *f, const struct vec *orphans)
{
	struct vec all = { 0 };
	enum err err = sockets_established(0, &all);

	for (size_t i = 0; i < orphans->n && !err; i++) {
		const struct ip_socket *s = oldest(orphans->v[i], &all);

		if (s)
			vec_push(&f->connections, xmemdup(s, sizeof(*s)));
	}
	sockets_free(&all);
	return err;
}

enum err
finder_find_orphans(struct finder *f)
{
	struct search search = { .f = f };
	enum err err = OK;

	proc_each(add_process, &search);
	if (search.orphans.n)
		err = add_connections(f, &search.orphans);
	for (size_t i = 0; i < search.orphans.n; i++) {
		inodes_done(search.orphans.v[i]);
		free(search.orphans.v[i]);
	}
	vec_done(&search.orphans);
	return err;
}
