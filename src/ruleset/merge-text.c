/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A conflict in words: what we do, and what others did. */
#include <string.h>
#include <sallyport/i18n.h>
#include <sallyport/merge.h>
#include <sallyport/text.h>

static void
add_rule(struct str *out, const struct rule *rule)
{
	struct str spec = { 0 };

	xt_spec_body(rule, &spec);
	text_visible(out, spec.s ? spec.s : "", spec.len, true);
	str_done(&spec);
}

static void
describe_gone(const struct conflict *c, const char *chain, struct str *out)
{
	struct str was = { 0 }, ours = { 0 }, theirs = { 0 };

	add_rule(&was, c->rule);
	if (c->ours)
		add_rule(&ours, c->ours);
	if (c->theirs)
		add_rule(&theirs, c->theirs);
	if (c->kind == CONFLICT_RULE_CHANGED)
		str_addf(out, _("%s: you delete '%s', others changed it to "
				"'%s'"), chain, str_text(&was),
			 str_text(&theirs));
	else if (c->ours && c->theirs)
		str_addf(out, _("%s: you change '%s' to '%s', others changed "
				"it to '%s'"), chain, str_text(&was),
			 str_text(&ours), str_text(&theirs));
	else if (c->ours)
		str_addf(out, _("%s: you change '%s' to '%s', others deleted "
				"it"), chain, str_text(&was), str_text(&ours));
	else if (c->theirs)
		str_addf(out, _("%s: you move '%s', others changed it to "
				"'%s'"), chain, str_text(&was),
			 str_text(&theirs));
	else
		str_addf(out, _("%s: you move '%s', others deleted it"), chain,
			 str_text(&was));
	str_done(&was);
	str_done(&ours);
	str_done(&theirs);
}

static void
describe_moved(const struct conflict *c, const char *chain, struct str *out)
{
	struct str was = { 0 };

	add_rule(&was, c->rule);
	str_addf(out, _("%s: you and others move '%s' to different places"),
		 chain, str_text(&was));
	str_done(&was);
}

static void
describe_name(const struct conflict *c, const char *chain, struct str *out)
{
	struct str name = { 0 };

	text_visible(&name, c->name, strlen(c->name), true);
	str_addf(out, _("you rename chain %s to %s, which others deleted or "
			"whose new name they took"), chain, str_text(&name));
	str_done(&name);
}

void
conflict_describe(const struct conflict *c, struct str *out)
{
	struct str visible = { 0 };
	const char *chain;

	if (strcmp(c->table, "filter") != 0)
		str_addf(&visible, "%s ", c->table);
	text_visible(&visible, c->chain, strlen(c->chain), true);
	chain = str_text(&visible);
	switch (c->kind) {
	case CONFLICT_RULE_GONE:
	case CONFLICT_RULE_CHANGED:
		describe_gone(c, chain, out);
		break;
	case CONFLICT_RULE_MOVED:
		describe_moved(c, chain, out);
		break;
	case CONFLICT_POLICY:
		str_addf(out, _("%s: you set the policy to %s, others to %s"),
			 chain, policy_name(c->our_policy),
			 policy_name(c->their_policy));
		break;
	case CONFLICT_CHAIN_GONE:
		str_addf(out, _("you change or lead to chain %s, which others "
				"deleted"), chain);
		break;
	case CONFLICT_CHAIN_USED:
		str_addf(out, _("you delete chain %s, which others changed or "
				"lead to"), chain);
		break;
	case CONFLICT_CHAIN_TWICE:
		str_addf(out, _("you and others made a chain %s, with other "
				"rules"), chain);
		break;
	case CONFLICT_OPENS:
		str_addf(out, _("%s: what you and others do might together let "
				"in what neither lets in"), chain);
		break;
	case CONFLICT_CHAIN_NAME:
		describe_name(c, chain, out);
		break;
	}
	str_done(&visible);
}
