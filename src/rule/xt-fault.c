/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Crashes of guests. What a plugin prints may come from a trial record that
 * somebody tampered with, or from a program that told the kernel what it does
 * not check: plugins walk past their tables then, or divide by zero. Such a
 * crash ends the run in the box; any other is handed on. */
#include <signal.h>
#include "xt-internal.h"

static const int faults[] = { SIGSEGV, SIGBUS, SIGFPE };
static struct sigaction others[ARRAY_LEN(faults)];	/* there before */

/* Behind a crash of the program's own the instruction runs once more when we
 * return, and the other handler has it; what somebody sent is sent again. */
static void
on_fault(int sig, siginfo_t *info, void *context)
{
	bool happened = info->si_code > 0;

	if (happened && box_is_open())
		box_crash();
	for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
		if (faults[i] == sig)
			sigaction(sig, &others[i], NULL);
	}
	if (!happened)
		raise(sig);
}

static bool
is_ours(int sig, struct sigaction *now)
{
	return sigaction(sig, NULL, now) == 0 && now->sa_flags & SA_SIGINFO &&
	       now->sa_sigaction == on_fault;
}

/* SA_NODEFER: the jump out of the box leaves no signal blocked. */
void
xt_catch_faults(void)
{
	struct sigaction now, action = {
		.sa_sigaction = on_fault,
		.sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK,
	};

	for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
		if (is_ours(faults[i], &now))
			continue;
		others[i] = now;
		sigaction(faults[i], &action, NULL);
	}
}

void
fault_release(void)
{
	struct sigaction now;

	for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
		if (is_ours(faults[i], &now))
			sigaction(faults[i], &others[i], NULL);
	}
}
