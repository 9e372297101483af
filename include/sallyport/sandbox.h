/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sandbox: a host of its own on the real kernel code, in private
 * namespaces, with a peer that is logged in. Nothing done in it reaches the
 * machine, and nothing of it is left when it ends, however it ends. */
#ifndef SALLYPORT_SANDBOX_H
#define SALLYPORT_SANDBOX_H

#include <stddef.h>
#include <sallyport/world.h>

/* Inside: the run directory and the history, on a file system in memory. */
#define SANDBOX_RUN_DIR "/run/sallyport"
#define SANDBOX_DB "/run/sallyport-history/history.db"

/* The rules of a host with SSH, a web server and two containers. */
extern const char sandbox_example[];

/* Run our own program with the words argv in a new sandbox whose tables were
 * loaded through world->backend with the len bytes of
 * ip6tables-save text; name is the text's for messages. $SSH_CONNECTION is the peer's. *status gets
 * the exit status, 128 and the signal's number where one ended it. The calling
 * process stays in the namespaces: it is to end soon after. */
enum err sandbox_run(const struct world *world, const char *text, size_t len,
		     const char *name, char *const argv[], int *status)
	must_check;

#endif
