/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every look finds the SSH servers' processes by name. Only what began after the
 * moment is looked at further, so that old sessions cost three reads each. */
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <sallyport/addr.h>
#include <sallyport/login.h>
#include <sallyport/mem.h>
#include <sallyport/proc.h>
#include "login-known.h"
#include "login-socket.h"
#include "sshd.h"

/* A process of an SSH server. */
struct server {
	struct proc_status status;
	bool looked;			/* connection was looked for */
	struct login_socket connection;	/* inode 0: none */
};

/* A connection that was told, by the process that was there first. */
struct told {
	uint64_t inode;
	pid_t pid;
	unsigned long long start_ticks;
};

struct login_watch {
	unsigned long long since_ticks;
	struct login_known known;
	struct vec told;		/* of struct told * */
	struct vec servers;		/* of struct server *, of one look */
};

bool
login_is_proof(const struct login *login)
{
	return !login->local && !addr_is_v4(&login->peer);
}

struct login_watch *
login_watch_new(int64_t since_ms)
{
	struct login_watch *watch = xcalloc(1, sizeof(*watch));
	long hz = sysconf(_SC_CLK_TCK);

	/* Ticks are rounded down: what began in this very one does not count. */
	watch->since_ticks = (unsigned long long)(since_ms * hz / 1000 + 1);
	return watch;
}

static void
free_all(struct vec *list)
{
	for (size_t i = 0; i < list->n; i++)
		free(list->v[i]);
	vec_done(list);
	*list = (struct vec){ 0 };
}

void
login_watch_free(struct login_watch *watch)
{
	if (!watch)
		return;
	free_all(&watch->told);
	free_all(&watch->servers);
	login_known_done(&watch->known);
	free(watch);
}

static bool
add_server(pid_t pid, void *arg)
{
	struct login_watch *watch = arg;
	struct server server = { .looked = false };

	if (login_known_is_server(&watch->known, pid) &&
	    proc_status(pid, &server.status) && server.status.state != 'Z')
		vec_push(&watch->servers, xmemdup(&server, sizeof(server)));
	return true;
}

static struct server *
find_server(const struct login_watch *watch, pid_t pid)
{
	for (size_t i = 0; i < watch->servers.n; i++) {
		struct server *server = watch->servers.v[i];

		if (server->status.pid == pid)
			return server;
	}
	return NULL;
}

static bool
holds(struct server *server, uint64_t inode)
{
	if (!server->looked)
		login_socket_find(server->status.pid, &server->connection);
	server->looked = true;
	return server->connection.inode == inode;
}

/* --- Is somebody logged in over it? --- */

struct question {
	const struct login_watch *watch;
	uint64_t inode;
	struct server *top;	/* the first one that has the connection */
	struct server *holder;
	unsigned outer_uid;	/* of who started top */
	unsigned outer_loginuid;
	bool caged;		/* somebody waits for authentication */
	bool works;		/* somebody does what only a user may have done */
	unsigned uid;
};

/* The shell and its like. */
static bool
on_child(pid_t pid, void *arg)
{
	struct question *q = arg;
	struct server *server = find_server(q->watch, pid);
	bool dropbear = sshd_is_dropbear(q->holder->status.pid);
	struct proc_status child;

	if ((server && holds(server, q->inode)) || !proc_status(pid, &child) ||
	    child.state == 'Z' || (!dropbear && child.session != pid))
		return true;
	q->works = true;
	if (child.uid != q->outer_uid)
		q->uid = child.uid;
	return false;
}

static bool
has_child(pid_t pid, void *arg)
{
	(void)pid;
	*(bool *)arg = true;
	return false;
}

/* Nobody can start anything in the cage; a user who is kept in a directory
 * (ChrootDirectory) does. */
static bool
is_caged(const struct server *server)
{
	const struct proc_status *status = &server->status;
	struct proc_status parent;
	bool started = false;

	if (!proc_status(status->parent, &parent) ||
	    (status->seccomp <= parent.seccomp &&
	     proc_same_root(status->pid, status->parent)))
		return false;
	proc_each_child(status->pid, has_child, &started);
	return !started;
}

static void
ask_holder(struct question *q)
{
	const struct proc_status *status = &q->holder->status;

	if (q->holder != q->top && is_caged(q->holder)) {
		q->caged = true;
		return;
	}
	if (status->uid != q->outer_uid)
		q->uid = status->uid;
	if (status->loginuid != q->outer_loginuid)
		q->uid = status->loginuid;
	q->works = q->works || status->uid != q->outer_uid ||
		   status->loginuid != q->outer_loginuid;
	if (!q->works)
		proc_each_child(status->pid, on_child, q);
}

static bool
is_logged_in(const struct login_watch *watch, struct server *top, unsigned *uid)
{
	struct question q = { .watch = watch, .top = top,
			      .inode = top->connection.inode };
	struct proc_status outer;

	if (!proc_status(top->status.parent, &outer))
		return false;
	q.outer_uid = q.uid = outer.uid;
	q.outer_loginuid = outer.loginuid;
	for (size_t i = 0; i < watch->servers.n; i++) {
		q.holder = watch->servers.v[i];
		if (holds(q.holder, q.inode))
			ask_holder(&q);
	}
	*uid = q.uid;
	return q.works && !q.caged;
}

/* --- One look --- */

/* Who has had the connection of server for longest. */
static struct server *
find_top(const struct login_watch *watch, struct server *server)
{
	uint64_t inode = server->connection.inode;
	struct server *parent = find_server(watch, server->status.parent);

	while (parent && holds(parent, inode)) {
		server = parent;
		parent = find_server(watch, server->status.parent);
	}
	return server;
}

static bool
was_told(const struct login_watch *watch, const struct server *top)
{
	for (size_t i = 0; i < watch->told.n; i++) {
		const struct told *told = watch->told.v[i];

		if (told->inode == top->connection.inode &&
		    told->pid == top->status.pid &&
		    told->start_ticks == top->status.start_ticks)
			return true;
	}
	return false;
}

static void
tell(struct login_watch *watch, const struct server *top, unsigned uid,
     struct vec *logins)
{
	const struct login_socket *connection = &top->connection;
	const struct told told = { connection->inode, top->status.pid,
				   top->status.start_ticks };
	const struct login login = {
		.peer = connection->peer,
		.port = connection->port,
		.uid = uid,
		.local = connection->local,
	};

	vec_push(&watch->told, xmemdup(&told, sizeof(told)));
	vec_push(logins, xmemdup(&login, sizeof(login)));
}

static void
look_at(struct login_watch *watch, struct server *server, struct vec *logins)
{
	struct server *top;
	unsigned uid;

	if (server->status.start_ticks < watch->since_ticks ||
	    holds(server, 0))
		return;
	top = find_top(watch, server);
	if (top->status.start_ticks >= watch->since_ticks &&
	    !was_told(watch, top) && is_logged_in(watch, top, &uid))
		tell(watch, top, uid, logins);
}

void
login_watch_look(struct login_watch *watch, bool all, struct vec *logins)
{
	login_known_begin(&watch->known, all);
	proc_each(add_server, watch);
	login_known_end(&watch->known);
	for (size_t i = 0; i < watch->servers.n; i++)
		look_at(watch, watch->servers.v[i], logins);
	free_all(&watch->servers);
}
