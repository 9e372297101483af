/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines are given to stock, by its own program, and to our parser. */
#include "oracle.h"
#include "objects.h"
#include <sys/mman.h>
#include <sys/wait.h>
#include <sallyport/mem.h>

static char *
fd_text(int fd)
{
	struct str text = { 0 };
	char buf[4096];
	ssize_t n;

	lseek(fd, 0, SEEK_SET);
	for (n = read(fd, buf, sizeof(buf)); n > 0;
	     n = read(fd, buf, sizeof(buf)))
		str_addn(&text, buf, (size_t)n);
	close(fd);
	return str_take(&text);
}

char *
oracle_run(int *status, const char *fmt, ...)
{
	struct str command = { 0 }, text = { 0 };
	va_list ap;
	FILE *f;
	int c;

	va_start(ap, fmt);
	str_vaddf(&command, fmt, ap);
	va_end(ap);
	f = popen(command.s, "r");
	if (!f)
		bail_out("popen: %s", strerror(errno));
	for (c = getc(f); c != EOF; c = getc(f)) {
		/* The list of a bpf match has a NUL in it. */
		if (c)
			str_addc(&text, (char)c);
	}
	c = pclose(f);
	if (status)
		*status = c;
	str_done(&command);
	return str_take(&text);
}

static void
exec_restore(int in, int out)
{
	dup2(in, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	dup2(out, STDERR_FILENO);
	execlp("ip6tables-legacy-restore", "ip6tables-restore", "-c", "-n",
	       (char *)NULL);
	_exit(127);
}

/* Load text beside what is there; what stock says, NULL where it is content. */
static char *
stock_load(const char *text)
{
	int in = memfd_create("input", MFD_CLOEXEC);
	int out = memfd_create("output", MFD_CLOEXEC);
	size_t len = strlen(text);
	int status;
	pid_t pid;
	char *said;

	if (write(in, text, len) != (ssize_t)len || lseek(in, 0, SEEK_SET) < 0)
		bail_out("memfd: %s", strerror(errno));
	pid = fork();
	if (pid == 0)
		exec_restore(in, out);
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		bail_out("fork: %s", strerror(errno));
	close(in);
	said = fd_text(out);
	if (WIFSIGNALED(status)) {
		free(said);
		return xasprintf("ip6tables-restore v: died of signal %d",
				 WTERMSIG(status));
	}
	if (status == 0) {
		free(said);
		said = NULL;
	}
	return said;
}

/* Stock's own parser begins its messages with its version; a refusal by the
 * kernel comes at COMMIT and has none. */
static bool
is_parse_error(const char *said)
{
	return strstr(said, "ip6tables-restore v") ||
	       strstr(said, "Bad argument");
}

char *
oracle_text(const char *table, const char *lines)
{
	return xasprintf("*%s\n:here - [0:0]\n:there - [0:0]\n%sCOMMIT\n",
			 table, lines);
}

enum err
oracle_parse(const char *table, const char *line, struct ruleset **rs)
{
	char *lines = xasprintf("%s\n", line);
	char *text = oracle_text(table, lines);
	enum err err = ruleset_load(text, strlen(text), "text", table, rs);

	free(text);
	free(lines);
	return err;
}

void
oracle_or_skip(void)
{
	setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
	if (system("command -v ip6tables-legacy-restore >/dev/null") != 0)
		skip_all("no ip6tables-legacy");
	tap_locale();
	ns_or_skip();
	objects_make();
	if (xt_init(false))
		bail_out("%s", err_message());
}

bool
oracle_begin(struct oracle *o, const char *table)
{
	char *text = oracle_text(table, "");
	char *said = stock_load(text);

	memset(o, 0, sizeof(*o));
	str_copy(o->table, sizeof(o->table), table);
	if (said)
		diag("not here: table %s: %s", table, said);
	free(text);
	free(said);
	return !said;
}

/* Stock's answer is known: is it ours? */
static void
settle(struct oracle *o, const char *line, enum answer answer, const char *said)
{
	struct vec *const into[] = { &o->taken, &o->refused, &o->turned_down };
	struct ruleset *rs = NULL;
	enum err err = oracle_parse(o->table, line, &rs);

	if (answer == (err ? TAKEN : REFUSED)) {
		o->differ++;
		ok(false, "%s: %s", o->table, line);
		tap_quote("stock says: ", said ? said : "fine");
		tap_quote("   we say: ", err ? err_message() : "fine");
	}
	ruleset_free(rs);
	vec_push(into[answer], xstrdup(line));
}

/* Load them together; where stock does not like that, by halves. */
static enum answer
try_range(struct oracle *o, char *const *lines, size_t n)
{
	struct str text = { 0 };
	enum answer answer = TAKEN;
	char *said;

	str_addf(&text, "*%s\n", o->table);
	for (size_t i = 0; i < n; i++)
		str_addf(&text, "%s\n", lines[i]);
	str_add(&text, "COMMIT\n");
	said = stock_load(text.s);
	str_done(&text);
	if (said && n > 1) {
		try_range(o, lines, n / 2);
		answer = try_range(o, lines + n / 2, n - n / 2);
	} else {
		if (said)
			answer = is_parse_error(said) ? REFUSED : TURNED_DOWN;
		for (size_t i = 0; i < n; i++)
			settle(o, lines[i], answer, said);
	}
	free(said);
	return answer;
}

void
oracle_try(struct oracle *o, char *const *lines, size_t n)
{
	try_range(o, lines, n);
}

enum answer
oracle_try_one(struct oracle *o, const char *line)
{
	return try_range(o, (char *[]){ (char *)line }, 1);
}

bool
oracle_is_stricter(const struct oracle *o, const char *line)
{
	char *text = xasprintf("*%s\n%s\nCOMMIT\n", o->table, line);
	char *said = stock_load(text);
	struct ruleset *rs = NULL;
	enum err err = oracle_parse(o->table, line, &rs);

	ruleset_free(rs);
	free(text);
	free(said);
	return !said && err;
}

static void
lines_free(struct vec *lines)
{
	for (size_t i = 0; i < lines->n; i++)
		free(lines->v[i]);
	vec_done(lines);
}

void
oracle_done(struct oracle *o)
{
	lines_free(&o->taken);
	lines_free(&o->refused);
	lines_free(&o->turned_down);
}
