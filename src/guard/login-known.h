/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Processes that are known to be no SSH server's, so that a look each second
 * costs one readdir of /proc and not a read for each of thousands. */
#ifndef GUARD_LOGIN_KNOWN_H
#define GUARD_LOGIN_KNOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct login_known {
	struct known_pid *v;	/* ascending, as /proc lists them */
	size_t n, cap, at;
	struct known_pid *next;	/* of the look that goes on */
	size_t next_n, next_cap;
	unsigned looks;
};

/* Around one look; all: nobody is taken for known. */
void login_known_begin(struct login_known *known, bool all);
void login_known_end(struct login_known *known);
void login_known_done(struct login_known *known);

/* Is it an SSH server's? Asked for each process once a look. A name may change
 * with exec, and a number may be another process's: a process is asked twice
 * before it is known, and in every tenth look anew. */
bool login_known_is_server(struct login_known *known, pid_t pid);

#endif
