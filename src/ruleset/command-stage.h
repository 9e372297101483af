/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands that are parsed already. */
#ifndef RULESET_COMMAND_STAGE_H
#define RULESET_COMMAND_STAGE_H

#include <sallyport/changeset.h>

/* As command_stage(). rules: those that the command brings. */
enum err command_stage_parsed(struct ruleset *rs, struct changeset *cs,
			      const struct xt_command *command,
			      const struct vec *rules) must_check;

/* -C: ERR_NOT_FOUND where the chain lacks one of the rules. */
enum err command_find_rules(const struct ruleset *rs,
			    const struct xt_command *command,
			    const struct vec *rules) must_check;

#endif
