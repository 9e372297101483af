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
#include <sallyport/mem.h>
#include "../ns.h"
#include "case.h"
#include "net.h"

#define AT_ONCE 8

static char work[64];	/* a directory of ours */

struct job {
	const char *path;
	bool mend;
	pid_t pid;
	FILE *said;
};

/* Status 0: all is as the case says; else 1, and what was said. */
_Noreturn static void
run_job(const struct job *job)
{
	char dir[80], lock[96];
	struct case_file c;
	bool good;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(fileno(job->said), STDOUT_FILENO);
	snprintf(dir, sizeof(dir), "%s/%d", work, (int)getpid());
	snprintf(lock, sizeof(lock), "%s/lock", dir);
	if (mkdir(dir, 0700) < 0)
		net_die("%s", dir);
	setenv("XTABLES_LOCKFILE", lock, 1);
	case_read(job->path, &c);
	good = job->mend ? case_mend(&c, dir) : case_judge(&c, dir);
	case_done(&c);
	exit(!good);
}

static void
start(struct job *job)
{
	job->said = tmpfile();
	fflush(stdout);
	job->pid = fork();
	if (job->pid < 0 || !job->said)
		bail_out("%s: %s", job->path, strerror(errno));
	if (job->pid == 0)
		run_job(job);
}

static void
finish(struct job *job)
{
	const char *name = strstr(job->path, "tests/guard/");
	int status;
	char line[512];

	if (waitpid(job->pid, &status, 0) < 0)
		bail_out("waitpid: %s", strerror(errno));
	ok(status == 0, "%s%s", name ? name + strlen("tests/guard/") :
	   job->path, job->mend ? ", mended" : "");
	rewind(job->said);
	while (fgets(line, sizeof(line), job->said))
		printf("#   %s", line);
	fclose(job->said);
	job->pid = 0;
}

/* In order, so many at a time. */
static void
run_all(struct job *jobs, size_t n)
{
	for (size_t i = 0; i < n + AT_ONCE; i++) {
		if (i >= AT_ONCE)
			finish(&jobs[i - AT_ONCE]);
		if (i < n)
			start(&jobs[i]);
	}
}

/* Each case, and each refusal that can be mended once more. */
static void
run_paths(char *const *paths, size_t n)
{
	struct job *jobs = xcalloc(2 * n, sizeof(*jobs));
	size_t n_jobs = 0;

	for (size_t i = 0; i < n; i++) {
		struct case_file c;

		case_read(paths[i], &c);
		jobs[n_jobs++] = (struct job){ .path = paths[i] };
		if (c.has[SECTION_REFUSED] && c.has[SECTION_KERNEL])
			jobs[n_jobs++] = (struct job){ .path = paths[i],
						       .mend = true };
		case_done(&c);
	}
	run_all(jobs, n_jobs);
	free(jobs);
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
	setenv("SALLYPORT", "./sallyport", 0);
	if (argc > 1) {
		run_paths(argv + 1, (size_t)argc - 1);
	} else {
		find_cases("lockout", 0, &found);
		find_cases("safe", GLOB_APPEND, &found);
		run_paths(found.gl_pathv, found.gl_pathc);
		globfree(&found);
	}
	remove_work();
	return done_testing();
}
