/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One case: what the guard says, what the kernel does, and whether the guard's
 * own fix mends it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "case.h"
#include "net.h"

static void
write_file(const char *path, const struct str *text)
{
	FILE *f = fopen(path, "we");

	if (!f || fputs(str_text(text), f) < 0 || fclose(f))
		net_die("%s", path);
}

/* What is asked of the program about the candidate. */
static const char *const to_check[] = { "check", NULL };
static const char *const to_mend[] = { "--no-trial", "apply", "--fix", "--yes",
				       NULL };

/* Its status; what was said is added to said. */
static int
sallyport(const struct host *host, const struct case_file *c, const char *dir,
	  const char *const words[], struct str *said)
{
	char rules[96], conf[96], db[96];
	const char *argv[16] = { getenv("SALLYPORT"), "--run-dir", dir, "--db",
				 db };
	int n = 5;

	snprintf(rules, sizeof(rules), "%s/candidate", dir);
	snprintf(conf, sizeof(conf), "%s/conf", dir);
	snprintf(db, sizeof(db), "%s/db", dir);
	write_file(rules, &c->text[SECTION_CANDIDATE]);
	write_file(conf, &c->text[SECTION_CONF]);
	for (; *words; words++)
		argv[n++] = *words;
	argv[n++] = rules;
	if (c->has[SECTION_CONF]) {
		argv[n++] = "--config";
		argv[n++] = conf;
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
	int status = sallyport(host, c, dir, to_check, &said);
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
	else if (!host_try(host, c, false, &wrong))
		good = false;
	printf("%s", str_text(&wrong));
	str_done(&wrong);
	return good;
}

bool
case_judge(const struct case_file *c, const char *dir)
{
	struct host host;
	bool good;

	host_make(&host, c);
	good = guard_is_right(&host, c, dir);
	if (c->has[SECTION_KERNEL] && !kernel_agrees(&host, c))
		good = false;
	return good;
}

bool
case_mend(const struct case_file *c, const char *dir)
{
	struct str said = { 0 }, wrong = { 0 };
	struct host host;
	int status;
	bool good;

	host_make(&host, c);
	status = sallyport(&host, c, dir, to_mend, &said);
	if (c->has[SECTION_UNMENDED])
		good = status == 3 &&
		       says(&said, &c->text[SECTION_UNMENDED]);
	else
		good = status == 0 && host_try(&host, c, true, &wrong);
	if (!good)
		printf("exit status %d\n%s%s", status, str_text(&wrong),
		       str_text(&said));
	str_done(&said);
	str_done(&wrong);
	return good;
}
