/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The editor's state: a session, a stack of screens, one form, one message, and
 * the trial that is watched. No terminal is needed to hold it. */
#ifndef TUI_UI_H
#define TUI_UI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sallyport/edit.h>
#include <sallyport/session.h>
#include "action.h"
#include "exposing.h"
#include "flowing.h"
#include "form.h"
#include "paint.h"
#include "probing.h"
#include "watch.h"

struct view;

/* A screen is a table of operations; it knows no coordinates. Rows are counted
 * from 0. Operations that are NULL mean the plain thing. */
struct screen {
	const char *name;	/* N_(), for the title and the help */
	bool is_text;		/* to be read: it scrolls, no row is selected */
	size_t (*count)(const struct view *view);
	bool (*selectable)(const struct view *view, size_t row);
	void (*draw_row)(const struct view *view, size_t row,
			 struct paint *paint);
	/* Above the footer: all of the selected row, and where it stands. */
	void (*detail)(const struct view *view, size_t row,
		       struct paint *paint);
	void (*place)(const struct view *view, size_t row, struct paint *paint);
	void (*update)(struct view *view);	/* the session changed */
	void (*close)(struct view *view);	/* free data */
	const struct action_table *actions;
};

struct view {
	const struct screen *screen;
	struct ui *ui;
	void *data;
	size_t sel;	/* the selected row */
	size_t top;	/* the first row shown */
	size_t left;	/* columns scrolled to the right */
	size_t width;	/* columns there are, set before rows are drawn */
	size_t page;	/* rows shown, set when drawn */
};

#define VIEWS_MAX 8

struct ui {
	const struct world *world;
	struct session *session;
	struct view views[VIEWS_MAX];
	size_t depth;		/* the last one is shown */
	struct form form;
	struct watch watch;
	struct probing probe;
	struct exposing expose;
	struct flowing flowing;
	struct str message;
	enum role message_role;
	bool unseen;		/* the message is hidden by a form: it stays until
				 * that is closed, what is said more behind it */
	unsigned changed;	/* how often the contents changed: a form that
				 * was opened before may be out of date */
	unsigned count;		/* the number typed before a key; 0: none */
	int64_t digit_ms;	/* when the last digit was typed, boot clock */
	char *search;		/* what was looked for last */
	struct rule *clip;	/* what was copied */
	struct vec owned_allowed;	/* chains of other programs that may be
					 * edited: char * */
	struct edit edit;	/* text that is with $EDITOR, or could not be
				 * read; dir NULL: none */
	struct draft *draft;	/* that is offered; or NULL */
	char *path;		/* of the file that is asked about */
	struct str text;	/* of that file, to be imported */
	bool commit_waits;	/* for the rehearsal; any key calls it off */
	enum judgement commit_seen;	/* what was shown then */
	bool told_unusable;	/* why there is no rehearsal: said once */
	bool live_differs;	/* others changed what was read: the title has it */
	struct tables *live_told;	/* how they left it when that was told */
	int64_t live_next_ms;	/* when the live table is looked at again */
	struct stat file_seen;	/* of world->file, when it was looked at */
	int top;		/* the first line of the rows, set when drawn */
	bool pasting;
	bool too_small;
	bool done;
	int status;
};

void ui_init(struct ui *ui, const struct world *world, struct session *session);
void ui_done(struct ui *ui);

struct view *ui_view(const struct ui *ui);
/* data belongs to the view from now on. */
struct view *ui_push(struct ui *ui, const struct screen *screen, void *data);
void ui_pop(struct ui *ui);

/* One key; the whole screen; every second. */
void ui_key(struct ui *ui, int key);
void ui_draw(struct ui *ui);
void ui_tick(struct ui *ui);

/* After the first frame and each reading of the tables: history is compared with
 * them. */
void ui_sync(struct ui *ui);

/* At the start: that the boot file is another one, where that is so. */
void ui_tell_boot(struct ui *ui);

/* Read the tables again and carry what is staged onto them; the selection stays
 * on its rule, and said is told where that went well. What collides is shown,
 * and nothing has changed then. */
void ui_reload(struct ui *ui, const char *said);

/* Did others change what was read? Looked at now, but during a trial. */
bool ui_is_stale(struct ui *ui);

/* What was read is what there is: it was read just now. */
void ui_forget_stale(struct ui *ui);

/* Every screen's contents anew: the session changed; the same session. */
void ui_changed(struct ui *ui);
void ui_refresh(struct ui *ui);

/* There is input on the rehearsal of what is staged. */
void ui_rehearsal(struct ui *ui);

/* Half a code that is not gone on with is not waited for. */
void ui_forget_digit(struct ui *ui);

/* The message line, until the next key. */
void ui_say(struct ui *ui, const char *fmt, ...) printf_like(2, 3);
void ui_warn(struct ui *ui, const char *fmt, ...) printf_like(2, 3);
void ui_error(struct ui *ui);	/* err_message() */

/* The same for news that no key asked for: a form does not hide them for good. */
void ui_news(struct ui *ui, enum role role, const char *fmt, ...)
	printf_like(3, 4);

/* Behind the message: so many edits were made by others already. */
void ui_add_in_place(struct ui *ui, size_t n);

/* After staging: show what it did, or why it failed. */
void ui_staged(struct ui *ui, enum err err);

const char *ui_host(const struct ui *ui);

/* Selection. */
size_t view_count(const struct view *view);
bool view_selectable(const struct view *view, size_t row);
void view_select(struct view *view, size_t row);	/* or the nearest row */
void view_move(struct view *view, long by);	/* by selectable rows */
/* The next row, from sel in direction +1 or -1, around the end, that contains
 * text; false: none does. */
bool view_find(struct view *view, const char *text, int direction);

/* Screens. */
extern const struct screen rules_screen;
extern const struct screen review_screen;
extern const struct screen trial_screen;
extern const struct screen history_screen;
extern const struct screen diff_screen;
extern const struct screen help_screen;
extern const struct screen tables_screen;
extern const struct screen probe_screen;
extern const struct screen conflicts_screen;
extern const struct screen expose_screen;
extern const struct screen exposed_screen;
extern const struct screen flows_screen;

void rules_open(struct ui *ui);
void review_open(struct ui *ui);
/* The rehearsal that a commit waits for is over. */
void review_go_on(struct ui *ui);
void trial_open(struct ui *ui);
void history_open_screen(struct ui *ui);
void help_open(struct ui *ui);
void tables_open(struct ui *ui);
void flows_open(struct ui *ui);
void probe_open(struct ui *ui);
void expose_open(struct ui *ui);
void expose_again(struct ui *ui);	/* from what was exposed */
void exposed_open(struct ui *ui, const struct exposed *exposed,
		  const struct vec *changesets);

/* In the listing: to the next rule that the packet meets, to what decides. */
void probe_go_next(struct ui *ui);
void probe_go_decision(struct ui *ui);
const char *unless_probe(struct ui *ui);
/* Ask what becomes of a draft that was left behind, where nothing is staged and
 * no trial runs. */
void draft_offer(struct ui *ui);

/* Of session->conflicts. */
void conflicts_open(struct ui *ui);
/* Text lines (heap, eaten), one change a line. */
void diff_open(struct ui *ui, struct str *text, const char *heading);

/* The rules as text in $EDITOR; what was changed is staged as one step. */
void edit_table(struct ui *ui);		/* the table that is shown */
void edit_all_tables(struct ui *ui);
const char *unless_editor(struct ui *ui);
/* Drop what is with $EDITOR, unless it was changed: then it stays on disk. */
void edit_leave(struct ui *ui);

/* Stage a rules file; write what is staged to one. */
void text_import(struct ui *ui);
void text_export(struct ui *ui);

/* Leave the editor, or ask first. */
void ui_leave(struct ui *ui);

/* The trial has news: whether to leave while it goes on is asked no more. */
void ui_leave_no_more(struct ui *ui);

/* What a key staged, as the last step, may be an edit of another program's chain:
 * then it is taken back, and asked about. */
void owned_ask(struct ui *ui);
void owned_allow_staged(struct ui *ui);	/* it was asked about before */
void owned_forget(struct ui *ui);

/* Why nothing can be staged or committed now; NULL: it can. */
const char *unless_writable(struct ui *ui);

/* Why the history cannot be opened. */
const char *unless_history(struct ui *ui);

/* The role of a line of change_describe(). */
enum role diff_role(const char *line);

/* Ask what to search for; search again. */
void ui_search(struct ui *ui);
void ui_find(struct ui *ui, int direction);

#endif
