/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A packet that was asked about: what becomes of it under what is staged, and
 * the rules that it meets, which are marked until Esc. */
#ifndef TUI_PROBING_H
#define TUI_PROBING_H

#include <sallyport/probe.h>
#include "paint.h"

struct ui;

struct probing {
	char *words[PROBE_FIELDS];	/* as typed last; NULL: never */
	bool asked;
	bool stale;			/* another question than was answered */
	unsigned judged;		/* session->judged when it was */
	bool due;			/* the kernel is still to be asked */
	struct probe_question question;
	struct probe_answer *answer;	/* NULL: nothing is asked, no marks */
	enum probe_field editing;	/* what the open form is about */
};

/* Begin with what was asked last; at first: may who must get in do so? */
void probing_open(struct ui *ui);

/* Say something else of the packet. On an error nothing has changed. */
enum err probing_say(struct ui *ui, enum probe_field field, const char *word)
	must_check;

/* What is staged changed: judge again. */
void probing_refresh(struct ui *ui);

/* Ask the kernel, too, where that is due: best when nothing more is being
 * typed. There is input when the descriptor (-1: none) is readable. */
void probing_rehearse(struct ui *ui);
int probing_fd(const struct ui *ui);
void probing_input(struct ui *ui);

void probing_clear(struct ui *ui);	/* no marks; the words are kept */
void probing_done(struct probing *probing);

/* The answer: "ACCEPT by INPUT 2 (walked, as staged)", and its role. */
void probing_verdict(const struct ui *ui, struct str *out);
enum role probing_role(const struct ui *ui);

/* The line below the title; false: there is none. */
bool probing_line(const struct ui *ui, size_t width, struct paint *paint);

/* The mark of a rule from 1, or of a chain's policy (0): "*" met, "=" decides,
 * " " neither; in its role. */
const char *probing_sign(const struct ui *ui, const char *table,
			 const char *chain, size_t rule, enum role *role);

#endif
