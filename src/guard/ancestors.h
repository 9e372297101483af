/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The connection that we are used over, by the processes above us. */
#ifndef GUARD_ANCESTORS_H
#define GUARD_ANCESTORS_H

#include "inodes.h"

/* The sockets of every process from self upwards, sorted; and of those above a
 * terminal that one of them has open: tmux and screen are no descendants of the
 * sshd whose terminal they are shown on. */
void ancestors_sockets(pid_t self, struct inodes *inodes);

#endif
