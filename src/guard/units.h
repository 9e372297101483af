/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Socket activation: the ports that systemd's units for SSH name. */
#ifndef GUARD_UNITS_H
#define GUARD_UNITS_H

#include <stdbool.h>
#include <stdint.h>

/* Whether a unit ssh*.socket, or a drop-in of one, has ListenStream= on port. */
bool units_name_port(uint16_t port);

#endif
