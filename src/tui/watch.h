/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The trial that the editor watches: its own, or one that it found running. */
#ifndef TUI_WATCH_H
#define TUI_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sallyport/apply.h>
#include <sallyport/code.h>
#include "paint.h"

struct ui;

enum watch_phase {
	WATCH_NONE,
	WATCH_STARTING,		/* asked for, not yet in the kernel */
	WATCH_RUNNING,
	WATCH_ENDING,		/* keep or revert asked for */
};

/* Who was made to answer for his neighbour entry after the commit. */
struct watch_neighbour {
	char *name;
	bool answered;
};

/* Who has logged in since the commit. */
struct watch_login {
	char *text;
	bool proof;
};

struct watch {
	enum watch_phase phase;
	struct guardian_client client;
	int64_t deadline_ms;	/* boot clock */
	struct code code;	/* made once the kernel has it */
	bool login_demanded;	/* before that nothing keeps it */
	int bell_s;		/* the last bell's mark */
	struct vec changes;	/* what is on trial: of struct changeset * */
	bool found;		/* begun by somebody else, or before */
	bool theirs;		/* if it is undone its edits are staged
				 * elsewhere */
	int claim;		/* apply_claim(); -1: none */
	int64_t rejoin_ms;	/* client lost: look for another one then */
	int64_t join_ms;	/* not joined before, after one that failed */
	struct vec neighbours;	/* of struct watch_neighbour * */
	struct vec logins;	/* new ones: struct watch_login * */
	char *by;		/* who began it; NULL: we */
};

/* What apply_resume() found at the start: a trial that runs is watched from now
 * on, one that was undone while no one looked is staged again. why: a record that
 * cannot be read. */
void watch_resume(struct ui *ui, enum apply_found what,
		  const struct trial *trial, const char *why);

/* One that was begun elsewhere meanwhile is watched from now on. */
void watch_join(struct ui *ui);

/* "root from 2001:db8::7"; why it was undone, and by whom (NULL: not said).
 * Yours. */
char *watch_who(const struct actor *actor);
char *watch_why(const char *reason, const char *by);

/* The edits of the trial that was undone are staged: nobody needs to do it
 * again, once they are on disk or there are none. */
void watch_taken(struct ui *ui);

/* Show what others did and the undoing took back; NULL or "": nothing. */
void watch_show_lost(struct ui *ui, const char *lost);

/* A trial was started: client is connected (its contents are taken, and those
 * of changes). */
void watch_start(struct ui *ui, const struct guardian_client *client,
		 struct vec *changes);

/* The edits on trial are somebody else's to stage. */
void watch_release(struct watch *watch);

/* The guardian was lost: another one is looked for. */
void watch_lost(struct ui *ui);

/* The descriptor to poll, -1: none; there is input on it. */
int watch_fd(const struct watch *watch);
void watch_input(struct ui *ui);

/* The change is in the kernel: the clock runs, and there is a code now. */
void watch_run(struct ui *ui, int64_t deadline_ms);

/* Can the code be typed now? */
bool watch_takes_code(const struct ui *ui);

/* Tell of a neighbour and of a login, once each. */
void watch_neighbour(struct watch *watch, const char *name, bool answered);
void watch_login(struct watch *watch, char *text_take, bool proof);

/* What was seen since the commit is forgotten. */
void watch_forget(struct watch *watch);
void watch_end(struct watch *watch);	/* nothing is watched any more */

/* Every second: bells. */
void watch_tick(struct ui *ui);

/* A digit was typed while a trial runs. */
void watch_digit(struct ui *ui, int digit);

/* Why neither is for who may only look. */
const char *watch_read_only(void);
void watch_revert(struct ui *ui);
void watch_extend(struct ui *ui);

/* Seconds left; 0 after the deadline. */
long watch_seconds(const struct ui *ui);

/* The line below the title; false: there is none. */
bool watch_line(const struct ui *ui, size_t width, struct paint *paint);

#endif
