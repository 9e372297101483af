/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's table as the guardian sees it: read, and read back. */
#include <sallyport/i18n.h>
#include "internal.h"

enum err
table_read(struct guardian *g, const char *table, struct ruleset **live,
	   char print[FINGERPRINT_SIZE])
{
	enum err err = g->be->ops->read(g->be, table, live);

	if (!err)
		ruleset_fingerprint(*live, print);
	return err;
}

enum err
table_expect(const struct ruleset *rs, const struct changeset *cs,
	     struct ruleset **expected)
{
	struct ruleset *copy = ruleset_copy(rs);
	enum err err = changeset_apply(cs, copy);

	if (err)
		ruleset_free(copy);
	else
		*expected = copy;
	return err;
}

static bool
chain_has_shape(const struct chain *a, const struct chain *b)
{
	if (!b || a->policy != b->policy || a->rules.n != b->rules.n)
		return false;
	for (size_t i = 0; i < a->rules.n; i++)
		if (chain_rule(a, i)->size != chain_rule(b, i)->size)
			return false;
	return true;
}

/* Equal but for bytes within rules: some extensions' kernel half keeps fields
 * of its own in the entry, which come back as zero. */
static bool
has_shape(const struct ruleset *a, const struct ruleset *b)
{
	if (a->chains.n != b->chains.n)
		return false;
	for (size_t i = 0; i < a->chains.n; i++) {
		const struct chain *chain = a->chains.v[i];

		if (!chain_has_shape(chain, ruleset_chain(b, chain->name)))
			return false;
	}
	return true;
}

enum err
table_read_back(struct guardian *g, const struct ruleset *expected,
		struct ruleset **back, char print[FINGERPRINT_SIZE])
{
	enum err err;

	step(g, "before read back");
	err = table_read(g, expected->table, back, print);
	if (err || ruleset_equal(*back, expected) || has_shape(*back, expected))
		return err;
	ruleset_free(*back);
	return fail(ERR_CONFLICT, _("the kernel holds something else than what "
				    "was committed"));
}
