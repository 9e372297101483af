/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text for the next boot: what is live, without what other programs bring
 * back themselves. All of it can be written, or none is. */
#include <sallyport/i18n.h>
#include <sallyport/owned.h>
#include "internal.h"

static bool
is_blank(const struct ruleset *rs)
{
	for (size_t i = 0; i < rs->chains.n; i++) {
		const struct chain *chain = rs->chains.v[i];

		if (chain->rules.n || chain->policy != POLICY_ACCEPT)
			return false;
	}
	return true;
}

struct tables *
boot_tables(const struct tables *live, const struct str *file)
{
	struct tables *boot = tables_new();

	for (size_t i = 0; i < live->v.n; i++) {
		const struct ruleset *rs = live->v.v[i];
		struct ruleset *own;

		if (rs->absent)
			continue;
		own = ruleset_without_owned(rs);
		for (size_t c = 0; c < own->chains.n; c++)
			((struct chain *)own->chains.v[c])->counters =
				(struct counters){ 0 };
		if (is_blank(own) && !savefile_has(file, rs->table))
			ruleset_free(own);
		else
			tables_put_take(boot, own);
	}
	return boot;
}

/* A rule that no extension here can print is a comment in the text, and would be
 * missing after the next boot. */
static enum err
check_no_opaque(const struct ruleset *rs)
{
	struct str spec = { 0 };
	enum err err = OK;

	for (size_t c = 0; c < rs->chains.n && !err; c++) {
		const struct chain *chain = rs->chains.v[c];

		for (size_t i = 0; i < chain->rules.n && !err; i++) {
			str_done(&spec);
			xt_spec(chain_rule(chain, i), chain->name, false,
				&spec);
			if (str_starts(str_text(&spec), "#"))
				err = fail(ERR_FAIL, _("rule %zu of chain '%s' "
					   "uses an extension that cannot be "
					   "written"), i + 1, chain->name);
		}
	}
	str_done(&spec);
	return err;
}

static enum err
text_to_boot(const char *path, const struct tables *boot, struct str *text)
{
	enum err err = OK;

	for (size_t i = 0; i < boot->v.n && !err; i++) {
		const struct ruleset *rs = boot->v.v[i];

		err = check_no_opaque(rs);
		if (!err)
			err = savefile_put(path, text, rs, false);
	}
	return err;
}

enum err
boot_text(const struct boot_place *place, const struct str *old,
	  const struct tables *boot, struct str *text)
{
	enum err err;

	if (place->persistent)
		str_addn(text, str_text(old), boot_seal_at(old));
	err = text_to_boot(place->path, boot, text);
	if (!err)
		boot_seal(text);
	return err;
}
