/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two lists that are walked side by side. Where /proc is not ascending, more is
 * asked, and the answer is the same. */
#include <stdlib.h>
#include <sallyport/mem.h>
#include "login-known.h"
#include "sshd.h"

#define ASKED_ENOUGH 2
#define ALL_AGAIN 10

struct known_pid {
	pid_t pid;
	unsigned asked;
};

void
login_known_begin(struct login_known *known, bool all)
{
	known->at = 0;
	known->next_n = 0;
	if (all || known->looks % ALL_AGAIN == 0)
		known->n = 0;
	known->looks++;
}

void
login_known_end(struct login_known *known)
{
	struct known_pid *v = known->v;
	size_t cap = known->cap;

	known->v = known->next;
	known->n = known->next_n;
	known->cap = known->next_cap;
	known->next = v;
	known->next_cap = cap;
}

void
login_known_done(struct login_known *known)
{
	free(known->v);
	free(known->next);
}

static unsigned
times_asked(struct login_known *known, pid_t pid)
{
	while (known->at < known->n && known->v[known->at].pid < pid)
		known->at++;
	return known->at < known->n && known->v[known->at].pid == pid ?
	       known->v[known->at].asked : 0;
}

static void
keep(struct login_known *known, pid_t pid, unsigned asked)
{
	if (known->next_n == known->next_cap) {
		known->next_cap = known->next_cap ? 2 * known->next_cap : 256;
		known->next = xreallocarray(known->next, known->next_cap,
					    sizeof(*known->next));
	}
	known->next[known->next_n++] = (struct known_pid){ pid, asked };
}

bool
login_known_is_server(struct login_known *known, pid_t pid)
{
	unsigned asked = times_asked(known, pid);

	if (asked < ASKED_ENOUGH) {
		if (sshd_is_process(pid))
			return true;
		asked++;
	}
	keep(known, pid, asked);
	return false;
}
