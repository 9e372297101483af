/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an editing session is, with no screen: the base, what is staged on it,
 * undo and redo; all tables, one of them shown. */
#ifndef SALLYPORT_SESSION_H
#define SALLYPORT_SESSION_H

#include <sallyport/draft.h>
#include <sallyport/apply.h>
#include <sallyport/tryout.h>

/* What was staged at once: changesets, one a table. */
struct step {
	struct vec changesets;
	bool on_trial;
};

struct session {
	const struct world *world;	/* borrowed */
	const char *table;		/* the one that is shown and edited */
	struct tables *base;		/* as read */
	struct tables *candidate;	/* base with all steps applied */
	struct vec steps;		/* of struct step *: undo takes one */
	struct vec redo;		/* of struct step *, undone */
	bool other_world;
	struct vec lifelines;
	struct guard_report *report;	/* of candidate; kept current */
	bool rehearsal_due;		/* the kernel is still to be asked */
	unsigned judged;		/* how often: the candidate is another */
	struct tables *committed;	/* the candidate that is on trial, or NULL */
	size_t in_place;		/* staged edits that the last reload found
					 * made by others: they are staged no more */
	struct vec conflicts;		/* of struct conflict *: what the last
					 * reload could not merge */
	struct draft_file draft;	/* what is staged, on disk */
	bool new_base;			/* base is not the draft's */
	const char *origin;		/* of what is staged: "edit", "restore" ... */
	struct tryout_box *tryout;	/* everything that is staged is tried */
	char *note;			/* session_take_note() */
};

/* Be the one editor of this run directory for as long as *fd is open (-1: it
 * could not be). ERR_BUSY: another one is open, *holder names its process; that
 * is to be said, and forbids nothing. */
enum err session_claim(const struct world *world, int *fd, struct str *holder)
	must_check;

/* Stage what a draft (eaten) has, carried onto the rules as they are now. As
 * session_reload() with RELOAD_ASK: until a conflict is settled, its base is
 * the session's. */
enum err session_take_draft(struct session *session, struct draft *draft)
	must_check;

/* The same for the edits of a trial that was undone, where nothing is staged. */
enum err session_take_undone(struct session *session, const struct trial *trial)
	must_check;

/* A trial that runs, and that no living editor made, is as if it was committed
 * here: its edits are staged on live without them. Nothing is staged before. */
enum err session_adopt(struct session *session, const struct trial *trial)
	must_check;

/* What is staged is not wanted any more. */
void session_drop_draft(struct session *session);

/* Read the tables and judge them as they are. */
enum err session_open(const struct world *world, struct session **session)
	must_check;
void session_free(struct session *session);

/* The table that is shown, as read and with what is staged; borrowed. */
struct ruleset *session_base(const struct session *session);
struct ruleset *session_candidate(const struct session *session);

/* Show and edit another one of table_names. */
void session_switch(struct session *session, const char *table);

/* Read live again. What is staged is carried onto it, as one step. ASK:
 * ERR_CONFLICT where it collides with what others did, the session unchanged and
 * the conflicts told; the others say what becomes of it. ERR_BUSY while it is on
 * trial: what it was made on must be known if it is undone. */
enum reload { RELOAD_ASK, RELOAD_OURS, RELOAD_THEIRS, RELOAD_DROP };
enum err session_reload(struct session *session, enum reload how) must_check;

/* Whatever is staged is tried on the kernel first, in a namespace of its own:
 * ERR_PARSE says why it refuses, and nothing has changed then. */

/* Stage one change (eaten) of the table that is shown, as one step. */
enum err session_stage_take(struct session *session, struct change *change) must_check;

/* Stage what an ip6tables command says, of the table that it names with -t or
 * of the one that is shown, as one step. So are several lines, one command
 * each, in their order: an error names the line, and nothing is staged then. */
enum err session_stage_command(struct session *session, const char *text) must_check;

/* Stage all of cs, of whichever table, as one step. */
enum err session_stage(struct session *session, const struct changeset *cs) must_check;

/* The same for changesets of several tables. */
enum err session_stage_all(struct session *session, const struct vec *changesets)
	must_check;

/* Stage what makes the candidate's tables into those of target, as one step;
 * tables that target lacks are left alone. */
enum err session_stage_tables(struct session *session,
			      const struct tables *target, const char *origin)
	must_check;

/* Stage the changes that the guard offers. ERR_NOT_FOUND: none. */
enum err session_stage_fix(struct session *session) must_check;

/* Stage what makes the candidate into target (restore of a revision). */
enum err session_stage_target(struct session *session,
			      const struct ruleset *target) must_check;

/* Append the text of a regular file. */
enum err session_read_text(const char *path, struct str *text) must_check;

/* Stage what ip6tables-restore would make of the text, as one step: each table
 * in it replaces the whole table or, with noflush, is added to it. name is for
 * messages, which begin "NAME:LINE: ". */
enum err session_import(struct session *session, const struct str *text,
			const char *name, bool noflush) must_check;

/* Write the candidate, all tables that are in use, to path. ERR_CONFLICT: it is
 * there, and replace is false. */
struct exported {
	size_t tables;
	size_t rules;
	size_t opaque;		/* of them: comments in the text */
};
enum err session_export(const struct session *session, const char *path,
			bool replace, struct exported *exported) must_check;

/* What is to be said of what was staged last: that it could not be tried. Heap,
 * yours; NULL: nothing, or it was taken already. */
char *session_take_note(struct session *session);

/* All that is staged and could not be tried: struct tryout_note *, yours. */
void session_untried(const struct session *session, struct vec *notes);

bool session_undo(struct session *session);	/* false: nothing to undo, or it
						 * is on trial */
bool session_redo(struct session *session);
size_t session_staged_count(const struct session *session);

/* How many of those are in the kernel, on trial: they cannot be undone here. */
size_t session_trial_count(const struct session *session);

size_t session_staged_in(const struct session *session, const char *table);

/* How base became candidate, as a difference: the review. Changesets, one a
 * table, in the order in which they are committed; yours. */
void session_review(const struct session *session, struct vec *changesets);

/* The walk judges whatever is staged at once; the kernel is asked in the
 * background. session_rehearse() begins, where that is due: best when nothing
 * more is being staged. When the descriptor is readable (-1: none runs),
 * session_rehearsed() reads it: true where the report has changed. */
void session_rehearse(struct session *session);
int session_rehearsal_fd(const struct session *session);
bool session_rehearsed(struct session *session);

/* Start the trial of what is staged. Judged again first, but what the report
 * says of these very lifelines holds. */
enum err session_commit(struct session *session, const char *message, int seconds,
			const char *override, struct guardian_client *client)
	must_check;

/* The same for a file: it is written, and read again. */
enum err session_write(struct session *session) must_check;

/* The guardian says that it is on trial: the record has what was staged, the
 * draft is not needed any more. Before that it is all that a crash leaves. */
void session_on_trial(struct session *session);

/* After the trial: live is the base now. What was staged while it ran stays
 * staged, step by step, behind reverted changes, which are staged again as one
 * step. ERR_CONFLICT: they collide with
 * what others did; everything stays staged on the old base then, until
 * session_reload() settles it. Also for a
 * commit that failed (reverted true). */
enum err session_settled(struct session *session, bool reverted) must_check;

/* The listing with what is staged: base and candidate woven together. While a
 * trial runs what it committed stands between the two: a row that it made differ
 * from base, and that is staged no further, is on_trial. What is staged is told
 * by what is live. */
enum mark { MARK_NONE, MARK_ADDED, MARK_DELETED, MARK_CHANGED, MARK_MOVED };

struct line {
	enum { LINE_CHAIN, LINE_HEADER, LINE_RULE, LINE_BLANK } kind;
	enum mark mark;
	bool on_trial;			/* it is done already: the mark says what */
	const struct chain *chain;	/* of candidate; the old one where it is deleted */
	const struct chain *old_chain;	/* before: of base or, staged while a trial runs,
					 * as committed; NULL where it is new */
	const struct rule *rule;	/* LINE_RULE; the old one where it is deleted */
	size_t pos;			/* in candidate, from 0; of deleted ones where they
					 * would stand */
	size_t old_pos;			/* in old_chain, for deleted, changed and moved */
};

/* Lines of the rules screen, struct line *, in order. Yours: lines_free(). */
void session_lines(const struct session *session, struct vec *lines);
void lines_free(struct vec *lines);

#endif
