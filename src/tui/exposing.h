/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is to be exposed, as it was said last, and who may listen. */
#ifndef TUI_EXPOSING_H
#define TUI_EXPOSING_H

#include <sallyport/expose.h>

struct ui;

struct exposing {
	struct containers *containers;	/* as found last; NULL: never yet */
	int64_t found_ms;
	struct exposure what;		/* port 0: not said yet; the receiver is
					 * of containers */
	bool meant;			/* what a mistake meant */
};

/* Look for containers, or take those of a moment ago. */
enum exposing_age { EXPOSING_FRESH, EXPOSING_RECENT };
void exposing_find(struct ui *ui, enum exposing_age age);

/* What was just staged may open a container's port in INPUT: say so, and keep
 * what was meant for the screen. */
void exposing_warn(struct ui *ui);

/* Open the port for its receiver: staged as one step, then shown with the answer. */
void exposing_stage(struct ui *ui);

/* Why there is nothing to expose. */
const char *unless_expose(struct ui *ui);

void exposing_done(struct exposing *exposing);

#endif
