/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether the kernel tracks connections, and what it knows of one. */
#ifndef GUARD_CONNTRACK_H
#define GUARD_CONNTRACK_H

#include <sallyport/lifeline.h>
#include <sallyport/tables.h>

/* Does any rule of the tables, wherever it stands, make the kernel track the
 * connections of this network namespace? */
bool conntrack_is_used(const struct tables *tables);

/* Ask the kernel for the entry of a running connection: ll->entry, and what it
 * says of ll->dialled. */
void conntrack_look_up(struct lifeline *ll);

#endif
