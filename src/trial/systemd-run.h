/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A program of systemd, run with a limit of time. */
#ifndef TRIAL_SYSTEMD_RUN_H
#define TRIAL_SYSTEMD_RUN_H

#include <stdbool.h>
#include <sys/types.h>

/* Start argv[0] with no files and no environment of ours; -1: it cannot be. */
pid_t program_start(char *const *argv);

/* Wait for it, ms at most, then kill it. Did it end well? */
bool program_end(pid_t pid, int ms);

#endif
