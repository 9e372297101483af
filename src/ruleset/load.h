/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the files that read ip6tables-save text. */
#ifndef RULESET_LOAD_H
#define RULESET_LOAD_H

#include <sallyport/tables.h>

/* What is loaded, and how. */
struct loader {
	const char *only;	/* the table wanted; NULL for all */
	bool one;		/* no more than the first one wanted */
	const struct tables *live;	/* --noflush: what it is added to */
	struct tables *out;
	struct ruleset *rs;	/* between "*table" and COMMIT; else NULL */
	struct chain *chain;	/* that the last rule went to */
	bool skipping;		/* a table that is not wanted */
};

/* "[1:60]" */
bool counters_parse(const char *word, struct counters *counters);

/* A command in a table, "-A INPUT ..." or another that ip6tables-restore takes,
 * counters before it or not; or "# opaque ...". The text is written on. */
enum err load_command(struct loader *ld, char *text) must_check;

#endif
