/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one rule that lets through what a check is about. */
#ifndef GUARD_FIX_RULE_H
#define GUARD_FIX_RULE_H

#include <sallyport/guard.h>

/* The one rule that these words, without -A CHAIN, make for rs. Yours. */
enum err fix_parse(const struct ruleset *rs, const char *spec,
		   struct rule **rule) must_check;

/* An accept rule for the check's packets, for a chain of rs: for whom the live
 * rules let them pass, or just for the check's own ends. stateful: what answers
 * only. *rule is yours. */
enum err fix_rule(const struct tables *live, const struct ruleset *rs,
		  const struct check *check, bool stateful,
		  struct rule **rule) must_check;

/* Can it be a stateful one? What comes in or through and answers. */
bool fix_may_be_stateful(const struct check *check);

/* Append "OPTION ADDR/LEN ", or nothing where len is 0: anybody. */
void fix_add_prefix(struct str *spec, const char *option,
		    const struct in6_addr *addr, unsigned len);

#endif
