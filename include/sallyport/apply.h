/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The single road to the kernel: judge, arm, commit on trial, record; confirm;
 * revert; resume. Both the editor and the command line walk it. */
#ifndef SALLYPORT_APPLY_H
#define SALLYPORT_APPLY_H

#include <sallyport/boot.h>
#include <sallyport/guard.h>
#include <sallyport/history.h>
#include <sallyport/world.h>

#define TRIAL_SECONDS_DEFAULT 120
#define TRIAL_SECONDS_MIN 5
#define TRIAL_SECONDS_MAX 3600

/* Look before touching (design section 4): ERR_FAIL with one sentence where the
 * rules live in the other world; *other_world when they live in both. */
enum err apply_look(const struct world *world, bool *other_world) must_check;

/* Read the live tables, all that the backend may have; looks first. Yours. */
enum err apply_read(const struct world *world, struct tables **live,
		    bool *other_world) must_check;

/* Find the lifelines and judge candidate against live, by the walk. Both out
 * parameters are yours; the report borrows from lifelines. */
enum err apply_judge(const struct world *world, const struct tables *live,
		     const struct tables *candidate, bool other_world,
		     struct vec *lifelines, struct guard_report **report) must_check;

/* The same on lifelines that were found. Yours; borrows from them. */
struct guard_report *apply_judge_found(const struct world *world,
				       const struct vec *lifelines,
				       const struct tables *live,
				       const struct tables *candidate,
				       bool other_world);

/* Is the kernel asked too? Not about a file. */
bool apply_rehearses(const struct world *world);

/* Ask it, if so, and join what it says; waits REHEARSAL_LIMIT_MS at most. */
void apply_rehearse(const struct world *world, struct guard_report *report,
		    const struct tables *live, const struct tables *candidate);

struct apply_request {
	const struct tables *base;	/* what was read and judged */
	const struct vec *changes;	/* of struct changeset *, one a table, in
					 * the order of table_names */
	const char *message;		/* "" for none */
	const char *origin;		/* "edit", "import", "restore" */
	int seconds;			/* of the trial */
	const char *override;		/* the host's name as typed, or NULL */
	bool no_trial;
	const struct guard_report *judged;	/* what was shown of the end, or
						 * NULL; taken if the lifelines
						 * are the same still */
};

/* Judge and, unless refused, start the trial. ERR_REFUSED: the guard says no
 * and override is not this host's name. ERR_BUSY: a trial is running. Nothing is
 * in the kernel when this returns: poll client->fd and call apply_next(). */
enum err apply_start(const struct world *world, const struct apply_request *req,
		     struct guardian_client *client) must_check;

/* The same for a file (world->file): written in one step, judged by nobody and
 * on no trial, as it takes effect when it is loaded. ERR_CONFLICT: the file is
 * not base any more. */
enum err apply_write(const struct world *world, const struct tables *base,
		     const struct vec *changes) must_check;

/* Where this host's files for the next boot are, and whether they are ours to
 * write. */
struct boot_world apply_boot_world(const struct world *world);

/* The next event of the trial; history is brought up to date with it, and what
 * is confirmed is written for the next boot: the event's text tells of that. A history
 * that cannot be written is told in *warning (heap, NULL for none) and never
 * stops anything. */
void apply_next(const struct world *world, struct guardian_client *client,
		struct guardian_event *event, char **warning);

/* EVENT_LOGIN in words: "alice from 2001:db8::77", and why it proves nothing
 * where it does not. Yours. */
char *apply_login_text(const struct guardian_event *event);

/* What stands in the run directory at a start, and what was done about it. */
enum apply_found {
	FOUND_NOTHING,
	FOUND_RUNNING,		/* a trial runs, guarded: *trial tells */
	FOUND_RESUMED,		/* its guardian was dead: one was started again */
	FOUND_SETTLED,		/* settled while no one looked: now in history */
	FOUND_FOREIGN,		/* of another network namespace: left alone */
	FOUND_UNREADABLE,	/* left alone; err_message() tells */
	FOUND_UNGUARDED,	/* nobody guards it: we may only look, or no
				 * guardian can be started; err_message() tells */
};
/* *trial, yours, may be NULL. What is settled goes to history; a settled record
 * that is there already is FOUND_NOTHING, with *trial, and so is one that was on
 * trial when this machine went down. A trial that nobody guards is resumed, which
 * past its deadline means reverted at once: its outcome is waited for. Who may
 * only look (read_only) does none of this. */
enum apply_found apply_resume(const struct world *world, struct trial **trial);

/* The same when client, which is closed, has lost its guardian: it is connected
 * to the one that goes on where RUNNING or RESUMED is found. */
enum apply_found apply_rejoin(const struct world *world, struct trial **trial,
			      struct guardian_client *client);

/* While client is waited for: a guardian that stands still is made to go on, or
 * in the end killed, which the client then hears. Nothing where we may only look.
 * It does not wait. */
void apply_mend(const struct world *world, struct guardian_client *client);

/* The same as apply_resume() for a start that only looks at the rules, with no word to history: a
 * trial that nobody guards is FOUND_RESUMED, UNGUARDED, or SETTLED by that. All
 * else is FOUND_NOTHING, but for a record that can neither be read nor has a
 * guardian. */
enum apply_found apply_guard(const struct world *world, struct trial **trial);

/* The rules of before: live, with what the newest settled change of this boot
 * undid or closed put back. ERR_NOT_FOUND: there is none; ERR_BUSY: a change is
 * on trial. Yours. */
enum err apply_before(const struct world *world, const struct tables *live,
		      struct tables **before) must_check;

/* The lifelines that no connection may be taken from, also where the settings
 * say that there are none: lifelines_free(). */
enum err apply_sessions(const struct world *world, struct vec *lifelines)
	must_check;

/* ERR_BUSY, by whom and for how long yet; trial may be NULL. */
enum err apply_busy(const struct world *world, const struct trial *trial)
	must_check;

/* The edits of the last trial, which was undone, are staged again, or whoever made
 * it was told: apply_was_taken() is true from then on, as it is of a trial that
 * was not undone. */
void apply_take(const struct world *world);
bool apply_was_taken(const struct world *world, const struct trial *trial);

/* Whoever works here was told that the last trial was undone, and what others lost
 * by it: apply_was_told() is true from then on, as it is of a trial that was not
 * undone, or whose edits were taken, or of another network namespace. To ask how
 * things stand, as status does, is not to be told. */
void apply_tell(const struct world *world);
bool apply_was_told(const struct world *world, const struct trial *trial);

/* Be the one editor that stages those edits if it is undone, for as long as the
 * descriptor is open: whoever made the trial, and once that one is dead whoever
 * asks first. -1: another one lives, or the run directory takes no file. */
int apply_claim(const struct world *world);

/* What became of a change that was just confirmed where others changed its tables
 * meanwhile: one sentence, translated, and what of it is not there as lines, none
 * if all of it is. NULL: the tables are as it left them, or cannot be read, but
 * for what other programs do in their own chains. */
const char *apply_missing(const struct world *world, const struct trial *trial,
			  struct str *lines);

/* The record of the last trial as it is, yours; NULL: there is none to be read. */
struct trial *apply_record(const struct world *world);

/* What others did and a revert took back, lines of ruleset_lost() as a trial and
 * history keep them, as the commands that did it; a rule that they moved as
 * "# moved CHAIN SPEC". Other lines stay. Yours. */
char *apply_readable_rules(const char *lines);

/* Bring history up to date with live. Never fatal: *warning as above. */
void apply_sync(const struct world *world, const struct tables *live,
		char **warning);

#endif
