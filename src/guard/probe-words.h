/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of the probe share. */
#ifndef GUARD_PROBE_WORDS_H
#define GUARD_PROBE_WORDS_H

#include <sallyport/probe.h>

/* All of a packet that its words say; words are NULL where nothing is said. */
enum err probe_words_take(const struct probe_words *words,
			  struct packet *packet) must_check;

bool probe_has_ports(uint8_t proto);

/* Stop asking the kernel, and forget what it said. */
void probe_rehearse_done(struct probe_answer *answer);

#endif
