/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All tables of a candidate tried, one after the other: one error, and what is
 * to be said besides. */
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "tryout-internal.h"

/* Those of from, which is left empty, are to's. */
static void
notes_move(struct vec *from, struct vec *to)
{
	for (size_t i = 0; i < from->n; i++)
		vec_push(to, from->v[i]);
	from->n = 0;
}

static enum err
refused(const struct vec *notes)
{
	const struct tryout_note *first = notes->v[0];
	size_t more = notes->n - 1;

	if (more == 0)
		return fail(ERR_PARSE, "%s", first->text);
	return fail(ERR_PARSE, Q_("%s; and %zu more rule is refused",
				  "%s; and %zu more rules are refused", more),
		    first->text, more);
}

static enum err
report_take(struct tryout_box *box, struct tryout_report *report, bool lacking,
	    struct vec *notes)
{
	enum err err = OK;

	switch (report->verdict) {
	case TRYOUT_ACCEPTED:
		break;
	case TRYOUT_LACKING:
		if (!lacking)
			err = refused(&report->refused);
		break;
	case TRYOUT_REFUSED:
		err = refused(&report->refused);
		break;
	case TRYOUT_UNAVAILABLE:
		if (box_tell(box))
			note_take(notes, "", "", 0, false,
				  xstrdup(report->reason));
		break;
	}
	notes_move(&report->refused, notes);
	notes_move(&report->untried, notes);
	tryout_report_done(report);
	return err;
}

enum err
tryout_tables(struct tryout_box *box, const struct tables *before,
	      const struct tables *candidate, bool lacking, struct vec *notes)
{
	enum err err = OK;

	for (size_t i = 0; i < candidate->v.n && !err; i++) {
		const struct ruleset *rs = candidate->v.v[i];
		struct tryout_report report;

		tryout_rules(box, before ? tables_get(before, rs->table) : NULL,
			     rs, &report);
		err = report_take(box, &report, lacking, notes);
	}
	return err;
}
