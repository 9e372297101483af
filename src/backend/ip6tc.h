/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The probe of the ip6tc backend: src/backend/probe.c. */
#ifndef SALLYPORT_BACKEND_IP6TC_H
#define SALLYPORT_BACKEND_IP6TC_H

#include <sallyport/backend.h>

enum err ip6tc_probe(struct backend *be, const char *table,
		     struct probe *probe) must_check;

/* Is the table registered in this network namespace? Opening one registers it
 * for ever. True where that cannot be found out (a user namespace). */
bool legacy_has_table(const char *table);

#endif
