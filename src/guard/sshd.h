/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which sockets are an SSH server's: told by who has them open, where that can
 * be seen, and by port 22. */
#ifndef GUARD_SSHD_H
#define GUARD_SSHD_H

#include <stdbool.h>
#include <sys/types.h>
#include <sallyport/err.h>
#include <sallyport/vec.h>

bool sshd_is_process(pid_t pid);	/* by its name */
bool sshd_is_dropbear(pid_t pid);	/* the same: a dropbear */

/* The listening sockets (of sockets_listening) that are an sshd's are pushed to
 * out, borrowed. daemon: an sshd itself has one of them open. */
enum err sshd_listeners(const struct vec *listening, struct vec *out,
			bool *daemon) must_check;

#endif
