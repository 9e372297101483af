/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sudo and su keep us below the sshd. A terminal multiplexer does not: its server
 * has the terminals open that it is attached to, and whose session such a
 * terminal is, is below the sshd again. */
#include <stdlib.h>
#include <sallyport/mem.h>
#include <sallyport/proc.h>
#include "ancestors.h"

struct terminals {
	unsigned v[16];		/* more than anybody is attached to */
	size_t n;
	struct inodes *inodes;
};

static bool
add_terminal(unsigned tty, void *arg)
{
	struct terminals *terminals = arg;

	for (size_t i = 0; i < terminals->n; i++)
		if (terminals->v[i] == tty)
			return true;
	if (terminals->n == ARRAY_LEN(terminals->v))
		return false;
	terminals->v[terminals->n++] = tty;
	return true;
}

/* A parent that dies meanwhile leads to PID 1: never a circle. */
static void
climb(pid_t pid, struct inodes *inodes, struct terminals *terminals)
{
	for (; pid > 1; pid = proc_parent(pid)) {
		inodes_of_process(pid, inodes);
		if (terminals)
			proc_each_tty(pid, add_terminal, terminals);
	}
}

/* The leader of a terminal's session is the shell, or whatever runs there. */
static bool
climb_from_terminal(pid_t pid, void *arg)
{
	struct terminals *terminals = arg;
	unsigned tty = proc_tty(pid);

	for (size_t i = 0; tty && i < terminals->n; i++)
		if (terminals->v[i] == tty && proc_session(pid) == pid)
			climb(pid, terminals->inodes, NULL);
	return true;
}

void
ancestors_sockets(pid_t self, struct inodes *inodes)
{
	struct terminals terminals = { .inodes = inodes };

	climb(self, inodes, &terminals);
	if (terminals.n)
		proc_each(climb_from_terminal, &terminals);
	inodes_sort(inodes);
}
