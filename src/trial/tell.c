/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Others know: the log has every commit, confirm, revert and override, and who
 * is logged in is told of a trial as wall(1) would tell it. None of it can make
 * the guardian wait. */
#include <fcntl.h>
#include <paths.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <utmpx.h>
#include <sys/stat.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include <sallyport/text.h>
#include "internal.h"

/* "alice from 2001:db8::77 on pts/3" */
static void
add_actor(struct str *out, const struct actor *actor)
{
	str_add(out, actor->user ? actor->user : "?");
	if (actor->from)
		str_addf(out, " from %s", actor->from);
	if (actor->tty)
		str_addf(out, " on %s", actor->tty);
}

/* "filter (3 changes), nat (1 change)" */
static void
add_tables(struct str *out, const struct trial *trial)
{
	for (size_t i = 0; i < trial->parts.n; i++) {
		const struct changeset *cs = trial_part(trial, i)->changes;

		str_addf(out, "%s%s (%zu change%s)", i ? ", " : "", cs->table,
			 cs->changes.n, cs->changes.n == 1 ? "" : "s");
	}
}

/* A terminal's line, not a name that leads elsewhere. */
static bool
is_plain(const char *line)
{
	return *line && *line != '/' && !strstr(line, "..");
}

static void
write_to(const char *line, const struct str *text)
{
	char *path = xasprintf("/dev/%s", line);
	int fd = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW |
		      O_CLOEXEC);
	struct stat st;

	free(path);
	if (fd < 0)
		return;
	if (fstat(fd, &st) == 0 && S_ISCHR(st.st_mode) &&
	    write(fd, text->s, text->len) < 0)
		process_note("cannot write to %s", line);
	close(fd);
}

static bool
is_own(const struct trial *trial, const char *line)
{
	const char *tty = trial->actor.tty;

	return tty && strncmp(tty, "/dev/", 5) == 0 &&
	       strcmp(tty + 5, line) == 0;
}

static void
tell_user(const struct guardian *g, const struct utmpx *entry,
	  const struct str *text)
{
	char *line = xstrndup(entry->ut_line, sizeof(entry->ut_line));

	if (entry->ut_type == USER_PROCESS && is_plain(line) &&
	    !is_own(g->trial, line))
		write_to(line, text);
	free(line);
}

/* Not getutxent(3): that waits ten seconds for whoever locks the file. An entry
 * that is being written is one told too many or too few. */
static void
tell_users(const struct guardian *g, const struct str *text)
{
	int fd = open(g->opt->utmp ? g->opt->utmp : _PATH_UTMP,
		      O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct utmpx entry;

	if (fd < 0)
		return;
	while (read(fd, &entry, sizeof(entry)) == sizeof(entry))
		tell_user(g, &entry, text);
	close(fd);
}

static void
tell(const struct guardian *g, const struct str *what)
{
	const char *host = g->trial->actor.host;
	struct str visible = { 0 }, line = { 0 };

	text_visible(&visible, what->s, what->len, false);
	process_note("%s", str_text(&visible));
	if (g->trial->wall) {
		str_addf(&line, "\r\n\asallyport%s%s: %s\r\n",
			 host ? " on " : "", host ? host : "",
			 str_text(&visible));
		tell_users(g, &line);
	}
	str_done(&visible);
	str_done(&line);
}

void
tell_begun(const struct guardian *g)
{
	const struct trial *trial = g->trial;
	struct str what = { 0 };

	add_actor(&what, &trial->actor);
	str_add(&what, " changes the IPv6 rules: ");
	add_tables(&what, trial);
	if (trial->message && *trial->message)
		str_addf(&what, ", \"%s\"", trial->message);
	if (trial->override)
		str_add(&what, ", the guard was overridden");
	if (trial->no_trial)
		str_add(&what, ", without a trial");
	else
		str_addf(&what, ", on trial for %lld s",
			 (long long)trial->window_ms / 1000);
	tell(g, &what);
	str_done(&what);
}

void
tell_ended(const struct guardian *g)
{
	const struct trial *trial = g->trial;
	struct str what = { 0 };

	str_addf(&what, "the change of %s: %s", trial->actor.user ?
		 trial->actor.user : "?", trial_state_name(trial->state));
	if (trial->settled_by.user) {
		str_add(&what, " by ");
		add_actor(&what, &trial->settled_by);
	}
	if (trial->reason)
		str_addf(&what, " (%s)", trial->reason);
	tell(g, &what);
	str_done(&what);
}
