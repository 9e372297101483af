/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who runs us. The login uid that the audit subsystem keeps comes first: it
 * survives sudo and su and cannot be set by the environment. */
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sallyport/addr.h>
#include <sallyport/cli.h>
#include <sallyport/lifeline.h>
#include <sallyport/mem.h>
#include <sallyport/proc.h>

static void
find_user(struct actor *actor, const char *sudo_user)
{
	uid_t uid = proc_loginuid();
	struct passwd *pw = NULL;

	if (uid == (uid_t)-1 && sudo_user)
		pw = getpwnam(sudo_user);
	if (pw)
		uid = pw->pw_uid;
	else if (uid == (uid_t)-1)
		uid = getuid();
	if (!pw)
		pw = getpwuid(uid);
	actor->uid = (int)uid;
	actor->user = xstrdup(pw ? pw->pw_name : NULL);
}

static void
set_from(struct actor *actor, const struct in6_addr *peer)
{
	struct str text = {0};

	addr_format(&text, peer);
	actor->from = str_take(&text);
}

/* The connection that is there and ours. */
static void
find_running(struct actor *actor)
{
	const struct lifeline_sources sources = { .self = getpid() };
	struct vec lifelines = {0};

	if (!lifelines_find(&sources, &lifelines)) {
		for (size_t i = 0; i < lifelines.n && !actor->from; i++) {
			const struct lifeline *ll = lifelines.v[i];

			if (ll->ours && !ll->any_peer)
				set_from(actor, &ll->peer);
		}
	}
	lifelines_free(&lifelines);
}

static void
find_named(struct actor *actor, const char *ssh_connection)
{
	char *word = xstrndup(ssh_connection, strcspn(ssh_connection, " "));
	struct in6_addr peer;

	if (!addr_parse(word, &peer))
		set_from(actor, &peer);
	free(word);
}

/* sudo clears SSH_CONNECTION, and in tmux it may be that of a login that is long
 * over: then the sockets of the processes above us tell, and it is taken only
 * where they do not. */
static void
find_from(struct actor *actor, const char *ssh_connection)
{
	if (ssh_connection && lifeline_runs(ssh_connection))
		find_named(actor, ssh_connection);
	if (!actor->from)
		find_running(actor);
	if (!actor->from && ssh_connection)
		find_named(actor, ssh_connection);
}

void
cli_find_actor(struct actor *actor, const char *sudo_user,
	       const char *ssh_connection, const char *tty)
{
	char host[256] = "";

	memset(actor, 0, sizeof(*actor));
	find_user(actor, sudo_user);
	find_from(actor, ssh_connection);
	actor->tty = xstrdup(tty);
	if (!gethostname(host, sizeof(host) - 1))
		actor->host = xstrdup(host);
}
