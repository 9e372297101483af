/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Behind sudo the environment is somebody else's. What is kept of it stands in
 * one table; libraries read more variables than anybody can list (XTABLES_*,
 * TERMINFO*, TERMCAP, NLSPATH, LOCPATH, GCONV_PATH, TMPDIR, SQLITE_TMPDIR,
 * TEXTDOMAINDIR, NCURSES_*, LD_*), so what is not in it is forgotten. */
#include "environment.h"

#include <ctype.h>
#include <langinfo.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/auxv.h>
#include <sallyport/caller.h>
#include <sallyport/cli.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>

#define SAFE_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

enum kept_if {
	AS_IT_IS,
	NO_PATH,	/* neither '/' nor '%' in it */
	RELATIVE,	/* a path that leads nowhere else */
};

static const struct {
	const char *name;
	enum kept_if kept_if;
	bool prefix;
} kept[] = {
	{ "TERM", NO_PATH, false },
	{ "COLORTERM", NO_PATH, false },
	{ "LANG", NO_PATH, false },
	{ "LANGUAGE", NO_PATH, false },
	{ "LC_", NO_PATH, true },
	{ "LINES", NO_PATH, false },
	{ "COLUMNS", NO_PATH, false },
	{ "TZ", RELATIVE, false },
	{ "NO_COLOR", AS_IT_IS, false },
	{ "VISUAL", AS_IT_IS, false },
	{ "EDITOR", AS_IT_IS, false },
	{ "SSH_CONNECTION", AS_IT_IS, false },
	{ "SUDO_", AS_IT_IS, true },
	{ "DOAS_USER", AS_IT_IS, false },
	{ "PKEXEC_UID", AS_IT_IS, false },
	{ "USER", AS_IT_IS, false },
	{ "LOGNAME", AS_IT_IS, false },
};

static const char *
or_else(const char *given, const char *otherwise)
{
	return given && given[0] ? given : otherwise;
}

static bool
is_harmless(const char *value, enum kept_if kept_if)
{
	switch (kept_if) {
	case AS_IT_IS:
		return true;
	case NO_PATH:
		return !strpbrk(value, "/%");
	case RELATIVE:
		return isalpha((unsigned char)*value) && !strstr(value, "..");
	}
	return false;
}

/* Is "NAME=VALUE" kept? */
static bool
is_kept(const char *entry)
{
	size_t len = strcspn(entry, "=");

	if (!entry[len])
		return false;
	for (size_t i = 0; i < ARRAY_LEN(kept); i++) {
		size_t n = strlen(kept[i].name);

		if (strncmp(entry, kept[i].name, n) == 0 &&
		    (len == n || (kept[i].prefix && len > n)))
			return is_harmless(entry + len + 1, kept[i].kept_if);
	}
	return false;
}

/* The number in text, or -1, which is nobody's. */
static long
number(const char *text)
{
	char *end;
	long n = text && isdigit((unsigned char)*text) ?
		 strtol(text, &end, 10) : -1;

	return n >= 0 && !*end ? n : -1;
}

/* sudo names the command that it ran: a shell or the like is root's own, and
 * what is typed there comes from who may do all. */
static bool
is_root_shell(void)
{
	const char *command = getenv("SUDO_COMMAND");
	size_t len = command ? strcspn(command, " ") : 0;
	size_t n = strlen(PACKAGE);

	return len && !(len >= n && strncmp(command + len - n, PACKAGE, n) == 0);
}

static void
find_caller(void)
{
	const char *doas = getenv("DOAS_USER");
	long uid = number(or_else(getenv("SUDO_UID"), getenv("PKEXEC_UID")));
	const struct passwd *pw = uid >= 0 ? getpwuid((uid_t)uid) :
				  doas ? getpwnam(doas) : NULL;

	if (is_root_shell())
		return;
	if (pw)
		caller_set(pw->pw_uid, pw->pw_gid, pw->pw_name);
	else if (uid >= 0)
		caller_set((uid_t)uid, (gid_t)uid, NULL);
}

static bool
is_somebody_elses(void)
{
	return getauxval(AT_SECURE) || getenv("SUDO_UID") ||
	       getenv("PKEXEC_UID") || getenv("DOAS_USER");
}

void
environment_distrust(void)
{
	const struct passwd *pw;
	size_t n = 0;

	if (!is_somebody_elses())
		return;
	for (size_t i = 0; environ[i]; i++)
		if (is_kept(environ[i]))
			environ[n++] = environ[i];
	environ[n] = NULL;
	setenv("PATH", SAFE_PATH, 1);
	pw = getpwuid(geteuid());
	if (pw)
		setenv("HOME", pw->pw_dir, 1);
	find_caller();
}

void
environment_find(struct world *world)
{
	world->term = or_else(getenv("TERM"), "");
	world->no_color = or_else(getenv("NO_COLOR"), NULL) != NULL;
	world->editor = or_else(getenv("VISUAL"),
				or_else(getenv("EDITOR"), "vi"));
	world->utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8");
	world->in = stdin;
	world->out = stdout;
	world->err = stderr;
	world->tty_in = isatty(STDIN_FILENO);
	world->tty_out = isatty(STDOUT_FILENO);
	world->guardian.lock_path = or_else(getenv("XTABLES_LOCKFILE"), NULL);
	world->lifelines.ssh_connection = or_else(getenv("SSH_CONNECTION"), NULL);
	world->lifelines.self = getpid();
	world->lifelines.sshd = lifelines_sshd();
	cli_find_actor(&world->actor, or_else(getenv("SUDO_USER"), NULL),
		       world->lifelines.ssh_connection,
		       ttyname(STDIN_FILENO));
}
