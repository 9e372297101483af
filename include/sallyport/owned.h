/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Owned chains: they belong to another program, which makes, fills and empties
 * them at will (Docker, fail2ban, ufw, Kubernetes ...). An edit of one lasts
 * until that program's next start, and saved for the next boot they would only
 * get in its way. DOCKER-USER is no such chain: Docker makes it and leaves it
 * to the administrator. */
#ifndef SALLYPORT_OWNED_H
#define SALLYPORT_OWNED_H

#include <sallyport/changeset.h>

/* The program that the chain belongs to ("Docker", "fail2ban"), a static text,
 * by the name that this program gives its chains. NULL: the administrator's. */
const char *owned_by(const char *chain);

/* The program whose chain the rule jumps or goes to: where it is removed the rule
 * must go too. NULL: none. */
const char *owned_target(const struct rule *rule);

/* Is all that it does done in owned chains and to rules that lead into one? */
bool changeset_is_owned(const struct changeset *cs);

/* The owned chains in which the changesets (struct changeset *) change anything:
 * char *, each once, borrowed of them. Making a chain changes nothing yet. */
void owned_touched(const struct vec *changesets, struct vec *chains);

/* A copy without owned chains and without the rules that lead into one. The
 * rules that stay are shared. Yours. */
struct ruleset *ruleset_without_owned(const struct ruleset *rs);

#endif
