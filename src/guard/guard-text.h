/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words that the short and the long account of the guard share. */
#ifndef GUARD_TEXT_H
#define GUARD_TEXT_H

#include <sallyport/guard.h>

/* Many sets of packets fall to one rule under one name: said once. */
bool guard_said_before(const struct vec *checks, size_t at);

/* "INPUT policy", "nat PREROUTING 1 (DNAT)", "INPUT 3 cannot be judged (set)" */
void guard_add_reason(const struct walk_result *result, struct str *out);

#endif
