/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A case: a host, the rules that it has, a file of rules, and what the guard
 * must say to that file. tests/guard/README tells how one is written. */
#ifndef TESTS_GUARD_CASE_H
#define TESTS_GUARD_CASE_H

#include <stdbool.h>
#include <sallyport/str.h>

enum section {
	SECTION_ABOUT,		/* what stands before the first section */
	SECTION_HOST,
	SECTION_CONF,
	SECTION_LIVE,
	SECTION_CANDIDATE,
	SECTION_REFUSED,
	SECTION_UNREADABLE,
	SECTION_SAFE,
	SECTION_KERNEL,
	SECTION_UNMENDED,
	SECTION_COUNT,
};

struct case_file {
	struct str text[SECTION_COUNT];
	bool has[SECTION_COUNT];
};

/* Ends the process where it cannot be read. */
void case_read(const char *path, struct case_file *c);
void case_done(struct case_file *c);

/* The next line of a section without its newline, in line; false at its end.
 * Blank lines and comments are left out. *at is "" or where to go on. */
bool case_line(const char **at, struct str *line);

/* The same, as words; the last one holds the rest. How many, 0 at the end. */
unsigned case_words(const char **at, const char *words[], unsigned max,
		    struct str *line);

/* The host of a case, made for real. */
struct host {
	int ns;			/* of the host itself: -1 not made yet */
	int peer;		/* of everybody else */
	int container;
	int sessions[8];	/* the peer's sides */
	unsigned n_sessions;
	char from[64];		/* of the first session, or who would log in */
	char to[64];
	char port[8];		/* of sshd, the last one that was named */
	char connection[160];	/* SSH_CONNECTION, "" on a console */
};

/* Make it and load its live rules. */
void host_make(struct host *host, const struct case_file *c);

/* Load the candidate behind the guard's back: does the kernel take it? */
bool host_load(const struct host *host, const char *rules);

/* Try what the section kernel tells: "session cut", "login lives"; once mended,
 * all of it lives. False, and why in out, where it is otherwise. */
bool host_try(const struct host *host, const struct case_file *c, bool mended,
	      struct str *out);

/* Does the guard say what the case expects, and the kernel do so? dir is a
 * directory of the case's own. */
bool case_judge(const struct case_file *c, const char *dir);

/* Does all live once the guard's own fix is applied? Or is it refused, too, and
 * for the reason that the case expects? */
bool case_mend(const struct case_file *c, const char *dir);

#endif
