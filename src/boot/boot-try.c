/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text for the next boot is loaded once, in a network namespace of its own,
 * by the program that will load it. That runs without a shell, with an
 * environment and an xtables lock of its own, for so long and no longer. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <sallyport/backend.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include <sallyport/scratch.h>
#include <sallyport/text.h>
#include "internal.h"

#define LIMIT_S 20
#define SAID_MAX_BYTES 4096

/* What is run. */
struct job {
	const char *loader;
	const char *argument;		/* or NULL */
	int in;				/* its standard input */
	const struct tables *tables;	/* that it must make; NULL: no matter */
};

static _Noreturn void
become(const struct job *job, int out)
{
	char *const argv[] = { (char *)(uintptr_t)job->loader,
			       (char *)(uintptr_t)job->argument, NULL };
	char lock[64];
	char *const env[] = { (char *)"PATH=/usr/sbin:/usr/bin:/sbin:/bin",
			      (char *)"LC_ALL=C", lock, NULL };
	int own = memfd_create("lock", 0);

	snprintf(lock, sizeof(lock), "XTABLES_LOCKFILE=/proc/self/fd/%d", own);
	if (own < 0 || dup2(job->in, STDIN_FILENO) < 0 ||
	    dup2(out, STDOUT_FILENO) < 0 || dup2(out, STDERR_FILENO) < 0)
		_exit(127);
	alarm(LIMIT_S);	/* lasts over exec */
	execve(job->loader, argv, env);
	dprintf(STDERR_FILENO, "%s\n", strerror(errno));
	_exit(127);
}

static bool
run(const struct job *job, int out)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0)
		become(job, out);
	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

static bool
has_as_many(const struct ruleset *a, const struct ruleset *b)
{
	if (a->chains.n != b->chains.n)
		return false;
	for (size_t i = 0; i < a->chains.n; i++) {
		const struct chain *chain = a->chains.v[i];
		const struct chain *other = ruleset_chain(b, chain->name);

		if (!other || other->policy != chain->policy ||
		    other->rules.n != chain->rules.n)
			return false;
	}
	return true;
}

/* What the kernel has of the namespace that we are in. */
static bool
has_all(const struct tables *tables)
{
	struct backend *be = backend_ip6tc(NULL);
	bool same = true;

	for (size_t i = 0; i < tables->v.n && same; i++) {
		const struct ruleset *want = tables->v.v[i];
		struct ruleset *rs = NULL;

		same = be->ops->read(be, want->table, &rs) == OK &&
		       has_as_many(want, rs);
		ruleset_free(rs);
	}
	backend_free(be);
	return same;
}

/* In a child: its status is the answer, and what is said goes to out. */
static _Noreturn void
try_in_child(const struct job *job, int out, pid_t parent)
{
	bool user_ns;

	signal(SIGALRM, SIG_DFL);
	alarm(LIMIT_S);
	if (job->tables && scratch_enter(&user_ns)) {
		dprintf(out, "no network namespace: %s\n", strerror(errno));
		_exit(1);
	}
	if (!scratch_follow(parent) || !run(job, out))
		_exit(1);
	if (job->tables && !has_all(job->tables)) {
		dprintf(out, "it made other rules of it\n");
		_exit(1);
	}
	_exit(0);
}

static void
hear(int fd, struct str *said)
{
	char buf[1024];
	ssize_t n = 1;

	while (n > 0) {
		n = read(fd, buf, sizeof(buf));
		if (n > 0 && said->len < SAID_MAX_BYTES)
			str_addn(said, buf, (size_t)n);
	}
}

/* Everything that it starts dies with it or ends by itself: the pipe is read to
 * its end. */
static bool
try(const struct job *job, struct str *said)
{
	int ends[2], status = 1;
	pid_t self = getpid(), pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return false;
	fflush(NULL);
	pid = fork();
	if (pid == 0)
		try_in_child(job, ends[1], self);
	close(ends[1]);
	if (pid > 0)
		hear(ends[0], said);
	close(ends[0]);
	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

/* A descriptor to read the text from; -1. */
static int
text_fd(const struct str *text)
{
	int fd = memfd_create("rules", MFD_CLOEXEC);

	if (fd < 0)
		return -1;
	for (size_t done = 0; done < text->len;) {
		ssize_t n = write(fd, text->s + done, text->len - done);

		if (n < 0) {
			close(fd);
			return -1;
		}
		done += (size_t)n;
	}
	lseek(fd, 0, SEEK_SET);
	return fd;
}

/* Its first line, harmless. */
static void
first_line(const struct str *said, struct str *line)
{
	size_t n = said->len ? strcspn(said->s, "\n") : 0;

	text_visible(line, str_text(said), n, false);
}

enum err
boot_try(const char *loader, const struct str *text,
	 const struct tables *tables)
{
	struct job job = { .loader = loader, .tables = tables };
	struct str said = { 0 }, line = { 0 };
	enum err err = OK;

	job.in = text_fd(text);
	if (job.in < 0)
		return fail_errno(_("cannot try the rules for the next boot"));
	if (!try(&job, &said)) {
		first_line(&said, &line);
		err = fail(ERR_FAIL, _("%s does not load them: %s"), loader,
			   line.len ? str_text(&line) : _("it does not end"));
	}
	close(job.in);
	str_done(&said);
	str_done(&line);
	return err;
}

void
boot_ask_version(const char *loader, struct str *line)
{
	struct job job = { .loader = loader, .argument = "-V" };
	struct str said = { 0 };

	job.in = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (job.in >= 0 && try(&job, &said))
		first_line(&said, line);
	if (job.in >= 0)
		close(job.in);
	str_done(&said);
}
