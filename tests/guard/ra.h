/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Router advertisements. */
#ifndef TESTS_GUARD_RA_H
#define TESTS_GUARD_RA_H

#include <stdint.h>

/* Let router send them by link until the namespace has a default route of them
 * that lives so many seconds and, where prefix is not NULL, an address of that
 * /64. */
void ra_learn(int ns, int router, const char *link, uint16_t lifetime,
	      const char *prefix);

#endif
