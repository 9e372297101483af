/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The connections that live on after the rule which let them in: looked for
 * when a trial is over, and when somebody asks. */
#ifndef TUI_FLOWING_H
#define TUI_FLOWING_H

#include <sallyport/flows.h>

struct ui;

struct flowing {
	struct flow_search *search;	/* owned; NULL: none runs */
	struct flows found;
	bool known;			/* found is an answer */
	bool quiet;			/* what is found is not told */
};

/* A trial is over: look for what it leaves, and tell. */
void flowing_settled(struct ui *ui);

/* Look again; false where that cannot be, which is told. */
bool flowing_look(struct ui *ui);

/* The descriptor to poll, -1: none; there is input on it. */
int flowing_fd(const struct ui *ui);
void flowing_input(struct ui *ui);

/* Delete only that one, or with NULL all that no session stands on; then look
 * again. */
void flowing_delete(struct ui *ui, const struct flow *only);

/* Why not. */
const char *unless_flows(struct ui *ui);
const char *unless_flow_deletable(struct ui *ui);

void flowing_done(struct flowing *flowing);

#endif
