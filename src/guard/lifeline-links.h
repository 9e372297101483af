/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The links that a lifeline's packets cross. */
#ifndef GUARD_LIFELINE_LINKS_H
#define GUARD_LIFELINE_LINKS_H

#include "routes.h"

/* Fill link, inner, outer and, of what goes out, local. ifindex: the link that
 * the socket is bound to, or 0. */
void lifeline_learn_links(struct routes *routes, struct lifeline *ll,
			  unsigned ifindex);

/* With its outer ones. */
void lifeline_free(struct lifeline *ll);

#endif
