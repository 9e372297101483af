/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guardian that systemd looks after, where systemd is PID 1 of our
 * namespaces: a transient service that is started again whatever ends it, and a
 * transient timer that asks for the revert should the service be gone for
 * good. systemd is asked through systemd-run, which speaks to it without a bus;
 * each question has a limit, after which it is killed. */
#ifndef TRIAL_SYSTEMD_H
#define TRIAL_SYSTEMD_H

#include <sallyport/guardian.h>

#define SYSTEMD_PATIENCE_MS 2000

/* Is PID 1 a systemd, of our network, mount and pid namespace? */
bool systemd_is_here(void);

/* Start the guardian of trial id as a service; *fd is connected to it. False:
 * none of it runs, nor will. */
bool systemd_start(const struct guardian_options *opt, const char *id, int *fd);

/* Ask for the revert of what is due after ms, and then every five seconds. */
bool systemd_arm_timer(const struct guardian_options *opt, const char *id,
		       int64_t ms);

/* Is there that timer already, for a trial that is resumed? */
bool systemd_has_timer(const char *id);

/* Nothing will be due: no timer. */
void systemd_disarm_timer(const char *id);

/* In the service: it does not hang. One that does not say so for two minutes is
 * killed, and started again. */
void systemd_beat(void);

/* In the service: the client that waits in the run directory on the socket name,
 * -1 where none does: the service was started again. */
int systemd_client(int run_dir, const char *name);

#endif
