/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The trial that the editor watches: its own, or one that it found running. */
#ifndef TUI_WATCH_H
#define TUI_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sallyport/apply.h>
#include "paint.h"

struct ui;

enum watch_phase {
	WATCH_NONE,
	WATCH_STARTING,		/* asked for, not yet in the kernel */
	WATCH_RUNNING,
	WATCH_ENDING,		/* keep or revert asked for */
};

struct watch {
	enum watch_phase phase;
	struct guardian_client client;
	int64_t deadline_ms;	/* boot clock */
	int code;		/* 10..99, made once the kernel has it */
	int typed;		/* the first digit typed; -1: none */
	int bell_s;		/* the last bell's mark */
	struct vec changes;	/* what is on trial: of struct changeset * */
	bool found;		/* begun by somebody else, or before */
	struct vec answered;	/* neighbours that did: char * */
	char *by;		/* who began it; NULL: we */
	char *outcome;		/* how the last one ended; NULL: none did */
	enum role outcome_role;
};

/* What apply_resume() found at the start: a trial that runs is watched from now
 * on, one that was undone while no one looked is staged again. */
void watch_resume(struct ui *ui, enum apply_found what,
		  const struct trial *trial);

/* A trial was started: client is connected (its contents are taken, and those
 * of changes). */
void watch_start(struct ui *ui, const struct guardian_client *client,
		 struct vec *changes);

/* The descriptor to poll, -1: none; there is input on it. */
int watch_fd(const struct watch *watch);
void watch_input(struct ui *ui);

/* The change is in the kernel: the clock runs, and there is a code now. */
void watch_run(struct ui *ui, int64_t deadline_ms);
void watch_end(struct watch *watch);	/* nothing is watched any more */

/* Every second: bells. */
void watch_tick(struct ui *ui);

/* A digit was typed while a trial runs. */
void watch_digit(struct ui *ui, int digit);

void watch_revert(struct ui *ui);
void watch_extend(struct ui *ui);

/* Seconds left; 0 after the deadline. */
long watch_seconds(const struct ui *ui);

/* The line below the title; false: there is none. */
bool watch_line(const struct ui *ui, size_t width, struct paint *paint);

void watch_done(struct watch *watch);

#endif
