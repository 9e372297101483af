/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of a review's text. */
#ifndef TUI_REVIEW_H
#define TUI_REVIEW_H

#include "page.h"

/* What a commit would change, each table's below its name. */
void review_add_changes(struct page *page, const struct session *session,
			bool utf8);

/* One line a lifeline, and what fails of it. */
void review_add_account(struct page *page, const struct guard_report *report,
			bool utf8);

void review_add_field(struct page *page, const char *label, const char *value,
		      bool utf8);

/* The review of a rules file. */
extern const struct screen write_screen;
void write_open(struct ui *ui);

/* There is nothing to commit or write where the edits cancel each other. */
const char *review_unless_same(struct ui *ui);

/* Stage what the guard offers. */
void review_fix(struct ui *ui);

#endif
