/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rules screen's data, for its two files. */
#ifndef TUI_RULES_H
#define TUI_RULES_H

#include <sallyport/session.h>
#include "columns.h"
#include "ui.h"

/* What a line is about, kept beyond the life of the rulesets it came from. */
struct line_key {
	char chain[CHAIN_NAME_SIZE];
	uint64_t rule;		/* its id; 0 for other lines */
	bool deleted;
};

struct fitted {
	const struct chain *chain;
	struct columns columns;
};

/* How the listing of a table was left. */
struct place {
	bool seen;
	struct line_key key;
	size_t top;
	enum layout layout;
};

struct rules {
	struct place places[TABLE_COUNT];
	struct vec lines;	/* of struct line * */
	struct line_key *keys;	/* one a line */
	struct fitted *fitted;	/* the columns of the chains seen so far */
	size_t n_fitted;
	size_t last_fitted;	/* the one asked for last */
	size_t width;		/* that they were chosen for; 0: none */
	bool stock;		/* the stock tool's columns fit */
	enum layout layout;
	/* What the open form is about. */
	char chain[CHAIN_NAME_SIZE];
	size_t pos;
	unsigned changed;	/* ui->changed when it was opened */
};

extern const struct action_table rules_actions;

struct rules *rules_data(const struct view *view);
const struct line *rules_line(const struct view *view, size_t row);

/* The selected line; NULL in an empty listing. */
const struct line *rules_selected(const struct ui *ui);

/* Select a rule or, with pos SIZE_MAX, a chain's line. */
void rules_select(struct ui *ui, const char *chain, size_t pos);

/* Show another table, as it was left. */
void rules_show_table(struct ui *ui, const char *table);

/* Nothing is done or undone unseen: show a table of the last of steps. */
void rules_show_step(struct ui *ui, const struct vec *steps);

/* Show and select what was staged last. */
void rules_follow(struct ui *ui);

/* What a line is about, and the selection of such a line, if there is one. */
struct line_key rules_key_of(const struct line *line);
void rules_select_key(struct view *view, const struct line_key *key);

/* The selected rule, beyond a reading of the tables: rules that were read anew
 * are others, and the same. One that is gone leaves its line selected. */
struct spot {
	char chain[CHAIN_NAME_SIZE];
	struct rule *rule;	/* NULL: no rule is selected */
	size_t pos;
};
struct spot rules_spot(const struct ui *ui);
void rules_spot_take(struct ui *ui, struct spot *spot);	/* eaten */
void rules_spot_drop(struct spot *spot);

enum layout rules_first_layout(const struct ui *ui);

/* Set what the next form is about: below the selected line; below a chain's own
 * line is its end, as -A has it. */
void rules_target_below(struct ui *ui);

/* Actions that open a form. */
void rules_add(struct ui *ui);
void rules_add_above(struct ui *ui);
void rules_edit(struct ui *ui);
void rules_policy(struct ui *ui);
void rules_new_chain(struct ui *ui);
void rules_command(struct ui *ui);

/* Why not. */
const char *unless_rule(struct ui *ui);
const char *unless_own_rule(struct ui *ui);
const char *unless_line(struct ui *ui);
const char *unless_place(struct ui *ui);
const char *unless_deletable(struct ui *ui);
const char *unless_clip(struct ui *ui);
const char *unless_policy(struct ui *ui);
const char *unless_undo(struct ui *ui);
const char *unless_redo(struct ui *ui);
const char *unless_review(struct ui *ui);
const char *unless_fix(struct ui *ui);

#endif
