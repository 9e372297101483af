/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lockouts and safe changes, one file each, on hosts that are made for real:
 * what `sallyport check` says to the candidate, and whether the kernel agrees.
 * tests/guard/README tells how a case is written.
 *	tests/guard/cases [FILE...]	all of them, or just these */
#include <glob.h>
#include <libgen.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sallyport/str.h>
#include <sallyport/vec.h>
#include "../ns.h"
#include "case.h"
#include "net.h"

#define JOBS 8

static char work[64];	/* a directory of ours */

struct job {
	const char *path;
	pid_t pid;
	FILE *said;
};

static void
write_file(const char *path, const struct str *text)
{
	FILE *f = fopen(path, "we");

	if (!f || fputs(str_text(text), f) < 0 || fclose(f))
		net_die("%s", path);
}

/* The candidate judged. The status; what was said is added to said. */
static int
check(const struct host *host, const struct case_file *c, const char *dir,
      struct str *said)
{
	char rules[96], conf[96], db[96];
	const char *argv[] = { getenv("SALLYPORT"), "--run-dir", dir, "--db",
			       db, "check", rules, NULL, NULL, NULL };

	snprintf(rules, sizeof(rules), "%s/candidate", dir);
	snprintf(conf, sizeof(conf), "%s/conf", dir);
	snprintf(db, sizeof(db), "%s/db", dir);
	write_file(rules, &c->text[SECTION_CANDIDATE]);
	if (c->has[SECTION_CONF]) {
		write_file(conf, &c->text[SECTION_CONF]);
		argv[7] = "--config";
		argv[8] = conf;
	}
	unsetenv("SSH_CONNECTION");
	if (*host->connection)
		setenv("SSH_CONNECTION", host->connection, 1);
	return net_hear(host->ns, argv, said);
}

/* Every line that the case expects is a part of what was said. */
static bool
says(const struct str *said, const struct str *expected)
{
	const char *at = str_text(expected);
	struct str line = { 0 };
	bool good = true;

	while (case_line(&at, &line)) {
		if (strstr(str_text(said), str_text(&line)))
			continue;
		printf("not said: %s\n", str_text(&line));
		good = false;
	}
	str_done(&line);
	return good;
}

/* The error, which is told last. */
static const char *
last_line(const struct str *said)
{
	const char *line = strstr(str_text(said), "sallyport: ");

	return line ? line : str_text(said);
}

/* What the case expects, as a status of check and a section. */
static const struct answer {
	enum section section;
	int status;
} answers[] = {
	{ SECTION_SAFE, 0 },
	{ SECTION_UNREADABLE, 2 },
	{ SECTION_REFUSED, 3 },
};

static const struct answer *
expected_answer(const struct case_file *c)
{
	const struct answer *answer = answers;

	while (!c->has[answer->section])
		answer++;
	return answer;
}

static bool
guard_is_right(const struct host *host, const struct case_file *c,
	       const char *dir)
{
	const struct answer *expected = expected_answer(c);
	struct str said = { 0 }, last = { 0 };
	int status = check(host, c, dir, &said);
	bool good = status == expected->status;

	if (!good)
		printf("exit status %d\n", status);
	str_add(&last, status ? last_line(&said) : str_text(&said));
	if (!says(&last, &c->text[expected->section]))
		good = false;
	if (!good || getenv("CASES_SHOW"))
		printf("%s", str_text(&said));
	str_done(&said);
	str_done(&last);
	return good;
}

static bool
kernel_agrees(const struct host *host, const struct case_file *c)
{
	const char *text = str_text(&c->text[SECTION_KERNEL]);
	bool takes = !strstr(text, "refuses");
	struct str wrong = { 0 };
	bool good = host_load(host, str_text(&c->text[SECTION_CANDIDATE])) ==
		    takes;

	if (!good)
		printf("the kernel %s the candidate\n",
		       takes ? "refuses" : "takes");
	else if (!host_try(host, c, &wrong))
		good = false;
	printf("%s", str_text(&wrong));
	str_done(&wrong);
	return good;
}

/* Status 0: both agree with the case; else 1, and what was said. */
_Noreturn static void
run_case(const char *path)
{
	char name[64], dir[80], lock[96];
	struct case_file c;
	struct host host;
	bool good;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	snprintf(dir, sizeof(dir), "%s/%d", work, (int)getpid());
	snprintf(lock, sizeof(lock), "%s/lock", dir);
	snprintf(name, sizeof(name), "%s", path);
	if (mkdir(dir, 0700) < 0)
		net_die("%s", dir);
	setenv("XTABLES_LOCKFILE", lock, 1);
	case_read(path, &c);
	host_make(&host, &c);
	good = guard_is_right(&host, &c, dir);
	if (c.has[SECTION_KERNEL] && !kernel_agrees(&host, &c))
		good = false;
	case_done(&c);
	exit(!good);
}

static void
start(struct job *job, const char *path)
{
	job->path = path;
	job->said = tmpfile();
	fflush(stdout);
	job->pid = fork();
	if (job->pid < 0 || !job->said)
		bail_out("%s: %s", path, strerror(errno));
	if (job->pid > 0)
		return;
	dup2(fileno(job->said), STDOUT_FILENO);
	run_case(path);
}

static void
finish(struct job *job)
{
	const char *name = strstr(job->path, "tests/guard/");
	int status;
	char line[512];

	if (waitpid(job->pid, &status, 0) < 0)
		bail_out("waitpid: %s", strerror(errno));
	ok(status == 0, "%s", name ? name + strlen("tests/guard/") : job->path);
	rewind(job->said);
	while (fgets(line, sizeof(line), job->said))
		printf("#   %s", line);
	fclose(job->said);
	job->pid = 0;
}

/* In order, so many at a time. */
static void
run_all(char *const *paths, size_t n)
{
	struct job jobs[JOBS] = { 0 };

	for (size_t i = 0; i < n + JOBS; i++) {
		struct job *job = &jobs[i % JOBS];

		if (job->pid)
			finish(job);
		if (i < n)
			start(job, paths[i]);
	}
}

static void
remove_work(void)
{
	char words[96];

	snprintf(words, sizeof(words), "rm -rf %s", work);
	if (system(words))
		diag("%s is left", work);
}

static void
find_cases(const char *kind, int flags, glob_t *found)
{
	const char *top = getenv("top_srcdir");
	char pattern[512];

	snprintf(pattern, sizeof(pattern), "%s/tests/guard/%s/*.case",
		 top ? top : ".", kind);
	if (glob(pattern, flags, NULL, found))
		bail_out("no cases: %s", pattern);
}

int
main(int argc, char **argv)
{
	glob_t found = { 0 };

	ns_or_skip();
	snprintf(work, sizeof(work), "%.40s/cases-XXXXXX",
		 getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	if (!mkdtemp(work))
		bail_out("%s: %s", work, strerror(errno));
	if (!getenv("SALLYPORT"))
		setenv("SALLYPORT", "./sallyport", 1);
	if (argc > 1) {
		run_all(argv + 1, (size_t)argc - 1);
	} else {
		find_cases("lockout", 0, &found);
		find_cases("safe", GLOB_APPEND, &found);
		run_all(found.gl_pathv, found.gl_pathc);
		globfree(&found);
	}
	remove_work();
	return done_testing();
}
