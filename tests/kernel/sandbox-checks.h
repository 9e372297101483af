/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the sandbox's test does inside, and the patience of both sides. */
#ifndef TESTS_KERNEL_SANDBOX_CHECKS_H
#define TESTS_KERNEL_SANDBOX_CHECKS_H

#include <stdbool.h>
#include <time.h>

#define PATIENCE_MS 20000

struct sandbox_check {
	const char *name;
	bool (*check)(void);
	const char *what;	/* NULL: for a test of how it ends */
};
extern const struct sandbox_check sandbox_checks[];	/* ends in NULL */

/* Tell our network namespace in the file note, and run the check: 0 or 1. */
int sandbox_inside(const char *name, const char *note);

static void
nap(void)
{
	const struct timespec ts = { .tv_nsec = 50 * 1000000L };

	nanosleep(&ts, NULL);
}

static bool
patiently(bool (*holds)(void *arg), void *arg)
{
	int i;

	for (i = 0; i < PATIENCE_MS / 50; i++) {
		if (holds(arg))
			return true;
		nap();
	}
	return false;
}

#endif
