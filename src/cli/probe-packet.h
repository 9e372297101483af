/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The packet that probe asks about. */
#ifndef CLI_PROBE_PACKET_H
#define CLI_PROBE_PACKET_H

#include <sallyport/walk.h>
#include "internal.h"

/* *way: "INPUT", "OUTPUT" or "FORWARD". ERR_USAGE names option and word. */
enum err probe_packet(const struct cli_options *opt, struct packet *packet,
		      const char **way) must_check;

const char *probe_state_name(enum ct_state state);

/* "tcp 2001:db8::77 -> any port 22, NEW, INPUT": a notation, not translated. */
void probe_describe(const struct packet *packet, const char *way,
		    struct str *out);

#endif
