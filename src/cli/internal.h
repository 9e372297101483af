/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the commands share. Private to src/cli/. */
#ifndef SALLYPORT_CLI_INTERNAL_H
#define SALLYPORT_CLI_INTERNAL_H

#include <sallyport/apply.h>
#include <sallyport/cli.h>
#include <sallyport/tryout.h>

/* A row of the command table. run returns OK, or the code of an error whose
 * message was set by fail(). */
struct command {
	const char *name;
	const char *args;	/* as usage shows them */
	const char *options;	/* names of its own options, blanks between */
	int min_args;
	int max_args;
	bool dashes;		/* words after `--` are the operands, any number */
	bool offline;		/* serves --file too */
	bool changes;		/* refused with --read-only */
	bool rescues;		/* goes on without settings that are bad */
	bool guards;		/* looks after a trial that nobody guards before
				 * it begins; false: it does so by itself */
	const char *help;	/* N_() */
	enum err (*run)(struct world *world, const struct cli_call *call);
};

/* A row of the option table. */
struct cli_option {
	const char *name;
	char letter;		/* 0: none */
	const char *arg;	/* name of its argument, N_(); NULL for a flag */
	bool global;		/* of every command */
	bool hidden;
	size_t offset;		/* of its value in struct cli_options */
	const char *help;	/* N_() */
};

extern const struct command cli_commands[];	/* ends in a NULL name */
extern const struct cli_option cli_option_rows[];

/* Does the command (NULL: the editor) take the option? */
bool cli_option_fits(const struct cli_option *row, const struct command *command);

/* Write text to world->out: byte for byte, but harmless on a terminal (P9). */
enum err cli_print(const struct world *world, const struct str *text) must_check;

/* The same for lines (char *, without newline) that may have a newline in them:
 * on a terminal none of them can pass for two. */
enum err cli_print_lines(const struct world *world, const struct vec *lines)
	must_check;

/* Text as JSON, as it is but for bytes that are no UTF-8: <ff>. NULL is null. */
json_t *cli_json_text(const char *s);

/* An array of its lines. */
json_t *cli_json_lines(const char *text);

/* Append json, which is eaten: harmless where it goes to a terminal. flags:
 * JSON_COMPACT or JSON_INDENT(). */
void cli_json_add_take(const struct world *world, json_t *json, size_t flags,
		       struct str *out);

/* Write what was made of that, byte for byte. */
enum err cli_print_exact(const struct world *world, const struct str *text)
	must_check;

/* All of it at once, in lines. */
enum err cli_json_print_take(const struct world *world, json_t *json)
	must_check;

/* The same where nothing else may stop for it: output that cannot be written is
 * told once. */
void cli_say(const struct world *world, const struct str *text);

/* ERR_FAIL, and the reason of the first time, once something could not be
 * written. */
enum err cli_flush(const struct world *world) must_check;

/* A command's end: its error is told, or that its output could not be written,
 * unless that was told. The exit status. */
int cli_end(const struct world *world, enum err err);

/* A question on world->err, harmless; the answer is for cli_said(). */
void cli_ask(const struct world *world, const char *fmt, ...) printf_like(2, 3);

/* "sallyport: ..." on world->err, harmless on a terminal. */
void cli_warn(const struct world *world, const char *fmt, ...) printf_like(2, 3);

/* The same for a warning of apply_*(), which is freed, and said once; NULL says
 * nothing. */
void cli_warn_take(const struct world *world, char *warning);

/* The live tables; a warning where nf_tables has rules besides. */
enum err cli_read_live(const struct world *world, struct tables **live,
		       bool *other_world) must_check;

/* A revision as log --json prints it, without a newline. */
void cli_log_json(const struct world *world, struct str *out,
		  const struct revision *rev);

/* A message in quotes, of which only the first line: it stands in one. */
void cli_add_subject(struct str *out, const char *message);

/* The text of a rules file; "-" is standard input. *secret: see
 * caller_open(). */
enum err cli_read_text(const struct world *world, const char *name,
		       struct str *text, bool *secret) must_check;

/* The tables of an ip6tables-save file, or just that of -T; "-" is standard
 * input. live: as tables_load(). Yours. */
enum err cli_load_file(const struct world *world, const char *name,
		       const struct tables *live, struct tables **tables)
	must_check;

/* "live", a revision's number, or a file: the tables that it has, or just that
 * of -T. Yours. */
enum err cli_load(const struct world *world, const char *what,
		  struct tables **tables) must_check;

/* The live tables with history brought up to date, and nothing on trial. */
enum err cli_read_settled(const struct world *world, struct tables **live,
			  bool *other_world) must_check;

/* The chain, or with NULL all chains of rs, as JSON. */
enum err cli_list_json(const struct world *world, const struct ruleset *rs,
		       const struct chain *only) must_check;

/* Read an answer; an empty one is otherwise. yes: its letter. */
bool cli_said(const struct world *world, char yes, bool otherwise);

/* A revision's number, from 1; false for any other word. */
bool cli_revision_number(const char *word, int64_t *id);

/* An ERR_USAGE for a word that is no revision's number. */
enum err cli_need_revision(const char *word, int64_t *id) must_check;

enum err cli_open_history(const struct world *world, struct history **history)
	must_check;

/* Try candidate on the kernel; before, which it accepted, may be NULL. ERR_PARSE
 * where it refuses a rule: if there are more than the one that the message names
 * they are warned of. notes gets what is to be said besides. */
enum err cli_try(const struct world *world, const struct tables *before,
		 const struct tables *candidate, struct vec *notes) must_check;

/* Append the notes of cli_try(), one a line. */
void cli_add_notes(const struct vec *notes, struct str *out);

/* The seconds of -t, or the default. ERR_USAGE names the word. */
enum err cli_trial_seconds(const struct cli_call *call, int *seconds)
	must_check;

/* ERR_USAGE where a question would have nobody to answer it: input_taken says
 * that standard input is the rules file. */
enum err cli_check_question(const struct world *world,
			    const struct cli_call *call, bool input_taken)
	must_check;

/* Show the difference and the guard's account, ask, start the trial of changes
 * on live, and stay with it or, with --detach, leave. */
enum err cli_commit(const struct world *world, const struct cli_call *call,
		    const struct tables *live, const struct vec *changes,
		    bool other_world, const char *origin, const char *message)
	must_check;

/* Stay with a trial until it is settled: OK when it was confirmed,
 * ERR_REVERTED, or the error. */
enum err cli_watch(const struct world *world, struct guardian_client *client)
	must_check;

/* Wait until the change is on trial, say how it is confirmed, and leave. */
enum err cli_leave(const struct world *world, struct guardian_client *client)
	must_check;

/* The next event, waiting ms for it at most. */
enum err cli_wait_event(const struct world *world,
			struct guardian_client *client, int64_t ms,
			struct guardian_event *event) must_check;

/* What a settling event means, told: OK, or fail() with its account. */
enum err cli_outcome(const struct world *world,
		     const struct guardian_event *event) must_check;

/* Say how many connections live on that only the removed rules allowed; a change
 * was just settled. */
void cli_tell_flows(const struct world *world);

/* EVENT_ANSWERED. */
void cli_say_answered(const struct world *world, const char *who);

/* EVENT_LOGIN. */
void cli_say_login(const struct world *world,
		   const struct guardian_event *event);

/* What others lost by an undo, lines; NULL or "" for nothing. */
void cli_say_lost(const struct world *world, const char *lost);

/* The line that says in which revision that is. */
void cli_add_kept(struct str *out, int64_t id);

/* Warn of EVENT_NOT_REVERTED and EVENT_DENIED. */
void cli_tell_event(const struct world *world,
		    const struct guardian_event *event);

/* Whose change it was, who settled it, what proved it, and how much of its time
 * was left, 0 for none. */
void cli_say_settled(const struct world *world, const struct trial *trial,
		     int64_t left_ms);

/* Warn where others changed the tables of a trial that was just confirmed, and
 * print what is missing of its change; trial may be NULL. */
void cli_say_missing(const struct world *world, const struct trial *trial);

/* Nothing can be settled any more: ERR_REVERTED or ERR_FAIL, how it ended. */
enum err cli_ended_already(const struct trial *trial) must_check;

/* The same as cli_outcome() from a settled record. */
enum err cli_record_outcome(const struct world *world,
			    const struct trial *trial) must_check;

/* EVENT_ON_TRIAL. */
void cli_say_on_trial(const struct world *world,
		      const struct guardian_event *event);

/* Look at what an earlier trial left, and go on only where none is running. */
enum err cli_settle_first(const struct world *world) must_check;

enum err cmd_list(struct world *world, const struct cli_call *call) must_check;
enum err cmd_save(struct world *world, const struct cli_call *call) must_check;
enum err cmd_check(struct world *world, const struct cli_call *call) must_check;
enum err cmd_diff(struct world *world, const struct cli_call *call) must_check;
enum err cmd_apply(struct world *world, const struct cli_call *call) must_check;
enum err cmd_restore(struct world *world, const struct cli_call *call) must_check;
enum err cmd_edit(struct world *world, const struct cli_call *call) must_check;
enum err cmd_confirm(struct world *world, const struct cli_call *call) must_check;
enum err cmd_revert(struct world *world, const struct cli_call *call) must_check;
enum err cmd_status(struct world *world, const struct cli_call *call) must_check;
enum err cmd_log(struct world *world, const struct cli_call *call) must_check;
enum err cmd_show(struct world *world, const struct cli_call *call) must_check;
enum err cmd_flows(struct world *world, const struct cli_call *call) must_check;
enum err cmd_probe(struct world *world, const struct cli_call *call) must_check;
enum err cmd_sandbox(struct world *world, const struct cli_call *call) must_check;

#endif
