/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the two files of the client's end. */
#ifndef TRIAL_CLIENT_H
#define TRIAL_CLIENT_H

#include "event.h"

void client_init(struct guardian_client *client, int fd);
enum err client_send(struct guardian_client *client,
		     const struct request *request) must_check;

#endif
