/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The settings file is taken whole or not at all, and every key stands in one
 * table. inih splits its lines; what inih would let pass (long lines, sections)
 * is refused on the way to it. */
#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <sallyport/caller.h>
#include <sallyport/file.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include <sallyport/str.h>
#include "values.h"

#define DEFAULT_DAYS 365
#define MAX_BYTES (1u << 16)
#define MAX_LINE 190	/* inih as distributions build it holds 197 */

static const struct key {
	const char *name;
	bool once;
	enum err (*take)(struct settings *settings, const char *value);
	const char *values;
	const char *help;
} keys[] = {
	{ "lifelines", true, value_lifelines, "none",
	  N_("Nothing need be kept: the guard refuses nothing") },
	{ "port", false, value_port, "PORT",
	  N_("A port of the SSH server, besides those that are found") },
	{ "source", false, value_source, "ADDR[/LEN]",
	  N_("Who must be able to log in") },
	{ "lifeline", false, value_lifeline,
	  "in|out tcp|udp PORT [from ADDR[/LEN]] [to ADDR[/LEN]]",
	  N_("Other traffic that must keep flowing") },
	{ "confirm", true, value_confirm, "any|new-login",
	  N_("What keeps a change that is on trial") },
	{ "boot", true, value_boot, "yes|no",
	  N_("Whether what is confirmed is written for the next boot") },
	{ "history", true, value_history, "DAYS|forever",
	  N_("How long revisions are kept (365), the newest 100 for ever") },
	{ "wall", true, value_wall, "yes|no",
	  N_("Whether who is logged in is told of a trial on the terminal") },
};

struct reader {
	const char *name;
	const char *next;	/* of the text */
	unsigned line;
	bool given[ARRAY_LEN(keys)];
	struct settings *settings;
	enum err err;		/* the first one; its message is kept */
};

/* Put "FILE:LINE: " before the last message. */
static void
fail_here(struct reader *r, unsigned line)
{
	char *why = xstrdup(err_message());

	r->err = fail(ERR_PARSE, "%s:%u: %s", r->name, line, why);
	free(why);
}

/* A reader for inih: the next line without the blanks before it, which would
 * make it go on with the one above. */
static char *
next_line(char *buf, int size, void *arg)
{
	struct reader *r = arg;
	size_t n = strcspn(r->next, "\n");
	const char *start = r->next + strspn(r->next, " \t\r\f\v");
	size_t len = start < r->next + n ? (size_t)(r->next + n - start) : 0;

	if (!*r->next || r->err)
		return NULL;
	r->line++;
	r->next += n + (r->next[n] == '\n');
	if (len && strchr("#;", *start))
		len = 0;
	if (len && *start == '[')
		fail(ERR_PARSE, _("sections are not known"));
	else if (len > MAX_LINE || len + 2 > (size_t)size)
		fail(ERR_PARSE, _("the line is longer than %d bytes"),
		     MAX_LINE);
	else {
		memcpy(buf, start, len);
		memcpy(buf + len, "\n", 2);
		return buf;
	}
	fail_here(r, r->line);
	return NULL;
}

static enum err
take(struct reader *r, const char *name, const char *value)
{
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		if (strcmp(keys[i].name, name) != 0)
			continue;
		if (!*value)
			return fail(ERR_PARSE, _("'%s' has no value"), name);
		if (keys[i].once && r->given[i])
			return fail(ERR_PARSE, _("'%s' comes twice"), name);
		r->given[i] = true;
		return keys[i].take(r->settings, value);
	}
	return fail(ERR_PARSE, _("unknown key '%s'"), name);
}

/* A handler for inih. */
static int
on_key(void *arg, const char *section, const char *name, const char *value)
{
	struct reader *r = arg;

	if (!r->err && take(r, name, value))
		fail_here(r, r->line);
	return !r->err;
}

static enum err
check_whole(const char *name, const struct settings *settings)
{
	if (settings->no_lifelines &&
	    settings->ports.n + settings->sources.n + settings->lifelines.n)
		return fail(ERR_PARSE, _("%s: 'lifelines = none' and a port, "
			    "source or lifeline contradict each other"), name);
	return OK;
}

enum err
settings_parse(const char *name, const char *text, struct settings **settings)
{
	struct reader r = { .name = name, .next = text,
			    .settings = settings_new() };
	int line = ini_parse_stream(next_line, &r, on_key, &r);

	if (line < 0)
		die(_("out of memory"));
	/* inih goes on behind a line without '=', we do not behind others. */
	if (line > 0 && (!r.err || (unsigned)line < r.line)) {
		fail(ERR_PARSE, _("no KEY = VALUE"));
		fail_here(&r, (unsigned)line);
	}
	if (!r.err)
		r.err = check_whole(name, r.settings);
	if (r.err)
		settings_free(r.settings);
	else
		*settings = r.settings;
	return r.err;
}

static enum err
check_owner(int fd, const char *path)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return fail_errno(_("cannot look at '%s'"), path);
	if (!S_ISREG(st.st_mode))
		return fail(ERR_FAIL, _("'%s' is no regular file"), path);
	if (geteuid() != 0)
		return OK;
	if (st.st_uid != 0)
		return fail(ERR_FAIL, _("settings file '%s' belongs to user %u, "
			    "not to root: refused"), path, st.st_uid);
	if (st.st_mode & 022)
		return fail(ERR_FAIL, _("settings file '%s' may be written by "
			    "others: refused"), path);
	return OK;
}

static enum err
parse_bytes(const char *path, const struct str *text,
	    struct settings **settings)
{
	if (memchr(str_text(text), '\0', text->len))
		return fail(ERR_PARSE, _("'%s' has a NUL byte in it"), path);
	return settings_parse(path, str_text(text), settings);
}

enum err
settings_load(const char *path, bool must, struct settings **settings)
{
	struct str text = { 0 };
	enum err err;
	bool secret;
	int fd = caller_open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK |
			     O_NOCTTY | O_CLOEXEC, &secret);

	if (fd < 0 && errno == ENOENT && !must) {
		*settings = settings_new();
		return OK;
	}
	if (fd < 0 && errno == ELOOP)
		return fail(ERR_FAIL, _("settings file '%s' is a symbolic link: "
			    "refused"), path);
	if (fd < 0)
		return fail_errno(_("cannot open settings file '%s'"), path);
	err = check_owner(fd, path);
	if (!err)
		err = file_read_fd(fd, path, MAX_BYTES, &text);
	if (!err)
		err = caller_hide(parse_bytes(path, &text, settings), secret,
				  path);
	str_done(&text);
	close(fd);
	return err;
}

struct settings *
settings_new(void)
{
	struct settings *settings = xcalloc(1, sizeof(*settings));

	settings->history_days = DEFAULT_DAYS;
	return settings;
}

static void
free_all(struct vec *vec)
{
	for (size_t i = 0; i < vec->n; i++)
		free(vec->v[i]);
	vec_done(vec);
}

void
settings_free(struct settings *settings)
{
	if (!settings)
		return;
	free_all(&settings->ports);
	free_all(&settings->sources);
	free_all(&settings->lifelines);
	free(settings);
}

void
settings_each_key(void (*each)(const char *key, const char *values,
			       const char *help, void *arg), void *arg)
{
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		each(keys[i].name, keys[i].values, _(keys[i].help), arg);
}
