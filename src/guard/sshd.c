/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who is an sshd. A process whose name begins with "sshd" (sshd-session since
 * OpenSSH 9.8) or "dropbear" and that listens is one, unless another such
 * started it: then it listens for a port that its user forwards. A listener of
 * PID 1 or inetd is one when an sshd holds a connection to its port, or when a
 * unit of systemd for SSH names it. Without the privilege to see who owns a
 * socket, port 22 is left, and it always counts. */
#include <string.h>
#include <sallyport/mem.h>
#include <sallyport/proc.h>
#include "inodes.h"
#include "sockets.h"
#include "sshd.h"
#include "units.h"

#define SSH_PORT 22

static bool
has_name(pid_t pid, const char *const names[])
{
	struct str comm = { 0 };
	bool yes = false;

	proc_comm(pid, &comm);
	for (size_t i = 0; names[i] && !yes; i++)
		yes = str_starts(str_text(&comm), names[i]);
	str_done(&comm);
	return yes;
}

bool
sshd_is_process(pid_t pid)
{
	static const char *const names[] = { "sshd", "dropbear", NULL };

	return has_name(pid, names);
}

bool
sshd_is_dropbear(pid_t pid)
{
	static const char *const names[] = { "dropbear", NULL };

	return has_name(pid, names);
}

/* Who listens for others. */
static bool
is_activator(pid_t pid)
{
	static const char *const names[] = { "inetd", "xinetd", NULL };

	return pid == 1 || has_name(pid, names);
}

/* Sockets by owner. */
struct owners {
	struct inodes servers;	/* of an sshd */
	struct inodes sessions;	/* of an sshd that an sshd started */
	struct inodes activators;	/* of PID 1, inetd */
};

static bool
add_process(pid_t pid, void *arg)
{
	struct owners *owners = arg;

	if (sshd_is_process(pid))
		inodes_of_process(pid, sshd_is_process(proc_parent(pid)) ?
				       &owners->sessions : &owners->servers);
	else if (is_activator(pid))
		inodes_of_process(pid, &owners->activators);
	return true;
}

static void
find_owners(struct owners *owners)
{
	*owners = (struct owners){ 0 };
	proc_each(add_process, owners);
	inodes_sort(&owners->servers);
	inodes_sort(&owners->sessions);
	inodes_sort(&owners->activators);
}

static void
owners_done(struct owners *owners)
{
	inodes_done(&owners->servers);
	inodes_done(&owners->sessions);
	inodes_done(&owners->activators);
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

/* A socket that waits for an sshd to be started. */
static enum err
is_activated(const struct owners *owners, const struct ip_socket *s, bool *yes)
{
	if (!inodes_has(&owners->activators, s->inode))
		return OK;
	*yes = units_name_port(s->local_port);
	return *yes ? OK : serves_sshd(owners, s->local_port, yes);
}

enum err
sshd_listeners(const struct vec *listening, struct vec *out, bool *daemon)
{
	struct owners owners;
	enum err err = OK;

	*daemon = false;
	find_owners(&owners);
	for (size_t i = 0; i < listening->n && !err; i++) {
		struct ip_socket *s = listening->v[i];
		bool own = inodes_has(&owners.servers, s->inode);
		bool yes = own || s->local_port == SSH_PORT;

		if (!yes)
			err = is_activated(&owners, s, &yes);
		if (yes && !err)
			vec_push(out, s);
		*daemon = *daemon || own;
	}
	owners_done(&owners);
	return err;
}
