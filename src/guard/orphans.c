/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sessions whose server has gone: sshd was started anew on another port, and
 * those who were logged in stay so on the old one, where nobody listens. Their
 * process is an sshd that no sshd is above. Of its connections, which may be
 * forwarded ones too, the session's is the one that was accepted; where that
 * cannot be told each counts, as a lifeline too many does no harm. */
#include <stdlib.h>
#include <sallyport/mem.h>
#include <sallyport/proc.h>
#include "finder.h"
#include "ingress.h"
#include "sockets.h"
#include "sshd.h"

struct orphan {
	pid_t pid;
	struct inodes own;
};

struct search {
	const struct finder *f;
	struct vec orphans;	/* of struct orphan * */
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
	struct orphan orphan = { .pid = pid };
	struct inodes *own = &orphan.own;

	if (!sshd_is_process(pid) || sshd_is_process(proc_parent(pid)))
		return true;
	inodes_of_process(pid, own);
	inodes_sort(own);
	if (own->n && !has_any(own, &search->f->listening) &&
	    !has_any(own, &search->f->connections))
		vec_push(&search->orphans, xmemdup(&orphan, sizeof(orphan)));
	else
		inodes_done(own);
	return true;
}

static void
add_of_orphan(struct finder *f, const struct orphan *orphan, struct vec *all)
{
	bool told = false;

	ingress_learn_of(orphan->pid, all);
	for (size_t i = 0; i < all->n && !told; i++) {
		const struct ip_socket *s = all->v[i];

		told = s->came_by && inodes_has(&orphan->own, s->inode);
	}
	for (size_t i = 0; i < all->n; i++) {
		const struct ip_socket *s = all->v[i];

		if (inodes_has(&orphan->own, s->inode) &&
		    (!told || s->came_by))
			vec_push(&f->connections, xmemdup(s, sizeof(*s)));
	}
}

static enum err
add_connections(struct finder *f, const struct vec *orphans)
{
	struct vec all = { 0 };
	enum err err = sockets_established(0, &all);

	for (size_t i = 0; i < orphans->n && !err; i++)
		add_of_orphan(f, orphans->v[i], &all);
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
		struct orphan *orphan = search.orphans.v[i];

		inodes_done(&orphan->own);
		free(orphan);
	}
	vec_done(&search.orphans);
	return err;
}
