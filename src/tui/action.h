/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Actions: one table a screen gives keys, names, handlers and help to dispatch,
 * footer, help screen and manual check alike. */
#ifndef TUI_ACTION_H
#define TUI_ACTION_H

#include <stdbool.h>
#include <stddef.h>
#include "paint.h"

struct ui;
struct screen;

#define ACTION_KEYS 4

struct action {
	int keys[ACTION_KEYS];	/* the first is the one that the footer shows */
	const char *name;	/* a word for tests and the manual */
	const char *foot;	/* N_(), in the footer; NULL: not there */
	const char *foot_keys;	/* shown there instead of the first key */
	void (*run)(struct ui *ui);
	/* Why it cannot be done now, translated; NULL: it can. */
	const char *(*unless)(struct ui *ui);
	const char *help;	/* N_(), a phrase */
};

struct action_table {
	const struct action *actions;
	size_t n;
};
#define ACTION_TABLE(a) { a, sizeof(a) / sizeof((a)[0]) }

/* Actions of every screen, and those while a trial runs. */
extern const struct action_table common_actions;
extern const struct action_table trial_actions;

/* Run what key means here, or say that it means nothing. */
void action_dispatch(struct ui *ui, int key);

/* Run it where it is a key of the trial that runs, else nothing. */
void action_on_trial(struct ui *ui, int key);

/* The footer: what can be done with what is selected, as much as fits. */
void action_footer(struct ui *ui, size_t width, struct paint *paint);

/* All keys of an action: "a o", "d F8". */
void action_keys(const struct action *action, struct str *out);

#endif
